"""Model versions.

Source: documentation, "Get Model Versions". Which of its two keys select which versions is the matter of
test_list_versions_keys.py; these checks send both, as the example does.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_equal, assert_field, expect, follows, show
from conformance.suite.context import SuiteContext
from conformance.suite.listed import Row
from conformance.suite.requirement import requirement
from conformance.suite.rows import (
    answered,
    belongs,
    objects,
    only_own_versions,
    relied_on,
    told,
    version_row,
    version_rows,
)
from conformance.suite.uploads import Uploaded, is_id, unique_file, upload

ENDPOINT = "list_versions"
KEPT = ("id", "model_version", "sha", "file_name")


@pytest.fixture(scope="module")
def versions(onnx_upload: Uploaded) -> Reply:
    """The versions of the shared ONNX model, by name and id."""
    return onnx_upload.versions_reply()


@pytest.fixture(scope="module")
def both_versions(two_versions: tuple[Uploaded, Uploaded]) -> Reply:
    """The versions of the shared model that has two, by name and id."""
    return two_versions[1].versions_reply()


def test_field(release: Release, documented_field: Requirement, versions: Reply, onnx_upload: Uploaded) -> None:
    """The list of versions has the documented field.

    Upload a model, list its versions.
    Expect the field as the contract's schema has it, in the version's row.
    """
    body = only_own_versions(answered(versions, what="list_versions of an uploaded model"), [onnx_upload])
    assert_field(release, documented_field, versions, body)
    if not body:
        raise NotTestable("needs the uploaded version among the rows")
    if documented_field.id == "list-versions.status":
        follows(documented_field, "present" if "status" in body[0] else "absent")


@requirement("list-versions.by-both")
def test_name_and_id_together_select_the_model(versions: Reply, onnx_upload: Uploaded) -> None:
    """The documented request, with both keys, works.

    Upload a model, list its versions by its name and its id.
    Expect the uploaded version among the rows.
    """
    body = answered(versions, what="list_versions by model_id and models_pk_id")
    expect(
        bool(version_rows(body, onnx_upload)),
        expected=f"list_versions of {onnx_upload.name!r}, model {onnx_upload.model_id}, has its version",
        actual=f"none of its {len(objects(body))} rows has the version's sha, id or file name",
        replies=[versions],
    )


@requirement("list-versions.sha-is-sha256")
@pytest.mark.parametrize("which", [0, 1], ids=["older", "newer"])
def test_sha_is_the_sha256_of_the_uploaded_bytes(
    both_versions: Reply, two_versions: tuple[Uploaded, Uploaded], which: int
) -> None:
    """A version's `sha` is the SHA-256 of its file.

    Upload two files as versions of one model, list them.
    Expect each version to have the SHA-256 of the bytes that were sent for it.
    """
    uploaded = two_versions[which]
    row = _row(both_versions, uploaded, by=("id", "file_name"))
    assert_equal(told(row, "sha", str), uploaded.file.sha256, what="the version's sha", reply=both_versions)


@requirement("list-versions.file-name-verbatim")
def test_file_name_is_the_parts_filename(
    versions: Reply, onnx_upload: Uploaded, both_versions: Reply, two_versions: tuple[Uploaded, Uploaded]
) -> None:
    """A version's `file_name` is what the upload's file part was called.

    Upload a file called as the documented example calls it, and two that are called otherwise.
    Expect each name, character for character.
    """
    uploads = ((versions, onnx_upload), (both_versions, two_versions[0]), (both_versions, two_versions[1]))
    for reply, uploaded in uploads:
        row = _row(reply, uploaded, by=("sha", "id"))
        assert_equal(told(row, "file_name", str), uploaded.file_name, what="the version's file_name", reply=reply)


@requirement("list-versions.file-name-path")
def test_file_name_keeps_its_path(context: SuiteContext, models: Models, unique_name: Callable[[], str]) -> None:
    """A version's `file_name` keeps the path that the upload's file part was called by.

    Upload a file called by a relative path.
    Expect the whole of it.
    """
    name = unique_name()
    uploaded = upload(models, unique_file(context.onnx_model, "path"), name, filename=f"./models/{name}.onnx")
    reply = uploaded.versions_reply()
    row = _row(reply, uploaded, by=("sha", "id"))
    assert_equal(told(row, "file_name", str), uploaded.file_name, what="the version's file_name", reply=reply)


@requirement("list-versions.model-id-is-name")
def test_model_id_is_the_models_name(
    versions: Reply, onnx_upload: Uploaded, both_versions: Reply, two_versions: tuple[Uploaded, Uploaded]
) -> None:
    """`model_id` is the model's name, neither a number nor the file's name.

    Upload a model whose file is called like it, and one whose files aren't; list their versions.
    Expect the uploaded names.
    """
    for reply, uploaded in ((versions, onnx_upload), (both_versions, two_versions[0])):
        row = _row(reply, uploaded)
        assert_equal(told(row, "model_id", str), uploaded.name, what="the version's model_id", reply=reply)


@requirement("list-versions.models-pk-id-is-models")
def test_models_pk_id_is_the_id_in_the_list(versions: Reply, onnx_upload: Uploaded) -> None:
    """`models_pk_id` is the model's id as the list shows it.

    Upload a model, find its id in the list, list its versions.
    Expect that id.
    """
    listed = onnx_upload.listed()
    if listed is None or not is_id(listed.get("id")):
        raise NotTestable(f"needs the id of {onnx_upload.name!r} in the list")
    row = _row(versions, onnx_upload)
    assert_equal(told(row, "models_pk_id", int), listed["id"], what="the version's models_pk_id", reply=versions)


@requirement("list-versions.row-per-upload")
def test_each_upload_is_one_row(both_versions: Reply, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """No version is lost, and none is listed twice.

    Upload two files as versions of one model, list them.
    Expect one row for each.
    """
    body = answered(both_versions, what="list_versions of a model of two versions")
    own = [row for row in objects(body) if belongs(row, two_versions[0]) or belongs(row, two_versions[1])]
    for label, uploaded in zip(("first", "second"), two_versions, strict=True):
        found = len(version_rows(body, uploaded))
        expect(
            found == 1,
            expected=f"the {label} upload of {uploaded.name!r} is one row",
            actual=f"it is {found} of the model's {len(own)} rows",
            replies=[both_versions],
        )
    expect(
        len(own) == len(two_versions),
        expected=f"{len(two_versions)} uploads are {len(two_versions)} rows",
        actual=f"there are {len(own)}",
        replies=[both_versions],
    )


@requirement("list-versions.distinct-uuids")
def test_each_version_has_a_uuid_of_its_own(
    versions: Reply,
    onnx_upload: Uploaded,
    both_versions: Reply,
    two_versions: tuple[Uploaded, Uploaded],
) -> None:
    """No two versions share a `model_version`.

    Upload two versions of one model and one of another, list them.
    Expect three UUIDs.
    """
    rows = [_row(both_versions, uploaded) for uploaded in two_versions] + [_row(versions, onnx_upload)]
    shown = [told(row, "model_version", str) for row in rows]
    expect(
        len(set(shown)) == len(shown),
        expected="three versions have three values of model_version",
        actual=f"they have {show(shown)}",
        replies=[both_versions, versions],
    )


@requirement("list-versions.older-version-unchanged")
def test_new_version_leaves_the_older_one_as_it_was(
    context: SuiteContext, models: Models, unique_name: Callable[[str], str]
) -> None:
    """Versions are added, not replaced.

    Upload a model and note its version, upload another file under the same name, list the versions.
    Expect the first version's id, UUID, digest and file name unchanged.
    """
    name = unique_name("grows")
    first = upload(models, unique_file(context.onnx_model, "before"), name)
    before = _kept(version_row(relied_on(first.versions_reply(), what="the model's versions"), first))
    upload(models, unique_file(context.onnx_model, "after"), name)
    reply = first.versions_reply()
    after = [_kept(row) for row in objects(answered(reply, what="list_versions after a second upload"))]
    expect(
        before in after,
        expected=f"the first version is still {before}",
        actual=f"the versions are {after}",
        replies=[reply],
    )


def _row(reply: Reply, uploaded: Uploaded, **by: tuple[str, ...]) -> Row:
    return version_row(relied_on(reply, what="the model's versions"), uploaded, **by)


def _kept(row: Row) -> Row:
    return {name: row[name] for name in KEPT if name in row}
