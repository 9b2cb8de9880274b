"""ZIP archives from strangers: bounded in entries, sizes, ratio and bytes read; nothing goes to disk."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from itertools import pairwise
from typing import IO

from .result import RefusedFileError, printable

MAX_ENTRIES = 10_000
MAX_DIRECTORY_BYTES = 2 * 2**20
# TorchScript stores its tensors as they are, so an archive hardly grows when it is unpacked.
MAX_RATIO = 100
RATIO_APPLIES_FROM_BYTES = 2**20
MAX_GROWTH = 4
FREE_GROWTH_BYTES = 32 * 2**20
# Everything that is read at all: pickles and source text, never tensors.
MAX_READ_BYTES = 64 * 2**20

_LOCAL_HEADER_BYTES = 30
_CHUNK_BYTES = 2**20
_ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000
_DRIVE = re.compile(r"[A-Za-z]:")

# What zipfile and zlib raise on bytes that aren't a ZIP archive (RuntimeError includes "not implemented").
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class _ShortReads:
    """A file that refuses to hand out more than the directory bound at once.

    zipfile reads the whole central directory in one call, of a size that the file itself names.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, count: int = -1, /) -> bytes:
        wanted = MAX_DIRECTORY_BYTES + 1 if count < 0 else min(count, MAX_DIRECTORY_BYTES + 1)
        data = self._file.read(wanted)
        if len(data) > MAX_DIRECTORY_BYTES:
            raise RefusedFileError(f"the archive's directory is over {MAX_DIRECTORY_BYTES} bytes")
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


class Archive:
    """An archive with one folder at its top, checked when it is opened; RefusedFileError says what is wrong.

    `root` is that folder; `sizes` maps each entry's name below it to its unpacked bytes. Entries that `read`
    isn't asked for are checked by their headers alone, so a flipped bit in a tensor goes unseen.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        try:
            self._zip = zipfile.ZipFile(_ShortReads(file))
            infos = self._zip.infolist()
            self._check_names(infos)
            self._check_sizes(infos, size)
            self._check_headers(infos)
        except _UNREADABLE as error:
            raise RefusedFileError(f"a cut short or damaged ZIP archive ({_described(error)})") from error
        self.root = _only_root(infos)
        self._infos = {info.orig_filename.removeprefix(f"{self.root}/"): info for info in infos}
        self.sizes = {name: info.file_size for name, info in self._infos.items()}
        self._bytes_left = MAX_READ_BYTES

    def read(self, name: str, limit: int) -> bytes:
        """The content of an entry of at most `limit` bytes, its checksum verified."""
        info = self._infos[name]
        if info.file_size > limit:
            raise RefusedFileError(f"the entry {printable(name)!r} is over {limit} bytes")
        self._bytes_left -= info.file_size
        if self._bytes_left < 0:
            raise RefusedFileError(f"the archive has over {MAX_READ_BYTES} bytes of pickles and source text")
        try:
            with self._zip.open(info) as stream:
                data = b"".join(iter(lambda: stream.read(_CHUNK_BYTES), b""))
        except _UNREADABLE as error:
            raise RefusedFileError(f"the entry {printable(name)!r} is damaged ({_described(error)})") from error
        if len(data) != info.file_size:
            raise RefusedFileError(f"the entry {printable(name)!r} is cut short")
        return data

    def _check_names(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > MAX_ENTRIES:
            raise RefusedFileError(f"an archive of {len(infos)} entries; at most {MAX_ENTRIES} are taken")
        seen: set[str] = set()
        for info in infos:
            name = info.orig_filename
            shown = printable(name)
            if name.startswith("/") or _DRIVE.match(name):
                raise RefusedFileError(f"the entry {shown!r} has an absolute name")
            if any(part in ("", ".", "..") for part in name.removesuffix("/").split("/")):
                raise RefusedFileError(f"path traversal: the entry {shown!r} leaves the archive's folder")
            if "\\" in name or not name.isprintable():
                raise RefusedFileError(f"the entry {shown!r} has characters that no model file's names have")
            if name in seen:
                raise RefusedFileError(f"the entry {shown!r} occurs twice")
            seen.add(name)
            if info.flag_bits & _ENCRYPTED_FLAGS:
                raise RefusedFileError(f"the entry {shown!r} is encrypted")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise RefusedFileError(f"the entry {shown!r} is a symbolic link")

    def _check_sizes(self, infos: list[zipfile.ZipInfo], size: int) -> None:
        for info in infos:
            shown = printable(info.orig_filename)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise RefusedFileError(f"the entry {shown!r} has compression method {info.compress_type}")
            if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
                raise RefusedFileError(f"the entry {shown!r} is stored with two different sizes")
            if info.file_size > max(RATIO_APPLIES_FROM_BYTES, MAX_RATIO * info.compress_size):
                raise RefusedFileError(
                    f"zip bomb: the entry {shown!r} unpacks {info.compress_size} bytes to {info.file_size}"
                )
        total = sum(info.file_size for info in infos)
        if total > FREE_GROWTH_BYTES + MAX_GROWTH * size:
            raise RefusedFileError(f"zip bomb: {size} bytes unpack to {total}")

    def _check_headers(self, infos: list[zipfile.ZipInfo]) -> None:
        """Each entry has its own bytes, starting at the file's first one."""
        ordered = sorted(infos, key=lambda info: info.header_offset)
        if ordered and ordered[0].header_offset != 0:
            raise RefusedFileError("the archive starts with bytes that belong to no entry")
        ends = [info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size for info in ordered]
        for end, (info, following) in zip(ends, pairwise(ordered), strict=False):
            if end > following.header_offset:
                shown = printable(info.orig_filename)
                raise RefusedFileError(f"zip bomb: the entry {shown!r} overlaps another")
        if ends and ends[-1] > self._zip.start_dir:
            raise RefusedFileError("the archive's last entry overlaps its directory")
        for info in infos:
            self._zip.open(info).close()


def _only_root(infos: list[zipfile.ZipInfo]) -> str:
    roots = {info.orig_filename.split("/", 1)[0] for info in infos if "/" in info.orig_filename}
    loose = [info.orig_filename for info in infos if "/" not in info.orig_filename]
    if loose:
        shown = printable(loose[0])
        raise RefusedFileError(f"not TorchScript: the entry {shown!r} stands outside the model's folder")
    if len(roots) != 1:
        raise RefusedFileError(f"not TorchScript: {len(roots)} folders at the top where one belongs")
    return roots.pop()


def _described(error: BaseException) -> str:
    return printable(str(error)) or type(error).__name__
