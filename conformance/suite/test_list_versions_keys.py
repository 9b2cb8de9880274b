"""Model versions: which requests select which versions, and which are refused.

Source: documentation, "Get Model Versions": the prose says name or id, the parameter table marks both as
required; recorded (2022.4 to 2025.2.1): rows that match either.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_refused, describe, expect, follows
from conformance.suite.context import SuiteContext
from conformance.suite.listed import Row
from conformance.suite.requirement import requirement
from conformance.suite.rows import (
    answered,
    belongs,
    is_anybodys,
    objects,
    relied_on,
    unknown_id,
    version_rows,
)
from conformance.suite.uploads import Uploaded


@pytest.fixture(scope="module")
def working_versions(onnx_upload: Uploaded) -> Reply:
    """The control: asked by both keys, as documented, list_versions shows the shared model's version."""
    reply = onnx_upload.versions_reply()
    if not version_rows(relied_on(reply, what="the model's versions"), onnx_upload):
        raise NotTestable("needs list_versions to show the uploaded version by name and id")
    return reply


@requirement("list-versions.by-name")
@pytest.mark.usefixtures("working_versions", "two_versions")
def test_name_alone_selects_the_model(release: Release, models: Models, onnx_upload: Uploaded) -> None:
    """The name is enough, or the request is refused for want of the id.

    Upload a model, list its versions by its name alone.
    Expect the uploaded version and no other model's, or a refusal.
    """
    reply = models.list_versions(model_id=onnx_upload.name)
    reading = _one_key(reply, onnx_upload, key="model_id")
    follows(release.requirement("list-versions.by-name"), reading)


@requirement("list-versions.by-models-pk-id")
@pytest.mark.usefixtures("working_versions", "two_versions")
def test_id_alone_selects_the_model(release: Release, models: Models, onnx_upload: Uploaded) -> None:
    """The id is enough, or the request is refused for want of the name.

    Upload a model, list its versions by its id alone.
    Expect the uploaded version and no other model's, or a refusal.
    """
    reply = models.list_versions(models_pk_id=onnx_upload.model_id)
    reading = _one_key(reply, onnx_upload, key="models_pk_id")
    follows(release.requirement("list-versions.by-models-pk-id"), reading)


@requirement("list-versions.only-asked-rows")
def test_rows_are_the_asked_models_only(onnx_upload: Uploaded, neighbour_upload: Uploaded) -> None:
    """No version of another model is shown, not even of one whose name begins the same.

    Upload a model, and another whose name goes on where the first one's ends; list the versions of the first.
    Expect each row to name the first model, by its name or by its id.
    """
    reply = onnx_upload.versions_reply()
    body = answered(reply, what="list_versions by model_id and models_pk_id")
    named = [row for row in objects(body) if is_anybodys(row)]
    if not any(belongs(row, onnx_upload) for row in named):
        raise NotTestable("needs rows that name the asked model")
    strange = [row for row in named if not belongs(row, onnx_upload)]
    strange.sort(key=lambda row: not belongs(row, neighbour_upload))
    expect(
        not strange,
        expected=f"each row is of {onnx_upload.name!r}, model {onnx_upload.model_id}",
        actual=lambda: f"one of {len(named)} rows is of {_owner(strange[0])}",
        replies=[reply],
    )


@requirement("list-versions.keys-combined")
@pytest.mark.usefixtures("working_versions")
def test_name_of_one_model_and_id_of_another_are_both_heeded(
    release: Release, models: Models, onnx_upload: Uploaded, pytorch_upload: Uploaded
) -> None:
    """Neither key is ignored.

    Upload two models, list versions by the name of one and the id of the other.
    Expect the versions of both, of neither, or a refusal.
    """
    combined = release.requirement("list-versions.keys-combined")
    reply = models.list_versions(model_id=onnx_upload.name, models_pk_id=pytorch_upload.model_id)
    if reply.status >= 400:
        follows(combined, "refused")
        return
    named = [row for row in _array(answered(reply, what="list_versions with two models' keys")) if is_anybodys(row)]
    asked = (onnx_upload, pytorch_upload)
    seen = [any(belongs(row, uploaded) for row in named) for uploaded in asked]
    strange = [row for row in named if not any(belongs(row, uploaded) for uploaded in asked)]
    expect(
        not strange and (all(seen) or not named),
        expected=f"rows of {asked[0].name!r} and of model {asked[1].model_id}, or none, or a refusal",
        actual=f"{len(named)} rows: {_shown(seen, strange)}",
        replies=[reply],
    )
    follows(combined, "either" if named else "both")


@requirement("list-versions.unknown-model")
@pytest.mark.usefixtures("working_versions")
def test_unknown_model_has_no_versions(context: SuiteContext, release: Release, models: Models) -> None:
    """A model that doesn't exist has no versions.

    List the versions by a name that was never uploaded and an id far beyond any in use.
    Expect a refusal, or an empty list.
    """
    unknown = release.requirement("list-versions.unknown-model")
    name = context.name("list_versions", "never")
    reply = models.list_versions(model_id=name, models_pk_id=unknown_id(context))
    if reply.status >= 400:
        follows(unknown, "refused")
        return
    expect(
        answered(reply, what="list_versions of a model that doesn't exist") == [],
        expected="list_versions of a model that doesn't exist is empty or refused",
        actual=lambda: describe(reply),
        replies=[reply],
    )
    follows(unknown, "empty")


@requirement("list-versions.keys-mistyped")
@pytest.mark.parametrize("value", ["not-a-number", [1]], ids=["text", "array"])
@pytest.mark.usefixtures("working_versions")
def test_id_that_is_no_number_is_refused(models: Models, onnx_upload: Uploaded, value: object) -> None:
    """A model's id is a number.

    List the versions by the model's name and a `models_pk_id` of another JSON type.
    Expect a refusal.
    """
    reply = models.call("list_versions", {"model_id": onnx_upload.name, "models_pk_id": value})
    assert_refused(reply, what=f"list_versions with the models_pk_id {value!r}")


def _one_key(reply: Reply, uploaded: Uploaded, *, key: str) -> str:
    """The reading that a reply to a request with one key follows."""
    if reply.status >= 400:
        return "both required"
    body = _array(answered(reply, what=f"list_versions by {key} alone"))
    strange = [row for row in body if is_anybodys(row) and not belongs(row, uploaded)]
    expect(
        bool(version_rows(body, uploaded)) and not strange,
        expected=f"list_versions by {key} alone has the versions of {uploaded.name!r} only, or is refused",
        actual=lambda: f"{len(body)} rows, one of them of {_owner(strange[0])}" if strange else describe(reply),
        replies=[reply],
    )
    return "one key suffices"


def _array(body: Any) -> list[Row]:
    if not isinstance(body, list):
        raise NotTestable("needs list_versions to answer an array")
    return objects(body)


def _owner(row: Row) -> str:
    return f"{row.get('model_id')!r}, model {row.get('models_pk_id')}"


def _shown(seen: list[bool], strange: list[Row]) -> str:
    if strange:
        return f"one is of {_owner(strange[0])}"
    whose = [whose for whose, there in zip(("the name's", "the id's"), seen, strict=True) if there]
    return f"only {whose[0]}" if whose else "none that says whose it is"
