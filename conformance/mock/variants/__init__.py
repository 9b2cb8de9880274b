"""Healthy variants: instances that differ in what the release leaves open.

A conformance suite must fail none of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.mock.variants.variant import Variant

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour

__all__ = ["Variant", "behaviour_for", "catalogue"]


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Variant]:
    """Every variant by its id. Raises ValueError where two share one."""
    from conformance.mock.variants.listed import all_variants

    found: dict[str, Variant] = {}
    for variant in all_variants():
        if variant.id in found:
            raise ValueError(f"two variants are called {variant.id}")
        found[variant.id] = variant
    return found


def behaviour_for(ids: Iterable[str]) -> Behaviour:
    """One behaviour with all these variants. Raises UsageError for an id that no variant has."""
    from conformance.mock.behaviour import combine

    known = catalogue()
    wanted = list(ids)
    for variant_id in wanted:
        if variant_id not in known:
            near = difflib.get_close_matches(variant_id, known, n=3, cutoff=0.5)
            advice = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(known)}"
            raise UsageError(f"there is no variant {variant_id!r}: {advice}")
    return combine(known[variant_id].behaviour for variant_id in wanted)
