"""One archive of a bundle: the same bytes for the same files, and no trick of a stranger's archive gets through."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable, Iterable

import pytest

from conformance.bundle import packing
from conformance.bundle.packing import BadArchive, check_destination, pack, unpacked
from conformance.bundle.verifying import verify
from conformance.errors import UsageError
from tests.bundle.conftest import nothing_differs


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "b.txt").write_text("b")
    (folder / "a.txt").write_bytes(b"\x00\xff" * 50_000)
    return folder


def test_what_is_packed_comes_back_and_nothing_else(folder, tmp_path):
    (folder / "stale.txt").write_text("not of this run")
    pack(folder, ["b.txt", "a.txt"], tmp_path / "x.tar.gz", "root")
    with unpacked(tmp_path / "x.tar.gz") as back:
        assert {p.name: p.read_bytes() for p in back.iterdir()} == {
            name: (folder / name).read_bytes() for name in ("a.txt", "b.txt")
        }
    assert not back.exists()
    with tarfile.open(tmp_path / "x.tar.gz") as archive:
        assert archive.getnames() == ["root/a.txt", "root/b.txt"]


def test_the_same_files_make_the_same_bytes(folder, tmp_path):
    pack(folder, ["a.txt", "b.txt"], tmp_path / "x.tar.gz", "root")
    os.utime(folder / "a.txt", (1, 1))
    (folder / "a.txt").chmod(0o600)
    pack(folder, ["b.txt", "a.txt"], tmp_path / "another.tar.gz", "root")
    assert (tmp_path / "x.tar.gz").read_bytes() == (tmp_path / "another.tar.gz").read_bytes()


def test_an_archive_that_cant_be_written_leaves_nothing(folder, tmp_path):
    with pytest.raises(UsageError, match="can't write --bundle"):
        pack(folder, ["a.txt", "absent.txt"], tmp_path / "x.tar.gz", "root")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_where_a_bundle_cant_go_is_known_before_the_run(folder, tmp_path):
    (tmp_path / "there.tar.gz").write_text("evidence")
    (tmp_path / "link.tar.gz").symlink_to(tmp_path / "nowhere")
    for name, said in (
        ("there.tar.gz", "is there already and isn't overwritten"),
        ("link.tar.gz", "is there already"),
        ("bundle.zip", "must end in .tar.gz"),
        ("out/bundle.tar.gz", "lies in the run's own folder"),
        ("out/../out/bundle.tar.gz", "lies in the run's own folder"),
        ("there.tar.gz/bundle.tar.gz", "can't write --bundle"),
    ):
        with pytest.raises(UsageError, match=said):
            check_destination(tmp_path / name, folder)
    assert (tmp_path / "there.tar.gz").read_text() == "evidence"
    assert check_destination(tmp_path / "new" / "bundle.tar.gz", folder).parent.is_dir()


def member(name: str, content: bytes = b"x", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def archive_of(members: Iterable[tuple[tarfile.TarInfo, bytes]], form: int = tarfile.PAX_FORMAT) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", format=form) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def claimed(size: int) -> bytes:
    """An archive whose one member says that it has `size` bytes, and has none."""
    info = tarfile.TarInfo("root/a")
    info.size = size
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)


def pax_bomb() -> bytes:
    """An extended header of 4 MiB, which tarfile takes into memory whole."""
    info = tarfile.TarInfo("root/a")
    info.type, info.size = tarfile.XHDTYPE, 4 * 2**20
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + b"\0" * info.size)


LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0}
HARD = {"type": tarfile.LNKTYPE, "linkname": "root/a", "size": 0}
TRICKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "parent": (lambda: archive_of([member("../a")]), "leads out of the bundle's folder"),
    "parent below": (lambda: archive_of([member("root/../../a")]), "leads out of the bundle's folder"),
    "absolute": (lambda: archive_of([member("/etc/a")]), "leads out of the bundle's folder"),
    "root alone": (lambda: archive_of([member("root/..")]), "leads out of the bundle's folder"),
    "deep": (lambda: archive_of([member("a/b/c")]), "leads out of the bundle's folder"),
    "backslash": (lambda: archive_of([member("root/..\\a")]), "leads out of the bundle's folder"),
    "symbolic link": (lambda: archive_of([member("root/a", b"", **LINK)]), "isn't a plain file"),
    "hard link": (lambda: archive_of([member("root/a"), member("root/b", b"", **HARD)]), "isn't a plain file"),
    "device": (lambda: archive_of([member("root/a", b"", type=tarfile.CHRTYPE, size=0)]), "isn't a plain file"),
    "pipe": (lambda: archive_of([member("root/a", b"", type=tarfile.FIFOTYPE, size=0)]), "isn't a plain file"),
    "folder below": (lambda: archive_of([member("root/a", b"", type=tarfile.DIRTYPE, size=0)]), "isn't a plain file"),
    "twice": (lambda: archive_of([member("root/a"), member("root/a")]), "it holds a twice"),
    "two folders": (lambda: archive_of([member("root/a"), member("more/b")]), "its files lie in several folders"),
    "many": (lambda: archive_of([member(f"root/{n}") for n in range(101)]), "it has more than 100 members"),
    "many folders": (
        lambda: archive_of([member(f"f{n}", b"", type=tarfile.DIRTYPE, size=0) for n in range(101)]),
        "it has more than 100 members",
    ),
    "claimed size": (lambda: claimed(2**40), "its files have more than"),
    "header bomb": (pax_bomb, "it has more than 1048576 bytes beside its files"),
    "sparse": (lambda: archive_of([member("root/a", type=tarfile.GNUTYPE_SPARSE)]), ""),
    "cut off": (lambda: archive_of([member("root/a", os.urandom(100_000))])[:5000], "it can't be unpacked"),
    "no archive": (lambda: gzip.compress(b"hello" * 1000), "it can't be unpacked"),
    "no gzip": (lambda: b"PK\x03\x04 a zip", "it isn't a gzip file"),
}


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_is_refused_in_one_line_and_nothing_is_written_elsewhere(tmp_path, name):
    make, said = TRICKS[name]
    path = tmp_path / "x.tar.gz"
    path.write_bytes(make())
    with pytest.raises(BadArchive) as caught, unpacked(path):
        pass
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.tar.gz"]
    found = verify(path, None, nothing_differs)
    assert found.problems == [f"x.tar.gz: {caught.value}"]


def test_a_bomb_of_zeros_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "MAX_BYTES", 2**20)
    path = tmp_path / "x.tar.gz"
    path.write_bytes(archive_of([member("root/a", b"\0" * 2**21)]))
    with pytest.raises(BadArchive, match="its files have more than 1048576 bytes"), unpacked(path):
        pass


def test_a_folders_own_entry_and_a_leading_dot_are_as_tar_writes_them(tmp_path):
    path = tmp_path / "x.tar.gz"
    path.write_bytes(archive_of([member("root", b"", type=tarfile.DIRTYPE, size=0), member("./root/a", b"yes")]))
    with unpacked(path) as folder:
        assert (folder / "a").read_bytes() == b"yes"


def test_a_mode_or_owner_of_an_archive_has_no_effect(tmp_path):
    path = tmp_path / "x.tar.gz"
    path.write_bytes(archive_of([member("root/a", mode=0o6777, uid=12, uname="nobody")]))
    with unpacked(path) as folder:
        assert (folder / "a").stat().st_mode & 0o6111 == 0


def test_an_absent_archive_is_bad_usage(tmp_path):
    with pytest.raises(UsageError, match="can't read"), unpacked(tmp_path / "absent.tar.gz"):
        pass
