"""Secrets that nobody told of, known by their shape: access tokens, private keys, credentials in headers and URLs.

They are looked for as they stand, inside base64, and behind the escapes of JSON, URLs and HTML.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

REDACTED = "[redacted]"

_DOT = r"(?:\.|%(?:25)*2[eE]|\\\\*u002[eE])"
_LETTER = r"[A-Za-z0-9_-]"
_RUN_UP_TO_JWT = rf"(?<!{_LETTER})(?:(?!ey[J]){_LETTER})*+"
"""From the start of a run of letters, so that a text that begins a JWT again and again is read once."""
_SPACE = r"(?: |\+|%(?:25)*20|\\\\*u0020)"
_BETWEEN = r"""(?:[\s"':,=\\\[\]]|&quot;|&\#\w+;|%(?:25)*[0-9A-Fa-f]{2}){1,16}"""
_SLASHES = r"(?::(?:\\*/){2}|%(?:25)*3[aA](?:%(?:25)*2[fF]){2})"
_USER = r"""[^\s/:@"'<>\\%]{1,256}(?::|%(?:25)*3[aA])"""

JWT = "what looks like a JWT"
PRIVATE_KEY = "a private key"
AUTHORIZATION = "credentials of an Authorization header"
USERINFO = "credentials in a URL"


@dataclass(frozen=True)
class Shape:
    """What secrets of one kind look like. Of the pattern, the group `secret` is what has to go."""

    kind: str
    hints: tuple[str, ...]
    """One of these is in every text that holds such a secret, letter case aside; quick to tell."""
    pattern: re.Pattern[str]

    def found(self, text: str, folded: str) -> Iterator[re.Match[str]]:
        """Each place of such a secret; `folded` is the text in folded case."""
        return self.pattern.finditer(text) if any(hint in folded for hint in self.hints) else iter(())


SHAPES = (
    Shape(
        JWT,
        ("eyj",),
        re.compile(
            rf"{_RUN_UP_TO_JWT}(?P<secret>ey[J]{_LETTER}{{4,}}+{_DOT}{_LETTER}*+(?:{_DOT}{_LETTER}*+){{0,3}})",
        ),
    ),
    Shape(
        PRIVATE_KEY,
        ("-----begin",),
        re.compile(
            rf"(?P<secret>-----BEGIN{_SPACE}(?:[A-Z0-9]{{1,20}}{_SPACE})*PRIVATE{_SPACE}KEY-----"
            rf"""(?:(?!-----END)[^"'<>\\]|\\+[nrt/])*+"""
            rf"(?:-----END{_SPACE}(?:[A-Z0-9]{{1,20}}{_SPACE})*PRIVATE{_SPACE}KEY-----)?)"
        ),
    ),
    Shape(
        AUTHORIZATION,
        ("bearer", "basic"),
        re.compile(
            rf"authorization{_BETWEEN}(?:bearer|basic)(?:{_SPACE}|\s)+(?P<secret>[A-Za-z0-9._~+/=-]{{8,}})",
            re.IGNORECASE,
        ),
    ),
    Shape(
        USERINFO,
        ("@", "%40"),
        re.compile(rf"""{_SLASHES}(?P<secret>{_USER}[^\s/@"'<>\\\[]{{1,256}}?)(?:@|%(?:25)*40)"""),
    ),
)

_WRAPPED_HINT = re.compile(r"ZXlK|V5S[i-n]|leU[op]|LS0t")
"""What base64 of the beginning of a JWT, or of dashes, holds in one of the three alignments."""
_LINE_END = r"(?:(?:\\+r)?\\+n|\r?\n)"
_SIXBITS = r"[A-Za-z0-9+/_-]"
_BASE64_RUN = re.compile(rf"(?<!{_SIXBITS}){_SIXBITS}{{24,}}+(?:{_LINE_END}{_SIXBITS}{{4,}}+)*+={{0,2}}")
_WRAPPED_LINES = re.compile(rf"(?<!{_SIXBITS}){_SIXBITS}{{48,}}+(?:{_LINE_END}{_SIXBITS}{{4,}}+)++")
_NOT_BASE64 = re.compile(r"\\+[rn]|[\r\n=]")
_CUT_JWT = re.compile(rf"{_RUN_UP_TO_JWT}ey[J]{_LETTER}{{8,}}+(?:\.|\Z)")
_NUMERIC_ESCAPE = re.compile(r"\\u00[2-7]|%(?:25)*[2-7][0-9A-Fa-f]|&#")
_UNICODE_ESCAPE = re.compile(r"\\+u([0-9A-Fa-f]{4})")


def has_escapes(text: str) -> bool:
    """Whether a letter, digit or sign in it is escaped by number."""
    return _NUMERIC_ESCAPE.search(text) is not None


def decoded(text: str) -> str:
    """`text` with its numeric escapes undone, however they nest: quick to make, and enough to see a secret."""
    return _unescaped(text)[0]


def nests_too_deep(text: str) -> bool:
    """Whether escapes in it escape escapes in so many layers that `decoded` gave up."""
    return _unescaped(text)[1]


MAX_LAYERS = 32
"""Layers of escapes that are undone. Ours; a gateway that encodes again adds one."""


@lru_cache(maxsize=16)
def _unescaped(text: str) -> tuple[str, bool]:
    for _ in range(MAX_LAYERS):
        plain = _UNICODE_ESCAPE.sub(lambda match: chr(int(match[1], 16)), html.unescape(unquote(text, "latin-1")))
        if plain == text:
            return text, False
        text = plain
    return text, True


def kind_in(text: str) -> tuple[str, int] | None:
    """The kind of the first secret by shape, and where it begins; -1 where that can't be said."""
    folded = text.casefold()
    for shape in SHAPES:
        for match in shape.found(text, folded):
            return shape.kind, match.start("secret")
    for match in _wrapped(text):
        return f"{_kind_inside(match[0])} in base64", match.start()
    if has_escapes(text):
        plain = decoded(text)
        folded = plain.casefold()
        for shape in SHAPES:
            if next(shape.found(plain, folded), None) is not None:
                return shape.kind, -1
    return None


def without_shapes(text: str, folded: str) -> str:
    """`text` with "[redacted]" for each secret by shape that stands there, plain or in base64."""
    for shape in SHAPES:
        if any(hint in folded for hint in shape.hints):
            text = shape.pattern.sub(_without_secret, text)
    for match in reversed(list(_wrapped(text))):
        text = f"{text[: match.start()]}{REDACTED}{text[match.end() :]}"
    return text


def hidden_by_escapes(text: str) -> Iterator[str]:
    """The secrets by shape that are seen only once the escapes in `text` are undone. Keys aren't among them."""
    plain = decoded(text)
    folded = plain.casefold()
    for shape in SHAPES:
        if shape.kind != PRIVATE_KEY:
            yield from (match["secret"] for match in shape.found(plain, folded))


def wrapped_lines(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Base64 that was broken into lines, each with what it is in one line."""
    if "\n" in text or "\\n" in text:
        yield from ((match, _NOT_BASE64.sub("", match[0])) for match in _WRAPPED_LINES.finditer(text))


def _without_secret(match: re.Match[str]) -> str:
    start, end = (place - match.start() for place in match.span("secret"))
    return f"{match[0][:start]}{REDACTED}{match[0][end:]}"


def _wrapped(text: str) -> Iterator[re.Match[str]]:
    if _WRAPPED_HINT.search(text) is not None:
        yield from (match for match in _BASE64_RUN.finditer(text) if _kind_inside(match[0]))


def _kind_inside(run: str) -> str | None:
    """The kind of secret that a run of base64 holds, wherever in the run its first group begins."""
    if _WRAPPED_HINT.search(run) is None:
        return None
    letters = _NOT_BASE64.sub("", run).translate(_STANDARD)
    for start in range(4):
        groups = letters[start:]
        groups = groups[: len(groups) - len(groups) % 4] if len(groups) % 4 == 1 else groups
        content = base64.b64decode(groups + "=" * (-len(groups) % 4)).decode("latin-1")
        if _CUT_JWT.search(content) is not None:
            return JWT
        if SHAPES[1].pattern.search(content) is not None:
            return PRIVATE_KEY
    return None


_STANDARD = str.maketrans("-_", "+/")
