"""The fast engine and the explaining engine agree, and hostile bodies stop neither."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract import ENDPOINTS
from conformance.contract.schemas import Violation
from conformance.contract.violations import MAX_DEPTH, explain, is_deeper_than

from .mutants import Segments, positions, replaced
from .samples import REPLIES, REQUESTS, SCHEMAS, STRINGS, one

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(STRINGS)
    | st.sampled_from([0, 1, -1, 1.0, -0.0, 2**63, 2**64, 10**30, 1e300])
)
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@st.composite
def _damaged(draw: st.DrawFn, bodies: dict[str, Any]) -> tuple[str, Any]:
    endpoint = draw(st.sampled_from(sorted(bodies)))
    body = bodies[endpoint]
    for _ in range(draw(st.integers(0, 3))):
        segments = draw(st.sampled_from(list(positions(body))))
        body = replaced(body, segments, draw(_VALUES))
    return endpoint, body


@settings(max_examples=400, deadline=None)
@given(_damaged(REPLIES), st.sampled_from([200, 202, 400]))
def test_the_fast_engine_and_the_explaining_engine_agree_on_replies(case: tuple[str, Any], status: int) -> None:
    endpoint, body = case
    explained = explain(SCHEMAS.response_schema(endpoint, status), body)
    assert SCHEMAS.is_valid(endpoint, body, status) is (explained == [])
    assert SCHEMAS.violations(endpoint, body, status) == explained
    assert len({item.path for item in explained}) == len(explained)
    assert all(item.message.isprintable() for item in explained)


@settings(max_examples=200, deadline=None)
@given(_damaged(REQUESTS))
def test_the_fast_engine_and_the_explaining_engine_agree_on_requests(case: tuple[str, Any]) -> None:
    endpoint, body = case
    assert SCHEMAS.request_violations(endpoint, body) == explain(SCHEMAS.request_schema(endpoint), body)


@pytest.mark.parametrize("value", STRINGS, ids=repr)
@pytest.mark.parametrize(
    ("endpoint", "segments"),
    [
        ("get", ("created_at",)),
        ("get", ("owner_id",)),
        ("get", ("models", 0, "sha")),
        ("get", ("models", 0, "model_version")),
        ("list_versions", (0, "status")),
    ],
)
def test_the_engines_agree_on_formatted_strings(endpoint: str, segments: Segments, value: str) -> None:
    body = replaced(REPLIES[endpoint], segments, value)
    assert SCHEMAS.is_valid(endpoint, body) is (explain(SCHEMAS.response_schema(endpoint), body) == [])


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_body_nested_without_end_is_one_violation(endpoint: str) -> None:
    body: Any = {"models": _nested(100_000)} if endpoint != "list_versions" else _nested(100_000)
    assert SCHEMAS.violations(endpoint, body) == [
        Violation("", "", f"is nested deeper than {MAX_DEPTH} levels", "maxDepth")
    ]
    assert not SCHEMAS.is_valid(endpoint, body)


def test_deep_nesting_in_an_unknown_field_is_allowed() -> None:
    assert SCHEMAS.violations("list", {"models": [], "unknown": _nested(100_000)}) == []


def test_depth_is_counted_in_levels() -> None:
    assert not is_deeper_than(_nested(3), 3)
    assert is_deeper_than(_nested(4), 3)
    assert is_deeper_than({"a": {"b": [1, {"c": 2}]}}, 3)
    assert not is_deeper_than("text", 0)


def test_a_lone_surrogate_is_a_string() -> None:
    assert one("list", ("models", 0, "name"), "\ud800") == []
    (violation,) = one("list", ("models", 0, "owner_id"), "\ud800")
    assert violation.message.startswith("is '\\ud800', but should be")


def test_an_integer_too_long_for_text_is_judged() -> None:
    assert one("get_by_id", ("id",), 10**5000) == []
    (violation,) = one("get_by_id", ("id",), -(10**5000))
    assert violation.path == ""
