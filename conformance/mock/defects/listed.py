"""The catalogue's topics, in the contract's order."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract import Release
from conformance.mock.defects.authentication import authentication_defects
from conformance.mock.defects.by_version import by_version_defects
from conformance.mock.defects.configs import config_defects
from conformance.mock.defects.conversion import conversion_defects
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.deleting_models import model_deletion_defects
from conformance.mock.defects.deleting_versions import version_deletion_defects
from conformance.mock.defects.deletions import deletion_defects
from conformance.mock.defects.details import detail_defects
from conformance.mock.defects.echoed_schemas import echoed_schema_defects
from conformance.mock.defects.echoes import echo_defects
from conformance.mock.defects.endings import ending_defects
from conformance.mock.defects.fields import field_defects
from conformance.mock.defects.for_model import for_model_defects
from conformance.mock.defects.large import large_defects
from conformance.mock.defects.listing import listing_defects
from conformance.mock.defects.logs import log_defects
from conformance.mock.defects.metadata import metadata_defects
from conformance.mock.defects.names import name_defects
from conformance.mock.defects.nested import nested_defects
from conformance.mock.defects.parameters import parameter_defects
from conformance.mock.defects.parts import part_defects
from conformance.mock.defects.refusals import refusal_defects
from conformance.mock.defects.results import result_defects
from conformance.mock.defects.rows import row_defects
from conformance.mock.defects.schemas import schema_defects
from conformance.mock.defects.sequences import sequence_defects
from conformance.mock.defects.times import time_defects
from conformance.mock.defects.tokens import token_defects
from conformance.mock.defects.transport import transport_defects
from conformance.mock.defects.unusual import unusual_defects
from conformance.mock.defects.versions import version_defects


def all_defects(release: Release) -> Iterator[Defect]:
    """Every defect, topic by topic; those of an endpoint or a field only where the release has it."""
    yield from transport_defects(release)
    yield from authentication_defects(release)
    yield from token_defects()
    yield from refusal_defects(release)
    yield from metadata_defects()
    yield from part_defects()
    yield from name_defects()
    yield from result_defects()
    yield from large_defects()
    yield from schema_defects()
    yield from conversion_defects()
    yield from parameter_defects()
    yield from ending_defects(release)
    yield from echoed_schema_defects()
    yield from echo_defects()
    yield from listing_defects()
    yield from nested_defects()
    yield from time_defects()
    yield from detail_defects()
    yield from version_defects()
    yield from row_defects()
    yield from config_defects()
    yield from by_version_defects()
    yield from for_model_defects()
    yield from deletion_defects()
    yield from model_deletion_defects()
    yield from version_deletion_defects()
    yield from log_defects()
    yield from sequence_defects()
    yield from unusual_defects()
    yield from field_defects(release)
