"""One HTTP exchange as it is kept: what was asked, what was answered, or how it failed.

File bytes are never kept, only their size and SHA-256. A body over `BODY_LIMIT` bytes keeps its beginning.
The format is published as `exchange.schema.json` (JSON Schema 2020-12), one object a line in `exchanges.ndjson`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

BODY_LIMIT = 8 * 1024 * 1024  #: bytes of a body that are kept: all of a reply that can be judged again
FAILED_BODY_LIMIT = 64 * 1024  #: bytes kept of a reply that failed
REDACTION_MARGIN = 64 * 1024  #: bytes beyond it that the recorder sees, so that no secret is cut in half unseen

Credential = Literal["session", "other", "none"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart request. `text` is kept for JSON parts only; `size` is in bytes."""

    name: str
    filename: str | None
    content_type: str | None
    size: int
    sha256: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it is kept: the exact text, or base64 where the bytes aren't UTF-8."""

    text: str | None
    base64: str | None
    size: int
    sha256: str | None
    truncated: bool

    @classmethod
    def of(cls, content: bytes, limit: int = BODY_LIMIT) -> Body:
        """Keep `content`; where it is longer than `limit` bytes, its beginning and the digest of all of it.

        The beginning is longer by `REDACTION_MARGIN` until the recorder has redacted it and calls `bounded`.
        """
        truncated = len(content) > limit
        digest = hashlib.sha256(content).hexdigest() if truncated else None
        kept = content[: limit + REDACTION_MARGIN] if truncated else content
        text = _utf8(kept, cut=truncated)
        encoded = None if text is not None else base64.b64encode(kept).decode("ascii")
        return cls(text, encoded, len(content), digest, truncated)

    def bounded(self, limit: int = BODY_LIMIT) -> Body:
        """The same body with at most `limit` bytes kept."""
        if not self.truncated:
            return self
        text, encoded = self.text, self.base64
        if text is not None:
            text = text.encode("utf-8", "surrogatepass")[:limit].decode("utf-8", "ignore")
        if encoded is not None:
            encoded = base64.b64encode(base64.b64decode(encoded)[:limit]).decode("ascii")
        return Body(text, encoded, self.size, self.sha256, True)


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent. `path` includes the query. `credential` says whose token went along, never which."""

    method: str
    path: str
    headers: list[list[str]]
    body: str | None = None
    parts: list[Part] = field(default_factory=list)
    body_base64: str | None = None
    size: int = 0
    sha256: str | None = None
    truncated: bool = False
    credential: Credential = "session"

    @property
    def kept_body(self) -> Body:
        return Body(self.body, self.body_base64, self.size, self.sha256, self.truncated)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `size` counts the decoded body's bytes, also those that weren't kept."""

    status: int
    reason: str
    headers: list[list[str]]
    body: str | None
    body_base64: str | None
    size: int
    sha256: str | None = None
    truncated: bool = False

    @classmethod
    def of(
        cls,
        status: int,
        reason: str,
        headers: Sequence[tuple[str, str]],
        content: bytes,
        limit: int = BODY_LIMIT,
    ) -> Response:
        """The response with its body kept up to `limit` bytes (see `Body.of`)."""
        body = Body.of(content, limit)
        pairs = [[name, value] for name, value in headers]
        return cls(status, reason, pairs, body.text, body.base64, body.size, body.sha256, body.truncated)

    @property
    def kept_body(self) -> Body:
        return Body(self.body, self.body_base64, self.size, self.sha256, self.truncated)

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no usable reply.

    Kinds: connect, tls, proxy (nothing was exchanged); timeout, too-slow, too-large, reset, decode, malformed,
    redirect (the instance was reached); stale (a pooled connection had been closed, the request was sent again).
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, its failure, or both (a reply broken off has a status and a failure).

    `started_at` is RFC 3339 in UTC, `elapsed_seconds` runs until the last byte of the body was read. `follows` are the
    ids of the exchanges from whose replies a generated request took what it names.
    """

    id: str
    check: str | None
    endpoint: str | None
    started_at: str
    elapsed_seconds: float
    request: Request
    response: Response | None
    error: Failure | None
    follows: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready object that `exchange.schema.json` accepts."""
        return {**asdict(self), "follows": list(self.follows)}

    @classmethod
    def from_json(cls, value: object) -> Exchange:
        """Read `to_json`'s object back. Unknown fields are ignored; ValueError names the field that is wrong."""
        from conformance.evidence.decoding import exchange_from_json

        return exchange_from_json(value)


@cache
def exchange_schema() -> Mapping[str, Any]:
    """The published JSON Schema of one line of `exchanges.ndjson`."""
    import json

    text = resources.files("conformance.evidence").joinpath("exchange.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _utf8(content: bytes, *, cut: bool) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        # A cut may have split the last character, which takes at most four bytes.
        if cut and error.start > len(content) - 4:
            return content[: error.start].decode("utf-8")
        return None
