"""What the fields of replies are like over a whole run: where they are, of which types, how often.

A run's replies of one kind make one tree: a node for each field, the items of a list as one node. An object whose
keys are data (ids, names, times) is a map: its values make one node, or each run would seem to have other fields.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.evidence.exchange import Exchange

MAX_KEYS = 300
"""Keys of one place in all replies above which they are taken for data. The longest documented object has 24."""
MAX_RARE_KEYS = 20
"""Keys of one place, most of them in few of its objects, above which they are taken for data."""
_RARE = 0.25
MAX_DEPTH = 32
MIN_SAMPLES = 10
"""Values that must have been seen before "never null" or "always there" means anything."""

_DATA = re.compile(
    r"\d+|[0-9a-f]{16,}|.*[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}.*|\d{4}-\d\d-\d\d.*|.*[\s/@].*|.{65,}|",
    re.IGNORECASE | re.DOTALL,
)
"""Keys that are data by their look: numbers, digests, UUIDs, dates, what has spaces or slashes, none, the very long."""

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


@dataclass
class Node:
    """One place in the replies: the types seen there (how often), the fields below, and what its lists hold."""

    types: Counter[str] = field(default_factory=Counter)
    fields: dict[str, Node] = field(default_factory=dict)
    items: Node | None = None
    values: Node | None = None  #: of a map, whose keys are data

    @property
    def seen(self) -> int:
        return sum(self.types.values())

    def add(self, value: Any, own: str, depth: int = 0) -> None:
        """Note one value. `own` is what names of the run have in common, so that they are known as data."""
        self.types[json_type(value)] += 1
        if depth == MAX_DEPTH:
            return
        if isinstance(value, list):
            self.items = self.items or Node()
            for item in value:
                self.items.add(item, own, depth + 1)
        elif isinstance(value, dict):
            for key, below in value.items():
                self._at(key, own).add(below, own, depth + 1)

    def _at(self, key: str, own: str) -> Node:
        if self.values is None and (_DATA.fullmatch(key) or (own and own in key) or len(self.fields) > MAX_KEYS):
            self.become_map()
        return self.values if self.values is not None else self.fields.setdefault(key, Node())

    def become_map(self) -> None:
        """Take the keys for data: what was below any of them is below all."""
        self.values = self.values or Node()
        for one in self.fields.values():
            self.values.merge(one)
        self.fields = {}

    @property
    def like_a_map(self) -> bool:
        rare = sum(1 for one in self.fields.values() if one.seen < _RARE * self.types["object"])
        return self.values is not None or rare > MAX_RARE_KEYS

    def merge(self, other: Node) -> None:
        """Note all that the other has noted."""
        self.types.update(other.types)
        for key, below in other.fields.items():
            self.fields.setdefault(key, Node()).merge(below)
        if other.items is not None:
            self.items = self.items or Node()
            self.items.merge(other.items)
        if other.values is not None:
            self.values = self.values or Node()
            self.values.merge(other.values)


Change = Literal["new", "gone", "type", "null", "presence"]


@dataclass(frozen=True)
class FieldChange:
    """A field of an endpoint's replies that isn't as it was. `path` is like `models[].versions[].sha`."""

    endpoint: str
    statuses: str
    path: str
    kind: Change
    old: str
    new: str


Shapes = dict[tuple[str, str], Node]
"""By endpoint and class of status (`2xx`)."""


def shapes_of(exchanges: Iterable[Exchange], run_id: str) -> Shapes:
    """What the JSON replies of each endpoint are like. Replies that were cut off or aren't JSON have no say."""
    shapes: Shapes = {}
    for exchange in exchanges:
        body = json_body(exchange)
        if exchange.endpoint is not None and exchange.response is not None and body is not NOT_JSON:
            key = exchange.endpoint, f"{exchange.response.status // 100}xx"
            shapes.setdefault(key, Node()).add(body, run_id)
    return shapes


def compare_fields(old: Shapes, new: Shapes) -> tuple[FieldChange, ...]:
    """What changed where both runs had replies; what is below a field that came or went isn't told again."""
    changes = []
    for endpoint, statuses in sorted(old.keys() & new.keys()):
        before, after = old[endpoint, statuses], new[endpoint, statuses]
        for path, kind, was, is_now in _compared(before, after, ""):
            changes.append(FieldChange(endpoint, statuses, path or "(the reply)", kind, was, is_now))
    return tuple(changes)


NOT_JSON = object()


def json_body(exchange: Exchange) -> Any:
    """The parsed reply of an exchange that came to its end, NOT_JSON where there is none."""
    response = exchange.response
    if response is None or exchange.error is not None or response.truncated or not response.body:
        return NOT_JSON
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return NOT_JSON


def json_type(value: Any) -> str:
    """The name of a JSON value's type; an integer is told from other numbers."""
    return "null" if value is None else _TYPES[type(value)]


def below(path: str, key: str) -> str:
    """The path of a field of what is at `path`."""
    plain = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
    return f"{path}.{plain}" if path else plain


Found = tuple[str, Change, str, str]


def _compared(old: Node, new: Node, path: str) -> Iterator[Found]:
    yield from _types(old, new, path)
    if old.like_a_map or new.like_a_map:
        old.become_map()
        new.become_map()
    for key in [*old.fields, *(key for key in new.fields if key not in old.fields)]:
        before, after = old.fields.get(key), new.fields.get(key)
        yield from _field(old, new, before, after, below(path, key))
    for before, after, where in ((old.items, new.items, f"{path}[]"), (old.values, new.values, f"{path}{{}}")):
        if before is not None and after is not None:
            yield from _compared(before, after, where)


def _field(parent: Node, parent_now: Node, old: Node | None, new: Node | None, path: str) -> Iterator[Found]:
    objects, objects_now = parent.types["object"], parent_now.types["object"]
    if old is None or new is None:
        # A place that has no object in one of the runs says nothing about its fields.
        if new is not None and objects:
            yield path, "new", "", _told(new, objects_now)
        elif old is not None and objects_now:
            yield path, "gone", _told(old, objects), ""
        return
    always, always_now = old.seen == objects, new.seen == objects_now
    if always != always_now and min(objects, objects_now) >= MIN_SAMPLES:
        yield path, "presence", _share(old.seen, objects), _share(new.seen, objects_now)
    yield from _compared(old, new, path)


def _types(old: Node, new: Node, path: str) -> Iterator[Found]:
    before, after = (_names(node) for node in (old, new))
    if before and after and before != after:
        yield path, "type", " or ".join(before), " or ".join(after)
    was, is_now = old.types["null"], new.types["null"]
    if bool(was) != bool(is_now) and min(old.seen, new.seen) >= MIN_SAMPLES:
        yield path, "null", _nulls(was, old.seen), _nulls(is_now, new.seen)


def _names(node: Node) -> list[str]:
    return sorted(name for name in node.types if name != "null")


def _told(node: Node, objects: int) -> str:
    kinds = " or ".join(_names(node)) or "null"
    return kinds if node.seen == objects else f"{kinds}, {_share(node.seen, objects)}"


def _nulls(nulls: int, seen: int) -> str:
    return f"null in {nulls} of {seen}" if nulls else f"never null in {seen}"


def _share(seen: int, objects: int) -> str:
    return f"in all {objects}" if seen == objects else f"in {seen} of {objects}"
