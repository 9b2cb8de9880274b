"""The self-test from end to end: what to run, the reports, the lines on screen and the exit code."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.contract import DEFAULT_RELEASE, load_release
from conformance.errors import UsageError
from conformance.mock import variants as healthy
from conformance.mock.defects import catalogue
from conformance.report.run import SuiteInfo
from conformance.report.writer import prepare_directory
from conformance.selftest.case import DEFECT, HEALTHY, VARIANT, Case, Findings
from conformance.selftest.document import SelfTest, render
from conformance.selftest.expected import UNTESTABLE
from conformance.selftest.judging import (
    DefectVerdict,
    Score,
    VariantLike,
    VariantVerdict,
    judge_defect,
    judge_requirements,
    judge_variant,
)
from conformance.selftest.null_runs import NullVerdict, run_null_targets
from conformance.selftest.pool import CASE_SECONDS, run_cases

if TYPE_CHECKING:
    from conformance.mock.defects import Defect

PASSED, FAILED = 0, 1
VARIANT_SECONDS = 300.0
"""Seconds that the full profile may take on a healthy variant, slow ones too. Ours."""

JSON_FILE, PAGE_FILE = "kill-matrix.json", "kill-matrix.html"
_EVERY = 25
_LINE = 600


class _Healthy:
    """The variant that differs in nothing."""

    id = HEALTHY
    says = "Differs in nothing."


def selftest(
    defects: Sequence[str] | None = None,
    *,
    jobs: int | None = None,
    all_checks: bool = False,
    matrix: bool = True,
    variants: bool = True,
    null_targets: bool = True,
    out: Path = Path("reports"),
    report: Callable[[str], None] = print,
) -> int:
    """Judge the suite itself, write `kill-matrix.json` and `kill-matrix.html` to `out`; the exit code.

    `defects` names some of the catalogue, None takes all; naming some leaves the other two parts out. `jobs` is the
    number of processes (the machine's cores). `report` gets each line as it comes. 0: every defect was killed for its
    own reason, every testable MUST and SHOULD is exercised, there was no false alarm, and every null target ended as
    it must. 1: something wasn't so. Raises UsageError for an unknown defect, a bad number of jobs or a bad folder.
    """
    jobs = _jobs(jobs)
    chosen = _chosen(defects)
    if defects:
        matrix, variants, null_targets = True, False, False
    if not (matrix or variants or null_targets):
        raise UsageError("the self-test was asked to do nothing: leave a part on")
    prepare_directory(out)
    began, started_at = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    release = load_release(DEFAULT_RELEASE)
    verdicts, alarms = _cases(chosen if matrix else {}, variants, all_checks, jobs, report)
    nulls = _null_targets(jobs, report) if null_targets else None
    rows = judge_requirements(release.requirements.values(), verdicts) if matrix else []
    found = SelfTest(
        release=release.id,
        started_at=started_at,
        seconds=time.monotonic() - began,
        jobs=jobs,
        all_checks=all_checks,
        whole=matrix and not defects,
        suite=SuiteInfo.current(),
        defects=tuple(verdicts) if matrix else None,
        requirements=tuple(rows),
        score=Score.of(verdicts, rows, whole=matrix and not defects),
        variants=tuple(alarms) if variants else None,
        null_targets=None if nulls is None else tuple(nulls),
    )
    _write(found, out)
    _conclude(found, out, report)
    return FAILED if found.problems else PASSED


def _jobs(jobs: int | None) -> int:
    if jobs is None:
        return os.cpu_count() or 1
    if jobs < 1:
        raise UsageError(f"--jobs takes a number of processes, 1 or more, not {jobs}")
    return jobs


def _chosen(defects: Sequence[str] | None) -> dict[str, Defect]:
    known = catalogue()
    if not defects:
        return known
    from conformance.mock.defects import behaviour_for

    behaviour_for(defects)  # names the nearest ids where one is unknown
    return {name: known[name] for name in dict.fromkeys(defects)}


def _cases(
    defects: dict[str, Defect], with_variants: bool, all_checks: bool, jobs: int, report: Callable[[str], None]
) -> tuple[list[DefectVerdict], list[VariantVerdict]]:
    """Run and judge defects and variants side by side.

    Variants first, since they take longest, and of them the last in the catalogue, slow lines and full workspaces;
    before all of them the instance that differs in nothing.
    """
    looks: dict[str, VariantLike] = {**healthy.catalogue(), HEALTHY: _Healthy()} if with_variants else {}
    cases = [Case(VARIANT, name) for name in reversed(looks)]
    cases += [Case(DEFECT, name, all_checks) for name in defects]
    judged: dict[Case, DefectVerdict | VariantVerdict] = {}

    def judge(case: Case, found: Findings) -> None:
        if case.kind == DEFECT:
            verdict: DefectVerdict | VariantVerdict = judge_defect(defects[case.id], found)
        else:
            verdict = _judged_variant(looks[case.id], found)
        judged[case] = verdict
        if verdict.verdict not in ("killed", "quiet"):
            report(_shortened(f"{case.key}: {verdict.verdict}: {_why(verdict)}"))
        if len(judged) % _EVERY == 0 and len(judged) < len(cases):
            report(f"[{len(judged)}/{len(cases)}]")

    run_cases(cases, jobs, judge, lambda case: CASE_SECONDS if case.kind == DEFECT else VARIANT_SECONDS)
    ordered = [judged[case] for case in cases]
    found = [verdict for verdict in ordered if isinstance(verdict, DefectVerdict)]
    return found, [verdict for verdict in reversed(ordered) if isinstance(verdict, VariantVerdict)]


def _judged_variant(variant: VariantLike, found: Findings) -> VariantVerdict:
    requirements = load_release(DEFAULT_RELEASE).requirements
    untestable = UNTESTABLE.get(variant.id, {})
    return judge_variant(variant, found, requirements, untestable=untestable, strict=variant.id == HEALTHY)


def _why(verdict: DefectVerdict | VariantVerdict) -> str:
    if isinstance(verdict, DefectVerdict):
        return verdict.reason
    return "; ".join([*verdict.findings.errors, *(f"{name} {said}" for name, said in verdict.alarms.items())])


def _null_targets(jobs: int, report: Callable[[str], None]) -> list[NullVerdict]:
    from conformance.selftest import null_targets

    def say(verdict: NullVerdict) -> None:
        for problem in verdict.problems:
            report(_shortened(f"null target {verdict.id}, workspace {verdict.workspace}: {problem}"))

    return run_null_targets(null_targets.catalogue().values(), jobs, say)


def _write(found: SelfTest, out: Path) -> None:
    from conformance.selftest import page

    for name, content in ((JSON_FILE, render(found)), (PAGE_FILE, page.render(found))):
        try:
            (out / name).write_bytes(content)
        except OSError as error:
            raise UsageError(f"can't write {out / name}: {error.strerror}; choose another folder with --out") from None


def _conclude(found: SelfTest, out: Path, report: Callable[[str], None]) -> None:
    for name in found.score.unexercised:
        report(f"requirement {name}: no defect exercises it")
    for line in found.lines:
        report(line)
    report(f"{found.seconds:.0f} s; {out / JSON_FILE}, {out / PAGE_FILE}")


def _shortened(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"
