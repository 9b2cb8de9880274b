"""What is kept of an upload: the model's name, the file's name, its digest."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.records import Metadata, Upload, User

if TYPE_CHECKING:
    from conformance.mock.identity import Identity
    from conformance.mock.store import Store

_READ = 1 << 20
_LONG = 100


def _model_named(rename: Callable[[str], str]) -> type[Behaviour]:
    class ModelRenamed(Behaviour):
        def stored_name(self, metadata: Metadata) -> str:
            return rename(super().stored_name(metadata))

    return ModelRenamed


def _file_named(rename: Callable[[Upload, str], str]) -> type[Behaviour]:
    class FileRenamed(Behaviour):
        def file_name_of(self, upload: Upload) -> str:
            return rename(upload, super().file_name_of(upload))

    return FileRenamed


def _digest(digest: Callable[[Upload, Path], str]) -> type[Behaviour]:
    """Another digest, made while the received bytes are at hand."""

    class OtherDigest(Behaviour):
        def attach(self, store: Store, identity: Identity) -> None:
            super().attach(store, identity)
            self._digests: dict[str, str] = {}

        def check_upload(self, upload: Upload, user: User) -> Metadata:
            metadata = super().check_upload(upload, user)
            if upload.path is not None:
                self._digests[upload.sha256] = digest(upload, upload.path)
            return metadata

        def digest_of(self, upload: Upload) -> str:
            return self._digests.get(upload.sha256) or super().digest_of(upload)

    return OtherDigest


def sha256_of_start(path: Path, size: int) -> str:
    """SHA-256 of the first `size` bytes of a file, in lower-case hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (chunk := file.read(min(size, _READ))):
            digest.update(chunk)
            size -= len(chunk)
    return digest.hexdigest()


def _hex_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# probes


def _name_kept(given: str) -> Probe:
    def look(client: Client) -> str:
        name = given + client.name()
        client.upload(name)
        shown = [model.get("name") for model in client.listed_models()]
        return f"a model named {given!a}…: {'kept' if name in shown else 'not kept'}"

    return look


def _file_name_kept(given: str) -> Probe:
    def look(client: Client) -> str:
        sent = client.upload(file_name=given)
        names = [row.get("file_name") for row in client.versions(sent)]
        return f"a file named {given!r}: {'kept' if given in names else 'not kept'}"

    return look


def _digest_right(client: Client) -> str:
    sent = client.upload()
    right = client.version(sent).get("sha") == sent.sha256
    return f"the version's sha: {'the digest' if right else 'not the digest'} of the bytes sent"


def _model_names() -> Iterator[Defect]:
    cases: tuple[tuple[str, str, str, Callable[[str], str]], ...] = (
        ("lower-cased", "Names are put into lower case.", "Probe-", str.lower),
        ("upper-cased-first", "The first letter of a name is made a capital.", "probe-",
         lambda name: name[:1].upper() + name[1:]),
        ("trimmed", "Spaces around a name are dropped.", "  probe-", str.strip),
        ("spaces-joined", "Runs of spaces in a name become one.", "probe  ", lambda name: re.sub(" +", " ", name)),
        ("composed", "Names are put into Unicode's composed form.", "probe-e\u0301-",
         lambda name: unicodedata.normalize("NFC", name)),
        ("decomposed", "Names are put into Unicode's decomposed form.", "probe-\u00e9-",
         lambda name: unicodedata.normalize("NFD", name)),
        ("ascii-only", "Letters beyond ASCII are dropped from names.", "probe-\u00e9-",
         lambda name: name.encode("ascii", "ignore").decode()),
        ("punctuation-dashed", "Dots and underscores in names become dashes.", "probe_x.",
         lambda name: re.sub("[._]", "-", name)),
        ("dashes-underscored", "Dashes in names become underscores.", "probe-", lambda name: name.replace("-", "_")),
        ("cut", f"Names are cut after {_LONG} characters.", "x" * _LONG, lambda name: name[:_LONG]),
    )  # fmt: skip
    for word, says, given, rename in cases:
        yield Defect(f"upload.name.{word}", says, ("upload.name-kept",), _model_named(rename), _name_kept(given))


LAST_OF_ANY_NAME = "2024.4"
"""The last release that takes a file by any name; the next ones want an ending that they know."""

_FILE_NAME_BREAKS = {
    "basename": ("list-versions.file-name-path",),
    "lower-cased": ("list-versions.file-name-verbatim",),
    "extended": ("list-versions.file-name-verbatim",),
}


def _file_names() -> Iterator[Defect]:
    cases: tuple[tuple[str, str, str, Callable[[Upload, str], str]], ...] = (
        ("basename", "File names lose what stands before their last slash.", "./models/model.onnx",
         lambda _, name: name.rpartition("/")[2]),
        ("lower-cased", "File names are put into lower case.", "Model.onnx", lambda _, name: name.lower()),
        ("extended", "A file name without an extension gets one.", "model-file",
         lambda _, name: name if "." in name else f"{name}.onnx"),
        ("shortened", "File names lose their extension.", "model.onnx",
         lambda _, name: name.rpartition(".")[0] or name),
        ("models", "The file is named after the model.", "model.onnx",
         lambda upload, name: upload.metadata.name + ".onnx" if upload.metadata else name),
        ("digest", "The file is named after its digest.", "model.onnx", lambda upload, _: upload.sha256),
        ("underscored", "Dashes in file names become underscores.", "model-1.onnx",
         lambda _, name: name.replace("-", "_")),
    )  # fmt: skip
    for word, says, given, rename in cases:
        yield Defect(
            f"upload.file-name.{word}",
            says,
            _FILE_NAME_BREAKS.get(word, ("list-versions.file-name-verbatim", "list-versions.file-name-path")),
            _file_named(rename),
            _file_name_kept(given),
            until=None if "." in given else LAST_OF_ANY_NAME,
        )


def _digests() -> Iterator[Defect]:
    cases: tuple[tuple[str, str, Callable[[Upload, Path], str]], ...] = (
        ("of-truncated", "The digest leaves out the file's last byte.",
         lambda upload, path: sha256_of_start(path, upload.size - 1)),
        ("of-start", "The digest is of the first 32 bytes of the file.",
         lambda upload, path: sha256_of_start(path, 32)),
        ("of-name", "The digest is of the file's name.", lambda upload, _: _hex_of(upload.file_name)),
        ("of-digest", "The digest is of the file's digest in hexadecimal.", lambda upload, _: _hex_of(upload.sha256)),
        ("of-metadata", "The digest is of the metadata.",
         lambda upload, _: hashlib.sha256(upload.metadata_bytes or b"").hexdigest()),
        ("sha3", "The digest is SHA3-256 in place of SHA-256.",
         lambda _, path: hashlib.sha3_256(path.read_bytes()).hexdigest()),
        ("reversed", "The digest's bytes stand in reverse order.",
         lambda upload, _: bytes.fromhex(upload.sha256)[::-1].hex()),
    )  # fmt: skip
    for word, says, digest in cases:
        yield Defect(f"upload.digest.{word}", says, ("list-versions.sha-is-sha256",), _digest(digest), _digest_right)


def name_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _model_names()
    yield from _file_names()
    yield from _digests()
