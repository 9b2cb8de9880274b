"""The requirements as the page shows them, each with its checks; and those that nothing was proven of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.report.outcome import CheckOutcome
from conformance.report.page.exchanges import DiffView, ExchangeView, diff, shown_exchanges
from conformance.report.run import Failure, RunResult
from conformance.report.verdict import LEVELS, VERDICTS, RequirementVerdict

NO_ENDPOINT = "general"
"""The heading of what belongs to no endpoint."""
TITLES = {
    "passed": "Passed",
    "failed": "Failed",
    "waived": "Waived",
    "not-testable": "Not testable",
    "inconclusive": "Inconclusive",
    "not-applicable": "Not applicable",
    "error": "Suite error",
}
"""Each verdict on a requirement or check, as a word."""

_EXCLUDED = "excluded: "
_OPEN = ("failed", "inconclusive")
_ORDER = ("failed", "error", "not-testable", "passed", "not-applicable")


@dataclass(frozen=True)
class CheckView:
    """One check under one of its requirements. `shown_at` is another, under which its exchanges are shown."""

    outcome: CheckOutcome
    title: str
    failure: Failure | None
    curl: str | None
    diff: DiffView | None
    exchanges: tuple[ExchangeView, ...]
    hidden: int
    shown_at: str | None


@dataclass(frozen=True)
class RequirementView:
    """One requirement; `open` tells whether it is shown unfolded."""

    verdict: RequirementVerdict
    title: str
    open: bool
    checks: tuple[CheckView, ...]


@dataclass(frozen=True)
class Untested:
    """Requirements about which nothing was proven, for one reason."""

    title: str
    reason: str
    requirements: tuple[RequirementVerdict, ...]


def requirement_views(run: RunResult) -> list[RequirementView]:
    """Every requirement of the run, in its order."""
    outcomes: dict[str, list[CheckOutcome]] = {}
    for outcome in run.outcomes:
        for identifier in dict.fromkeys(outcome.requirements):
            outcomes.setdefault(identifier, []).append(outcome)
    failures = {failure.outcome: failure for failure in run.failures()}
    shown: dict[CheckOutcome, str] = {}
    views = []
    for verdict in run.requirements:
        checks = []
        for outcome in sorted(outcomes.get(verdict.id, ()), key=lambda o: _ORDER.index(o.verdict)):
            checks.append(_check(run, outcome, failures.get(outcome), shown.get(outcome)))
            shown.setdefault(outcome, verdict.id)
        views.append(RequirementView(verdict, TITLES[verdict.verdict], verdict.verdict in _OPEN, tuple(checks)))
    return views


def by_endpoint(views: Sequence[RequirementView]) -> dict[str, list[RequirementView]]:
    """The views under their endpoints' names, in the order in which the endpoints come."""
    endpoints: dict[str, list[RequirementView]] = {}
    for view in views:
        endpoints.setdefault(view.verdict.endpoint or NO_ENDPOINT, []).append(view)
    return endpoints


def failed_ones(views: Sequence[RequirementView]) -> list[RequirementView]:
    """Scored requirements that failed, MUST before SHOULD before MAY."""
    failed = [view for view in views if view.verdict.verdict == "failed" and view.verdict.scored]
    return sorted(failed, key=lambda view: LEVELS.index(view.verdict.level))


def count_rows(run: RunResult) -> list[tuple[str, list[int]]]:
    """Each verdict that occurs, and passed and failed in any case, with its number a level."""
    counts = run.verdict.counts
    rows = [(verdict, [counts[level][verdict] for level in LEVELS]) for verdict in VERDICTS]
    return [(verdict, row) for verdict, row in rows if any(row) or verdict in ("passed", "failed")]


def untested_groups(run: RunResult) -> list[Untested]:
    """What nothing was proven about, by reason: excluded by the contract first, the commonest reason first."""
    groups: dict[tuple[str, str], list[RequirementVerdict]] = {}
    for verdict in run.requirements:
        if verdict.verdict in ("not-applicable", "not-testable", "inconclusive"):
            reason = verdict.reason or "no reason was recorded"
            excluded = reason.startswith(_EXCLUDED)
            title = "Excluded from testing" if excluded else TITLES[verdict.verdict]
            groups.setdefault((title, reason.removeprefix(_EXCLUDED)), []).append(verdict)
    found = [Untested(title, reason, tuple(verdicts)) for (title, reason), verdicts in groups.items()]
    return sorted(found, key=lambda group: (_place(group.title), -len(group.requirements)))


def _place(title: str) -> int:
    return ("Excluded from testing", *TITLES.values()).index(title)


def _check(run: RunResult, outcome: CheckOutcome, failure: Failure | None, shown_at: str | None) -> CheckView:
    exchanges, hidden = ((), 0) if shown_at else shown_exchanges(run, outcome)
    return CheckView(
        outcome=outcome,
        title=outcome.title or outcome.nodeid.rpartition("::")[2],
        failure=failure,
        curl=run.curl(outcome) if outcome.verdict == "failed" else None,
        diff=None if shown_at else diff(run, outcome),
        exchanges=exchanges,
        hidden=hidden,
        shown_at=shown_at,
    )
