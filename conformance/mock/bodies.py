"""Reading request bodies to their end: a client that is still sending doesn't read the answer."""

from __future__ import annotations

from starlette.requests import Request

from conformance.mock.replies import Refusal


async def drain(request: Request) -> None:
    """Receive the rest of the body and forget it."""
    async for _ in request.stream():
        pass


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. One of more than `limit` bytes is received to its end and refused (413)."""
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            body += chunk
    if size > limit:
        raise Refusal(413, f"The body has more than {limit} bytes.")
    return bytes(body)
