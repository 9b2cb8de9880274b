"""Healthy variants: instances that differ in what the release leaves open.

A conformance suite must fail none of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.contract import DEFAULT_RELEASE
from conformance.errors import UsageError
from conformance.mock.defects.releases import fits
from conformance.mock.variants.variant import Variant

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour

__all__ = ["Variant", "behaviour_for", "catalogue"]


def catalogue(release_id: str = DEFAULT_RELEASE) -> dict[str, Variant]:
    """Every variant of a release by its id.

    Raises UsageError for a release without a contract, ValueError where two share an id.
    """
    return _catalogue(release_id)


@lru_cache
def _catalogue(release_id: str) -> dict[str, Variant]:
    from conformance.mock.variants.listed import all_variants

    found: dict[str, Variant] = {}
    for variant in all_variants():
        if not fits(release_id, variant.since, variant.until):
            continue
        if variant.id in found:
            raise ValueError(f"two variants of {release_id} are called {variant.id}")
        found[variant.id] = variant
    return found


def behaviour_for(ids: Iterable[str], release_id: str = DEFAULT_RELEASE) -> Behaviour:
    """One behaviour with all these variants. Raises UsageError for an id that no variant of the release has."""
    from conformance.mock.behaviour import combine

    known = catalogue(release_id)
    wanted = list(ids)
    for variant_id in wanted:
        if variant_id not in known:
            near = difflib.get_close_matches(variant_id, known, n=3, cutoff=0.5)
            advice = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(known)}"
            raise UsageError(f"release {release_id} has no variant {variant_id!r}: {advice}")
    return combine(known[variant_id].behaviour for variant_id in wanted)
