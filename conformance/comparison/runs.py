"""Two runs compared: what a release engineer needs to know of the newer one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from conformance.comparison.fields import FieldChange, compare_fields, shapes_of
from conformance.comparison.loading import RecordedRun
from conformance.comparison.surroundings import Property, StatusChange, compare_statuses, compare_target
from conformance.comparison.timings import TimingChange, compare_timings
from conformance.comparison.verdicts import VerdictChange, Verdicts, compare_verdicts
from conformance.report.verdict import LEVELS

_SLOWER_SHOWN = 2


@dataclass(frozen=True)
class Comparison:
    """All that differs. `unfair` says, a line each, why the two can't be compared fairly; `notes` what is left out."""

    old: RecordedRun
    new: RecordedRun
    strict: bool
    verdicts: Verdicts
    fields: tuple[FieldChange, ...]
    statuses: tuple[StatusChange, ...]
    timings: tuple[TimingChange, ...]
    target: tuple[Property, ...]
    unfair: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def worse(self) -> tuple[VerdictChange, ...]:
        """The requirements by which the new run is worse."""
        return tuple(change for change in self.verdicts.changes if change.fatal(self.strict))

    @property
    def exit_code(self) -> int:
        """1 where a MUST that passed no longer does (with `strict`: or a SHOULD), else 0."""
        return 1 if self.worse else 0

    @property
    def summary(self) -> str:
        """All in one line."""
        return f"{self._direction()}: {'; '.join(filter(None, (self._verdicts(), self._replies())))}"

    def _direction(self) -> str:
        if self.worse:
            return "worse"
        if self.verdicts.of("broken"):
            return "slightly worse"
        if self.verdicts.of("repaired"):
            return "better"
        return "different" if self.verdicts.changes or self._replies() else "no change"

    def _verdicts(self) -> str:
        verdicts = self.verdicts
        broken, repaired, other = verdicts.of("broken"), verdicts.of("repaired"), verdicts.of("other")
        told = [
            f"{_required(broken)} no longer {_pass(broken)}" if broken else "",
            f"{_required(repaired)} now {_pass(repaired)}" if repaired else "",
            f"{_required(other)} ended otherwise" if other else "",
        ]
        told = [line for line in told if line] or ["same verdicts"]
        only = len(verdicts.only_old) + len(verdicts.only_new)
        return ", ".join([*told, *([f"{_number(only, 'requirement')} in one run only"] if only else [])])

    def _replies(self) -> str:
        kinds = Counter(change.kind for change in self.fields)
        otherwise = kinds["type"] + kinds["null"] + kinds["presence"]
        parts = [
            f"{_number(kinds['gone'], 'field')} went" if kinds["gone"] else "",
            f"{_number(kinds['new'], 'field')} new" if kinds["new"] else "",
            f"{_number(otherwise, 'field')} otherwise" if otherwise else "",
            f"{_number(len(self.statuses), 'status')} changed" if self.statuses else "",
            *self._slower(),
        ]
        return ", ".join(part for part in parts if part)

    def _slower(self) -> Iterator[str]:
        marked = sorted((one for one in self.timings if one.mark == "slower"), key=lambda one: -one.ratio)
        for one in marked[:_SLOWER_SHOWN]:
            yield f"{one.endpoint} is {one.ratio:.1f} times slower"
        if len(marked) > _SLOWER_SHOWN:
            yield f"{_number(len(marked) - _SLOWER_SHOWN, 'more endpoint')} slower"
        faster = sum(1 for one in self.timings if one.mark == "faster")
        if faster:
            yield f"{_number(faster, 'endpoint')} faster"

    def to_json(self) -> dict[str, Any]:
        """Everything as a JSON object."""
        verdicts = self.verdicts
        return {
            "format": 1,
            "summary": self.summary,
            "exit_code": self.exit_code,
            "strict": self.strict,
            "old": identity_of(self.old),
            "new": identity_of(self.new),
            "unfair": list(self.unfair),
            "notes": list(self.notes),
            "requirements": {
                "broken": [asdict(change) for change in verdicts.of("broken")],
                "repaired": [asdict(change) for change in verdicts.of("repaired")],
                "other": [asdict(change) for change in verdicts.of("other")],
                "only_old": [asdict(one) for one in verdicts.only_old],
                "only_new": [asdict(one) for one in verdicts.only_new],
            },
            "readings": _pairs(verdicts.readings.items(), "requirement"),
            "waivers": _pairs(verdicts.waivers.items(), "requirement"),
            "fields": [asdict(change) for change in self.fields],
            "statuses": [asdict(change) for change in self.statuses],
            "timings": [{**asdict(one), "ratio": round(one.ratio, 3), "mark": one.mark} for one in self.timings],
            "target": [asdict(one) for one in self.target],
        }


def compare_runs(old: RecordedRun, new: RecordedRun, *, strict: bool = False) -> Comparison:
    """Compare two runs; with `strict`, a SHOULD that no longer passes makes the new one worse too."""
    before, after = old.exchanges or (), new.exchanges or ()
    return Comparison(
        old=old,
        new=new,
        strict=strict,
        verdicts=compare_verdicts(old, new),
        fields=compare_fields(shapes_of(before, old.run_id), shapes_of(after, new.run_id)),
        statuses=compare_statuses(before, after),
        timings=compare_timings(before, after),
        target=compare_target(old, new),
        unfair=tuple(_unfair(old, new)),
        notes=tuple(f"{run.source} has no recording: no replies compared" for run in (old, new) if not run.exchanges),
    )


def identity_of(run: RecordedRun) -> dict[str, Any]:
    """By what a run can be told from another."""
    return {
        "source": run.source,
        "run_id": run.run_id,
        "started_at": run.started_at,
        "target": run.target,
        "release": run.release,
        "profile": run.profile,
        "suite_version": run.suite_version,
        "verdict": run.verdict,
        "reason": run.reason,
    }


def _unfair(old: RecordedRun, new: RecordedRun) -> Iterator[str]:
    if old.release != new.release:
        yield f"the contracts differ: release {old.release}, then {new.release}"
    if old.profile != new.profile:
        yield f"the profiles differ: {old.profile}, then {new.profile}"
    if old.suite_version != new.suite_version:
        yield f"the suites differ: version {old.suite_version}, then {new.suite_version}"
    checks = len(old.checks.keys() ^ new.checks.keys())
    if checks and old.release == new.release and old.profile == new.profile:
        yield f"{_number(checks, 'check')} ran in one of them only"
    if old.run_id == new.run_id and old.started_at == new.started_at:
        yield "both are the same run"


def _required(changes: tuple[VerdictChange, ...]) -> str:
    """How many requirements of which level, as in `2 MUST and 1 SHOULD requirements`."""
    levels = Counter(change.level.rpartition(" ")[2] for change in changes)
    counted = [f"{levels[level]} {level}" for level in LEVELS if levels[level]]
    return f"{' and '.join(counted)} requirement{'s' * (len(changes) != 1)}"


def _pass(changes: tuple[VerdictChange, ...]) -> str:
    return "passes" if len(changes) == 1 else "pass"


def _number(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"1 {noun}" if number == 1 else f"{number} {plural}"


def _pairs(items: Iterable[tuple[str, tuple[str, str]]], name: str) -> list[dict[str, str]]:
    return [{name: key, "old": old, "new": new} for key, (old, new) in items]
