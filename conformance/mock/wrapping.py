"""What may stand before the application: gateways, proxies, slow lines. Used by defects and by healthy variants."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_EXCHANGE = "wallaroo-conformance.exchange"


class Wrapper:
    """An application before another one; subclasses change what happens to HTTP requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # Only the outermost wrapper is handed the server's own `send`.
            scope.setdefault(_EXCHANGE, getattr(send, "__self__", None))
            await self.serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        await self.app(scope, receive, send)


def header(scope: Scope, name: str) -> str:
    """A request header's value, empty where there is none."""
    wanted = name.lower().encode("latin-1")
    found: list[bytes] = [value for key, value in scope["headers"] if key == wanted]
    return found[0].decode("latin-1") if found else ""


def is_from_curl(scope: Scope) -> bool:
    """Whether the request says that curl sent it."""
    return header(scope, "user-agent").startswith("curl/")


async def answer(
    receive: Receive, send: Send, status: int, content: bytes, headers: Mapping[str, str] | None = None
) -> None:
    """Read the request to its end, then answer it."""
    while (await receive()).get("more_body"):
        pass
    named = {"content-length": str(len(content)), **(headers or {})}
    encoded = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content})


def transport_of(scope: Scope) -> Any:
    """The transport that the reply goes to. The server's own object: ASGI has no way to break a reply off.

    Raises LookupError where another server runs the application.
    """
    transport = getattr(scope.get(_EXCHANGE), "transport", None)
    if transport is None:
        raise LookupError("the server gives no access to its transport")
    return transport


def set_transport(scope: Scope, transport: Any) -> None:
    """Let the reply go to another transport."""
    scope[_EXCHANGE].transport = transport


async def break_off(scope: Scope) -> None:
    """Close the connection where the reply stands."""
    transport_of(scope).close()
    # The server notices the closed connection in its next turns, and then doesn't mind the missing rest.
    for _ in range(3):
        await asyncio.sleep(0)
