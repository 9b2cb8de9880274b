"""`kill-matrix.json`: the self-tests of several releases side by side, as `kill-matrix-overview.schema.json` says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from conformance.report.run import SuiteInfo
from conformance.selftest.document import SelfTest, check, to_json_text
from conformance.selftest.judging import KILLED

SCHEMA_FILE = "kill-matrix-overview.schema.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Row:
    """What the self-test of one release came to, in numbers; those of a part that wasn't run are None.

    `unexercised` counts testable MUST and SHOULD requirements that no defect exercises, `null_runs_wrong` runs on a
    null target that ended otherwise than they must. `document` and `page` are the release's own files.
    """

    release: str
    scope: str
    started_at: str
    seconds: float
    passed: bool
    defects: int | None
    killed: int | None
    unexercised: int | None
    variants: int | None
    false_alarms: int | None
    null_runs: int | None
    null_runs_wrong: int | None
    document: str
    page: str

    @classmethod
    def of(cls, found: SelfTest, files: tuple[str, str]) -> Row:
        """The numbers of a self-test whose document and page are called so."""
        nulls = found.null_targets
        matrix = found.defects is not None
        return cls(
            release=found.release,
            scope=found.scope,
            started_at=found.started_at,
            seconds=round(found.seconds, 3),
            passed=not found.problems,
            defects=found.score.total if matrix else None,
            killed=found.score.counts[KILLED] if matrix else None,
            unexercised=len(found.score.unexercised) if matrix else None,
            variants=None if found.variants is None else len(found.variants),
            false_alarms=None if found.variants is None else found.false_alarms,
            null_runs=None if nulls is None else len(nulls),
            null_runs_wrong=None if nulls is None else sum(bool(verdict.problems) for verdict in nulls),
            document=files[0],
            page=files[1],
        )


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema (2020-12) of the overview."""
    text = resources.files("conformance.selftest").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def build(rows: Sequence[Row]) -> dict[str, Any]:
    """The document, its keys in the order of the schema."""
    suite = SuiteInfo.current()
    return {
        "format": FORMAT_VERSION,
        "passed": all(row.passed for row in rows),
        "suite": {"name": suite.name, "version": suite.version, "python": suite.python},
        "releases": [_row(row) for row in rows],
    }


def render(rows: Sequence[Row]) -> bytes:
    """The document as UTF-8 JSON. Raises ConformanceError when it breaks its own schema: our error."""
    found = build(rows)
    check(found, schema(), SCHEMA_FILE)
    return to_json_text(found)


def _row(row: Row) -> dict[str, Any]:
    return {
        "release": row.release,
        "scope": row.scope,
        "passed": row.passed,
        "started_at": row.started_at,
        "seconds": row.seconds,
        "defects": _counts(total=row.defects, killed=row.killed, unexercised=row.unexercised),
        "variants": _counts(total=row.variants, false_alarms=row.false_alarms),
        "null_runs": _counts(total=row.null_runs, wrong=row.null_runs_wrong),
        "document": row.document,
        "page": row.page,
    }


def _counts(**counts: int | None) -> dict[str, int | None] | None:
    return None if counts["total"] is None else counts
