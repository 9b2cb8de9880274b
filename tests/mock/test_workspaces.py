"""Workspaces and users."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from conformance.mock import MockInstance

from .client import Client, assert_refused


def test_a_created_workspace_is_listed_and_takes_models(client: Client) -> None:
    workspace_id = client.reply("workspaces/create", {"workspace_name": "conformance-run"})["workspace_id"]
    client.upload("fraud", workspace_id=workspace_id)
    client.upload("churn", workspace_id=workspace_id)

    listed = client.reply("workspaces/list", {})["workspaces"]
    assert [workspace["id"] for workspace in listed] == sorted([client.workspace_id, workspace_id])
    (created,) = (workspace for workspace in listed if workspace["id"] == workspace_id)
    assert set(created) == {"id", "name", "created_at", "created_by", "archived", "models", "pipelines"}
    assert (created["name"], created["archived"], created["pipelines"]) == ("conformance-run", False, [])
    assert set(created["models"]) == {model["id"] for model in client.models(workspace_id)}


def test_a_taken_name_is_refused_and_creates_nothing(client: Client, other: Client) -> None:
    client.reply("workspaces/create", {"workspace_name": "conformance-run"})

    for user in (client, other):
        assert_refused(user.call("workspaces/create", {"workspace_name": "conformance-run"}), 400)
    assert len(client.reply("workspaces/list", {})["workspaces"]) == 2
    assert len(other.reply("workspaces/list", {})["workspaces"]) == 1


@pytest.mark.parametrize("body", [{}, {"workspace_name": None}, {"workspace_name": 1}, {"workspace_name": ""}], ids=str)
def test_a_workspace_needs_a_name(client: Client, body: Any) -> None:
    assert_refused(client.call("workspaces/create", body), 400)


def test_users_query_knows_the_users_by_id(client: Client, mock: MockInstance) -> None:
    users = client.reply("users/query", {})["users"]

    assert {mock.user.id, mock.other_user.id} <= set(users)
    assert users[mock.user.id]["username"] == mock.user.username
    assert "password" not in str(users).lower()
    one = client.reply("users/query", {"user_ids": [mock.user.id, "nobody"]})["users"]
    assert one == {mock.user.id: users[mock.user.id], "nobody": None}
    assert_refused(client.call("users/query", {"user_ids": [1]}), 400)


def test_a_json_body_without_a_content_type_is_taken(client: Client) -> None:
    """The vendor's client of 2023.4 sends users/query like that."""
    response = requests.post(f"{client.url}/v1/api/users/query", data=b"{}", headers=client.headers(), timeout=30)

    assert "Content-Type" not in response.request.headers
    assert response.status_code == 200
