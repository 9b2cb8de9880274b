"""The JSON Schemas of a release's OpenAPI document, as judges of bodies.

jsonschema-rs says fast whether a body conforms, jsonschema says what is wrong; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from conformance.contract.violations import Violation, explain
from conformance.errors import UsageError

__all__ = ["FieldSpec", "Schemas", "Violation"]

FIRST_ERROR_STATUS = 400
"""Statuses from here on are refusals, whose body is the error envelope."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One documented property of a reply.

    `pointer` names it (`models[].owner_id`; "" is the whole body), `required` says whether its object must
    have it, `types` are the JSON types that it may have, `schema` is its JSON Schema without references.
    """

    pointer: str
    required: bool
    types: tuple[str, ...]
    schema: Mapping[str, Any]


class Schemas:
    """The request and response schemas of a release, by endpoint name (an operation's `operationId`)."""

    def __init__(self, openapi: Mapping[str, Any]) -> None:
        """Take the parsed OpenAPI document; ValueError when a reference leads nowhere or in a circle."""
        self._requests: dict[str, dict[str, Any]] = {}
        self._successes: dict[str, dict[int, dict[str, Any]]] = {}
        self._errors: dict[str, dict[str, dict[str, Any]]] = {}
        for path in openapi["paths"].values():
            for operation in path.values():
                self._add(operation["operationId"], _without_references(operation, openapi))
        self._fast: dict[int, jsonschema_rs.Draft202012Validator] = {}

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The endpoint names, in the document's order."""
        return tuple(self._requests)

    def response_schema(self, endpoint: str, status: int = 200) -> dict[str, Any]:
        """The schema of a reply's body, without references.

        From status 400 on it is the error envelope. A lower status that isn't described is judged as the
        endpoint's first described success. Raises UsageError for an endpoint that the release doesn't have.
        """
        successes: dict[int, dict[str, Any]] = self._known(endpoint, self._successes)
        if status >= FIRST_ERROR_STATUS:
            errors = self._errors[endpoint]
            return errors.get(str(status), errors["default"])
        return successes.get(status, next(iter(successes.values())))

    def request_schema(self, endpoint: str) -> dict[str, Any]:
        """The schema of a request's JSON, without references; for an upload that of its metadata part."""
        schema: dict[str, Any] = self._known(endpoint, self._requests)
        return schema

    def is_valid(self, endpoint: str, body: Any, status: int = 200) -> bool:
        """Whether a reply's parsed body conforms."""
        return self._conforms(self.response_schema(endpoint, status), body)

    def violations(self, endpoint: str, body: Any, status: int = 200) -> list[Violation]:
        """What is wrong with a reply's parsed body, in the order of the paths; empty when it conforms."""
        return self._violations(self.response_schema(endpoint, status), body)

    def request_violations(self, endpoint: str, body: Any) -> list[Violation]:
        """What is wrong with a request's parsed JSON (of an upload: its metadata); empty when it conforms."""
        return self._violations(self.request_schema(endpoint), body)

    def field_pointers(self, endpoint: str) -> list[FieldSpec]:
        """Every described property of the endpoint's success body, parents first, beginning with the body."""
        return list(_fields(self.response_schema(endpoint), "", required=True))

    def _add(self, endpoint: str, operation: Mapping[str, Any]) -> None:
        request = operation["requestBody"]["content"]
        if "multipart/form-data" in request:
            self._requests[endpoint] = request["multipart/form-data"]["schema"]["properties"]["metadata"]
        else:
            # A body that isn't JSON has no schema of its own.
            self._requests[endpoint] = _json_schema(request) if "application/json" in request else {}
        replies = {status: _json_schema(reply["content"]) for status, reply in operation["responses"].items()}
        self._successes[endpoint] = {int(status): replies[status] for status in replies if status[0] == "2"}
        self._errors[endpoint] = {status: replies[status] for status in replies if status[0] != "2"}

    def _known(self, endpoint: str, table: Mapping[str, Any]) -> Any:
        if endpoint not in table:
            raise UsageError(f"unknown endpoint {endpoint!r}: choose one of {', '.join(self.endpoints)}")
        return table[endpoint]

    def _conforms(self, schema: dict[str, Any], body: Any) -> bool:
        fast = self._fast.get(id(schema))
        if fast is None:
            fast = self._fast[id(schema)] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        try:
            return bool(fast.is_valid(body))
        except (ValueError, RecursionError):
            # A lone surrogate is JSON (RFC 8259, section 8.2) but not UTF-8, so jsonschema-rs refuses it.
            return not explain(schema, body)

    def _violations(self, schema: dict[str, Any], body: Any) -> list[Violation]:
        return [] if self._conforms(schema, body) else explain(schema, body)


def _json_schema(content: Mapping[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = content["application/json"]["schema"]
    return schema


def _without_references(node: Any, document: Mapping[str, Any], seen: tuple[str, ...] = ()) -> Any:
    if isinstance(node, list):
        return [_without_references(item, document, seen) for item in node]
    if not isinstance(node, Mapping):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in seen:
            raise ValueError(f"{reference} refers to itself")
        return _without_references(_resolve(reference, document), document, (*seen, reference))
    return {key: _without_references(value, document, seen) for key, value in node.items()}


def _resolve(reference: str, document: Mapping[str, Any]) -> Any:
    node: Any = document
    for name in reference.removeprefix("#/").split("/"):
        if not isinstance(node, Mapping) or name not in node:
            raise ValueError(f"{reference} leads nowhere")
        node = node[name]
    return node


def _fields(schema: Mapping[str, Any], pointer: str, *, required: bool) -> Iterator[FieldSpec]:
    yield FieldSpec(pointer, required, _types(schema), schema)
    prefix = pointer
    # Items that aren't objects have no properties, so nothing of theirs is a field.
    while "items" in schema:
        schema, prefix = schema["items"], f"{prefix}[]"
    for name, part in schema.get("properties", {}).items():
        inner = f"{prefix}.{name}" if prefix else name
        yield from _fields(part, inner, required=name in schema.get("required", ()))


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    if "type" in schema:
        return (schema["type"],) if isinstance(schema["type"], str) else tuple(schema["type"])
    return tuple(dict.fromkeys(kind for branch in schema.get("anyOf", ()) for kind in _types(branch)))
