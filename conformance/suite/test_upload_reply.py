"""upload_and_convert: the status, the reply's fields, and what the returned id means."""

from __future__ import annotations

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.suite.acceptance import is_shown, own_rows
from conformance.suite.assertions import assert_field, assert_success, describe, expect, follows
from conformance.suite.requirement import requirement
from conformance.suite.rows import relied_on
from conformance.suite.uploads import Uploaded, is_id, returned_ids

ENDPOINT = "upload_and_convert"

ACCEPTED = (200, 202)
"""Source: client 2023.4.0 (202); the older upload endpoints of the same release answer 200."""


@requirement("upload.status")
def test_upload_is_answered_202_or_200(release: Release, minimal_upload: Uploaded) -> None:
    """An upload that is carried out is answered 202, or 200.

    Upload a model and find it, whatever the answer was.
    Expect either status.
    """
    if not is_shown(minimal_upload):
        raise NotTestable(f"needs an upload that is carried out; it was answered {describe(minimal_upload.reply)}")
    assert_success(minimal_upload.reply, what="an upload that is carried out", accepted=ACCEPTED)
    follows(release.requirement("upload.status"), str(minimal_upload.reply.status))


def test_documented_field(release: Release, onnx_upload: Uploaded, documented_field: Requirement) -> None:
    """The reply to an upload has each documented field.

    Upload a model.
    Expect the field in its place, of its type and form.
    """
    assert_field(release, documented_field, onnx_upload.reply, onnx_upload.reply.json())


@requirement("upload.returns-one-id")
def test_one_upload_returns_one_id(release: Release, onnx_upload: Uploaded) -> None:
    """One upload is answered with one id.

    Upload one file.
    Expect one id in the reply.
    """
    reply = onnx_upload.reply
    body = relied_on(reply, what="an upload that is answered with JSON")
    violations = release.schemas.violations(ENDPOINT, body, reply.status)
    if violations:
        raise NotTestable(f"{violations[0].path or 'the reply'} {violations[0].message}, so its ids can't be counted")
    found = returned_ids(reply)
    expect(len(found) == 1, expected="one id in the reply", actual=f"the ids {found}", replies=[reply])


@requirement("upload.returns-version-id")
def test_returned_id_is_the_new_versions(
    release: Release, onnx_upload: Uploaded, two_versions: tuple[Uploaded, Uploaded]
) -> None:
    """The returned id is that of the version that the upload made.

    Upload a file, and two more under one other name, so that the ids of models and of versions come apart.
    Expect each returned id on the row that list_versions, or else get, shows for the uploaded bytes.
    """
    for uploaded in (onnx_upload, *two_versions):
        returned = uploaded.version_id
        shown = []
        for row in own_rows(uploaded):
            if is_id(row.get("id")):
                shown.append(row["id"])
            if returned in shown:
                break
        if not shown:
            raise NotTestable(f"no version of {uploaded.name!r} shows the uploaded file with an id")
        expect(
            returned in shown,
            expected=f"the upload returns the id of its version, {shown[0]}",
            actual=f"it returned {returned}",
            replies=[uploaded.reply],
        )
    follows(release.requirement("upload.returns-version-id"), "version id")
