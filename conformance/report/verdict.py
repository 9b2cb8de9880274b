"""Judging: what the checks found makes a verdict on each requirement and on the run. All is pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from conformance.errors import UsageError
from conformance.report.outcome import CheckOutcome
from conformance.report.waivers import Waiver

LEVELS = ("MUST", "SHOULD", "MAY")
VERDICTS = ("passed", "failed", "waived", "not-testable", "inconclusive", "not-applicable")
NOT_RUN = "its check was not run"
NOT_SCORED = "not scored: added after the release's set was published"

# The verdict of any one check that settles its requirement, the strongest first.
_DECIDING = (("failed", "failed"), ("error", "inconclusive"), ("not-testable", "not-testable"))

WITH_WAIVERS = "conformant-with-waivers"

EXIT_CODES = {"conformant": 0, WITH_WAIVERS: 1, "not-conformant": 1, "not-testable": 3, "suite-error": 4}
"""The command's exit code for each verdict on a run; 2, bad usage, has none, since nothing was judged.

With waivers it is 0 for whoever allows them.
"""


class ReadingLike(Protocol):
    """What judging reads of one accepted reading of an ambiguous requirement."""

    @property
    def reading(self) -> str: ...
    @property
    def says(self) -> str: ...


class RequirementLike(Protocol):
    """What judging reads of a contract's requirement."""

    @property
    def id(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def endpoint(self) -> str | None: ...
    @property
    def profile(self) -> str: ...
    @property
    def interpretation(self) -> Sequence[ReadingLike]: ...
    @property
    def excluded(self) -> str | None: ...
    @property
    def scored(self) -> bool: ...


@dataclass(frozen=True)
class SeenReading:
    """The reading of an ambiguous requirement that the instance follows, and what the contract says of it."""

    reading: str
    says: str | None = None

    def __str__(self) -> str:
        return f"{self.reading} ({self.says})" if self.says else self.reading


@dataclass(frozen=True)
class RequirementVerdict:
    """What holds for one requirement. `checks` are the node ids of the checks that decided it.

    One that isn't `scored` came after the release's set was published: it is reported apart and decides nothing.
    `hides` is what a waived one would be without its waiver, failed or not-testable.
    """

    id: str
    level: str
    basis: str
    verdict: str
    reason: str | None
    checks: tuple[str, ...]
    text: str = ""
    source: str = ""
    endpoint: str | None = None
    profile: str = "core"
    readings: tuple[SeenReading, ...] = ()
    scored: bool = True
    hides: str | None = None

    @property
    def binding(self) -> bool:
        """True when the run can't be conformant without it: a scored MUST that isn't our own inference."""
        return self.level == "MUST" and self.basis != "inferred" and self.scored


@dataclass(frozen=True)
class RunVerdict:
    """What holds for the whole run. `counts` maps level to verdict to a number, every pair present."""

    verdict: str
    exit_code: int
    reason: str
    counts: Mapping[str, Mapping[str, int]]


def judge_requirements(
    requirements: Iterable[RequirementLike],
    outcomes: Sequence[CheckOutcome],
    profile: str,
    waivers: Sequence[Waiver] = (),
) -> list[RequirementVerdict]:
    """One verdict a requirement, in the order given. The waivers are those in force.

    A waiver stands before what a check found: neither before an error of the suite nor where no check was run.
    Raises UsageError for a waiver of an unknown requirement.
    """
    requirements = list(requirements)
    waived = {waiver.requirement: waiver.reason for waiver in waivers}
    unknown = sorted(waived.keys() - {requirement.id for requirement in requirements})
    if unknown:
        raise UsageError(f"a waiver names the unknown requirement {unknown[0]!r}; `requirements` lists the ids")
    by_requirement: dict[str, list[CheckOutcome]] = {}
    for outcome in outcomes:
        for identifier in dict.fromkeys(outcome.requirements):
            by_requirement.setdefault(identifier, []).append(outcome)
    return [
        _judge_one(requirement, by_requirement.get(requirement.id, []), profile, waived) for requirement in requirements
    ]


def _judge_one(
    requirement: RequirementLike,
    outcomes: Sequence[CheckOutcome],
    profile: str,
    waived: Mapping[str, str],
) -> RequirementVerdict:
    verdict, reason = _settle(requirement, outcomes, profile)
    hides = None
    if verdict in ("failed", "not-testable") and requirement.id in waived and outcomes:
        hides, verdict, reason = verdict, "waived", f"{waived[requirement.id]} ({verdict}: {reason})"
    return RequirementVerdict(
        id=requirement.id,
        level=requirement.level,
        basis=requirement.basis,
        verdict=verdict,
        reason=reason,
        checks=tuple(dict.fromkeys(outcome.nodeid for outcome in outcomes)),
        text=requirement.text,
        source=requirement.source,
        endpoint=requirement.endpoint,
        profile=requirement.profile,
        readings=_readings(requirement, outcomes),
        scored=requirement.scored,
        hides=hides,
    )


def _settle(requirement: RequirementLike, outcomes: Sequence[CheckOutcome], profile: str) -> tuple[str, str | None]:
    if requirement.excluded:
        return "not-applicable", f"excluded: {requirement.excluded}"
    if not in_profile(requirement.profile, profile):
        return "not-applicable", f"profile {requirement.profile}"
    if not outcomes:
        return "not-testable", NOT_RUN
    for check_verdict, verdict in _DECIDING:
        deciding = [outcome for outcome in outcomes if outcome.verdict == check_verdict]
        if deciding:
            return verdict, _explain(deciding, len(outcomes))
    aside = [outcome for outcome in outcomes if outcome.verdict == "not-applicable"]
    if len(aside) == len(outcomes):
        return "not-applicable", _explain(aside, len(outcomes))
    # What applied was proven; saying "not applicable" would hide that, so the rest is only mentioned.
    return "passed", f"{len(aside)} of {len(outcomes)} checks did not apply" if aside else None


def in_profile(profile: str, selected: str) -> bool:
    """Whether a requirement of `profile` is part of a run of the profile `selected`; `full` holds `core`."""
    return selected in ("full", profile)


def _explain(deciding: Sequence[CheckOutcome], total: int) -> str:
    first = deciding[0]
    said = first.reason
    if not said and first.verdict == "failed":
        said = f"expected {first.expected or 'something else'}, got {first.actual or 'nothing recorded'}"
    said = said or "no reason was recorded"
    return said if len(deciding) == total else f"{len(deciding)} of {total} checks: {said}"


def _readings(requirement: RequirementLike, outcomes: Sequence[CheckOutcome]) -> tuple[SeenReading, ...]:
    """The readings seen. A check may test several requirements, so only what this one accepts is its own."""
    says = {accepted.reading: accepted.says for accepted in requirement.interpretation}
    seen = dict.fromkeys(reading for outcome in outcomes for reading in outcome.readings)
    return tuple(SeenReading(reading, says[reading]) for reading in seen if reading in says)


def count(verdicts: Iterable[RequirementVerdict]) -> dict[str, dict[str, int]]:
    """Level to verdict to a number of scored requirements; every level and verdict is present, zero included."""
    found = Counter((verdict.level, verdict.verdict) for verdict in verdicts if verdict.scored)
    return {level: {name: found[level, name] for name in VERDICTS} for level in LEVELS}


def judge_run(
    verdicts: Sequence[RequirementVerdict],
    outcomes: Sequence[CheckOutcome] = (),
    *,
    strict: bool = False,
    blocked: str | None = None,
    suite_errors: Sequence[str] = (),
    unsound: Sequence[str] = (),
    allow_waivers: bool = False,
) -> RunVerdict:
    """The verdict on the run and the exit code.

    A proven failure outweighs an error of the suite, that a missing prerequisite, that success. `blocked`
    says why the instance couldn't be tested at all (unreachable, credentials refused); `suite_errors` are
    errors outside of any check. With `strict`, a SHOULD that fails counts as a MUST does. A MAY, or what is
    only inferred, never fails a run. `unsound` says which waivers don't hold; with one a run isn't conformant.
    With `allow_waivers` the exit code is 0 where waivers alone keep the run from being conformant.
    """
    failed = [v for v in verdicts if v.verdict == "failed" and (v.binding or (strict and _is_should(v)))]
    crashed = _suite_errors(verdicts, outcomes, suite_errors)
    untested = [v for v in verdicts if v.verdict == "not-testable" and v.binding]
    if failed:
        verdict, reason = "not-conformant", _failure_reason(failed)
    elif crashed:
        verdict, reason = "suite-error", _crash_reason(crashed)
    elif blocked or untested:
        verdict, reason = "not-testable", blocked or _untested_reason(untested)
    elif not any(v.binding and v.verdict == "passed" for v in verdicts):
        verdict, reason = "not-testable", "no MUST requirement was proven, so nothing can be said"
    elif unsound:
        verdict, reason = "not-conformant", _unsound_reason(unsound)
    elif any(_counts_though_waived(v, strict=strict) for v in verdicts):
        verdict, reason = WITH_WAIVERS, _waived_reason(verdicts, allowed=allow_waivers)
    else:
        verdict, reason = "conformant", _success_reason(verdicts)
    allowed = verdict == WITH_WAIVERS and allow_waivers
    return RunVerdict(verdict, 0 if allowed else EXIT_CODES[verdict], reason, count(verdicts))


def _counts_though_waived(verdict: RequirementVerdict, *, strict: bool) -> bool:
    """Whether the run wouldn't be conformant without this requirement's waiver."""
    return verdict.hides is not None and (
        verdict.binding or (strict and _is_should(verdict) and verdict.hides == "failed")
    )


def _is_should(verdict: RequirementVerdict) -> bool:
    return verdict.level == "SHOULD" and verdict.basis != "inferred" and verdict.scored


def _suite_errors(
    verdicts: Sequence[RequirementVerdict], outcomes: Sequence[CheckOutcome], others: Sequence[str]
) -> list[str]:
    known = {verdict.id for verdict in verdicts}
    unscored = {verdict.id for verdict in verdicts if not verdict.scored}
    crashed = list(others)
    for outcome in outcomes:
        if outcome.requirements and unscored.issuperset(outcome.requirements):
            continue
        if outcome.verdict == "error":
            crashed.append(f"{outcome.nodeid}: {outcome.reason or 'crashed'}")
        elif outcome.verdict == "failed" and known.isdisjoint(outcome.requirements):
            crashed.append(f"{outcome.nodeid}: failed, but names no requirement of this release")
    if not crashed:
        crashed += [f"{v.id}: {v.reason}" for v in verdicts if v.verdict == "inconclusive" and v.scored]
    return crashed


def _failure_reason(failed: Sequence[RequirementVerdict]) -> str:
    by_level = Counter(verdict.level for verdict in failed)
    parts = [f"{by_level[level]} {level}" for level in LEVELS if by_level[level]]
    return f"{' and '.join(parts)} {_plural('requirement', len(failed))} failed"


def _crash_reason(crashed: Sequence[str]) -> str:
    first = crashed[0].splitlines()[0] if crashed[0] else "no message"
    more = f" (and {len(crashed) - 1} more)" if len(crashed) > 1 else ""
    return f"the suite itself failed: {first}{more}"


def _untested_reason(untested: Sequence[RequirementVerdict]) -> str:
    common = Counter(verdict.reason for verdict in untested).most_common(1)[0][0]
    return f"{len(untested)} MUST {_plural('requirement', len(untested))} could not be tested: {common}"


def _success_reason(verdicts: Sequence[RequirementVerdict]) -> str:
    counts = count(verdicts)
    reason = f"{counts['MUST']['passed']} MUST {_plural('requirement', counts['MUST']['passed'])} passed"
    asides = [
        (sum(counts[level]["waived"] for level in LEVELS), "waived"),
        (counts["SHOULD"]["failed"], "SHOULD failed, which is not fatal"),
    ]
    return reason + "".join(f", {number} {what}" for number, what in asides if number)


def _waived_reason(verdicts: Sequence[RequirementVerdict], *, allowed: bool) -> str:
    told = "" if allowed else "; without --allow-waivers that isn't success"
    return f"{_success_reason(verdicts)}: a run with waivers never certifies{told}"


def _unsound_reason(unsound: Sequence[str]) -> str:
    more = f" (and {len(unsound) - 1} more)" if len(unsound) > 1 else ""
    return f"a waiver doesn't hold: {unsound[0]}{more}"


def _plural(noun: str, number: int) -> str:
    return noun if number == 1 else f"{noun}s"
