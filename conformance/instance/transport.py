"""What requests and urllib3 don't do by themselves: a bound on a whole reply, and knowing how far a request got.

urllib3's read timeout bounds one wait for bytes, so a server that drips one byte a second is never too slow for it.
Here every read of a reply, headers included, also looks at a deadline. It starts when the request has been sent.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse, IncompleteRead
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class ReplyTooSlow(TimeoutError):
    """The reply wasn't complete at its deadline, though bytes may still have been coming."""


@dataclass(slots=True)
class Attempt:
    """How far one request has got, filled in by the connection that carries it. Times in seconds."""

    clock: Callable[[], float]
    send_timeout: float
    read_timeout: float
    reply_time: float
    fresh: bool  #: close a pooled connection first
    connected: bool = False  #: the instance (or its proxy's tunnel) was reached, TLS included
    reused: bool = False  #: the connection had carried a request before
    replied: bool = False  #: a byte of the reply arrived
    deadline: float | None = None
    too_slow: bool = False
    certificate: bytes | None = None  #: DER, of a connection that was made for this request

    def start_reply(self) -> None:
        if self.deadline is None:
            self.deadline = self.clock() + self.reply_time

    def wait(self) -> float:
        """Seconds that the next read may take. Raises ReplyTooSlow at the deadline."""
        assert self.deadline is not None
        left = self.deadline - self.clock()
        if left <= 0:
            self.too_slow = True
            raise ReplyTooSlow("the reply wasn't complete at its deadline")
        return min(self.read_timeout, left)

    def timed_out(self) -> None:
        """Tell a reply that dripped until the deadline from one that never came."""
        self.too_slow = self.replied and self.deadline is not None and self.clock() >= self.deadline


current_attempt: ContextVar[Attempt] = ContextVar("current_attempt")


class _BoundedReader(io.RawIOBase):
    """A socket's reads, each within the attempt's deadline."""

    def __init__(self, sock: Any, attempt: Attempt) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._attempt = attempt
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._attempt.wait())
        try:
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            self._attempt.timed_out()
            raise
        if count:
            self._attempt.replied = True
        self.ended = count == 0
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        attempt = current_attempt.get(None)
        self._reader: _BoundedReader | None = None
        if attempt is not None:
            attempt.start_reply()
            self.fp.close()
            self._reader = _BoundedReader(sock, attempt)
            self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        # http.client takes the end of the connection for the end of the headers.
        if self._reader is not None and self._reader.ended:
            raise IncompleteRead(b"")


class _Connection(HTTPConnection):
    response_class = _BoundedResponse

    def connect(self) -> None:
        super().connect()
        _connected()

    def send(self, data: Any) -> None:
        _send(self, super().send, data)


class _TLSConnection(HTTPSConnection):
    response_class = _BoundedResponse

    def connect(self) -> None:
        super().connect()
        _connected()
        attempt = current_attempt.get(None)
        if attempt is not None and isinstance(self.sock, ssl.SSLSocket):
            attempt.certificate = self.sock.getpeercert(binary_form=True)

    def send(self, data: Any) -> None:
        _send(self, super().send, data)


def _connected() -> None:
    attempt = current_attempt.get(None)
    if attempt is not None:
        attempt.connected, attempt.reused, attempt.deadline = True, False, None


def _send(connection: HTTPConnection, send: Callable[[Any], None], data: Any) -> None:
    attempt = current_attempt.get(None)
    if attempt is not None and attempt.connected and connection.sock is not None:
        connection.sock.settimeout(attempt.send_timeout)
    try:
        send(data)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError) as error:
        if attempt is None or not attempt.connected:
            raise
        # An instance may refuse an upload early and close: urllib3 then still reads the reply.
        raise BrokenPipeError("the instance closed the connection while the request was being sent") from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _prepared(super()._get_conn(timeout))


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _prepared(super()._get_conn(timeout))


def _prepared(connection: Any) -> Any:
    attempt = current_attempt.get(None)
    if attempt is not None:
        if attempt.fresh:
            connection.close()
        attempt.connected = attempt.reused = not connection.is_closed
    return connection


_POOLS = {"http": _Pool, "https": _TLSPool}


class BoundedAdapter(HTTPAdapter):
    """requests' adapter with the connections of this module, directly and through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
