"""The suite on instances that are wrong on purpose, or healthy and different: in this process, one after the other."""

from __future__ import annotations

import pytest

from conformance.contract import load_release
from conformance.errors import ConformanceError
from conformance.mock.defects import catalogue
from conformance.running.checkrun import requirement_ids
from conformance.running.runner import collect_checks
from conformance.selftest.case import DEFECT, VARIANT, Case, Findings
from conformance.selftest.judging import judge_defect
from conformance.selftest.running import Runner, choosing, impatient, modules_of, neighbourhood, profile_of
from conformance.settings import Settings

RELEASE = load_release("2023.4")
REQUIREMENTS = RELEASE.requirements


@pytest.fixture(scope="module")
def runner():
    with Runner() as made:
        yield made


@pytest.mark.parametrize(
    "requirement",
    [
        "list.requires-token",
        "list-versions.sha-is-sha256",
        "get-by-id.name",
        "get.all-versions",
        "api.docs-page",
    ],
)
def test_a_defect_is_caught_for_its_own_reason(runner, requirement):
    defect = next(d for d in catalogue().values() if d.breaks[0] == requirement)
    found = runner.run(Case(DEFECT, defect.id))
    judged = judge_defect(defect, found)
    assert judged.verdict == "killed", judged.reason
    assert requirement in found.failed
    assert found.evidence


def test_two_runs_of_a_case_agree(runner):
    defect = next(d for d in catalogue().values() if d.breaks[0] == "list.requires-token")
    first, second = (runner.run(Case(DEFECT, defect.id)) for _ in range(2))
    assert (first.checks, set(first.failed), first.passed) == (second.checks, set(second.failed), second.passed)


@pytest.mark.parametrize("variant", ["fields.more", "times.z"])
def test_a_healthy_variant_raises_no_alarm(runner, variant):
    found = runner.run(Case(VARIANT, variant))
    assert found.errors == ()
    assert found.profile == "full"
    assert not [name for name in {**found.failed, **found.not_testable} if REQUIREMENTS[name].level == "MUST"]
    assert len(found.passed) > 100


def test_an_unknown_case_is_an_error_and_not_the_runners_end(runner):
    assert runner.run(Case(DEFECT, "no-such-defect")).errors
    assert runner.run(Case(VARIANT, "no-such-variant")).errors


def test_findings_pass_between_processes_unchanged():
    found = Findings("core", 3, 4, ("a.b",), {"c.d": "x"}, {"e.f": "y"}, ("z",), "seen", None, 1.5)
    assert Findings.from_json(found.to_json()) == found


@pytest.fixture(scope="module")
def checks():
    return collect_checks(Settings())


def chosen(checks, *breaks: str) -> set[str]:
    chooses = choosing(neighbourhood(RELEASE, breaks))
    return {name for item in checks if chooses(item) for name in requirement_ids(item)}


def test_the_modules_of_a_neighbourhood_hold_all_its_checks(checks):
    wanted = neighbourhood(RELEASE, ("get.id",))
    modules = modules_of("2023.4", wanted)
    chooses = choosing(wanted)
    assert {item.path for item in checks if chooses(item)} == set(modules)
    assert len(modules) < len({item.path for item in checks})


def test_the_neighbourhood_is_the_endpoint_of_what_is_broken(checks):
    near = chosen(checks, "list.requires-token")
    assert "list.models" in near
    assert {REQUIREMENTS[name].endpoint for name in near} <= {"list", None}
    assert "fuzzing.replies-conform" not in near


def test_what_belongs_to_no_endpoint_has_its_topic_for_a_neighbourhood(checks):
    near = chosen(checks, "authentication.bearer-token-accepted")
    assert "authentication.refusal-is-401" in near
    assert not [name for name in near if name.startswith(("journey.", "fuzzing.", "errors."))]


def test_fuzzing_is_run_where_it_is_what_is_broken(checks):
    assert "fuzzing.replies-conform" in chosen(checks, "fuzzing.replies-conform")


def test_the_profile_is_the_smallest_that_tests_what_is_broken():
    full = next(r.id for r in REQUIREMENTS.values() if r.profile == "full")
    assert profile_of(RELEASE, ("list.requires-token",)) == "core"
    assert profile_of(RELEASE, ("list.requires-token", full)) == "full"


@pytest.mark.parametrize(("breaks", "said"), [((), "no requirement"), (("list.nonsense",), "list.nonsense")])
def test_a_defect_that_breaks_nothing_known_is_refused(breaks, said):
    with pytest.raises(ConformanceError, match=said):
        profile_of(RELEASE, breaks)


def test_long_pauses_are_cut_short_and_short_ones_are_not(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("conformance.selftest.running.time.sleep", slept.append)
    for seconds in (0.05, 1.0, 2.0, 5.0):
        impatient(seconds)
    assert slept == [0.05, 1.0, 0.01, 0.01]
