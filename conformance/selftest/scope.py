"""What is run of a release: everything, what it changes against the release before, or some defects by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.contract import Requirement, load_release
from conformance.errors import UsageError
from conformance.mock import variants as healthy
from conformance.mock.defects import behaviour_for, catalogue
from conformance.selftest import null_targets, own
from conformance.selftest.case import HEALTHY

if TYPE_CHECKING:
    from conformance.mock.defects import Defect
    from conformance.selftest.null_targets import NullTarget

WHOLE, OWN, NAMED = "whole", "own", "named"
KINDS = {WHOLE: "everything", OWN: "what it changes", NAMED: "the named defects"}
"""Each kind of scope, in words."""


@dataclass(frozen=True)
class Scope:
    """What is run of a release; `requirements` are those that its defects must exercise."""

    release: str
    kind: str
    defects: Mapping[str, Defect]
    variants: tuple[str, ...] = ()
    null_targets: tuple[NullTarget, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def whole(cls, release_id: str) -> Scope:
        """All that there is for the release."""
        return cls(
            release_id,
            WHOLE,
            catalogue(release_id),
            (*healthy.catalogue(release_id), HEALTHY),
            tuple(null_targets.catalogue(release_id).values()),
            tuple(load_release(release_id).requirements.values()),
        )

    @classmethod
    def own(cls, release_id: str) -> Scope:
        """What the release changes against the one before; of the oldest that is everything."""
        release = load_release(release_id)
        if release.extends is None:
            return cls.whole(release_id)
        promised = own.own_requirements(release_id)
        return cls(
            release_id,
            OWN,
            own.own_defects(release_id),
            own.own_variants(release_id),
            own.own_null_targets(release_id),
            tuple(r for r in release.requirements.values() if r.id in promised),
        )

    @classmethod
    def named(cls, release_id: str, defects: Iterable[str]) -> Scope:
        """Defects of the release by their ids; the requirements are all that it has."""
        found = {name: catalogue(release_id)[name] for name in dict.fromkeys(defects)}
        return cls(release_id, NAMED, found, requirements=tuple(load_release(release_id).requirements.values()))


def named_scopes(defects: Sequence[str], releases: Sequence[str]) -> list[Scope]:
    """Defects by their ids in each of the releases that has one. Raises UsageError for an id that none of them has."""
    for name in defects:
        if not any(name in catalogue(release_id) for release_id in releases):
            behaviour_for([name], releases[-1])  # refuses it, and names those that are like it
    kept = {release_id: [name for name in defects if name in catalogue(release_id)] for release_id in releases}
    return [Scope.named(release_id, names) for release_id, names in kept.items() if names]


def scopes(releases: Sequence[str], defects: Sequence[str] | None = None, *, whole: bool = False) -> list[Scope]:
    """What is run of each of the releases. Raises UsageError for one without a contract, or an unknown defect."""
    chosen = [load_release(name).id for name in dict.fromkeys(releases)]
    if not chosen:
        raise UsageError("name a release")
    if defects:
        return named_scopes(defects, chosen)
    return [Scope.whole(name) if whole else Scope.own(name) for name in chosen]
