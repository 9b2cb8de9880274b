"""The wire of a run that is judged again: a recording answers in place of the instance, and nothing is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPHeaderDict

from conformance.evidence.exchange import Exchange, Request, Response
from conformance.evidence.playback import NotRecorded, Playback
from conformance.evidence.recorder import Recorder
from conformance.instance.errors import InstanceFailure, TargetUnreachable
from conformance.instance.failures import NOT_REACHED
from conformance.instance.redirects import Hop, next_hop
from conformance.instance.reply import Reply
from conformance.instance.sending import Outgoing, StaleConnection, described_request
from conformance.instance.target import Target


class ReplayedWire:
    """Answers as `Wire` does, with what was recorded. `recorder` gets each exchange as it stands in the recording."""

    certificate: bytes | None = None

    def __init__(self, target: Target, recorder: Recorder, playback: Playback, default_headers: dict[str, str]) -> None:
        self._target = target
        self._recorder = recorder
        self._playback = playback
        self._default_headers = default_headers

    def close(self) -> None:
        """Nothing is open."""

    def send(self, outgoing: Outgoing, hops: int) -> tuple[Reply, Hop | None]:
        """The recorded reply and where it redirects to. Raises as `Wire.send` does, and NotRecorded."""
        headers = {**self._default_headers, **outgoing.headers}
        if outgoing.token is not None:
            headers["Authorization"] = outgoing.token
        exchange = self._taken(described_request(outgoing, headers))
        failure = exchange.error
        if failure is not None:
            if failure.kind == "stale":
                raise StaleConnection
            line = f"{outgoing.method} {outgoing.path}: {failure.message}"
            raise (TargetUnreachable if failure.kind in NOT_REACHED else InstanceFailure)(line, exchange)
        assert exchange.response is not None
        hop = next_hop(exchange.response, outgoing.url, outgoing.method, self._target, hops)
        return self._reply(exchange, exchange.response), hop

    def answer(self, request: Request, who: str) -> Reply:
        """The recorded reply to a request that `who`, not this session, would have sent. Raises as `send` does."""
        return self._told(self._taken(request), who)

    def rest_of_check(self, endpoint: str | None = None) -> Iterator[Reply]:
        """The replies that the current check had to what it generated, in their order, to one endpoint or to all.

        What the client sent again by itself, after a redirect, a 429 or on a new connection, is left to the last reply.
        Raises as `send` does.
        """
        for exchange in self._playback.of_check(self._recorder.current_check):
            if endpoint is None or exchange.endpoint == endpoint:
                self._playback.hand_out(exchange)
                kept = self._recorder.record(exchange)
                if not _was_repeated(exchange):
                    yield self._told(kept, "the request")

    def metadata(self) -> Iterator[dict[str, Any]]:
        """The metadata of each recorded upload that has any."""
        for exchange in self._playback.exchanges:
            for part in exchange.request.parts:
                with suppress(ValueError, RecursionError):
                    found = json.loads(part.text or "")
                    if part.name == "metadata" and isinstance(found, dict):
                        yield found

    def _told(self, exchange: Exchange, who: str) -> Reply:
        if exchange.error is not None:
            line = f"{who}, {exchange.request.method} {exchange.request.path}: {exchange.error.message}"
            raise (TargetUnreachable if exchange.error.kind in NOT_REACHED else InstanceFailure)(line, exchange)
        assert exchange.response is not None
        return self._reply(exchange, exchange.response)

    def _taken(self, request: Request) -> Exchange:
        asked = self._recorder.kept(
            Exchange("", None, None, "", 0.0, request=request, response=None, error=None),
        ).request
        exchange = self._playback.take(self._recorder.current_check, asked)
        return self._recorder.record(exchange)

    def _reply(self, exchange: Exchange, response: Response) -> Reply:
        if response.truncated:
            raise NotRecorded(
                f"the recording holds only the beginning of a reply of {response.size} bytes to {exchange.request.path}"
            )
        if response.body_base64 is not None:
            content = base64.b64decode(response.body_base64)
        else:
            content = self._playback.shown(response.body or "").encode("utf-8", "surrogatepass")
        headers = HTTPHeaderDict()
        for name, value in response.headers:
            headers.add(name, value)
        return Reply(exchange, content, CaseInsensitiveDict(headers.items()), self._recorder)


def _was_repeated(exchange: Exchange) -> bool:
    """Whether the client sent the request once more."""
    if exchange.error is not None:
        return exchange.error.kind == "stale"
    response = exchange.response
    assert response is not None
    moved = 300 <= response.status < 400 and response.header("Location") is not None
    return moved or (response.status == 429 and response.header("Retry-After") is not None)
