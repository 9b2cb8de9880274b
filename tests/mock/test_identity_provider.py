"""The identity provider: grants, discovery, keys."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from conformance.mock import MockInstance

from .client import Client


def ask(mock: MockInstance, form: dict[str, str], auth: tuple[str, str] | None = None) -> requests.Response:
    return requests.post(mock.token_endpoint, data=form, auth=auth, timeout=30)


def password_grant(mock: MockInstance, **changes: str) -> requests.Response:
    form = {"grant_type": "password", "username": mock.user.username, "password": mock.user.password}
    return ask(mock, {"client_id": "sdk-client", **form, **changes})


def refreshed(mock: MockInstance, token: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": "sdk-client", "refresh_token": token}
    return ask(mock, form)


def confidential(mock: MockInstance) -> tuple[str, str]:
    return mock.client_id, mock.client_secret


def assert_oauth_error(response: requests.Response, status: int, error: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["cache-control"] == "no-store"
    assert set(response.json()) == {"error", "error_description"}
    assert response.json()["error"] == error


def verified_claims(mock: MockInstance, token: str) -> dict[str, Any]:
    """The claims of a token, verified only with what discovery publishes."""
    discovery = requests.get(f"{mock.url}/auth/realms/master/.well-known/openid-configuration", timeout=30).json()
    assert discovery["token_endpoint"] == mock.token_endpoint
    keys = KeySet.import_key_set(requests.get(discovery["jwks_uri"], timeout=30).json())
    claims = dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)
    assert claims["iss"] == discovery["issuer"]
    return claims


def test_a_password_buys_a_token_that_the_api_takes(mock: MockInstance, client: Client) -> None:
    reply = password_grant(mock).json()

    assert set(reply) == {
        "access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type", "not-before-policy",
        "session_state", "scope",
    }  # fmt: skip
    assert (reply["expires_in"], reply["refresh_expires_in"], reply["token_type"]) == (3600, 1800, "Bearer")
    client.token = reply["access_token"]
    assert client.models() == []


def test_the_documented_basic_credentials_work_too(mock: MockInstance, client: Client) -> None:
    form = {"grant_type": "password", "username": mock.other_user.username, "password": mock.other_user.password}

    reply = ask(mock, form, confidential(mock)).json()

    claims = verified_claims(mock, reply["access_token"])
    assert (claims["sub"], claims["azp"]) == (mock.other_user.id, mock.client_id)


def test_the_token_carries_the_documented_claims(mock: MockInstance) -> None:
    claims = verified_claims(mock, mock.token)

    assert claims["exp"] - claims["iat"] == 3600
    assert (claims["sub"], claims["typ"]) == (mock.user.id, "Bearer")
    assert claims["aud"] == ["master-realm", "account"]
    assert claims["preferred_username"] == mock.user.username
    assert claims["https://hasura.io/jwt/claims"] == {
        "x-hasura-user-id": mock.user.id,
        "x-hasura-default-role": "user",
        "x-hasura-allowed-roles": ["user"],
        "x-hasura-user-groups": "{}",
    }


def test_a_refresh_token_buys_new_tokens(mock: MockInstance, client: Client) -> None:
    refresh = password_grant(mock).json()["refresh_token"]

    reply = refreshed(mock, refresh).json()

    client.token = reply["access_token"]
    assert client.models() == []
    again = refreshed(mock, reply["refresh_token"])
    assert again.status_code == 200


def test_client_credentials_buy_a_token_of_nobodys_workspaces(mock: MockInstance, client: Client) -> None:
    client.upload("fraud", visibility="public")
    client.upload("churn", visibility="private")

    reply = ask(mock, {"grant_type": "client_credentials"}, confidential(mock)).json()

    assert "refresh_token" not in reply
    client.token = reply["access_token"]
    assert client.reply("workspaces/list", {}) == {"workspaces": []}
    assert len(client.versions(model_id="fraud")) == 1
    assert client.versions(model_id="churn") == []


def test_the_secret_may_come_in_the_form(mock: MockInstance) -> None:
    form = {"grant_type": "client_credentials", "client_id": mock.client_id, "client_secret": mock.client_secret}

    assert ask(mock, form).status_code == 200


def test_wrong_credentials_are_refused(mock: MockInstance) -> None:
    assert_oauth_error(password_grant(mock, password="wrong"), 401, "invalid_grant")
    assert_oauth_error(password_grant(mock, username="nobody@example.com"), 401, "invalid_grant")
    assert_oauth_error(password_grant(mock, password=mock.other_user.password), 401, "invalid_grant")
    assert_oauth_error(password_grant(mock, client_id="unknown"), 401, "invalid_client")
    for auth in (("api-client", "wrong"), ("unknown", mock.client_secret), ("sdk-client", "")):
        assert_oauth_error(ask(mock, {"grant_type": "client_credentials"}, auth), 401, "invalid_client")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic /////w==", "Bearer abc", "Basic " + "x" * 9999])
def test_malformed_client_credentials_are_refused(mock: MockInstance, header: str) -> None:
    response = requests.post(
        mock.token_endpoint,
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header},
        timeout=30,
    )

    assert_oauth_error(response, 401, "invalid_client")


def test_grants_that_dont_hold_are_refused(mock: MockInstance) -> None:
    public = {"client_id": "sdk-client"}
    assert_oauth_error(ask(mock, public), 400, "invalid_request")
    assert_oauth_error(ask(mock, {**public, "grant_type": "implicit"}), 400, "unsupported_grant_type")
    assert_oauth_error(ask(mock, {**public, "grant_type": "client_credentials"}), 401, "unauthorized_client")
    for token in ("", "nonsense", mock.token):
        refused = refreshed(mock, token)
        assert_oauth_error(refused, 400, "invalid_grant")
    others = password_grant(mock).json()["refresh_token"]
    refused = ask(mock, {"grant_type": "refresh_token", "refresh_token": others}, confidential(mock))
    assert_oauth_error(refused, 400, "invalid_grant")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 401), (b"\xff\xfe", 400), (b"a=b&" * 1000, 400), (b"x" * 100_000, 413)],
)
def test_a_body_that_is_no_form_is_refused(mock: MockInstance, body: bytes, status: int) -> None:
    response = requests.post(mock.token_endpoint, data=body, timeout=30)

    assert response.status_code == status
    assert response.json()["error"] in ("invalid_request", "invalid_client")


def test_the_published_key_is_public_and_named(mock: MockInstance) -> None:
    keys = requests.get(f"{mock.url}/auth/realms/master/protocol/openid-connect/certs", timeout=30).json()["keys"]

    (key,) = keys
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    assert re.fullmatch(r"[\w-]+", key["kid"])
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)
