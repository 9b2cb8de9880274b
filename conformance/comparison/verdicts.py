"""What became of each requirement from one run to the other, of the readings and of the waivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from conformance.comparison.loading import RecordedRequirement, RecordedRun, RecordedWaiver
from conformance.report.verdict import LEVELS

Kind = Literal["broken", "repaired", "other"]

_ASIDE = ("profile ", "excluded: ")
"""How the reason begins of a requirement that a run left out: nothing is known of it then, least that it broke."""


@dataclass(frozen=True)
class VerdictChange:
    """A requirement that both runs know, with another verdict in each.

    `reason` is the new run's, else the old one's.
    """

    id: str
    level: str
    kind: Kind
    old: str
    new: str
    reason: str
    binding: bool
    should: bool

    def fatal(self, strict: bool) -> bool:
        """Whether the new run is worse by it."""
        return self.kind == "broken" and (self.binding or (strict and self.should))


@dataclass(frozen=True)
class Verdicts:
    """All that changed in what was judged. Readings and waivers map a requirement's id to what each run has of it."""

    changes: tuple[VerdictChange, ...]
    only_old: tuple[RecordedRequirement, ...]
    only_new: tuple[RecordedRequirement, ...]
    readings: Mapping[str, tuple[str, str]]
    waivers: Mapping[str, tuple[str, str]]

    def of(self, kind: Kind) -> tuple[VerdictChange, ...]:
        """The changes of one kind, the most binding first."""
        return tuple(change for change in self.changes if change.kind == kind)


def compare_verdicts(old: RecordedRun, new: RecordedRun) -> Verdicts:
    """What became of the requirements, by the statements alone."""
    changes = [
        _changed(before, new.requirements[name])
        for name, before in old.requirements.items()
        if name in new.requirements and before.verdict != new.requirements[name].verdict
    ]
    return Verdicts(
        changes=tuple(sorted(changes, key=lambda change: (_weight(change.level), not change.binding, change.id))),
        only_old=tuple(one for name, one in old.requirements.items() if name not in new.requirements),
        only_new=tuple(one for name, one in new.requirements.items() if name not in old.requirements),
        readings=dict(_readings(old, new)),
        waivers=dict(_waivers(old, new)),
    )


def _changed(before: RecordedRequirement, after: RecordedRequirement) -> VerdictChange:
    return VerdictChange(
        id=after.id,
        level=after.level if before.level == after.level else f"{before.level} → {after.level}",
        kind=_kind(before, after),
        old=before.verdict,
        new=after.verdict,
        reason=after.reason or before.reason or "",
        binding=before.binding or after.binding,
        should=after.level == "SHOULD" and after.basis != "inferred" and after.scored,
    )


def _kind(before: RecordedRequirement, after: RecordedRequirement) -> Kind:
    if before.verdict == "passed" and not _left_out(after):
        return "broken"
    if after.verdict == "passed" and not _left_out(before):
        return "repaired"
    return "other"


def _left_out(requirement: RecordedRequirement) -> bool:
    return requirement.verdict == "not-applicable" and (requirement.reason or "").startswith(_ASIDE)


def _readings(old: RecordedRun, new: RecordedRun) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in dict.fromkeys([*old.readings, *new.readings]):
        before, after = (tuple(sorted(run.readings.get(name, ()))) for run in (old, new))
        if before != after:
            yield name, (_listed(before), _listed(after))


def _waivers(old: RecordedRun, new: RecordedRun) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in sorted({*old.waivers, *new.waivers}):
        before, after = (_waived(run.waivers.get(name)) for run in (old, new))
        if before != after:
            yield name, (before, after)


def _listed(readings: tuple[str, ...]) -> str:
    return ", ".join(readings) or "not seen"


def _waived(waiver: RecordedWaiver | None) -> str:
    if waiver is None:
        return "not waived"
    return f"waived until {waiver.expires}, hides {waiver.hides}: {waiver.reason}"


def _weight(level: str) -> int:
    # A level that changed is told as "old → new": the new one counts.
    last = level.rpartition(" ")[2]
    return LEVELS.index(last) if last in LEVELS else len(LEVELS)
