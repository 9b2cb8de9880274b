"""Forged tokens: each is what its label says, none is a good one, and none shows itself."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from conformance.evidence.redaction import Redactor
from conformance.suite.tokens import LIFE, TokenForge, expiry, subject

NOW = 1_700_000_000.0
CLAIMS = {"iss": "https://api.example.com/auth/realms/master", "sub": "user-1", "exp": int(NOW) + 60, "jti": "own"}


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@pytest.fixture(scope="module")
def own(key: RSAKey) -> str:
    return jwt.encode({"alg": "RS256", "kid": key.kid}, CLAIMS, key)


def forge(own: str, redactor: Redactor | None = None) -> TokenForge:
    return TokenForge(own, "https://api.example.com", redactor or Redactor(), now=lambda: NOW)


def part(token: str, number: int) -> dict:
    return json.loads(decoded(token, number))


def decoded(token: str, number: int) -> bytes:
    text = token.split(".")[number]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_no_forged_token_passes_a_real_verification(own: str, key: RSAKey) -> None:
    made = forge(own)
    jwt.decode(own, key, algorithms=["RS256"])
    for forgery in [*made.malformed(), *made.foreign(), *made.unsigned()]:
        with pytest.raises((JoseError, ValueError)):
            jwt.decode(forgery.token, key, algorithms=["RS256"])


def test_a_foreign_token_has_the_claims_and_the_key_id_of_the_runs_own(own: str, key: RSAKey) -> None:
    foreign = forge(own).foreign()[0].token
    assert part(foreign, 0) == {"alg": "RS256", "typ": "JWT", "kid": key.kid}
    assert part(foreign, 1) == {**CLAIMS, "jti": part(foreign, 1)["jti"], "iat": int(NOW), "exp": int(NOW) + LIFE}
    assert len(foreign.split(".")[2]) == len(own.split(".")[2])


def test_a_foreign_token_is_really_signed_by_the_key_that_it_brings(own: str) -> None:
    bringing = forge(own).foreign()[2].token
    brought = RSAKey.import_key(part(bringing, 0)["jwk"])
    registry = jws.JWSRegistry(algorithms=["RS256"])
    registry.max_header_length = 4096
    assert jws.deserialize_compact(bringing, brought, registry=registry).payload == decoded(bringing, 1)
    assert set(part(bringing, 0)["jwk"]) == {"kty", "n", "e"}


def test_the_runs_signature_never_stands_under_the_runs_claims(own: str) -> None:
    # With an own token of this very second the claims would be equal but for the token's id.
    same = forge(own).foreign()[3].token
    assert same.split(".")[2] == own.split(".")[2]
    assert same.split(".")[1] != own.split(".")[1]
    assert part(same, 1)["jti"] != "own"


def test_an_unsigned_token_has_claims_and_no_signature(own: str) -> None:
    unsigned = [forgery.token for forgery in forge(own).unsigned()]
    assert [part(token, 0)["alg"] for token in unsigned] == ["none", "nOnE", "RS256"]
    assert all(part(token, 1)["sub"] == "user-1" for token in unsigned)
    assert all(token.endswith(".") and token.count(".") == 2 for token in unsigned)


def test_an_opaque_own_token_gives_plausible_claims() -> None:
    made = forge("an-opaque-token-of-some-length")
    claims = part(made.foreign()[0].token, 1)
    assert claims["iss"] == "https://api.example.com/auth/realms/master"
    assert claims["exp"] == NOW + LIFE
    assert len(made.malformed()) == 2
    assert len(made.foreign()) == 3


def test_a_forged_token_is_redacted_and_hides_from_its_repr(own: str) -> None:
    redactor = Redactor()
    made = forge(own, redactor)
    for forgery in [*made.foreign(), *made.unsigned()]:
        long = [piece for piece in forgery.token.split(".")[1:] if len(piece) >= 16]
        shown = redactor.text(f"refused {forgery.token}") + redactor.text(" / ".join(long))
        assert not [piece for piece in long if piece in shown]
        assert forgery.token not in repr(forgery)


def test_expiry_and_subject_are_read_where_a_token_tells_them(own: str) -> None:
    assert (expiry(own), subject(own)) == (NOW + 60, "user-1")
    for token in ("opaque", "a.b.c", "", own + ".more"):
        assert (expiry(token), subject(token)) == (None, None)
