"""One release laid over another: JSON Merge Patch, and entries that are new, changed, dropped or capped."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.layers import laid_over, merged
from conformance.errors import UsageError

BASE: list[dict[str, Any]] = [
    {"id": "list.a", "level": "MUST", "basis": "documented", "endpoint": "list", "source": "a table"},
    {"id": "get.b", "level": "MUST", "basis": "documented", "endpoint": "get", "source": "a table"},
    {"id": "get.c", "level": "MAY", "basis": "documented", "endpoint": "get", "source": "a table"},
]


@pytest.mark.parametrize(
    ("base", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_is_that_of_rfc_7396(base: Any, patch: Any, result: Any) -> None:
    """The cases of the RFC's appendix A."""
    assert merged(base, patch) == result


def test_merging_leaves_both_sides_as_they_were() -> None:
    shared = {"deep": {"kept": 1}}
    base, patch = {"x": shared, "y": shared}, {"x": {"deep": {"added": 2}}}
    assert merged(base, patch) == {"x": {"deep": {"kept": 1, "added": 2}}, "y": {"deep": {"kept": 1}}}
    assert base == {"x": {"deep": {"kept": 1}}, "y": {"deep": {"kept": 1}}}


def test_an_overlay_adds_changes_and_drops() -> None:
    overlay = {
        "dropped": {"get.c": "no longer so"},
        "changed": [{"id": "list.a", "field": "models[].x"}],
        "requirements": [{"id": "list.new", "after": "list.a"}, {"id": "last"}],
    }
    entries = laid_over(BASE, overlay, "9.9")
    assert [entry["id"] for entry in entries] == ["list.a", "list.new", "get.b", "last"]
    assert entries[0] == {**BASE[0], "field": "models[].x"}
    assert "after" not in entries[1]


def test_an_endpoint_that_nothing_documents_any_more_is_at_most_should() -> None:
    overlay = {"capped": [{"endpoints": ["get"], "basis": "client", "source": "a client"}]}
    by_id = {entry["id"]: entry for entry in laid_over(BASE, overlay, "9.9")}
    assert (by_id["get.b"]["level"], by_id["get.b"]["basis"], by_id["get.b"]["source"]) == (
        "SHOULD",
        "client",
        "a client; a table",
    )
    assert by_id["list.a"] == BASE[0]
    assert by_id["get.c"] == BASE[2]


def test_a_promise_that_is_documented_for_all_endpoints_is_spared() -> None:
    overlay = {"capped": [{"endpoints": ["get"], "spared": ["get.b"], "basis": "client", "source": "a client"}]}
    assert laid_over(BASE, overlay, "9.9") == BASE


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"dropped": {"nothing": "x"}}, "changes nothing, which the release before doesn't have"),
        ({"changed": [{"id": "nothing"}]}, "changes nothing, which the release before doesn't have"),
        ({"requirements": [{"id": "list.a"}]}, "list.a stands twice"),
        ({"requirements": [{"id": "x"}, {"id": "x"}]}, "x stands twice"),
        ({"requirements": [{"id": "x", "after": "nothing"}]}, "stands after nothing, which isn't there"),
    ],
)
def test_an_overlay_that_fits_nothing_is_refused(overlay: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        laid_over(BASE, overlay, "9.9")
