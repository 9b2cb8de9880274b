"""A reader of the protobuf wire format that holds a few kilobytes of a file, whatever the file's size.

Source of the format: the Protocol Buffers documentation, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

from .result import RefusedFileError

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5

# A model of a hundred thousand nodes stays under it; a hostile file of two-byte fields ends in seconds.
MAX_FIELDS = 2_000_000

_WINDOW_BYTES = 4096
_MAX_VARINT_BYTES = 10
_MAX_FIELD_NUMBER = 2**29 - 1
_FIXED_BYTES = {FIXED64: 8, FIXED32: 4}


class Field(NamedTuple):
    """One field: `value` for a varint; `start` and `end` are file offsets of its content in bytes."""

    number: int
    wire_type: int
    value: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """Bytes of content."""
        return self.end - self.start


class WireReader:
    """Reads fields of a seekable file of `size` bytes. Everything it can't follow raises RefusedFileError."""

    def __init__(self, file: IO[bytes], size: int, max_fields: int = MAX_FIELDS) -> None:
        self.size = size
        self._file = file
        self._fields_left = max_fields
        self._max_fields = max_fields
        self._window = b""
        self._window_start = 0

    def fields(self, start: int, end: int, message: str) -> Iterator[Field]:
        """The fields between two offsets; `message` names the enclosing message in refusals."""
        position = start
        while position < end:
            self._charge()
            tag, position = self.varint(position, end, message)
            number, wire_type = tag >> 3, tag & 7
            if not 1 <= number <= _MAX_FIELD_NUMBER:
                raise RefusedFileError(f"not protobuf: {message} has a field numbered {number}")
            field = self._field(number, wire_type, position, end, message)
            position = field.end
            yield field

    def _field(self, number: int, wire_type: int, position: int, end: int, message: str) -> Field:
        if wire_type == VARINT:
            value, after = self.varint(position, end, message)
            return Field(number, wire_type, value, position, after)
        if wire_type == LENGTH_DELIMITED:
            length, position = self.varint(position, end, message)
        elif wire_type in _FIXED_BYTES:
            length = _FIXED_BYTES[wire_type]
        else:
            raise RefusedFileError(f"not protobuf as ONNX writes it: {message} has wire type {wire_type}")
        if length > end - position:
            raise RefusedFileError(
                f"cut short: field {number} of {message} has {length} bytes, {end - position} are left"
            )
        return Field(number, wire_type, 0, position, position + length)

    def varint(self, position: int, end: int, message: str) -> tuple[int, int]:
        """A varint at `position`: its unsigned value and the offset after it."""
        value = 0
        for index in range(_MAX_VARINT_BYTES):
            if position >= end:
                raise RefusedFileError(f"cut short: {message} ends inside a number")
            byte = self._byte(position)
            position += 1
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                if value >= 1 << 64:
                    break
                return value, position
        raise RefusedFileError(f"not protobuf: {message} has a number of more than 64 bits")

    def varints(self, field: Field, message: str) -> Iterator[int]:
        """The values of a repeated varint field, packed or not."""
        if field.wire_type == VARINT:
            yield field.value
            return
        position = field.start
        while position < field.end:
            self._charge()
            value, position = self.varint(position, field.end, message)
            yield value

    def text(self, field: Field, limit: int = _WINDOW_BYTES) -> str:
        """At most `limit` bytes of a string field; bytes that aren't UTF-8 are replaced."""
        self._file.seek(field.start)
        return self._file.read(min(field.length, limit)).decode("utf-8", "replace")

    def _byte(self, position: int) -> int:
        offset = position - self._window_start
        if not 0 <= offset < len(self._window):
            self._file.seek(position)
            self._window = self._file.read(_WINDOW_BYTES)
            self._window_start = position
            offset = 0
            if not self._window:
                raise RefusedFileError("cut short: the file ended while it was being read")
        return self._window[offset]

    def _charge(self) -> None:
        self._fields_left -= 1
        if self._fields_left < 0:
            raise RefusedFileError(f"more than {self._max_fields} protobuf fields; no model needs so many")


def signed(value: int) -> int:
    """An unsigned varint as protobuf's int64."""
    return value - (1 << 64) if value >= 1 << 63 else value
