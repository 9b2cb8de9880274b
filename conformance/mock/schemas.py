"""The Arrow schemas of an upload: base64 of an IPC schema message, and nothing after it."""

from __future__ import annotations

import base64
import binascii


def schema_fault(encoded: str) -> str | None:
    """Why `encoded` isn't the base64 of an Arrow IPC schema message, or None when it is.

    Source: documentation, Upload parameters (`input_schema`, `output_schema`).
    """
    try:
        message = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return "isn't base64"
    import pyarrow

    try:
        reader = pyarrow.BufferReader(message)
        schema = pyarrow.ipc.read_message(reader)
        if schema.type != "schema":
            return "is an Arrow message, but not a schema"
        pyarrow.ipc.read_schema(schema)
    except (pyarrow.ArrowException, EOFError, OSError, ValueError):
        return "isn't an Arrow IPC schema message"
    if reader.tell() != len(message):
        return "has bytes after the Arrow schema"
    return None
