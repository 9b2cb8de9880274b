"""The metadata part of an upload, as the documentation's examples build it, and copies with one thing changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from conformance.instance.modelfile import ModelFile
from conformance.instance.multipart import FormPart

PYTHON_VERSION = "3.8"
"""Source: every documented upload."""

METADATA_TYPE = "application/json"
FILE_TYPE = "application/octet-stream"

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
    metadata: Metadata = {
        "name": name,
        "visibility": visibility,
        "workspace_id": workspace_id,
        "conversion": {"framework": file.framework, "python_version": PYTHON_VERSION, "requirements": []},
    }
    if schemas and file.input_schema is not None:
        metadata["input_schema"] = file.input_schema
    if schemas and file.output_schema is not None:
        metadata["output_schema"] = file.output_schema
    return metadata


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
    return FormPart("metadata", json.dumps(metadata).encode(), content_type=METADATA_TYPE)


def file_part(file: ModelFile) -> FormPart:
    """The file part as documented, named as the file."""
    return FormPart("file", b"".join(file.chunks()), filename=file.file_name, content_type=FILE_TYPE)
