"""No secret survives, in whatever spelling it comes back; and what is no secret stays."""

from __future__ import annotations

import base64
import html
import json
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from conformance.evidence import Exchange, Failure, Part, Recorder, Redactor, Request, Response
from conformance.evidence.redaction import SECRET_FIELDS, SECRET_HEADERS

SECRET = "s3cr3t/+&<\"'\\=ü-token"


def jwt(*parts: dict) -> str:
    """A token of the JWT shape, put together here so that none stands in the source."""
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"])


def every_character(secret: str) -> str:
    units = secret.encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2))


def percent_all(secret: str) -> str:
    return "".join(f"%{byte:02x}" for byte in secret.encode())


SPELLINGS = {
    "plain": str,
    "json": lambda s: json.dumps(s)[1:-1],
    "json in json": lambda s: json.dumps(json.dumps(s)),
    "json, escaped slash": lambda s: json.dumps(s).replace("/", "\\/"),
    "every character escaped": every_character,
    "half escaped": lambda s: every_character(s[: len(s) // 2]) + s[len(s) // 2 :],
    "url": lambda s: quote(s, safe=""),
    "form": quote_plus,
    "url, every byte": percent_all,
    "url twice": lambda s: quote(quote(s, safe=""), safe=""),
    "html": html.escape,
    "html numbers": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "html hex": lambda s: "".join(f"&#x{ord(c):X};" for c in s),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 after one": lambda s: base64.b64encode(b"x" + s.encode() + b"y").decode(),
    "base64 after two": lambda s: base64.b64encode(b"xx" + s.encode()).decode(),
    "base64 of json": lambda s: base64.b64encode(json.dumps({"t": s}, ensure_ascii=False).encode()).decode(),
    "url-safe base64": lambda s: base64.urlsafe_b64encode(b"user:" + s.encode()).decode(),
}
"""How a server, a proxy or a log may spell a secret."""

secrets = st.text(string.ascii_letters + string.digits + "-._~+/=äß😀\"'\\<&% ", min_size=10, max_size=60).filter(
    lambda s: s == s.strip() and len(set(s)) > 3
)


def heart(spelled: str) -> str:
    """The middle of a spelling: what must be gone even where its edges merge with what is around it."""
    third = len(spelled) // 3
    return spelled[third : 2 * third + 1]


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_secret_is_found_in_every_spelling(spelling):
    redacted = Redactor([SECRET]).text(f"before {spelling(SECRET)} after")
    assert "[redacted]" in redacted
    assert heart(spelling(SECRET)) not in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")


@given(secret=secrets, spelling=st.sampled_from(list(SPELLINGS)), around=st.tuples(st.text(), st.text()))
@settings(max_examples=300, deadline=None)
def test_no_spelling_of_any_secret_survives_in_text(secret, spelling, around):
    spelled = SPELLINGS[spelling](secret)
    assume(secret not in "[redacted]" + around[0] + around[1])
    redacted = Redactor([secret]).text(f"{around[0]} {spelled} {around[1]}")
    assert spelled not in redacted
    assert secret not in redacted


def exchange_with(leak: str) -> Exchange:
    """An exchange that leaks in every place there is."""
    return Exchange(
        id="main-1",
        check=f"test_x[{leak}]",
        endpoint="list",
        started_at="2024-01-01T00:00:00Z",
        elapsed_seconds=0.1,
        request=Request(
            "POST",
            f"/v1/api?q={leak}",
            [["Authorization", f"Bearer {leak}"], ["X-Debug", leak]],
            body=f'{{"a": "{leak}"}}',
            parts=[Part("metadata", leak, "application/json", 1, "0" * 64, f'{{"x": "{leak}"}}')],
            body_base64=base64.b64encode(b"\xff" + leak.encode()).decode(),
        ),
        response=Response.of(401, f"No {leak}", [("WWW-Authenticate", f'Bearer realm="{leak}"')], leak.encode()),
        error=Failure("reset", f"POST: {leak}"),
    )


@given(secret=secrets, spelling=st.sampled_from(list(SPELLINGS)))
@settings(max_examples=150, deadline=None)
def test_no_secret_survives_in_a_recorded_exchange(tmp_path_factory, secret, spelling):
    leak = SPELLINGS[spelling](secret)
    innocent = json.dumps(exchange_with("[redacted]").to_json())
    assume(secret not in innocent)
    assume(leak not in innocent)
    path = tmp_path_factory.mktemp("run") / "exchanges.ndjson"
    with Recorder(path, Redactor([secret])) as recorder:
        kept = recorder.record(exchange_with(leak))
    line = path.read_text()
    for text in (line, json.dumps(kept.to_json(), ensure_ascii=False)):
        for spelled in (secret, leak, json.dumps(secret)[1:-1], json.dumps(leak)[1:-1]):
            assert spelled not in text
    binary = base64.b64decode(kept.request.body_base64)
    assert secret.encode() not in binary
    assert leak.encode() not in binary
    assert Exchange.from_json(json.loads(line)) == kept


def test_binary_bodies_are_redacted_too():
    response = Response.of(200, "OK", [], b"\xff\x00" + SECRET.encode() + b"\xfe")
    exchange = Exchange("1", None, None, "t", 0.0, Request("GET", "/", []), response, None)
    kept = Redactor([SECRET]).exchange(exchange).response.body_base64
    assert base64.b64decode(kept) == b"\xff\x00[redacted]\xfe"


@pytest.mark.parametrize("name", [*SECRET_HEADERS, "AUTHORIZATION", "Set-Cookie"])
def test_secret_headers_lose_their_values(name):
    assert Redactor().header(name, "anything") == "[redacted]"
    assert Redactor().header(name, "") == ""
    assert Redactor().header("X-Other", "anything") == "anything"


@pytest.mark.parametrize("field", SECRET_FIELDS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{{"{}": "hush"}}', '{{"{}": "[redacted]"}}'),
        ('{{"{}" :\n "hu\\"sh", "x": 1}}', '{{"{}" :\n "[redacted]", "x": 1}}'),
        ('{{"{}": "hush\\\\", "x": "kept"}}', '{{"{}": "[redacted]", "x": "kept"}}'),
        ('{{"{}": 1234, "x": 1}}', '{{"{}": "[redacted]", "x": 1}}'),
        ('{{"{}": "cut off by the bound', '{{"{}": "[redacted]'),
        ("grant_type=x&{}=hush&y=1", "grant_type=x&{}=[redacted]&y=1"),
        ("/path?{}=hush", "/path?{}=[redacted]"),
        ("/path?u=%2Fx%3F{}%3Dhush%26y", "/path?u=%2Fx%3F{}%3D[redacted]"),
        ('{{"echo": "{{\\"{}\\": \\"hush\\"}}"}}', '{{"echo": "{{\\"{}\\": \\"[redacted]\\"}}"}}'),
        ("{{'{}': 'hush'}}", "{{'{}': '[redacted]'}}"),
        ('name="{}"\r\n\r\nhush\r\n--b', 'name="{}"\r\n\r\n[redacted]\r\n--b'),
    ],
    ids=[
        "json",
        "escapes",
        "backslash",
        "number",
        "cut",
        "form",
        "query",
        "query in query",
        "nested",
        "repr",
        "multipart",
    ],
)
def test_fields_that_hold_secrets_lose_their_values(field, text, expected):
    assert Redactor().text(text.format(field)) == expected.format(field)


def test_a_field_name_is_found_though_it_is_escaped():
    assert Redactor().text('{"pass\\u0077ord": "hush"}') == '{"pass\\u0077ord": "[redacted]"}'


@pytest.mark.parametrize(
    "text",
    [
        '{"password": null}',
        '{"password_hint": "none"}',
        '{"name": "password", "id": 3}',
        '{"models":[{"id":15,"name":"api-sample-model","owner_id":"\\"\\""}]}',
        "not a token: ey.x.y, hello.world.again",
        "",
    ],
)
def test_what_is_no_secret_stays(text):
    assert Redactor(["a-known-secret"]).text(text) == text


@pytest.mark.parametrize(
    "token",
    [
        jwt({"alg": "RS256"}, {"sub": "user"}),
        jwt({"alg": "none"}, {"sub": "user"}).rpartition(".")[0] + ".",
        jwt({"alg": "RSA-OAEP"}, {}, {}, {}),
        quote(jwt({"alg": "RS256"}, {"sub": "user"})).replace(".", "%2E"),
    ],
    ids=["signed", "unsigned", "encrypted", "url"],
)
def test_an_unknown_jwt_is_found_by_its_shape(token):
    assert Redactor().text(f"Bearer%20{token}, and more") == "Bearer%20[redacted], and more"


def test_claims_and_signature_of_a_known_jwt_are_secrets_alone():
    token = jwt({"alg": "RS256"}, {"sub": "user", "email": "user@example.com"})
    _, claims, signature = token.split(".")
    assert Redactor([token]).text(f"{claims} {signature}") == "[redacted] [redacted]"


@given(st.text(max_size=200))
@example("[redacted]")
@settings(max_examples=200, deadline=None)
def test_redacting_twice_changes_nothing_more(text):
    redactor = Redactor(["a-known-secret"])
    once = redactor.text(text + "password=x a-known-secret")
    assert redactor.text(once) == once


def test_a_secret_that_holds_another_is_gone_whole():
    redactor = Redactor(["secret", "secret-and-more"])
    assert redactor.text("secret-and-more, secret") == "[redacted], [redacted]"


def test_too_short_and_empty_secrets_are_ignored():
    redactor = Redactor(["", " ", "abc"])
    assert redactor.text("abc and  more") == "abc and  more"


def test_a_redactor_does_not_show_what_it_knows():
    assert "a-known-secret" not in repr(Redactor(["a-known-secret"]))


def test_a_secret_across_the_bound_is_gone():
    from conformance.evidence.exchange import BODY_LIMIT

    content = b"x" * (BODY_LIMIT - 5) + b"a-known-secret" + b"x" * 200_000
    recorder = Recorder(redactor=Redactor(["a-known-secret"]))
    request = Request("GET", "/", [])
    kept = recorder.record(Exchange("1", None, None, "t", 0.0, request, Response.of(200, "OK", [], content), None))
    assert kept.response.body.endswith("[reda")
    assert (kept.response.truncated, kept.response.size) == (True, len(content))


def test_what_was_clean_before_a_secret_was_known_is_redacted_after():
    redactor = Redactor()
    assert redactor.text("host-4711") == "host-4711"
    redactor.add("host-4711")
    assert redactor.text("host-4711") == "[redacted]"


def test_more_texts_than_are_remembered_are_all_redacted():
    redactor = Redactor(["hunter2-hunter2"])
    for number in range(5000):
        assert redactor.text(f"{number} hunter2-hunter2") == f"{number} [redacted]"


@pytest.mark.parametrize("field", SECRET_FIELDS)
@pytest.mark.parametrize(
    "spell",
    [
        str,
        str.upper,
        lambda name: name.replace("s", "\u017f"),  # the regex engine takes the long s for an s
        lambda name: name.replace("k", "\u212a"),
        lambda name: "".join(f"\\u{ord(c):04x}" for c in name),
        lambda name: "".join(f"%{ord(c):02X}" for c in name),
        lambda name: "".join(f"&#{ord(c)};" for c in name),
    ],
    ids=["plain", "upper", "long-s", "kelvin", "json", "percent", "html"],
)
def test_a_long_text_is_searched_for_secret_fields_in_any_spelling(field, spell):
    text = f'{{"filler": "{"x" * 1000}", "{spell(field)}": "hunter2-hunter2"}}'
    assert "hunter2" not in Redactor().text(text)


def _spelled(character: str, way: str) -> str:
    code = ord(character)
    ways = {"plain": character, "json": f"\\u{code:04x}", "url": f"%{code:02X}", "html": f"&#{code};"}
    return ways[way]


@given(
    st.sampled_from(SECRET_FIELDS).flatmap(
        lambda field: st.tuples(
            st.just(field),
            st.lists(st.sampled_from(["plain", "json", "url", "html"]), min_size=len(field), max_size=len(field)),
        )
    )
)
def test_a_secret_field_is_known_however_its_letters_are_escaped(spelling: tuple[str, list[str]]) -> None:
    """The quick look for a name never passes over one that the patterns would find."""
    field, ways = spelling
    name = "".join(map(_spelled, field, ways))
    assert "Zs9-hidden" not in Redactor().text(f'{{"{name}": "Zs9-hidden"}}')
