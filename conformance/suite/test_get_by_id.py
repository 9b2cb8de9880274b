"""Model details by id.

Source: documentation, "Get Model Details By ID". Its parameter table names `workspace_id`; its example and
the client of the release send the model's `id`, and so do these checks.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.agreement import assert_is_of, assert_times_agree_with_list
from conformance.suite.assertions import assert_equal, assert_field, assert_refused, expect, follows
from conformance.suite.context import SuiteContext
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, relied_on, unknown_id
from conformance.suite.uploads import Uploaded, is_id

ENDPOINT = "get_by_id"


@pytest.fixture(scope="module")
def details(onnx_upload: Uploaded) -> Reply:
    """What get_by_id says of the shared ONNX model."""
    return onnx_upload.models.get_by_id(onnx_upload.model_id)


@pytest.fixture
def working_details(details: Reply, onnx_upload: Uploaded) -> None:
    """The control of the refusals: asked rightly, get_by_id shows the shared model."""
    body = relied_on(details, what="the model's details")
    shown = isinstance(body, dict) and (body.get("name") == onnx_upload.name or body.get("id") == onnx_upload.model_id)
    if not shown:
        raise NotTestable("needs get_by_id to show the uploaded model before a refusal means anything")


def test_field(release: Release, documented_field: Requirement, details: Reply) -> None:
    """The model's details have the documented field.

    Upload a model, ask for it by its id.
    Expect the field as the contract's schema has it.
    """
    body = answered(details, what="get_by_id of an uploaded model")
    assert_field(release, documented_field, details, body)
    if documented_field.id == "get-by-id.model-config":
        follows(documented_field, "null" if body["model_config"] is None else "object")


@requirement("get-by-id.takes-model-id")
def test_id_selects_the_model(details: Reply, onnx_upload: Uploaded) -> None:
    """`id` is the model's id as the list shows it.

    Upload a model, find its id in the list, ask for that.
    Expect the details of that model.
    """
    body = answered(details, what=f"get_by_id of model {onnx_upload.model_id}")
    assert_is_of(body, onnx_upload, details, what="the reply of get_by_id")


@requirement("get-by-id.model-config-of-converted")
@pytest.mark.parametrize("kind", ["onnx_upload", "pytorch_upload"], ids=["onnx", "pytorch"])
def test_converted_model_has_a_configuration(kind: str, request: pytest.FixtureRequest) -> None:
    """What came through upload_and_convert is configured.

    Upload a model, ask for it by its id.
    Expect `model_config` not to be null.
    """
    uploaded: Uploaded = request.getfixturevalue(kind)
    reply = uploaded.models.get_by_id(uploaded.model_id)
    body = answered(reply, what="get_by_id of an uploaded model")
    if not isinstance(body, dict) or "model_config" not in body:
        raise NotTestable("needs model_config in the reply of get_by_id")
    expect(
        body["model_config"] is not None,
        expected="model_config of a model that was uploaded to be converted is an object",
        actual="model_config is null",
        replies=[reply],
    )


@requirement("get-by-id.workspace-is-uploads")
def test_workspace_is_the_one_uploaded_to(details: Reply, onnx_upload: Uploaded) -> None:
    """A model is in the workspace that its upload named.

    Upload a model to a workspace, ask for the model by its id.
    Expect that workspace's id.
    """
    body = answered(details, what="get_by_id of an uploaded model")
    workspace_id = body.get("workspace_id") if isinstance(body, dict) else None
    if not is_id(workspace_id):
        raise NotTestable("needs workspace_id in the reply of get_by_id")
    assert_equal(workspace_id, onnx_upload.workspace_id, what="the model's workspace_id", reply=details)


@requirement("get-by-id.same-after-new-version")
def test_model_of_two_versions_is_found_under_its_id(models: Models, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """A new version moves neither the model's id nor its name.

    Upload a model, note its id, upload a second version, ask for the id.
    Expect the details of that model.
    """
    older = two_versions[0]
    reply = models.get_by_id(older.model_id)
    body = answered(reply, what=f"get_by_id of model {older.model_id} after a second version")
    assert_is_of(body, older, reply, what="the reply of get_by_id")


@requirement("get-by-id.times-agree-with-list")
def test_times_are_those_of_the_list(models: Models, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """One model has one pair of times.

    Upload a model twice, so that its two times differ; list the workspace and ask for the model by its id.
    Expect the same instants.
    """
    newer = two_versions[1]
    assert_times_agree_with_list(lambda: models.get_by_id(newer.model_id), newer, what="the reply of get_by_id")


@requirement("get-by-id.unknown-id-refused")
@pytest.mark.usefixtures("working_details")
def test_unknown_id_is_refused(context: SuiteContext, models: Models) -> None:
    """An id that no model has shows nothing.

    Ask for an id far beyond any in use.
    Expect a refusal.
    """
    reply = models.get_by_id(unknown_id(context))
    assert_refused(reply, what="get_by_id of an id that no model has")


@requirement("get-by-id.id-required")
@pytest.mark.parametrize("body", [{}, {"id": None}], ids=["missing", "null"])
@pytest.mark.usefixtures("working_details")
def test_request_without_id_is_refused(models: Models, body: dict[str, Any]) -> None:
    """Details need an id.

    Ask without any parameter, and with a null id.
    Expect a refusal.
    """
    reply = models.call("get_by_id", body)
    assert_refused(reply, what=f"get_by_id with the body {body}")


@requirement("get-by-id.id-mistyped")
@pytest.mark.parametrize("value", ["not-a-number", [1]], ids=["text", "array"])
@pytest.mark.usefixtures("working_details")
def test_id_that_is_no_number_is_refused(models: Models, value: object) -> None:
    """A model's id is a number.

    Ask with an `id` of another JSON type.
    Expect a refusal.
    """
    reply = models.call("get_by_id", {"id": value})
    assert_refused(reply, what=f"get_by_id with the id {value!r}")
