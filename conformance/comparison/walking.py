"""Two replies to one question, value by value: what differs, and what only seems to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.comparison.fields import MAX_DEPTH, below, json_type
from conformance.comparison.masking import Names, TokenKind, shape_of
from conformance.comparison.own import OwnNames

Kind = Literal["status", "header", "body", "missing", "extra", "type", "null", "value", "length", "order"]

_MAX_SEEN = 1000
_MAX_ALIKE = 20

Keyed = tuple[tuple[str, ...], Any]
"""An item of a list with the texts in it that the run made up: what it is known by."""


@dataclass(frozen=True)
class Found:
    """One place where two replies differ. `live` and `mock` are how it reads; `tokens` are the parts of a text that
    differ and may be the same thing under two names: it is a difference where one of them isn't.
    """

    path: str
    kind: Kind
    live: str
    mock: str
    tokens: tuple[tuple[TokenKind, str, str], ...] = ()
    looks: tuple[str, str] | None = None  #: the two as `Walker.seen` has them
    timely: bool = False  #: the texts differ in nothing but how a time is written

    @property
    def name(self) -> str:
        """The last field of the path."""
        return self.path.rpartition(".")[2].removesuffix("[]")


@dataclass
class Walker:
    """Walks pairs of values. Notes in `names` what stands where, and in `seen` which values each run shows of a field.

    `own` tells the runs' own things from others. The order of `unordered` names is chance. `pairs` counts what was
    compared, by place and path.
    """

    own: OwnNames
    names: Names
    unordered: set[str] = field(default_factory=set)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen: tuple[dict[str, set[str]], dict[str, set[str]]] = field(default_factory=lambda: ({}, {}))

    def walk(self, place: str, live: Any, mock: Any, path: str = "", depth: int = 0) -> Iterator[Found]:
        """What differs between the values at `path` of replies to the endpoint `place`."""
        self.pairs[place, path] += 1
        self._note(0, path, live)
        self._note(1, path, mock)
        kinds = json_type(live), json_type(mock)
        if kinds[0] != kinds[1]:
            looks = reading_of(live), reading_of(mock)
            yield Found(path, "null" if "null" in kinds else "type", _shown(live), _shown(mock), looks=looks)
        elif depth < MAX_DEPTH and isinstance(live, dict):
            yield from self._objects(place, live, mock, path, depth)
        elif depth < MAX_DEPTH and isinstance(live, list):
            yield from self._lists(place, live, mock, path, depth)
        elif isinstance(live, str):
            if live != mock and not (self.own.only_of_one(live) or self.own.only_of_one(mock)):
                yield self._texts(place, live, mock, path)
        elif kinds[0] == "integer":
            self.names.note(f"{place} {path}", "number", str(live), str(mock))
            if live != mock:
                yield Found(path, "value", str(live), str(mock), (("number", str(live), str(mock)),))
        elif live != mock and not isinstance(live, dict | list):
            yield Found(path, "value", _shown(live), _shown(mock), looks=(reading_of(live), reading_of(mock)))

    def _objects(
        self, place: str, live: dict[str, Any], mock: dict[str, Any], path: str, depth: int
    ) -> Iterator[Found]:
        for key in dict.fromkeys([*live, *mock]):
            if key not in mock:
                yield Found(below(path, key), "missing", _shown(live[key]), "absent")
            elif key not in live:
                yield Found(below(path, key), "extra", "absent", _shown(mock[key]))
            else:
                yield from self.walk(place, live[key], mock[key], below(path, key), depth + 1)

    def _lists(self, place: str, live: list[Any], mock: list[Any], path: str, depth: int) -> Iterator[Found]:
        here, there = ([(self.own.key(item), item) for item in items] for items in (live, mock))
        keyed = any(key for key, _ in [*here, *there])
        if keyed:
            # Among the runs' own things, those of others say nothing.
            here, there = ([one for one in items if one[0]] for items in (here, there))
        if len(here) != len(there):
            lengths = length_of(here), length_of(there)
            yield Found(path, "length", *lengths, looks=None if keyed else lengths)
        for items in (here, there):
            self._note_repeated(place, [item for _, item in items], path)
        places = []
        waiting = dict(enumerate(there))
        for key, item in here:
            place_there = _likest(key, item, waiting)
            if place_there is None:
                continue
            other = waiting.pop(place_there)[1]
            yield from self.walk(place, item, other, f"{path}[]", depth + 1)
            if self.unordered.isdisjoint(key):
                places.append(place_there)
        if places != sorted(places):
            yield Found(path, "order", "in one order", "in another")

    def _note_repeated(self, place: str, items: list[Any], path: str) -> None:
        objects = [item for item in items if isinstance(item, dict)]
        for key in dict.fromkeys(key for item in objects for key in item):
            numbers = [item[key] for item in objects if type(item.get(key)) is int]
            if len(set(numbers)) < len(numbers):
                self.names.note_repeated(f"{place} {below(f'{path}[]', key)}")

    def _texts(self, place: str, live: str, mock: str, path: str) -> Found:
        here, there = shape_of(live), shape_of(mock)
        if here.rest != there.rest:
            timely = here.timeless == there.timeless
            texts = (here.rest, there.rest) if timely else (live, mock)
            return Found(path, "value", *texts, looks=(here.rest, there.rest), timely=timely)
        tokens = [(kind, a, b) for (kind, a), (_, b) in zip(here.tokens, there.tokens, strict=True) if a != b]
        for kind, a, b in tokens:
            if kind != "number":
                self.names.note(place, kind, a, b)
        # Without tokens only the moment of a time differs: the empty text on both sides stands for no difference.
        return Found(path, "value", live if tokens else "", mock if tokens else "", tuple(tokens))

    def _note(self, side: int, path: str, value: Any) -> None:
        seen = self.seen[side].setdefault(path.rpartition(".")[2].removesuffix("[]"), set())
        if len(seen) < _MAX_SEEN:
            seen.add(length_of(value) if isinstance(value, list) else reading_of(value))


def _likest(key: tuple[str, ...], item: Any, waiting: Mapping[int, Keyed]) -> int | None:
    """Which of the items with that key has the most fields with the same values; the first of several."""
    same = [place for place, (other, _) in waiting.items() if other == key][:_MAX_ALIKE]
    if not isinstance(item, dict) or len(same) < 2:
        return same[0] if same else None

    def likeness(place: int) -> int:
        other = waiting[place][1]
        return sum(1 for name in item if name in other and item[name] == other[name]) if isinstance(other, dict) else -1

    return max(same, key=likeness)


def length_of(items: Sequence[Any]) -> str:
    """The length of a list as it is told."""
    return f"{len(items)} item{'s' * (len(items) != 1)}"


def reading_of(value: Any) -> str:
    """A value as it is told apart from others over time: a text by its shape, an object or list by its type."""
    return shape_of(value).rest if isinstance(value, str) else _shown(value)


def _shown(value: Any) -> str:
    if type(value) is int:
        return str(value)  # json.dumps says the same, ten times slower
    return json_type(value) if isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False)
