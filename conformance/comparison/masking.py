"""What of a text a run decides, and what the instance makes up: times, UUIDs, digests and numbers of its own.

Two runs with one run id send the same names and files. What still differs in their *requests* came from an instance's
reply before, so it is the same thing under two names (`Names.learn`). Of what only replies hold, UUIDs, digests and
ids are the same thing where one always stands for the other, in both directions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

TokenKind = Literal["uuid", "digest", "number"]

_MADE_UP = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<uuid>[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})"
    r"|(?P<digest>(?<![0-9A-Za-z])(?:[0-9a-f]{16,}|[0-9A-F]{16,})(?![0-9A-Za-z]))"
    r"|(?P<number>\d+)"
)
_TIME = re.compile(r"<time to (\d) digits, ([^>]*)>")
_DIGITS_OF_UNITS = (0, 3, 6, 9)
"""Digits of a second's fraction in whole seconds, milli-, micro- and nanoseconds. Writers drop zeros at the end."""


@dataclass(frozen=True)
class Shape:
    """A text with what an instance makes up taken out: the rest, and what was taken, in order.

    Of a time stays how it is written: the digits of its fraction, to the next unit, and its zone.
    """

    rest: str
    tokens: tuple[tuple[TokenKind, str], ...]

    @property
    def timeless(self) -> str:
        """The rest, however times are written."""
        return _TIME.sub("<time>", self.rest)


@lru_cache(maxsize=8192)
def shape_of(text: str) -> Shape:
    """The shape of a text."""
    tokens: list[tuple[TokenKind, str]] = []

    def take(match: re.Match[str]) -> str:
        if match["time"]:
            digits = len(match["fraction"] or ".") - 1
            unit = next((unit for unit in _DIGITS_OF_UNITS if digits <= unit), digits)
            return f"<time to {unit} digits, {match['zone'] or 'no zone'}>"
        kind: TokenKind = "uuid" if match["uuid"] else "digest" if match["digest"] else "number"
        tokens.append((kind, match[0]))
        if kind == "digest":
            return f"<{len(match[0])} {'upper' if match[0].isupper() else 'lower'}-case hex digits>"
        return f"<{kind}>"

    return Shape(_MADE_UP.sub(take, text), tuple(tokens))


def precision(rests: Iterable[str]) -> int:
    """The most digits of a second's fraction in the rests of texts: one time alone may end in zeros."""
    return max((int(digits) for rest in rests for digits, _ in _TIME.findall(rest)), default=0)


def zones(rest: str) -> list[str]:
    """The zones of the times in the rest of a text."""
    return [zone for _, zone in _TIME.findall(rest)]


@dataclass
class Pairs:
    """Which values of one run stand where which of the other do."""

    forth: dict[str, set[str]] = field(default_factory=dict)
    back: dict[str, set[str]] = field(default_factory=dict)

    def note(self, live: str, mock: str) -> None:
        """One value of each, seen at the same place."""
        self.forth.setdefault(live, set()).add(mock)
        self.back.setdefault(mock, set()).add(live)

    def always(self, live: str, mock: str) -> bool:
        """Whether each of the two only ever stands for the other."""
        return self.forth.get(live) == {mock} and self.back.get(mock) == {live}

    @property
    def one_to_one(self) -> bool:
        return all(len(seen) == 1 for seen in (*self.forth.values(), *self.back.values()))

    def all_different(self) -> set[tuple[str, str]]:
        """The pairs of different values."""
        return {(live, mock) for live, mocks in self.forth.items() for mock in mocks if mock != live}

    @property
    def different(self) -> int:
        return len(self.all_different())


@dataclass
class Names:
    """What is the same thing in both runs under two names."""

    learned: set[tuple[str, str]] = field(default_factory=set)
    sent: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    opaque: Pairs = field(default_factory=Pairs)
    numbers: dict[str, Pairs] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)

    def learn(self, live: str, mock: str) -> None:
        """Two values that paired requests hold at the same place."""
        if live != mock:
            self.learned.add((live, mock))

    def note_sent(self, live: Iterable[str], mock: Iterable[str]) -> None:
        """Values that the runs decide: their digests can't be the instance's own."""
        self.sent[0].update(live)
        self.sent[1].update(mock)

    def note(self, place: str, kind: TokenKind, live: str, mock: str) -> None:
        """One value of each reply at a place."""
        pairs = self.numbers.setdefault(place, Pairs()) if kind == "number" else self.opaque
        pairs.note(live, mock)

    def note_repeated(self, place: str) -> None:
        """One reply has the same number at a place twice: it isn't the id of what is listed there."""
        self.repeated.add(place)

    def ids(self) -> dict[str, Pairs]:
        """The places whose numbers are taken for ids: several, each standing for another, none twice in a reply.

        Also those where one stands for another as it does at such a place: what is listed belongs to what has the id.
        """
        possible = {place: pairs for place, pairs in self.numbers.items() if pairs.different and pairs.one_to_one}
        sure = {place for place, pairs in possible.items() if place not in self.repeated and pairs.different > 1}
        known = {pair for place in sure for pair in possible[place].all_different()} | self.learned
        return {
            place: pairs
            for place, pairs in possible.items()
            if place in sure or not known.isdisjoint(pairs.all_different())
        }

    def same(self, kind: TokenKind, live: str, mock: str, ids: set[tuple[str, str]]) -> bool:
        """Whether the two are the same thing; `ids` are pairs of numbers that are ids."""
        if live == mock or (live, mock) in self.learned:
            return True
        if kind == "number":
            return (live, mock) in ids
        return live not in self.sent[0] and mock not in self.sent[1] and self.opaque.always(live, mock)
