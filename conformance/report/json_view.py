"""A reply's JSON around one value, the value's lines marked, as a diff against what should stand there.

Every token stays as the sender wrote it, as in `text.indent_json`: duplicate keys and the spelling of numbers are
evidence. A body is read only as far as it is shown, so that the size of the rest doesn't matter.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from conformance.report.text import shorten

CONTEXT = 5
"""Lines before and after the value that are shown."""
VALUE_LINES = 8
"""Lines of the value itself that are shown."""
LINE_LIMIT = 400
"""Characters of a line that are shown."""
SCAN_LIMIT = 100_000
"""Lines of a body that are looked through for the value."""

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_MAX_DEPTH = 128

Mark = Literal["context", "actual", "wanted", "gap"]


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of the view. `sign` stands before it, as in a unified diff, so that it reads without colours."""

    mark: Mark
    text: str

    @property
    def sign(self) -> str:
        return {"actual": "-", "wanted": "+", "context": " ", "gap": " "}[self.mark]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the body. `path` is that of the value which begins or ends on it."""

    depth: int
    path: str
    text: str

    @property
    def closes(self) -> bool:
        return self.text[0] in "]}"

    def shown(self, mark: Mark = "context") -> MarkedLine:
        return MarkedLine(mark, "  " * self.depth + shorten(self.text, LINE_LIMIT))


def marked(text: str, path: str, wanted: str | None = None) -> tuple[MarkedLine, ...]:
    """The lines around the value at `path` (`models[3].owner_id`, "" for all) of the JSON `text`, that value marked.

    `wanted` is what should stand there. A value that isn't there is marked where it is missing. Empty where `text`
    holds neither the value nor the object that should have it, or isn't JSON.
    """
    if not text.lstrip().startswith(("{", "[")):
        return ()
    try:
        return _around_value(text, path, wanted) or _around_gap(text, path, wanted)
    except _TooDeep:
        return ()


class _TooDeep(Exception):
    """The text nests too deeply to be read by people."""


def _around_value(text: str, path: str, wanted: str | None) -> tuple[MarkedLine, ...]:
    lines = _lines(text)
    before, first, number = _until(lines, lambda line: line.path == path and not line.closes)
    if first is None:
        return ()
    value = [first]
    if first.text[-1] in "[{":
        for line in lines:
            value.append(line)
            if line.depth == first.depth and line.closes:
                break
    shown = [*_lead(before, number), *(line.shown("actual") for line in value[:VALUE_LINES])]
    if len(value) > VALUE_LINES:
        shown.append(_gap(len(value) - VALUE_LINES, "actual", first.depth + 1))
    if wanted is not None:
        shown.append(_wanted_line(first.depth, _key(first.text), wanted))
    return (*shown, *_tail(lines))


def _around_gap(text: str, path: str, wanted: str | None) -> tuple[MarkedLine, ...]:
    """The end of the object that lacks the last name of `path`."""
    holder, _, name = path.rpartition(".")
    if not name or name.endswith("]"):
        return ()
    lines = _lines(text)
    before, end, number = _until(lines, lambda line: line.path == holder and line.text[0] == "}")
    if end is None:
        return _around_empty(text, holder, name, wanted)
    missing = _wanted_line(end.depth + 1, json.dumps(name, ensure_ascii=False) + ": ", wanted or "…")
    return (*_lead(before, number), missing, end.shown(), *_tail(lines))


def _around_empty(text: str, holder: str, name: str, wanted: str | None) -> tuple[MarkedLine, ...]:
    """An object without anything in it, which stands on one line."""
    lines = _lines(text)
    before, line, number = _until(lines, lambda line: line.path == holder and line.text.rstrip(",").endswith("{}"))
    if line is None:
        return ()
    filled = f"{{{json.dumps(name, ensure_ascii=False)}: {wanted or '…'}}}"
    added = _wanted_line(line.depth, _key(line.text), filled)
    return (*_lead(before, number), line.shown("actual"), added, *_tail(lines))


def _until(lines: Iterator[_Line], found: Callable[[_Line], bool]) -> tuple[deque[_Line], _Line | None, int]:
    """The last lines before the first that is `found`, that line, and how many lines come before it."""
    before: deque[_Line] = deque(maxlen=CONTEXT)
    number = 0
    for number, line in enumerate(islice(lines, SCAN_LIMIT)):
        if found(line):
            return before, line, number
        before.append(line)
    return before, None, number


def _lead(before: deque[_Line], number: int) -> list[MarkedLine]:
    hidden = number - len(before)
    return [*([_gap(hidden, "gap", 0)] if hidden else []), *(line.shown() for line in before)]


def _tail(lines: Iterator[_Line]) -> list[MarkedLine]:
    shown = [line.shown() for line in islice(lines, CONTEXT)]
    return [*shown, MarkedLine("gap", "…")] if next(lines, None) is not None else shown


def _gap(number: int, mark: Mark, depth: int) -> MarkedLine:
    return MarkedLine(mark, f"{'  ' * depth}… {number:,} more {'line' if number == 1 else 'lines'}")


def _key(text: str) -> str:
    match = _TOKENS.match(text)
    return f"{match.group()}: " if match and text[match.end() :].startswith(": ") else ""


def _wanted_line(depth: int, key: str, wanted: str) -> MarkedLine:
    return MarkedLine("wanted", "  " * depth + shorten(f"{key}{wanted}", LINE_LIMIT))


@dataclass(slots=True)
class _Frame:
    """An open object or list: its path, the key of the value that comes next, its index in a list."""

    path: str
    is_list: bool
    key: str | None = None
    key_text: str = ""
    index: int = 0

    def next_path(self) -> str:
        if self.is_list:
            return f"{self.path}[{self.index}]"
        return f"{self.path}.{self.key}" if self.path else str(self.key)


def _lines(text: str) -> Iterator[_Line]:
    """The lines of `text` as indented JSON, lazily; they end where it isn't JSON any more."""
    tokens = (match.group() for match in _TOKENS.finditer(text))
    frames: list[_Frame] = []
    ended = False  # a value has just ended: only a comma or a closing bracket may follow
    piece, following = next(tokens, None), next(tokens, None)
    while piece is not None:
        frame = frames[-1] if frames else None
        if piece in "]}":
            if not frames or frames[-1].is_list != (piece == "]"):
                return
            closed = frames.pop()
            ended = True
            yield _Line(len(frames), closed.path, piece + _comma(following))
        elif piece == ",":
            if frame is None or not ended:
                return
            frame.index, frame.key, ended = frame.index + 1, None, False
        elif ended or piece == ":":
            return
        elif frame is not None and not frame.is_list and frame.key is None:
            if following != ":" or piece[0] != '"':
                return
            frame.key_text, frame.key = f"{piece}: ", _decoded(piece)
            following = next(tokens, None)
        else:
            path = frame.next_path() if frame else ""
            key = frame.key_text if frame else ""
            depth = len(frames)
            if piece in "[{" and following not in ("]", "}"):
                if depth == _MAX_DEPTH:
                    raise _TooDeep
                frames.append(_Frame(path, piece == "["))
                yield _Line(depth, path, key + piece)
            else:
                if piece in "[{":
                    piece, following = f"{piece}{following or ''}", next(tokens, None)
                ended = True
                yield _Line(depth, path, key + piece + _comma(following))
        piece, following = following, next(tokens, None)


def _comma(following: str | None) -> str:
    return "," if following == "," else ""


def _decoded(piece: str) -> str:
    try:
        return str(json.loads(piece, strict=False))
    except ValueError:
        return piece[1:-1]
