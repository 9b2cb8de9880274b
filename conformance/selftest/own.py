"""What a release changes against the one before it: the cases that its own part of the self-test can't do without."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.contract import Release, Requirement, load_release
from conformance.contract.schemas import FieldSpec
from conformance.mock import variants as healthy
from conformance.mock.defects import catalogue
from conformance.selftest import null_targets
from conformance.selftest.case import HEALTHY

if TYPE_CHECKING:
    from conformance.mock.defects import Defect
    from conformance.selftest.null_targets import NullTarget


@lru_cache
def own_requirements(release_id: str) -> frozenset[str]:
    """The promises that are the release's own.

    They are new, or say something else than in the release before, or are about a field or about an endpoint's reply
    that the contract describes otherwise. Of the first release that is every promise.
    """
    release = load_release(release_id)
    before = release.extends
    if before is None:
        return frozenset(release.requirements)
    return frozenset(r.id for r in release.requirements.values() if _differs(r, release, before))


def own_defects(release_id: str) -> dict[str, Defect]:
    """The defects that break one of the release's own promises, and those that the release before doesn't have."""
    before = load_release(release_id).extends
    older = catalogue(before.id) if before else {}
    own = own_requirements(release_id)
    return {name: d for name, d in catalogue(release_id).items() if name not in older or not own.isdisjoint(d.breaks)}


def own_variants(release_id: str) -> tuple[str, ...]:
    """The healthy variants that the release before doesn't have, and the one that differs in nothing."""
    before = load_release(release_id).extends
    older = healthy.catalogue(before.id) if before else {}
    return (*(name for name in healthy.catalogue(release_id) if name not in older), HEALTHY)


def own_null_targets(release_id: str) -> tuple[NullTarget, ...]:
    """The null targets that say what the release before would not."""
    before = load_release(release_id).extends
    older = null_targets.catalogue(before.id) if before else {}
    found = null_targets.catalogue(release_id)
    return tuple(t for name, t in found.items() if name not in older or older[name].body != t.body)


def _differs(requirement: Requirement, release: Release, before: Release) -> bool:
    older = before.requirements.get(requirement.id)
    if older is None or older.meaning != requirement.meaning:
        return True
    if requirement.endpoint is None:
        return False
    if requirement.field is None:
        endpoint = requirement.endpoint
        return release.schemas.response_schema(endpoint) != before.schemas.response_schema(endpoint)
    return _field(release, requirement) != _field(before, older)


def _field(release: Release, requirement: Requirement) -> FieldSpec | None:
    assert requirement.endpoint is not None
    specs = release.schemas.field_pointers(requirement.endpoint)
    return next((spec for spec in specs if spec.pointer == requirement.field), None)
