"""Recorded exchanges as SARIF's `webRequest` and `webResponse`: each once in the run, and results point there.

Source: SARIF 2.1.0, sections 3.46 and 3.47.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from conformance.report.formats.decisive import decisive_exchange
from conformance.report.outcome import CheckOutcome
from conformance.report.run import RunResult
from conformance.report.text import printable

if TYPE_CHECKING:
    from conformance.evidence.exchange import Body, Exchange, Part, Request, Response

BODY_LIMIT = 16_384
"""Characters of a body that are shown; the recording has the rest."""


class Exchanges:
    """Gathers the exchanges that results refer to, as they were recorded: without secrets."""

    def __init__(self, run: RunResult) -> None:
        self._run = run
        self._index: dict[str, int] = {}
        self.requests: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []

    def of(self, outcome: CheckOutcome) -> dict[str, Any]:
        """The properties that give a result its decisive exchange; none where none was kept."""
        exchange = decisive_exchange(self._run, outcome)
        if exchange is None:
            return {}
        if exchange.id not in self._index:
            self._index[exchange.id] = len(self.requests)
            self.requests.append(_request(exchange.request) | {"properties": {"exchange": exchange.id}})
            self.responses.append(_response(exchange))
        index = self._index[exchange.id]
        return {"webRequest": {"index": index}, "webResponse": {"index": index}}


def _request(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {
        "protocol": "HTTP",
        "version": "1.1",
        "method": printable(request.method),
        "target": printable(request.path),
        "headers": _headers(request.headers),
    }
    if request.parts:
        return found | {"body": {"text": "\n".join(_part(part) for part in request.parts)}}
    return found | _body(request.kept_body)


def _response(exchange: Exchange) -> dict[str, Any]:
    response = exchange.response
    failure = exchange.error
    more = {} if failure is None else {"error": printable(f"{failure.kind}: {failure.message}")}
    properties = {"exchange": exchange.id, "seconds": exchange.elapsed_seconds, **more}
    if response is None:
        return {"noResponseReceived": True, "properties": properties}
    return {**_answered(response), "properties": properties}


def _answered(response: Response) -> dict[str, Any]:
    return {
        "protocol": "HTTP",
        "statusCode": response.status,
        "reasonPhrase": printable(response.reason),
        "headers": _headers(response.headers),
        **_body(response.kept_body),
        "noResponseReceived": False,
    }


def _headers(pairs: Sequence[Sequence[str]]) -> dict[str, str]:
    """Repeated fields as one, their values in order. Source: RFC 9110, section 5.3."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        name, value = printable(name), printable(value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _body(body: Body) -> dict[str, Any]:
    if body.text:
        cut = body.truncated or len(body.text) > BODY_LIMIT
        properties = {"properties": {"size": body.size, "truncated": True}} if cut else {}
        return {"body": {"text": printable(body.text[:BODY_LIMIT]), **properties}}
    if body.base64:
        # Four characters stand for three bytes, so that what is cut here is still base64.
        return {"body": {"binary": body.base64[: BODY_LIMIT // 4 * 4], "properties": {"size": body.size}}}
    return {}


def _part(part: Part) -> str:
    named = f"; filename={part.filename}" if part.filename is not None else ""
    line = f"part {part.name}{named}; {part.content_type or 'no type'}; {part.size} bytes; SHA-256 {part.sha256}"
    return printable(f"{line}\n{part.text[:BODY_LIMIT]}" if part.text else line)
