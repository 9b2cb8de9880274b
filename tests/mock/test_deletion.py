"""Deleting models and versions: what goes, what stays, who may, and that it holds."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import load_release, release_ids
from conformance.mock import MockInstance, files
from conformance.mock.behaviour import Behaviour
from conformance.mock.records import Version

from .client import Client, assert_refused, eventually, uploaded_id
from .speaker import ONNX, Speaker

DELETING = [name for name in release_ids() if "delete_model" in load_release(name).endpoints]
NEWEST = release_ids()[-1]
UNKNOWN_MODEL = "The provided model id was not found."


@pytest.fixture(params=DELETING)
def speaker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Speaker]:
    with MockInstance(tmp_path, step_delay=0, release=request.param) as mock:
        yield Speaker(mock)


@pytest.fixture
def other(speaker: Speaker) -> Speaker:
    """The second user of the same instance."""
    return Speaker(speaker.mock, Client(speaker.mock, speaker.mock.other_token, speaker.mock.other_workspace_id))


def of_model(speaker: Speaker, name: str, **changes: Any) -> dict[str, Any]:
    """The body of a confirmed deletion of a model."""
    return {"model_id": name, "workspace_id": speaker.client.workspace_id, "confirm_delete": True, **changes}


def of_versions(*uuids: str, **changes: Any) -> dict[str, Any]:
    """The body of a confirmed deletion of versions."""
    return {"model_versions": list(uuids), "confirm_delete": True, **changes}


def kept(folder: Path) -> set[str]:
    """The digests of the files on disk."""
    return {path.name for path in (folder / "files").rglob("*") if path.is_file()}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# what goes


def test_a_deleted_model_is_gone_from_every_call_and_from_disk(speaker: Speaker, tmp_path: Path) -> None:
    version_ids = [speaker.upload("fraud", content=ONNX), speaker.upload("fraud", content=b"second")]
    model_id = speaker.model_in(speaker.row("fraud"))["id"]
    named = speaker.uuid(version_ids[0])
    assert kept(tmp_path) == {digest(ONNX), digest(b"second")}

    assert speaker.reply("delete_model", of_model(speaker, "fraud")) == {"bytes": len(ONNX) + len(b"second")}

    assert speaker.rows() == []
    assert speaker.client.versions(model_id="fraud", models_pk_id=model_id) == []
    for endpoint, body in (
        ("get_by_id", {"id": model_id}),
        ("get", {"id": model_id}),
        ("get_config_by_id", {"model_id": version_ids[0]}),
        ("get_version_by_id", {"model_version_id": version_ids[1]}),
        ("delete_model", of_model(speaker, "fraud")),
        ("delete_model_versions", of_versions(named)),
    ):
        assert_refused(speaker.call(endpoint, body), 400)
    assert speaker.client.reply("workspaces/list", {})["workspaces"][0]["models"] == []
    assert kept(tmp_path) == set()


def test_deleted_versions_are_gone_and_the_others_stay_as_they_were(speaker: Speaker, tmp_path: Path) -> None:
    first, second, third = (speaker.upload("fraud", content=text) for text in (b"one", b"two", b"three"))
    elsewhere = speaker.upload("churn", content=b"four")
    before = speaker.version(second)

    reply = speaker.reply("delete_model_versions", of_versions(speaker.uuid(first), speaker.uuid(third)))

    assert reply == {"bytes": len(b"one") + len(b"three")}
    assert {version["id"] for version in speaker.client.versions(model_id="fraud")} == {second}
    assert speaker.version(second) == before
    assert speaker.version(elsewhere)["model_version"]["id"] == elsewhere
    assert kept(tmp_path) == {digest(b"two"), digest(b"four")}


def test_versions_of_several_models_go_at_once_and_a_model_with_its_last_one(speaker: Speaker) -> None:
    fraud, churn, stays = speaker.upload("fraud"), speaker.upload("churn"), speaker.upload("churn")

    speaker.reply("delete_model_versions", of_versions(speaker.uuid(fraud), speaker.uuid(churn)))

    assert speaker.names() == ["churn"]
    assert [version["id"] for version in speaker.client.versions(model_id="churn")] == [stays]


def test_only_the_model_of_that_very_name_and_workspace_goes(speaker: Speaker) -> None:
    elsewhere = speaker.client.reply("workspaces/create", {"workspace_name": "elsewhere"})["workspace_id"]
    for name in ("fraud", "fraud-two", "frau", "Fraud"):
        speaker.upload(name)
    there = speaker.upload("fraud", workspace_id=elsewhere)

    speaker.reply("delete_model", of_model(speaker, "fraud"))

    assert set(speaker.names()) == {"fraud-two", "frau", "Fraud"}
    assert [version["id"] for version in speaker.client.versions(model_id="fraud")] == [there]


def test_a_name_is_free_again_and_makes_a_new_model(speaker: Speaker) -> None:
    old_version = speaker.upload("fraud")
    old = speaker.model_in(speaker.row("fraud"))["id"]
    speaker.reply("delete_model", of_model(speaker, "fraud"))

    new_version = speaker.upload("fraud")

    new = speaker.model_in(speaker.row("fraud"))["id"]
    assert new > old
    assert new_version > old_version


def test_a_file_stays_as_long_as_a_version_names_it(speaker: Speaker, other: Speaker, tmp_path: Path) -> None:
    speaker.upload("fraud")
    shared = other.upload("theirs")

    speaker.reply("delete_model", of_model(speaker, "fraud"))
    assert kept(tmp_path) == {digest(ONNX)}

    other.reply("delete_model_versions", of_versions(other.uuid(shared)))
    assert kept(tmp_path) == set()


# what doesn't


@pytest.mark.parametrize("confirm", [{}, {"confirm_delete": False}, {"confirm_delete": None}], ids=str)
def test_without_a_confirmation_the_bytes_are_counted_and_nothing_goes(
    speaker: Speaker, tmp_path: Path, confirm: dict[str, Any]
) -> None:
    version_id = speaker.upload("fraud")
    before = speaker.row("fraud")

    for endpoint, body in (
        ("delete_model", of_model(speaker, "fraud")),
        ("delete_model_versions", of_versions(speaker.uuid(version_id))),
    ):
        del body["confirm_delete"]
        assert speaker.reply(endpoint, {**body, **confirm}) == {"bytes": len(ONNX)}

    assert speaker.row("fraud") == before
    assert kept(tmp_path) == {digest(ONNX)}


def test_one_unknown_version_saves_them_all(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")
    unknown = str(uuid.uuid4())

    message = assert_refused(speaker.call("delete_model_versions", of_versions(speaker.uuid(version_id), unknown)), 400)

    assert unknown in message
    assert speaker.names() == ["fraud"]


def test_no_version_named_deletes_none_and_one_named_twice_counts_once(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")
    speaker.upload("fraud")
    named = speaker.uuid(version_id)

    assert speaker.reply("delete_model_versions", of_versions()) == {"bytes": 0}
    assert speaker.reply("delete_model_versions", of_versions(named, named.upper())) == {"bytes": len(ONNX)}
    assert len(speaker.client.versions(model_id="fraud")) == 1


@pytest.mark.parametrize(
    "wrong",
    [[""], ["15"], [15], [None], [["a"]], "text", {}, None, 7, ["{0}x"], ["{{{0}}}"], ["urn:uuid:{0}"], ["{0}", "no"]],
    ids=str,
)
def test_what_isnt_a_list_of_uuids_is_refused_and_deletes_nothing(speaker: Speaker, wrong: Any) -> None:
    named = speaker.uuid(speaker.upload("fraud"))
    if isinstance(wrong, list):
        wrong = [entry.format(named) if isinstance(entry, str) else entry for entry in wrong]

    assert_refused(speaker.call("delete_model_versions", of_versions(model_versions=wrong)), 400)

    assert speaker.names() == ["fraud"]


@pytest.mark.parametrize("endpoint", ["delete_model", "delete_model_versions"])
@pytest.mark.parametrize("confirm", ["true", 1, [], {}], ids=str)
def test_a_confirmation_that_is_no_boolean_is_refused(speaker: Speaker, endpoint: str, confirm: Any) -> None:
    named = speaker.uuid(speaker.upload("fraud"))
    body = of_model(speaker, "fraud") if endpoint == "delete_model" else of_versions(named)

    assert "confirm_delete" in assert_refused(speaker.call(endpoint, {**body, "confirm_delete": confirm}), 400)

    assert speaker.names() == ["fraud"]


@pytest.mark.parametrize(
    ("key", "wrong"), [("model_id", 11), ("model_id", None), ("workspace_id", "5"), ("workspace_id", None)]
)
def test_a_model_is_deleted_by_its_name_and_its_workspaces_id_alone(speaker: Speaker, key: str, wrong: Any) -> None:
    speaker.upload("fraud")
    body = of_model(speaker, "fraud")

    assert key in assert_refused(speaker.call("delete_model", {**body, key: wrong}), 400)
    del body[key]
    assert key in assert_refused(speaker.call("delete_model", body), 400)

    assert speaker.names() == ["fraud"]


def test_an_unknown_model_is_refused(speaker: Speaker) -> None:
    assert assert_refused(speaker.call("delete_model", of_model(speaker, "fraud")), 400) == UNKNOWN_MODEL


# who may


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_only_a_member_of_the_workspace_may_delete(speaker: Speaker, other: Speaker, visibility: str) -> None:
    version_id = speaker.upload("fraud", visibility=visibility)
    named, unknown = speaker.uuid(version_id), str(uuid.uuid4())

    theirs = other.call("delete_model", of_model(speaker, "fraud"))
    assert assert_refused(theirs, 400) == UNKNOWN_MODEL
    refused = assert_refused(other.call("delete_model_versions", of_versions(named)), 400)
    assert refused.replace(named, unknown) == assert_refused(
        other.call("delete_model_versions", of_versions(unknown)), 400
    )

    assert speaker.names() == ["fraud"]


def test_nobody_may_without_a_token(speaker: Speaker) -> None:
    named = speaker.uuid(speaker.upload("fraud"))
    anyone = Speaker(speaker.mock, Client(speaker.mock, speaker.mock.expired_token, speaker.mock.workspace_id))

    assert_refused(anyone.call("delete_model", of_model(speaker, "fraud")), 401)
    assert_refused(anyone.call("delete_model_versions", of_versions(named)), 401)

    assert speaker.names() == ["fraud"]


# and it holds


def test_a_deletion_outlives_a_restart(tmp_path: Path) -> None:
    with MockInstance(tmp_path, step_delay=0, release=NEWEST) as mock:
        speaker = Speaker(mock)
        speaker.upload("fraud")
        stays = speaker.upload("churn", content=b"stays")
        speaker.reply("delete_model", of_model(speaker, "fraud"))

    with MockInstance(tmp_path, step_delay=0, release=NEWEST) as mock:
        speaker = Speaker(mock)
        assert speaker.names() == ["churn"]
        assert speaker.upload("fraud") > stays
        assert kept(tmp_path) == {digest(b"stays"), digest(ONNX)}


def test_a_conversion_of_a_deleted_version_ends_quietly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with MockInstance(tmp_path, step_delay=0.2, release=NEWEST) as mock:
        speaker = Speaker(mock)
        response = speaker.send("fraud")
        speaker.reply("delete_model", of_model(speaker, "fraud"))
        following = uploaded_id(speaker.send("churn"))
        eventually(lambda: bool(speaker.version(following)["model_version"]["status"] == "ready"))
        assert_refused(speaker.call("get_version_by_id", {"model_version_id": uploaded_id(response)}), 400)
        assert speaker.names() == ["churn"]

    assert caplog.records == []
    with MockInstance(tmp_path, step_delay=0, release=NEWEST) as mock:
        assert Speaker(mock).names() == ["churn"]


def test_deletions_and_uploads_at_once_leave_whole_models(tmp_path: Path) -> None:
    """Every version that is left has its file, whoever deleted the others with the same bytes meanwhile."""
    with MockInstance(tmp_path, step_delay=0, release=NEWEST) as mock:

        def work(number: int) -> None:
            speaker = Speaker(mock)
            for turn in range(6):
                name = f"model-{number}"
                version_id = uploaded_id(speaker.send(name))
                if turn % 2:
                    speaker.reply("delete_model_versions", of_versions(speaker.uuid(version_id)))
                if turn == 2:
                    speaker.reply("delete_model", of_model(speaker, name))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(work, range(6)))
        speaker = Speaker(mock)
        left = [version["model_version"] for row in speaker.rows() for version in row["model_versions"]]
        assert len(left) == 6
        assert kept(tmp_path) == {version["file_info"]["sha"] for version in left}
        for version in left:
            assert speaker.client.converted(version["id"])["status"] == "ready"


def test_a_deletion_leaves_the_bytes_of_an_upload_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upload's file is in its place already, and no version names it yet."""
    in_place, deleted = threading.Event(), threading.Event()
    with MockInstance(tmp_path, step_delay=0, release=NEWEST) as mock, ThreadPoolExecutor(1) as pool:
        speaker = Speaker(mock)
        speaker.upload("fraud")

        def sync(path: Path) -> None:
            if path.is_dir():
                in_place.set()
                assert deleted.wait(30)

        monkeypatch.setattr(files, "_sync", sync)
        upload = pool.submit(lambda: uploaded_id(Speaker(mock).send("churn")))
        assert in_place.wait(30)
        speaker.reply("delete_model", of_model(speaker, "fraud"))
        deleted.set()

        assert speaker.client.converted(upload.result(30))["status"] == "ready"
        assert speaker.names() == ["churn"]
        assert kept(tmp_path) == {digest(ONNX)}


def test_one_version_is_deleted_by_one_of_many(tmp_path: Path) -> None:
    with MockInstance(tmp_path, step_delay=0, release=NEWEST) as mock:
        speaker = Speaker(mock)
        named = speaker.uuid(speaker.upload("fraud"))
        with ThreadPoolExecutor(8) as pool:
            replies = list(
                pool.map(lambda _: Speaker(mock).call("delete_model_versions", of_versions(named)), range(8))
            )

    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 7


def test_what_is_deleted_and_counted_is_a_decision() -> None:
    class Wrong(Behaviour):
        def deletes(self, endpoint: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
            return () if endpoint == "delete_model" else super().deletes(endpoint, versions, True)

        def deleted_bytes(self, versions: Sequence[Version]) -> int:
            return len(versions)

    with MockInstance(behaviour=Wrong(), step_delay=0, release=NEWEST) as mock:
        speaker = Speaker(mock)
        named = speaker.uuid(speaker.upload("fraud"))
        assert speaker.reply("delete_model", of_model(speaker, "fraud")) == {"bytes": 1}
        assert speaker.names() == ["fraud"]
        assert speaker.reply("delete_model_versions", of_versions(named, confirm_delete=False)) == {"bytes": 1}
        assert speaker.names() == []
