"""Multipart forms and their metadata, put together by hand for probes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

BOUNDARY = "probe-boundary-7d1c"


def metadata_part(
    metadata: Any, *, content_type: str | None = "application/json", file_name: str | None = None
) -> bytes:
    """The metadata part; bytes are sent as they are."""
    content = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    return _part("metadata", file_name, content_type, content)


def file_part(content: bytes, file_name: str = "file.onnx") -> bytes:
    """The file part."""
    return _part("file", file_name, "application/octet-stream", content)


def _part(name: str, file_name: str | None, content_type: str | None, content: bytes) -> bytes:
    named = "" if file_name is None else f'; filename="{file_name}"'
    typed = "" if content_type is None else f"Content-Type: {content_type}\r\n"
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{typed}\r\n'
    return head.encode() + content + b"\r\n"


def set_at(metadata: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set the value at a path of keys; `...` takes it away."""
    *parents, last = path
    for parent in parents:
        metadata = metadata[parent]
    if value is ...:
        metadata.pop(last, None)
    else:
        metadata[last] = value
