"""The identity provider's endpoints: token, discovery, keys. Errors as OAuth writes them (RFC 6749)."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from conformance.mock.bodies import read_body
from conformance.mock.identity import (
    CONFIDENTIAL_CLIENT,
    PUBLIC_CLIENT,
    REALM_PATH,
    REFRESH_LIFE,
    TOKEN_LIFE,
    Identity,
    TokenRefused,
)
from conformance.mock.records import Account
from conformance.mock.replies import Refusal

TOKEN_PATH = f"{REALM_PATH}/protocol/openid-connect/token"
KEYS_PATH = f"{REALM_PATH}/protocol/openid-connect/certs"
DISCOVERY_PATH = f"{REALM_PATH}/.well-known/openid-configuration"

_FORM_LIMIT = 64 * 1024
_FORM_FIELDS = 32


class _GrantRefused(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


class IdentityProvider:
    """Keycloak's OpenID Connect endpoints for the `master` realm, as far as clients of the API use them."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[Route]:
        """The endpoints."""
        return [
            Route(TOKEN_PATH, self.token, methods=["POST"]),
            Route(KEYS_PATH, self.keys, methods=["GET"]),
            Route(DISCOVERY_PATH, self.discovery, methods=["GET"]),
        ]

    async def keys(self, request: Request) -> Response:
        """The JWKS."""
        return JSONResponse(self._identity.public_keys())

    async def discovery(self, request: Request) -> Response:
        """OpenID Connect discovery (OpenID Connect Discovery 1.0, section 3)."""
        base = self._identity.issuer.removesuffix(REALM_PATH)
        return JSONResponse(
            {
                "issuer": self._identity.issuer,
                "token_endpoint": base + TOKEN_PATH,
                "jwks_uri": base + KEYS_PATH,
                "grant_types_supported": ["password", "client_credentials", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "subject_types_supported": ["public"],
                "response_types_supported": ["none"],
            }
        )

    async def token(self, request: Request) -> Response:
        """The token endpoint (RFC 6749, sections 4.3, 4.4 and 6)."""
        headers = {"Cache-Control": "no-store"}
        try:
            form = _form(await read_body(request, _FORM_LIMIT))
            reply = self._grant(form, request.headers.get("authorization"))
        except _GrantRefused as refused:
            return JSONResponse(refused.body, refused.status, headers)
        except Refusal as refused:
            body = {"error": "invalid_request", "error_description": refused.msg}
            return JSONResponse(body, refused.status, headers)
        return JSONResponse(reply, headers=headers)

    def _grant(self, form: dict[str, str], authorization: str | None) -> dict[str, Any]:
        client = self._client(form, authorization)
        grant = form.get("grant_type")
        if grant == "password":
            account = self._identity.account_for(form.get("username", ""), form.get("password", ""))
            if account is None:
                raise _GrantRefused(401, "invalid_grant", "The username or the password is wrong.")
            return self._reply(account, client, refreshable=True)
        if grant == "client_credentials":
            if client != CONFIDENTIAL_CLIENT:
                raise _GrantRefused(401, "unauthorized_client", "A public client can't have a token of its own.")
            return self._reply(self._identity.service, client, refreshable=False)
        if grant == "refresh_token":
            try:
                account, owner = self._identity.verify_refresh(form.get("refresh_token", ""))
            except TokenRefused:
                raise _GrantRefused(400, "invalid_grant", "The refresh token isn't valid.") from None
            if owner != client:
                raise _GrantRefused(400, "invalid_grant", "The refresh token is another client's.")
            return self._reply(account, client, refreshable=True)
        if grant is None:
            raise _GrantRefused(400, "invalid_request", "The field grant_type is missing.")
        raise _GrantRefused(
            400, "unsupported_grant_type", "The grant isn't password, client_credentials or refresh_token."
        )

    def _client(self, form: dict[str, str], authorization: str | None) -> str:
        """The client that asks: public by name, confidential by Basic credentials or by the form's secret."""
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization is not None:
            client, secret = _basic(authorization)
        if self._identity.knows_client(client, secret) or (client == PUBLIC_CLIENT and authorization is None):
            return client
        raise _GrantRefused(401, "invalid_client", "The client isn't known, or its secret is wrong.")

    def _reply(self, account: Account, client: str, *, refreshable: bool) -> dict[str, Any]:
        reply: dict[str, Any] = {
            "access_token": self._identity.issue(account, client=client),
            "expires_in": TOKEN_LIFE,
            "refresh_expires_in": REFRESH_LIFE if refreshable else 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": str(uuid.uuid4()),
            "scope": "profile email",
        }
        if refreshable:
            reply["refresh_token"] = self._identity.issue_refresh(account, client)
        return reply


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FORM_FIELDS))
    except ValueError:
        raise _GrantRefused(400, "invalid_request", "The body isn't a form.") from None


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, credentials = authorization.partition(" ")
    try:
        client, _, secret = base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        client, secret = "", ""
    if scheme.lower() != "basic":
        client, secret = "", ""
    return unquote_plus(client), unquote_plus(secret)
