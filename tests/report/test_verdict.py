"""Verdicts on requirements and runs, by table and by property."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.report.outcome import CHECK_VERDICTS, CheckOutcome
from conformance.report.verdict import (
    EXIT_CODES,
    LEVELS,
    NOT_RUN,
    VERDICTS,
    RequirementVerdict,
    judge_requirements,
    judge_run,
)
from conformance.report.waivers import Waiver

SEVERITY = {"conformant": 0, "conformant-with-waivers": 1, "not-testable": 2, "suite-error": 3, "not-conformant": 4}
IDS = ("a.must", "b.must", "c.should", "d.may", "e.inferred")
WAIVED = (Waiver("a.must", "agreed", "models team", "https://example.com/issues/7", date(2026, 11, 23)),)


def one(sample: Any, verdicts: Sequence[str], **fields: Any) -> RequirementVerdict:
    """The verdict on one requirement of which checks found `verdicts`."""
    checks = [sample.check(v, "upload.id", name=f"test_{i}", reason=f"r{i}") for i, v in enumerate(verdicts)]
    return judge_requirements([sample.requirement("upload.id", **fields)], checks, "core")[0]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([], "not-testable"),
        (["passed"], "passed"),
        (["passed", "passed"], "passed"),
        (["passed", "failed"], "failed"),
        (["error", "failed"], "failed"),
        (["passed", "error"], "inconclusive"),
        (["not-testable", "error"], "inconclusive"),
        (["passed", "not-testable"], "not-testable"),
        (["not-applicable", "not-testable"], "not-testable"),
        (["not-applicable"], "not-applicable"),
        (["not-applicable", "not-applicable"], "not-applicable"),
        (["not-applicable", "passed"], "passed"),
    ],
    ids=lambda value: "+".join(value) or "none" if isinstance(value, list) else value,
)
def test_the_strongest_outcome_settles_a_requirement(sample: Any, found: list[str], verdict: str) -> None:
    assert one(sample, found).verdict == verdict


def test_the_reason_is_the_deciding_checks(sample: Any) -> None:
    assert one(sample, ["passed", "failed"]).reason == "1 of 2 checks: r1"
    assert one(sample, ["not-testable"]).reason == "r0"
    assert one(sample, []).reason == NOT_RUN
    assert one(sample, ["passed"]).reason is None
    assert one(sample, ["passed", "not-applicable"]).reason == "1 of 2 checks did not apply"


def test_a_failure_without_a_reason_tells_what_differed(sample: Any) -> None:
    check = sample.check("failed", "upload.id", expected="202", actual="500")
    (verdict,) = judge_requirements([sample.requirement("upload.id")], [check], "core")
    assert verdict.reason == "expected 202, got 500"


def test_excluded_is_not_applicable_whatever_ran(sample: Any) -> None:
    verdict = one(sample, ["failed"], excluded="needs a cluster")
    assert (verdict.verdict, verdict.reason) == ("not-applicable", "excluded: needs a cluster")


@pytest.mark.parametrize(
    ("profile", "selected", "verdict"),
    [
        ("core", "core", "passed"),
        ("core", "full", "passed"),
        ("full", "full", "passed"),
        ("full", "core", "not-applicable"),
    ],
)
def test_a_profile_selects(sample: Any, profile: str, selected: str, verdict: str) -> None:
    check = sample.check("passed", "upload.id")
    judged = judge_requirements([sample.requirement("upload.id", profile=profile)], [check], selected)
    assert judged[0].verdict == verdict
    assert judged[0].reason == (None if verdict == "passed" else "profile full")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [("failed", "waived"), ("not-testable", "waived"), ("passed", "passed"), ("error", "inconclusive")],
)
def test_a_waiver_covers_failed_and_not_testable_only(sample: Any, found: str, verdict: str) -> None:
    waiver = [sample.waiver("upload.id")]
    judged = judge_requirements(
        [sample.requirement("upload.id")], [sample.check(found, "upload.id", reason="why")], "core", waiver
    )
    assert judged[0].verdict == verdict
    assert ("agreed" in (judged[0].reason or "")) == (verdict == "waived")


def test_a_waiver_of_an_unknown_requirement_is_refused(sample: Any) -> None:
    with pytest.raises(UsageError, match=r"'upload\.idd'"):
        judge_requirements([sample.requirement("upload.id")], [], "core", [sample.waiver("upload.idd")])


def test_a_reading_belongs_to_the_requirement_that_accepts_it(sample: Any) -> None:
    ambiguous = sample.requirement("upload.returns-id", interpretation=(sample.reading("version id", "as recorded"),))
    check = sample.check("passed", "upload.returns-id", "upload.status", observations=("reading: version id",))
    first, second = judge_requirements([ambiguous, sample.requirement("upload.status")], [check], "core")
    assert [str(reading) for reading in first.readings] == ["version id (as recorded)"]
    assert second.readings == ()


def run(sample: Any, outcomes: list[CheckOutcome], strict: bool = False, **fields: Any) -> Any:
    requirements = [
        sample.requirement("a.must"),
        sample.requirement("b.must"),
        sample.requirement("c.should", "SHOULD"),
        sample.requirement("d.may", "MAY"),
        sample.requirement("e.inferred", basis="inferred"),
    ]
    waivers = fields.pop("waivers", ())
    verdicts = judge_requirements(requirements, outcomes, "core", waivers)
    return judge_run(verdicts, outcomes, strict=strict, **fields)


EXIT_MATRIX = [
    # verdicts of a.must, b.must, c.should, d.may, e.inferred | strict | exit code
    ("passed", "passed", "passed", "passed", "passed", False, 0),
    ("passed", "passed", "failed", "passed", "passed", False, 0),
    ("passed", "passed", "failed", "passed", "passed", True, 1),
    ("passed", "passed", "passed", "failed", "passed", True, 0),
    ("passed", "passed", "passed", "passed", "failed", True, 0),
    ("passed", "passed", "not-testable", "passed", "passed", True, 0),
    ("passed", "passed", "passed", "not-testable", "not-testable", False, 0),
    ("passed", "not-applicable", "passed", "passed", "passed", False, 0),
    ("passed", "failed", "passed", "passed", "passed", False, 1),
    ("error", "failed", "passed", "passed", "passed", False, 1),
    ("not-testable", "failed", "passed", "passed", "passed", False, 1),
    ("passed", "error", "passed", "passed", "passed", False, 4),
    ("passed", "not-testable", "error", "passed", "passed", False, 4),
    ("passed", "passed", "passed", "error", "passed", False, 4),
    ("passed", "not-testable", "passed", "passed", "passed", False, 3),
    ("passed", "not-testable", "failed", "passed", "passed", False, 3),
    ("passed", "not-testable", "failed", "passed", "passed", True, 1),
    ("not-applicable", "not-applicable", "passed", "passed", "passed", False, 3),
]


@pytest.mark.parametrize("row", EXIT_MATRIX, ids=lambda row: "-".join(str(cell)[:5] for cell in row))
def test_exit_codes(sample: Any, row: tuple[Any, ...]) -> None:
    *found, strict, exit_code = row
    outcomes = [sample.check(v, i, name=i) for v, i in zip(found, IDS, strict=True)]
    assert run(sample, outcomes, strict).exit_code == exit_code


PASSES = [CheckOutcome(f"test_a.py::test_{i}", (i,), "passed") for i in IDS]


def test_blocked_is_not_testable_with_its_reason(sample: Any) -> None:
    verdict = run(sample, [], blocked="https://api.example.com refused the connection")
    assert (verdict.exit_code, verdict.verdict) == (3, "not-testable")
    assert verdict.reason == "https://api.example.com refused the connection"


def test_an_error_outside_of_the_checks_is_the_suites(sample: Any) -> None:
    verdict = run(sample, PASSES, suite_errors=["a worker died\nsecond line"])
    assert verdict.exit_code == 4
    assert verdict.reason == "the suite itself failed: a worker died"


def test_a_failure_that_no_requirement_accounts_for_is_an_error_of_the_suite(sample: Any) -> None:
    stray = sample.check("failed", "no.such-requirement")
    assert run(sample, [*PASSES, stray]).exit_code == 4


def test_nothing_run_is_never_conformant(sample: Any) -> None:
    assert run(sample, []).exit_code == 3
    assert judge_run([], []).exit_code == 3


def test_a_waived_must_is_told_apart_and_is_success_only_where_that_was_allowed(sample: Any) -> None:
    failure = sample.check("failed", "a.must")
    assert run(sample, [*PASSES, failure]).exit_code == 1
    waived = run(sample, [*PASSES, failure], waivers=WAIVED)
    assert (waived.verdict, waived.exit_code) == ("conformant-with-waivers", 1)
    assert waived.reason.startswith("2 MUST requirements passed, 1 waived: a run with waivers never certifies")
    assert "--allow-waivers" in waived.reason
    allowed = run(sample, [*PASSES, failure], waivers=WAIVED, allow_waivers=True)
    assert (allowed.verdict, allowed.exit_code) == ("conformant-with-waivers", 0)
    assert "never certifies" in allowed.reason


@pytest.mark.parametrize(
    ("identifier", "found", "strict", "verdict"),
    [
        ("a.must", "not-testable", False, "conformant-with-waivers"),
        ("c.should", "failed", False, "conformant"),
        ("c.should", "failed", True, "conformant-with-waivers"),
        ("c.should", "not-testable", True, "conformant"),
        ("d.may", "failed", True, "conformant"),
        ("e.inferred", "failed", True, "conformant"),
    ],
)
def test_a_waiver_counts_where_the_run_would_not_be_conformant_without_it(
    sample: Any, identifier: str, found: str, strict: bool, verdict: str
) -> None:
    waivers = [sample.waiver(identifier)]
    assert run(sample, [*PASSES, sample.check(found, identifier)], strict, waivers=waivers).verdict == verdict


def test_allowing_waivers_excuses_nothing_else(sample: Any) -> None:
    outcomes = [*PASSES, sample.check("failed", "a.must"), sample.check("failed", "b.must")]
    judged = run(sample, outcomes, waivers=WAIVED, allow_waivers=True)
    assert (judged.verdict, judged.exit_code) == ("not-conformant", 1)


def test_a_waiver_hides_no_error_of_the_suite_and_no_instance_out_of_reach(sample: Any) -> None:
    failure, error = sample.check("failed", "a.must"), sample.check("error", "a.must")
    assert run(sample, [*PASSES, failure, error], waivers=WAIVED, allow_waivers=True).exit_code == 4
    assert run(sample, [*PASSES, failure], waivers=WAIVED, allow_waivers=True, blocked="refused").exit_code == 3


def test_a_waiver_that_does_not_hold_keeps_a_run_from_being_conformant(sample: Any) -> None:
    judged = run(sample, PASSES, unsound=["a.must expired", "b.must stale"], allow_waivers=True)
    assert (judged.verdict, judged.exit_code) == ("not-conformant", 1)
    assert judged.reason == "a waiver doesn't hold: a.must expired (and 1 more)"


def test_nothing_is_waived_whose_check_was_not_run(sample: Any) -> None:
    (verdict,) = judge_requirements([sample.requirement("a.must")], [], "core", WAIVED)
    assert (verdict.verdict, verdict.reason, verdict.hides) == ("not-testable", NOT_RUN, None)


def test_counts_hold_every_requirement_once(sample: Any) -> None:
    counts = run(sample, [*PASSES, sample.check("failed", "c.should")]).counts
    assert list(counts) == list(LEVELS)
    assert all(list(counts[level]) == list(VERDICTS) for level in LEVELS)
    assert counts["MUST"]["passed"] == 3
    assert counts["SHOULD"]["failed"] == 1
    assert sum(sum(row.values()) for row in counts.values()) == len(IDS)


some_outcomes = st.lists(
    st.builds(
        CheckOutcome,
        nodeid=st.sampled_from(["t.py::a", "t.py::b", "t.py::c"]),
        requirements=st.lists(st.sampled_from(IDS), min_size=1, max_size=3).map(tuple),
        verdict=st.sampled_from(CHECK_VERDICTS),
    ),
    max_size=8,
)


@given(
    outcomes=some_outcomes,
    hit=st.lists(st.sampled_from(IDS), max_size=3).map(tuple),
    verdict=st.sampled_from(["failed", "error"]),
    strict=st.booleans(),
    waivers=st.sampled_from([(), WAIVED]),
    place=st.integers(0, 8),
)
def test_one_more_failure_or_error_never_improves_the_run(
    sample: Any,
    outcomes: list[CheckOutcome],
    hit: tuple[str, ...],
    verdict: str,
    strict: bool,
    waivers: tuple[Waiver, ...],
    place: int,
) -> None:
    # A gap that was seen and is accepted is better than a check that wasn't run.
    assume(not waivers or any("a.must" in outcome.requirements for outcome in outcomes))
    worse = [*outcomes[:place], CheckOutcome("t.py::new", hit, verdict), *outcomes[place:]]
    before = run(sample, outcomes, strict, waivers=waivers).verdict
    after = run(sample, worse, strict, waivers=waivers).verdict
    assert SEVERITY[after] >= SEVERITY[before]


@given(outcomes=some_outcomes, strict=st.booleans(), order=st.randoms(use_true_random=False))
def test_the_order_of_outcomes_changes_no_verdict(
    sample: Any, outcomes: list[CheckOutcome], strict: bool, order: Any
) -> None:
    shuffled = order.sample(outcomes, len(outcomes))
    first, second = run(sample, outcomes, strict), run(sample, shuffled, strict)
    assert (first.verdict, first.counts) == (second.verdict, second.counts)


@given(outcomes=some_outcomes)
def test_strict_never_improves_the_run(sample: Any, outcomes: list[CheckOutcome]) -> None:
    lenient, strict = run(sample, outcomes), run(sample, outcomes, strict=True)
    assert SEVERITY[strict.verdict] >= SEVERITY[lenient.verdict]


@given(outcomes=some_outcomes, strict=st.booleans())
def test_conformant_means_that_no_binding_requirement_is_open(
    sample: Any, outcomes: list[CheckOutcome], strict: bool
) -> None:
    verdict = run(sample, outcomes, strict)
    assert verdict.exit_code == EXIT_CODES[verdict.verdict]
    if verdict.verdict == "conformant":
        seen = {outcome.verdict for outcome in outcomes if {"a.must", "b.must"} & set(outcome.requirements)}
        assert seen <= {"passed", "not-applicable"}
        assert "passed" in seen


@pytest.mark.parametrize("found", ["failed", "error", "not-testable"])
@pytest.mark.parametrize("level", LEVELS)
def test_what_isnt_scored_decides_nothing_and_is_counted_nowhere(sample: Any, found: str, level: str) -> None:
    requirements = [sample.requirement("a.must"), sample.requirement("z.later", level, scored=False)]
    checks = [sample.check("passed", "a.must", name="test_a"), sample.check(found, "z.later", name="test_z")]
    verdicts = judge_requirements(requirements, checks, "core")
    run = judge_run(verdicts, checks, strict=True)
    assert (run.verdict, run.exit_code) == ("conformant", 0)
    assert verdicts[1].verdict == {"error": "inconclusive"}.get(found, found)
    assert not verdicts[1].binding
    assert sum(number for counts in run.counts.values() for number in counts.values()) == 1


def test_a_check_of_one_that_is_scored_and_one_that_isnt_decides_by_the_first(sample: Any) -> None:
    requirements = [sample.requirement("a.must"), sample.requirement("z.later", scored=False)]
    for found, verdict in (("failed", "not-conformant"), ("error", "suite-error")):
        checks = [sample.check(found, "a.must", "z.later")]
        assert judge_run(judge_requirements(requirements, checks, "core"), checks).verdict == verdict


def test_nothing_but_what_isnt_scored_proves_nothing(sample: Any) -> None:
    checks = [sample.check("passed", "z.later")]
    verdicts = judge_requirements([sample.requirement("z.later", scored=False)], checks, "core")
    assert judge_run(verdicts, checks).verdict == "not-testable"
