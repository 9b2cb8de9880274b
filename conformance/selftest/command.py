"""The self-test from end to end: what to run of each release, the reports, the lines on screen and the exit code."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from conformance.contract import release_ids
from conformance.errors import UsageError
from conformance.report.run import SuiteInfo
from conformance.report.writer import prepare_directory
from conformance.selftest import files
from conformance.selftest.document import SelfTest
from conformance.selftest.judged_cases import run_and_judge
from conformance.selftest.judging import Score, judge_requirements
from conformance.selftest.null_runs import NullVerdict, run_null_targets
from conformance.selftest.scope import NAMED, Scope, scopes

PASSED, FAILED = 0, 1
_LINE = 600


@dataclass(frozen=True)
class Plan:
    """Which parts of each scope are run, and how."""

    jobs: int
    all_checks: bool
    matrix: bool
    variants: bool
    null_targets: bool


def selftest(
    defects: Sequence[str] | None = None,
    *,
    releases: Sequence[str] | None = None,
    whole: bool = False,
    jobs: int | None = None,
    all_checks: bool = False,
    matrix: bool = True,
    variants: bool = True,
    null_targets: bool = True,
    out: Path = Path("reports"),
    report: Callable[[str], None] = print,
) -> int:
    """Judge the suite itself for each release and write the reports to `out`; the exit code.

    `releases` names some, None takes all. Of each, what it changes against the release before is run; `whole` runs
    everything. `defects` names some of the catalogues, wherever a release has them, and leaves the other two parts out.
    `jobs` is the number of processes (the machine's cores). `report` gets each line as it comes. 0: every defect was
    killed for its own reason, every testable MUST and SHOULD is exercised, there was no false alarm, and every null
    target ended as it must. 1: something wasn't so. Raises UsageError for an unknown release or defect, a bad number of
    jobs or a bad folder.
    """
    plan = Plan(
        _jobs(jobs),
        all_checks,
        matrix or bool(defects),
        variants and not defects,
        null_targets and not defects,
    )
    if not (plan.matrix or plan.variants or plan.null_targets):
        raise UsageError("the self-test was asked to do nothing: leave a part on")
    wanted = scopes(releases or release_ids(), defects, whole=whole)
    prepare_directory(out)
    found = []
    for scope in wanted:
        found.append(_of_release(scope, plan, report))
        files.write(found[-1], out)
        for line in found[-1].conclusion:
            report(f"{scope.release}: {line}")
    pages = [out / files.names(one.release)[1] for one in found]
    if len(found) > 1:
        pages = files.write_overview(found, out)[1:]
    report(f"{sum(one.seconds for one in found):.0f} s; {pages[0]}")
    return FAILED if any(one.problems for one in found) else PASSED


def _jobs(jobs: int | None) -> int:
    if jobs is None:
        return os.cpu_count() or 1
    if jobs < 1:
        raise UsageError(f"--jobs takes a number of processes, 1 or more, not {jobs}")
    return jobs


def _of_release(scope: Scope, plan: Plan, report: Callable[[str], None]) -> SelfTest:
    began, started_at = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def say(line: str) -> None:
        report(_shortened(f"{scope.release}: {line}"))

    verdicts, alarms = run_and_judge(
        scope, defects=plan.matrix, variants=plan.variants, all_checks=plan.all_checks, jobs=plan.jobs, say=say
    )
    nulls = _null_targets(scope, plan.jobs, say) if plan.null_targets else None
    rows = judge_requirements(scope.requirements, verdicts) if plan.matrix else []
    return SelfTest(
        release=scope.release,
        started_at=started_at,
        seconds=time.monotonic() - began,
        jobs=plan.jobs,
        all_checks=plan.all_checks,
        scope=scope.kind,
        suite=SuiteInfo.current(),
        defects=tuple(verdicts) if plan.matrix else None,
        requirements=tuple(rows),
        score=Score.of(verdicts, rows, whole=plan.matrix and scope.kind != NAMED),
        variants=tuple(alarms) if plan.variants else None,
        null_targets=None if nulls is None else tuple(nulls),
    )


def _null_targets(scope: Scope, jobs: int, say: Callable[[str], None]) -> list[NullVerdict]:
    def tell(verdict: NullVerdict) -> None:
        for problem in verdict.problems:
            say(f"null target {verdict.id}, workspace {verdict.workspace}, release {verdict.release}: {problem}")

    found_out = scope.release == release_ids()[0]
    return run_null_targets(scope.null_targets, jobs, tell, release=scope.release, found_out=found_out)


def _shortened(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"
