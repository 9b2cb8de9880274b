"""What the findings mean: which defects were killed for their own reason, and which promises no defect exercises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from conformance.contract import Requirement
from conformance.selftest.case import Findings

KILLED, OTHERWISE, SURVIVED, UNREAL, ERROR = "killed", "killed-otherwise", "survived", "unreal", "error"
DEFECT_VERDICTS = (KILLED, OTHERWISE, SURVIVED, UNREAL, ERROR)

QUIET, FALSE_ALARM = "quiet", "false-alarm"
VARIANT_VERDICTS = (QUIET, FALSE_ALARM, ERROR)


class DefectLike(Protocol):
    """What judging reads of a defect."""

    @property
    def id(self) -> str: ...
    @property
    def says(self) -> str: ...
    @property
    def breaks(self) -> tuple[str, ...]: ...


class VariantLike(Protocol):
    """What judging reads of a healthy variant."""

    @property
    def id(self) -> str: ...
    @property
    def says(self) -> str: ...


@dataclass(frozen=True)
class DefectVerdict:
    """What became of one defect.

    `verdict` is killed (a requirement that it breaks failed), killed-otherwise, survived, unreal (its probe saw
    nothing wrong) or error (the suite crashed or gave no answer). `by` are the requirements of `breaks` that failed,
    `also` the others that failed.
    """

    id: str
    says: str
    breaks: tuple[str, ...]
    verdict: str
    by: tuple[str, ...]
    also: tuple[str, ...]
    findings: Findings

    @property
    def reason(self) -> str:
        """One line on why the verdict isn't `killed`; empty where it is."""
        found = self.findings
        if self.verdict == ERROR:
            return "; ".join(found.errors)
        if self.verdict == UNREAL:
            return found.unproven or ""
        if self.verdict == KILLED:
            return ""
        what = ", ".join(f"{name} {self._fate(name)}" for name in self.breaks)
        return f"{what}; failed instead: {', '.join(self.also)}" if self.also else what

    def _fate(self, name: str) -> str:
        if name in self.findings.passed:
            return "passed"
        untested = self.findings.not_testable.get(name)
        return f"could not be tested ({untested})" if untested is not None else "was not run"


def judge_defect(defect: DefectLike, found: Findings) -> DefectVerdict:
    """The verdict on one defect."""
    by = tuple(name for name in defect.breaks if name in found.failed)
    also = tuple(name for name in found.failed if name not in defect.breaks)
    if found.errors:
        verdict = ERROR
    elif found.unproven is not None:
        verdict = UNREAL
    elif by:
        verdict = KILLED
    else:
        verdict = OTHERWISE if also else SURVIVED
    return DefectVerdict(defect.id, defect.says, defect.breaks, verdict, by, also, found)


@dataclass(frozen=True)
class RequirementRow:
    """One promise among the defects: those that say they break it, those that made it fail, those it alone caught."""

    requirement: Requirement
    declared: tuple[str, ...]
    failed_on: tuple[str, ...]
    alone: tuple[str, ...]

    @property
    def testable(self) -> bool:
        """Whether a defect must exercise it: all that the contract doesn't exclude, but what is merely allowed."""
        return self.requirement.excluded is None and self.requirement.level != "MAY"

    @property
    def exercised(self) -> bool:
        """Whether a defect that breaks it made it fail."""
        return not set(self.declared).isdisjoint(self.failed_on)


def judge_requirements(requirements: Iterable[Requirement], verdicts: Sequence[DefectVerdict]) -> list[RequirementRow]:
    """One row a promise, in the contract's order."""
    return [
        RequirementRow(
            requirement,
            declared=tuple(v.id for v in verdicts if requirement.id in v.breaks),
            failed_on=tuple(v.id for v in verdicts if requirement.id in v.findings.failed),
            alone=tuple(v.id for v in verdicts if set(v.findings.failed) == {requirement.id}),
        )
        for requirement in requirements
    ]


@dataclass(frozen=True)
class VariantVerdict:
    """What became of one healthy variant.

    `alarms` maps the requirements that failed or couldn't be tested, though the instance is right, to the reason;
    `notes` are the same of SHOULD and MAY, which are no false alarms.
    """

    id: str
    says: str
    verdict: str
    alarms: Mapping[str, str]
    notes: Mapping[str, str]
    untestable: Mapping[str, str]
    findings: Findings


def judge_variant(
    variant: VariantLike,
    found: Findings,
    requirements: Mapping[str, Requirement],
    *,
    untestable: Mapping[str, str] = MappingProxyType({}),
    strict: bool = False,
) -> VariantVerdict:
    """The verdict on one healthy variant.

    `untestable` names what can't be tested on it for a known reason; `strict` takes every level for an alarm.
    """
    alarms: dict[str, str] = {}
    notes: dict[str, str] = {}
    for name, reason in {**found.not_testable, **found.failed}.items():
        if name in untestable and name in found.not_testable:
            continue
        said = f"failed: {reason}" if name in found.failed else f"not testable: {reason}"
        (alarms if strict or requirements[name].fatal else notes)[name] = said
    verdict = ERROR if found.errors else FALSE_ALARM if alarms else QUIET
    return VariantVerdict(variant.id, variant.says, verdict, alarms, notes, untestable, found)


@dataclass(frozen=True)
class Score:
    """The kill score: how many defects there are of each verdict, and the promises that no defect exercises."""

    counts: Mapping[str, int]
    unexercised: tuple[str, ...]

    @classmethod
    def of(cls, verdicts: Sequence[DefectVerdict], rows: Sequence[RequirementRow], *, whole: bool) -> Score:
        """Score the matrix; of a part of the catalogue, nothing can be said about what isn't exercised."""
        counted = Counter(verdict.verdict for verdict in verdicts)
        missing = tuple(row.requirement.id for row in rows if row.testable and not row.exercised) if whole else ()
        return cls({name: counted[name] for name in DEFECT_VERDICTS}, missing)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def perfect(self) -> bool:
        """Every defect killed for its own reason, and every promise exercised."""
        return self.counts[KILLED] == self.total > 0 and not self.unexercised

    @property
    def line(self) -> str:
        """The score on one line."""
        killed, total = self.counts[KILLED], self.total
        if not total:
            return "no defect was run"
        percent = f"{100 * killed / total:.1f}".removesuffix(".0")
        text = f"kill score {killed}/{total} ({percent} %)"
        if killed == total:
            text += ", each for its own reason; 0 survivors"
        else:
            said = {OTHERWISE: "killed otherwise", SURVIVED: "survived", UNREAL: "not real", ERROR: "in error"}
            parts = [f"{self.counts[name]} {words}" for name, words in said.items() if self.counts[name]]
            text += "; " + ", ".join(parts)
        if self.unexercised:
            text += f"; {counted(len(self.unexercised), 'requirement')} that no defect exercises"
        return text


def counted(number: int, noun: str) -> str:
    """`1 defect`, `2 defects`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
