"""Digests: of the suite's source, which anybody can work out, and of a contract, which no swapped one has."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import conformance
from conformance.bundle import digests
from conformance.bundle.digests import FileDigest, contract_digest, source_digest
from conformance.contract import load_release, release_ids

PACKAGE = Path(conformance.__file__).parent


def test_a_file_has_the_same_digest_in_memory_and_on_disk(tmp_path):
    content = b"content" * 300_000
    (tmp_path / "file").write_bytes(content)
    expected = FileDigest(hashlib.sha256(content).hexdigest(), len(content))
    assert FileDigest.of(content) == FileDigest.of_file(tmp_path / "file") == expected


def test_the_source_digest_is_what_sha256sum_makes_of_the_sorted_files():
    lines = []
    for path in PACKAGE.rglob("*"):
        name = path.relative_to(PACKAGE).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and name != "bundle/kill-score.json":
            lines.append((name, f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{name}\n"))
    source_digest.cache_clear()
    assert source_digest() == hashlib.sha256("".join(line for _, line in sorted(lines)).encode()).hexdigest()


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """A small package of another name."""
    folder = tmp_path / "somepackage"
    (folder / "bundle").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "bundle" / "kill-score.json").write_text("{}")
    (folder / "data.yaml").write_text("a: 1")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("somepackage", None)


def digest_of_package() -> str:
    source_digest.cache_clear()
    return source_digest("somepackage")


def test_caches_and_the_kill_score_arent_part_of_it_and_all_else_is(package):
    before = digest_of_package()
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"x")
    (package / "bundle" / "kill-score.json").write_text("[]")
    assert digest_of_package() == before
    (package / "data.yaml").write_text("a: 2")
    changed = digest_of_package()
    (package / "more.txt").write_text("")
    assert len({before, changed, digest_of_package()}) == 3


def test_each_release_has_a_digest_of_its_own():
    assert len({contract_digest(name) for name in release_ids()}) == len(release_ids())


def test_another_process_comes_to_the_same():
    code = "from conformance.bundle.digests import *; print(contract_digest('2024.1'), source_digest())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    source_digest.cache_clear()
    assert said.split() == [contract_digest("2024.1"), source_digest()]


@pytest.mark.parametrize("part", ["requirements.yaml", "openapi.yaml", "examples/list-requests.json"])
def test_a_change_anywhere_in_the_contract_shows(tmp_path, monkeypatch, part):
    from conformance.contract import release as releases

    folder = tmp_path / "releases"
    shutil.copytree(releases._RELEASES, folder)
    before = contract_digest("2024.1")
    path = folder / "2024.1" / part
    if not path.exists():
        path = folder / "2023.4" / part
    text = path.read_text()
    word = {
        "requirements.yaml": "text: ",
        "openapi.yaml": "description: ",
        "examples/list-requests.json": '"title": "',
    }[part]
    path.write_text(text.replace(word, f"{word}Changed ", 1))
    assert path.read_text() != text
    caches = (load_release, releases._entries, contract_digest)
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setattr(releases, "_RELEASES", folder)
    try:
        assert digests.contract_digest("2024.1") != before
    finally:
        monkeypatch.undo()
        for cache in caches:
            cache.cache_clear()
    assert digests.contract_digest("2024.1") == before
