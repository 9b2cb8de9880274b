"""Peers that are no instance: servers that write raw bytes, on 127.0.0.1 and a free port, gone with their block."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NoReturn, Self

MAX_BODY = 256 * 1024 * 1024
"""Bytes of a request that are kept for an echo, enough for everything the suite sends. Ours."""

_TLS_HANDSHAKE = b"\x16"


@dataclass
class Call:
    """One request as it came, the connection to answer it on, and whether the server is closing."""

    connection: socket.socket
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    closing: threading.Event

    def send(self, content: bytes) -> None:
        """Write these bytes as they are."""
        self.connection.sendall(content)

    def abort(self) -> NoReturn:
        """Reset the connection: what the client hasn't read yet is lost to it."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError("the reply ends here")


Answer = Callable[[Call], None]
"""Writes whatever it likes to a call's connection; the connection is kept open for another request afterwards."""


def reply(body: bytes, *, status: str = "200 OK", content_type: str = "application/json", **headers: str) -> bytes:
    """A whole HTTP/1.1 reply."""
    lines = {"Content-Type": content_type, "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


@dataclass
class RawServer:
    """Answers every request by `answer`, over TLS where there is a `context`. A context manager.

    `heard` holds the headers of all requests, so that what a client gave away can be proven.
    """

    answer: Answer
    context: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with self._lock:
            sockets = [self._listener, *self._open]
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._accepting.join()

    @property
    def url(self) -> str:
        scheme = "http" if self.context is None else "https"
        return f"{scheme}://{self.host}:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        try:
            # A client that doesn't trust the certificate, or has read enough, goes away in the middle.
            with contextlib.suppress(OSError, ValueError):
                self._converse(connection)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _converse(self, connection: socket.socket) -> None:
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as stream:
            if self.context is None and stream.peek(1)[:1] == _TLS_HANDSHAKE:
                return
            while (call := self._request(connection, stream)) is not None:
                self.answer(call)

    def _request(self, connection: socket.socket, stream: Any) -> Call | None:
        first = stream.readline()
        if not first:
            return None
        method, path, _ = first.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(min(int(headers.get("content-length", 0)), MAX_BODY))
        with self._lock:
            self.heard.append((path, headers, body))
        return Call(connection, method, path, headers, body, self._closing)


def closed_port() -> str:
    """A base URL on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
