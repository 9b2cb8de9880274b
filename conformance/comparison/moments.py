"""Which fields change by themselves, as the replies of one run show: what is read of them depends on the moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.comparison.fields import MAX_DEPTH, NOT_JSON, json_body
from conformance.comparison.masking import shape_of
from conformance.comparison.own import own_texts
from conformance.comparison.walking import length_of, reading_of
from conformance.evidence.exchange import Exchange


def fields_that_move(exchanges: Iterable[Exchange], run_id: str) -> set[str]:
    """The names of fields with another value in a later reply to the same question about the same thing."""
    before: dict[tuple[str, ...], str] = {}
    found: set[str] = set()
    for one in exchanges:
        body = json_body(one)
        if body is NOT_JSON or one.response is None or one.response.status >= 300 or one.request.parts:
            continue
        question = one.request.path, one.request.body or "", one.request.credential
        for path, (name, value) in _readable(body, run_id).items():
            if before.setdefault((*question, path), value) != value:
                found.add(name)
    return found


def _readable(body: Any, run_id: str) -> dict[str, tuple[str, str]]:
    """Name and value by path, without the paths that one reply has twice: of alike things none can be told again."""
    readable: dict[str, tuple[str, str]] = {}
    twice = set()
    for path, name, value in _readings(body, run_id):
        if path in readable:
            twice.add(path)
        readable[path] = name, value
    return {path: readable[path] for path in readable.keys() - twice}


def _readings(
    value: Any, run_id: str, path: str = "", name: str = "", depth: int = 0
) -> Iterator[tuple[str, str, str]]:
    """Each value with its path, in which the items of a list are told apart by what they are, not by their place."""
    if not isinstance(value, list):
        yield path, name, reading_of(value)
    elif not any(own_texts(value, run_id)):
        # A list of the run's own things grows by what the run does, and not by itself.
        yield path, name, length_of(value)
    if depth == MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _readings(one, run_id, f"{path}.{key}", key, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _readings(item, run_id, f"{path}[{_which(item, run_id)}]", name, depth + 1)


def _which(item: Any, run_id: str) -> str:
    texts = sorted(set(own_texts(item, run_id)))
    values = item.values() if isinstance(item, dict) else ()
    uuids = (text for one in values if isinstance(one, str) for kind, text in shape_of(one).tokens if kind == "uuid")
    return " ".join([*texts, *uuids])
