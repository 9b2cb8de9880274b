"""Every decision can be changed without touching the application: the seam that wrong instances are made with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from starlette.responses import PlainTextResponse

from conformance.mock import MockInstance
from conformance.mock.behaviour import Behaviour, combine
from conformance.mock.records import Metadata, Model, Upload, User, Version
from conformance.mock.replies import Call, Refusal, Reply

from .client import Client, assert_refused


@contextmanager
def behaving(*changes: type[Behaviour]) -> Iterator[tuple[Client, Client]]:
    """The clients of both users of an instance with these changes."""
    with MockInstance(behaviour=combine(changes), step_delay=0) as mock:
        yield (
            Client(mock, mock.token, mock.workspace_id),
            Client(mock, mock.other_token, mock.other_workspace_id),
        )


class UppercaseDigests(Behaviour):
    def digest_of(self, upload: Upload) -> str:
        return super().digest_of(upload).upper()


class BaseNames(Behaviour):
    def file_name_of(self, upload: Upload) -> str:
        return super().file_name_of(upload).rpartition("/")[2]


class ModelIds(Behaviour):
    def upload_id(self, version: Version) -> int:
        return version.model_id


class AlwaysNewModels(Behaviour):
    def model_for(self, name: str, workspace_id: int) -> Model | None:
        return None


class FrozenUpdates(Behaviour):
    def updated_at(self, model: Model, now: int) -> int:
        return model.updated_at


class EverythingSeen(Behaviour):
    def may_see_version(self, user: User, version: Version) -> bool:
        return True


class AnyoneMayCall(Behaviour):
    def authenticate(self, authorization: str | None, endpoint: str) -> User:
        try:
            return super().authenticate(authorization, endpoint)
        except Refusal:
            return self.user_of(self.identity.user.id)


class CreatesAllTheSame(Behaviour):
    def creates_on_refusal(self, upload: Upload, user: User, refusal: Refusal) -> Metadata | None:
        return Metadata("ghost", "private", min(user.workspaces), "onnx", {"framework": "onnx"}, None, None)


class NewestConfig(Behaviour):
    def config_of_model(self, versions: Sequence[Version]) -> Version | None:
        return versions[0]


class PlainOk(Behaviour):
    def success_status(self, endpoint: str) -> int:
        return 200


class WithoutOwner(Behaviour):
    def reply(self, call: Call, reply: Reply) -> Reply:
        if call.endpoint == "list" and reply.status == 200:
            for model in reply.body["models"]:
                del model["owner_id"]
        return super().reply(call, reply)


class Renamed(Behaviour):
    def reply(self, call: Call, reply: Reply) -> Reply:
        if call.endpoint == "list" and reply.status == 200:
            for model in reply.body["models"]:
                model["name"] = "renamed"
        return super().reply(call, reply)


class NotJson(Behaviour):
    def reply(self, call: Call, reply: Reply) -> Reply:
        reply.response = PlainTextResponse("<html>", 418)
        return reply


def test_what_is_stored_can_change() -> None:
    with behaving(UppercaseDigests, BaseNames) as (client, _):
        client.upload("fraud", file_name="models/fraud.onnx")
        (version,) = client.versions(model_id="fraud")
    assert version["sha"].isupper()
    assert version["file_name"] == "fraud.onnx"


def test_a_wrong_digest_still_converts_the_right_file() -> None:
    class Constant(Behaviour):
        def digest_of(self, upload: Upload) -> str:
            return "../../etc"

    with behaving(Constant) as (client, _):
        version = client.converted(client.upload("fraud", b"not onnx"))
        assert version["file_info"]["sha"] == "../../etc"
        assert version["status"] == "error"


def test_ids_and_versioning_can_change() -> None:
    with behaving(ModelIds, AlwaysNewModels) as (client, _):
        ids = [client.upload("fraud"), client.upload("fraud")]
        assert ids == [model["id"] for model in reversed(client.models())]


def test_times_and_configs_can_change() -> None:
    with behaving(FrozenUpdates, NewestConfig) as (client, _):
        client.upload("fraud")
        newest = client.version(client.upload("fraud"))
        (model,) = client.models()
        assert model["updated_at"] == model["created_at"]
        assert client.reply("get_by_id", {"id": model["id"]})["model_config"]["id"] == newest["config"]["id"]


def test_who_may_call_and_see_can_change() -> None:
    with behaving(EverythingSeen, AnyoneMayCall) as (client, other):
        client.upload("fraud")
        assert len(other.versions(model_id="fraud")) == 1
        other.token = "nonsense"
        assert other.reply("list", {"workspace_id": client.workspace_id})["models"]


def test_a_refusal_can_leave_something_behind() -> None:
    with behaving(CreatesAllTheSame) as (client, _):
        assert_refused(client.send_upload({}, b"bytes"), 400)
        assert [model["name"] for model in client.models()] == ["ghost"]
        assert_refused(client.send({"metadata": (None, "{}", "application/json")}), 400)
        assert len(client.versions(model_id="ghost")) == 2


def test_replies_can_change_and_changes_add_up() -> None:
    with behaving(WithoutOwner, Renamed, PlainOk) as (client, _):
        assert client.send_upload(client.metadata("fraud")).status_code == 200
        (model,) = client.models()
        assert "owner_id" not in model
        assert model["name"] == "renamed"


@pytest.mark.parametrize("path", ["models/list", "models/upload_and_convert", "workspaces/list", "unknown"])
def test_any_answer_can_be_replaced_whole(path: str) -> None:
    with behaving(NotJson) as (client, _):
        response = client.call(path, {})
    assert (response.status_code, response.text) == (418, "<html>")


def test_no_change_is_the_right_behaviour() -> None:
    assert type(combine([])) is Behaviour
    assert isinstance(combine([PlainOk, PlainOk, Renamed]), Renamed)
