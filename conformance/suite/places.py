"""Where in a reply the value stands that a check is about, so that a report can mark its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract.schemas import FieldSpec, Violation
from conformance.contract.violations import to_path, type_names
from conformance.instance.errors import NotJSON
from conformance.instance.reply import Reply

_LAST_NAME = re.compile(r"\w+$")
_SHOULD_BE = ", but should be "

Segments = tuple[str | int, ...]
Container = dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a reply's JSON: its path with indices (`models[3].owner_id`, "" for all), and what should be there.

    `wanted` is a JSON text or the contract's words (`an integer`); None where nothing more is known.
    """

    path: str
    wanted: str | None = None


def place_of_violation(reply: Reply, body: Any, violation: Violation, specs: Sequence[FieldSpec] = ()) -> Place | None:
    """Where in the whole reply a violation of `body` is; `body` may be the reply without strangers' rows.

    `specs` tell what a missing value should be. None where the value can't be found.
    """
    path = _in_the_reply(reply, body, violation.path)
    return None if path is None else Place(path, _wanted(violation, specs))


def place_of_value(reply: Reply, what: str, value: Any, wanted: Any) -> Place | None:
    """Where the reply tells `value` under the name with which `what` ends, unless it does so in several places."""
    name = _LAST_NAME.search(what)
    if name is None:
        return None
    key = name.group()
    found = [
        to_path((*segments, key))
        for segments, container in _containers(_parsed(reply))
        if isinstance(container, dict) and key in container and _same(container[key], value)
    ]
    return Place(found[0], _as_json(wanted)) if len(found) == 1 else None


def _in_the_reply(reply: Reply, body: Any, path: str) -> str | None:
    whole = _parsed(reply)
    if body is whole:
        return path
    # Filtering rows makes a new list of the same rows: a row's own place is told by its identity alone.
    places = {id(container): to_path(segments) for segments, container in _containers(whole)}
    holders = [
        (to_path(segments), places[id(container)])
        for segments, container in _containers(body)
        if id(container) in places and _is_within(path, to_path(segments))
    ]
    if holders:
        inner, outer = max(holders, key=lambda holder: len(holder[0]))
        return _joined(outer, path[len(inner) :].removeprefix("."))
    return None if "[" in path else path


def _is_within(path: str, holder: str) -> bool:
    return path == holder or path.startswith((f"{holder}.", f"{holder}[")) or not holder


def _joined(holder: str, rest: str) -> str:
    return f"{holder}.{rest}" if holder and rest and not rest.startswith("[") else f"{holder}{rest}"


def _wanted(violation: Violation, specs: Sequence[FieldSpec]) -> str | None:
    if violation.keyword == "required":
        types = next((spec.types for spec in specs if spec.pointer == violation.pointer), ())
        return type_names(types) if types else None
    return violation.message.partition(_SHOULD_BE)[2] or None


def _containers(value: Any) -> Iterator[tuple[Segments, Container]]:
    """Every object and list in a value, outer ones first. Takes no stack: a reply nests as deep as it likes."""
    pending: list[tuple[Segments, Any]] = [((), value)]
    while pending:
        segments, found = pending.pop()
        if isinstance(found, dict | list):
            yield segments, found
            items = found.items() if isinstance(found, dict) else enumerate(found)
            pending.extend(((*segments, key), inner) for key, inner in items if isinstance(inner, dict | list))


def _parsed(reply: Reply) -> Any:
    try:
        return reply.json()
    except NotJSON:
        return None


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _as_json(value: Any) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return None
