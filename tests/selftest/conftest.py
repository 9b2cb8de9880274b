"""A self-test's result, made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from conformance.contract import load_release
from conformance.report.run import SuiteInfo
from conformance.selftest.case import Findings
from conformance.selftest.document import SelfTest
from conformance.selftest.judging import Score, judge_defect, judge_requirements, judge_variant
from conformance.selftest.null_runs import NullVerdict

RELEASE = load_release("2023.4")


@dataclass(frozen=True)
class Made:
    """A defect or a variant."""

    id: str
    says: str
    breaks: tuple[str, ...] = ()


@pytest.fixture
def made() -> Callable[..., SelfTest]:
    """Build a result of one killed defect, one quiet variant and one null target; `changes` replace its fields."""

    def build(
        *, failed: dict[str, str] | None = None, alarms: dict[str, str] | None = None, **changes: Any
    ) -> SelfTest:
        failed = {"list.requires-token": "expected a refusal, got 200"} if failed is None else failed
        findings = Findings("core", 5, 9, ("list.models",), failed, {}, (), "200 (rightly: 401)", None, 0.25)
        defects = (judge_defect(Made("list.open", "Lists to everybody.", ("list.requires-token",)), findings),)
        quiet = Findings("full", 200, 400, ("list.models",), alarms or {}, {}, (), None, None, 2.0)
        rows = judge_requirements(RELEASE.requirements.values(), defects)
        whole = SelfTest(
            release="2023.4",
            started_at="2024-01-02T03:04:05Z",
            seconds=3.0,
            jobs=2,
            all_checks=False,
            scope="named",
            suite=SuiteInfo("wallaroo-conformance", "1.0", "3.11.0", {}),
            defects=defects,
            requirements=tuple(rows),
            score=Score.of(defects, rows, whole=False),
            variants=(judge_variant(Made("owner.uuid", "Owners are UUIDs."), quiet, RELEASE.requirements),),
            null_targets=(
                NullVerdict("silent", "Never answers.", "given", "2023.4", 3, "NOT TESTABLE: no reply", 3.0, 120.0, ()),
            ),
        )
        return replace(whole, **changes)

    return build
