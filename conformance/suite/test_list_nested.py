"""List: what stands beside each model, its versions with their configurations and its workspace.

Source: documentation, "List Models in Workspace", example of release 2024.1. These checks judge this run's own models.
"""

from __future__ import annotations

from conformance.errors import NotTestable
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_equal, expect, show
from conformance.suite.configured import Configured, in_list, is_among, model_entry, versions_in
from conformance.suite.listed import model_of, workspaces_of
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, relied_on, version_row
from conformance.suite.times import instant
from conformance.suite.uploads import Uploaded, is_id

SHARED = {
    "id": "version.id",
    "model_version": "version.file_info.version",
    "sha": "version.file_info.sha",
    "file_name": "version.file_info.file_name",
}
"""What list_versions shows of a version, and where the list shows the same."""


@requirement("list.version-per-upload")
def test_each_upload_is_a_version_in_the_list(whole_listing: Reply, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """A model's row has each of its versions, the older ones included.

    Upload a model twice under one name, list its workspace.
    Expect two `model_versions`, one of each upload.
    """
    body = answered(whole_listing, what="a list of the workspace's models")
    entries = versions_in(model_entry(body, two_versions[0]))
    for label, uploaded in zip(("first", "second"), two_versions, strict=True):
        expect(
            is_among(entries, uploaded),
            expected=f"one of the model's versions is of the {label} upload, version {uploaded.version_id}",
            actual=f"none of its {len(entries)} versions has that upload's id, digest or file name alone",
            replies=[whole_listing],
        )
    expect(
        len(entries) == len(two_versions),
        expected=f"{len(two_versions)} uploads are {len(two_versions)} versions",
        actual=f"there are {len(entries)}",
        replies=[whole_listing],
    )


@requirement("list.versions-agree-with-list-versions")
def test_versions_read_as_in_list_versions(whole_listing: Reply, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """One version has one id, UUID, digest and file name, wherever it is shown.

    Upload a model twice, list its workspace and its versions.
    Expect the same four values of each version in both.
    """
    body = answered(whole_listing, what="a list of the workspace's models")
    versions = two_versions[0].versions_reply()
    rows = relied_on(versions, what="the model's versions")
    compared = 0
    for uploaded in two_versions:
        shown, row = in_list(body, uploaded), version_row(rows, uploaded)
        pairs = [(key, _told(shown, path), row.get(key)) for key, path in SHARED.items()]
        # A field that either lacks, or has as another type, is that field's own failure.
        common = [pair for pair in pairs if pair[1] is not None and type(pair[1]) is type(pair[2])]
        different = [f"{key} is {show(one)}, not {show(other)}" for key, one, other in common if one != other]
        compared += len(common)
        expect(
            not different,
            expected=f"version {uploaded.version_id} reads as it does in list_versions",
            actual="; ".join(different),
            replies=[whole_listing, versions],
        )
    if not compared:
        raise NotTestable("needs an id, a UUID, a digest or a file name in both list and list_versions")


@requirement("list.config-of-version")
def test_configuration_names_the_version_beside_it(
    whole_listing: Reply,
    onnx_upload: Uploaded,
    pytorch_upload: Uploaded,
    two_versions: tuple[Uploaded, Uploaded],
) -> None:
    """The configuration beside a version is that version's.

    Upload models of one version and one of two, list their workspace.
    Expect each `config.model_version_id` to be the `id` of the version beside it.
    """
    body = answered(whole_listing, what="a list of the workspace's models")
    for uploaded in (onnx_upload, pytorch_upload, *two_versions):
        shown = in_list(body, uploaded)
        numbers = shown.at("version.id"), shown.at("config.model_version_id")
        if not all(map(is_id, numbers)):
            raise NotTestable(f"needs the version's id and its configuration's model_version_id, not {show(numbers)}")
        assert_equal(numbers[1], numbers[0], what="config.model_version_id", reply=whole_listing)


@requirement("list.updated-at-is-newest-version")
def test_updated_at_is_when_the_newest_version_was_created(
    whole_listing: Reply, two_versions: tuple[Uploaded, Uploaded]
) -> None:
    """A model is updated by a new version and by nothing else.

    Upload a model twice, list its workspace.
    Expect the model's `updated_at` to be the instant of the newer version's `created_at`.
    """
    newer = two_versions[1]
    body = answered(whole_listing, what="a list of the workspace's models")
    model = model_of(newer.models.release, model_entry(body, newer)) or {}
    updated = instant(model.get("updated_at"), what="the model's updated_at")
    created = instant(in_list(body, newer).at("version.created_at"), what="the version's created_at")
    expect(
        updated == created,
        expected=f"updated_at is when version {newer.version_id} was created, {created.isoformat()}",
        actual=f"updated_at is {updated.isoformat()}",
        replies=[whole_listing],
    )


@requirement("list.asked-workspace")
def test_each_row_is_of_the_asked_workspace(whole_listing: Reply, onnx_upload: Uploaded) -> None:
    """A list of a workspace has that workspace's models, and says so.

    Upload models, list their workspace.
    Expect that workspace's id in each row, as `model.workspace_id` and as `workspace.id`.
    """
    body = answered(whole_listing, what="a list of the workspace's models")
    model_entry(body, onnx_upload)
    release = onnx_upload.models.release
    told = [pair for row in body["models"] for pair in workspaces_of(release, row).items()]
    if not told:
        raise NotTestable("needs model.workspace_id or workspace.id in the rows")
    strange = [f"{place} is {number}" for place, number in told if number != onnx_upload.workspace_id]
    expect(
        not strange,
        expected=f"each row is of workspace {onnx_upload.workspace_id}",
        actual=lambda: f"in one row {strange[0]}",
        replies=[whole_listing],
    )


def _told(shown: Configured, path: str) -> object:
    try:
        return shown.at(path)
    except NotTestable:
        return None
