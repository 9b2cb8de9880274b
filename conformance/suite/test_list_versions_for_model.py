"""The versions of the model of one name in one workspace.

Source: client 2024.4.4, ListModelVersionsRequest; the OpenAPI document of an instance of 2025.2.0, whose reply is the
list's (`models`), while the client also has one of `model_versions`. Either shape is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_field, assert_refused, describe, expect, follows, show
from conformance.suite.configured import Configured, is_among
from conformance.suite.context import SuiteContext
from conformance.suite.listed import models_in
from conformance.suite.probes import Probes
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, objects, relied_on
from conformance.suite.uploads import Uploaded, unique_file, upload

ENDPOINT = "list_versions_for_model"
PARAMETERS = ("model_id", "workspace_id")


@pytest.fixture(scope="module")
def versions(models: Models, onnx_upload: Uploaded, neighbour_upload: Uploaded) -> Reply:
    """The versions of the shared ONNX model, asked for while there is another of a longer name."""
    return models.list_versions_for_model(onnx_upload.name, onnx_upload.workspace_id)


@pytest.fixture(scope="module")
def working_versions(versions: Reply, onnx_upload: Uploaded) -> None:
    """The control of the refusals: asked rightly, the shared model's version is shown."""
    body = relied_on(versions, what="the versions of a model")
    if not is_among(_versions(body), onnx_upload):
        raise NotTestable("needs list_versions_for_model to show the uploaded version before a refusal means anything")


def test_field(release: Release, documented_field: Requirement, versions: Reply) -> None:
    """The reply has one of the two described shapes.

    Upload a model, list its versions by its name and workspace.
    Expect `models` as in the list, or `model_versions`.
    """
    body = answered(versions, what="list_versions_for_model of an uploaded model")
    assert_field(release, documented_field, versions, body)


@requirement("list-versions-for-model.all-versions")
def test_reply_has_each_version(models: Models, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """All versions are there, the older ones included.

    Upload a model twice, list its versions by its name and workspace.
    Expect a version of each upload.
    """
    name, workspace_id = two_versions[0].name, two_versions[0].workspace_id
    reply = models.list_versions_for_model(name, workspace_id)
    shown = _versions(answered(reply, what="list_versions_for_model of a model of two versions"))
    for label, uploaded in zip(("first", "second"), two_versions, strict=True):
        expect(
            is_among(shown, uploaded),
            expected=f"the reply has the {label} of two versions, with sha {uploaded.file.sha256}",
            actual=f"it has {len(shown)} versions, none with that upload's id, digest or file name alone",
            replies=[reply],
        )


@requirement("list-versions-for-model.only-asked")
def test_reply_has_no_other_model(versions: Reply, onnx_upload: Uploaded, neighbour_upload: Uploaded) -> None:
    """No version of another model is shown, not even of one whose name begins the same.

    Upload a model, and another whose name goes on where the first one's ends; list the versions of the first.
    Expect each version, and each model around them, to have the first one's name.
    """
    body = answered(versions, what="list_versions_for_model of an uploaded model")
    names = [name for name in _names(onnx_upload.models.release, body) if isinstance(name, str)]
    if onnx_upload.name not in names:
        raise NotTestable("needs versions that name the asked model")
    strange = sorted(
        {name for name in names if name != onnx_upload.name}, key=lambda name: name != neighbour_upload.name
    )
    expect(
        not strange,
        expected=f"each version is of {onnx_upload.name!r}",
        actual=lambda: f"one is of {strange[0]!r}",
        replies=[versions],
    )


@requirement("list-versions-for-model.only-this-workspace")
def test_reply_has_no_version_of_another_workspace(
    context: SuiteContext, models: Models, unique_name: Callable[[], str]
) -> None:
    """The name is looked up in the asked workspace only.

    Upload one name into two workspaces, list its versions in each.
    Expect each workspace's own version and not the other's.
    """
    name = unique_name()
    elsewhere = context.models(workspace_id=context.second_workspace_id())
    here = upload(models, unique_file(context.onnx_model, "here"), name)
    there = upload(elsewhere, unique_file(context.onnx_model, "there"), name)
    for own, strange in ((here, there), (there, here)):
        reply = models.list_versions_for_model(name, own.workspace_id)
        shown = _versions(answered(reply, what=f"list_versions_for_model in workspace {own.workspace_id}"))
        if not is_among(shown, own):
            raise NotTestable(f"needs the version that was uploaded to workspace {own.workspace_id}")
        expect(
            not is_among(shown, strange),
            expected=f"no version of workspace {strange.workspace_id} where {own.workspace_id} is asked for",
            actual=f"it has version {strange.version_id}",
            replies=[reply],
        )


@requirement("list-versions-for-model.unknown-model")
@pytest.mark.usefixtures("working_versions")
def test_unknown_model_has_no_versions(context: SuiteContext, release: Release, models: Models) -> None:
    """A model that doesn't exist has no versions.

    List the versions of a name that was never uploaded.
    Expect a refusal, or a reply without versions.
    """
    unknown = release.requirement("list-versions-for-model.unknown-model")
    reply = models.list_versions_for_model(context.name(ENDPOINT, "never"))
    if reply.status >= 400:
        follows(unknown, "refused")
        return
    body = answered(reply, what="list_versions_for_model of a model that doesn't exist")
    expect(
        isinstance(body, dict) and not any(body.get(key) for key in ("models", "model_versions")),
        expected="list_versions_for_model of a model that doesn't exist is empty or refused",
        actual=lambda: describe(reply),
        replies=[reply],
    )
    follows(unknown, "empty")


@requirement("list-versions-for-model.parameters-required")
@pytest.mark.parametrize("null", [False, True], ids=["missing", "null"])
@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.usefixtures("working_versions")
def test_both_parameters_are_required(probes: Probes, models: Models, parameter: str, null: bool) -> None:
    """Name and workspace are both needed.

    Leave one of them out, or send null.
    Expect a refusal.
    """
    right = probes.body(ENDPOINT)
    body = {**right, parameter: None} if null else {k: v for k, v in right.items() if k != parameter}
    reply = models.call(ENDPOINT, body)
    assert_refused(reply, what=f"list_versions_for_model with {'a null' if null else 'no'} {parameter}")


@requirement("list-versions-for-model.parameters-mistyped")
@pytest.mark.parametrize(("parameter", "value"), [("model_id", 7), ("workspace_id", "not-a-number")], ids=PARAMETERS)
@pytest.mark.usefixtures("working_versions")
def test_mistyped_parameter_is_refused(probes: Probes, models: Models, parameter: str, value: object) -> None:
    """The name is a text, the workspace's id a number.

    Ask with one of them of another JSON type.
    Expect a refusal.
    """
    reply = models.call(ENDPOINT, {**probes.body(ENDPOINT), parameter: value})
    assert_refused(reply, what=f"list_versions_for_model with the {parameter} {value!r}")


def _versions(body: Any) -> list[Configured]:
    """The versions in a reply of either shape. Raises NotTestable for another."""
    if not isinstance(body, dict) or not isinstance(body.get("models", body.get("model_versions")), list):
        raise NotTestable(f"needs models or model_versions in the reply of {ENDPOINT}, not {show(body)}")
    groups = [row.get("model_versions") for row in objects(body.get("models"))]
    return [Configured.of(entry) for group in (*groups, body.get("model_versions")) for entry in objects(group)]


def _names(release: Release, body: Any) -> list[Any]:
    """What the models and the versions in a reply are called."""
    return [model.get("name") for model in models_in(release, body)] + [v.version.get("name") for v in _versions(body)]
