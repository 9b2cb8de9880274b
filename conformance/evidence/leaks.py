"""Looking for secrets in what a run is about to leave: line by line, however long a file is.

What is found is named by its place and its kind, never shown.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError
from conformance.evidence.redaction import Redactor
from conformance.evidence.shapes import kind_in

MIN_SEARCHED = 8
"""Characters of a known secret that is looked for; a shorter one may be a word of our own texts. Ours."""

KNOWN, CANARY = "a credential of the run", "the canary of the run"
_MAX_POINTER = 120
_BINARY = "body_base64"
_BINARY_BODY = re.compile(rf'"{_BINARY}": ?"')
BLOCK = 64 * 1024  #: bytes of lines that are searched together


@dataclass(frozen=True)
class Leak:
    """Where a secret stands in a file, and of which kind it is. `place` is a JSON pointer or a column."""

    file: str
    line: int
    place: str
    kind: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.place}: {self.kind}"


class Scanner:
    """Finds what the run's `redactor` knows, its `canary`, and what has the shape of a secret."""

    def __init__(self, redactor: Redactor | None = None, canary: str | None = None) -> None:
        self._redactor = redactor or Redactor()
        self._canary = None if canary is None else Redactor([canary])

    def file(self, path: Path, name: str | None = None) -> Leak | None:
        """The first leak in a file. Raises ConformanceError where it can't be read."""
        name = name or path.name
        try:
            with path.open("rb") as lines:
                found = self._first(name, lines)
            if found is None or not name.endswith(".json"):
                return found
            return self._pointed(found, path.read_bytes())
        except OSError as error:
            raise ConformanceError(
                f"can't look for secrets in {path}: {error.strerror or error}; make it readable"
            ) from None

    def content(self, name: str, content: bytes) -> Leak | None:
        """The first leak in the content of a file of that name."""
        found = self._first(name, content.splitlines(keepends=True))
        return self._pointed(found, content) if found is not None and name.endswith(".json") else found

    def kind(self, text: str) -> tuple[str, int] | None:
        """The kind of a secret in a text and where it begins, -1 where that can't be said; None: there is none."""
        if self._canary is not None and (place := self._canary.reveals(text)) is not None:
            return CANARY, place
        if (place := self._redactor.reveals(text, MIN_SEARCHED)) is not None:
            return KNOWN, place
        return kind_in(text)

    def _first(self, name: str, lines: Iterable[bytes]) -> Leak | None:
        for number, block in _blocks(lines):
            found = self._in_block(name, number, block)
            if found is not None:
                return found
        return None

    def _in_block(self, name: str, first: int, block: list[bytes]) -> Leak | None:
        """The first leak in lines of which the first has that number; most blocks are searched as a whole."""
        whole = b"".join(block).decode("utf-8", "replace")
        hit = self.kind(whole)
        if hit is None and not (name.endswith(".ndjson") and _BINARY_BODY.search(whole)):
            return None
        for number, line in enumerate(block, first):
            found = self._in_line(name, number, line)
            if found is not None:
                return found
        return None if hit is None else Leak(name, first, "over several lines", hit[0])

    def _in_line(self, name: str, number: int, line: bytes) -> Leak | None:
        text = line.decode("utf-8", "replace")
        hit = self.kind(text)
        inside = None
        if name.endswith(".ndjson") and (hit is not None or _BINARY_BODY.search(text)):
            inside = self._in_json(name, number, line)
        if inside is not None or hit is None:
            return inside
        kind, column = hit
        return Leak(name, number, f"column {column + 1}" if column >= 0 else "behind escapes", kind)

    def _in_json(self, name: str, number: int, content: bytes) -> Leak | None:
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            return None
        for pointer, text in _texts(document):
            found = self.kind(text)
            if found is None and pointer.endswith(f"/{_BINARY}"):
                found = self.kind(_bytes_in(text))
            if found is not None:
                return Leak(name, number, pointer, found[0])
        return None

    def _pointed(self, leak: Leak, content: bytes) -> Leak:
        """The leak in a JSON document by its pointer, where it can be told."""
        inside = self._in_json(leak.file, leak.line, content)
        return inside or leak


def _blocks(lines: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Lines in groups, each with the number of its first: to search a group once is quicker than each short line."""
    block: list[bytes] = []
    first, size = 1, 0
    for number, line in enumerate(lines, 1):
        if block and size + len(line) > BLOCK:
            yield first, block
            block, first, size = [], number, 0
        block.append(line)
        size += len(line)
    if block:
        yield first, block


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    """Every text of a JSON document and every key, with its pointer (RFC 6901, cut where it is long)."""
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        pointer, value = pending.pop()
        if isinstance(value, str):
            yield pointer or "/", value
        elif isinstance(value, dict):
            for key in value:
                yield f"{pointer or '/'} (a key)", key
            pending += [(_below(pointer, key), item) for key, item in reversed(value.items())]
        elif isinstance(value, list):
            pending += [(f"{pointer}/{index}", item) for index, item in reversed(list(enumerate(value)))]


def _below(pointer: str, key: str) -> str:
    step = key.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{step if len(step) <= _MAX_POINTER else f'{step[:_MAX_POINTER]}…'}"


def _bytes_in(encoded: str) -> str:
    try:
        # As Latin-1 every byte is one character; zeros stand between those of UTF-16.
        return base64.b64decode(encoded).decode("latin-1").replace("\0", "")
    except (binascii.Error, ValueError):
        return ""
