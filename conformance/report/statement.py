"""`statement.json`: the verdict of a run for machines, in the published format of `statement.schema.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

from conformance.errors import ConformanceError
from conformance.report.certificate import TargetIdentity
from conformance.report.findings import Cleaning, Identification, OwnDocument
from conformance.report.outcome import CheckOutcome
from conformance.report.run import ExchangesFile, RunResult
from conformance.report.verdict import RequirementVerdict

SCHEMA_FILE = "statement.schema.json"
FORMAT_VERSION = 3


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema (2020-12) of `statement.json`."""
    text = resources.files("conformance.report").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def build(run: RunResult, exchanges: ExchangesFile | None = None) -> dict[str, Any]:
    """The statement of `run`, its keys in the order of the schema."""
    return {
        "format": FORMAT_VERSION,
        "verdict": run.verdict.verdict,
        "exit_code": run.verdict.exit_code,
        "reason": run.verdict.reason,
        "release": run.release,
        "identification": _identification(run.identification) if run.identification else None,
        "profile": run.profile,
        "strict": run.strict,
        "target": run.target,
        "workspace_id": run.workspace_id,
        "suite": {
            "name": run.suite.name,
            "version": run.suite.version,
            "python": run.suite.python,
            "packages": dict(sorted(run.suite.packages.items())),
        },
        "run": {
            "id": run.run_id,
            "started_at": run.started_at,
            "ended_at": run.ended_at,
            "seconds": round(run.seconds, 3),
        },
        "circumstances": run.circumstances.to_json() if run.circumstances else None,
        "product": asdict(run.product) if run.product else None,
        "identity": _identity(run.identity) if run.identity else None,
        "waivers": [asdict(waiver) for waiver in run.waivers],
        "idle_waivers": [asdict(waiver) for waiver in run.idle_waivers],
        "counts": {level: dict(counts) for level, counts in run.verdict.counts.items()},
        "requirements": [_requirement(verdict) for verdict in run.requirements],
        "checks": [_check(outcome) for outcome in run.outcomes],
        "readings": [
            {"requirement": identifier, "reading": seen.reading, "says": seen.says}
            for identifier, seen in run.readings()
        ],
        "openapi": _document(run.document) if run.document else None,
        "cleaning": _cleaning(run.cleaning) if run.cleaning else None,
        "exchanges": None
        if exchanges is None
        else {"file": exchanges.file, "sha256": exchanges.sha256, "count": exchanges.count},
    }


def render(run: RunResult, exchanges: ExchangesFile | None = None) -> bytes:
    """The statement as UTF-8 JSON. Raises ConformanceError when it breaks its own schema: our error."""
    statement = build(run, exchanges)
    validate(statement)
    # backslashreplace turns half a surrogate pair, which UTF-8 can't hold, into the JSON escape for it.
    text = json.dumps(statement, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def validate(statement: Any) -> None:
    """Raises ConformanceError, naming the place, when `statement` doesn't match the published schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema()).iter_errors(statement))
    if error is not None:
        where, what = error.json_path, error.message[:300]
        raise ConformanceError(f"the statement breaks {SCHEMA_FILE} at {where}: {what}")


def _identity(identity: TargetIdentity) -> dict[str, Any]:
    return {**asdict(identity), "headers": [list(pair) for pair in identity.headers]}


def _requirement(verdict: RequirementVerdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "level": verdict.level,
        "basis": verdict.basis,
        "verdict": verdict.verdict,
        "scored": verdict.scored,
        "reason": verdict.reason,
        "checks": list(verdict.checks),
    }


def _check(outcome: CheckOutcome) -> dict[str, Any]:
    return {**outcome.to_json(), "seconds": round(outcome.seconds, 3)}


def _identification(found: Identification) -> dict[str, Any]:
    return {
        "how": found.how,
        "reasons": list(found.reasons),
        "differences": {name: list(lines) for name, lines in found.differences.items()},
    }


def _document(document: OwnDocument) -> dict[str, Any]:
    return {
        "url": document.url,
        "sha256": document.sha256,
        "title": document.title,
        "version": document.version,
        "differences": [
            {
                "kind": one.kind,
                "path": one.path,
                "place": one.place or None,
                "field": one.pointer or None,
                "contract": list(one.old),
                "document": list(one.new),
            }
            for one in document.differences
        ],
        "omitted": document.omitted,
        "problem": document.problem,
    }


def _cleaning(cleaning: Cleaning) -> dict[str, Any]:
    return {
        "deleted": cleaning.deleted,
        "left_behind": [
            {"id": model.id, "name": model.name, "workspace_id": model.workspace_id} for model in cleaning.left_behind
        ],
        "reason": cleaning.reason,
    }
