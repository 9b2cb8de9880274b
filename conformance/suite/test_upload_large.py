"""upload_and_convert: large files arrive whole, and uploads at the same time keep apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from conformance.errors import NotTestable
from conformance.fixtures import PaddedOnnx
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.suite.acceptance import attempt, own_rows
from conformance.suite.assertions import assert_success, expect
from conformance.suite.context import SuiteContext
from conformance.suite.listed import rows
from conformance.suite.metadata import metadata_for
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded, unique_file

Names = Callable[[str], str]

MIB = 2**20
OVER = 4099
"""Bytes that each large file goes beyond its limit: not a multiple of any buffer."""

CONCURRENT = 4
"""Uploads at the same time under names of their own, and as many under one name. Ours."""

CONCURRENT_SIZE = 256 * 1024


def _arrived(uploaded: Uploaded) -> bool:
    """Whether the model has a version with the digest of the file."""
    return any(row.get("sha") == uploaded.file.sha256 for row in own_rows(uploaded))


def _answered(uploaded: Uploaded) -> bool:
    """Whether the returned id is that of a version with the digest of the file."""
    returned, digest = uploaded.version_id, uploaded.file.sha256
    return any(row.get("id") == returned and row.get("sha") == digest for row in own_rows(uploaded))


def _shown(uploaded: Uploaded) -> str:
    found = [(row.get("id"), row.get("sha")) for row in rows(uploaded.versions_reply(), None)]
    return f"the upload returned {uploaded.version_id}, its model has the versions {found}"


@pytest.mark.parametrize(
    "mib",
    [pytest.param(mib, id=f"{mib}-mib", marks=requirement(f"upload.large-file-{mib}-mib")) for mib in (1, 8, 64)],
)
def test_large_file_arrives_whole(models: Models, onnx_upload: Uploaded, unique_name: Names, mib: int) -> None:
    """A large file arrives whole.

    Upload an ONNX model that is a little larger than so many MiB.
    Expect a version with the SHA-256 of the whole file.
    """
    if not _arrived(onnx_upload):
        raise NotTestable("no version shows the digest of a small file either")
    name = unique_name("large")
    file = ModelFile.from_provider(PaddedOnnx(mib * MIB + OVER), "onnx", f"{name}.onnx")
    uploaded = attempt(models, file, metadata_for(file, name, models.workspace_id, visibility="public"))
    assert_success(uploaded.reply, what=f"an upload of {file.size} bytes", accepted=range(200, 300))
    expect(
        _arrived(uploaded),
        expected=f"a version has the digest of all {file.size} bytes, {file.sha256}",
        actual=lambda: _shown(uploaded),
        replies=[uploaded.reply, uploaded.versions_reply()],
    )


@requirement("upload.concurrent-uploads")
def test_uploads_at_the_same_time_keep_apart(
    context: SuiteContext, models: Models, onnx_upload: Uploaded, unique_name: Names
) -> None:
    """Uploads at the same time each return a version that holds their own file.

    Upload eight files at once, four under names of their own, four as further versions of one model.
    Expect each returned id on a version with the digest of the file that it answers, and no id twice.
    """
    if not _answered(onnx_upload):
        raise NotTestable("an upload on its own doesn't return a version with the file's digest either")
    common = unique_name("common")
    first = unique_file(context.onnx_model, common)
    metadata = metadata_for(first, common, models.workspace_id, visibility="public")
    if not attempt(models, first, metadata).reply.is_success:
        raise NotTestable("needs an upload to add versions to, but it was refused")
    names = [unique_name(f"own{i}") for i in range(CONCURRENT)] + [common] * CONCURRENT
    uploads = _at_once(models, names)
    for uploaded in uploads:
        assert_success(uploaded.reply, what="an upload beside seven others", accepted=range(200, 300))
    ids = [uploaded.version_id for uploaded in uploads]
    for uploaded in uploads:
        expect(
            _answered(uploaded) and ids.count(uploaded.version_id) == 1,
            expected=f"an id of its own, of a version with the file's digest {uploaded.file.sha256}",
            actual=partial(_shown, uploaded),
            replies=[uploaded.reply],
        )


def _at_once(models: Models, names: list[str]) -> list[Uploaded]:
    """One upload a name, each of another file, all let go together."""
    start = threading.Barrier(len(names))

    def one(index: int, name: str) -> Uploaded:
        content = PaddedOnnx(CONCURRENT_SIZE + index)
        file = ModelFile.from_provider(content, "onnx", f"{name}-{index}.onnx")
        metadata = metadata_for(file, name, models.workspace_id, visibility="public")
        start.wait()
        return attempt(models, file, metadata)

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(one, range(len(names)), names))
