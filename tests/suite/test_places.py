"""The place of a wrong value is that in the whole reply, whatever the check looked at; what isn't sure isn't told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.contract import load_release
from conformance.instance.errors import NotJSON
from conformance.suite.assertions import Nonconformity, assert_equal, assert_field
from conformance.suite.places import Place, place_of_value, place_of_violation

RELEASE = load_release("2025.2")


def reply_of(body: Any) -> Any:
    return SimpleNamespace(status=200, exchange=SimpleNamespace(id="main-00001"), json=lambda: body)


def violated(endpoint: str, whole: Any, looked_at: Any) -> Place | None:
    found = RELEASE.schemas.violations(endpoint, looked_at)
    return place_of_violation(reply_of(whole), looked_at, found[0], RELEASE.schemas.field_pointers(endpoint))


@pytest.fixture
def versions() -> list[Any]:
    (body,) = [e.body for e in RELEASE.examples if e.name == "list-versions-requests"]
    return [dict(body[0]) for _ in range(3)]


def test_a_row_that_others_were_filtered_from_keeps_its_own_place(versions):
    versions[2]["models_pk_id"] = "5"
    assert violated("list_versions", versions, [versions[2]]) == Place("[2].models_pk_id", "an integer")


def test_a_missing_value_is_told_with_its_type(versions):
    del versions[1]["models_pk_id"]
    assert violated("list_versions", versions, versions) == Place("[1].models_pk_id", "an integer")


def test_the_whole_reply_is_a_place(versions):
    assert violated("list_versions", {"models": versions}, {"models": versions}) == Place("", "an array")


def test_a_value_that_only_the_filtered_list_holds_has_no_place(versions):
    assert violated("list_versions", [*versions, 7], [7]) is None


@pytest.mark.parametrize(
    ("body", "what", "place"),
    [
        ([{"sha": "a"}, {"sha": "b"}], "the version's sha", Place("[1].sha", '"c"')),
        ({"config": {"sha": "b"}}, "config.sha", Place("config.sha", '"c"')),
        ([{"sha": "b"}, {"sha": "b"}], "the version's sha", None),
        ([{"sha": "a"}], "the version's sha", None),
        ({"sha": "b"}, "the digest (hex)", None),
        (["sha", "b"], "sha", None),
    ],
)
def test_a_value_has_a_place_where_only_one_fits(body, what, place):
    assert place_of_value(reply_of(body), what, "b", "c") == place


def test_a_number_and_a_truth_are_not_the_same_value():
    assert place_of_value(reply_of([{"n": True}, {"n": 1}]), "n", 1, 2) == Place("[1].n", "2")


def test_a_value_that_json_cannot_express_has_a_place_all_the_same():
    assert place_of_value(reply_of({"at": "x"}), "at", "x", object()) == Place("at", None)


def test_a_reply_without_json_has_no_places():
    def refuse() -> Any:
        raise NotJSON("no JSON", None)

    reply: Any = SimpleNamespace(json=refuse)
    assert place_of_value(reply, "the sha", None, "c") is None


def test_assertions_carry_the_place(versions):
    versions[0]["models_pk_id"] = None
    with pytest.raises(Nonconformity) as failure:
        assert_field(RELEASE, RELEASE.requirement("list-versions.models-pk-id"), reply_of(versions), versions)
    assert failure.value.place == Place("[0].models_pk_id", "an integer")
    with pytest.raises(Nonconformity) as failure:
        assert_equal(7, 8, what="the row's id", reply=reply_of({"id": 7}))
    assert failure.value.place == Place("id", "8")
