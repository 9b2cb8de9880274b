"""Text that an instance controls, made safe and short enough to show."""

from __future__ import annotations

import json
import re

# C0 and C1 controls (terminal escapes), marks that hide or reorder text, line separators, halves of surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
_XML_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def printable(text: str) -> str:
    """`text` with every control, reordering and invisible character written as an escape; tabs and newlines stay."""
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

    Parsing and printing again would lose duplicate keys and the spelling of numbers, which are evidence. Text over
    `limit` characters, or nested too deeply to read, also stays as it is.
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
    tokens = _TOKENS.findall(text)
    out: list[str] = []
    depth = 0
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if token in "]}" and out[-1] not in "[{":
            out.append("\n" + "  " * (depth := depth - 1))
        elif token in "]}":
            depth -= 1
        out.append(token)
        if token in "[{":
            depth += 1
        if depth > _MAX_DEPTH:
            return text
        if token == ":":
            out.append(" ")
        elif token == "," or (token in "[{" and following not in "]}"):
            out.append("\n" + "  " * depth)
    return "".join(out)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
