"""A real run's bundle, signed, and ways to tamper with a copy of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.bundle import envelope, manifest
from conformance.bundle.digests import FileDigest
from conformance.bundle.findings import Findings
from conformance.bundle.keys import KeyPair, load_public_key, load_signer, make_key_pair
from conformance.bundle.verifying import verify
from conformance.running.assembly import Assembly
from conformance.running.finishing import finish
from conformance.running.rejudging import rejudge
from conformance.running.runner import Listener, run_suite
from conformance.settings import resolve

PRODUCT = """# what we sell
vendor = "Example Corp"
product = "Model platform"
version = "4.2"
contact_url = "https://example.com/contact"
notes = '''
Three nodes.
'''
"""


def judged_again(folder: Path) -> Iterable[str]:
    """The recomputation that the command uses."""
    return rejudge(folder).differences


def nothing_differs(_folder: Path) -> Iterable[str]:
    """In place of the recomputation, for what it has no part in."""
    return ()


@dataclass(frozen=True)
class Bundle:
    """A bundle's folder, its archive, and the key that signed it."""

    folder: Path
    archive: Path
    keys: KeyPair

    def verified(
        self, recompute: Callable[[Path], Iterable[str]] = nothing_differs, keys: KeyPair | None = None
    ) -> Findings:
        """Verify the folder with the key that signed it, or another."""
        return verify(self.folder, load_public_key((keys or self.keys).public), recompute)

    def read(self) -> dict[str, Any]:
        """The statement in the manifest's envelope."""
        sealed = envelope.opened(json.loads((self.folder / manifest.FILE).read_bytes()))
        loaded: dict[str, Any] = json.loads(sealed.payload)
        return loaded

    def sign(self, content: Mapping[str, Any], keys: KeyPair | None = None) -> None:
        """Put another statement into the manifest, signed with the same key or another."""
        signer = load_signer((keys or self.keys).private, {})
        sealed = envelope.seal(json.dumps(content).encode(), signer)
        (self.folder / manifest.FILE).write_bytes(sealed)

    def resign(self, keys: KeyPair | None = None) -> None:
        """Make the manifest anew over the files as they are now, as somebody who has a key can."""
        statement = json.loads((self.folder / "statement.json").read_bytes())
        files = {p.name: FileDigest.of_file(p) for p in self.folder.iterdir() if p.name != manifest.FILE}
        self.sign(manifest.build(statement, files, "0" * 64), keys)

    def edit_statement(self, edit: Callable[[dict[str, Any]], object]) -> None:
        """Change the statement in place."""
        path = self.folder / "statement.json"
        statement = json.loads(path.read_bytes())
        edit(statement)
        path.write_text(json.dumps(statement), encoding="utf-8")


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Bundle:
    """The bundle of a whole run on the embedded instance; not to be changed."""
    room = tmp_path_factory.mktemp("bundle")
    keys = make_key_pair(room / "vendor.key", {})
    (room / "product.toml").write_text(PRODUCT, encoding="utf-8")
    flags = {
        "out": room / "out",
        "product": room / "product.toml",
        "sign_key": keys.private,
        "bundle": room / "bundle.tar.gz",
    }
    assembly = Assembly.make(resolve(flags, {}), {})
    try:
        assembly.examine()
        result = run_suite(assembly, Listener())
        paths = finish(room / "out", result, (), assembly.certification)
    finally:
        assembly.close()
    assert paths.bundle == f"Bundle {room / 'bundle.tar.gz'}, signed with key {keys.key_id}"
    return Bundle(room / "out", room / "bundle.tar.gz", keys)


@pytest.fixture
def bundle(made, tmp_path) -> Bundle:
    """The same, in a folder of the test's own."""
    return Bundle(Path(shutil.copytree(made.folder, tmp_path / "out")), made.archive, made.keys)


@pytest.fixture
def other_keys(tmp_path) -> KeyPair:
    """Somebody else's pair of keys."""
    return make_key_pair(tmp_path / "other.key", {})
