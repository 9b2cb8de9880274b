"""`kill-matrix-RELEASE.json`: what the self-test of a release found, for machines; form: `kill-matrix.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from conformance.errors import ConformanceError
from conformance.report.run import SuiteInfo
from conformance.selftest.judging import (
    FALSE_ALARM,
    QUIET,
    DefectVerdict,
    RequirementRow,
    Score,
    VariantVerdict,
    counted,
)
from conformance.selftest.null_runs import NullVerdict

SCHEMA_FILE = "kill-matrix.schema.json"
FORMAT_VERSION = 2


@dataclass(frozen=True)
class SelfTest:
    """All that the self-test of a release found. A part that wasn't asked for is None.

    `scope` says what was run: `whole` is everything, `own` what the release changes, `named` some defects.
    """

    release: str
    started_at: str
    seconds: float
    jobs: int
    all_checks: bool
    scope: str
    suite: SuiteInfo
    defects: tuple[DefectVerdict, ...] | None
    requirements: tuple[RequirementRow, ...]
    score: Score
    variants: tuple[VariantVerdict, ...] | None
    null_targets: tuple[NullVerdict, ...] | None

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps the gate shut, a line each; none where it is open."""
        found = [f"defect {v.id}: {v.verdict}: {v.reason}" for v in self.defects or () if v.verdict != "killed"]
        found += [f"requirement {name}: no defect exercises it" for name in self.score.unexercised]
        for variant in self.variants or ():
            found += [f"variant {variant.id}: {name} {reason}" for name, reason in variant.alarms.items()]
            found += [f"variant {variant.id}: error: {error}" for error in variant.findings.errors]
        for null in self.null_targets or ():
            where = f"null target {null.id}, workspace {null.workspace}, release {null.release}"
            found += [f"{where}: {problem}" for problem in null.problems]
        return tuple(found)

    @property
    def false_alarms(self) -> int:
        """Requirements that failed or couldn't be tested on an instance that is right; a crash counts as one."""
        variants = self.variants or ()
        return sum(len(variant.alarms) + bool(variant.findings.errors) for variant in variants)

    @property
    def lines(self) -> tuple[str, ...]:
        """The score on a line for each part."""
        said = []
        if self.defects is not None:
            said.append(self.score.line)
        if self.variants is not None:
            said.append(
                f"{counted(self.false_alarms, 'false alarm')} over {counted(len(self.variants), 'healthy variant')}"
            )
        if self.null_targets is not None:
            wrong = sum(bool(verdict.problems) for verdict in self.null_targets)
            ids = {verdict.id for verdict in self.null_targets}
            runs = len(self.null_targets)
            said.append(
                f"{counted(len(ids), 'null target')}, {counted(runs, 'run')}: {runs - wrong} ended as they must"
            )
        return tuple(said)

    @property
    def conclusion(self) -> tuple[str, ...]:
        """The promises that no defect exercises, and the score, on a line each."""
        return (*(f"requirement {name}: no defect exercises it" for name in self.score.unexercised), *self.lines)


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema (2020-12) of `kill-matrix.json`."""
    text = resources.files("conformance.selftest").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def build(found: SelfTest) -> dict[str, Any]:
    """The document, its keys in the order of the schema."""
    return {
        "format": FORMAT_VERSION,
        "release": found.release,
        "passed": not found.problems,
        "lines": list(found.lines),
        "problems": list(found.problems),
        "suite": {"name": found.suite.name, "version": found.suite.version, "python": found.suite.python},
        "run": {
            "started_at": found.started_at,
            "seconds": round(found.seconds, 3),
            "jobs": found.jobs,
            "all_checks": found.all_checks,
            "scope": found.scope,
        },
        "score": {
            "total": found.score.total,
            "counts": dict(found.score.counts),
            "unexercised": list(found.score.unexercised),
        },
        "defects": _each(found.defects, _defect),
        "requirements": [_requirement(row) for row in found.requirements],
        "variants": None
        if found.variants is None
        else {
            "false_alarms": found.false_alarms,
            "quiet": sum(v.verdict == QUIET for v in found.variants),
            "alarming": sum(v.verdict == FALSE_ALARM for v in found.variants),
            "rows": _each(found.variants, _variant),
        },
        "null_targets": _each(found.null_targets, _null),
    }


def render(found: SelfTest) -> bytes:
    """The document as UTF-8 JSON. Raises ConformanceError when it breaks its own schema: our error."""
    document = build(found)
    validate(document)
    return to_json_text(document)


def validate(document: Any) -> None:
    """Raises ConformanceError, naming the place, when `document` doesn't match the published schema."""
    check(document, schema(), SCHEMA_FILE)


def check(document: Any, schema: dict[str, Any], name: str) -> None:
    """Raises ConformanceError, naming the place, when `document` doesn't match the schema of that name."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(document))
    if error is not None:
        raise ConformanceError(f"the matrix breaks {name} at {error.json_path}: {error.message[:300]}")


def to_json_text(document: Any) -> bytes:
    """JSON for people too, as UTF-8."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def _each(items: Sequence[Any] | None, to_json: Any) -> list[dict[str, Any]] | None:
    return None if items is None else [to_json(item) for item in items]


def _defect(verdict: DefectVerdict) -> dict[str, Any]:
    found = verdict.findings
    return {
        "id": verdict.id,
        "says": verdict.says,
        "breaks": list(verdict.breaks),
        "verdict": verdict.verdict,
        "reason": verdict.reason or None,
        "evidence": found.evidence,
        "killed_by": {name: found.failed[name] for name in verdict.by},
        "also_failed": {name: found.failed[name] for name in verdict.also},
        "not_testable": list(found.not_testable),
        "errors": list(found.errors),
        **_effort(found),
    }


def _requirement(row: RequirementRow) -> dict[str, Any]:
    requirement = row.requirement
    return {
        "id": requirement.id,
        "level": requirement.level,
        "endpoint": requirement.endpoint,
        "profile": requirement.profile,
        "excluded": requirement.excluded,
        "exercised": row.exercised,
        "declared_by": list(row.declared),
        "failed_on": list(row.failed_on),
        "alone_catches": list(row.alone),
    }


def _variant(verdict: VariantVerdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "says": verdict.says,
        "verdict": verdict.verdict,
        "alarms": dict(verdict.alarms),
        "notes": dict(verdict.notes),
        "untestable": dict(verdict.untestable),
        "errors": list(verdict.findings.errors),
        **_effort(verdict.findings),
    }


def _effort(found: Any) -> dict[str, Any]:
    return {
        "profile": found.profile or None,
        "checks": found.checks,
        "requests": found.requests,
        "seconds": round(found.seconds, 3),
    }


def _null(verdict: NullVerdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "says": verdict.says,
        "workspace": verdict.workspace,
        "release": verdict.release,
        "exit_code": verdict.exit_code,
        "line": verdict.line,
        "seconds": round(verdict.seconds, 3),
        "max_rss_mib": round(verdict.max_rss_mib, 1),
        "problems": list(verdict.problems),
    }
