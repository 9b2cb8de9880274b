"""Deleting a model with all its versions. Nothing is deleted but this module's own models.

Source: client 2024.4.4, DeleteModelRequest; the OpenAPI document of an instance of 2025.2.0. Whether `model_id` is the
model's name, as in list_versions, or its id as text, no source says: either is followed, and the report names which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.acceptance import OnnxUploads
from conformance.suite.assertions import assert_equal, assert_field, describe, expect, follows, show
from conformance.suite.context import SuiteContext
from conformance.suite.deletions import Harmless, Look, assert_left_alone
from conformance.suite.listed import listed_models
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, relied_on, told
from conformance.suite.uploads import Uploaded

ENDPOINT = "delete_model"

Names = Callable[[str], str]


@dataclass(frozen=True)
class Deletion:
    """A confirmed deletion: how its model was named (None where no way worked), its reply, and the list afterwards.

    `older` and `doomed` are its two versions; `spared` is a model that stays, whose name goes on where its own ends.
    """

    older: Uploaded
    doomed: Uploaded
    spared: Uploaded
    reading: str | None
    reply: Reply
    after: Reply | None

    def carried_out(self) -> Reply:
        """The list after the deletion. Raises NotTestable where no way works."""
        if self.reading is None or self.after is None:
            raise NotTestable(f"needs a deletion that works, but it was answered {describe(self.reply)}")
        return self.after

    def named(self, uploaded: Uploaded) -> str:
        """How this instance wants a model named. Raises NotTestable where no way works."""
        self.carried_out()
        return str(uploaded.model_id) if self.reading == "number" else uploaded.name


# For the session: a module's fixture is made anew, under the same names, when its checks don't run in one go.
@pytest.fixture(scope="session")
def deletion(context: SuiteContext, models: Models, onnx_uploads: OnnxUploads) -> Deletion:
    """A model of two versions deleted: named by its name, else by its id as text."""
    name = context.name("delete_model", "doomed")
    older = onnx_uploads.send(onnx_uploads.metadata(name), onnx_uploads.file(f"{name}-older"))
    doomed, spared = (onnx_uploads.send(onnx_uploads.metadata(each)) for each in (name, f"{name}-b"))
    listing = models.list()
    for uploaded in (doomed, spared):
        uploaded.identify(listing)
    # A stranger's model that is called like the number is left alone.
    names = {row.get("name") for row in listed_models(models.release, listing)}
    ways = {"name": name, "number": str(doomed.model_id)}
    ways = {way: text for way, text in ways.items() if way == "name" or text not in names}
    tried = []
    for way, text in ways.items():
        reply = models.delete_model(text)
        after = models.list() if reply.is_success else None
        if after is not None and not _is_listed(after, doomed):
            return Deletion(older, doomed, spared, way, reply, after)
        tried.append(Deletion(older, doomed, spared, None, reply, after))
    return next((each for each in tried if each.reply.is_success), tried[0])


@pytest.fixture(scope="session")
def harmless(models: Models, onnx_uploads: OnnxUploads, deletion: Deletion) -> Harmless[Uploaded]:
    """Deletions that may not delete; the first victim is the model that the right deletion spared."""
    numbers = count()

    def make() -> Uploaded:
        number = next(numbers)
        if not number:
            return deletion.spared
        uploaded = onnx_uploads.send(onnx_uploads.metadata(f"{deletion.spared.name}{number}"))
        uploaded.identify(models.list())
        return uploaded

    def look(victim: Uploaded) -> Look:
        listing = models.list()
        return Look(listing, _is_listed(listing, victim))

    workspace = {"workspace_id": models.workspace_id}
    return Harmless(
        make,
        look,
        {
            "without a token": lambda victim: models.delete_model(deletion.named(victim), token=None),
            "unconfirmed": lambda victim: models.delete_model(deletion.named(victim), confirm=False),
            "without workspace_id": lambda victim: models.call(
                ENDPOINT, {"model_id": deletion.named(victim), "confirm_delete": True}
            ),
            # Unconfirmed: an instance that takes no model for all of them would delete strangers'.
            "without model_id": lambda _: models.call(ENDPOINT, workspace),
        },
    )


def test_field(release: Release, documented_field: Requirement, deletion: Deletion) -> None:
    """The reply has the documented field.

    Upload a model, delete it.
    Expect the field as the contract's schema has it.
    """
    body = answered(deletion.reply, what="delete_model of an uploaded model")
    assert_field(release, documented_field, deletion.reply, body)


@requirement("delete-model.deletes")
def test_confirmed_deletion_takes_the_model_away(release: Release, models: Models, deletion: Deletion) -> None:
    """A deleted model is gone.

    Upload a model twice, delete it: by its name, else by its id as text.
    Expect success; no list shows the model, and neither get_by_id nor get finds its id.
    """
    doomed = deletion.doomed
    shown = [] if deletion.after is None else listed_models(models.release, deletion.after)
    expect(
        deletion.reading is not None,
        expected=f"a confirmed deletion takes {doomed.name!r}, model {doomed.model_id}, out of the list",
        actual=lambda: f"{describe(deletion.reply)}, and the list still has it" if shown else describe(deletion.reply),
        replies=[deletion.reply, *([deletion.after] if deletion.after is not None else [])],
    )
    for endpoint, read in (("get_by_id", models.get_by_id), ("get", models.get)):
        reply = read(doomed.model_id)
        expect(
            not _shows(reply, doomed),
            expected=f"{endpoint} no longer finds model {doomed.model_id}",
            actual=describe(reply),
            replies=[deletion.reply, reply],
        )
    follows(release.requirement("delete-model.deletes"), deletion.reading or "")


@requirement("delete-model.counts-bytes")
def test_bytes_is_the_size_of_the_models_files(deletion: Deletion) -> None:
    """The reply says how many bytes the model's files had.

    Upload a model twice, delete it.
    Expect `bytes` to be the size of both files.
    """
    deletion.carried_out()
    body = relied_on(deletion.reply, what="a deletion")
    counted = told(body if isinstance(body, dict) else {}, "bytes", int)
    size = deletion.older.file.size + deletion.doomed.file.size
    assert_equal(counted, size, what="bytes", reply=deletion.reply)


@requirement("delete-model.spares-others")
def test_other_models_stay(onnx_upload: Uploaded, deletion: Deletion) -> None:
    """A deletion is about one model.

    Upload a model, and another whose name goes on where the first one's ends; delete the first.
    Expect the other one in the list, and a model of another name too.
    """
    after = deletion.carried_out()
    for uploaded in (deletion.spared, onnx_upload):
        expect(
            _is_listed(after, uploaded),
            expected=f"{uploaded.name!r} is still listed after {deletion.doomed.name!r} was deleted",
            actual="it isn't",
            replies=[deletion.reply, after],
        )


@requirement("delete-model.requires-token")
def test_deletion_without_token_is_refused(harmless: Harmless[Uploaded]) -> None:
    """Without a token nothing is deleted.

    Delete one model with the run's token; send the same for another one without it.
    Expect a refusal, and the other model to be there.
    """
    assert_left_alone(harmless.tried("without a token"), what="delete_model without an access token")


@requirement("delete-model.unconfirmed")
def test_unconfirmed_deletion_deletes_nothing(harmless: Harmless[Uploaded]) -> None:
    """A deletion must be confirmed.

    Send a deletion that works with `confirm_delete` false.
    Expect the model to be there, whatever the answer.
    """
    assert_left_alone(harmless.tried("unconfirmed"), what="a deletion with confirm_delete false", refused=False)


@requirement("delete-model.parameters-required")
@pytest.mark.parametrize("parameter", ["model_id", "workspace_id"])
def test_both_parameters_are_required(harmless: Harmless[Uploaded], parameter: str) -> None:
    """A deletion names a model and its workspace.

    Send a deletion that works without one of them.
    Expect a refusal, and the model to be there.
    """
    assert_left_alone(harmless.tried(f"without {parameter}"), what=f"delete_model without {parameter}")


@requirement("delete-model.other-workspace")
def test_model_of_another_workspace_stays(
    context: SuiteContext, models: Models, onnx_uploads: OnnxUploads, unique_name: Names, deletion: Deletion
) -> None:
    """The workspace counts.

    Upload a model, delete it by the id of another workspace of the same user.
    Expect the model to be there, whatever the answer.
    """
    elsewhere = context.second_workspace_id()
    uploaded = onnx_uploads.send(onnx_uploads.metadata(unique_name("here")))
    uploaded.identify(models.list())
    reply = models.delete_model(deletion.named(uploaded), elsewhere)
    listing = models.list()
    expect(
        _is_listed(listing, uploaded),
        expected=f"{uploaded.name!r} of workspace {models.workspace_id} isn't deleted from workspace {elsewhere}",
        actual=f"{describe(reply)}, and the list no longer has it",
        replies=[reply, listing],
    )


@requirement("delete-model.unknown-refused")
def test_unknown_name_deletes_nothing(context: SuiteContext, models: Models, deletion: Deletion) -> None:
    """A model that doesn't exist has no bytes.

    Delete a model of a name that was never uploaded.
    Expect a refusal, or no bytes.
    """
    deletion.carried_out()
    reply = models.delete_model(context.name("delete_model", "never"))
    body = relied_on(reply, what="a deletion") if reply.is_success else {}
    expect(
        reply.status >= 400 or (isinstance(body, dict) and body.get("bytes") == 0),
        expected="a deletion of a name that no model has is refused, or counts no bytes",
        actual=describe(reply),
        replies=[reply],
    )


@requirement("delete-model.name-free-again")
def test_deleted_name_can_be_uploaded_again(models: Models, onnx_uploads: OnnxUploads, deletion: Deletion) -> None:
    """A deleted model leaves its name free.

    Upload a model, delete it, upload another file under its name.
    Expect a model of that name with another id.
    """
    doomed = deletion.doomed
    deletion.carried_out()
    again = onnx_uploads.send(onnx_uploads.metadata(doomed.name), onnx_uploads.file(f"{doomed.name}-again"))
    listing = models.list()
    named = [row.get("id") for row in listed_models(models.release, listing) if row.get("name") == doomed.name]
    expect(
        again.reply.is_success and bool(named) and doomed.model_id not in named,
        expected=f"an upload under the deleted name {doomed.name!r} makes another model than {doomed.model_id}",
        actual=f"{describe(again.reply)}, and the list has the models {show(named)} of that name",
        replies=[again.reply, listing],
    )


def _is_listed(listing: Reply, uploaded: Uploaded) -> bool:
    """Whether the list has the model, by its id or its name. Raises NotTestable where there is no list."""
    body = relied_on(listing, what="the workspace's list")
    if not isinstance(body, dict) or not isinstance(body.get("models"), list):
        raise NotTestable("needs the list `models` to see whether a model is there")
    found = listed_models(uploaded.models.release, listing)
    return any(row.get("id") == uploaded.model_id or row.get("name") == uploaded.name for row in found)


def _shows(reply: Reply, uploaded: Uploaded) -> bool:
    body: Any = relied_on(reply, what="a model's details") if reply.is_success else None
    return isinstance(body, dict) and (body.get("id") == uploaded.model_id or body.get("name") == uploaded.name)
