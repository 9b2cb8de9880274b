"""What differs around the replies' bodies: statuses, the server's own headers, its certificate and its document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.comparison.loading import RecordedDocument, RecordedRun
from conformance.evidence.exchange import Exchange
from conformance.evidence.redaction import REDACTED

NO_REPLY = "no reply"
_MIN_REPLIES = 10
_OWN = 0.9
"""The share of all replies that a header is in, always with one value, where it is taken for the server's own."""
_ABSENT = "none"


@dataclass(frozen=True)
class StatusChange:
    """A status that an endpoint answered in one of the runs only; the number of times in each."""

    endpoint: str
    status: str
    old: int
    new: int


@dataclass(frozen=True)
class Property:
    """Something that each run notes of its target, and that isn't the same."""

    name: str
    old: str
    new: str


def compare_statuses(old: Iterable[Exchange], new: Iterable[Exchange]) -> tuple[StatusChange, ...]:
    """The statuses that came or went, of the endpoints that both runs asked."""
    before, after = _statuses(old), _statuses(new)
    return tuple(
        StatusChange(endpoint, status, before[endpoint][status], after[endpoint][status])
        for endpoint in sorted(before.keys() & after.keys())
        for status in sorted(before[endpoint].keys() ^ after[endpoint].keys())
    )


def compare_target(old: RecordedRun, new: RecordedRun) -> tuple[Property, ...]:
    """Headers, certificate and OpenAPI document. What only one of the runs noted at all isn't compared."""
    found = [*_document(old.document, new.document)]
    if old.identity and new.identity:
        found += _compared(dict(old.identity), dict(new.identity))
    if old.exchanges and new.exchanges:
        told = {one.name for one in found}
        headers = _compared(_headers(old.exchanges), _headers(new.exchanges))
        found += [one for one in headers if one.name not in told]
    return tuple(found)


def _statuses(exchanges: Iterable[Exchange]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for one in exchanges:
        if one.endpoint is not None:
            status = NO_REPLY if one.response is None else str(one.response.status)
            found.setdefault(one.endpoint, Counter())[status] += 1
    return found


def _headers(exchanges: Iterable[Exchange]) -> dict[str, str]:
    """The headers that say something of the server: nearly every reply has them, and always with the same value."""
    values: dict[str, Counter[str]] = {}
    replies = [one.response for one in exchanges if one.response is not None]
    for reply in replies:
        for name, value in {header.lower(): value for header, value in reply.headers}.items():
            values.setdefault(f"header {name}", Counter())[value] += 1
    if len(replies) < _MIN_REPLIES:
        return {}
    return {
        name: next(iter(seen))
        for name, seen in values.items()
        if len(seen) == 1 and seen.total() >= _OWN * len(replies) and REDACTED not in seen
    }


def _compared(old: dict[str, str], new: dict[str, str]) -> Iterator[Property]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if before != after:
            yield Property(name, before, after)


def _document(old: RecordedDocument | None, new: RecordedDocument | None) -> Iterator[Property]:
    if old is None or new is None:
        if old is not new:
            yield Property("OpenAPI document", old.url if old else _ABSENT, new.url if new else _ABSENT)
        return
    said = (
        ("OpenAPI document", old.url, new.url),
        ("OpenAPI version", old.version, new.version),
        ("OpenAPI digest", old.sha256[:12], new.sha256[:12]),
        ("OpenAPI differences from the contract", str(old.differences), str(new.differences)),
    )
    for name, before, after in said:
        if before != after:
            yield Property(name, before or _ABSENT, after or _ABSENT)
