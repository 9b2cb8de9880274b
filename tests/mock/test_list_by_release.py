"""models/list where each row is a model with its versions and its workspace; by id, by name, by neither."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.contract import load_release, release_ids
from conformance.mock import MockInstance

from .client import Client, assert_refused
from .speaker import ONNX, Speaker

NESTED = [name for name in release_ids() if load_release(name).model_in_list]
FLAT = [name for name in release_ids() if name not in NESTED]


@pytest.fixture(params=NESTED)
def speaker(request: pytest.FixtureRequest) -> Iterator[Speaker]:
    with MockInstance(step_delay=0, release=request.param) as mock:
        yield Speaker(mock)


def other_of(speaker: Speaker) -> Speaker:
    """The second user of the same instance."""
    mock = speaker.mock
    return Speaker(mock, Client(mock, mock.other_token, mock.other_workspace_id))


def make_workspace(speaker: Speaker, name: str) -> int:
    return int(speaker.client.reply("workspaces/create", {"workspace_name": name})["workspace_id"])


def test_a_row_holds_the_model_its_versions_newest_first_and_its_workspace(speaker: Speaker) -> None:
    older, newer = speaker.upload("fraud"), speaker.upload("fraud", "pytorch", file_name="model.pt")
    speaker.upload("churn")

    row = speaker.row("fraud")

    assert speaker.names() == ["churn", "fraud"]
    assert [version["model_version"]["id"] for version in row["model_versions"]] == [newer, older]
    assert row["model_versions"] == [speaker.version(newer), speaker.version(older)]
    (workspace,) = speaker.client.reply("workspaces/list", {})["workspaces"]
    assert row["model"]["workspace_id"] == row["workspace"]["id"] == workspace["id"]
    shared = ("id", "name", "created_at", "created_by", "archived")
    assert row["workspace"] == {**{key: workspace[key] for key in shared}, "group_id": None}


def test_the_versions_agree_with_what_list_versions_shows(speaker: Speaker) -> None:
    for _ in range(2):
        speaker.upload("fraud")

    versions = {version["id"]: version for version in speaker.client.versions(model_id="fraud")}
    row = speaker.row("fraud")

    for shown in (version["model_version"] for version in row["model_versions"]):
        version, info = versions.pop(shown["id"]), shown["file_info"]
        assert (info["version"], info["sha"], info["file_name"], shown["status"], shown["image_path"]) == (
            version["model_version"], version["sha"], version["file_name"], version["status"], version["image_path"],
        )  # fmt: skip
        assert version["models_pk_id"] == row["model"]["id"]
        assert info["size"] == len(ONNX)
    assert versions == {}


def test_updated_at_is_when_the_newest_version_was_made(speaker: Speaker) -> None:
    for _ in range(2):
        speaker.upload("fraud")

    row = speaker.row("fraud")

    made = [version["model_version"]["created_at"] for version in row["model_versions"]]
    assert [row["model"]["updated_at"], row["model"]["created_at"]] == made


def test_a_workspace_is_found_by_its_name(speaker: Speaker) -> None:
    elsewhere = make_workspace(speaker, "elsewhere")
    speaker.upload("fraud")
    speaker.upload("churn", workspace_id=elsewhere)

    assert speaker.names(workspace_name="elsewhere") == ["churn"]
    assert speaker.names(workspace_name="elsewhere", workspace_id=None) == ["churn"]
    assert speaker.names(workspace_name="elsewhere", workspace_id=elsewhere) == ["churn"]
    assert speaker.names(workspace_name="elsewhere", workspace_id=speaker.client.workspace_id) == []


def test_without_a_workspace_all_of_the_callers_models_are_listed(speaker: Speaker) -> None:
    elsewhere = make_workspace(speaker, "elsewhere")
    speaker.upload("fraud")
    speaker.upload("churn", workspace_id=elsewhere)
    other_of(speaker).upload("hidden", visibility="private")

    for body in ({}, {"workspace_id": None}, {"workspace_id": None, "workspace_name": None}):
        rows = speaker.reply("list", body)["models"]
        assert {row["model"]["name"]: row["workspace"]["id"] for row in rows} == {
            "fraud": speaker.client.workspace_id,
            "churn": elsewhere,
        }


def test_another_users_workspace_is_refused_by_id_and_by_name(speaker: Speaker) -> None:
    other = other_of(speaker)
    make_workspace(other, "theirs")
    other.upload("hidden")

    for body in ({"workspace_id": other.client.workspace_id}, {"workspace_name": "theirs"}, {"workspace_name": "none"}):
        assert_refused(speaker.call("list", body), 400)


@pytest.mark.parametrize(
    "body", [{"workspace_id": "5"}, {"workspace_id": True}, {"workspace_name": 5}, {"workspace_name": ["a"]}], ids=str
)
def test_a_mistyped_key_is_refused(speaker: Speaker, body: Any) -> None:
    assert_refused(speaker.call("list", body), 400)


@pytest.mark.parametrize("release", FLAT)
def test_the_flat_list_needs_a_workspaces_id(release: str) -> None:
    with MockInstance(step_delay=0, release=release) as mock:
        speaker = Speaker(mock)
        for body in ({}, {"workspace_id": None}, {"workspace_name": "anything"}):
            assert "workspace_id" in assert_refused(speaker.call("list", body), 400)


# list_versions_for_model, where the release has it


@pytest.fixture(params=[name for name in release_ids() if "list_versions_for_model" in load_release(name).endpoints])
def finder(request: pytest.FixtureRequest) -> Iterator[Speaker]:
    with MockInstance(step_delay=0, release=request.param) as mock:
        yield Speaker(mock)


def found(finder: Speaker, name: str, workspace_id: int) -> Any:
    return finder.reply("list_versions_for_model", {"model_id": name, "workspace_id": workspace_id})


def test_the_versions_of_a_model_are_the_lists_row(finder: Speaker) -> None:
    for name in ("fraud", "fraud", "fraud-two"):
        finder.upload(name)

    assert found(finder, "fraud", finder.client.workspace_id) == {"models": [finder.row("fraud")]}


def test_a_model_of_the_same_name_elsewhere_isnt_shown(finder: Speaker) -> None:
    elsewhere = make_workspace(finder, "elsewhere")
    finder.upload("fraud")
    there = finder.upload("fraud", workspace_id=elsewhere)

    (row,) = found(finder, "fraud", elsewhere)["models"]

    assert [version["model_version"]["id"] for version in row["model_versions"]] == [there]


def test_an_unknown_name_has_no_versions(finder: Speaker) -> None:
    finder.upload("fraud")

    assert found(finder, "frau", finder.client.workspace_id) == {"models": []}


def test_the_versions_of_another_users_model_are_refused(finder: Speaker) -> None:
    other = other_of(finder)
    other.upload("fraud")

    body = {"model_id": "fraud", "workspace_id": other.client.workspace_id}
    assert_refused(finder.call("list_versions_for_model", body), 400)


@pytest.mark.parametrize(
    ("key", "wrong"), [("model_id", 7), ("model_id", None), ("workspace_id", "5"), ("workspace_id", None)]
)
def test_a_missing_or_mistyped_parameter_is_refused(finder: Speaker, key: str, wrong: Any) -> None:
    whole = {"model_id": "fraud", "workspace_id": finder.client.workspace_id}

    assert key in assert_refused(finder.call("list_versions_for_model", {**whole, key: wrong}), 400)
    del whole[key]
    assert key in assert_refused(finder.call("list_versions_for_model", whole), 400)
