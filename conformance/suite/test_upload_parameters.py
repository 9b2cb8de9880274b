"""upload_and_convert: the name, the visibility and the workspace; unknown and mistyped fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.suite.acceptance import (
    OnnxUploads,
    assert_carried_out,
    assert_carried_out_or_refused,
    assert_in_no_workspace,
    assert_not_carried_out,
    shown_name,
)
from conformance.suite.assertions import assert_refused, describe, expect, follows
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import ABSENT, changed
from conformance.suite.requirement import requirement
from conformance.suite.rows import unknown_id
from conformance.suite.uploads import Uploaded, nothing_created

Names = Callable[[str], str]

MISSING_OR_NULL = pytest.mark.parametrize("value", [pytest.param(ABSENT, id="missing"), pytest.param(None, id="null")])

NAME_VARIANTS = {
    "mixed-case": "{}-MixedCase",
    "outer-spaces": "  {} ",
    "inner-spaces": "{}  two  spaces",
    "non-ascii": "{}-\u00e9-e\u0301-\u6a21\u578b-\U0001f9ea",
    "punctuation": "{}_under.dot.",
    "long": "{}-" + "x" * 160,
}
"""Names that documents neither allow nor forbid; composed and decomposed letters are told apart."""

WRONG_TYPES = {
    "visibility": True,
    "workspace_id": ["1"],
    "conversion": ["onnx"],
    "conversion.framework": 7,
    "conversion.requirements": 7,
}


@pytest.fixture(scope="module")
def public_upload(context: SuiteContext, onnx_uploads: OnnxUploads) -> Uploaded:
    """A public ONNX model, as it was answered, be it a refusal. Only read it."""
    name = context.name("parameters", "public")
    return onnx_uploads.send(onnx_uploads.metadata(name, visibility="public"))


@requirement("upload.name-required")
@MISSING_OR_NULL
def test_name_is_required(
    models: Models, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, value: Any
) -> None:
    """An upload without a name is refused.

    With a name the same upload works. Leave the name out, or send null.
    Expect a refusal, and no model that holds the file.
    """
    file = onnx_uploads.file(unique_name("nameless"))
    with nothing_created(models, file, reason="an upload without a name"):
        refused = onnx_uploads.send(changed(onnx_uploads.metadata(""), "name", value), file)
    assert_refused(refused.reply, what="an upload without a name")


@requirement("upload.name-kept")
def test_name_is_kept(onnx_uploads: OnnxUploads, unique_name: Names) -> None:
    """The model carries the name that the upload gave.

    Upload a model under a name of lower-case letters, digits and dashes.
    Expect to find it under exactly that name.
    """
    uploaded = onnx_uploads.send(onnx_uploads.metadata(unique_name("plain")))
    if not uploaded.reply.is_success:
        raise NotTestable(f"needs an upload, but it was answered {describe(uploaded.reply)}")
    name = shown_name(uploaded)
    if name is None:
        raise NotTestable(f"the upload of {uploaded.name!r} is shown under no name")
    _assert_name(uploaded, name)


@requirement("upload.name-kept")
@pytest.mark.parametrize("variant", NAME_VARIANTS)
def test_unusual_name_is_kept_or_refused(
    onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, variant: str
) -> None:
    """A name that goes beyond lower-case letters, digits and dashes is kept as it is, or refused.

    Upload a model under such a name.
    Expect a refusal, or to find the model under exactly that name.
    """
    plain = unique_name("variant")
    metadata = onnx_uploads.metadata(NAME_VARIANTS[variant].format(plain))
    uploaded = onnx_uploads.send(metadata, onnx_uploads.file(plain))
    if not uploaded.reply.is_success:
        assert_refused(uploaded.reply, what=f"a name of the kind {variant}, unless it is kept,")
        return
    _assert_name(uploaded, shown_name(uploaded))


def _assert_name(uploaded: Uploaded, shown: str | None) -> None:
    __tracebackhide__ = True
    expect(
        shown == uploaded.name,
        expected=f"the model is shown under the uploaded name {uploaded.name!r}",
        actual="the model is shown nowhere" if shown is None else f"the model is shown as {shown!r}",
        replies=[uploaded.reply],
    )


@requirement("upload.visibility-required")
def test_visibility_is_required(
    release: Release, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """An upload without a visibility is refused, or carried out where the visibility counts as optional.

    Leave the visibility out.
    Expect a refusal that creates nothing, or a model that is there.
    """
    uploaded = onnx_uploads.send(changed(onnx_uploads.metadata(unique_name("unseen")), "visibility", ABSENT))
    carried_out = assert_carried_out_or_refused(uploaded, what="an upload without visibility")
    follows(release.requirement("upload.visibility-required"), "optional" if carried_out else "refused")


@requirement("upload.visibility-public")
def test_public_model_is_accepted(request: pytest.FixtureRequest, public_upload: Uploaded) -> None:
    """A public model can be uploaded.

    Upload with the visibility `public`.
    Expect success, and the model to be there.
    """
    assert_carried_out(
        public_upload,
        what="an upload with visibility public",
        instead=lambda: request.getfixturevalue("minimal_upload"),
    )


@requirement("upload.visibility-private")
def test_private_model_is_accepted(request: pytest.FixtureRequest, minimal_upload: Uploaded) -> None:
    """A private model can be uploaded.

    Upload with the visibility `private`.
    Expect success, and the model to be there.
    """
    assert_carried_out(
        minimal_upload,
        what="an upload with visibility private",
        instead=lambda: request.getfixturevalue("public_upload"),
    )


@requirement("upload.visibility-enum")
@pytest.mark.parametrize("visibility", ["internal", ""], ids=["unknown", "empty"])
def test_unknown_visibility_is_refused(
    onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, visibility: str
) -> None:
    """A visibility that isn't documented is refused.

    Upload with another visibility than `public` and `private`.
    Expect a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(changed(onnx_uploads.metadata(unique_name("visibility")), "visibility", visibility))
    assert_not_carried_out(uploaded, what=f"an upload with visibility {visibility!r}")


@requirement("upload.workspace-id-required")
@MISSING_OR_NULL
def test_workspace_id_is_required(
    onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, value: Any
) -> None:
    """An upload that names no workspace is refused.

    Leave the workspace's id out, or send null.
    Expect a refusal, and no such model here or in any workspace that the instance falls back to.
    """
    uploaded = onnx_uploads.send(changed(onnx_uploads.metadata(unique_name("homeless")), "workspace_id", value))
    assert_not_carried_out(uploaded, what="an upload without workspace_id")
    assert_in_no_workspace(uploaded, what="an upload without workspace_id")


@requirement("upload.workspace-id-places-model")
def test_model_is_placed_in_the_named_workspace(
    models: Models, public_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """The model goes to the workspace that the upload names with a JSON integer.

    Upload a model, list that workspace and, where the model isn't listed, ask for its details.
    Expect either to show it there.
    """

    def with_string() -> Uploaded:
        return onnx_uploads.send(
            changed(onnx_uploads.metadata(unique_name("string")), "workspace_id", str(models.workspace_id))
        )

    what = "an upload with an integer workspace_id"
    assert_carried_out(public_upload, what=what, instead=with_string)
    listed = public_upload.listed() is not None
    details = None if listed else models.get_by_id(public_upload.model_id)
    shown = details.json() if details is not None and details.is_success else None
    workspace_id = shown.get("workspace_id") if isinstance(shown, dict) else None
    if not listed and not isinstance(workspace_id, int):
        raise NotTestable("neither list nor get_by_id shows the workspace of an uploaded model")
    expect(
        listed or workspace_id == public_upload.workspace_id,
        expected=f"the model is in workspace {public_upload.workspace_id}",
        actual=f"it isn't listed there, and get_by_id shows it in workspace {workspace_id}",
        replies=[public_upload.reply, *([details] if details is not None else [])],
    )


@requirement("upload.workspace-id-string")
def test_workspace_id_as_a_string(
    release: Release, models: Models, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """The workspace's id may be a string of digits, as the parameter table's type says.

    Send the workspace's id as a string.
    Expect the model in that workspace, or a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(
        changed(onnx_uploads.metadata(unique_name("string-id")), "workspace_id", str(models.workspace_id))
    )
    carried_out = assert_carried_out_or_refused(uploaded, what="an upload with a string workspace_id")
    reading = "string accepted" if carried_out else "integer only"
    follows(release.requirement("upload.workspace-id-string"), reading)


@requirement("upload.unknown-workspace-refused")
def test_unknown_workspace_is_refused(
    context: SuiteContext, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """A workspace that doesn't exist takes no upload.

    Name a workspace far beyond any real one.
    Expect a refusal, and no such model in any workspace.
    """
    uploaded = onnx_uploads.send(
        changed(onnx_uploads.metadata(unique_name("nowhere")), "workspace_id", unknown_id(context))
    )
    assert_not_carried_out(uploaded, what="an upload into an unknown workspace")
    assert_in_no_workspace(uploaded, what="an upload into an unknown workspace")


@requirement("upload.unknown-fields-ignored")
def test_unknown_fields_are_ignored(
    request: pytest.FixtureRequest, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """Fields that the documentation doesn't name do no harm.

    Upload with one more field in the metadata and one more in `conversion`.
    Expect success, and the model to be there.
    """
    metadata = changed(onnx_uploads.metadata(unique_name("more")), "conformance_note", {"any": ["value"]})
    assert_carried_out(
        onnx_uploads.send(changed(metadata, "conversion.tensor_fields", ["tensor"])),
        what="an upload with unknown fields in its metadata",
        instead=lambda: request.getfixturevalue("minimal_upload"),
    )


@requirement("upload.mistyped-fields-refused")
@pytest.mark.parametrize("path", WRONG_TYPES)
def test_mistyped_field_is_refused(
    onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, path: str
) -> None:
    """A required field of another JSON type than documented is refused.

    Upload with one field mistyped.
    Expect a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(changed(onnx_uploads.metadata(unique_name("mistyped")), path, WRONG_TYPES[path]))
    assert_not_carried_out(uploaded, what=f"an upload whose {path} is {json.dumps(WRONG_TYPES[path])}")


@requirement("upload.mistyped-fields-refused")
def test_name_that_is_a_number_is_refused(
    models: Models, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """A name that isn't a string is refused.

    Upload with a number as the name.
    Expect a refusal, and no model that holds the file.
    """
    file = onnx_uploads.file(unique_name("number"))
    with nothing_created(models, file, reason="an upload whose name is a number"):
        refused = onnx_uploads.send(changed(onnx_uploads.metadata(""), "name", 7), file)
    assert_refused(refused.reply, what="an upload whose name is a number")
