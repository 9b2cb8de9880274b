"""The metadata of an upload as the documentation's examples build it, and copies with one thing changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from conformance.contract import Release
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import upload_metadata
from conformance.instance.multipart import FormPart

Metadata = dict[str, Any]


class Absent:
    """The type of `ABSENT`, which takes a field away."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


def metadata_for(
    file: ModelFile, name: str, workspace_id: int, *, visibility: str = "private", schemas: bool = True
) -> Metadata:
    """The documented metadata for a file: with the file's schemas beside `conversion` where it has any.

    Source: documentation, Upload Model to Workspace examples.
    """
    return upload_metadata(
        name=name,
        workspace_id=workspace_id,
        visibility=visibility,
        framework=file.framework,
        input_schema=file.input_schema if schemas else None,
        output_schema=file.output_schema if schemas else None,
    )


CLIENT_KEYS: Final[Mapping[str, Any]] = {"arch": "x86", "accel": "none", "framework_config": None}
"""What the vendor's clients send in `conversion` beside the documented keys. Source: clients 2024.4.4 and 2025.2.5."""


def client_keys(release: Release) -> Metadata:
    """Those of the keys that the release's client sends: those that the contract's `Conversion` has."""
    known = release.component_schemas["Conversion"]["properties"]
    return {key: value for key, value in CLIENT_KEYS.items() if key in known}


def unusual(release: Release, metadata: Metadata) -> Metadata:
    """The metadata with another Python version than all examples have, and with a requirement."""
    version = release.enumeration("PythonVersion")[-1]
    return changed(changed(metadata, "conversion.python_version", version), "conversion.requirements", ["numpy"])


def as_client(release: Release, metadata: Metadata) -> Metadata:
    """The metadata with the further keys of `conversion` that the release's client sends."""
    return {**metadata, "conversion": {**metadata["conversion"], **client_keys(release)}}


def documented_file_name(release: Release, file: ModelFile, name: str) -> str:
    """What the release's Requests example of the file's framework calls the file part: the model's name, or the file's.

    Source: documentation, Upload Model to Workspace examples: the name until 2024.1, the file's own later.
    """
    example = next(found for found in release.examples if found.name == f"upload-{file.framework}-requests")
    part = next(part for part in example.request["parts"] if part["name"] == "file")
    return name if part["filename"] == example.request_json["name"] else file.file_name


def changed(metadata: Mapping[str, Any], path: str, value: Any) -> Metadata:
    """A copy with another value at a dotted path (`conversion.framework`), or without it for `ABSENT`."""
    copied = copy.deepcopy(dict(metadata))
    *parents, name = path.split(".")
    place = copied
    for parent in parents:
        place = place[parent]
    if value is ABSENT:
        place.pop(name, None)
    else:
        place[name] = value
    return copied


def metadata_part(metadata: Mapping[str, Any]) -> FormPart:
    """The metadata part as the documented Requests example sends it: JSON, without a filename."""
    return FormPart("metadata", json.dumps(metadata).encode(), content_type="application/json")


def file_part(file: ModelFile) -> FormPart:
    """The file part as documented, named as the file."""
    return FormPart("file", file, filename=file.file_name, content_type="application/octet-stream")
