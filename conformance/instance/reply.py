"""What an instance answered."""

from __future__ import annotations

import json
import re
from typing import Any

from requests.structures import CaseInsensitiveDict

from conformance.evidence.exchange import Exchange
from conformance.evidence.recorder import Recorder
from conformance.instance.errors import NotJSON

MAX_JSON_DEPTH = 128  #: documented replies nest 5 deep; beyond this a reply can't be judged safely

_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)
_UNREAD = object()


class Reply:
    """A complete reply. Looking at it tells the recorder that the current check used its exchange.

    `content` is the decoded body as received (the recorded exchange holds it redacted and bounded).
    """

    def __init__(
        self,
        exchange: Exchange,
        content: bytes,
        headers: CaseInsensitiveDict[str],
        recorder: Recorder,
    ) -> None:
        assert exchange.response is not None
        self.exchange = exchange
        self._status = exchange.response.status
        self._content = content
        self._headers = headers
        self._recorder = recorder
        self._json: Any = _UNREAD

    def __repr__(self) -> str:
        request = self.exchange.request
        return f"<Reply {self._status} to {request.method} {request.path} ({self.exchange.id})>"

    @property
    def status(self) -> int:
        """The HTTP status code."""
        self._touch()
        return self._status

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def headers(self) -> CaseInsensitiveDict[str]:
        """The response headers, looked up in any case; equal names are joined by a comma."""
        self._touch()
        return self._headers

    @property
    def content(self) -> bytes:
        """The body, its content coding undone."""
        self._touch()
        return self._content

    @property
    def text(self) -> str:
        """The body as UTF-8, with U+FFFD for what isn't."""
        return self.content.decode("utf-8", "replace")

    @property
    def elapsed(self) -> float:
        """Seconds from the start of sending to the last byte of the body."""
        return self.exchange.elapsed_seconds

    def json(self) -> Any:
        """The body as JSON. Raises NotJSON for what isn't a JSON text in UTF-8 at most 128 levels deep.

        Source: RFC 8259 (UTF-8, section 8.1; limits on depth, section 9).
        """
        content = self.content
        if self._json is _UNREAD:
            self._json = self._parsed(content)
        return self._json

    def _parsed(self, content: bytes) -> Any:
        if not content.strip():
            raise self._not_json("the body is empty")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self._not_json(f"byte {error.start} isn't UTF-8") from None
        if _deeper_than(text, MAX_JSON_DEPTH):
            raise self._not_json(f"it nests more than {MAX_JSON_DEPTH} levels deep")
        try:
            return json.loads(text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            raise self._not_json(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
        except (ValueError, RecursionError) as error:
            raise self._not_json(str(error)) from None

    def _not_json(self, problem: str) -> NotJSON:
        request = self.exchange.request
        kind = self._headers.get("Content-Type")
        described = f" (Content-Type {kind})" if kind else ""
        line = f"{request.method} {request.path} answered {self._status} with no JSON{described}: {problem}"
        return NotJSON(self._recorder.redactor.text(" ".join(line.split())), self.exchange)

    def _touch(self) -> None:
        self._recorder.touch(self.exchange.id)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} isn't a JSON value")


def _deeper_than(text: str, limit: int) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for match in _BRACKETS.finditer(text):
        found = match.group()
        if found in "[{":
            depth += 1
            if depth > limit:
                return True
        elif found in "]}":
            depth -= 1
    return False
