"""ZIP archives that a careless reader would trip over."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable

import pytest

from conformance.mock.modelfiles import archive as archives
from conformance.mock.modelfiles.archive import Archive
from conformance.mock.modelfiles.result import RefusedFileError

from .builders import ENTRIES, archive

CENTRAL = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"


def opened(data: bytes) -> Archive:
    return Archive(io.BytesIO(data), len(data))


def test_the_hand_made_archive_is_sound() -> None:
    """The control of every refusal below."""
    found = opened(archive())
    assert found.root == "m"
    assert found.sizes == {name.removeprefix("m/"): len(content) for name, content in ENTRIES.items()}
    assert found.read("version", 100) == b"3\n"


def named(name: str) -> bytes:
    return archive(ENTRIES | {name: b"x"})


def patched(offset_in_central: int, layout: str, value: int, data: bytes = b"", entry: int = 0) -> bytes:
    """The archive with one field of an entry's record in the directory overwritten."""
    changed = bytearray(data or archive())
    position = -1
    for _ in range(entry + 1):
        position = changed.index(CENTRAL, position + 1)
    struct.pack_into(layout, changed, position + offset_in_central, value)
    return bytes(changed)


def twice() -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as target:
        warnings.simplefilter("ignore", UserWarning)
        for _ in range(2):
            target.writestr(zipfile.ZipInfo("m/version"), b"3\n")
    return out.getvalue()


def with_attributes(attributes: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        info = zipfile.ZipInfo("m/link")
        info.external_attr = attributes << 16
        target.writestr(info, "../../target")
    return out.getvalue()


def compressed(method: int, content: bytes, count: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for index in range(count):
            target.writestr(f"m/{index}", content)
    return out.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "climbing out": (lambda: named("m/../../outside"), "path traversal"),
    "climbing out at once": (lambda: named("../outside"), "path traversal"),
    "an empty part": (lambda: named("m//x"), "path traversal"),
    "an absolute name": (lambda: named("/etc/outside"), "absolute"),
    "a drive": (lambda: named("C:/outside"), "absolute"),
    "a backslash": (lambda: named("m/..\\outside"), "characters"),
    "a control character": (lambda: named("m/a\nb"), "characters"),
    "a nul": (lambda: archive(ENTRIES | {"m/aXb": b""}).replace(b"aXb", b"a\0b"), "characters"),
    "outside the folder": (lambda: named("loose"), "stands outside"),
    "two folders": (lambda: named("n/x"), "2 folders"),
    "no entries": (lambda: archive({}), "0 folders"),
    "the same name twice": (twice, "occurs twice"),
    "a symbolic link": (lambda: with_attributes(stat.S_IFLNK | 0o777), "symbolic link"),
    "an encrypted entry": (lambda: patched(8, "<H", 1), "encrypted"),
    "another compression": (lambda: compressed(zipfile.ZIP_BZIP2, b"x"), "compression method 12"),
    "two sizes": (lambda: patched(24, "<I", 9), "two different sizes"),
    "overlapping entries": (lambda: patched(42, "<I", 0, entry=1), "overlaps another"),
    "an entry over the directory": (
        lambda: patched(24, "<I", 500, patched(20, "<I", 500, entry=4), entry=4),
        "overlaps its directory",
    ),
    "bytes before the first entry": (lambda: b"#!stub\n" + archive(), "belong to no entry"),
    "another name in the entry itself": (lambda: archive().replace(b"m/version", b"m/Version", 1), "differ"),
    "no local header": (lambda: archive().replace(LOCAL, b"PK\x03\x05", 1), "Bad magic"),
    "no directory": (lambda: archive()[:-40], "cut short"),
    "a great ratio": (lambda: compressed(zipfile.ZIP_DEFLATED, bytes(2 * 2**20)), "zip bomb"),
    "a great total": (
        lambda: compressed(zipfile.ZIP_DEFLATED, bytes(2**20), 40),
        "zip bomb: .* bytes unpack",
    ),
    "many entries": (
        lambda: compressed(zipfile.ZIP_STORED, b"", archives.MAX_ENTRIES + 1),
        "an archive of 10001",
    ),
    "a great directory": (lambda: compressed(zipfile.ZIP_STORED, b"", 45_000), "directory is over"),
}


@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_hostile_and_damaged_archives_are_refused(make: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(RefusedFileError, match=reason) as refusal:
        opened(make())
    assert str(refusal.value).isprintable()


def test_a_flipped_bit_fails_the_checksum() -> None:
    found = opened(archive().replace(b"3\n", b"7\n", 1))
    with pytest.raises(RefusedFileError, match="'version' is damaged"):
        found.read("version", 100)


def test_an_entry_is_never_read_beyond_its_limit() -> None:
    with pytest.raises(RefusedFileError, match="over 1 bytes"):
        opened(archive()).read("version", 1)


def test_an_entry_that_unpacks_to_more_than_it_says_is_refused() -> None:
    data = compressed(zipfile.ZIP_DEFLATED, bytes(5000))
    lying = patched(24, "<I", 50, data)
    with pytest.raises(RefusedFileError, match="damaged"):
        opened(lying).read("0", 100)


def test_all_reading_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_READ_BYTES", 5)
    found = opened(archive())
    assert found.read("version", 100)
    assert found.read("version", 100)
    with pytest.raises(RefusedFileError, match="over 5 bytes"):
        found.read("version", 100)


def test_an_entry_larger_than_the_directory_bound_is_read_whole() -> None:
    content = bytes(range(256)) * 16_000
    assert len(content) > archives.MAX_DIRECTORY_BYTES
    assert opened(archive(ENTRIES | {"m/large": content})).read("large", len(content)) == content
