"""Foreign text in Markdown, so that it stays text wherever a reader's renderer shows it.

GitHub turns names behind an @, numbers behind a # and addresses into links after it has read the Markdown, so that no
backslash keeps them from it; in code it leaves them alone. Whatever an instance or a vendor wrote therefore goes into
code spans and fenced blocks, and prose of our own is escaped. Sources: CommonMark 0.31.2, sections 4.5 and 6.1; GitHub
Flavored Markdown, 6.9.
"""

from __future__ import annotations

import html
import re

from conformance.report.text import one_line, printable, shorten

_RUNS = re.compile("`+")
_SIGNS = re.compile(r"([\\`*_\[\]<>&~|#!$])")
_LINKED = re.compile(r"\S*(?:@|://|www\.|#\d|GH-\d|\b[0-9a-f]{7,40}\b|:\w+:)\S*")
_EMPTY = "(empty)"


def code(text: str, limit: int = 1000) -> str:
    """A code span that shows `text` in one line, whatever backticks it has. It must not stand in a table."""
    text = shorten(one_line(text), limit)
    if not text:
        return _EMPTY
    fence = "`" * (_longest_run(text) + 1)
    # A space next to the fence keeps backticks of the text apart from it; a renderer takes one off at both ends.
    return f"{fence} {text} {fence}" if text[0] in "` " or text[-1] in "` " else f"{fence}{text}{fence}"


def block(text: str, language: str = "") -> str:
    """A fenced block that shows `text` line by line, whatever fences it has."""
    text = printable(text)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def prose(text: str) -> str:
    """Text of ours as Markdown in one line: what stands in backticks as code, all else escaped."""
    pieces = one_line(text).split("`")
    if len(pieces) % 2 == 0:
        return _plain(one_line(text))
    return "".join(code(piece) if number % 2 else _plain(piece) for number, piece in enumerate(pieces))


def markup(text: str) -> str:
    """Text as HTML in one line."""
    return html.escape(one_line(text))


def units(text: str) -> int:
    """The length of `text` as GitHub counts at most: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _plain(text: str) -> str:
    pieces, end = [], 0
    for found in _LINKED.finditer(text):
        pieces += [_SIGNS.sub(r"\\\1", text[end : found.start()]), code(found.group())]
        end = found.end()
    return "".join([*pieces, _SIGNS.sub(r"\\\1", text[end:])])


def _longest_run(text: str) -> int:
    return max(map(len, _RUNS.findall(text)), default=0)
