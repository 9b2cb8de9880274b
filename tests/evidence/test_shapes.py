"""Secrets that nobody told of are known by their shape; what is no secret isn't taken for one."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.contract import load_release, release_ids
from conformance.evidence.redaction import Redactor
from conformance.evidence.shapes import AUTHORIZATION, JWT, MAX_LAYERS, PRIVATE_KEY, USERINFO, kind_in
from tests.evidence.spellings import SPELLINGS, jwt, private_key


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_jwt_is_known_and_taken_out_in_every_spelling(spelling):
    text = f'{{"before": 1, "it": "{spelling(jwt())}", "after": 2}}'
    found = kind_in(text)
    assert found is not None
    assert found[0].startswith(JWT)
    redacted = Redactor().text(text)
    assert kind_in(redacted) is None
    assert "[redacted]" in redacted
    assert "before" in redacted


@pytest.mark.parametrize("kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
@pytest.mark.parametrize(
    "spelling",
    [str, json.dumps, lambda s: json.dumps(json.dumps(s)), lambda s: s.replace(" ", "%20").replace("\n", "%0A")],
    ids=["plain", "json", "json in json", "url"],
)
def test_a_private_key_is_known_and_taken_out_whole(kind, spelling):
    text = f'{{"a": {spelling(private_key(kind))}, "b": 2}}'
    assert kind_in(text)[0] == PRIVATE_KEY
    redacted = Redactor().text(text)
    assert kind_in(redacted) is None
    assert "MIIEvQ" not in redacted
    assert redacted.endswith('"b": 2}')


def test_a_private_key_that_is_cut_off_goes_to_the_end():
    redacted = Redactor().text("before " + private_key()[:90])
    assert (redacted, kind_in(redacted)) == ("before [redacted]", None)


def test_a_private_key_in_base64_is_known():
    text = base64.b64encode(b"key: " + private_key().encode()).decode()
    assert kind_in(text)[0].startswith(PRIVATE_KEY)
    assert kind_in(Redactor().text(text)) is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic"])
@pytest.mark.parametrize(
    "text",
    [
        "Authorization: {} {}",
        "authorization={}%20{}",
        '{{"Authorization": "{} {}"}}',
        '"{{\\"Authorization\\": \\"{} {}\\"}}"',
        '["Authorization","{} {}"]',
        "<td>Authorization</td>&quot;Authorization&quot;: &quot;{} {}&quot;",
        "curl -H 'Authorization: {} {}' https://api.example.com",
    ],
)
def test_credentials_of_a_header_are_known_and_taken_out(scheme, text):
    told = text.format(scheme, "dXNlcjpwYXNzd29yZA==")
    assert kind_in(told)[0] == AUTHORIZATION
    redacted = Redactor().text(told)
    assert redacted == text.format(scheme, "[redacted]")
    assert kind_in(redacted) is None


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("https://me:hush@example.com/x", "https://[redacted]@example.com/x"),
        ('{"url": "https:\\/\\/me:hush@example.com"}', '{"url": "https:\\/\\/[redacted]@example.com"}'),
        ("next=https%3A%2F%2Fme%3Ahush%40api.example.com", "next=https%3A%2F%2F[redacted]%40api.example.com"),
        ("postgres://me:hu.s-h@db/x, amqp://a:b@c", "postgres://[redacted]@db/x, amqp://[redacted]@c"),
    ],
)
def test_credentials_in_a_url_are_known_and_taken_out(text, redacted):
    assert kind_in(text)[0] == USERINFO
    assert Redactor().text(text) == redacted
    assert kind_in(redacted) is None


@pytest.mark.parametrize(
    "text",
    [
        'curl --header "Authorization: Bearer $WALLAROO_CONFORMANCE_TOKEN"',
        "Authorization: Bearer [redacted]",
        "--header 'Authorization: [redacted]'",
        "the header Authorization, Bearer or Basic, is missing",
        "https://api.example.com:8080/@me and me@example.com",
        "https://[redacted]@api.example.com",
        f"sha {'0123456789abcdef' * 4}",
        base64.b64encode(bytes(range(256)) * 4).decode(),
        "key: eyelid.eye.ey",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_no_secret_stays(text):
    assert kind_in(text) is None
    assert Redactor().text(text) == text


@pytest.mark.parametrize("release", release_ids())
def test_nothing_in_a_contract_looks_like_a_secret(release):
    for requirement in load_release(release).requirements.values():
        assert kind_in(f"{requirement.text} {requirement.source}") is None


@given(
    st.text(),
    st.sampled_from(["ey" + "J", "://a:b@", "Authorization: Basic ", "-" * 5 + "BEGIN PRIVATE KEY" + "-" * 5, "%25"]),
)
@example("", "%25")
def test_what_was_redacted_holds_no_shape_any_more(text, beginning):
    redacted = Redactor().text(f"{text}{beginning}{text}{jwt()} {beginning}{text}")
    assert kind_in(redacted) is None
    assert Redactor().text(redacted) == redacted


@pytest.mark.parametrize(
    "bad",
    ["ey" + "J", "%25", "-" * 5 + "BEGIN PRIVATE KEY" + "-" * 5, "://a:", "authorization: bearer ", "A" * 50 + "\n"],
)
def test_a_long_hostile_text_is_read_to_its_end(bad):
    # It would take hours if a beginning of a secret were followed to the end of the text each time.
    text = bad * (1_000_000 // len(bad))
    assert kind_in(f"{text} {jwt()}") is not None
    assert jwt() not in Redactor().text(f"{text} {jwt()}")


def test_a_text_with_escapes_of_escapes_without_end_is_given_up_whole():
    assert (
        Redactor(["a-secret-of-its-own"]).text("%" + "25" * (MAX_LAYERS + 1) + "61-secret-of-its-own") == "[redacted]"
    )
