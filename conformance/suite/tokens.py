"""Access tokens that an instance must refuse: no tokens at all, signed by somebody else, or not signed.

They are modelled on the run's own token, so that nothing but the signature gives them away.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from conformance.evidence.redaction import Redactor
from conformance.instance.credentials import Secret

LIFE = 3600
"""Seconds that a forged token has left, so that its age is no reason to refuse it. Source: recorded replies."""

REALM_PATH = "/auth/realms/master"
"""Source: recorded claims (`iss`)."""

_FOREIGN_ISSUER = "https://identity.example.com" + REALM_PATH
_NEW_JTI = "00000000-0000-4000-8000-00000000000f"
_MIN_SECRET_LENGTH = 16


@dataclass(frozen=True)
class Forgery:
    """A token that isn't one. `label` says what is wrong with it; the token itself doesn't show."""

    label: str
    token: Secret


class TokenForge:
    """Makes forged tokens from the run's own one, and teaches the redactor each.

    `own` needn't be a JWT: then the claims are those that the documented identity provider gives.
    """

    def __init__(self, own: str, base_url: str, redactor: Redactor, now: Callable[[], float] = time.time) -> None:
        self._own = own
        self._redactor = redactor
        self._now = now
        header, claims = _parsed(own) or ({}, _plausible_claims(base_url))
        self._is_jwt = bool(header)
        self._kid = header.get("kid")
        self._claims = claims

    def malformed(self) -> list[Forgery]:
        """Texts that are no access tokens."""
        found = [
            self._forgery("a text that isn't a token", "not-an-access-token"),
            self._forgery("three parts that aren't base64 of JSON", "one.two.three"),
        ]
        if self._is_jwt:
            stripped = self._own.rpartition(".")[0]
            found.append(self._forgery("the run's token without its third part", stripped))
        return found

    def foreign(self) -> list[Forgery]:
        """Well-formed RS256 tokens that another key than the identity provider's has signed."""
        kid = {} if self._kid is None else {"kid": self._kid}
        other = {**self._fresh_claims, "iss": _FOREIGN_ISSUER}
        jwk = _key().as_dict(private=False)
        found = [
            self._forgery("the run's claims signed by another key", self._signed(kid, self._fresh_claims)),
            self._forgery("a token of another issuer", self._signed(kid, other)),
            self._forgery("a token that brings its own key", self._signed({"jwk": jwk}, self._fresh_claims)),
        ]
        if self._is_jwt:
            head, _, signature = self._own.split(".")
            found.append(self._forgery("the run's signature under other claims", f"{head}.{self._payload}.{signature}"))
        return found

    def unsigned(self) -> list[Forgery]:
        """Tokens with the run's claims that say they aren't signed, or leave the signature out."""
        kid = {} if self._kid is None else {"kid": self._kid}
        return [
            self._forgery(label, f"{_encoded({'alg': algorithm, 'typ': 'JWT', **kid})}.{self._payload}.")
            for label, algorithm in (
                ("the algorithm none", "none"),
                ("the algorithm none in other letters", "nOnE"),
                ("an empty signature", "RS256"),
            )
        ]

    @cached_property
    def _fresh_claims(self) -> dict[str, Any]:
        now = int(self._now())
        # Another token id: with claims equal to the run's own, its signature would be a right one.
        return {**self._claims, "jti": _NEW_JTI, "iat": now, "exp": now + LIFE}

    @cached_property
    def _payload(self) -> str:
        return _encoded(self._fresh_claims)

    def _signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        from joserfc import jws

        payload = json.dumps(claims, separators=(",", ":")).encode()
        signed: str = jws.serialize_compact({"alg": "RS256", "typ": "JWT", **header}, payload, _key())
        return signed

    def _forgery(self, label: str, token: str) -> Forgery:
        # Part by part: forged tokens share parts, and what is known already costs nothing.
        for part in token.split("."):
            if len(part) >= _MIN_SECRET_LENGTH:
                self._redactor.add(part)
        return Forgery(label, Secret(token))


@cache
def _key() -> Any:
    """A key that no identity provider knows, made once a process: making it takes longer than a dozen requests."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048)


def expiry(token: str) -> float | None:
    """When a token ends, in seconds since the epoch; None where it doesn't say."""
    parsed = _parsed(token)
    end = parsed[1].get("exp") if parsed else None
    return float(end) if isinstance(end, int | float) and not isinstance(end, bool) else None


def subject(token: str) -> str | None:
    """Whom a token stands for; None where it doesn't say."""
    parsed = _parsed(token)
    found = parsed[1].get("sub") if parsed else None
    return found if isinstance(found, str) else None


def is_jwt(token: str) -> bool:
    """Whether a token is built as a JWT."""
    return _parsed(token) is not None


def _parsed(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Header and claims of a JWT, None where the token is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    return (header, claims) if header and claims else None


def _decoded(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _encoded(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode("ascii")


def _plausible_claims(base_url: str) -> dict[str, Any]:
    """The claims of a documented user's token. Source: recorded (tokens of 2023.4 notebooks)."""
    user = "00000000-0000-4000-8000-000000000001"
    return {
        "iss": base_url + REALM_PATH,
        "aud": ["master-realm", "account"],
        "sub": user,
        "typ": "Bearer",
        "azp": "sdk-client",
        "scope": "email profile",
        "https://hasura.io/jwt/claims": {
            "x-hasura-user-id": user,
            "x-hasura-default-role": "user",
            "x-hasura-allowed-roles": ["user"],
            "x-hasura-user-groups": "{}",
        },
    }
