"""SHA-256 of files, of the suite's own source, and of a release's contract; all in lower-case hex."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from conformance.contract import load_release
from conformance.contract.companions import companion_document

KILL_SCORE_DATA = "bundle/kill-score.json"
"""The packaged file that the source digest leaves out: it says how good the source is, so it comes after it."""

_CHUNK = 1 << 20
_CACHES = ("__pycache__", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class FileDigest:
    """A file's SHA-256 and its size in bytes."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> FileDigest:
        """That of bytes in memory."""
        return cls(hashlib.sha256(content).hexdigest(), len(content))

    @classmethod
    def of_file(cls, path: Path) -> FileDigest:
        """That of a file. Raises OSError."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        return cls(digest.hexdigest(), size)


@lru_cache
def source_digest(package: str = "conformance") -> str:
    """The digest of a package's installed files, the kill score and caches left out.

    It is over the lines that `sha256sum` writes for them, sorted by path, so that anybody can work it out:
    `find . -type f … | LC_ALL=C sort | xargs sha256sum | sha256sum` in the package's folder.
    """
    lines = hashlib.sha256()
    for name, file in sorted(_files(resources.files(package))):
        lines.update(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  ./{name}\n".encode())
    return lines.hexdigest()


@lru_cache
def contract_digest(release_id: str) -> str:
    """The digest of the contract that holds for a release, with all that it takes over from older ones.

    It is over canonical JSON of its requirements in their order, its OpenAPI document, its examples, and the calls
    beside the model endpoints. Raises UsageError for a release without a contract.
    """
    release = load_release(release_id)
    content = {
        "release": release.id,
        "version": release.version,
        "endpoints": dict(release.endpoints),
        "requirements": [asdict(requirement) for requirement in release.requirements.values()],
        "openapi": release.openapi,
        "examples": [asdict(example) for example in release.examples],
        "companions": companion_document(),
    }
    return hashlib.sha256(_canonical(content)).hexdigest()


def _canonical(content: Any) -> bytes:
    # A date is the one thing that YAML knows and JSON doesn't.
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str).encode("ascii")


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for item in folder.iterdir():
        name = f"{prefix}{item.name}"
        if item.is_dir():
            if item.name not in _CACHES:
                yield from _files(item, f"{name}/")
        elif name != KILL_SCORE_DATA and not item.name.endswith((".pyc", ".pyo")):
            yield name, item
