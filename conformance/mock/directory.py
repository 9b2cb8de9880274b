"""The identity provider's directory of users, as far as the vendor's SDKs ask it. Source: SDKs of 2023.4 to 2026.1."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from conformance.mock.identity import Identity, TokenRefused
from conformance.mock.records import Account

USERS_PATH = "/auth/admin/realms/master/users"


def representation(account: Account) -> dict[str, Any]:
    """A user as the identity provider shows one. Source: recorded (users/query)."""
    return {
        "id": account.id,
        "username": account.username,
        "email": account.username,
        "enabled": True,
        "emailVerified": True,
        "createdTimestamp": account.created_at,
    }


class Directory:
    """Keycloak's admin API for the users of the `master` realm, reading only; any user's token opens it."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def routes(self) -> list[Route]:
        """The endpoints."""
        return [
            Route(USERS_PATH, self.users, methods=["GET"]),
            Route(f"{USERS_PATH}/{{user_id}}", self.user, methods=["GET"]),
        ]

    async def users(self, request: Request) -> Response:
        """Every user, or those whose address contains `email`."""
        if not self._knows(request):
            return _refused(401, "HTTP 401 Unauthorized")
        wanted = request.query_params.get("email", "").lower()
        found = [account for account in self._identity.accounts.values() if wanted in account.username.lower()]
        return JSONResponse([representation(account) for account in found])

    async def user(self, request: Request) -> Response:
        """One user by id."""
        if not self._knows(request):
            return _refused(401, "HTTP 401 Unauthorized")
        account = self._identity.accounts.get(request.path_params["user_id"])
        return _refused(404, "User not found") if account is None else JSONResponse(representation(account))

    def _knows(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            self._identity.verify(token.strip())
        except TokenRefused:
            return False
        return scheme.lower() == "bearer"


def _refused(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status)
