"""Bearer tokens are really verified, on every endpoint, before anything else is looked at."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from conformance.contract import release_ids
from conformance.mock import MockInstance
from conformance.mock.app import UPLOAD_ENDPOINTS, json_endpoints
from conformance.mock.dialect import dialect_of
from conformance.mock.identity import process_key

from .client import Client, assert_refused, eventually

NEWEST = dialect_of(release_ids()[-1])
PATHS = [path for path, _ in json_endpoints(NEWEST).values()] + list(UPLOAD_ENDPOINTS.values())


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def signed(claims: dict[str, Any], key: RSAKey | None = None) -> str:
    key = key or process_key()
    return jwt.encode({"alg": "RS256", "kid": process_key().kid}, claims, key)


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(mock: MockInstance) -> str:
    return f"{encoded({'alg': 'none'})}.{encoded(claims_of(mock.token))}."


def by_another_key(mock: MockInstance) -> str:
    return signed(claims_of(mock.token), RSAKey.generate_key(2048))


def keyed_with_the_public_key(mock: MockInstance) -> str:
    """The classic confusion: HMAC with the published key as the secret."""
    text = f"{encoded({'alg': 'HS256', 'kid': process_key().kid})}.{encoded(claims_of(mock.token))}"
    mac = hmac.digest(process_key().as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def with_changed_claims(mock: MockInstance) -> str:
    header, _, signature = mock.token.split(".")
    return f"{header}.{encoded({**claims_of(mock.token), 'sub': mock.other_user.id})}.{signature}"


def of_another_issuer(mock: MockInstance) -> str:
    return signed({**claims_of(mock.token), "iss": "https://foreign.example.com/auth/realms/master"})


def of_an_unknown_user(mock: MockInstance) -> str:
    return signed({**claims_of(mock.token), "sub": "3f1b6f0c-0000-4000-8000-000000000000"})


def without_expiry(mock: MockInstance) -> str:
    return signed({key: value for key, value in claims_of(mock.token).items() if key != "exp"})


def refresh_token(mock: MockInstance) -> str:
    form = {"grant_type": "password", "client_id": "sdk-client"}
    form |= {"username": mock.user.username, "password": mock.user.password}
    return str(requests.post(mock.token_endpoint, data=form, timeout=30).json()["refresh_token"])


FORGERIES: list[Callable[[MockInstance], str]] = [
    unsigned, by_another_key, keyed_with_the_public_key, with_changed_claims, of_another_issuer,
    of_an_unknown_user, without_expiry, refresh_token,
]  # fmt: skip


def assert_unauthorized(response: requests.Response) -> None:
    assert_refused(response, 401)
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", PATHS)
def test_every_endpoint_asks_for_a_token(newest: MockInstance, path: str) -> None:
    assert_unauthorized(requests.post(newest.url + path, json={}, timeout=30))
    expired = {"Authorization": f"Bearer {newest.expired_token}"}
    assert_unauthorized(requests.post(newest.url + path, json={}, headers=expired, timeout=30))


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc", "Bearer not-a-token", "Bearer a.b.c", "Bearer ..",
     "Bearer " + "x" * 20_000, "Bearer \xe9.\xe9.\xe9", "Bearer null", "bearer undefined"],
)  # fmt: skip
def test_a_malformed_credential_is_refused(client: Client, authorization: str) -> None:
    response = requests.post(
        f"{client.url}/v1/api/models/list",
        json={"workspace_id": client.workspace_id},
        headers={"Authorization": authorization.encode("latin-1")},
        timeout=30,
    )

    assert_unauthorized(response)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: str(forge.__name__))
def test_a_forged_or_misused_token_is_refused(
    mock: MockInstance, client: Client, forge: Callable[[MockInstance], str]
) -> None:
    client.models()
    client.token = forge(mock)

    assert_unauthorized(client.call("list", {"workspace_id": client.workspace_id}))


def test_a_token_signed_by_this_instance_is_taken(mock: MockInstance, client: Client) -> None:
    """The control of the forgeries above: the same way of making a token, nothing wrong with it."""
    client.token = signed(claims_of(mock.token))

    assert client.models() == []


def test_a_token_ends_when_it_says_so_even_after_it_was_accepted(mock: MockInstance, client: Client) -> None:
    client.token = mock.issue_token(mock.user, lifetime=2)
    assert client.models() == []
    eventually(lambda: time.time() >= claims_of(client.token)["exp"])

    assert_unauthorized(client.call("list", {"workspace_id": client.workspace_id}))


def test_a_token_of_another_instance_is_refused(client: Client) -> None:
    with MockInstance() as foreign:
        client.token = foreign.token
        assert_unauthorized(client.call("list", {"workspace_id": client.workspace_id}))


def test_the_scheme_is_case_insensitive(mock: MockInstance) -> None:
    response = requests.post(
        f"{mock.url}/v1/api/workspaces/list", json={}, headers={"Authorization": f"bearer {mock.token}"}, timeout=30
    )

    assert response.status_code == 200


def test_tokens_and_passwords_show_in_no_repr(mock: MockInstance) -> None:
    shown = repr(mock) + repr(mock.user) + repr(mock.other_user)

    assert mock.user.password not in shown
    assert mock.token not in shown


@pytest.mark.parametrize("path", ["/v1/api/models/list", "/v1/api/models/upload_and_convert"])
def test_wrong_methods_and_paths_get_the_envelope_too(mock: MockInstance, path: str) -> None:
    wrong_method = requests.get(mock.url + path, timeout=30)
    assert_refused(wrong_method, 405)
    assert wrong_method.headers["allow"] == "POST"
    assert_refused(requests.post(mock.url + path + "/", json={}, timeout=30), 404)
