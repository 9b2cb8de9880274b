"""HAR 1.2 files, as browsers, mitmproxy, Postman and this suite write them, read as exchanges.

A browser's HAR holds cookies, tokens and passwords: each entry is redacted the moment it is read. Files' bytes aren't
kept, as in a recording of ours. That a request has no Authorization means nothing: Chromium leaves it out of what it
exports. Source: HTTP Archive 1.2.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from conformance.errors import UsageError
from conformance.evidence.exchange import Credential, Exchange, Failure, Request, Response
from conformance.evidence.har_bodies import received, sent
from conformance.evidence.har_own import with_own_fields
from conformance.evidence.har_secrets import Subjects, learn, query_without_secrets, without_secrets
from conformance.evidence.recorder import Recorder
from conformance.evidence.redaction import Redactor

MAX_FILE_BYTES = 256 * 2**20
MAX_ENTRIES = 100_000

_WEB = ("http", "https")
_START = re.compile(r"""\ufeff?\s*\{\s*"log"\s*:\s*\{""")
_FAILURES = (
    ("tls", ("cert", "ssl", "tls")),
    ("timeout", ("timed_out", "timeout", "timed out")),
    ("proxy", ("proxy", "tunnel")),
    ("connect", ("refused", "not_resolved", "not resolved", "unreachable", "enotfound", "name or service")),
)


@dataclass
class HarFile:
    """The exchanges of a HAR file in its order, where each was sent (`https://host:port`, by the exchange's id), and
    how many entries were left out for which reason.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)


def is_har(path: str | Path) -> bool:
    """Whether a file is a HAR by its name, or by how it begins. Raises UsageError when it can't be read."""
    path = Path(path)
    if path.is_dir():
        return False
    try:
        with path.open("rb") as stream:
            begins = stream.read(4096).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from None
    return path.suffix.lower() == ".har" or _START.match(begins) is not None


def read_har(path: str | Path, redactor: Redactor | None = None) -> HarFile:
    """Every HTTP exchange of the file, redacted.

    Raises UsageError when it can't be read or is too large, and, with entry and field, for what isn't HAR.
    """
    recorder = Recorder(redactor=redactor or Redactor(), prefix="har")
    har, subjects = HarFile(), Subjects()
    entries = _entries(Path(path))
    learn(entries, recorder.redactor)
    for number, value in enumerate(entries, start=1):
        entry = _Object(value, f"{path}, entry {number}", "")
        try:
            _read(entry, har, recorder, subjects)
        except ValueError as error:
            raise UsageError(f"{path}, entry {number}: {error}; export the recording again") from None
    return har


def _read(entry: _Object, har: HarFile, recorder: Recorder, subjects: Subjects) -> None:
    asked = entry.child("request")
    method, url = asked.text("method").upper(), _split(asked.text("url"))
    reason = _left_out(entry.value, method, url)
    if reason is not None:
        har.skipped[reason] += 1
        return
    origin = f"{url.scheme}://{_host(url)}"
    headers = _headers(asked)
    request = _request(asked, method, url, headers, subjects.credential(origin, headers))
    response, failure = _answer(entry)
    exchange = Exchange(
        id=recorder.next_id(),
        check=None,
        endpoint=None,
        started_at=_started(entry),
        elapsed_seconds=_elapsed(entry),
        request=replace(request, headers=without_secrets(request.headers)),
        response=None if response is None else replace(response, headers=without_secrets(response.headers)),
        error=failure,
    )
    kept = recorder.record(with_own_fields(exchange, entry.value))
    har.exchanges.append(kept)
    har.origins[kept.id] = recorder.redactor.text(origin)


def _left_out(entry: dict[str, Any], method: str, url: SplitResult) -> str | None:
    """Why an entry is no exchange with a server, None where it is one."""
    if entry.get("_resourceType") == "websocket" or "_webSocketMessages" in entry or url.scheme in ("ws", "wss"):
        return "a WebSocket"
    if url.scheme not in _WEB or not url.hostname:
        return "not HTTP"
    if method == "CONNECT":
        return "a proxy's tunnel"
    return "from the browser's cache" if entry.get("_fromCache") else None


def _request(asked: _Object, method: str, url: SplitResult, headers: list[list[str]], who: Credential) -> Request:
    path = (url.path or "/") + (f"?{query_without_secrets(url.query)}" if url.query else "")
    plain = [pair for pair in headers if not pair[0].startswith(":")]
    if not any(name.lower() == "host" for name, _ in plain):
        plain.insert(0, ["Host", _host(url)])
    data = asked.child("postData", optional=True).value
    if not data:
        size = _size(asked, plain)
        return Request(method, path, plain, size=size or 0, truncated=bool(size), credential=who)
    kind = _header(plain, "content-type") or str(data.get("mimeType") or "")
    if kind and _header(plain, "content-type") is None:
        plain.append(["Content-Type", kind])
    held = sent(data, kind, _size(asked, plain))
    body = held.body
    return Request(
        method,
        path,
        plain,
        body=body.text,
        parts=held.parts,
        body_base64=body.base64,
        size=body.size,
        sha256=body.sha256,
        truncated=body.truncated or not held.whole,
        credential=who,
    )


def _answer(entry: _Object) -> tuple[Response | None, Failure | None]:
    answer = entry.child("response", optional=True)
    status = answer.value.get("status", 0) if answer.value else 0
    if status is None or status == 0:
        said = str(answer.value.get("_error") or entry.value.get("_error") or "") or "the request failed"
        return None, Failure(_kind(said), said)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 999:
        raise ValueError("response.status must be an HTTP status")
    headers = [pair for pair in _headers(answer) if not pair[0].startswith(":")]
    content = answer.child("content", optional=True).value
    kind = content.get("mimeType")
    if isinstance(kind, str) and kind and not headers:
        headers.append(["Content-Type", kind])
    length = _header(headers, "content-length")
    body, whole = received(content, status, int(length) if length and re.fullmatch(r"[0-9]{1,15}", length) else None)
    reason = answer.value.get("statusText")
    return (
        Response(
            status,
            reason if isinstance(reason, str) else "",
            headers,
            body.text,
            body.base64,
            body.size,
            body.sha256,
            body.truncated or not whole,
        ),
        None,
    )


def _entries(path: Path) -> list[Any]:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{path} is larger than {MAX_FILE_BYTES // 2**20} MiB; export fewer requests")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise UsageError(f"{path} isn't a HAR file: it is nested too deep") from None
    except ValueError as error:
        raise UsageError(f"{path} isn't a HAR file: not JSON ({error})") from None
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(log, dict) or not isinstance(entries, list):
        raise UsageError(f"{path} isn't a HAR file: it has no list log.entries")
    version = log.get("version", "1.2")
    if version and not str(version).startswith("1."):
        raise UsageError(f"{path}: log.version is {str(version)[:20]!r}, but only HAR 1.x is known")
    if len(entries) > MAX_ENTRIES:
        raise UsageError(f"{path} has {len(entries)} entries, more than {MAX_ENTRIES}; export fewer requests")
    return entries


def _started(entry: _Object) -> str:
    said = entry.value.get("startedDateTime")
    if said is None or said == "":
        return "1970-01-01T00:00:00.000000Z"
    try:
        started = datetime.fromisoformat(said)
        utc = (started if started.tzinfo else started.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise ValueError("startedDateTime must be an ISO 8601 time") from None
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _elapsed(entry: _Object) -> float:
    """Seconds; browsers leave null or -1 where they don't know."""
    timings = entry.child("timings", optional=True).value
    phases = [_milliseconds(value) for name, value in timings.items() if name != "ssl"]
    return (_milliseconds(entry.value.get("time")) or sum(phases)) / 1000


def _milliseconds(value: object) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if usable and isinstance(value, int | float) and 0 <= value < math.inf else 0.0


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("request.url must be a URL") from None
    return parts


def _host(url: SplitResult) -> str:
    """Host and port, without a user's name and password."""
    return url.netloc.rpartition("@")[2].lower()


def _headers(holder: _Object) -> list[list[str]]:
    found = holder.value.get("headers")
    if found is None:
        return []
    if isinstance(found, list) and all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in found):
        return [[item["name"], str(value) if (value := item.get("value")) is not None else ""] for item in found]
    raise ValueError(f"{holder.name}.headers must be a list of objects with name and value")


def _header(headers: list[list[str]], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _size(asked: _Object, headers: list[list[str]]) -> int | None:
    """The number of bytes that were sent, None where neither bodySize nor Content-Length tells."""
    length = _header(headers, "content-length") or ""
    if re.fullmatch(r"[0-9]{1,15}", length):
        return int(length)
    size = asked.value.get("bodySize")
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else None


def _kind(said: str) -> str:
    return next((kind for kind, words in _FAILURES if any(word in said.lower() for word in words)), "reset")


class _Object:
    """One JSON object of an entry, with its name for the messages."""

    def __init__(self, value: object, where: str, name: str) -> None:
        if not isinstance(value, dict):
            raise UsageError(f"{where}: {name or 'it'} must be an object; export the recording again")
        self.value: dict[str, Any] = value
        self.name = name
        self._where = where

    def text(self, key: str) -> str:
        value = self.value.get(key)
        if not isinstance(value, str) or not value:
            raise ValueError(f"{self.name}.{key} must be a string")
        return value

    def child(self, key: str, *, optional: bool = False) -> _Object:
        value = self.value.get(key)
        if value is None and optional:
            value = {}
        return _Object(value, self._where, f"{self.name}.{key}".lstrip("."))
