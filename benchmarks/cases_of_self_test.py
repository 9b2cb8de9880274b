"""What a case of the self-test costs in each release, and what all of them add up to."""

from __future__ import annotations

import random
import resource

from conformance.contract import release_ids
from conformance.selftest.case import DEFECT, HEALTHY, VARIANT, Case
from conformance.selftest.pool import run_cases
from conformance.selftest.scope import Scope

SAMPLE = 40
_SEED = 4


def main() -> None:
    """Print core seconds of a case, and of all cases of a release, whole and of what the release changes."""
    whole, own = 0.0, 0.0
    for name in release_ids():
        everything, part = Scope.whole(name), Scope.own(name)
        ids = random.Random(_SEED).sample(sorted(everything.defects), SAMPLE)
        defect = _core_seconds([Case(DEFECT, id, release=name) for id in ids])
        variant = _core_seconds([Case(VARIANT, HEALTHY, release=name)])
        totals = [len(scope.defects) * defect + len(scope.variants) * variant for scope in (everything, part)]
        whole, own = whole + totals[0], own + totals[1]
        print(
            f"self-test of {name}: a defect {defect:.2f} core s, a healthy instance {variant:.1f} core s; "
            f"{len(everything.defects)} defects and {len(everything.variants)} variants {totals[0]:.0f} core s, "
            f"what it changes {totals[1]:.0f} core s"
        )
    print(f"self-test on 2 cores, null targets aside: whole {whole / 120:.0f} min; what changes {own / 120:.0f} min")


def _core_seconds(cases: list[Case]) -> float:
    """Core seconds of one case, the start of the worker shared out among them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run_cases(cases, 1, lambda case, found: None)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / len(cases)
