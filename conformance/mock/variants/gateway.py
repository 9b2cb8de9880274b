"""What a gateway or a slow line makes of right replies."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.observations import seen
from conformance.mock.replies import Call, Reply
from conformance.mock.variants.variant import Variant
from conformance.mock.wrapping import Wrapper, answer, set_transport, transport_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CHUNK = 97
"""Bytes of a chunk: short, and no multiple of anything. Ours."""

THROTTLED_EVERY = 7
WAIT_EVERY = 8
"""Of the throttled requests one in so many is told to wait for a second, the others not at all. Ours."""

MAX_LATENCY = 0.3
_SEED = 20234


def wrapped(wrap: Callable[[ASGIApp], ASGIApp]) -> type[Behaviour]:
    """A right instance behind a wrapper."""

    class Wrapped(Behaviour):
        def application(self, app: ASGIApp) -> ASGIApp:
            return wrap(super().application(app))

    return Wrapped


class _Chunked(Wrapper):
    """Replies without a length, in small chunks."""

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
                await send({**message, "headers": headers})
                return
            content = message.get("body", b"")
            for start in range(0, len(content), CHUNK):
                await send({**message, "body": content[start : start + CHUNK], "more_body": True})
            await send({**message, "body": b""})

        await self.app(scope, receive, sending)


def _gzipped(app: ASGIApp) -> ASGIApp:
    from starlette.middleware.gzip import GZipMiddleware

    return GZipMiddleware(app, minimum_size=1)


class _LoudTransport:
    """Writes the names of a reply's headers in upper case: the server itself only has lower case."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Take the next bytes; a reply's head comes in one piece."""
        if data.startswith(b"HTTP/1.1 ") and b"\r\n\r\n" in data:
            head, blank, rest = data.partition(b"\r\n\r\n")
            status, *headers = head.split(b"\r\n")
            split = [header.partition(b":") for header in headers]
            data = (
                b"\r\n".join([status, *(name.upper() + colon + value for name, colon, value in split)]) + blank + rest
            )
        self._transport.write(data)


class _Loud(Wrapper):
    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        set_transport(scope, _LoudTransport(transport_of(scope)))
        await self.app(scope, receive, send)


class _Closing(Wrapper):
    """Each reply is its connection's last."""

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        await self.app(scope, receive, sending)


class _Throttled(Wrapper):
    """Some requests aren't served before they are sent again."""

    requests = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        throttled, rest = divmod(self.requests, THROTTLED_EVERY)
        if rest == 0:
            wait = "1" if throttled % WAIT_EVERY == 0 else "0"
            headers = {"content-type": "text/plain", "retry-after": wait}
            await answer(receive, send, 429, b"local_rate_limited", headers)
        else:
            await self.app(scope, receive, send)


class _Late(Wrapper):
    """Each reply takes its time, mostly little and up to `MAX_LATENCY`; the same times in each run."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._random = random.Random(_SEED)  # noqa: S311 - delays, not secrets

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(MAX_LATENCY * self._random.random() ** 3)
        await self.app(scope, receive, send)


class _Gateway401(Behaviour):
    """A gateway before the instance refuses bad tokens, in its own words. Source: recorded, "Jwt is missing"."""

    def reply(self, call: Call, reply: Reply) -> Reply:
        reply = super().reply(call, reply)
        if reply.status == 401:
            from starlette.responses import PlainTextResponse

            missing = "required" in str(reply.body)
            said = "Jwt is missing" if missing else "Jwt verification fails"
            reply.response = PlainTextResponse(said, 401, reply.headers)
        return reply


# looks


def _header(name: str, **headers: str) -> Callable[[Client], str]:
    def look(client: Client) -> str:
        reply = client.call("list", {"workspace_id": client.workspace}, headers=headers)
        return str(reply.headers.get(name))

    return look


def _names(client: Client) -> bool:
    return all(name == name.upper() for name in client.list().header_names)


def _unauthorized(client: Client) -> str:
    reply = client.list(token=None)
    return f"{reply.status} {reply.headers.get('content-type')}"


def _statuses(client: Client) -> str:
    return " ".join(sorted({str(client.list().status) for _ in range(THROTTLED_EVERY)}))


def _slowest(client: Client) -> bool:
    slowest = 0.0
    for _ in range(10):
        start = time.monotonic()
        client.list()
        slowest = max(slowest, time.monotonic() - start)
    return slowest > MAX_LATENCY / 4


def gateway_variants() -> Iterator[Variant]:
    """All of them."""
    yield Variant(
        "transport.chunked",
        "Replies come in chunks.",
        wrapped(_Chunked),
        seen("Transfer-Encoding", _header("transfer-encoding")),
    )
    yield Variant(
        "transport.gzip",
        "Replies are compressed for those who take them so.",
        wrapped(_gzipped),
        seen("Content-Encoding", _header("content-encoding", **{"Accept-Encoding": "gzip"})),
    )
    yield Variant(
        "transport.upper-case-headers",
        "Header names are in upper case.",
        wrapped(_Loud),
        seen("all header names in upper case", _names),
    )
    yield Variant(
        "transport.closing",
        "Each reply closes its connection.",
        wrapped(_Closing),
        seen("Connection", _header("connection")),
    )
    yield Variant(
        "gateway.401", "A gateway answers 401 in plain text.", _Gateway401, seen("without a token", _unauthorized)
    )
    yield Variant(
        "gateway.throttled",
        f"One request in {THROTTLED_EVERY} is answered 429 with Retry-After.",
        wrapped(_Throttled),
        seen("statuses", _statuses),
    )
    yield Variant(
        "gateway.latency", f"Replies take up to {MAX_LATENCY:g} s.", wrapped(_Late), seen("a slow reply", _slowest)
    )
