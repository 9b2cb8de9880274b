"""The `metadata` part of an upload: which fields, which types, which values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.mock.fields import integer, is_json, optional_text, parse_object, text
from conformance.mock.records import Metadata, Upload
from conformance.mock.replies import Refusal

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour

HUGGING_FACE_TASKS = (
    "automatic-speech-recognition",
    "feature-extraction",
    "image-classification",
    "image-segmentation",
    "image-to-text",
    "object-detection",
    "question-answering",
    "sentiment-analysis",
    "stable-diffusion-text-2-img",
    "summarization",
    "text-classification",
    "text-generation",
    "translation",
    "zero-shot-classification",
    "zero-shot-image-classification",
    "zero-shot-object-detection",
)
NATIVE_FRAMEWORKS = frozenset({"onnx", "tensorflow", "python"})
"""Run by the engine itself. Source: documentation, Upload Model to Workspace."""

FRAMEWORKS = NATIVE_FRAMEWORKS.union(
    {"custom", "keras", "mlflow", "pytorch", "sklearn", "xgboost"},
    (f"hugging-face-{task}" for task in HUGGING_FACE_TASKS),
)
"""Source: the vendor's generated client, releases 2023.4.0 and 2023.4.2."""

VISIBILITIES = frozenset({"public", "private"})
"""Source: documentation, Upload parameters."""
PYTHON_VERSIONS = frozenset({"3.8", "3.9"})
ARCHITECTURES = frozenset({"arm", "x86"})

_ECHOED = frozenset({"framework", "python_version", "requirements", "arch"})


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
    conversion = _conversion(fields)
    framework = str(conversion["framework"])
    for unused in ("image_path", "registry_id"):
        optional_text(fields, unused)
    schemas = {side: _schema(fields, conversion, side, behaviour) for side in ("input_schema", "output_schema")}
    if behaviour.requires_schemas(framework):
        for side, schema in schemas.items():
            if schema is None:
                raise Refusal(400, f"The field {side} is required for the framework {framework}.")
    echo = {key: value for key, value in conversion.items() if key in _ECHOED}
    return Metadata(name, visibility, workspace_id, framework, echo, schemas["input_schema"], schemas["output_schema"])


def _conversion(fields: dict[str, Any]) -> dict[str, Any]:
    if "conversion" not in fields:
        raise Refusal(400, "The field conversion is required.")
    conversion = fields["conversion"]
    if not isinstance(conversion, dict):
        raise Refusal(400, "The field conversion must be an object.")
    _one_of(conversion, "framework", FRAMEWORKS)
    if "requirements" not in conversion:
        raise Refusal(400, "The field requirements is required.")
    requirements = conversion["requirements"]
    if not isinstance(requirements, list) or not all(isinstance(line, str) for line in requirements):
        raise Refusal(400, "The field requirements must be a list of strings.")
    if "python_version" in conversion:
        _one_of(conversion, "python_version", PYTHON_VERSIONS)
    if conversion.get("arch") is not None:
        _one_of(conversion, "arch", ARCHITECTURES)
    return conversion


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
