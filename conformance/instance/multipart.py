"""Multipart bodies that stream: flat memory whatever the size, a Content-Length, 1 MiB a chunk.

requests' own `files=` holds the body in memory, and an object with `.read` is cut into 16 KiB blocks by urllib3.
So a body here has `__iter__` and `__len__` and no `.read`; requests-toolbelt encodes it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from conformance.errors import ConformanceError, UsageError
from conformance.evidence.exchange import Part

CHUNK_BYTES = 1024 * 1024
MAX_KEPT_TEXT = 1024 * 1024

Progress = Callable[[int], None]
"""Called with the number of file bytes that have just been sent on."""


@runtime_checkable
class ChunkProvider(Protocol):
    """File content that isn't a path: `size` in bytes, and the bytes in chunks of any length.

    `chunks` begins at the start each time. A `sha256` (lower-case hex) is believed where there is one.
    """

    @property
    def size(self) -> int: ...

    def chunks(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class FormPart:
    """One part as it will be sent. Without `filename` or `content_type` the part has none."""

    name: str
    content: bytes | Path | ChunkProvider
    filename: str | None = None
    content_type: str | None = None

    @property
    def size(self) -> int:
        """Bytes. Raises UsageError when the file can't be read."""
        if isinstance(self.content, bytes):
            return len(self.content)
        if isinstance(self.content, Path):
            try:
                return self.content.stat().st_size
            except OSError as error:
                raise _unreadable(self.content, error) from None
        return self.content.size

    def chunks(self) -> Iterator[bytes]:
        """The content from its start. Raises UsageError when the file can't be read."""
        if isinstance(self.content, bytes):
            return iter((self.content,))
        if isinstance(self.content, Path):
            return _file_chunks(self.content)
        return self.content.chunks()


class MultipartBody:
    """A multipart/form-data body as requests takes it; each iteration starts anew, so it can be sent again.

    Raises UsageError when a file can't be read, ConformanceError when it changes its size while it is sent.
    """

    def __init__(
        self, parts: Sequence[FormPart], *, boundary: str | None = None, progress: Progress | None = None
    ) -> None:
        self.parts = tuple(parts)
        self.boundary = boundary if boundary is not None else uuid.uuid4().hex
        self._progress = progress
        self._readers = self._new_readers()
        self._length = int(self._encoder().len)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        self._readers = self._new_readers()
        encoder = self._encoder()
        while chunk := encoder.read(CHUNK_BYTES):
            yield chunk

    def describe(self) -> list[Part]:
        """The parts as evidence. What wasn't sent to its end is read again for its digest."""
        return [_described(part, reader) for part, reader in zip(self.parts, self._readers, strict=True)]

    def _new_readers(self) -> list[_Reader]:
        return [_Reader(part, self._progress) for part in self.parts]

    def _encoder(self) -> _Encoder:
        from requests_toolbelt.multipart.encoder import MultipartEncoder

        fields = [
            (part.name, (part.filename, reader, part.content_type))
            for part, reader in zip(self.parts, self._readers, strict=True)
        ]
        encoder: _Encoder = MultipartEncoder(fields, boundary=self.boundary)
        return encoder


class _Encoder(Protocol):
    len: int

    def read(self, size: int) -> bytes: ...


class _Reader:
    """A part's content as toolbelt reads it: `len` is what is left.

    It hashes what passes, unless the content knows its digest: hashing takes longer than sending on a fast network.
    """

    def __init__(self, part: FormPart, progress: Progress | None) -> None:
        self._part = part
        self._progress = progress if not isinstance(part.content, bytes) else None
        self._chunks: Iterator[bytes] | None = None
        self._buffer = memoryview(b"")
        known = getattr(part.content, "sha256", None)
        self._known = known if isinstance(known, str) else None
        self._digest = hashlib.sha256()
        self.size = part.size
        self.len = self.size

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, all that is left for a negative one."""
        if self._chunks is None:
            self._chunks = self._part.chunks()
        wanted = self.len if size < 0 else min(size, self.len)
        if not self._buffer and wanted:
            self._buffer = memoryview(self._next(self._chunks))
        data = bytes(self._buffer[:wanted])
        self._buffer = self._buffer[len(data) :]
        self.len -= len(data)
        if self._known is None:
            self._digest.update(data)
        if not self.len:
            self._check_end(self._chunks)
        if self._progress is not None:
            self._progress(len(data))
        return data

    @property
    def sha256(self) -> str:
        """Of all of the content, whether or not it has been read to its end."""
        if self._known is not None:
            return self._known
        if self.len == 0:
            return self._digest.hexdigest()
        digest = hashlib.sha256()
        for chunk in self._part.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def _next(self, chunks: Iterator[bytes]) -> bytes:
        chunk = next((chunk for chunk in chunks if chunk), None)
        if chunk is None:
            raise self._changed()
        return chunk

    def _check_end(self, chunks: Iterator[bytes]) -> None:
        if self._buffer or next((chunk for chunk in chunks if chunk), None) is not None:
            raise self._changed()

    def _changed(self) -> ConformanceError:
        return ConformanceError(
            f"the content of the form part {self._part.name!r} isn't {self.size} bytes long any more; "
            "leave the file alone while it is uploaded"
        )


def _file_chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"can't read {path}: {error.strerror or error}; give a readable file")


def _described(part: FormPart, reader: _Reader) -> Part:
    return Part(
        name=part.name,
        filename=part.filename,
        content_type=part.content_type,
        size=reader.size,
        sha256=reader.sha256,
        text=_kept_text(part),
    )


def _kept_text(part: FormPart) -> str | None:
    """The text of the metadata part; a file's bytes are never kept."""
    is_json = (part.content_type or "").partition(";")[0].strip().lower() == "application/json"
    if not isinstance(part.content, bytes) or len(part.content) > MAX_KEPT_TEXT:
        return None
    if not (is_json or part.name == "metadata"):
        return None
    try:
        return part.content.decode("utf-8")
    except UnicodeDecodeError:
        return None
