"""Text that an instance controls, made safe and short enough to show."""

from __future__ import annotations

import json
import re

# Controls (the terminal's escapes) but for tab and newline; then marks that reorder, hide or break text.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_HIDING = "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
_SURROGATES = "\ud800-\udfff"
_UNSAFE = re.compile(f"[{_CONTROLS}{_HIDING}{_SURROGATES}]")
_XML_ILLEGAL = re.compile(f"[{_CONTROLS}{_SURROGATES}\ufdd0-\ufdef\ufffe\uffff]")


def printable(text: str) -> str:
    """`text` with every control, reordering or invisible character as an escape; tabs and newlines stay."""
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """`text`, printable, with each run of white space as one space."""
    return printable(" ".join(text.split()))


def xml_text(text: str) -> str:
    """`text` with every character that XML 1.0 forbids or discourages written as an escape."""
    return _XML_ILLEGAL.sub(_escape, text)


def encodable(text: str, encoding: str) -> str:
    """`text` with every character that `encoding` lacks written as an escape."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def shorten(text: str, limit: int) -> str:
    """`text`, cut to at most `limit` characters, the last of them an ellipsis when it was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def indent_json(text: str, limit: int = 65_536) -> str:
    """JSON with line breaks and indentation, every token as the sender wrote it; other text as it is.

    Parsing and printing again would lose duplicate keys and the spelling of numbers, which are evidence. Text
    over `limit` characters, or nested too deeply to read, also stays as it is.
    """
    if len(text) > limit:
        return text
    try:
        if not isinstance(json.loads(text), dict | list):
            return text
    except (ValueError, RecursionError):
        return text
    return _indented(text)


_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_MAX_DEPTH = 24


def _indented(text: str) -> str:
    pieces = _TOKENS.findall(text)
    out: list[str] = []
    depth = 0
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if piece in "]}":
            depth -= 1
            if out[-1] not in "[{":
                out.append("\n" + "  " * depth)
        out.append(piece)
        if piece in "[{":
            depth += 1
            if depth > _MAX_DEPTH:
                return text
        if piece == ":":
            out.append(" ")
        elif piece == "," or (piece in "[{" and following not in "]}"):
            out.append("\n" + "  " * depth)
    return "".join(out)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
