"""One value that a JSON Schema of the contract describes, as full as can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN: Mapping[str, Any] = {"string": "text", "number": 0.5, "boolean": False, "null": None}


def sample(schema: Mapping[str, Any]) -> Any:
    """A value with every property that the schema describes; a list has one item. References must be resolved.

    Raises ValueError for a schema of no type that the contract uses.
    """
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kinds = schema.get("type", ())
    kind = kinds if isinstance(kinds, str) else next(iter(kinds), None)
    made = _of_type(kind, schema) if kind is not None else None
    if schema.get("anyOf"):
        first = sample(schema["anyOf"][0])
        return {**made, **first} if isinstance(made, dict) and isinstance(first, dict) else first
    if kind is None and "properties" in schema:
        return _of_type("object", schema)
    if kind is None:
        raise ValueError(f"no value is known for the schema {schema}")
    return made


def _of_type(kind: str, schema: Mapping[str, Any]) -> Any:
    if kind == "object":
        return {name: sample(part) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema["items"])] if "items" in schema else []
    if kind == "integer":
        return max(1, int(schema.get("minimum", 1)))
    return _PLAIN[kind]
