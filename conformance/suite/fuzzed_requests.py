"""What a fuzzer may send: the contract narrowed to what the run knows, and each upload kept to the run's own place."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from conformance.contract import Release
from conformance.instance.modelfile import ModelFile
from conformance.instance.multipart import FormPart, MultipartBody
from conformance.suite.probes import BY_VERSION, UPLOAD
from conformance.suite.uploads import Uploaded, unique_file

BOUNDARY: Final = "wallaroo-conformance"
JSON: Final = "application/json"


@dataclass(frozen=True)
class Known:
    """All that a fuzzed request may name, and where it may write. `names` of own models begin with `prefix`."""

    workspace_id: int
    model_ids: tuple[int, ...]
    version_ids: tuple[int, ...]
    names: tuple[str, ...]
    prefix: str
    file: ModelFile
    schemas: tuple[str, ...]

    @classmethod
    def of(cls, uploads: Sequence[Uploaded], prefix: str, file: ModelFile, schemas: Sequence[str | None]) -> Self:
        """What these uploads into one workspace made. Raises NotTestable where one of them isn't there."""
        return cls(
            workspace_id=uploads[0].workspace_id,
            model_ids=tuple(dict.fromkeys(uploaded.model_id for uploaded in uploads)),
            version_ids=tuple(dict.fromkeys(uploaded.version_id for uploaded in uploads)),
            names=tuple(dict.fromkeys(uploaded.name for uploaded in uploads)),
            prefix=prefix,
            file=file,
            schemas=tuple(schema for schema in schemas if schema is not None),
        )

    def values(self, endpoint: str) -> dict[str, list[Any]]:
        """What each parameter of an endpoint may be, by its dotted path in the request's JSON."""
        ids = list(self.model_ids)
        table: dict[str, dict[str, list[Any]]] = {
            "list": {"workspace_id": [self.workspace_id], "workspace_name": [None]},
            "get_by_id": {"id": ids},
            "list_versions": {"model_id": list(self.names), "models_pk_id": ids},
            "get_config_by_id": {"model_id": [*self.version_ids, *ids]},  # either reading
            "get": {"id": ids, "model_id": ids},
            "list_versions_for_model": {"model_id": list(self.names), "workspace_id": [self.workspace_id]},
            **{name: {"model_version_id": list(self.version_ids)} for name in BY_VERSION},
            UPLOAD: {
                "workspace_id": [self.workspace_id],
                "conversion.framework": [self.file.framework],
                "conversion.requirements": [[]],
                "conversion.input_schema": [None, *self.schemas],
                "conversion.output_schema": [None, *self.schemas],
                "input_schema": [None, *self.schemas],
                "output_schema": [None, *self.schemas],
            },
        }
        return table.get(endpoint, {})


def narrowed(release: Release, known: Known, endpoints: Collection[str] | None = None) -> dict[str, Any]:
    """A copy of the release's OpenAPI document; requests to `endpoints`, by default to all, are about nothing but what
    the run knows.

    Without the endpoints that delete; without the security scheme, as the session has the token and a fuzzer would try
    others; without examples, whose ids may be some stranger's model; and without parts or conversion keys of the
    fuzzer's invention.
    """
    document: dict[str, Any] = copy.deepcopy(release.openapi)
    for endpoint, path in release.endpoints.items():
        if endpoint not in release.probed:
            del document["paths"][path]
    document.pop("security", None)
    document["components"].pop("securitySchemes", None)
    for endpoint in release.probed:
        schema = copy.deepcopy(release.schemas.request_schema(endpoint))
        _drop_examples(schema)
        if endpoints is None or endpoint in endpoints:
            for path, values in known.values(endpoint).items():
                _allow(schema, path.split("."), values)
            if "workspace_id" in schema["properties"]:
                # Where it may be left out, a reply would show strangers' models.
                schema["required"] = sorted({*schema.get("required", ()), "workspace_id"})
        content = document["paths"][release.endpoints[endpoint]]["post"]["requestBody"]["content"]
        if endpoint == UPLOAD:
            content["multipart/form-data"]["schema"] = _form(schema, known)
        else:
            content[JSON]["schema"] = schema
    return document


def _form(metadata: dict[str, Any], known: Known) -> dict[str, Any]:
    metadata["properties"]["name"] = {"type": "string", "pattern": f"^{known.prefix}-[a-z0-9]{{1,12}}$"}
    metadata["properties"]["conversion"]["additionalProperties"] = False
    return {
        "type": "object",
        "required": ["metadata", "file"],
        "properties": {"metadata": metadata, "file": {"type": "string", "format": "binary"}},
        "additionalProperties": False,
    }


def _allow(schema: dict[str, Any], path: Sequence[str], values: list[Any]) -> None:
    for name in path[:-1]:
        schema = schema.get("properties", {}).get(name, {})
    if path[-1] in schema.get("properties", {}):
        schema["properties"][path[-1]] = {"enum": values}


def _drop_examples(node: Any) -> None:
    # A fuzzer would send the documented ids, which some stranger's model may have.
    if isinstance(node, dict):
        node.pop("examples", None)
        for inner in node.values():
            _drop_examples(inner)
    elif isinstance(node, list):
        for inner in node:
            _drop_examples(inner)


def confined(body: Any, known: Known, *, genuine: bool) -> Any:
    """An upload that can't land outside the run's workspace or on a model that isn't the run's own.

    `genuine` puts the run's model file in place of the generated bytes.
    """
    if not isinstance(body, dict):
        return body
    sent = dict(body)
    metadata = sent.get("metadata")
    name = ""
    if isinstance(metadata, dict):
        sent["metadata"] = metadata = dict(metadata)
        if "workspace_id" in metadata:
            metadata["workspace_id"] = _own(metadata["workspace_id"], known.workspace_id)
        if isinstance(metadata.get("name"), str) and metadata["name"]:
            name = metadata["name"] = _prefixed(metadata["name"], known.prefix)
    if genuine and "file" in sent:
        tag = hashlib.sha256(name.encode()).hexdigest()[:16]
        sent["file"] = b"".join(unique_file(known.file, tag).chunks())
    return sent


def _own(value: Any, workspace_id: int) -> Any:
    """The run's own workspace in place of whatever an instance could read as another one, in the same JSON type."""
    if isinstance(value, bool):
        return False  # never a workspace, while true may be read as 1
    if isinstance(value, int):
        return workspace_id
    if isinstance(value, float):
        return float(workspace_id) if value.is_integer() else value
    if isinstance(value, str) and any(character.isdigit() for character in value):
        return str(workspace_id)
    return value


def _prefixed(name: str, prefix: str) -> str:
    return name if name.startswith(prefix) else f"{prefix}-{name}"


def wire(endpoint: str, body: Any, file_name: str) -> tuple[bytes | MultipartBody, dict[str, str]]:
    """A generated body as it is sent, and its headers. Bytes are sent as they are, also where JSON is documented."""
    if endpoint != UPLOAD:
        return _content(body), {"Content-Type": JSON}
    if not isinstance(body, Mapping) or not body:
        return _content(body), {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return MultipartBody([_part(name, value, file_name) for name, value in body.items()], boundary=BOUNDARY), {}


def _part(name: str, value: Any, file_name: str) -> FormPart:
    if name == "file":
        return FormPart(name, _content(value), filename=file_name, content_type="application/octet-stream")
    return FormPart(name, _content(value), content_type=JSON)


def _content(value: Any) -> bytes:
    content = getattr(value, "data", value)  # schemathesis wraps the bytes of a file in a string
    return content if isinstance(content, bytes) else json.dumps(value).encode()
