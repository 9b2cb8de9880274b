"""Waiting for conversions, which an instance runs in the background."""

from __future__ import annotations

from conformance.errors import ConformanceError, NotTestable
from conformance.suite.acceptance import own_rows
from conformance.suite.context import CONVERSION_BUDGET, POLL_INTERVALS, SuiteContext
from conformance.suite.uploads import Uploaded

SETTLED = ("ready", "error")
"""How a conversion ends. Source: client 2023.4.0, ModelStatus; recorded progress of uploads."""


class Conversions:
    """Uploads whose conversions run side by side, with one budget of waiting for all of them.

    Start all of them first: while one is waited for, the others go on. Whichever is asked for first, each has had
    the whole budget by the time it counts as stuck.
    """

    def __init__(self, context: SuiteContext) -> None:
        self.waited = 0.0
        """Seconds spent waiting so far."""
        self._sleep = context.sleep
        self._started: dict[str, Uploaded | ConformanceError] = {}

    def start(self, case: str, uploaded: Uploaded | ConformanceError) -> None:
        """Add an upload, or why there is none."""
        self._started[case] = uploaded

    def uploaded(self, case: str) -> Uploaded:
        """The upload of a case; what kept it from being made is raised."""
        started = self._started[case]
        if isinstance(started, ConformanceError):
            raise started
        return started

    def outcome(self, uploaded: Uploaded) -> str | None:
        """Wait until the conversion settles: `ready` or `error`, None when it still goes on after the budget.

        Raises NotTestable where the instance shows no such version, or shows it without a status.
        """
        pauses = iter(POLL_INTERVALS)
        while (status := status_of(uploaded)) not in SETTLED:
            if self.waited >= CONVERSION_BUDGET:
                return None
            pause = next(pauses, POLL_INTERVALS[-1])
            self._sleep(pause)
            self.waited += pause
        return status


def status_of(uploaded: Uploaded) -> str:
    """The version's status in list_versions now.

    Raises NotTestable where there is none: the returns table has no such field, older releases don't show it.
    """
    row = next(own_rows(uploaded), None)
    if row is None:
        raise NotTestable(f"list_versions doesn't show the uploaded version of {uploaded.name!r}")
    if not isinstance(row.get("status"), str):
        raise NotTestable(f"list_versions shows no status of {uploaded.name!r}, so its conversion can't be followed")
    return str(row["status"])
