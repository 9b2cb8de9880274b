"""Which of a check's exchanges decided it, and where in a body its failure lies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.report.outcome import CheckOutcome
from conformance.report.run import RunResult

if TYPE_CHECKING:
    from conformance.evidence.exchange import Exchange

_PATH = re.compile(r"(?<![\w./\"'$-])[A-Za-z_]\w{0,60}(?:\[\d{0,9}\]|\.[A-Za-z_]\w{0,60}){1,12}(?![\w\"'(/-])")
_PATH_WITHIN = 400


def decisive_exchange(run: RunResult, outcome: CheckOutcome) -> Exchange | None:
    """The exchange that the outcome's `curl` repeats, else the last that the check read; None where none was kept."""
    recorded = [run.exchanges[name] for name in outcome.exchanges if name in run.exchanges]
    if not recorded:
        return None
    if outcome.curl and len(recorded) > 1 and "://" in run.target:
        from conformance.evidence.curl import curl_command

        for exchange in reversed(recorded):
            if curl_command(exchange, run.target) == outcome.curl:
                return exchange
    return recorded[-1]


def json_path(outcome: CheckOutcome) -> str | None:
    """The place in the reply that the outcome names, as `models[0].id`; None where it names none."""
    for text in (outcome.actual, outcome.expected):
        found = _PATH.search((text or "")[:_PATH_WITHIN])
        if found:
            return found.group()
    return None
