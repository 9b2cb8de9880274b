"""Deliberately wrong behaviours of the instance, each switchable: what a conformance suite must find.

Each says which requirements it breaks, and has a probe that shows it real without the suite.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.mock.defects.defect import Defect, Probe

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour

__all__ = ["Defect", "Probe", "behaviour_for", "catalogue"]

_SUGGESTIONS = 3


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Defect]:
    """Every defect by its id, in the contract's order of topics. Raises ValueError where two share an id."""
    from conformance.mock.defects.listed import all_defects

    found: dict[str, Defect] = {}
    for defect in all_defects():
        if defect.id in found:
            raise ValueError(f"two defects are called {defect.id}")
        found[defect.id] = defect
    return found


def behaviour_for(ids: Iterable[str]) -> Behaviour:
    """One behaviour with all these defects. Raises UsageError for an id that no defect has."""
    from conformance.mock.behaviour import combine

    known = catalogue()
    wanted = list(ids)
    for defect_id in wanted:
        if defect_id not in known:
            raise UsageError(_unknown(defect_id, known))
    return combine(known[defect_id].behaviour for defect_id in wanted)


def _unknown(defect_id: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(defect_id, known, n=_SUGGESTIONS, cutoff=0.5)
    near = near or [candidate for candidate in known if defect_id in candidate][:_SUGGESTIONS]
    topics = dict.fromkeys(candidate.partition(".")[0] for candidate in known)
    advice = f"did you mean {' or '.join(near)}?" if near else f"ids begin with {', '.join(topics)}"
    return f"there is no defect {defect_id!r}: {advice}"
