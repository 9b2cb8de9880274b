import pytest

from conformance.comparison.fields import MAX_KEYS, compare_fields, shapes_of
from tests.comparison.replies import exchange

RUN_ID = "0a1b2c3d"


def changes(old, new, **kind):
    """The changes between two lists of bodies, as (path, kind, old, new)."""
    shapes = [shapes_of((exchange(body, **kind) for body in bodies), RUN_ID) for bodies in (old, new)]
    return [(one.path, one.kind, one.old, one.new) for one in compare_fields(*shapes)]


def test_equal_replies_have_no_changes():
    assert not changes([{"a": [1, {"b": None}]}], [{"a": [2, {"b": None}]}])


def test_a_field_that_went_is_told_with_its_type():
    assert changes([{"models": [{"id": 1, "sha": "x"}]}], [{"models": [{"id": 2}]}]) == [
        ("models[].sha", "gone", "string", "")
    ]


def test_what_is_below_a_new_field_is_not_told_again():
    assert changes([{"a": 1}], [{"a": 1, "config": {"b": {"c": 1}}}]) == [("config", "new", "", "object")]


def test_a_new_field_that_is_only_sometimes_there_says_how_often():
    assert changes([{"a": 1}], [{"a": 1, "b": 2}, {"a": 1}]) == [("b", "new", "", "integer, in 1 of 2")]


def test_a_type_that_changed():
    assert changes([{"id": 1}], [{"id": "1"}]) == [("id", "type", "integer", "string")]


def test_null_tells_only_with_enough_samples():
    assert not changes([{"a": 1}] * 9, [{"a": None}, *[{"a": 1}] * 8])
    assert changes([{"a": 1}] * 10, [{"a": None}, *[{"a": 1}] * 9]) == [
        ("a", "null", "never null in 10", "null in 1 of 10")
    ]


def test_a_field_that_is_not_always_there_any_more():
    assert changes([{"a": 1, "b": 1}] * 10, [*[{"a": 1, "b": 1}] * 9, {"a": 1}]) == [
        ("b", "presence", "in all 10", "in 9 of 10")
    ]


def test_a_list_that_was_empty_says_nothing_of_its_items():
    assert not changes([{"models": []}], [{"models": [{"id": 1}]}])


@pytest.mark.parametrize(
    "keys",
    [
        ("17", "18"),
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"),
        (f"conf-{RUN_ID}-a", f"conf-{RUN_ID}-b"),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("someone@example.com", "other@example.com"),
        ("a" * 70, "b" * 70),
    ],
    ids=["numbers", "uuids", "names of the run", "times", "addresses", "long"],
)
def test_keys_that_are_data_are_no_fields(keys):
    first, second = keys
    assert not changes([{"by": {first: {"n": 1}}}], [{"by": {second: {"n": 1}}}])
    assert changes([{"by": {first: {"n": 1}}}], [{"by": {second: {"n": "1"}}}]) == [
        ("by{}.n", "type", "integer", "string")
    ]


def test_many_rare_keys_are_data_too():
    old, new = ([{"labels": {f"word-{letter}{i}": 1}} for i in range(30)] for letter in "ab")
    assert not changes(old, new)


def test_a_flood_of_keys_does_not_flood_the_comparison():
    flood = {f"key{i}x": i for i in range(100 * MAX_KEYS)}
    assert len(changes([{"a": {"b": 1}}], [{"a": flood}])) <= 1


def test_statuses_of_another_class_are_apart():
    shapes = [
        shapes_of([exchange({"a": 1}), exchange({"msg": "no"}, status=400)], RUN_ID),
        shapes_of([exchange({"a": 1}), exchange({"error": "no"}, status=404)], RUN_ID),
    ]
    assert {(one.statuses, one.path, one.kind) for one in compare_fields(*shapes)} == {
        ("4xx", "msg", "gone"),
        ("4xx", "error", "new"),
    }


def test_a_reply_that_is_no_json_or_failed_has_no_say():
    good = [exchange({"a": 1})]
    bad = [exchange("<html>"), exchange({"b": 1}, failed="reset"), exchange("[" * 50_000)]
    assert not compare_fields(shapes_of(good, RUN_ID), shapes_of(good + bad, RUN_ID))
    assert shapes_of(bad, RUN_ID) == {}


def test_deep_nesting_is_walked_without_error():
    deep = "[" * 500 + "]" * 500
    assert not compare_fields(shapes_of([exchange(deep)], RUN_ID), shapes_of([exchange(deep)], RUN_ID))
