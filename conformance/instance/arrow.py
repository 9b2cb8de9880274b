"""pyarrow.Schema to and from the text that the API takes: base64 of the Arrow IPC schema message.

Source: documentation, Upload Model to Workspace Parameters (`base64.b64encode` of the serialized schema); the message
is that of the Arrow columnar format, "Encapsulated message format".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.instance.errors import SchemaDecodeError

if TYPE_CHECKING:
    import pyarrow

_CONTINUATION = b"\xff\xff\xff\xff"
_END_OF_STREAM = _CONTINUATION + b"\0\0\0\0"
_PREFIX = 8
_ALPHABET = re.compile(r"[A-Za-z0-9+/]*={0,2}")
# MessageHeader in Arrow's Message.fbs.
_OTHER_HEADERS = {2: "a dictionary batch", 3: "a record batch", 4: "a tensor", 5: "a sparse tensor"}


def encode_schema(schema: pyarrow.Schema) -> str:
    """The schema as base64 of its IPC message.

    Raises TypeError for anything but a pyarrow.Schema, and ValueError for a schema that Arrow's format can't carry as
    it is (a dictionary of dictionaries, a map with renamed children): pyarrow would write another one, silently.
    """
    import pyarrow as pa

    if not isinstance(schema, pa.Schema):
        raise TypeError(f"a pyarrow.Schema is needed, not {type(schema).__name__}")
    encoded = base64.b64encode(schema.serialize().to_pybytes()).decode("ascii")
    if not decode_schema(encoded).equals(schema, check_metadata=True):
        raise ValueError("the schema changes when it is encoded; Arrow's format can't carry it as it is")
    return encoded


def decode_schema(text: str) -> pyarrow.Schema:
    """The schema in `text`. Raises SchemaDecodeError saying which part of the encoding is broken.

    What it returns has been looked at to its leaves: names and metadata are readable, and it encodes again.
    """
    return _schema(_message(_base64(text)))


def _base64(text: str) -> bytes:
    if not isinstance(text, str):
        raise SchemaDecodeError(f"not base64: a string is needed, not {type(text).__name__}")
    if not text:
        raise SchemaDecodeError("not base64: the text is empty")
    if _ALPHABET.fullmatch(text) is None:
        offset = re.match(r"[A-Za-z0-9+/]*", text)
        assert offset is not None
        at = offset.end()
        raise SchemaDecodeError(f"not base64: character {at} is {text[at]!r}")
    if len(text) % 4:
        raise SchemaDecodeError(f"not base64: {len(text)} characters aren't a multiple of 4; the padding is wrong")
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SchemaDecodeError(f"not base64: {error}") from None
    if base64.b64encode(content).decode("ascii") != text:
        raise SchemaDecodeError("not base64: the unused bits of the last character aren't zero")
    return content


def _message(content: bytes) -> bytes:
    """The content with its framing checked: continuation, length, padding, and nothing after it."""
    if len(content) < _PREFIX:
        raise SchemaDecodeError(f"truncated: {len(content)} bytes are too few for an Arrow message")
    if content[:4] != _CONTINUATION:
        raise SchemaDecodeError(_no_continuation(content))
    length = int.from_bytes(content[4:8], "little", signed=True)
    if length <= 0:
        raise SchemaDecodeError(f"not an Arrow schema message: its metadata length is {length}")
    end = _PREFIX + length
    if len(content) < end:
        raise SchemaDecodeError(f"truncated: the message has {end} bytes, only {len(content)} are there")
    if end % 8:
        raise SchemaDecodeError("not an Arrow schema message: it isn't padded to a multiple of 8 bytes")
    if (kind := _OTHER_HEADERS.get(_header_type(content[_PREFIX:end]) or 0)) is not None:
        raise SchemaDecodeError(f"not an Arrow schema message: it is {kind}")
    rest = content[end:]
    if rest == _END_OF_STREAM or rest[:4] == _CONTINUATION:
        raise SchemaDecodeError(
            f"trailing bytes: {len(rest)} follow the schema message; this looks like a whole IPC stream, "
            "use schema.serialize()"
        )
    if rest:
        raise SchemaDecodeError(f"trailing bytes: {len(rest)} follow the schema message")
    return content


def _header_type(metadata: bytes) -> int | None:
    """The `header_type` of a Message, None where there is none (Flatbuffers: root, table, vtable, slot 1)."""
    table = _unsigned(metadata, 0, 4)
    distance = None if table is None else _unsigned(metadata, table, 4)
    if table is None or distance is None or not 0 <= table - distance < len(metadata):
        return None
    vtable = table - distance
    offset = _unsigned(metadata, vtable + 6, 2)
    return _unsigned(metadata, table + offset, 1) if offset else None


def _unsigned(data: bytes, position: int, size: int) -> int | None:
    piece = data[position : position + size]
    return int.from_bytes(piece, "little") if len(piece) == size else None


def _no_continuation(content: bytes) -> str:
    if content[:6] == b"ARROW1":
        return "not an Arrow schema message: this is an Arrow file; use schema.serialize()"
    if 0 < int.from_bytes(content[:4], "little") <= len(content) - 4:
        return "not an Arrow schema message: no continuation mark (written by Arrow before 0.15?)"
    return "not an Arrow schema message: it doesn't start with the continuation mark FFFFFFFF"


def _schema(content: bytes) -> pyarrow.Schema:
    import pyarrow as pa

    try:
        message = pa.ipc.read_message(pa.py_buffer(content))
        # Without this look at the type, Arrow reads any table as if it were a schema.
        if message.type != "schema":
            raise SchemaDecodeError(f"not an Arrow schema message: it is of the type {message.type!r}")
        if message.body is not None and message.body.size:
            raise SchemaDecodeError("not an Arrow schema message: it has a body")
        schema = pa.ipc.read_schema(message)
        _examine(schema)
    except SchemaDecodeError:
        raise
    except UnicodeDecodeError:
        raise SchemaDecodeError("not an Arrow schema message: a name or metadata isn't UTF-8") from None
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise SchemaDecodeError(f"not an Arrow schema message: {reason}") from None
    return schema


def _examine(schema: pyarrow.Schema) -> None:
    """Touch what pyarrow reads lazily, and make sure that the schema can be written and read again."""
    import pyarrow as pa

    for field in schema:
        for nested in _fields(field):
            nested.name.encode("utf-8")
            width = getattr(nested.type, "list_size", None) if pa.types.is_fixed_size_list(nested.type) else None
            if width is not None and width < 0:
                raise SchemaDecodeError(f"not an Arrow schema message: a fixed-size list of {width} items")
            if pa.types.is_fixed_size_binary(nested.type) and nested.type.byte_width < 0:
                raise SchemaDecodeError("not an Arrow schema message: a fixed-size binary of negative width")
    str(schema)
    again = pa.ipc.read_schema(schema.serialize())
    if not again.equals(schema, check_metadata=True):
        raise SchemaDecodeError("not an Arrow schema message: it doesn't survive being written again")


def _fields(field: Any) -> Iterator[Any]:
    """The field and all below it."""
    yield field
    for index in range(field.type.num_fields):
        yield from _fields(field.type.field(index))
