"""A bundle's folder as one `.tar.gz` that is the same for the same files, and a stranger's one read back safely."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Protocol

from conformance.errors import ConformanceError, UsageError

SUFFIX = ".tar.gz"

MAX_MEMBERS = 100
"""Files in a bundle that is read. Ours; a run leaves about a dozen."""

MAX_BYTES = 2**29
"""Bytes of all files of a bundle that is read, decompressed. Ours."""

_HEADERS = 2**20  # bytes of an archive that aren't in its files


class BadArchive(ConformanceError):
    """The file is no bundle that can be unpacked. The message is what is wrong with it."""


def check_destination(path: Path, folder: Path | None) -> Path:
    """The file that a bundle is to be written to. Raises UsageError before a run where it can't be used.

    An earlier bundle isn't overwritten, and none lies in its own folder, which would then hold a file too many.
    """
    if not path.name.endswith(SUFFIX):
        raise UsageError(f"--bundle {str(path)!r} must end in {SUFFIX}")
    if path.exists() or path.is_symlink():
        raise UsageError(
            f"--bundle {str(path)!r} is there already and isn't overwritten; remove it or name another file"
        )
    if folder is not None and path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"--bundle {str(path)!r} lies in the run's own folder; name a file outside of it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"can't write --bundle {path}: the folder isn't writable; choose another place")
    return path


def pack(folder: Path, names: Iterable[str], path: Path, root: str) -> None:
    """Write the named files of `folder` to `path`, under the folder `root`; whole or not at all.

    Times, owners and modes are left out, so that the same files make the same bytes. Raises UsageError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with (
            temporary.open("wb") as raw,
            gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as compressed,
            tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
        ):
            for name in sorted(names):
                member = tarfile.TarInfo(f"{root}/{name}")
                with (folder / name).open("rb") as file:
                    member.size, member.mode = os.fstat(file.fileno()).st_size, 0o644
                    archive.addfile(member, file)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _unwritable(path, error) from None


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The files of a bundle in a folder that is gone afterwards.

    Raises UsageError where there is no such file, BadArchive for what isn't a bundle of plain files within bounds.
    """
    with tempfile.TemporaryDirectory(prefix="wallaroo-conformance-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        try:
            with path.open("rb") as raw:
                _unpack(raw, folder)
        except OSError as error:
            if isinstance(error, gzip.BadGzipFile):
                raise BadArchive("it isn't a gzip file") from None
            raise UsageError(f"can't read {path}: {error.strerror or error}") from None
        except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
            raise BadArchive(f"it can't be unpacked: {' '.join(str(error).split())[:200]}") from None
        yield folder


def _unpack(raw: IO[bytes], folder: Path) -> None:
    total, roots = 0, set()
    with (
        gzip.GzipFile(fileobj=raw) as compressed,
        _Bounded(compressed, _HEADERS) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for count, member in enumerate(archive, start=1):
            total += member.size
            if count > MAX_MEMBERS:
                raise BadArchive(f"it has more than {MAX_MEMBERS} members")
            if total > MAX_BYTES:
                raise BadArchive(f"its files have more than {MAX_BYTES} bytes")
            stream.allow(member.size)
            if member.isdir() and "/" not in member.name.rstrip("/"):
                continue
            root, name = _plain(member)
            roots.add(root)
            if len(roots) > 1:
                raise BadArchive("its files lie in several folders")
            if (folder / name).exists():
                raise BadArchive(f"it holds {name} twice")
            # Not extract(): its safe filter came with 3.11.4, and a plain file under a checked name needs none.
            content = archive.extractfile(member)
            assert content is not None
            with content, (folder / name).open("xb") as file:
                shutil.copyfileobj(content, file)


def _plain(member: tarfile.TarInfo) -> tuple[str, str]:
    """The folder and the name of a member that is a plain file, at most one folder down."""
    shown = repr(member.name[:100])
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise BadArchive(f"its member {shown} isn't a plain file (a link, a device or a folder)")
    root, _, name = member.name.removeprefix("./").rpartition("/")
    if "/" in root or root == ".." or name in ("", ".", "..") or "\\" in member.name or "\0" in member.name:
        raise BadArchive(f"its member {shown} leads out of the bundle's folder")
    return root, name


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Bounded(io.RawIOBase):
    """A stream that ends in an error where it goes on beyond the bytes that were allowed.

    tarfile takes an extended header into memory whole, however long it says that it is.
    """

    def __init__(self, stream: _Readable, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def allow(self, more: int) -> None:
        """Allow so many bytes more."""
        self._left += more

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._left:
            raise BadArchive(f"it has more than {_HEADERS} bytes beside its files")
        content = self._stream.read(size)
        self._left -= len(content)
        return content


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"can't write --bundle {path}: {error.strerror or error}; choose another place")
