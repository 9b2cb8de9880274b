"""Deliberately wrong behaviours of the instance, each switchable: what a conformance suite must find.

Each says which requirements it breaks, in which releases it is wrong, and has a probe that shows it real without the
suite.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.contract import DEFAULT_RELEASE, load_release
from conformance.errors import UsageError
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.releases import fits

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour

__all__ = ["Defect", "Probe", "behaviour_for", "catalogue"]

_SUGGESTIONS = 3


def catalogue(release_id: str = DEFAULT_RELEASE) -> dict[str, Defect]:
    """Every defect of a release by its id, in the contract's order of topics.

    A defect's `breaks` are those that the release has and tests; one that breaks none of them isn't among the
    release's. Raises UsageError for a release without a contract, ValueError where two defects share an id.
    """
    return _catalogue(release_id)


@lru_cache
def _catalogue(release_id: str) -> dict[str, Defect]:
    from conformance.mock.defects.listed import all_defects

    release = load_release(release_id)
    tested = {name for name, requirement in release.requirements.items() if requirement.excluded is None}
    found: dict[str, Defect] = {}
    for defect in all_defects(release):
        breaks = tuple(name for name in defect.breaks if name in tested)
        if not breaks or not fits(release_id, defect.since, defect.until):
            continue
        if defect.id in found:
            raise ValueError(f"two defects of {release_id} are called {defect.id}")
        found[defect.id] = replace(defect, breaks=breaks)
    return found


def behaviour_for(ids: Iterable[str], release_id: str = DEFAULT_RELEASE) -> Behaviour:
    """One behaviour with all these defects. Raises UsageError for an id that no defect of the release has."""
    from conformance.mock.behaviour import combine

    known = catalogue(release_id)
    wanted = list(ids)
    for defect_id in wanted:
        if defect_id not in known:
            raise UsageError(_unknown(defect_id, known, release_id))
    return combine(known[defect_id].behaviour for defect_id in wanted)


def _unknown(defect_id: str, known: Iterable[str], release_id: str) -> str:
    known = list(known)
    near = difflib.get_close_matches(defect_id, known, n=_SUGGESTIONS, cutoff=0.5)
    near = near or [candidate for candidate in known if defect_id in candidate][:_SUGGESTIONS]
    topics = dict.fromkeys(candidate.partition(".")[0] for candidate in known)
    advice = f"did you mean {' or '.join(near)}?" if near else f"ids begin with {', '.join(topics)}"
    return f"release {release_id} has no defect {defect_id!r}: {advice}"
