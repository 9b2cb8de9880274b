"""How a check's end becomes its outcome, and what a check must have done to count as passed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from conformance.contract import load_release
from conformance.errors import NotTestable, Unreachable, UsageError
from conformance.evidence.exchange import Exchange, Request, Response
from conformance.evidence.recorder import Recorder
from conformance.evidence.redaction import Redactor
from conformance.instance.errors import InstanceFailure, NotJSON
from conformance.running.checkrun import CheckRun
from conformance.suite.assertions import TALLY, Nonconformity, expect, follows

RELEASE = load_release("2023.4")
SECRET = "a-secret-that-must-not-show"


def a_check():
    """The title of the check.

    Expect something.
    """


@pytest.fixture
def recorder():
    return Recorder(None, Redactor([SECRET]))


@pytest.fixture
def checkrun(recorder):
    run = CheckRun(RELEASE, recorder, "http://127.0.0.1:1")
    run.begin(ITEM)
    return run


ITEM = SimpleNamespace(
    nodeid="conformance/suite/test_list.py::test_x[a]",
    obj=a_check,
    iter_markers=lambda _name: iter([pytest.mark.requirement("list.id").mark]),
)


def exchange(recorder: Recorder) -> Exchange:
    return recorder.record(
        Exchange(
            id=recorder.next_id(),
            check=None,
            endpoint="list",
            started_at="2026-01-01T00:00:00Z",
            elapsed_seconds=0.01,
            request=Request(
                "POST", "/v1/api/models/list", [["Content-Type", "application/json"]], '{"workspace_id": 1}', []
            ),
            response=Response(200, "OK", [], f'{{"models": "{SECRET}"}}', None, 15),
            error=None,
        )
    )


def test_a_check_that_asks_nothing_has_proven_nothing(checkrun):
    expect(True, expected="x", actual="y")
    with pytest.raises(UsageError, match="without looking at a single reply"):
        checkrun.require_substance()


def test_a_check_that_asserts_nothing_has_proven_nothing(checkrun, recorder):
    exchange(recorder)
    with pytest.raises(UsageError, match="without asserting anything"):
        checkrun.require_substance()


def test_a_check_that_asks_and_asserts_counts(checkrun, recorder):
    exchange(recorder)
    expect(True, expected="x", actual="y")
    checkrun.require_substance()


def test_a_new_check_starts_without_the_last_ones_substance(checkrun, recorder):
    exchange(recorder)
    expect(True, expected="x", actual="y")
    checkrun.begin(ITEM)
    with pytest.raises(UsageError):
        checkrun.require_substance()


def test_a_passed_check_lists_what_it_used(checkrun, recorder):
    seen = exchange(recorder)
    outcome = checkrun.outcome(ITEM, None)
    assert (outcome.verdict, outcome.nodeid, outcome.title) == (
        "passed",
        "test_list.py::test_x[a]",
        "The title of the check.",
    )
    assert outcome.requirements == ("list.id",)
    assert outcome.exchanges == (seen.id,)
    assert outcome.curl is None


def test_only_what_the_release_promises_and_tests_is_at_stake(checkrun):
    item = SimpleNamespace(**vars(ITEM))
    ids = ("list.model", "list.id", "api.base-url", "get.workspace")
    item.iter_markers = lambda _name: iter([pytest.mark.requirement(*ids).mark])
    assert checkrun.outcome(item, None).requirements == ("list.id",)
    checkrun.release = load_release("2024.4")
    assert checkrun.outcome(item, None).requirements == ("list.model", "list.id", "get.workspace")


def test_what_isnt_scored_never_counts(checkrun):
    must = replace(RELEASE.requirements["list.id"], scored=False)
    should = replace(RELEASE.requirements["api.docs-page"], scored=False)
    checkrun.release = replace(RELEASE, requirements={must.id: must, should.id: should})
    for name in (must.id, should.id):
        item = SimpleNamespace(**vars(ITEM))
        item.iter_markers = lambda _name, ids=(name,): iter([pytest.mark.requirement(*ids).mark])
        outcome = checkrun.outcome(item, Nonconformity("a", "b"))
        assert outcome.requirements == (name,)
        assert not checkrun.decides(outcome, strict=True)


def test_a_nonconformity_names_expected_actual_and_its_curl_without_secrets(checkrun, recorder):
    seen = exchange(recorder)
    error = Nonconformity("an id", f"got {SECRET}")
    error.exchanges = (seen.id,)
    outcome = checkrun.outcome(ITEM, error)
    assert (outcome.verdict, outcome.expected, outcome.actual) == ("failed", "an id", "got [redacted]")
    assert "/v1/api/models/list" in outcome.curl
    assert SECRET not in repr(outcome)


@pytest.mark.parametrize(
    ("make", "verdict"),
    [
        (lambda x: InstanceFailure("cut off", x), "failed"),
        (lambda x: NotJSON("no JSON", x), "failed"),
        (lambda x: NotTestable("no second user"), "not-testable"),
        (lambda x: Unreachable("refused"), "not-testable"),
        (lambda x: pytest.skip.Exception("why"), "not-testable"),
        (lambda x: AssertionError("a bare assert"), "error"),
        (lambda x: KeyError("id"), "error"),
        (lambda x: UsageError("nothing asserted"), "error"),
        (lambda x: ExceptionGroup("two", [KeyError("id"), Nonconformity("a", "b")]), "failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_what_the_instance_did_counts_against_it(checkrun, recorder, make, verdict):
    outcome = checkrun.outcome(ITEM, make(exchange(recorder)))
    assert outcome.verdict == verdict
    assert outcome.reason or outcome.actual


def test_the_readings_seen_are_observations(checkrun):
    follows(RELEASE.requirement("upload.status"), "202")
    assert checkrun.outcome(ITEM, None).observations == ("reading: 202",)
    assert TALLY.assertions == 1


def test_a_reading_that_the_contract_does_not_list_is_the_suites_mistake():
    with pytest.raises(ValueError, match="lists no reading"):
        follows(RELEASE.requirement("upload.status"), "418")


@pytest.mark.parametrize(
    ("requirement", "strict", "counts"),
    [
        ("list.id", False, True),
        ("api.docs-page", False, False),
        ("api.docs-page", True, True),
        ("upload.schemas-nested", True, False),
        ("authentication.foreign-workspace-upload-refused", True, False),
    ],
)
def test_what_counts_against_the_run(checkrun, requirement, strict, counts):
    item = SimpleNamespace(**vars(ITEM))
    item.iter_markers = lambda _name: iter([pytest.mark.requirement(requirement).mark])
    outcome = checkrun.outcome(item, Nonconformity("a", "b"))
    assert checkrun.decides(outcome, strict=strict) is counts
