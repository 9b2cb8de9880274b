"""The variants, topic by topic."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.mock.variants.conversions import conversion_variants
from conformance.mock.variants.gateway import gateway_variants
from conformance.mock.variants.later import later_variants
from conformance.mock.variants.neighbours import neighbour_variants
from conformance.mock.variants.readings import reading_variants
from conformance.mock.variants.replies import reply_variants
from conformance.mock.variants.variant import Variant


def all_variants() -> Iterator[Variant]:
    """Every variant."""
    yield from reply_variants()
    yield from conversion_variants()
    yield from reading_variants()
    yield from later_variants()
    yield from gateway_variants()
    yield from neighbour_variants()
