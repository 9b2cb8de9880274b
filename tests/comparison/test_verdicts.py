from dataclasses import replace

import pytest

from conformance.comparison import compare_runs
from conformance.comparison.loading import RecordedWaiver

MUST, SHOULD = "upload.status", "api.json-content-type"


@pytest.fixture
def judged(altered, healthy):
    """Gives the healthy run with other fields of one requirement."""

    def changed(name, **fields):
        requirements = {**healthy.requirements, name: replace(healthy.requirements[name], **fields)}
        return altered(requirements=requirements)

    return changed


@pytest.mark.parametrize("verdict", ["failed", "not-testable", "inconclusive", "waived", "not-applicable"])
def test_a_must_that_no_longer_passes_is_broken_and_makes_it_worse(healthy, judged, verdict):
    found = compare_runs(healthy, judged(MUST, verdict=verdict, reason="because"))
    assert [(c.id, c.level, c.old, c.new, c.reason) for c in found.verdicts.of("broken")] == [
        (MUST, "MUST", "passed", verdict, "because")
    ]
    assert found.exit_code == 1
    assert found.summary.startswith("worse: 1 MUST requirement no longer passes")


def test_the_other_way_round_it_is_repaired(healthy, judged):
    found = compare_runs(judged(MUST, verdict="failed"), healthy)
    assert [change.id for change in found.verdicts.of("repaired")] == [MUST]
    assert found.exit_code == 0
    assert found.summary.startswith("better: 1 MUST requirement now passes")


def test_a_should_is_fatal_only_when_strict(healthy, judged):
    worse = judged(SHOULD, verdict="failed")
    assert compare_runs(healthy, worse).exit_code == 0
    assert compare_runs(healthy, worse).summary.startswith("slightly worse: 1 SHOULD")
    assert compare_runs(healthy, worse, strict=True).exit_code == 1


@pytest.mark.parametrize("reason", ["profile full", "excluded: out of reach"])
def test_what_the_new_run_left_out_is_not_broken(healthy, judged, reason):
    found = compare_runs(healthy, judged(MUST, verdict="not-applicable", reason=reason))
    assert found.exit_code == 0
    assert [change.id for change in found.verdicts.of("other")] == [MUST]


@pytest.mark.parametrize("fields", [{"basis": "inferred"}, {"scored": False}], ids=["inferred", "not scored"])
def test_what_decides_nothing_makes_nothing_worse(altered, healthy, fields):
    before = {**healthy.requirements, MUST: replace(healthy.requirements[MUST], **fields)}
    after = {**before, MUST: replace(before[MUST], verdict="failed")}
    found = compare_runs(altered(requirements=before), altered(requirements=after), strict=True)
    assert found.exit_code == 0
    assert found.verdicts.of("broken")


def test_requirements_in_one_run_only(healthy, altered):
    fewer = {name: one for name, one in healthy.requirements.items() if name != MUST}
    found = compare_runs(altered(requirements=fewer), healthy)
    assert [one.id for one in found.verdicts.only_new] == [MUST]
    assert "1 requirement in one run only" in found.summary


def test_readings_that_changed(healthy, altered):
    other = {**healthy.readings, "upload.status": ("200",), "new.one": ("a", "b")}
    found = compare_runs(healthy, altered(readings=other)).verdicts.readings
    assert found == {"upload.status": ("202", "200"), "new.one": ("not seen", "a, b")}


def test_waivers_that_came_and_went(healthy, altered):
    waiver = RecordedWaiver(MUST, "failed", "2027-01-01", "a gateway in between")
    found = compare_runs(healthy, altered(waivers={MUST: waiver})).verdicts.waivers
    assert found == {MUST: ("not waived", "waived until 2027-01-01, hides failed: a gateway in between")}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"release": "2024.4"}, "the contracts differ"),
        ({"profile": "full"}, "the profiles differ"),
        ({"suite_version": "9"}, "the suites differ"),
        ({"checks": {}}, "ran in one of them only"),
        ({}, "both are the same run"),
    ],
    ids=["release", "profile", "suite", "checks", "same"],
)
def test_an_unfair_comparison_says_why(healthy, altered, fields, says):
    fields = {"started_at": "2026-01-01T00:00:00Z", **fields} if fields else {}
    (line,) = compare_runs(healthy, altered(**fields)).unfair
    assert says in line
