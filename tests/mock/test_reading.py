"""The endpoints that read: their shapes, their ids, what they refuse."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from conformance.fixtures import load

from .client import Client, assert_refused

UNKNOWN = 987_654_321
OWNER = '""'
NOT_AN_ID = ["11", 11.0, True, None, [], {}, 2**70]


def model_id_of(client: Client, name: str) -> int:
    (model,) = (model for model in client.models() if model["name"] == name)
    return int(model["id"])


def test_list_shows_the_models_of_one_workspace_newest_first(client: Client) -> None:
    elsewhere = client.reply("workspaces/create", {"workspace_name": "elsewhere"})["workspace_id"]
    client.upload("fraud")
    client.upload("churn")
    client.upload("hidden", workspace_id=elsewhere)

    models = client.models()
    assert [model["name"] for model in models] == ["churn", "fraud"]
    for model in models:
        assert list(model) == ["id", "name", "owner_id", "created_at", "updated_at"]
        assert model["owner_id"] == OWNER


def test_list_of_a_new_workspace_is_empty(client: Client) -> None:
    assert client.models() == []


def test_get_by_id_describes_the_model_with_the_config_of_its_oldest_version(client: Client) -> None:
    oldest = client.upload_fixture("fraud", load("multi_io.pt"))
    client.upload("fraud")
    client.converted(oldest)
    (listed,) = client.models()

    model = client.reply("get_by_id", {"id": listed["id"]})

    config = client.reply("get_config_by_id", {"model_id": oldest})["model_config"]
    assert model == {**listed, "workspace_id": client.workspace_id, "model_config": config}
    assert list(config) == ["id", "runtime", "tensor_fields", "filter_threshold"]
    assert (config["tensor_fields"], config["filter_threshold"]) == (None, None)


def test_get_describes_the_model_and_its_versions_without_status(client: Client) -> None:
    first = client.upload("fraud", b"one", "one.onnx")
    second = client.upload("fraud", b"two", "two.onnx")
    for version_id in (first, second):
        client.converted(version_id)
    (listed,) = client.models()

    model = client.reply("get", {"id": listed["id"]})

    versions = model.pop("models")
    assert model == listed
    expected = [{key: row[key] for key in row if key != "status"} for row in client.versions(model_id="fraud")]
    assert versions == expected
    assert [version["id"] for version in versions] == [second, first]


def test_list_versions_has_every_documented_field(client: Client) -> None:
    version_id = client.upload("fraud", file_name="ccfraud.onnx")
    client.converted(version_id)

    (version,) = client.versions(model_id="fraud")

    assert set(version) == {
        "sha", "models_pk_id", "model_version", "owner_id", "model_id", "id", "file_name", "image_path", "status",
    }  # fmt: skip
    assert version["models_pk_id"] == model_id_of(client, "fraud")
    assert (version["model_id"], version["id"], version["owner_id"]) == ("fraud", version_id, OWNER)
    assert uuid.UUID(version["model_version"]).version == 4


def test_list_versions_matches_the_name_or_the_id(client: Client) -> None:
    fraud, churn = client.upload("fraud"), client.upload("churn")
    churn_model = model_id_of(client, "churn")

    def ids(**keys: Any) -> set[int]:
        return {version["id"] for version in client.versions(**keys)}

    assert ids(model_id="fraud") == ids(model_id="fraud", models_pk_id=None) == {fraud}
    assert ids(models_pk_id=churn_model) == ids(model_id=None, models_pk_id=churn_model) == {churn}
    assert ids(model_id="fraud", models_pk_id=churn_model) == {fraud, churn}
    assert ids(model_id="fraud", models_pk_id=0) == {fraud}
    assert ids(model_id="unknown", models_pk_id=UNKNOWN) == set()


def test_list_versions_of_a_name_reaches_across_workspaces(client: Client) -> None:
    elsewhere = client.reply("workspaces/create", {"workspace_name": "elsewhere"})["workspace_id"]
    here, there = client.upload("fraud"), client.upload("fraud", workspace_id=elsewhere)

    assert {version["id"] for version in client.versions(model_id="fraud")} == {here, there}


def test_get_config_by_id_takes_the_version_id(client: Client) -> None:
    version_id = client.upload("fraud")

    config = client.reply("get_config_by_id", {"model_id": version_id})

    assert config == {
        "model_config": {
            "id": client.version(version_id)["config"]["id"],
            "runtime": "onnx",
            "tensor_fields": None,
            "filter_threshold": None,
        }
    }


def test_get_version_by_id_answers_as_the_vendors_client_needs(client: Client) -> None:
    version_id = client.upload_fixture("fraud", load("multi_io.pt"))
    (row,) = client.versions(model_id="fraud")

    reply = client.reply("get_version_by_id", {"model_version_id": version_id})

    outer = reply["model_version"]
    assert set(outer) == {"model_version", "config"}
    assert set(outer["model_version"]) == {
        "name", "visibility", "workspace_id", "conversion", "id", "image_path", "status", "task_id", "file_info",
    }  # fmt: skip
    assert outer["model_version"]["file_info"] == {
        "version": row["model_version"],
        "sha": row["sha"],
        "file_name": row["file_name"],
    }
    assert outer["config"]["model_version_id"] == version_id


def test_both_names_of_get_version_by_id_answer_alike(client: Client) -> None:
    version_id = client.upload("fraud")
    client.converted(version_id)

    replies = [
        client.reply(endpoint, {"model_version_id": version_id})
        for endpoint in ("get_version_by_id", "get_model_version_by_id")
    ]
    assert replies[0] == replies[1]


@pytest.mark.parametrize("endpoint", ["get", "get_by_id"])
def test_a_version_id_is_no_model_id(client: Client, endpoint: str) -> None:
    version_id = client.upload("fraud")

    message = assert_refused(client.call(endpoint, {"id": version_id}), 400)

    assert message == "The provided model id was not found."


@pytest.mark.parametrize(
    ("endpoint", "field"),
    [
        ("get", "id"),
        ("get_by_id", "id"),
        ("get_config_by_id", "model_id"),
        ("get_version_by_id", "model_version_id"),
        ("get_model_version_by_id", "model_version_id"),
        ("list", "workspace_id"),
    ],
)
@pytest.mark.parametrize("value", [UNKNOWN, 0, -1, *NOT_AN_ID], ids=str)
def test_an_unknown_or_mistyped_id_is_refused(client: Client, endpoint: str, field: str, value: Any) -> None:
    assert_refused(client.call(endpoint, {field: value}), 400)
    assert field in assert_refused(client.call(endpoint, {}), 400)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"model_id": None, "models_pk_id": None},
        {"model_id": 11},
        {"models_pk_id": "fraud"},
        {"model_id": ["fraud"]},
        {"models_pk_id": True},
        {"model_id": "fraud", "models_pk_id": 1.5},
    ],
    ids=str,
)
def test_list_versions_refuses_no_key_and_mistyped_keys(client: Client, keys: dict[str, Any]) -> None:
    assert_refused(client.call("list_versions", keys), 400)
