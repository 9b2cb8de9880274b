"""What only a HAR of this suite tells: whose token went along, the digests of files, why a reply ended.

It stands in each entry's `_wallaroo`, as the format lets a tool add fields of its own. Anybody can write them, so what
isn't as we write it is passed over.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, cast

from conformance.evidence.exchange import Credential, Exchange, Failure, Part

FIELD = "_wallaroo"

_CREDENTIALS = ("session", "other", "none")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def with_own_fields(exchange: Exchange, entry: dict[str, Any]) -> Exchange:
    """The exchange with what the entry's own fields say of it; the same where it has none."""
    own = entry.get(FIELD)
    if not isinstance(own, dict):
        return exchange
    request, credential = exchange.request, own.get("credential")
    if credential in _CREDENTIALS:
        request = replace(request, credential=cast("Credential", credential))
    parts = _parts(request.parts, own.get("parts"))
    if parts is not None:
        cut = request.truncated and not request.parts
        request = replace(request, parts=parts, truncated=cut or isinstance(own.get("request_sha256"), str))
    return replace(exchange, request=request, error=_failure(own.get("error")) or exchange.error)


def _parts(parts: list[Part], told: object) -> list[Part] | None:
    """The parts with the sizes and digests that were noted; None where these aren't of the same parts."""
    if not parts or not isinstance(told, list) or len(told) != len(parts):
        return None
    found = []
    for part, note in zip(parts, told, strict=True):
        if not isinstance(note, dict) or note.get("name") != part.name:
            return None
        size, digest = note.get("size"), note.get("sha256")
        if type(size) is not int or size < 0 or not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            return None
        found.append(replace(part, size=size, sha256=digest))
    return found


def _failure(told: object) -> Failure | None:
    kind = told.get("kind") if isinstance(told, dict) else None
    message = told.get("message") if isinstance(told, dict) else None
    return Failure(kind, message) if isinstance(kind, str) and isinstance(message, str) else None
