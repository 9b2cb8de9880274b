"""Two users: workspace membership decides what each may see."""

from __future__ import annotations

import pytest

from .client import Client, assert_refused


def test_a_workspace_is_listed_for_its_members_only(client: Client, other: Client) -> None:
    ids = [{w["id"] for w in user.reply("workspaces/list", {})["workspaces"]} for user in (client, other)]

    assert ids == [{client.workspace_id}, {other.workspace_id}]


def test_the_models_of_a_foreign_workspace_are_refused_like_those_of_an_unknown_one(
    client: Client, other: Client
) -> None:
    client.upload("fraud", visibility="public")

    foreign = assert_refused(other.call("list", {"workspace_id": client.workspace_id}), 400)
    unknown = assert_refused(other.call("list", {"workspace_id": 99999}), 400)

    assert foreign.replace(str(client.workspace_id), "N") == unknown.replace("99999", "N")


def test_a_private_model_is_out_of_sight(client: Client, other: Client) -> None:
    version_id = client.upload("fraud")
    (model,) = client.models()

    for endpoint, body in (
        ("get", {"id": model["id"]}),
        ("get_by_id", {"id": model["id"]}),
        ("get_config_by_id", {"model_id": version_id}),
        ("get_version_by_id", {"model_version_id": version_id}),
    ):
        client.reply(endpoint, body)
        assert_refused(other.call(endpoint, body), 400)
    assert other.versions(model_id="fraud", models_pk_id=model["id"]) == []


def test_a_public_model_is_in_everyones_sight_by_id(client: Client, other: Client) -> None:
    version_id = client.upload("fraud", visibility="public")
    client.converted(version_id)
    (model,) = client.models()

    for endpoint, body in (
        ("get", {"id": model["id"]}),
        ("get_by_id", {"id": model["id"]}),
        ("get_config_by_id", {"model_id": version_id}),
        ("get_version_by_id", {"model_version_id": version_id}),
        ("list_versions", {"model_id": "fraud"}),
    ):
        assert other.reply(endpoint, body) == client.reply(endpoint, body)
    assert other.models() == []


def test_of_a_mixed_model_others_see_the_public_versions(client: Client, other: Client) -> None:
    client.upload("fraud", visibility="private")
    public = client.upload("fraud", visibility="public")
    (model,) = client.models()

    assert [version["id"] for version in other.versions(model_id="fraud")] == [public]
    assert [version["id"] for version in other.reply("get", {"id": model["id"]})["models"]] == [public]
    assert len(client.versions(model_id="fraud")) == 2


@pytest.mark.parametrize("asked", ["id", "username"])
def test_workspaces_list_of_a_user_shows_what_is_shared_with_them(
    client: Client, mock_accounts: tuple[str, ...], asked: str
) -> None:
    own_id, own_name, other_id, other_name = mock_accounts
    own, foreign = (own_id, other_id) if asked == "id" else (own_name, other_name)

    assert len(client.reply("workspaces/list", {"user_id": own})["workspaces"]) == 1
    assert client.reply("workspaces/list", {"user_id": foreign}) == {"workspaces": []}
    assert client.reply("workspaces/list", {"user_id": "nobody"}) == {"workspaces": []}
