"""Which exchange of one run asks what an exchange of another asked: by check, by what is asked, and in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from conformance.comparison.masking import shape_of
from conformance.comparison.own import OwnNames
from conformance.evidence.exchange import Exchange


@dataclass(frozen=True)
class Pairing:
    """The exchanges that ask the same, and those of each run that have no counterpart.

    A question that a check repeats is waiting for something, so that how often it was asked doesn't count.
    """

    pairs: tuple[tuple[Exchange, Exchange], ...]
    only_live: tuple[Exchange, ...]
    only_mock: tuple[Exchange, ...]


def pair(live: Iterable[Exchange], mock: Iterable[Exchange]) -> Pairing:
    """Pair the exchanges of the checks."""
    here, there = _by_question(live), _by_question(mock)
    return Pairing(
        pairs=tuple(found for key in here if key in there for found in _paired(here[key], there[key])),
        only_live=tuple(one for key, asked in here.items() if key not in there for one in asked),
        only_mock=tuple(one for key, asked in there.items() if key not in here for one in asked),
    )


def concurrent_names(exchanges: Sequence[Exchange], own: OwnNames) -> set[str]:
    """The run's names in requests that were under way at the same time: in which order they took effect is chance."""
    timed = sorted(((_moment(one), one) for one in exchanges), key=lambda pair: pair[0])
    found: set[str] = set()
    until, last = float("-inf"), None
    for start, one in timed:
        if start < until and last is not None:
            found |= own.sent(one.request) | own.sent(last.request)
        if start + one.elapsed_seconds > until:
            until, last = start + one.elapsed_seconds, one
    return found


def _moment(exchange: Exchange) -> float:
    try:
        return datetime.fromisoformat(exchange.started_at).timestamp()
    except ValueError:
        return float("-inf")


def _by_question(exchanges: Iterable[Exchange]) -> dict[tuple[str, ...], list[Exchange]]:
    found: dict[tuple[str, ...], list[Exchange]] = {}
    for one in exchanges:
        # What a run does before and after its checks has no node id, and depends on how it was started.
        if one.check is not None and "::" in one.check:
            found.setdefault(_question(one), []).append(one)
    return found


def _question(exchange: Exchange) -> tuple[str, ...]:
    """What is asked, whatever ids the instance gave to what it is about and whichever files were uploaded."""
    request = exchange.request
    parts = (f"{part.name} {shape_of(part.text or '').rest}" for part in request.parts)
    asked = shape_of(request.body or "").rest
    return (exchange.check or "", request.method, shape_of(request.path).rest, request.credential, asked, *parts)


def _paired(live: list[Exchange], mock: list[Exchange]) -> Iterator[tuple[Exchange, Exchange]]:
    shared = min(len(live), len(mock))
    yield from zip(live[: shared - 1], mock[: shared - 1], strict=True)
    yield live[-1], mock[-1]
