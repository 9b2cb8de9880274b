"""A model file to upload: where its bytes come from and what is known about them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

from conformance.errors import UsageError
from conformance.instance.multipart import CHUNK_BYTES


class FileProvider(Protocol):
    """Model bytes that aren't a path of ours: `size` in bytes, `sha256` in lower-case hex, the bytes in chunks."""

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...

    def chunks(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class ModelFile:
    """A file with the framework it is uploaded as. `size` is in bytes, `sha256` lower-case hex.

    The schemas are base64 of Arrow IPC schema messages (see `arrow.encode_schema`), None where the framework
    needs none. `stamp` is a path's time and size when it was hashed: a file that has changed since isn't sent.
    """

    source: Path | bytes | FileProvider
    framework: str
    file_name: str
    sha256: str
    size: int
    input_schema: str | None = None
    output_schema: str | None = None
    stamp: tuple[int, int] | None = None

    @classmethod
    def from_path(
        cls,
        path: str | Path,
        framework: str,
        *,
        file_name: str | None = None,
        input_schema: str | None = None,
        output_schema: str | None = None,
    ) -> Self:
        """A file on disk, read once for its digest. Raises UsageError when it isn't a readable, non-empty file."""
        path = Path(path)
        digest, size = hashlib.sha256(), 0
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"the model {path} isn't a file; give a model file")
            with path.open("rb", buffering=0) as file:
                while chunk := file.read(CHUNK_BYTES):
                    digest.update(chunk)
                    size += len(chunk)
        except OSError as error:
            raise _unreadable(path, error) from None
        if not size:
            raise UsageError(f"the model {path} is empty; give a model file")
        name = path.name if file_name is None else file_name
        stamp = (status.st_mtime_ns, status.st_size)
        return cls(path, framework, name, digest.hexdigest(), size, input_schema, output_schema, stamp)

    @classmethod
    def from_bytes(
        cls,
        content: bytes,
        framework: str,
        file_name: str,
        *,
        input_schema: str | None = None,
        output_schema: str | None = None,
    ) -> Self:
        """A file held in memory."""
        digest = hashlib.sha256(content).hexdigest()
        return cls(content, framework, file_name, digest, len(content), input_schema, output_schema)

    @classmethod
    def from_provider(
        cls,
        provider: FileProvider,
        framework: str,
        file_name: str,
        *,
        input_schema: str | None = None,
        output_schema: str | None = None,
    ) -> Self:
        """A file whose bytes come in chunks, such as a packaged fixture or a generated large one."""
        return cls(provider, framework, file_name, provider.sha256, provider.size, input_schema, output_schema)

    def with_schemas(self, input_schema: str | None, output_schema: str | None) -> Self:
        """The same file with other schemas."""
        return replace(self, input_schema=input_schema, output_schema=output_schema)

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the start, up to 1 MiB at a time for a path.

        Raises UsageError when the file can't be read or isn't the one that was hashed.
        """
        if isinstance(self.source, bytes):
            return iter((self.source,))
        if isinstance(self.source, Path):
            return self._path_chunks(self.source)
        return self.source.chunks()

    def _path_chunks(self, path: Path) -> Iterator[bytes]:
        try:
            with path.open("rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                if self.stamp is not None and self.stamp != (status.st_mtime_ns, status.st_size):
                    raise UsageError(f"the model {path} has changed since it was hashed; leave it alone in a run")
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"can't read the model {path}: {error.strerror or error}; give a model file")
