"""List: the models of a workspace.

Source: documentation, "List Models in Workspace". Field checks judge this run's own rows only: strangers'
models may be older than the release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import (
    assert_equal,
    assert_field,
    assert_refused,
    describe,
    expect,
    follows,
    show,
)
from conformance.suite.context import SuiteContext
from conformance.suite.listed import Row, models_in
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, model_row, only_own_models, relied_on, unknown_id
from conformance.suite.uploads import Uploaded, is_id

ENDPOINT = "list"
QUOTATION_MARKS = '""'


@pytest.fixture(scope="module")
def listing(onnx_upload: Uploaded) -> Reply:
    """The workspace's list with the shared ONNX model in it."""
    return onnx_upload.models.list(onnx_upload.workspace_id)


@pytest.fixture
def working_list(listing: Reply, onnx_upload: Uploaded) -> Reply:
    """The control of the refusals: asked rightly, the list shows the shared model."""
    model_row(relied_on(listing, what="the workspace's list"), onnx_upload)
    return listing


def test_field(release: Release, documented_field: Requirement, listing: Reply, onnx_upload: Uploaded) -> None:
    """The list has the documented field.

    Upload a model, list its workspace.
    Expect the field as the contract's schema has it, in the model's row.
    """
    body = only_own_models(release, answered(listing, what="a list of the workspace's models"), [onnx_upload])
    assert_field(release, documented_field, listing, body)
    if documented_field.id == "list.owner-id":
        owner = models_in(release, body)[0]["owner_id"]
        follows(documented_field, "quotation marks" if owner == QUOTATION_MARKS else "UUID")


@requirement("list.name")
def test_row_has_the_models_name(release: Release, listing: Reply, onnx_upload: Uploaded) -> None:
    """The row with the model's id has the model's name.

    Upload a model, list its workspace, look the model up by its id.
    Expect its `name`, character for character, as the documented code reads it.
    """
    body = answered(listing, what="a list of the workspace's models")
    own = {"models": _models(only_own_models(release, body, [onnx_upload]))}
    nameless = [row for row in models_in(release, own) if "name" not in row]
    expect(
        not nameless,
        expected="each listed model has a name",
        actual=lambda: f"one is {show(nameless[0])}",
        replies=[listing],
    )
    row = model_row(body, onnx_upload)
    assert_equal(row.get("name"), onnx_upload.name, what="the listed model's name", reply=listing)
    follows(release.requirement("list.name"), "present")


@requirement("list.includes-new-model")
def test_list_includes_a_model_just_uploaded(
    context: SuiteContext, models: Models, unique_name: Callable[[str], str]
) -> None:
    """A model is in the list as soon as its upload is answered.

    Upload a model, list the workspace at once.
    Expect the model's row.
    """
    name = unique_name("fresh")
    reply = models.upload(context.onnx_model, name=name)
    if not reply.is_success:
        raise NotTestable(f"needs an uploaded model, but the upload was answered {describe(reply)}")
    uploaded = Uploaded(models, context.onnx_model, name, context.onnx_model.file_name, reply, models.workspace_id)
    listing = models.list(models.workspace_id)
    listed = _listed(models, listing)
    found = [row for row in listed if row.get("name") == name]
    if not found:
        # The id takes another way to the model, and says whether anything was uploaded at all.
        model_id = uploaded.model_id
        found = [row for row in listed if row.get("id") == model_id]
    expect(
        bool(found),
        expected=f"the list of workspace {models.workspace_id} has the model {name!r} just uploaded",
        actual=f"it has {len(listed)} models, and that one isn't among them",
        replies=[reply, listing],
    )


@requirement("list.each-model-once")
def test_model_of_two_versions_stands_in_the_list_once(models: Models, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """A model is one row, whatever its number of versions.

    Upload a model twice under one name, list the workspace.
    Expect the name once, and no id twice in the whole list.
    """
    newer = two_versions[1]
    listing = models.list(newer.workspace_id)
    listed = _listed(models, listing)
    own = [row for row in listed if row.get("name") == newer.name or row.get("id") == newer.model_id]
    if not own:
        raise NotTestable(f"needs {newer.name!r} in the list")
    expect(
        len(own) == 1,
        expected=f"{newer.name!r} stands in the list once",
        actual=f"{len(own)} rows have its name or id",
        replies=[listing],
    )
    repeated = [i for i, count in Counter(row["id"] for row in listed if is_id(row.get("id"))).items() if count > 1]
    expect(
        not repeated,
        expected="each id stands in the list once",
        actual=lambda: f"id {repeated[0]} stands in it more than once",
        replies=[listing],
    )


@requirement("list.unknown-workspace")
def test_unknown_workspace_shows_nothing(
    context: SuiteContext, release: Release, models: Models, working_list: Reply
) -> None:
    """A workspace that doesn't exist has no models.

    List a workspace with an id far beyond any in use.
    Expect a refusal, or an empty list.
    """
    reply = models.list(unknown_id(context))
    if reply.status >= 400:
        follows(release.requirement("list.unknown-workspace"), "refused")
        return
    expect(
        _models(answered(reply, what="a list of a workspace that doesn't exist")) == [],
        expected="the list of a workspace that doesn't exist is empty or refused",
        actual=lambda: describe(reply),
        replies=[reply],
    )
    follows(release.requirement("list.unknown-workspace"), "empty")


@requirement("list.workspace-id-required")
@pytest.mark.parametrize("body", [{}, {"workspace_id": None}], ids=["missing", "null"])
@pytest.mark.usefixtures("working_list")
def test_list_without_workspace_is_refused(models: Models, body: dict[str, Any]) -> None:
    """A list needs a workspace.

    List without `workspace_id`, and with a null one.
    Expect a refusal.
    """
    reply = models.call("list", body)
    assert_refused(reply, what=f"a list with the body {body}")


@requirement("list.workspace-id-mistyped")
@pytest.mark.parametrize("value", ["not-a-number", [1]], ids=["text", "array"])
@pytest.mark.usefixtures("working_list")
def test_list_of_a_workspace_that_is_no_number_is_refused(models: Models, value: object) -> None:
    """A workspace's id is a number.

    List with a `workspace_id` of another JSON type.
    Expect a refusal.
    """
    reply = models.call("list", {"workspace_id": value})
    assert_refused(reply, what=f"a list with the workspace_id {value!r}")


def _listed(models: Models, listing: Reply) -> list[Row]:
    shown = _models(answered(listing, what="a list of the workspace's models"))
    return models_in(models.release, {"models": shown})


def _models(body: Any) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("models"), list):
        raise NotTestable("needs the list `models` in the reply")
    return body["models"]
