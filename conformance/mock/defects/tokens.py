"""Tokens that should be refused and are taken: malformed, foreign, unsigned, expired."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.authentication import asked_with
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect
from conformance.mock.records import User
from conformance.mock.replies import Refusal

ISSUER_END = "/auth/realms/master"


@dataclass(frozen=True)
class Token:
    """A token taken apart; empty where a part isn't base64 of a JSON object."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signature: str

    @property
    def algorithm(self) -> str:
        """What it says it is signed with."""
        return str(self.header.get("alg"))


def taken_apart(token: str) -> Token | None:
    """The parts of a token of three parts, None for any other text."""
    parts = token.split(".")
    return Token(_object(parts[0]), _object(parts[1]), parts[2]) if len(parts) == 3 else None


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode("ascii")


def bearer(authorization: str | None) -> str:
    """The bearer token, empty where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def trusting(trusts: Callable[[Behaviour, str], bool]) -> type[Behaviour]:
    """Takes tokens that should be refused for those of whom they name, else of the first user."""

    class Trusting(Behaviour):
        def authenticate(self, authorization: str | None, endpoint: str) -> User:
            try:
                return super().authenticate(authorization, endpoint)
            except Refusal:
                token = bearer(authorization)
                if not token or not trusts(self, token):
                    raise
            named = taken_apart(token)
            claimed = named.claims.get("sub") if named else None
            return self.user_of(claimed if claimed in self.identity.accounts else self.identity.user.id)

    return Trusting


def _is_signed(token: str, behaviour: Behaviour) -> bool:
    parts = taken_apart(token)
    return parts is not None and parts.algorithm == "RS256" and bool(parts.signature) and bool(parts.claims)


def _signature_ignored(behaviour: Behaviour, token: str) -> bool:
    parts = taken_apart(token)
    return (
        parts is not None
        and _is_signed(token, behaviour)
        and "jwk" not in parts.header
        and parts.claims.get("iss") == behaviour.identity.issuer
        and float(parts.claims.get("exp", 0)) > behaviour.now() / 1_000_000
    )


def _other_issuer(behaviour: Behaviour, token: str) -> bool:
    parts = taken_apart(token)
    return (
        parts is not None
        and _is_signed(token, behaviour)
        and parts.claims.get("iss") != behaviour.identity.issuer
        and str(parts.claims.get("iss")).endswith(ISSUER_END)
    )


def _brings_key(behaviour: Behaviour, token: str) -> bool:
    parts = taken_apart(token)
    return parts is not None and _is_signed(token, behaviour) and "jwk" in parts.header


def _algorithm(*algorithms: str) -> Callable[[Behaviour, str], bool]:
    def unsigned(behaviour: Behaviour, token: str) -> bool:
        parts = taken_apart(token)
        return parts is not None and bool(parts.claims) and not parts.signature and parts.algorithm in algorithms

    return unsigned


def _expired(behaviour: Behaviour, token: str) -> bool:
    from conformance.mock.identity import TokenRefused

    try:
        behaviour.identity.verify(token)
    except TokenRefused as refused:
        return refused.reason == "expired"
    return False


def _forged(
    header: dict[str, Any] | None = None, signature: str = "c2lnbmF0dXJl", **claims: Any
) -> Callable[[Client], str]:
    """Makes tokens with the user's claims under another header and signature."""

    def forge(client: Client) -> str:
        own = taken_apart(client.mock.token)
        known = own.claims if own else {}
        return ".".join([_text(header or {"alg": "RS256"}), _text({**known, "jti": "forged", **claims}), signature])

    return forge


def token_defects() -> Iterator[Defect]:
    """All of them."""
    malformed = ("authentication.malformed-token-refused",)
    foreign = ("authentication.foreign-token-refused",)
    unsigned = ("authentication.unsigned-token-refused",)
    expired = ("authentication.expired-token-refused",)
    cases: tuple[tuple[str, str, tuple[str, ...], Callable[[Behaviour, str], bool], Callable[[Client], str]], ...] = (
        (
            "opaque-accepted",
            "Any text without dots is taken for a token.",
            malformed,
            lambda _, token: "." not in token,
            lambda _: "some-text",
        ),
        (
            "three-parts-accepted",
            "Any three parts are taken for a token.",
            malformed,
            lambda _, token: (parts := taken_apart(token)) is not None and not parts.claims,
            lambda _: "one.two.three",
        ),
        (
            "two-parts-accepted",
            "A token is read without its signature.",
            malformed,
            lambda _, token: token.count(".") == 1,
            lambda client: client.mock.token.rpartition(".")[0],
        ),
        (
            "signature-ignored",
            "Issuer and expiry of a signed token are looked at, its signature isn't.",
            foreign,
            _signature_ignored,
            _forged(),
        ),
        (
            "other-issuer-accepted",
            "Tokens of any other realm's issuer are accepted unseen.",
            foreign,
            _other_issuer,
            _forged(iss="https://elsewhere.example.com" + ISSUER_END),
        ),
        (
            "own-key-accepted",
            "A token is verified with the key that it brings along.",
            foreign,
            _brings_key,
            _forged({"alg": "RS256", "jwk": {"kty": "RSA"}}),
        ),
        (
            "none-accepted",
            "Tokens with the algorithm none are accepted.",
            unsigned,
            _algorithm("none"),
            _forged({"alg": "none"}, ""),
        ),
        (
            "none-in-any-case-accepted",
            "The algorithm none is refused only where it is in lower case.",
            unsigned,
            _algorithm("nOnE", "None", "NONE"),
            _forged({"alg": "nOnE"}, ""),
        ),
        (
            "empty-signature-accepted",
            "An empty signature is accepted.",
            unsigned,
            _algorithm("RS256"),
            _forged(signature=""),
        ),
        (
            "expired-accepted",
            "A token's expiry isn't looked at.",
            expired,
            _expired,
            lambda client: client.mock.expired_token,
        ),
        (
            "any-accepted",
            "Any bearer token is accepted.",
            malformed + foreign + unsigned + expired,
            lambda *_: True,
            lambda _: "some-text",
        ),
    )
    for name, says, breaks, trusts, token in cases:
        yield Defect(f"authentication.token.{name}", says, breaks, trusting(trusts), asked_with("list", name, token))
