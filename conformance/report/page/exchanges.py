"""Exchanges as the page shows them: bounded, and readable without the recording."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.report.json_view import MarkedLine, marked
from conformance.report.outcome import CheckOutcome
from conformance.report.run import RunResult
from conformance.report.text import indent_json

if TYPE_CHECKING:
    from conformance.evidence.exchange import Exchange, Part, Request, Response

BODY_LIMIT = 4_000
"""Characters of a body that are shown; the recording has the rest."""
EXCHANGE_LIMIT = 6
"""Exchanges of a check that are shown, the last ones and the one that shows the failure."""


@dataclass(frozen=True)
class BodyView:
    """A body, or its beginning; `note` says what isn't shown."""

    text: str
    note: str | None


@dataclass(frozen=True)
class ExchangeView:
    """One exchange. Headers and bodies are empty where only its line is shown."""

    id: str
    line: str
    outcome: str
    seconds: float
    decisive: bool
    request_headers: str
    request_body: BodyView | None
    parts: tuple[str, ...]
    response_headers: str
    response_body: BodyView | None


@dataclass(frozen=True)
class DiffView:
    """The decisive reply around the wrong value: where it stands, and the lines.

    `counted_apart` tells that the check named another row: it looked at its own uploads' rows only.
    """

    exchange: str
    path: str
    lines: tuple[MarkedLine, ...]
    counted_apart: bool

    @property
    def marks(self) -> set[str]:
        return {line.mark for line in self.lines}


def shown_exchanges(run: RunResult, outcome: CheckOutcome) -> tuple[tuple[ExchangeView, ...], int]:
    """The check's exchanges that the page shows, and how many more there are."""
    recorded = [run.exchanges[i] for i in outcome.exchanges if i in run.exchanges]
    kept = recorded[-EXCHANGE_LIMIT:]
    decisive = _decisive(run, outcome)
    if decisive is not None and decisive not in kept:
        kept = [decisive, *kept[1:]]
    # A check that passed proves itself by the recording; its bodies would only bury those that matter.
    full = outcome.verdict != "passed"
    return tuple(_exchange(one, full, one is decisive) for one in kept), len(recorded) - len(kept)


def diff(run: RunResult, outcome: CheckOutcome) -> DiffView | None:
    """The decisive reply with the wrong value marked; None where no single value is wrong, or it can't be found."""
    exchange = _decisive(run, outcome)
    if outcome.path is None or exchange is None or exchange.response is None or not exchange.response.body:
        return None
    lines = marked(exchange.response.body, outcome.path, outcome.wanted)
    if not lines:
        return None
    named = (outcome.actual or "").partition(" ")[0]
    counted_apart = "[" in named and named != outcome.path and _unindexed(named) == _unindexed(outcome.path)
    return DiffView(exchange.id, outcome.path or "the whole reply", lines, counted_apart)


def _unindexed(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def _decisive(run: RunResult, outcome: CheckOutcome) -> Exchange | None:
    if outcome.verdict != "failed":
        return None
    if outcome.decisive is not None:
        return run.exchanges.get(outcome.decisive)
    return next((run.exchanges[i] for i in reversed(outcome.exchanges) if i in run.exchanges), None)


def _exchange(exchange: Exchange, full: bool, decisive: bool) -> ExchangeView:
    request, response = exchange.request, exchange.response
    return ExchangeView(
        id=exchange.id,
        line=f"{request.method} {request.path}",
        outcome=_ended(exchange),
        seconds=exchange.elapsed_seconds,
        decisive=decisive,
        request_headers=_headers(request.headers) if full else "",
        request_body=_body(request) if full else None,
        parts=tuple(_part(part) for part in request.parts) if full else (),
        response_headers=_headers(response.headers) if response is not None and full else "",
        response_body=_body(response) if response is not None and full else None,
    )


def _ended(exchange: Exchange) -> str:
    """The status, the failure, or both: a reply that broke off has both."""
    said = []
    if exchange.response is not None:
        said.append(f"{exchange.response.status} {exchange.response.reason}".strip())
    if exchange.error is not None:
        said.append(f"{exchange.error.kind}: {exchange.error.message}")
    return ", ".join(said) or "no response"


def _headers(headers: Iterable[Iterable[str]]) -> str:
    text = "\n".join(": ".join(pair) for pair in headers)
    return text if len(text) <= BODY_LIMIT else f"{text[:BODY_LIMIT]}…"


def _body(message: Request | Response) -> BodyView | None:
    if message.body is None and message.body_base64:
        return BodyView("", f"{message.size:,} bytes that aren't text")
    if not message.body:
        return None
    shown = indent_json(message.body)
    if len(shown) <= BODY_LIMIT and not message.truncated:
        return BodyView(shown, None)
    note = f"The first {min(len(shown), BODY_LIMIT):,} characters of {message.size:,} bytes."
    return BodyView(shown[:BODY_LIMIT], note)


def _part(part: Part) -> str:
    facts = [f"part {part.name}"]
    if part.filename is not None:
        facts.append(f"filename {part.filename}")
    if part.content_type is not None:
        facts.append(part.content_type)
    facts += [f"{part.size:,} bytes", f"SHA-256 {part.sha256}"]
    line = " · ".join(facts)
    return f"{line}\n{indent_json(part.text)[:BODY_LIMIT]}" if part.text else line
