"""A uvicorn server in a thread, on a socket that is already bound."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from email.utils import formatdate
from typing import TYPE_CHECKING

import uvicorn

from conformance.errors import ConformanceError, UsageError

if TYPE_CHECKING:
    from conformance.mock.instance import Instance

STOP_GRACE = 0.5
"""Seconds that requests under way get to finish when the server stops. Ours."""

_KEEP_ALIVE = 75
_BACKLOG = 128
_POLL = 0.005


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError where the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off (40 ms an answer) only where the socket names its protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        message = f"can't listen on {host} port {port}: {reason}; use another --host or --port"
        raise UsageError(message) from None
    return listener


def url_of(host: str, listener: socket.socket) -> str:
    """The base URL of a listening socket, as a client on this machine reaches it."""
    bound, port = listener.getsockname()[:2]
    everywhere = ipaddress.ip_address(bound.partition("%")[0]).is_unspecified
    name = ("::1" if ":" in bound else "127.0.0.1") if everywhere else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


class ServerThread:
    """Serves one instance from construction until `stop`."""

    def __init__(self, instance: Instance, listener: socket.socket) -> None:
        from conformance.mock.app import build_app

        app = instance.behaviour.application(build_app(instance))
        config = uvicorn.Config(
            app, http="httptools", ws="none", loop="asyncio", lifespan="on", log_config=None, access_log=False,
            server_header=False, timeout_keep_alive=_KEEP_ALIVE, proxy_headers=False,
        )  # fmt: skip
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="wallaroo-mock", daemon=True)
        self._thread.start()
        self._server.decided.wait()
        if not self._server.started:
            self._thread.join()
            raise ConformanceError("the embedded instance could not start")

    def _run(self, listener: socket.socket) -> None:
        try:
            # uvicorn leaves with SystemExit when the application doesn't start; the constructor reports that.
            with contextlib.suppress(SystemExit):
                self._server.run(sockets=[listener])
        finally:
            self._server.decided.set()

    def stop(self) -> None:
        """Stop accepting, let requests under way finish for a moment, end the thread."""
        self._server.request_stop()
        self._thread.join()


class _Server(uvicorn.Server):
    """uvicorn's server, told to stop by an event: its own loop looks every 100 ms, twice that to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.decided = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    def request_stop(self) -> None:
        """May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._renew_date()
        self.decided.set()
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), timeout=1.0)
            self._renew_date()

    def _renew_date(self) -> None:
        self.server_state.default_headers = [(b"date", formatdate(usegmt=True).encode("ascii"))]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        deadline = asyncio.get_running_loop().time() + STOP_GRACE
        while self.server_state.tasks and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_POLL)
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await self.lifespan.shutdown()
