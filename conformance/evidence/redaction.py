"""Secrets out of everything that is kept, in whatever spelling they come back.

A known secret is found as it is and in each spelling that a server, a proxy or a log gives it: JSON and HTML escapes,
percent-encoding (also twice), any mixture of these, and base64 in all three alignments and both alphabets, also broken
into lines. Unknown secrets are found by their place (header or field name) or their shape (`evidence.shapes`).
"""

from __future__ import annotations

import base64
import dataclasses
import html
import json
import re
import threading
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import islice
from typing import Any
from urllib.parse import quote

from conformance.evidence.exchange import Exchange
from conformance.evidence.shapes import (
    REDACTED,
    decoded,
    has_escapes,
    hidden_by_escapes,
    nests_too_deep,
    without_shapes,
    wrapped_lines,
)

__all__ = ["REDACTED", "SECRET_FIELDS", "SECRET_HEADERS", "Redactor"]

SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"}
)
_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|passw|api-?key|assertion", re.IGNORECASE)
"""Parts of the names of further headers whose values are nobody's business."""
SECRET_FIELDS = ("access_token", "refresh_token", "id_token", "password", "client_secret")

MIN_SECRET_LENGTH = 4  #: characters; what is shorter can't be told from ordinary text
_MAX_REMEMBERED = 256  #: characters of a text whose redaction is remembered
_MAX_SEEN = 2048
_MIN_SEGMENT_LENGTH = 16
_MIN_BASE64_LENGTH = 6
_MAX_HIDDEN = 20  #: secrets behind escapes that are taken out of one text one by one
_MAX_HIDDEN_LENGTH = 4096

_FIXED_FIELDS = frozenset({"started_at", "sha256", "credential"})


class Redactor:
    """Replaces secrets by "[redacted]". Thread-safe; never shows what it knows."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Spellings] = {}
        self._longest_first: tuple[_Spellings, ...] = ()
        self._seen: dict[str, str] = {}
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        return f"Redactor({len(self._known)} secrets)"

    def add(self, secret: str) -> None:
        """Learn a secret. Of a JWT, its claims and signature alone count as secrets too."""
        secret = str(secret).strip()
        if secret in self._known:
            return
        parts = {secret} | {s for s in secret.split(".")[1:] if len(s) >= _MIN_SEGMENT_LENGTH}
        with self._lock:
            for part in parts - self._known.keys():
                if len(part) >= MIN_SECRET_LENGTH:
                    self._known[part] = _Spellings(part)
            order = sorted(self._known, key=len, reverse=True)
            self._longest_first = tuple(self._known[known] for known in order)
            self._seen = {}  # a new one: who is reading the old one may still write to it

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if len(text) > _MAX_REMEMBERED:
            return self._redacted(text)
        # Names and values of headers come again with each exchange.
        seen = self._seen
        if text not in seen:
            if len(seen) >= _MAX_SEEN:
                return self._redacted(text)
            seen[text] = self._redacted(text)
        return seen[text]

    def reveals(self, text: str, at_least: int = MIN_SECRET_LENGTH) -> int | None:
        """Where a known secret of `at_least` so many characters begins in `text`, in whatever spelling; None: nowhere.

        -1 says that it is there, but not at one place.
        """
        escapes = has_escapes(text)
        for spellings in self._longest_first:
            if spellings.length >= at_least and (place := spellings.place(text, escapes)) is not None:
                return place
        for match, line in wrapped_lines(text):
            if any(s.length >= at_least and s.place(line, escapes=False) is not None for s in self._longest_first):
                return match.start()
        return None

    def _redacted(self, text: str) -> str:
        escapes = has_escapes(text)
        if escapes and nests_too_deep(text):
            return REDACTED
        for spellings in self._longest_first:
            text = spellings.redact(text, escapes)
        text = self._without_lines(text)
        folded = text.casefold()
        if _could_name_a_secret(folded):
            for pattern in _field_patterns():
                text = pattern.sub(_keep_around, text)
        text = without_shapes(text, folded)
        return _without_hidden(text) if escapes else text

    def _without_lines(self, text: str) -> str:
        """`text` without base64 in lines that holds a known secret."""
        for match, line in reversed(list(wrapped_lines(text))):
            if any(spellings.place(line, escapes=False) is not None for spellings in self._longest_first):
                text = f"{text[: match.start()]}{REDACTED}{text[match.end() :]}"
        return text

    def header(self, name: str, value: str) -> str:
        """The value of a header without secrets; empty stays empty."""
        if name.strip().lower() in SECRET_HEADERS or _SECRET_HEADER.search(name):
            return REDACTED if value else value
        return self.text(value)

    def exchange(self, exchange: Exchange) -> Exchange:
        """A copy without secrets in any text: path, headers, bodies, parts, messages, ids."""
        cleaned: Exchange = self._walk(exchange)
        return cleaned

    def _walk(self, value: Any, name: str = "") -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {f.name: self._walk(getattr(value, f.name), f.name) for f in dataclasses.fields(value)}
            return dataclasses.replace(value, **fields)
        if isinstance(value, list):
            return self._headers(value) if name == "headers" else [self._walk(item) for item in value]
        if not isinstance(value, str) or name in _FIXED_FIELDS:
            return value
        return self._base64(value) if name == "body_base64" else self.text(value)

    def _headers(self, headers: list[Any]) -> list[Any]:
        return [[self.text(name), self.header(name, value)] for name, value in headers]

    def _base64(self, encoded: str) -> str:
        # Latin-1 maps every byte to one character, so that a pattern sees the bytes.
        content = base64.b64decode(encoded).decode("latin-1")
        kept = self.text(content)
        # UTF-16 and UTF-32 are the characters with zeros between.
        narrow = kept.replace("\0", "")
        if narrow != kept and (cleaned := self.text(narrow)) != narrow:
            kept = cleaned
        return base64.b64encode(kept.encode("latin-1")).decode("ascii")


def _keep_around(match: re.Match[str]) -> str:
    mark = '"' if "bare" in match.re.groupindex else ""
    return f"{match['before']}{mark}{REDACTED}{mark}{match['after']}"


def _without_hidden(text: str) -> str:
    """`text` without the secrets by shape that escapes hide; nothing of it where they are too many or too long."""
    for secret in list(islice(hidden_by_escapes(text), _MAX_HIDDEN)):
        if MIN_SECRET_LENGTH <= len(secret) <= _MAX_HIDDEN_LENGTH and REDACTED not in secret:
            text = _Spellings(secret).redact(text, escapes=True)
    left = any(REDACTED not in secret for secret in hidden_by_escapes(text))
    return REDACTED if left else text


class _Spellings:
    """One secret in any mixture of spellings, and inside base64.

    The pattern for mixtures takes 100 ms to compile for a JWT, so it is made when a text first holds an escape that
    could be part of one. Secrets of letters, digits, `-`, `.`, `_` and `~` are only ever escaped by number.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.length = len(secret)
        self._plain = _UNRESERVED.fullmatch(secret) is not None
        contents = {secret} if self._plain else {secret, *_escaped(secret)}
        raws = [content.encode("utf-8", "surrogatepass") for content in contents]
        found = [core for raw in raws for before in range(3) if (core := _inside_base64(raw, before))]
        self._literals = (secret, *(core for core in found if core.isalnum()))
        self._base64 = tuple(re.compile("".join(map(_base64_spellings, core))) for core in found if not core.isalnum())

    def redact(self, text: str, escapes: bool) -> str:
        """`text` without the secret; `escapes` says whether it holds any numeric escape."""
        for literal in self._literals:
            text = text.replace(literal, REDACTED)
        for pattern in self._base64:
            text = pattern.sub(REDACTED, text)
        if not self._plain or (escapes and self._secret in decoded(text)):
            text = self._mixture.sub(REDACTED, text)
        return text

    def place(self, text: str, escapes: bool) -> int | None:
        """Where the secret begins in `text`; None where it isn't there."""
        for literal in self._literals:
            if literal in text:
                return text.index(literal)
        for pattern in self._base64:
            if match := pattern.search(text):
                return match.start()
        if (not self._plain or (escapes and self._secret in decoded(text))) and (match := self._mixture.search(text)):
            return match.start()
        return None

    @cached_property
    def _mixture(self) -> re.Pattern[str]:
        return re.compile("".join(map(_spellings, self._secret)))


def _escaped(secret: str) -> set[str]:
    """What a secret is like inside JSON or a URL that is then put into base64 as a whole."""
    raw = secret.encode("utf-8", "surrogatepass")
    return {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], quote(raw, safe="")}


_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


@cache
def _spellings(character: str) -> str:
    """A pattern for one character: itself, or escaped as JSON, HTML or a URL does.

    Every alternative begins with a literal, which lets the regex engine skip quickly over text.
    """
    code = ord(character)
    units = character.encode("utf-16-be", "surrogatepass")
    json_escape = "".join(rf"\\\\*u{_any_case(units[i : i + 2].hex())}" for i in range(0, len(units), 2))
    octets = character.encode("utf-8", "surrogatepass")
    percent = "".join(rf"%(?:25)*{_any_case(f'{octet:02x}')}" for octet in octets)
    forms = [re.escape(character), json_escape, percent, rf"&\#0*{code};", rf"&\#[xX]0*{_any_case(f'{code:x}')};"]
    if character in _JSON_SHORT:
        forms.append(rf"\\\\*{re.escape(_JSON_SHORT[character])}")
    if character == " ":
        forms.append(r"\+")
    named = html.escape(character)
    if named != character:
        forms.append(re.escape(named))
    # The bytes of a body that isn't UTF-8 are searched as Latin-1.
    if not character.isascii():
        forms.append(re.escape(octets.decode("latin-1")))
    return f"(?:{'|'.join(forms)})"


_JSON_SHORT = {'"': '"', "\\": "\\", "/": "/", "'": "'", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


def _any_case(hexadecimal: str) -> str:
    return "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in hexadecimal)


def _inside_base64(secret: bytes, before: int) -> str | None:
    """What `secret` is in base64 of text where it follows `before` (modulo 3) other bytes.

    The characters that also hold bits of a neighbouring byte are left out.
    """
    encoded = base64.b64encode(b"\0" * before + secret).decode("ascii").rstrip("=")
    start = (0, 2, 3)[before]
    stop = len(encoded) if (before + len(secret)) % 3 == 0 else len(encoded) - 1
    core = encoded[start:stop]
    if len(core) < _MIN_BASE64_LENGTH:
        return None
    return core


@cache
def _base64_spellings(character: str) -> str:
    if character == "+":
        return r"(?:\+|-|%(?:25)*2[bB]|\\\\*u002[bB])"
    if character == "/":
        return r"(?:/|_|%(?:25)*2[fF]|\\\\*/|\\\\*u002[fF])"
    return re.escape(character)


_HINTS = ("_token", "password", "_secret", "&#")
_ESCAPED_LETTERS = (("\\u00", re.compile(r"\\u00[4-7]")), ("%", re.compile(r"%(?:25)*[4-7]")))


def _could_name_a_secret(folded: str) -> bool:
    """Whether a text in folded case may hold a secret field's name: a part of it, or an escape of a letter or of `_`.

    Quick to tell, and most texts hold neither.
    """
    if any(hint in folded for hint in _HINTS):
        return True
    return any(begins in folded and escape.search(folded) is not None for begins, escape in _ESCAPED_LETTERS)


@cache
def _field_patterns() -> tuple[re.Pattern[str], ...]:
    """Values by the name of their field: JSON, JSON inside a string, forms, multipart forms."""
    name = "(?:" + "|".join("".join(map(_spellings, field)) for field in SECRET_FIELDS) + ")"
    space = r"[ \t\r\n]*"
    start = r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-F][0-9A-F]))"
    return tuple(
        re.compile(pattern, re.IGNORECASE | re.DOTALL)
        for pattern in (
            # "name": "value"; a value that the end of the text cuts off counts too
            rf'(?P<before>"{name}"{space}:{space}")(?:(?:[^"\\]|\\.)*)(?P<after>"|\\?\Z)',
            # "name": 1234, true
            rf'(?P<before>"{name}"{space}:{space})(?P<bare>[^"\s\[{{,}}\]n][^\s,}}\]]*)(?P<after>)',
            # \"name\": \"value\", at any depth, and 'name': 'value'
            rf"""(?P<before>(?P<q>\\+"|'){name}(?P=q){space}:{space}(?P=q))(?:.*?)(?P<after>(?<!\\)(?P=q)|\Z)""",
            # name=value
            rf"""(?P<before>{start}{name}(?:=|%(?:25)*3D))(?:[^&\s"'<>\\;,]+)(?P<after>)""",
            # Content-Disposition: form-data; name="name" … value
            rf'(?P<before>name="?{name}"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)(?:[^\r\n]+)(?P<after>)',
        )
    )
