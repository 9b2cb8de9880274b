"""The identity provider's users, as the vendor's SDKs look them up."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from conformance.mock import MockInstance


def users(mock: MockInstance, path: str = "", token: str | None = None, **query: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {mock.token if token is None else token}"}
    return requests.get(f"{mock.url}/auth/admin/realms/master/users{path}", headers=headers, params=query, timeout=30)


def test_a_user_is_found_by_address_and_by_id(mock: MockInstance) -> None:
    (found,) = users(mock, email=mock.other_user.username.upper()).json()

    assert (found["id"], found["email"]) == (mock.other_user.id, mock.other_user.username)
    assert users(mock, f"/{mock.other_user.id}").json() == found
    everybody: dict[str, Any] = {user["id"]: user for user in users(mock).json()}
    assert {mock.user.id, mock.other_user.id} <= set(everybody)
    assert "password" not in str(everybody).lower()


def test_nobody_is_an_empty_list_or_404(mock: MockInstance) -> None:
    assert users(mock, email="nobody@example.com").json() == []
    assert users(mock, "/nobody").status_code == 404


@pytest.mark.parametrize("path", ["", "/someone"])
def test_a_token_is_needed(mock: MockInstance, path: str) -> None:
    for token in ("", "not-a-token", mock.expired_token):
        assert users(mock, path, token).status_code == 401
    assert requests.get(f"{mock.url}/auth/admin/realms/master/users{path}", timeout=30).status_code == 401
