"""The uploaded bytes: temporary while they arrive, then a folder addressed by their SHA-256."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from conformance.mock.records import Upload

_WRITE_BUFFER = 1024 * 1024


class Files:
    """`incoming/` holds uploads under way, `files/<two hex digits>/<digest>` the finished ones."""

    def __init__(self, root: Path, *, durable: bool) -> None:
        self._incoming = root / "incoming"
        self._kept = root / "files"
        self._durable = durable
        self._held: Counter[str] = Counter()
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._kept.mkdir(exist_ok=True)

    def open_incoming(self) -> tuple[Path, BinaryIO]:
        """A new temporary file, open for writing."""
        handle, name = tempfile.mkstemp(dir=self._incoming)
        return Path(name), open(handle, "wb", buffering=_WRITE_BUFFER)

    def path_of(self, digest: str) -> Path:
        """Where the bytes with this digest are kept."""
        return self._kept / digest[:2] / digest

    @contextmanager
    def held(self, digest: str) -> Iterator[None]:
        """Within, the bytes with this digest stay: an upload keeps them that no version names yet."""
        self._held[digest] += 1
        try:
            yield
        finally:
            self._held[digest] -= 1

    def remove(self, digest: str) -> None:
        """Take the bytes with this digest away, unless an upload under way has the same."""
        if not self._held[digest]:
            self.path_of(digest).unlink(missing_ok=True)

    async def keep(self, upload: Upload) -> None:
        """Move a finished upload to its place, synced first: no row may name bytes that aren't there."""
        if upload.path is None:
            return
        target = self.path_of(upload.sha256)
        target.parent.mkdir(exist_ok=True)
        if self._durable:
            await asyncio.to_thread(_sync, upload.path)
        os.replace(upload.path, target)
        if self._durable:
            await asyncio.to_thread(_sync, target.parent)
        upload.path = None

    def discard(self, upload: Upload) -> None:
        """Forget an upload that didn't become a version."""
        if upload.path is not None:
            upload.path.unlink(missing_ok=True)
            upload.path = None

    def sweep(self, known: set[str]) -> None:
        """Remove what a killed process left: half uploads, and files that no version names."""
        for leftover in self._incoming.iterdir():
            leftover.unlink(missing_ok=True)
        for kept in self._kept.glob("*/*"):
            if kept.name not in known:
                kept.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
