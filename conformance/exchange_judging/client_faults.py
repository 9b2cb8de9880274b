"""What a request doesn't keep of the contract, and which promise says that it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.contract import Release
from conformance.contract.companions import companion_schemas
from conformance.contract.violations import Violation
from conformance.exchange_judging.calls import NOT_JSON, UPLOAD, Call

_REQUIRED = {
    "list": "list.workspace-id-required",
    "get_by_id": "get-by-id.id-required",
    "get_config_by_id": "get-config-by-id.model-id-required",
    "get": "get.parameter-required",
    "get_version_by_id": "get-version-by-id.id-required",
    "get_model_version_by_id": "get-model-version-by-id.id-required",
    "get_upload_logs": "get-upload-logs.id-required",
    "list_versions_for_model": "list-versions-for-model.parameters-required",
    "delete_model": "delete-model.parameters-required",
    "delete_model_versions": "delete-model-versions.parameters-required",
}
_MISTYPED = {
    "list": "list.workspace-id-mistyped",
    "get_by_id": "get-by-id.id-mistyped",
    "list_versions": "list-versions.keys-mistyped",
    "get_config_by_id": "get-config-by-id.model-id-mistyped",
    "get": "get.parameter-mistyped",
    "get_version_by_id": "get-version-by-id.id-mistyped",
    "get_model_version_by_id": "get-model-version-by-id.id-mistyped",
    "get_upload_logs": "get-upload-logs.id-mistyped",
    "list_versions_for_model": "list-versions-for-model.parameters-mistyped",
}
_ID_KEYS = ("workspace_id", "id", "models_pk_id", "model_version_id")
_UPLOAD_REQUIRED = {
    "name": "upload.name-required",
    "visibility": "upload.visibility-required",
    "workspace_id": "upload.workspace-id-required",
    "conversion": "upload.conversion-required",
    "conversion.framework": "upload.framework-required",
    "conversion.python_version": "upload.python-version-required",
    "conversion.requirements": "upload.requirements-required",
}
_UPLOAD_ENUM = {"visibility": "upload.visibility-enum", "conversion.framework": "upload.framework-enum"}
MISSING, NULL, MALFORMED, OTHER = "missing", "null", "malformed", "other"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a request: where, in one line, of which kind, and the requirement that says it is refused."""

    path: str
    message: str
    kind: str
    refused_by: str | None = None


def faults(call: Call, release: Release) -> list[Fault]:
    """What the request doesn't keep of the contract; nothing where the recording doesn't hold all of it."""
    if call.exchange.request.truncated:
        return []
    if call.companion:
        return _of_companion(call)
    found = list(_of_upload(call, release) if call.endpoint == UPLOAD else _of_json(call, release))
    return [fault if _is_refused(fault, release) else Fault(fault.path, fault.message, fault.kind) for fault in found]


def _is_refused(fault: Fault, release: Release) -> bool:
    """Whether the release promises a refusal; where the contract lists readings, serving it may be one of them."""
    requirement = release.requirements.get(fault.refused_by or "")
    return requirement is not None and requirement.excluded is None and not requirement.interpretation


def _of_companion(call: Call) -> list[Fault]:
    if call.asked is NOT_JSON:
        return []  # a form, a file, or no body where none is needed
    return [Fault(v.path, v.message, OTHER) for v in companion_schemas().request_violations(call.endpoint, call.asked)]


def _of_json(call: Call, release: Release) -> Iterator[Fault]:
    if call.asked is NOT_JSON:
        request = call.exchange.request
        is_sent = bool(request.size or request.body or request.body_base64)
        message = "isn't JSON" if is_sent else "is empty, but should be JSON"
        yield Fault("", message, MALFORMED, "errors.malformed-json-refused" if is_sent else None)
        return
    label = _label(call)
    if label is not None and label != "application/json":
        yield Fault("Content-Type", f"is {label}, but should be application/json", OTHER)
    for violation in release.schemas.request_violations(call.endpoint, call.asked):
        kind = _kind(violation, call.asked)
        yield Fault(violation.path, violation.message, kind, _refusal(call.endpoint, violation, call.asked, kind))


def _refusal(endpoint: str, violation: Violation, asked: Any, kind: str) -> str | None:
    if not isinstance(asked, dict):
        return None
    if kind in (NULL, MISSING):
        # One usable key may be enough where there are several.
        usable = endpoint == "get" and any(type(asked.get(key)) is int for key in ("id", "model_id"))
        return None if usable else _REQUIRED.get(endpoint)
    value = _at(asked, violation.path)
    mistyped = violation.keyword == "type" and (isinstance(value, list) or _is_words(value))
    return _MISTYPED.get(endpoint) if mistyped and (violation.path in _ID_KEYS or endpoint != "list_versions") else None


def _of_upload(call: Call, release: Release) -> Iterator[Fault]:
    request = call.exchange.request
    if not request.parts:
        yield Fault("", "isn't a multipart form with the parts metadata and file", OTHER)
        return
    names = [part.name for part in request.parts]
    for name, refused_by in (("metadata", "upload.metadata-part-required"), ("file", "upload.file-part-required")):
        if name not in names:
            yield Fault(name, "missing", MISSING, refused_by)
        elif names.count(name) > 1:
            yield Fault(name, "is there more than once", OTHER)
    metadata = call.part("metadata")
    if metadata is None:
        return
    if (metadata.content_type or "").partition(";")[0].strip().lower() != "application/json":
        message = f"has the content type {metadata.content_type}, but should have application/json"
        yield Fault("metadata", message, OTHER, "upload.metadata-content-type")
        return
    if metadata.text is None:
        return
    if call.asked is NOT_JSON:
        yield Fault("metadata", "isn't JSON", MALFORMED, "upload.metadata-is-json")
        return
    yield from _of_metadata(call.asked, release)
    yield from _of_file_name(call, release)


def _of_metadata(asked: Any, release: Release) -> Iterator[Fault]:
    for violation in release.schemas.request_violations(UPLOAD, asked):
        kind, refused_by = _kind(violation, asked), None
        if kind in (MISSING, NULL):
            refused_by = _UPLOAD_REQUIRED.get(violation.path)
            if violation.path == "conversion.python_version" and kind == NULL:
                refused_by = None
        elif violation.keyword == "enum" and isinstance(_at(asked, violation.path), str):
            refused_by = _UPLOAD_ENUM.get(violation.path)
        elif violation.keyword in ("type", "anyOf") and violation.path in _UPLOAD_REQUIRED:
            is_words = violation.path == "workspace_id" and isinstance(_at(asked, violation.path), str | float)
            refused_by = None if is_words else "upload.mistyped-fields-refused"
        yield Fault(f"metadata.{violation.path}".rstrip("."), violation.message, kind, refused_by)


def _of_file_name(call: Call, release: Release) -> Iterator[Fault]:
    file, endings = call.part("file"), release.file_name_endings
    if file is not None and endings and not (file.filename or "").lower().endswith(endings):
        message = f"is called {file.filename!r}, but its name should end in one of {', '.join(endings)}"
        yield Fault("file", message, OTHER, "upload.file-name-ending")


def _kind(violation: Violation, asked: Any) -> str:
    if violation.keyword == "required" or (violation.keyword == "anyOf" and violation.message.startswith("has none")):
        return MISSING
    return NULL if violation.path and _at(asked, violation.path, default=0) is None else OTHER


def _at(asked: Any, path: str, default: Any = None) -> Any:
    """The value at a path of names; `default` where there is none."""
    for step in path.split("."):
        if not isinstance(asked, dict) or step not in asked:
            return default
        asked = asked[step]
    return asked


def _is_words(value: Any) -> bool:
    return isinstance(value, str) and not value.strip().lstrip("+-").isdigit()


def _label(call: Call) -> str | None:
    labels = [value for name, value in call.exchange.request.headers if name.lower() == "content-type"]
    return labels[0].partition(";")[0].strip().lower() if labels else None
