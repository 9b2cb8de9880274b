"""An OpenAPI document as a flat table: endpoints, the fields of their requests and replies, and their statuses.

Takes OpenAPI 3.0 (`nullable`, `allOf` around a reference) and 3.1. The document may be an instance's own, so nothing in
it is trusted: references are followed within bounds, and what has another shape than OpenAPI says is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MAX_STEPS = 60_000
"""Schemas that are looked at in one document; references make a small document as large as they like. Ours."""

MAX_REFERENCES = 64
"""References on the way to one field. Ours."""

MAX_NAME = 200
"""Characters of a name or a value that are kept. Ours."""

_JSON_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


class TooComplex(ValueError):
    """The document describes more than is looked at."""


@dataclass(frozen=True, slots=True)
class Field:
    """One described field: the JSON types that it may have (none where any), and its values (None where any)."""

    types: frozenset[str]
    required: bool
    values: frozenset[str] | None = None


@dataclass(frozen=True)
class Operation:
    """What a document says of one POST: fields by pointer (`models[].id`), and statuses.

    Of a form the parts are the first names of the pointers (`metadata.name`). `response` is the first success.
    """

    request: Mapping[str, Field] = field(default_factory=dict)
    response: Mapping[str, Field] = field(default_factory=dict)
    statuses: frozenset[str] = frozenset()


def flatten(document: Any) -> dict[str, Operation]:
    """The POST operations of a parsed OpenAPI document by path, the server's own path before it.

    Raises TooComplex for a document that describes more than `MAX_STEPS` schemas.
    """
    reader = _Reader(document)
    before = _server_path(document)
    found = {}
    for path, item in _items(_get(document, "paths")):
        operation = reader.resolved(_get(reader.resolved(item), "post"))
        if isinstance(operation, Mapping):
            found[f"{before}{path}".rstrip("/")[:MAX_NAME]] = reader.operation(operation)
    return found


def _server_path(document: Any) -> str:
    servers = _get(document, "servers")
    url = _get(servers[0], "url") if isinstance(servers, list) and servers else None
    try:
        return urlsplit(url).path.rstrip("/") if isinstance(url, str) else ""
    except ValueError:
        return ""


@dataclass
class _Shape:
    """What a schema allows, its references and combinations worked in."""

    types: set[str] = field(default_factory=set)
    values: set[str] | None = None
    properties: dict[str, list[Any]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: list[Any] = field(default_factory=list)


class _Reader:
    def __init__(self, document: Any) -> None:
        self._document = document
        self._steps = 0

    def operation(self, operation: Mapping[Any, Any]) -> Operation:
        """The fields and statuses of one operation."""
        responses = {str(status): reply for status, reply in _items(_get(operation, "responses"))}
        success = next((responses[status] for status in responses if status.startswith("2")), None)
        body = self.resolved(_get(operation, "requestBody"))
        return Operation(
            request=dict(self._fields(self._schema(_get(body, "content")))),
            response=dict(self._fields(self._schema(_get(self.resolved(success), "content")))),
            statuses=frozenset(status[:MAX_NAME] for status in responses),
        )

    def resolved(self, node: Any) -> Any:
        """What a node that may be a reference stands for; None where the reference leads nowhere."""
        return self._resolved(node)[0]

    def _schema(self, content: Any) -> Any:
        kinds = {str(kind).partition(";")[0].strip().lower(): media for kind, media in _items(content)}
        chosen = next((kinds[kind] for kind in kinds if kind.endswith("json")), kinds.get("multipart/form-data"))
        return _get(chosen, "schema")

    def _fields(self, schema: Any) -> Iterator[tuple[str, Field]]:
        yield from self._inside([schema], "", ())

    def _inside(self, schemas: list[Any], pointer: str, seen: tuple[str, ...]) -> Iterator[tuple[str, Field]]:
        shape, seen = self._all_of(schemas, seen)
        while shape.items:
            (shape, seen), pointer = self._all_of(shape.items, seen), f"{pointer}[]"
        for name, parts in shape.properties.items():
            inner = f"{pointer}.{name}" if pointer else name
            found, _ = self._all_of(parts, seen)
            values = None if found.values is None else frozenset(found.values)
            yield inner, Field(frozenset(found.types), name in shape.required, values)
            yield from self._inside(parts, inner, seen)

    def _all_of(self, schemas: list[Any], seen: tuple[str, ...]) -> tuple[_Shape, tuple[str, ...]]:
        whole = _Shape()
        for schema in schemas:
            shape, deeper = self._shape(schema, seen)
            whole = _both(whole, shape)
            seen = tuple(dict.fromkeys((*seen, *deeper)))
        return whole, seen

    def _shape(self, schema: Any, seen: tuple[str, ...]) -> tuple[_Shape, tuple[str, ...]]:
        """What a schema allows, and the references on the way, which mustn't be followed again further in."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooComplex("it describes more than is compared")
        schema, seen = self._resolved(schema, seen)
        if not isinstance(schema, Mapping):
            return _Shape(), seen
        shape = _own(schema)
        if isinstance(parts := schema.get("allOf"), list):
            inner, seen = self._all_of(parts, seen)
            shape = _both(shape, inner)
        for key in ("anyOf", "oneOf"):
            if isinstance(branches := schema.get(key), list) and branches:
                shape = _both(shape, _either([self._shape(branch, seen)[0] for branch in branches]))
        if schema.get("nullable") is True and shape.types:
            shape.types.add("null")
        return shape, seen

    def _resolved(self, node: Any, seen: tuple[str, ...] = ()) -> tuple[Any, tuple[str, ...]]:
        while isinstance(node, Mapping) and isinstance(reference := node.get("$ref"), str):
            if reference in seen or len(seen) >= MAX_REFERENCES:
                return None, seen
            seen = (*seen, reference)
            node = self._lead(reference)
        return node, seen

    def _lead(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            return None
        node = self._document
        for step in reference[2:].split("/"):
            node = _get(node, step.replace("~1", "/").replace("~0", "~"))
        return node


def _own(schema: Mapping[Any, Any]) -> _Shape:
    """What a schema says itself, without what it refers to."""
    kinds = schema.get("type")
    types = {kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind in _JSON_TYPES}
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    scalars = [value for value in listed if not isinstance(value, dict | list)] if isinstance(listed, list) else None
    properties = {str(name)[:MAX_NAME]: [part] for name, part in _items(schema.get("properties"))}
    required = schema.get("required")
    names = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    items = [schema["items"]] if isinstance(schema.get("items"), Mapping) else []
    if not types:
        types = {kind for kind, has in (("object", properties), ("array", items)) if has}
        types |= {_type_of(value) for value in scalars or ()}
    values = None if scalars is None else {_shown(value) for value in scalars if value is not None}
    return _Shape(types, values, properties, names, items)


def _both(one: _Shape, other: _Shape) -> _Shape:
    """What two schemas allow together."""
    properties = {name: list(parts) for name, parts in one.properties.items()}
    for name, parts in other.properties.items():
        properties.setdefault(name, []).extend(parts)
    return _Shape(
        types=one.types & other.types if one.types and other.types else one.types | other.types,
        values=other.values if one.values is None else one.values & (other.values or one.values),
        properties=properties,
        required=one.required | other.required,
        items=one.items + other.items,
    )


def _either(shapes: list[_Shape]) -> _Shape:
    """What any of several schemas allows."""
    objects = [shape for shape in shapes if shape.properties or shape.required]
    valued = [shape.values for shape in shapes if shape.types != {"null"}]
    properties: dict[str, list[Any]] = {}
    for shape in shapes:
        for name, parts in shape.properties.items():
            # Two branches that describe one field differently are one field of either kind.
            described = [part for branches in properties.get(name, []) for part in branches["anyOf"]]
            properties[name] = [{"anyOf": [*described, {"allOf": parts}]}]
    return _Shape(
        types={kind for shape in shapes for kind in shape.types} if all(s.types for s in shapes) else set(),
        values=None if any(v is None for v in valued) else {v for values in valued for v in values or ()},
        properties=properties,
        required=set.intersection(*(shape.required for shape in objects)) if objects else set(),
        items=[{"anyOf": [part for shape in shapes for part in shape.items]}] if any(s.items for s in shapes) else [],
    )


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"


def _shown(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, default=str))[:MAX_NAME]


def _get(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, Mapping) else None


def _items(node: Any) -> list[tuple[Any, Any]]:
    return list(node.items()) if isinstance(node, Mapping) else []
