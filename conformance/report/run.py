"""One run, judged: all that the reports show, and nothing that they would have to work out themselves."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from typing import TYPE_CHECKING

import conformance
from conformance.report.certificate import AppliedWaiver, IdleWaiver, KillScore, Product, TargetIdentity
from conformance.report.circumstances import Circumstances
from conformance.report.findings import Cleaning, Identification, OwnDocument
from conformance.report.outcome import CheckOutcome
from conformance.report.verdict import (
    LEVELS,
    RequirementLike,
    RequirementVerdict,
    RunVerdict,
    SeenReading,
    judge_requirements,
    judge_run,
)
from conformance.report.waivers import Waiver
from conformance.report.waiving import applied, idle, in_force

if TYPE_CHECKING:
    from conformance.evidence.exchange import Exchange

SUITE_NAME = "wallaroo-conformance"
_PACKAGES = ("hypothesis", "jsonschema", "jsonschema-rs", "pyarrow", "pytest", "requests", "schemathesis")


@dataclass(frozen=True)
class SuiteInfo:
    """Which suite judged: its version, the Python and the packages that could change a verdict."""

    name: str
    version: str
    python: str
    packages: Mapping[str, str]

    @classmethod
    def current(cls) -> SuiteInfo:
        """The suite that is running now."""
        packages = {}
        for name in _PACKAGES:
            try:
                packages[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        return cls(SUITE_NAME, conformance.__version__, platform.python_version(), packages)


@dataclass(frozen=True)
class ExchangesFile:
    """The recording beside the statement: its name, SHA-256 (lower-case hex) and number of exchanges."""

    file: str
    sha256: str
    count: int


@dataclass(frozen=True)
class Failure:
    """One failed check with the requirements that failed by it, the most binding first."""

    outcome: CheckOutcome
    requirements: tuple[RequirementVerdict, ...]

    @property
    def level(self) -> str:
        return self.requirements[0].level

    @property
    def expected(self) -> str:
        return self.outcome.expected or self.outcome.title or "see the requirement"

    @property
    def actual(self) -> str:
        return self.outcome.actual or self.outcome.reason or "no details were recorded"


@dataclass(frozen=True)
class RunResult:
    """A judged run. Times are RFC 3339 in UTC, `seconds` is wall time, `exchanges` are by exchange id.

    `identification` is None where the release was named, `document` where the instance shows none, `cleaning` where
    nothing was to be cleaned up; `product`, `identity` and `kill_score` where nobody gave or found them.
    `waivers` are those that hide something, `idle_waivers` the others that the run was given.
    """

    run_id: str
    started_at: str
    ended_at: str
    seconds: float
    target: str
    release: str
    profile: str
    strict: bool
    workspace_id: int | None
    requirements: tuple[RequirementVerdict, ...]
    outcomes: tuple[CheckOutcome, ...]
    verdict: RunVerdict
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    suite: SuiteInfo = field(default_factory=SuiteInfo.current)
    identification: Identification | None = None
    document: OwnDocument | None = None
    cleaning: Cleaning | None = None
    circumstances: Circumstances | None = None
    waivers: tuple[AppliedWaiver, ...] = ()
    idle_waivers: tuple[IdleWaiver, ...] = ()
    product: Product | None = None
    identity: TargetIdentity | None = None
    kill_score: KillScore | None = None

    @classmethod
    def judged(
        cls,
        *,
        run_id: str,
        started_at: str,
        ended_at: str,
        seconds: float,
        target: str,
        release: str,
        profile: str,
        requirements: Iterable[RequirementLike],
        outcomes: Sequence[CheckOutcome],
        exchanges: Iterable[Exchange] = (),
        strict: bool = False,
        workspace_id: int | None = None,
        waivers: Sequence[Waiver] = (),
        allow_waivers: bool = False,
        blocked: str | None = None,
        suite_errors: Sequence[str] = (),
        suite: SuiteInfo | None = None,
        identification: Identification | None = None,
        document: OwnDocument | None = None,
        cleaning: Cleaning | None = None,
        circumstances: Circumstances | None = None,
    ) -> RunResult:
        """Judge `outcomes` by the contract's `requirements`; for `blocked` and `suite_errors` see `judge_run`.

        `waivers` are all that the run was given; those count that hold for the target on the day of its start. What
        can't be tested at all has nothing to waive.
        """
        # Workers report in any order; the same run must read the same each time.
        ordered = tuple(sorted(outcomes, key=lambda outcome: outcome.nodeid))
        today = date.fromisoformat(started_at[:10])
        holding = () if blocked else in_force(waivers, target, today)
        verdicts = judge_requirements(requirements, ordered, profile, holding)
        idle_waivers = idle(waivers, verdicts, target, today, profile)
        unsound = [f"{waiver.requirement} ({waiver.says})" for waiver in idle_waivers if waiver.fails]
        return cls(
            run_id=run_id,
            started_at=started_at,
            ended_at=ended_at,
            seconds=seconds,
            target=target,
            release=release,
            profile=profile,
            strict=strict,
            workspace_id=workspace_id,
            requirements=tuple(verdicts),
            outcomes=ordered,
            verdict=judge_run(
                verdicts,
                ordered,
                strict=strict,
                blocked=blocked,
                suite_errors=suite_errors,
                unsound=unsound,
                allow_waivers=allow_waivers,
            ),
            exchanges={exchange.id: exchange for exchange in exchanges},
            suite=suite or SuiteInfo.current(),
            identification=identification,
            document=document,
            cleaning=cleaning,
            circumstances=circumstances,
            waivers=applied(waivers, verdicts),
            idle_waivers=idle_waivers,
        )

    def failures(self) -> list[Failure]:
        """Failed checks that failed a scored requirement, MUST before SHOULD before MAY, else in order."""
        failed = {
            verdict.id: verdict for verdict in self.requirements if verdict.verdict == "failed" and verdict.scored
        }
        found = []
        for outcome in self.outcomes:
            hit = [failed[i] for i in dict.fromkeys(outcome.requirements) if i in failed]
            if outcome.verdict == "failed" and hit:
                found.append(Failure(outcome, tuple(sorted(hit, key=_weight))))
        return sorted(found, key=lambda failure: _weight(failure.requirements[0]))

    def untested(self) -> dict[str, list[str]]:
        """Reasons for not testable or inconclusive, each with its requirements' ids, the commonest first."""
        groups: dict[str, list[str]] = {}
        for verdict in self.requirements:
            if verdict.verdict in ("not-testable", "inconclusive") and verdict.scored:
                groups.setdefault(verdict.reason or "no reason was recorded", []).append(verdict.id)
        return dict(sorted(groups.items(), key=lambda group: -len(group[1])))

    def unscored(self) -> list[RequirementVerdict]:
        """The requirements that came after the release's set was published: they are reported and decide nothing."""
        return [verdict for verdict in self.requirements if not verdict.scored]

    def readings(self) -> list[tuple[str, SeenReading]]:
        """Pairs of requirement id and the reading of it that the instance follows."""
        return [(verdict.id, reading) for verdict in self.requirements for reading in verdict.readings]

    def curl(self, outcome: CheckOutcome) -> str | None:
        """The command that repeats the exchange on which `outcome` was decided, if one was recorded."""
        if outcome.curl:
            return outcome.curl
        recorded = [self.exchanges[i] for i in outcome.exchanges if i in self.exchanges]
        if not recorded or "://" not in self.target:
            return None
        from conformance.evidence.curl import curl_command

        return curl_command(recorded[-1], self.target)


def _weight(verdict: RequirementVerdict) -> tuple[int, bool]:
    return LEVELS.index(verdict.level), not verdict.binding
