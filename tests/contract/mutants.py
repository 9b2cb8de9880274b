"""Bodies with exactly one thing wrong, made by walking a schema beside a body that conforms."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
Segments = tuple[str | int, ...]

SAMPLES: dict[str, Any] = {
    "array": ["x"],
    "boolean": True,
    "integer": 7,
    "null": None,
    "number": 1.5,
    "object": {"x": 1},
    "string": "x",
}


@dataclass(frozen=True)
class Mutant:
    """A body whose only fault is at `path` (with indices) or `pointer` (without)."""

    kind: str
    path: str
    pointer: str
    body: Any

    def __str__(self) -> str:
        return f"{self.path or 'root'}-{self.kind}"


def mutants(schema: Schema, body: Any) -> Iterator[Mutant]:
    """Every required property removed and renamed, and every value as each type that it can't have."""
    for segments, part, required in _walk(schema, body, (), required=False):
        path, pointer = _text(segments, indices=True), _text(segments, indices=False)
        if required:
            removed = deepcopy(body)
            del _parent(removed, segments)[segments[-1]]
            yield Mutant("removed", path, pointer, removed)
            renamed = deepcopy(body)
            parent = _parent(renamed, segments)
            parent[f"{segments[-1]}_"] = parent.pop(segments[-1])
            yield Mutant("renamed", path, pointer, renamed)
        for kind in sorted(set(SAMPLES) - allowed_types(part)):
            yield Mutant(f"as-{kind}", path, pointer, replaced(body, segments, SAMPLES[kind]))


def replaced(body: Any, segments: Segments, value: Any) -> Any:
    """A copy of the body with the value at `segments` replaced; the value itself at the root."""
    if not segments:
        return value
    copy = deepcopy(body)
    _parent(copy, segments)[segments[-1]] = value
    return copy


def positions(body: Any, segments: Segments = ()) -> Iterator[Segments]:
    """Where every value of the body stands, the root first."""
    yield segments
    if isinstance(body, dict):
        for name, value in body.items():
            yield from positions(value, (*segments, name))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from positions(value, (*segments, index))


def allowed_types(schema: Schema) -> set[str]:
    """The JSON types that a schema admits."""
    if "type" not in schema:
        return {kind for branch in schema["anyOf"] for kind in allowed_types(branch)}
    kinds = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    return kinds | ({"integer"} if "number" in kinds else set())


def _walk(schema: Schema, body: Any, at: Segments, *, required: bool) -> Iterator[tuple[Segments, Schema, bool]]:
    yield at, schema, required
    if isinstance(body, dict):
        names = schema.get("required", [])
        for name in schema.get("properties", {}):
            if name in body:
                part = schema["properties"][name]
                yield from _walk(part, body[name], (*at, name), required=name in names)
    elif isinstance(body, list) and "items" in schema:
        for index in sorted({0, len(body) - 1} if body else ()):
            yield from _walk(schema["items"], body[index], (*at, index), required=False)


def _parent(body: Any, segments: Segments) -> Any:
    for segment in segments[:-1]:
        body = body[segment]
    return body


def _text(segments: Segments, *, indices: bool) -> str:
    parts = [f"[{item if indices else ''}]" if isinstance(item, int) else f".{item}" for item in segments]
    return "".join(parts).removeprefix(".")
