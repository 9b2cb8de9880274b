"""A violation says at the value's own path, in one line, what it is and what it should be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.violations import explain, shown, to_path

from .mutants import Segments
from .samples import SCHEMAS, one


@pytest.mark.parametrize(
    ("endpoint", "segments", "value", "expected"),
    [
        ("list", ("models",), {}, "models: is an empty object, but should be an array"),
        ("list", ("models", 1), None, "models[1]: is null, but should be an object"),
        ("list", ("models", 1, "id"), True, "models[1].id: is true, but should be an integer"),
        ("list", ("models", 1, "id"), 0, "models[1].id: is 0, but should be at least 1"),
        ("list", ("models", 1, "name"), 5, "models[1].name: is 5, but should be a string"),
        ("list", ("models", 0, "owner_id"), 1.5, "models[0].owner_id: is 1.5, but should be a string"),
        ("get_by_id", ("model_config",), "{}", "model_config: is '{}', but should be an object or null"),
        ("get_by_id", ("model_config",), [{}], "model_config: is an array, but should be an object or null"),
        (
            "get_config_by_id",
            ("model_config", "tensor_fields"),
            "x",
            "model_config.tensor_fields: is 'x', but should be an array, an object or null",
        ),
        (
            "get_config_by_id",
            ("model_config", "tensor_fields"),
            ["a", 1],
            "model_config.tensor_fields[1]: is 1, but should be a string",
        ),
        (
            "upload_and_convert",
            ("insert_models", "returning"),
            [],
            "insert_models.returning: has 0 items, but should have at least 1",
        ),
        (
            "upload_and_convert",
            ("insert_models", "returning", 0, "models", 0, "id"),
            "15",
            "insert_models.returning[0].models[0].id: is '15', but should be an integer",
        ),
        ("get", (), None, "the body: is null, but should be an object"),
    ],
)
def test_the_grammar_of_messages(endpoint: str, segments: Segments, value: Any, expected: str) -> None:
    assert [str(item) for item in one(endpoint, segments, value)] == [expected]


def test_a_wrong_parent_is_the_only_violation() -> None:
    assert [item.path for item in one("get", ("models", 0), "x")] == ["models[0]"]


def test_violations_stand_in_the_order_of_their_paths() -> None:
    version = {"sha": 1}
    found = [item.path for item in SCHEMAS.violations("list_versions", [version] * 11)]
    names = ["file_name", "id", "image_path", "model_id", "model_version", "models_pk_id", "owner_id", "sha"]
    assert found == [f"[{index}].{name}" for index in range(11) for name in names]


def test_long_values_are_shortened() -> None:
    (violation,) = one("list", ("models", 0, "created_at"), "x" * 10_000)
    assert violation.message.startswith("'xxx")
    assert "… (10000 characters) doesn't match" in violation.message
    assert len(violation.message) < 200


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_a_shown_value_is_one_short_line(value: Any) -> None:
    text = shown(value)
    assert text.isprintable()
    assert len(text) <= 100


def test_an_integer_too_long_for_text_is_shown_by_its_size() -> None:
    assert shown(10**5000) == "an integer of more than 77 digits"


@pytest.mark.parametrize(
    ("segments", "path", "pointer"),
    [
        ((), "", ""),
        (("models", 3, "owner_id"), "models[3].owner_id", "models[].owner_id"),
        ((0, "sha"), "[0].sha", "[].sha"),
        (("a", 0, 1), "a[0][1]", "a[][]"),
    ],
)
def test_paths_and_pointers(segments: Segments, path: str, pointer: str) -> None:
    assert (to_path(segments), to_path(segments, indices=False)) == (path, pointer)


@pytest.mark.parametrize(
    ("schema", "body", "expected"),
    [
        ({"multipleOf": 5}, 3, "the body: is 3, but should be as multipleOf 5 says"),
        ({"const": None, "x-expected": "nothing"}, "x", "the body: is 'x', but should be nothing"),
        ({"pattern": r"^a\$"}, "b", r"the body: 'b' doesn't match ^a\$"),
        ({"type": "object", "required": ["a"], "properties": {"a": {}}}, {}, "a: missing"),
    ],
)
def test_a_keyword_without_words_of_its_own_is_named(schema: dict[str, Any], body: Any, expected: str) -> None:
    assert [str(item) for item in explain(schema, body)] == [expected]
