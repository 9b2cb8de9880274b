"""The fields of a new config, as insert_model_config takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.mock.fields import optional_text
from conformance.mock.replies import Refusal

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour

_OBJECTS = {
    "dynamic_batching_config": "dynamic_batching_config",
    "continuous_batching_config": "continuous_batching_config",
    "openai_config": "openai",
}
"""What a request calls a setting, and what a config does. Source: the vendor's generated client of 2025.2."""


def parse_settings(payload: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """What a request sets, of the fields that a config of the release has; a fault is refused (400).

    A setting that isn't sent, or is null, isn't in the result.
    """
    settings: dict[str, Any] = {
        "tensor_fields": _tensor_fields(payload.get("tensor_fields")),
        "filter_threshold": _number(payload.get("filter_threshold")),
        "batch_config": optional_text(payload, "batch_config"),
        **{side: _schema(payload, side, behaviour) for side in ("input_schema", "output_schema")},
        **{shown: _object(sent, payload.get(sent)) for sent, shown in _OBJECTS.items()},
    }
    known = behaviour.dialect.only("VersionConfig", settings)
    return {name: value for name, value in known.items() if value is not None}


def _tensor_fields(value: Any) -> Any:
    if value is None or (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        return value
    raise Refusal(400, "The field tensor_fields must be a list of strings.")


def _number(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise Refusal(400, "The field filter_threshold must be a number.")


def _object(name: str, value: Any) -> Any:
    if value is None or isinstance(value, dict):
        return value
    raise Refusal(400, f"The field {name} must be an object.")


def _schema(payload: dict[str, Any], side: str, behaviour: Behaviour) -> str | None:
    encoded = optional_text(payload, side)
    fault = None if encoded is None else behaviour.schema_fault(encoded)
    if fault is not None:
        raise Refusal(400, f"The field {side} {fault}.")
    return encoded
