"""Real peers on loopback: each test scripts, byte by byte, how its instance answers."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.evidence import Recorder
from conformance.instance import Session, Target
from conformance.instance.credentials import Secret

TLS_HANDSHAKE = b"\x16"
TOKEN = "session-token-" + "4f1c" * 6


@dataclass
class Seen:
    """One request as the peer received it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


Script = Callable[[socket.socket, Seen], bool | None]


class Peer:
    """A server whose script writes raw bytes; it keeps the connection while the script doesn't return False."""

    def __init__(
        self,
        script: Script,
        context: ssl.SSLContext | None = None,
        *,
        read_body: bool = True,
        unbuffered: bool = False,
    ) -> None:
        self._unbuffered = unbuffered
        self.script = script
        self.requests: list[Seen] = []
        self.connections = 0
        self._context = context
        self._read_body = read_body
        self._closing = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def wait(self, seconds: float = 30) -> None:
        """Hold a reply back until the test is over."""
        self._closing.wait(seconds)

    @property
    def closing(self) -> bool:
        return self._closing.is_set()

    def close(self) -> None:
        self._closing.set()
        for sock in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            if self._unbuffered:
                # Byte by byte: the script reads the body from the socket, so none of it may be taken before.
                stream: Any = connection.makefile("rb", buffering=0)
            else:
                stream = connection.makefile("rb")
            if not self._unbuffered and stream.peek(1)[:1] == TLS_HANDSHAKE:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                return
            while (seen := self._request(stream, number)) is not None:
                self.requests.append(seen)
                if self.script(connection, seen) is False:
                    break
            stream.close()
        connection.close()

    def _request(self, stream: Any, number: int) -> Seen | None:
        line = stream.readline()
        if not line:
            return None
        method, path, _ = line.decode("latin-1").split(" ", 2)
        headers = {}
        while (line := stream.readline().rstrip(b"\r\n")) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0))) if self._read_body else b""
        return Seen(method, path, headers, body, number)


def http_reply(body: bytes | str = b"{}", status: str = "200 OK", headers: dict[str, str] | None = None) -> bytes:
    """A whole reply with its Content-Length."""
    content = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode("latin-1") + b"\r\n" + content


@dataclass
class Tools:
    """What every test of the session needs."""

    peers: list[Peer] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def peer(self, script: Script | bytes, context: ssl.SSLContext | None = None, **options: bool) -> Peer:
        """A started peer; bytes are sent in answer to every request."""
        if isinstance(script, bytes):
            reply = script

            def always(connection: socket.socket, seen: Seen) -> None:
                connection.sendall(reply)

            script = always
        peer = Peer(script, context, **options)
        self.peers.append(peer)
        return peer

    def session(self, target: Peer | str, *, token: str | None = TOKEN, **options: Any) -> Session:
        """A session with short bounds."""
        url = target if isinstance(target, str) else target.url
        recorder = options.pop("recorder", None) or Recorder()
        bounds = {"connect_timeout": 5.0, "read_timeout": 5.0, "upload_timeout": 5.0, "deadline": 5.0}
        source = None if token is None else FixedToken(token)
        session = Session(Target.parse(url), source, recorder, **(bounds | options))
        self.sessions.append(session)
        return session

    @staticmethod
    def reply(*args: Any, **kwargs: Any) -> bytes:
        return http_reply(*args, **kwargs)


class FixedToken:
    """A token source without a source."""

    def __init__(self, token: str) -> None:
        self._token = Secret(token)

    def token(self) -> str:
        return self._token


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tools]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    made = Tools()
    yield made
    for session in made.sessions:
        session.close()
    for peer in made.peers:
        peer.close()


@pytest.fixture
def token() -> str:
    return TOKEN


@pytest.fixture
def kept() -> Callable[[Session], str]:
    """Everything that a session's recorder kept, as the text it would write."""

    def text(session: Session) -> str:
        return "\n".join(json.dumps(exchange.to_json()) for exchange in session.recorder.exchanges)

    return text
