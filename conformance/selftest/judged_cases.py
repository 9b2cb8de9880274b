"""The cases of a release's defects and healthy variants, run side by side and judged as they end."""

from __future__ import annotations

from collections.abc import Callable

from conformance.contract import load_release
from conformance.mock import variants as healthy
from conformance.selftest.case import DEFECT, HEALTHY, VARIANT, Case, Findings
from conformance.selftest.expected import UNTESTABLE
from conformance.selftest.judging import DefectVerdict, VariantLike, VariantVerdict, judge_defect, judge_variant
from conformance.selftest.pool import CASE_SECONDS, run_cases
from conformance.selftest.scope import Scope

VARIANT_SECONDS = 300.0
"""Seconds that the full profile may take on a healthy variant, slow ones too. Ours."""

_EVERY = 25


class _Healthy:
    """The variant that differs in nothing."""

    id = HEALTHY
    says = "Differs in nothing."


def run_and_judge(
    scope: Scope, *, defects: bool, variants: bool, all_checks: bool, jobs: int, say: Callable[[str], None]
) -> tuple[list[DefectVerdict], list[VariantVerdict]]:
    """Run and judge a scope's defects and variants, or one of the two; `say` is told of what isn't as it must be.

    Variants first, since they take longest, and of them the last in the catalogue, slow lines and full workspaces;
    before all of them the instance that differs in nothing.
    """
    release = scope.release
    names = scope.variants if variants else ()
    cases = [Case(VARIANT, name, release=release) for name in reversed(names)]
    cases += [Case(DEFECT, name, all_checks, release) for name in scope.defects] if defects else []
    judged: dict[Case, DefectVerdict | VariantVerdict] = {}

    def judge(case: Case, found: Findings) -> None:
        if case.kind == DEFECT:
            verdict: DefectVerdict | VariantVerdict = judge_defect(scope.defects[case.id], found)
        else:
            verdict = _judged_variant(case, found)
        judged[case] = verdict
        if verdict.verdict not in ("killed", "quiet"):
            say(f"{case.key}: {verdict.verdict}: {_why(verdict)}")
        if len(judged) % _EVERY == 0 and len(judged) < len(cases):
            say(f"[{len(judged)}/{len(cases)}]")

    run_cases(cases, jobs, judge, lambda case: CASE_SECONDS if case.kind == DEFECT else VARIANT_SECONDS)
    ordered = [judged[case] for case in cases]
    found = [verdict for verdict in ordered if isinstance(verdict, DefectVerdict)]
    return found, [verdict for verdict in reversed(ordered) if isinstance(verdict, VariantVerdict)]


def _judged_variant(case: Case, found: Findings) -> VariantVerdict:
    requirements = load_release(case.release).requirements
    variant: VariantLike = _Healthy() if case.id == HEALTHY else healthy.catalogue(case.release)[case.id]
    untestable = UNTESTABLE.get(case.id, {})
    return judge_variant(variant, found, requirements, untestable=untestable, strict=case.id == HEALTHY)


def _why(verdict: DefectVerdict | VariantVerdict) -> str:
    if isinstance(verdict, DefectVerdict):
        return verdict.reason
    return "; ".join([*verdict.findings.errors, *(f"{name} {said}" for name, said in verdict.alarms.items())])
