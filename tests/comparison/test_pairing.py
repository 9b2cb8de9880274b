from conformance.comparison.own import OwnNames
from conformance.comparison.pairing import concurrent_names, pair
from conformance.evidence.exchange import Part
from tests.comparison.replies import exchange

RUN_ID = "0a1b2c3d"


def upload(name, **fields):
    text = f'{{"name": "{name}"}}'
    part = Part("metadata", None, "application/json", len(text), "", text)
    return exchange({}, endpoint="upload_and_convert", parts=(part,), **fields)


def asked(*questions, **fields):
    return [exchange({}, asked=one, name=f"n{i}", **fields) for i, one in enumerate(questions)]


def ids(pairing):
    return [(a.id, b.id) for a, b in pairing.pairs]


def test_the_same_question_is_paired_whatever_its_ids_and_its_place():
    found = pair(asked({"id": 1}, {"name": "a"}), asked({"name": "a"}, {"id": 77}))
    assert ids(found) == [("n0", "n1"), ("n1", "n0")]


def test_questions_of_other_checks_and_other_callers_are_not_paired():
    found = pair(asked({"id": 1}, check="test_x.py::a"), asked({"id": 1}, check="test_x.py::b"))
    assert not found.pairs
    assert (len(found.only_live), len(found.only_mock)) == (1, 1)


def test_of_a_question_that_is_repeated_until_something_is_done_the_last_ones_are_paired():
    found = pair(asked(*[{"id": 1}] * 5), asked(*[{"id": 1}] * 2))
    assert ids(found) == [("n0", "n0"), ("n4", "n1")]
    assert not found.only_live


def test_exchanges_of_no_check_are_left_out():
    found = pair(asked({"id": 1}, check=None), asked({"id": 1}, check="identification"))
    assert not found.pairs
    assert not found.only_live
    assert not found.only_mock


def test_names_in_requests_at_the_same_time_are_concurrent():
    first, second, third = (f"conf-{RUN_ID}-{x}" for x in "abc")
    exchanges = [
        upload(first, started_at="2026-01-01T00:00:00.000Z", seconds=0.5),
        upload(second, started_at="2026-01-01T00:00:00.400Z", seconds=0.5),
        upload(third, started_at="2026-01-01T00:00:02.000Z", seconds=0.5),
    ]
    assert concurrent_names(exchanges, OwnNames(RUN_ID, exchanges, exchanges)) == {first, second}


def test_a_time_that_is_none_is_passed_over():
    exchanges = [upload("x", started_at="yesterday"), upload("y")]
    assert concurrent_names(exchanges, OwnNames(RUN_ID, exchanges, exchanges)) == set()
