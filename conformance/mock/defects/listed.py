"""The catalogue's topics, in the contract's order."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract import load_release
from conformance.mock.defects.authentication import authentication_defects
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.fields import field_defects
from conformance.mock.defects.metadata import metadata_defects
from conformance.mock.defects.refusals import refusal_defects

RELEASE = "2023.4"


def all_defects() -> Iterator[Defect]:
    """Every defect, topic by topic."""
    yield from authentication_defects()
    yield from refusal_defects()
    yield from metadata_defects()
    yield from field_defects(load_release(RELEASE))
