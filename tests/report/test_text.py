"""What an instance says is made harmless and short, and stays readable."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.text import encodable, indent_json, one_line, printable, shorten, xml_text

anything = st.text(st.characters(codec=None), max_size=80)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(anything)
def test_printable_leaves_no_control_and_no_surrogate(text: str) -> None:
    shown = printable(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\t\n"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("a\rb", "a\\x0db"),
        ("naïve 日本 …", "naïve 日本 …"),
    ],
    ids=["escape", "c1", "bidi", "crlf", "lone-cr", "plain"],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_one_line_is_one_line() -> None:
    assert one_line(" a\n b\u2028c\r\nd ") == "a b c d"


@given(anything)
def test_xml_text_is_legal_xml(text: str) -> None:
    legal = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
    assert legal.fullmatch(xml_text(text))


@given(anything, st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_encodable_encodes(text: str, encoding: str) -> None:
    assert encodable(text, encoding).encode(encoding).decode(encoding) == encodable(text, encoding)


@given(anything, st.integers(1, 40))
def test_shorten_keeps_the_bound(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@given(json_values, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]))
def test_indented_json_has_the_same_value(value: object, separators: tuple[str, str]) -> None:
    text = json.dumps(value, separators=separators)
    assert json.loads(indent_json(text)) == value


def test_indented_json_keeps_every_token_as_sent() -> None:
    text = '{"a":1.50,"a":[],"b":{"c":"x, {y}: \\"z\\""},"d":1E2,"e":[1,2]}'
    shown = indent_json(text)
    assert shown == (
        '{\n  "a": 1.50,\n  "a": [],\n  "b": {\n    "c": "x, {y}: \\"z\\""\n  },\n'
        '  "d": 1E2,\n  "e": [\n    1,\n    2\n  ]\n}'
    )


@pytest.mark.parametrize(
    "text",
    ["", "<html>", '{"a":', "[" * 100_000, "[" * 40 + "]" * 40, '"just a string"', '{"a":1}'],
    ids=["empty", "html", "cut", "open-brackets", "deep", "scalar", "over-the-limit"],
)
def test_what_is_not_readable_json_stays_as_it_is(text: str) -> None:
    assert indent_json(text, limit=200_000 if len(text) > 10 else 5) == text
