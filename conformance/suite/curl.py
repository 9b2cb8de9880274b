"""The documented curl commands, run by a real curl and recorded like every other exchange.

The token goes in over standard input, so that no process list and no shell history shows it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

from conformance.contract import Release
from conformance.environment import ENVIRONMENT_PREFIX
from conformance.errors import ConformanceError, NotTestable, UsageError
from conformance.evidence.exchange import Body, Exchange, Failure, Part, Request, Response
from conformance.instance.content import BadCoding, BodyReader, TooLarge
from conformance.instance.errors import InstanceFailure, TargetUnreachable
from conformance.instance.failures import NOT_REACHED
from conformance.instance.reply import Reply
from conformance.instance.session import MAX_REPLY_BYTES, Session
from conformance.instance.throttling import MAX_THROTTLED_SECONDS, MAX_THROTTLED_TRIES, retry_after

CONNECT_SECONDS: Final = 10  #: for a connection; ours, as the session's
TRANSFER_SECONDS: Final = 120  #: for one transfer from start to end, beside its upload; ours
SLOWEST_UPLOAD: Final = 128 * 1024  #: bytes a second that an upload is allowed to be slow as; ours
MAX_HEADER_BYTES: Final = 1024 * 1024  #: of one reply's headers; ours

_CHUNK = 64 * 1024
_TOO_LARGE = Failure("too-large", f"the reply is over the {MAX_REPLY_BYTES} bytes that are read")
_RESOLVING = {5: "proxy", 97: "proxy", 6: "connect", 7: "connect"}
_TLS = frozenset({35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91})
_BROKEN = frozenset({18, 52, 55, 56, 92})


@dataclass(frozen=True)
class FormFile:
    """One `--form` of a documented upload: the file at `path`, relative to the folder that curl runs in."""

    name: str
    path: str
    content_type: str


@dataclass(frozen=True)
class _Transfer:
    """How one run of curl ended: its exit code, what it said, and what the instance sent."""

    code: int
    message: str
    head: bytes
    body: bytes
    too_large: bool
    seconds: float


class Curl:
    """Sends the documented commands from `folder` to the session's target with the session's token.

    Raises NotTestable where no curl is installed.
    """

    def __init__(self, session: Session, release: Release, folder: Path) -> None:
        found = shutil.which("curl")
        if found is None and session.replayed is None:
            raise NotTestable("needs curl, but there is none on the PATH: install it")
        self._program = found or "curl"
        self._session = session
        self._endpoints = release.endpoints
        self._folder = folder

    def post_json(self, endpoint: str, text: str, *, option: str = "--data") -> Reply:
        """POST a JSON text as the documented reads do, by `--data` or `-d`. Raises as `Session.request` does."""
        path = self._endpoints[endpoint]
        body = Body.of(text.encode())
        request = self._request(path, [["Content-Type", "application/json"]], body=body.text, size=body.size)
        arguments = [self._session.target.url(path), "-H", "Content-Type: application/json", option, text]
        return self._send(endpoint, arguments, request)

    def post_forms(self, endpoint: str, forms: Sequence[FormFile]) -> Reply:
        """POST files as the documented uploads do, with `--form`. Raises as `Session.request` does."""
        path = self._endpoints[endpoint]
        parts = [self._part(form) for form in forms]
        request = self._request(path, [], parts=parts, size=sum(part.size for part in parts))
        arguments = [self._session.target.url(path)]
        for form in forms:
            arguments += ["--form", f"{form.name}=@{_form_path(form.path)};type={form.content_type}"]
        return self._send(endpoint, arguments, request)

    def _request(
        self,
        path: str,
        headers: list[list[str]],
        *,
        body: str | None = None,
        parts: Sequence[Part] = (),
        size: int,
    ) -> Request:
        sent = [["Authorization", "Bearer"], ["User-Agent", "curl"], *headers]
        return Request("POST", path, sent, body=body, parts=list(parts), size=size)

    def _part(self, form: FormFile) -> Part:
        path = self._folder / form.path
        text = path.read_text(encoding="utf-8") if form.content_type == "application/json" else None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Part(form.name, path.name, form.content_type, path.stat().st_size, digest, text)

    def _send(self, endpoint: str, arguments: list[str], request: Request) -> Reply:
        """Run curl, and again while the instance says 429 and when to come back, as the session does."""
        waited = 0.0
        with self._session.breaker.watch(request.path):
            reply = self._once(endpoint, arguments, request)
            for _ in range(MAX_THROTTLED_TRIES - 1):
                assert reply.exchange.response is not None
                wait = retry_after(reply.exchange.response, datetime.now(UTC))
                if wait is None or waited + wait > MAX_THROTTLED_SECONDS:
                    break
                self._session.sleep(wait)
                waited += wait
                reply = self._once(endpoint, arguments, request)
        return reply

    def _once(self, endpoint: str, arguments: list[str], request: Request) -> Reply:
        if self._session.replayed is not None:
            return self._session.replayed.answer(request, "curl")
        started = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        transfer = self._run(arguments, TRANSFER_SECONDS + request.size // SLOWEST_UPLOAD)
        failure = _failure(transfer)
        response, content = None, b""
        if transfer.head:
            status, reason, headers = _parsed_head(transfer.head)
            if status == 0:
                failure = failure or Failure("malformed", "the reply has no HTTP status line")
            else:
                try:
                    content = _undone(transfer.body, headers)
                except BadCoding as error:
                    failure = failure or Failure("decode", str(error))
                except TooLarge:
                    failure = failure or _TOO_LARGE
                response = Response.of(status, reason, headers, content)
        elif failure is None:
            failure = Failure("malformed", "the reply has no HTTP header")
        recorder = self._session.recorder
        seconds = round(transfer.seconds, 6)
        exchange = recorder.record(
            Exchange(recorder.next_id(), None, endpoint, started, seconds, request, response, failure)
        )
        if failure is not None:
            line = recorder.redactor.text(f"curl, POST {request.path}: {failure.message}")
            raise (TargetUnreachable if failure.kind in NOT_REACHED else InstanceFailure)(line, exchange)
        assert response is not None
        return Reply(exchange, content, CaseInsensitiveDict(headers), recorder)

    def _run(self, arguments: list[str], seconds: int) -> _Transfer:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as said:
            head = Path(scratch) / "head"
            # -q first: no ~/.curlrc of the user has a say. The token comes from standard input.
            command = [self._program, "-q", "--silent", "--show-error", "--globoff", "--config", "-"]
            command += ["--connect-timeout", str(CONNECT_SECONDS), "--max-time", str(seconds)]
            command += ["--dump-header", str(head), *self._surroundings(), *arguments]
            body, code, too_large = self._perform(command, said)
            said.seek(0)
            message = " ".join(said.read(_CHUNK).decode("utf-8", "replace").split())
            sent = b""
            if head.exists():
                with head.open("rb") as file:
                    sent = file.read(MAX_HEADER_BYTES)
        return _Transfer(code, message, sent, body, too_large, time.monotonic() - began)

    def _perform(self, command: list[str], said: IO[bytes]) -> tuple[bytes, int, bool]:
        """Run curl and read what it prints, within the bound on a reply."""
        credentials = self._credentials()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(ENVIRONMENT_PREFIX)}
        body = bytearray()
        try:
            process = subprocess.Popen(  # noqa: S603 - a list of our own making, and no shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                bufsize=0,
                cwd=self._folder,
                env=environment,
            )
        except OSError as error:
            reason = error.strerror or error
            raise NotTestable(f"needs curl, but {self._program} can't be run: {reason}") from None
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(credentials)
            while chunk := process.stdout.read(_CHUNK):
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    process.kill()
                    return bytes(body[:_CHUNK]), 0, True
        return bytes(body), process.returncode, False

    def _credentials(self) -> bytes:
        token = self._session.bearer_token()
        if token is None:
            raise UsageError("the documented curl commands need a token: set WALLAROO_CONFORMANCE_TOKEN")
        if '"' in token or "\\" in token:
            raise NotTestable("needs a token that curl's configuration can hold, without quotes and backslashes")
        return f'header = "Authorization: Bearer {token}"\n'.encode()

    def _surroundings(self) -> list[str]:
        """What the session does beside the documented options: its authorities, no proxy to this machine."""
        options = []
        bundle = self._session.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE")
        if bundle:
            options += ["--capath" if Path(bundle).is_dir() else "--cacert", str(Path(bundle).absolute())]
        if _is_loopback(urlsplit(self._session.target.base_url).hostname or ""):
            options += ["--noproxy", "*"]
        return options


class _Once:
    """Bytes in hand, read as BodyReader reads a connection."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read1(self, size: int, *, decode_content: bool) -> bytes:
        chunk, self._content = self._content[:size], self._content[size:]
        return chunk


def _undone(body: bytes, headers: list[tuple[str, str]]) -> bytes:
    """The body without its content coding, which an instance may use though curl didn't ask for any.

    Source: RFC 9110, section 12.5.3 (without Accept-Encoding any coding is acceptable).
    """
    codings = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
    return BodyReader(_Once(body), codings, MAX_REPLY_BYTES).read()


def _parsed_head(head: bytes) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, reason and headers of the last block: interim replies and a proxy's own come before it."""
    blocks = [block for block in head.replace(b"\r\n", b"\n").split(b"\n\n") if block.strip()]
    first, *lines = blocks[-1].decode("latin-1").split("\n") if blocks else [""]
    _, _, rest = first.partition(" ")
    number, _, reason = rest.strip().partition(" ")
    status = int(number) if number.isascii() and number.isdigit() else 0
    pairs = [line.partition(":") for line in lines]
    headers = [(name, value.strip()) for name, colon, value in pairs if colon]
    return status, reason.strip(), headers


def _failure(transfer: _Transfer) -> Failure | None:
    """What curl's exit code means. Source: curl's manual, exit codes."""
    if transfer.too_large:
        return _TOO_LARGE
    if transfer.code == 0:
        return None
    if transfer.code == 26:
        raise ConformanceError(f"curl can't read a file that it should upload: {transfer.message}")
    kind = _RESOLVING.get(transfer.code)
    if transfer.code in _TLS:
        kind = "tls"
    elif transfer.code in _BROKEN:
        kind = "reset"
    elif transfer.code == 28:
        # Before a connection there is no header and nothing was sent; curl's message says which.
        kind = "connect" if "connect" in transfer.message.lower() else "timeout"
    return Failure(kind or "malformed", transfer.message or f"curl ended with exit code {transfer.code}")


def _form_path(path: str) -> str:
    """As it stands in `--form`: in quotes where a character has a meaning there."""
    if not any(character in path for character in ',;"\\'):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
