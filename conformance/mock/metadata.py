"""The `metadata` part of an upload: which fields, which types, which values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.mock.fields import integer, is_json, optional_text, parse_object, text
from conformance.mock.records import Metadata, Upload
from conformance.mock.replies import Refusal

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour
    from conformance.mock.dialect import Dialect

NATIVE_FRAMEWORKS = frozenset({"onnx", "tensorflow", "python"})
"""Run by the engine itself. Source: documentation, Upload Model to Workspace."""

VISIBILITIES = frozenset({"public", "private"})
"""Source: documentation, Upload parameters."""

_CONVERSION_FIELDS = ("arch", "accel", "python_version", "requirements", "framework", "framework_config")
"""In the order in which they are shown. Source: recorded (2025.2.1, models/list)."""


def parse_metadata(upload: Upload, behaviour: Behaviour) -> Metadata:
    """The checked metadata of an upload; the first fault found is refused (400, or 415 for its type).

    Source: documentation, Upload parameters, as its examples and the vendor's client read them:
    `workspace_id` an integer, `requirements` a list, the schemas beside `conversion` (inside it is accepted
    too).
    """
    if upload.metadata_bytes is None:
        raise Refusal(400, "The metadata part is missing.")
    if not is_json(upload.metadata_type):
        raise Refusal(415, "The metadata part must have the content type application/json.")
    fields = parse_object(upload.metadata_bytes)
    name = text(fields, "name")
    visibility = _one_of(fields, "visibility", VISIBILITIES)
    workspace_id = integer(fields, "workspace_id")
    dialect = behaviour.dialect
    conversion = _conversion(fields, dialect)
    framework = str(conversion["framework"])
    for unused in ("image_path", "registry_id"):
        optional_text(fields, unused)
    schemas = {side: _schema(fields, conversion, side, behaviour) for side in ("input_schema", "output_schema")}
    if behaviour.requires_schemas(framework):
        for side, schema in schemas.items():
            if schema is None:
                raise Refusal(400, f"The field {side} is required for the framework {framework}.")
    echo = dialect.only("Conversion", {key: conversion[key] for key in _CONVERSION_FIELDS if key in conversion})
    return Metadata(name, visibility, workspace_id, framework, echo, schemas["input_schema"], schemas["output_schema"])


def _conversion(fields: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    if "conversion" not in fields:
        raise Refusal(400, "The field conversion is required.")
    conversion = fields["conversion"]
    if not isinstance(conversion, dict):
        raise Refusal(400, "The field conversion must be an object.")
    _one_of(conversion, "framework", dialect.frameworks)
    if "requirements" not in conversion:
        raise Refusal(400, "The field requirements is required.")
    requirements = conversion["requirements"]
    if not isinstance(requirements, list) or not all(isinstance(line, str) for line in requirements):
        raise Refusal(400, "The field requirements must be a list of strings.")
    if "python_version" in conversion:
        _one_of(conversion, "python_version", dialect.python_versions)
    if conversion.get("arch") is not None:
        _one_of(conversion, "arch", dialect.architectures)
    known = dialect.only("Conversion", conversion)
    if "accel" in known and not dialect.takes_acceleration(known["accel"]):
        raise Refusal(400, f"The field accel must be one of: {', '.join(sorted(dialect.accelerations))}.")
    if not _is_framework_config(known.get("framework_config")):
        raise Refusal(400, "The field framework_config must be an object with an object config.")
    return conversion


def _is_framework_config(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and isinstance(value.get("config", {}), dict))


def _schema(fields: dict[str, Any], conversion: dict[str, Any], side: str, behaviour: Behaviour) -> str | None:
    encoded = optional_text(fields, side) or optional_text(conversion, side)
    if encoded is not None:
        fault = behaviour.schema_fault(encoded)
        if fault is not None:
            raise Refusal(400, f"The field {side} {fault}.")
    return encoded


def _one_of(fields: dict[str, Any], name: str, allowed: frozenset[str]) -> str:
    value = text(fields, name)
    if value not in allowed:
        raise Refusal(400, f"The field {name} must be one of: {', '.join(sorted(allowed))}.")
    return value
