"""An upload fails a check only where one like it is carried out, and a refused one only where it left something."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import load_release
from conformance.errors import NotTestable
from conformance.instance.modelfile import ModelFile
from conformance.suite.acceptance import (
    assert_carried_out,
    assert_carried_out_or_refused,
    assert_in_no_workspace,
    assert_not_carried_out,
    own_rows,
    shown_name,
)
from conformance.suite.assertions import Nonconformity
from conformance.suite.conversion import Conversions
from conformance.suite.uploads import Uploaded

FILE = ModelFile.from_bytes(b"own bytes", "onnx", "own.onnx")
VERSION = {"id": 21, "models_pk_id": 7, "model_id": "own", "sha": FILE.sha256, "file_name": "own.onnx"}


class FakeReply:
    """What the functions read of a reply."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.text = repr(body)
        self.exchange = self
        self.id = "main-00001"
        self._body = body

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return self._body


class FakeModels:
    """An instance that lists these models and shows these versions, whatever it is asked for."""

    workspace_id = 10
    release = load_release()

    def __init__(self, names: dict[int, str], versions: list[dict[str, Any]], *, status: int = 200) -> None:
        self._names = names
        self._versions = versions
        self._status = status

    def list(self, workspace_id: int) -> FakeReply:
        models = [{"id": number, "name": name} for number, name in self._names.items()]
        return FakeReply(self._status, {"models": models})

    def list_versions(self, model_id: str, models_pk_id: int) -> FakeReply:
        found = [v for v in self._versions if v["model_id"] == model_id or v["models_pk_id"] == models_pk_id]
        return FakeReply(self._status, found)

    def get(self, model_id: int) -> FakeReply:
        found = [v for v in self._versions if v["models_pk_id"] == model_id]
        return FakeReply(200, {"models": found})

    def call(self, endpoint: str, body: object) -> FakeReply:
        return FakeReply(400, {})


def uploaded(models: FakeModels, status: int = 202, name: str = "own") -> Any:
    reply: Any = FakeReply(status, {"insert_models": {"returning": [{"models": [{"id": 21}]}]}})
    instance: Any = models
    return Uploaded(instance, FILE, name, FILE.file_name, reply, 10)


SHOWN = FakeModels({7: "own"}, [VERSION])
EMPTY = FakeModels({}, [])


def test_a_shown_model_is_carried_out_and_nothing_else_is_asked_for() -> None:
    assert_carried_out(uploaded(SHOWN), what="it", instead=lambda: pytest.fail("asked for"))


@pytest.mark.parametrize("wrong", [uploaded(SHOWN, 400), uploaded(EMPTY)], ids=["refused", "dropped"])
def test_what_another_upload_can_do_is_a_failure(wrong: Uploaded) -> None:
    with pytest.raises(Nonconformity):
        assert_carried_out(wrong, what="it", instead=lambda: uploaded(SHOWN))


def test_what_no_upload_can_do_says_nothing() -> None:
    with pytest.raises(NotTestable):
        assert_carried_out(uploaded(EMPTY), what="it", instead=lambda: uploaded(SHOWN, 500))


def test_either_is_fine_but_neither_is_not() -> None:
    assert assert_carried_out_or_refused(uploaded(SHOWN), what="it")
    assert not assert_carried_out_or_refused(uploaded(EMPTY, 422), what="it")
    for half in (uploaded(EMPTY, 202), uploaded(SHOWN, 422), uploaded(EMPTY, 302)):
        with pytest.raises(Nonconformity):
            assert_carried_out_or_refused(half, what="it")


def test_a_refusal_is_not_proven_without_the_list() -> None:
    with pytest.raises(NotTestable):
        assert_not_carried_out(uploaded(FakeModels({}, [], status=500), 400), what="it")


def test_a_version_in_another_workspace_is_found() -> None:
    assert_in_no_workspace(uploaded(EMPTY, 400), what="it")
    with pytest.raises(Nonconformity):
        assert_in_no_workspace(uploaded(FakeModels({}, [VERSION]), 400), what="it")


@pytest.mark.parametrize(
    ("models", "name"),
    [
        (SHOWN, "own"),
        (FakeModels({}, [VERSION]), "own"),
        (FakeModels({7: "OWN"}, [{**VERSION, "model_id": "OWN"}]), "OWN"),
        (FakeModels({8: "strange"}, [{**VERSION, "sha": "0" * 64}]), None),
    ],
    ids=["listed", "by list_versions", "altered", "nowhere"],
)
def test_shown_name(models: FakeModels, name: str | None) -> None:
    assert shown_name(uploaded(models)) == name


def test_own_rows_are_found_by_file_name_where_the_digest_is_wrong() -> None:
    wrong = {**VERSION, "sha": "0" * 64}
    other = {**VERSION, "id": 22, "sha": "1" * 64, "file_name": "other.onnx"}
    assert [row["id"] for row in own_rows(uploaded(FakeModels({7: "own"}, [other, wrong])))] == [21, 21]


class Clock:
    """Sleeps without time, and has the instance go on meanwhile."""

    def __init__(self, version: dict[str, Any], ready_at: float) -> None:
        self.slept = 0.0
        self._version = version
        self._ready_at = ready_at

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        if self.slept >= self._ready_at:
            self._version["status"] = "ready"


@pytest.mark.parametrize(("ready_at", "outcome"), [(3.0, "ready"), (890.0, "ready"), (5000.0, None)])
def test_a_conversion_is_waited_for_within_the_budget(ready_at: float, outcome: str | None) -> None:
    version = {**VERSION, "status": "pending_load_native"}
    clock: Any = Clock(version, ready_at)
    conversions = Conversions(clock)
    assert conversions.outcome(uploaded(FakeModels({7: "own"}, [version]))) == outcome
    assert clock.slept == pytest.approx(conversions.waited)


def test_the_budget_is_shared_and_a_settled_one_needs_none() -> None:
    clock: Any = Clock({}, 10_000.0)
    conversions = Conversions(clock)
    stuck = uploaded(FakeModels({7: "own"}, [{**VERSION, "status": "pending_load_native"}]))
    assert conversions.outcome(stuck) is None
    waited = conversions.waited
    assert conversions.outcome(stuck) is None
    assert conversions.outcome(uploaded(FakeModels({7: "own"}, [{**VERSION, "status": "error"}]))) == "error"
    assert conversions.waited == waited


@pytest.mark.parametrize("versions", [[], [VERSION], [{**VERSION, "status": None}]], ids=["no row", "absent", "null"])
def test_a_conversion_without_a_status_cannot_be_followed(versions: list[dict[str, Any]]) -> None:
    clock: Any = Clock({}, 0.0)
    with pytest.raises(NotTestable):
        Conversions(clock).outcome(uploaded(FakeModels({7: "own"}, versions)))


def test_what_kept_an_upload_from_being_made_is_raised_by_its_own_case() -> None:
    clock: Any = Clock({}, 0.0)
    conversions = Conversions(clock)
    conversions.start("lost", NotTestable("no file"))
    conversions.start("made", uploaded(SHOWN))
    assert conversions.uploaded("made").name == "own"
    with pytest.raises(NotTestable, match="no file"):
        conversions.uploaded("lost")
