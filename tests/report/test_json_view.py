"""The view of a reply marks the one value that is meant, in the sender's own spelling, however large the reply is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.json_view import CONTEXT, LINE_LIMIT, VALUE_LINES, marked

ROWS = json.dumps({"models": [{"id": i, "name": f"m{i}", "tags": [], "file": {"sha": "a"}} for i in range(200)]})


def diff(text: str, path: str, wanted: str | None = None) -> list[str]:
    return [line.sign + line.text.strip() for line in marked(text, path, wanted)]


def changed(text: str, path: str, wanted: str | None = None) -> list[str]:
    return [line for line in diff(text, path, wanted) if line[0] != " "]


@pytest.mark.parametrize(
    ("path", "wanted", "lines"),
    [
        ("models[150].id", '"x"', ['-"id": 150,', '+"id": "x"']),
        ("models[150].id", None, ['-"id": 150,']),
        ("models[150].file.sha", "a SHA-256", ['-"sha": "a"', '+"sha": a SHA-256']),
        ("models[150].file", "null", ['-"file": {', '-"sha": "a"', "-}", '+"file": null']),
        ("models[150].tags", "null", ['-"tags": [],', '+"tags": null']),
        ("models[150].owner_id", "a string", ['+"owner_id": a string']),
        ("models[150].owner_id", None, ['+"owner_id": …']),
        ("models[200].id", None, []),
        ("rows[0]", None, []),
    ],
)
def test_the_value_at_the_path_is_marked(path, wanted, lines):
    assert changed(ROWS, path, wanted) == lines


def test_the_surroundings_are_bounded_and_what_is_left_out_is_counted():
    lines = diff(ROWS, "models[150].id", "7")
    assert len(lines) == 2 * CONTEXT + 4
    assert lines[0] == " … 1,198 more lines"
    assert lines[-1] == " …"
    assert ' "name": "m150",' in lines


def test_a_large_value_is_cut():
    lines = changed(ROWS, "", "an array")
    assert len(lines) == VALUE_LINES + 2
    assert lines[VALUE_LINES] == "-… 1,596 more lines"
    assert lines[-1] == "+an array"


def test_a_long_line_is_cut():
    (line,) = [line for line in marked(json.dumps({"a": "x" * 10_000}), "a") if line.mark == "actual"]
    assert len(line.text) <= LINE_LIMIT + 2


def test_tokens_stay_as_the_sender_wrote_them():
    assert changed('{"a":1.50,"a":1e2}', "a", "2") == ['-"a": 1.50,', '+"a": 2']
    assert changed('{"\\u0061":"\\u00e9"}', "a") == ['-"\\u0061": "\\u00e9"']


def test_an_empty_object_shows_what_it_lacks():
    assert changed('{"a":{}}', "a.b", "a string") == ['-"a": {}', '+"a": {"b": a string}']
    assert changed("{}", "b") == ["-{}", '+{"b": …}']


def test_a_reply_that_breaks_off_is_shown_as_far_as_it_goes():
    assert changed('{"models":[{"id":"7","na', "models[0].id", "7") == ['-"id": "7",', '+"id": 7']


@pytest.mark.parametrize("text", ["", "<html>", '"a"', "{nope}", "{'a': 1}", "[" * 300, "[}", "]", '{"a" 1}', "{1: 2}"])
def test_what_isnt_json_shows_nothing(text):
    assert marked(text, "a") == ()
    assert marked(text, "[0].a") == ()


def test_a_hostile_body_is_read_in_no_time():
    # Each quotation mark would be looked for until the end of the body if reading went on after nonsense.
    assert marked("[" + '\\"' * 500_000, "[0].a") == ()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=4),
    max_leaves=20,
)


def paths(value: object, path: str = "") -> list[tuple[str, object]]:
    found = [(path, value)]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += paths(inner, f"{path}[{index}]")
    return found


@given(st.dictionaries(st.sampled_from(["a", "b"]), values, min_size=1), st.data())
def test_every_value_of_any_json_is_found(body, data):
    path, value = data.draw(st.sampled_from(paths(body)))
    lines = [line for line in marked(json.dumps(body), path) if line.mark == "actual"]
    first = lines[0].text.strip().rstrip(",")
    if isinstance(value, dict | list) and value:
        assert first[-1] == ("{" if isinstance(value, dict) else "[")
    else:
        assert first.endswith(json.dumps(value))
