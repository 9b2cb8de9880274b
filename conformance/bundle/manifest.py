"""`manifest.json`: what the bundle holds and how it came about, as an in-toto Statement with the test-result predicate.

Sources: https://in-toto.io/Statement/v1 and https://in-toto.io/attestation/test-result/v0.1. Our own fields stand
under one key of the predicate; the form of all is published as `manifest.schema.json`.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from conformance.bundle.digests import FileDigest, contract_digest, source_digest
from conformance.errors import ConformanceError

FILE = "manifest.json"
SCHEMA_FILE = "manifest.schema.json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
OWN = "wallaroo_conformance"
"""The predicate's key for all that the test-result predicate has no field for."""

FORMAT_VERSION = 1
SEED = (
    "Generated requests are the same in each run of the same suite with the same packages; the names of all that a run "
    "uploads follow from its id."
)


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema (2020-12) of the statement in the manifest's envelope."""
    text = resources.files("conformance.bundle").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def build(
    statement: Mapping[str, Any], files: Mapping[str, FileDigest], nonce: str, url: str | None = None
) -> dict[str, Any]:
    """The manifest of the files beside it. `statement` is the run's `statement.json`, `url` leads to the run's log.

    Raises UsageError for a release without a contract.
    """
    source, contract = source_digest(), contract_digest(statement["release"])
    predicate = {
        **outcome(statement),
        "configuration": _configuration(statement, source, contract),
        **({"url": url} if url else {}),
        OWN: {
            "format": FORMAT_VERSION,
            **told(statement),
            "source_sha256": source,
            "contract_sha256": contract,
            "nonce": nonce,
            "seed": {"run_id": statement["run"]["id"], "derivation": SEED},
            "environment": {
                "python": statement["suite"]["python"],
                "implementation": platform.python_implementation(),
                "system": platform.system(),
                "machine": platform.machine(),
                "packages": statement["suite"]["packages"],
            },
            "sizes": {name: files[name].size for name in sorted(files)},
        },
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": files[name].sha256}} for name in sorted(files)],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def render(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as the envelope's payload. Raises ConformanceError when it breaks its own schema: our error."""
    problem = problem_of(manifest)
    if problem:
        raise ConformanceError(f"the manifest breaks {SCHEMA_FILE} {problem}")
    return json.dumps(manifest, indent=2, ensure_ascii=True, allow_nan=False).encode("ascii")


def problem_of(manifest: Any) -> str | None:
    """Where and how `manifest` breaks the published schema; None where it doesn't."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema()).iter_errors(manifest))
    return None if error is None else f"at {error.json_path[:200]}: {error.message[:300]}"


def told(statement: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest repeats of the run's statement, so that both can be held against each other."""
    run = statement["run"]
    return {
        "verdict": statement["verdict"],
        "exit_code": statement["exit_code"],
        "release": statement["release"],
        "profile": statement["profile"],
        "strict": statement["strict"],
        "target": statement["target"],
        "identity": statement["identity"],
        "suite_version": statement["suite"]["version"],
        "run": {"id": run["id"], "started_at": run["started_at"], "ended_at": run["ended_at"]},
    }


def outcome(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The run's result in the predicate's terms: PASSED, WARNED or FAILED, and the ids of requirements behind it.

    A requirement that couldn't be tested, is waived, or failed without binding the instance is a warning; one that
    doesn't apply, or isn't scored, is on no list.
    """
    lists: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for one in statement["requirements"]:
        if one["scored"] and one["verdict"] != "not-applicable":
            lists[_list_of(one, strict=statement["strict"])].append(one["id"])
    if not statement["verdict"].startswith("conformant"):
        result = "FAILED"
    else:
        # What is conformant with waivers is never simply passed.
        warned = lists["warnedTests"] or statement["waivers"] or statement["verdict"] != "conformant"
        result = "WARNED" if warned else "PASSED"
    return {"result": result, **lists}


def _list_of(requirement: Mapping[str, Any], *, strict: bool) -> str:
    if requirement["verdict"] == "passed":
        return "passedTests"
    levels = ("MUST", "SHOULD") if strict else ("MUST",)
    binds = requirement["level"] in levels and requirement["basis"] != "inferred"
    return "failedTests" if requirement["verdict"] == "failed" and binds else "warnedTests"


def _configuration(statement: Mapping[str, Any], source: str, contract: str) -> list[dict[str, Any]]:
    suite, release = statement["suite"], statement["release"]
    return [
        {
            "name": f"suite {suite['name']} {suite['version']}",
            "uri": f"pkg:pypi/{suite['name']}@{suite['version']}",
            "digest": {"sha256": source},
        },
        {"name": f"contract of release {release}", "digest": {"sha256": contract}},
    ]
