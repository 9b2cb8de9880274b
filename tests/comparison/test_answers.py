"""What only seems to differ is left out; what differs is told, and nothing else."""

import pytest

from conformance.comparison import compare_answers, load_run
from conformance.comparison.answers_page import NO_FAULT, answers_page
from conformance.comparison.layout import markdown_lines, table_lines
from conformance.mock.behaviour import Behaviour
from tests.comparison.recording import record
from tests.comparison.replies import exchange

CHECK = "test_list.py::test_x"


@pytest.fixture
def answered(altered, healthy):
    """Gives the comparison of two lists of bodies, answered to questions in the same order."""

    def compare(live, mock, **fields):
        runs = []
        for bodies in (live, mock):
            names = [f"conf-{healthy.run_id}-{letter}" for letter in "ab"]
            made = [
                exchange(body, asked={"n": "x" * i, "names": names}, check=CHECK, **fields)
                for i, body in enumerate(bodies)
            ]
            runs.append(altered(exchanges=tuple(made)))
        return compare_answers(*runs)

    return compare


def told(found):
    return [(one.kind, one.field, one.count, one.readings[0]) for one in found.differences]


def test_a_field_that_one_lacks_and_a_field_that_one_has_more(answered):
    assert told(answered([{"a": 1, "b": True}], [{"a": 1, "c": "x"}])) == [
        ("missing", "b", 1, ("true", "absent")),
        ("extra", "c", 1, ("absent", '"x"')),
    ]


def test_type_null_and_value(answered):
    live, mock = {"a": 1, "b": None, "c": "x", "d": 1.5}, {"a": "1", "b": 2, "c": "y", "d": 2.5}
    assert told(answered([live], [mock])) == [
        ("type", "a", 1, ("1", '"1"')),
        ("null", "b", 1, ("null", "2")),
        ("value", "c", 1, ("x", "y")),
        ("value", "d", 1, ("1.5", "2.5")),
    ]


def test_equal_differences_are_told_once(answered):
    found = answered([{"l": [{"a": 1}] * 3}] * 4, [{"l": [{"a": True}] * 3}] * 4)
    assert told(found) == [("type", "a", 12, ("1", "true"))]
    assert found.differences[0].places == ("list 2xx l[].a",)


def test_a_status_is_told_and_the_bodies_of_another_class_are_not_compared(altered):
    live = altered(exchanges=(exchange({"a": 1}, check=CHECK),))
    mock = altered(exchanges=(exchange({"msg": "no"}, status=400, check=CHECK),))
    assert told(compare_answers(live, mock)) == [("status", "", 1, ("200", "400"))]


def test_no_reply_is_a_difference(altered):
    live = altered(exchanges=(exchange({}, failed="timeout", check=CHECK),))
    mock = altered(exchanges=(exchange({}, check=CHECK),))
    assert told(compare_answers(live, mock)) == [("status", "", 1, ("no reply: timeout", "200"))]


def test_another_content_type_is_a_difference_and_its_spelling_is_none(altered):
    def run(value):
        return altered(exchanges=(exchange({}, headers=(("Content-Type", value),), check=CHECK),))

    json, same, text = run("application/json; charset=utf-8"), run("Application/JSON;charset=utf-8"), run("text/plain")
    assert not told(compare_answers(json, same))
    assert told(compare_answers(json, text)) == [
        ("header", "content-type", 1, ("application/json;charset=utf-8", "text/plain"))
    ]


def test_text_in_place_of_json_is_a_difference(answered):
    assert told(answered(["Unauthorized"], [{"msg": "x"}])) == [("body", "", 1, ("not JSON", "JSON"))]


def test_ids_that_always_stand_for_one_another_are_no_difference(answered):
    live = [{"l": [{"id": i}, {"id": i + 50}]} for i in range(5)]
    mock = [{"l": [{"id": i + 7}, {"id": i + 57}]} for i in range(5)]
    found = answered(live, mock)
    assert not told(found)
    assert found.ids == ("list l[].id",)


def test_an_id_that_once_stands_for_another_is_a_difference(answered):
    live = [{"id": i} for i in (1, 2, 3, 1)]
    mock = [{"id": i} for i in (11, 12, 13, 12)]
    assert sum(one.count for one in answered(live, mock).differences) == 4


def test_things_of_others_in_a_shared_workspace_are_left_out(answered, healthy):
    own, others = {"name": f"conf-{healthy.run_id}-a"}, [{"name": f"theirs {i}", "more": 1} for i in range(9)]
    assert not told(answered([{"l": [*others, own]}], [{"l": [own]}]))


def test_what_only_one_run_made_is_left_out(answered, healthy):
    own, alone = {"name": f"conf-{healthy.run_id}-a"}, {"name": f"conf-{healthy.run_id}-only-here"}
    assert not told(answered([{"l": [alone, own]}], [{"l": [own]}]))


def test_the_name_of_what_only_one_run_made_is_no_value_to_compare(altered, healthy):
    workspace = f"conf-{healthy.run_id}"
    made = exchange({}, asked={"workspace_name": workspace}, check=None)
    live = altered(exchanges=(exchange({"w": "theirs"}, check=CHECK),))
    mock = altered(exchanges=(made, exchange({"w": workspace}, check=CHECK)))
    assert not told(compare_answers(live, mock))


def test_the_own_thing_that_one_lacks_is_a_difference(answered, healthy):
    own = {"name": f"conf-{healthy.run_id}-a"}
    assert told(answered([{"l": [own]}], [{"l": []}])) == [("length", "l", 1, ("1 item", "0 items"))]


def test_the_order_of_own_things_is_a_difference(answered, healthy):
    first, second = ({"name": f"conf-{healthy.run_id}-{x}", "n": x} for x in "ab")
    assert told(answered([{"l": [first, second]}], [{"l": [second, first]}])) == [
        ("order", "l", 1, ("in one order", "in another"))
    ]


def test_the_moment_at_which_a_moving_field_was_read_is_no_difference(altered):
    def run(*statuses):
        made = [
            exchange({"status": s}, asked={"n": "same"}, check=f"test_x.py::test_{i}") for i, s in enumerate(statuses)
        ]
        return altered(exchanges=tuple(made))

    assert not told(compare_answers(run("new", "new", "ready", "ready"), run("new", "ready", "ready", "ready")))
    assert not told(compare_answers(run("new", "half", "ready", "ready"), run("new", "ready", "ready", "ready")))
    stuck = told(compare_answers(run("new", "half", "half", "half"), run("new", "ready", "ready", "ready")))
    assert stuck == [("value", "status", 3, ("half", "ready"))]


def test_a_list_that_grows_by_itself_may_have_another_length(altered):
    def run(*lengths):
        made = (
            exchange({"logs": ["x"] * length}, asked={"n": "same"}, check=f"test_x.py::test_{i}")
            for i, length in enumerate(lengths)
        )
        return altered(exchanges=tuple(made))

    assert not told(compare_answers(run(1, 2, 4, 4), run(1, 3, 4, 4)))
    assert told(compare_answers(run(1, 1, 1, 1), run(2, 2, 2, 2))) == [("length", "logs", 4, ("1 item", "2 items"))]


def test_a_field_that_does_not_move_is_compared_by_each_value(answered):
    assert told(answered([{"s": "a"}, {"s": "b"}], [{"s": "b"}, {"s": "a"}])) == [("value", "s", 2, ("a", "b"))]


def test_two_healthy_instances_answer_alike(healthy, tmp_path):
    again = load_run(record(tmp_path, Behaviour()))
    assert again.started_at != healthy.started_at
    found = compare_answers(healthy, again)
    assert found.summary == f"no difference: both answered {found.pairs} requests alike"
    assert found.pairs > 200


def test_an_instance_with_other_ids_and_models_of_others_answers_alike(healthy, tmp_path):
    found = compare_answers(load_run(record(tmp_path, Behaviour(), models_before=7)), healthy)
    assert "get_by_id id" in found.ids
    assert not found.differences


@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("times.z", {("value", "created_at"), ("value", "updated_at")}),
        ("times.whole-seconds", {("value", "created_at"), ("value", "updated_at")}),
        ("owner.uuid", {("value", "owner_id")}),
        ("upload.status-200", {("status", "")}),
        ("fields.fewer", {("extra", "status"), ("extra", "filter_threshold"), ("extra", "tensor_fields")}),
        ("order.oldest-first", {("order", "models"), ("order", "")}),
        ("gateway.401", {("body", ""), ("header", "content-type")}),
        ("transport.gzip", {("header", "content-encoding")}),
        ("neighbours.busy", set()),
        ("transport.chunked", set()),
        ("order.keys", set()),
        ("list-versions.sha.missing", {("extra", "sha")}),
        ("list-versions.sha.null", {("null", "sha")}),
        ("list-versions.sha.mistyped", {("type", "sha")}),
        ("get-by-id.owner-id.renamed", {("extra", "owner_id"), ("missing", "OwnerId")}),
    ],
)
def test_a_variant_or_a_defect_shows_exactly_its_own_difference(healthy, recorded, name, differs):
    found = compare_answers(load_run(recorded(name)), healthy)
    assert {(one.kind, one.field) for one in found.differences} == differs


def test_checks_that_ended_otherwise_are_told(healthy, recorded):
    found = compare_answers(load_run(recorded("list-versions.sha.missing")), healthy)
    assert found.checks
    assert {(one.live, one.mock) for one in found.checks} == {("failed", "passed"), ("not-testable", "passed")}
    assert all(one.said for one in found.checks)


def test_the_page_says_that_a_difference_is_no_fault(healthy, recorded):
    page = answers_page(compare_answers(load_run(recorded("owner.uuid")), healthy))
    assert NO_FAULT in "\n".join(text for text, _ in table_lines(page, 120))
    assert "owner&#95;id" in "\n".join(markdown_lines(page))
