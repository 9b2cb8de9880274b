"""Secrets of a HAR file beyond those that the redactor knows by itself: by their headers' and parameters' names.

A browser shows cookies, tokens and sessions of whatever it talked to, under names that nobody can list.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote

from conformance.evidence.exchange import Credential
from conformance.evidence.redaction import REDACTED, SECRET_HEADERS, Redactor

MAX_SECRETS = 200
"""Secrets that are looked for everywhere; those beyond go with their header."""

_SECRET_NAME = re.compile(r"(?i)token|secret|cookie|session|authorization|passw|api-?_?key|csrf|xsrf|credential|^code$")
_PUBLIC_HEADERS = re.compile(r"(?i)^(www-authenticate|access-control-.*|content-.*)$")


class Subjects:
    """Tells whose token a request carries: the first one's at each origin is the recording's own user."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def credential(self, origin: str, headers: list[list[str]]) -> Credential:
        """Whose token went along; the recording's own user's where the file shows none."""
        value = next((value for name, value in headers if name.lower() == "authorization"), None)
        if value is None:
            return "session"
        return "session" if self._first.setdefault(origin, _subject(value)) == _subject(value) else "other"


def _subject(authorization: str) -> str:
    """Whom a token is of; tokens are replaced by others every minute. Source: RFC 7519, section 4.1.2."""
    claims = authorization.split(".")[1:2]
    try:
        told = json.loads(base64.urlsafe_b64decode(claims[0] + "==")) if claims else {}
    except (ValueError, RecursionError):
        told = {}
    subject = told.get("sub") if isinstance(told, dict) else None
    return f"sub {subject}" if isinstance(subject, str) else authorization


def learn(entries: Iterable[Any], redactor: Redactor) -> None:
    """Tell the redactor the credentials in the headers, which stand in URLs and bodies too."""
    known: dict[str, None] = {}
    for entry in entries:
        for side in ("request", "response"):
            holder = entry.get(side) if isinstance(entry, dict) else None
            found = holder.get("headers") if isinstance(holder, dict) else None
            for header in found if isinstance(found, list) else []:
                known.update(dict.fromkeys(_credentials(header)))
    for secret in list(known)[:MAX_SECRETS]:
        redactor.add(secret)


def _credentials(header: object) -> Iterator[str]:
    name = header.get("name") if isinstance(header, dict) else None
    value = header.get("value") if isinstance(header, dict) else None
    if not isinstance(name, str) or not isinstance(value, str) or not _is_secret_header(name):
        return
    if "cookie" in name.lower():
        crumbs = value.split(";")[: 1 if name.lower() == "set-cookie" else None]
        yield from (crumb for part in crumbs if len(crumb := part.partition("=")[2].strip()) >= 16)
    elif len(value) >= 8:
        yield value.partition(" ")[2] or value


def _is_secret_header(name: str) -> bool:
    return name.lower() in SECRET_HEADERS or bool(_SECRET_NAME.search(name) and not _PUBLIC_HEADERS.match(name))


def without_secrets(headers: list[list[str]]) -> list[list[str]]:
    """Headers without the values of those that a name calls a secret."""
    return [[name, REDACTED if value and _is_secret_header(name) else value] for name, value in headers]


def query_without_secrets(query: str) -> str:
    """A query without what its names call a secret; as it is where it has none."""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=10_000)
    if not any(_SECRET_NAME.search(name) for name, _ in pairs):
        return query
    return "&".join(
        f"{quote(name)}={REDACTED if value and _SECRET_NAME.search(name) else quote(value)}" for name, value in pairs
    )
