"""The exchange format: published, stable, read back exactly."""

from __future__ import annotations

import copy
import hashlib
import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.evidence import Exchange, Failure, Part, Request, Response, exchange_schema
from conformance.evidence.exchange import BODY_LIMIT, Body

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pairs = st.lists(st.tuples(text, text).map(list), max_size=3)
sha256 = st.binary(max_size=4).map(lambda b: hashlib.sha256(b).hexdigest())
parts = st.builds(Part, text, st.none() | text, st.none() | text, st.integers(0), sha256, st.none() | text)
requests = st.builds(
    Request,
    st.sampled_from(["GET", "POST"]),
    text.map(lambda path: "/" + path),
    pairs,
    body=st.none() | text,
    parts=st.lists(parts, max_size=2),
    size=st.integers(0),
    credential=st.sampled_from(["session", "other", "none"]),
)
responses = st.builds(
    Response.of, st.integers(100, 999), text, pairs.map(lambda p: [tuple(x) for x in p]), st.binary(max_size=40)
)
failures = st.builds(Failure, text.map(lambda kind: kind or "reset"), text)
exchanges = st.builds(
    Exchange,
    id=text.map(lambda t: f"main-{t}"),
    check=st.none() | text,
    endpoint=st.none() | text,
    started_at=st.just("2024-01-31T23:59:59.000001Z"),
    elapsed_seconds=st.floats(0, 1e6),
    request=requests,
    response=responses,
    error=st.none() | failures,
)


@given(exchanges)
@settings(deadline=None)
def test_an_exchange_survives_json_and_fits_the_schema(exchange):
    value = json.loads(json.dumps(exchange.to_json()))
    jsonschema.Draft202012Validator(exchange_schema()).validate(value)
    assert Exchange.from_json(value) == exchange


EXAMPLE = Exchange(
    "main-1",
    "test_a",
    "list",
    "2024-01-31T00:00:00Z",
    0.5,
    Request("POST", "/x", [["A", "b"]], parts=[Part("file", "f", None, 1, "0" * 64)]),
    Response.of(200, "OK", [("C", "d")], b"{}"),
    Failure("reset", "gone"),
).to_json()


def test_the_schema_is_a_valid_schema():
    jsonschema.Draft202012Validator.check_schema(exchange_schema())


def paths(value, path=()):
    """Every place in a JSON value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index)
            yield from paths(item, (*path, index))


@pytest.mark.parametrize("path", list(paths(EXAMPLE)), ids=lambda p: ".".join(map(str, p)))
def test_a_mistyped_field_is_refused_by_schema_and_reader_alike(path):
    value = copy.deepcopy(EXAMPLE)
    target = value
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = {"not": "this"}
    assert not jsonschema.Draft202012Validator(exchange_schema()).is_valid(value)
    with pytest.raises(ValueError, match=f"exchange.*{path[-1] if isinstance(path[-1], str) else ''}"):
        Exchange.from_json(value)


@pytest.mark.parametrize("key", ["id", "check", "endpoint", "request", "response", "error", "started_at"])
def test_required_fields_are_the_schemas(key):
    assert key in exchange_schema()["required"]
    value = {name: item for name, item in EXAMPLE.items() if name != key}
    assert not jsonschema.Draft202012Validator(exchange_schema()).is_valid(value)


def test_unknown_fields_are_ignored():
    assert Exchange.from_json({**EXAMPLE, "new": 1}) == Exchange.from_json(EXAMPLE)


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_what_is_no_object_is_no_exchange(value):
    with pytest.raises(ValueError, match="exchange must be an object"):
        Exchange.from_json(value)


class TestBodies:
    def test_text_is_kept_to_the_character(self):
        body = Body.of('{"ä": "\\u00e4"}\r\n '.encode())
        assert (body.text, body.base64, body.truncated, body.sha256) == ('{"ä": "\\u00e4"}\r\n ', None, False, None)

    def test_bytes_are_kept_as_base64(self):
        assert Body.of(b"\xff\x00").base64 == "/wA="
        assert Body.of(b"\xff\x00").text is None

    @pytest.mark.parametrize("size", [BODY_LIMIT, BODY_LIMIT + 1])
    def test_a_large_body_keeps_its_beginning(self, size):
        body = Body.of(b"x" * size).bounded()
        assert body.truncated is (size > BODY_LIMIT)
        assert (body.size, len(body.text)) == (size, BODY_LIMIT)
        assert (body.sha256 is None) is (size == BODY_LIMIT)

    @pytest.mark.parametrize("shift", range(4))
    def test_a_cut_never_splits_a_character(self, shift):
        content = b"x" * shift + "😀".encode() * (BODY_LIMIT // 4 + 1)
        body = Body.of(content).bounded()
        kept = body.text.encode()
        assert content.startswith(kept)
        assert BODY_LIMIT - 4 < len(kept) <= BODY_LIMIT

    def test_large_bytes_keep_their_beginning(self):
        import base64

        body = Body.of(b"\xff" * (BODY_LIMIT * 2)).bounded()
        assert len(base64.b64decode(body.base64)) == BODY_LIMIT


def test_headers_are_found_in_any_case():
    response = Response.of(200, "OK", [("Retry-After", "3"), ("x", "y")], b"")
    assert (response.header("retry-after"), response.header("X"), response.header("z")) == ("3", "y", None)
