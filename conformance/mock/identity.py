"""Who may sign in, and the tokens they get: RS256 JWTs, issued and really verified.

Source of the claims and of the token reply: recorded (2023.4.0), and the documentation's connection guide.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import time
import uuid
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError
from conformance.mock.records import Account

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

REALM_PATH = "/auth/realms/master"
TOKEN_LIFE = 3600
"""Seconds. Source: recorded token replies of 2023.4.0 (`expires_in`)."""
REFRESH_LIFE = 1800
"""Seconds. Source: recorded token replies of 2023.4.0 (`refresh_expires_in`)."""

PUBLIC_CLIENT = "sdk-client"
CONFIDENTIAL_CLIENT = "api-client"
HASURA_CLAIMS = "https://hasura.io/jwt/claims"

_ALGORITHMS = ["RS256"]
_VERIFIED_TOKENS = 1024
_USERNAMES = ("ada@example.com", "grace@example.com", "service-account-api-client@example.com")


class TokenRefused(Exception):
    """The token doesn't prove who calls. `claims` holds what a validly signed token says, else nothing."""

    def __init__(self, reason: str, claims: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.claims = claims or {}


@lru_cache(maxsize=1)
def process_key() -> RSAKey:
    """The signing key of every instance of this process that keeps nothing: making one costs 50 ms."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


class Identity:
    """The accounts, the signing key and the issuers of one instance; the last issuer is the present one."""

    def __init__(self, key: RSAKey, accounts: list[Account], client_secret: str, issuers: list[str]) -> None:
        self._key = key
        self.accounts = {account.id: account for account in accounts}
        self.user, self.other_user, self.service = accounts
        self.client_secret = client_secret
        self._issuers = issuers
        self._verified: dict[str, tuple[str, float]] = {}

    @classmethod
    def temporary(cls, url: str) -> Identity:
        """New accounts, and the key that this process shares."""
        identity = cls(process_key(), _new_accounts(), secrets.token_urlsafe(24), [])
        identity.serve_from(url)
        return identity

    @classmethod
    def kept_in(cls, path: Path, url: str) -> Identity:
        """The identity stored at `path`, made at the first start. Raises UsageError when it can't be read.

        An instance may come back on another port: tokens of every address it had stay good, as their key
        does.
        """
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        try:
            if path.exists():
                stored = json.loads(path.read_text("utf-8"))
                accounts = [Account(**account) for account in stored["accounts"]]
                key = RSAKey.import_key(stored["key"])
                identity = cls(key, accounts, stored["client_secret"], list(stored["issuers"]))
            else:
                key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
                identity = cls(key, _new_accounts(), secrets.token_urlsafe(24), [])
            identity.serve_from(url)
            identity._write(path)
        except (OSError, ValueError, KeyError, TypeError, JoseError):
            raise UsageError(f"{path} can't be read as the identity of an instance: use another --data.") from None
        return identity

    def _write(self, path: Path) -> None:
        text = json.dumps(
            {
                "key": self._key.as_dict(private=True),
                "client_secret": self.client_secret,
                "issuers": self._issuers,
                "accounts": [asdict(account) for account in self.accounts.values()],
            }
        )
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)

    def serve_from(self, url: str) -> None:
        """Issue tokens in the name of the instance at `url`."""
        issuer = url + REALM_PATH
        if issuer in self._issuers:
            self._issuers.remove(issuer)
        self._issuers.append(issuer)

    @property
    def issuer(self) -> str:
        """The `iss` of new tokens."""
        return self._issuers[-1]

    # signing in

    def account_for(self, username: str, password: str) -> Account | None:
        """The account with these credentials."""
        for account in self.accounts.values():
            if account.username == username and account is not self.service:
                return account if hmac.compare_digest(account.password.encode(), password.encode()) else None
        return None

    def knows_client(self, client_id: str, client_secret: str) -> bool:
        """Whether these are the confidential client's credentials."""
        return client_id == CONFIDENTIAL_CLIENT and hmac.compare_digest(
            client_secret.encode(), self.client_secret.encode()
        )

    # tokens

    def issue(self, account: Account, *, lifetime: float = TOKEN_LIFE, client: str = CONFIDENTIAL_CLIENT) -> str:
        """An access token that ends `lifetime` seconds from now; a negative one has already ended."""
        session = str(uuid.uuid4())
        return self._sign(account, "Bearer", lifetime, client, session, {
            "aud": ["master-realm", "account"],
            "scope": "email profile",
            "email_verified": True,
            "email": account.username,
            "preferred_username": account.username,
            HASURA_CLAIMS: {
                "x-hasura-user-id": account.id,
                "x-hasura-default-role": "user",
                "x-hasura-allowed-roles": ["user"],
                "x-hasura-user-groups": "{}",
            },
        })  # fmt: skip

    def issue_refresh(self, account: Account, client: str) -> str:
        """A refresh token for `client`."""
        return self._sign(account, "Refresh", REFRESH_LIFE, client, str(uuid.uuid4()), {"aud": self.issuer})

    def _sign(
        self, account: Account, kind: str, lifetime: float, client: str, session: str, claims: dict[str, Any]
    ) -> str:
        from joserfc import jwt

        now = int(time.time())
        common = {
            "exp": now + int(lifetime), "iat": min(now, now + int(lifetime)), "jti": str(uuid.uuid4()),
            "iss": self.issuer, "sub": account.id, "typ": kind, "azp": client, "session_state": session,
        }  # fmt: skip
        header = {"alg": "RS256", "typ": "JWT", "kid": self._key.kid}
        return jwt.encode(header, {**common, **claims}, self._key, algorithms=_ALGORITHMS)

    def verify(self, token: str) -> Account:
        """The account that an access token stands for. Raises TokenRefused."""
        known = self._verified.get(token)
        if known is not None and known[1] > time.time():
            return self.accounts[known[0]]
        claims = self._verified_claims(token, "Bearer")
        if len(self._verified) >= _VERIFIED_TOKENS:
            self._verified.clear()
        self._verified[token] = (claims["sub"], claims["exp"])
        return self.accounts[claims["sub"]]

    def verify_refresh(self, token: str) -> tuple[Account, str]:
        """The account and the client that a refresh token stands for. Raises TokenRefused."""
        claims = self._verified_claims(token, "Refresh")
        return self.accounts[claims["sub"]], str(claims.get("azp", PUBLIC_CLIENT))

    def _verified_claims(self, token: str, kind: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            claims = dict(jwt.decode(token, self._key, algorithms=_ALGORITHMS).claims)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise TokenRefused("signature") from None
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires <= time.time():
            raise TokenRefused("expired", claims)
        if claims.get("iss") not in self._issuers:
            raise TokenRefused("issuer", claims)
        if claims.get("typ") != kind:
            raise TokenRefused("kind", claims)
        if claims.get("sub") not in self.accounts:
            raise TokenRefused("subject", claims)
        return claims

    def public_keys(self) -> dict[str, Any]:
        """The JSON Web Key Set that verifies the tokens (RFC 7517)."""
        return {"keys": [self._key.as_dict(private=False)]}


def _new_accounts() -> list[Account]:
    now = time.time_ns() // 1_000_000
    return [Account(str(uuid.uuid4()), name, secrets.token_urlsafe(18), now) for name in _USERNAMES]
