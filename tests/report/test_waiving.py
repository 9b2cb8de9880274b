"""What becomes of each waiver in a run, and that every report says it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.report import junit, statement
from conformance.report.run import RunResult
from conformance.report.terminal import summary_lines
from conformance.report.waivers import Waiver, of_statement

DAY = date(2026, 11, 23)
"""The day of the sample's runs."""


def judged(sample: Any, found: str, *waivers: Waiver, **fields: Any) -> RunResult:
    """A run of one MUST that always passes and one of which a check found `found`."""
    requirement = fields.pop("requirement", sample.requirement("upload.id"))
    outcomes = [sample.check("passed", "list.id", name="test_list")]
    outcomes += [sample.check(found, requirement.id, reason="as it is")] if found != "nothing" else []
    return sample.run([sample.requirement("list.id"), requirement], outcomes, waivers=waivers, **fields)


def why(run: RunResult) -> list[str]:
    return [waiver.why for waiver in run.idle_waivers]


@pytest.mark.parametrize("found", ["failed", "not-testable"])
def test_a_waiver_that_hides_something_is_told_with_what_it_hides(sample: Any, found: str) -> None:
    run = judged(sample, found, sample.waiver("upload.id"))
    (waiver,) = run.waivers
    assert (waiver.requirement, waiver.level, waiver.hides) == ("upload.id", "MUST", found)
    assert (waiver.owner, waiver.expires) == ("models team", "2026-11-23")
    assert run.idle_waivers == ()
    assert run.verdict.verdict == "conformant-with-waivers"


@pytest.mark.parametrize(
    ("found", "fields", "reason"),
    [
        ("passed", {}, "stale"),
        ("not-applicable", {}, "stale"),
        ("error", {}, "inconclusive"),
        ("nothing", {}, "not-run"),
        ("failed", {"expires": date(2026, 11, 22)}, "expired"),
        ("passed", {"expires": date(2026, 11, 22)}, "expired"),
        ("failed", {"target": "https://staging.*"}, "other-target"),
        ("failed", {"target": "https://staging.*", "expires": date(2026, 11, 22)}, "other-target"),
    ],
)
def test_a_waiver_that_hides_nothing_is_told_with_why(
    sample: Any, found: str, fields: dict[str, Any], reason: str
) -> None:
    run = judged(sample, found, sample.waiver("upload.id", **fields), allow_waivers=True)
    assert run.waivers == ()
    assert why(run) == [reason]


@pytest.mark.parametrize("fields", [{}, {"expires": date(2026, 11, 22)}], ids=["stale", "expired"])
def test_a_stale_or_expired_waiver_fails_the_run(sample: Any, fields: dict[str, Any]) -> None:
    assert judged(sample, "passed").verdict.exit_code == 0
    run = judged(sample, "passed", sample.waiver("upload.id", **fields), allow_waivers=True)
    assert (run.verdict.verdict, run.verdict.exit_code) == ("not-conformant", 1)
    assert "upload.id" in run.verdict.reason


def test_an_expired_waiver_hides_nothing(sample: Any) -> None:
    run = judged(sample, "failed", sample.waiver("upload.id", expires=date(2026, 11, 22)), allow_waivers=True)
    assert {v.id: v.verdict for v in run.requirements}["upload.id"] == "failed"


def test_what_belongs_to_another_profile_is_left_aside(sample: Any) -> None:
    full = sample.requirement("upload.id", profile="full")
    waiver = sample.waiver("upload.id")
    core = judged(sample, "nothing", waiver, requirement=full)
    assert (why(core), core.verdict.verdict) == (["other-profile"], "conformant")
    assert why(judged(sample, "passed", waiver, requirement=full, profile="full")) == ["stale"]


def test_what_the_release_excludes_from_testing_makes_a_waiver_stale(sample: Any) -> None:
    excluded = sample.requirement("upload.id", excluded="needs a cluster")
    run = judged(sample, "nothing", sample.waiver("upload.id"), requirement=excluded)
    assert why(run) == ["stale"]
    assert "needs a cluster" in run.idle_waivers[0].says


def test_an_instance_out_of_reach_has_nothing_to_waive(sample: Any) -> None:
    waivers = [sample.waiver("upload.id"), sample.waiver("of.another-release")]
    run = judged(sample, "not-testable", *waivers, blocked="connection refused", allow_waivers=True)
    assert (run.verdict.verdict, run.verdict.exit_code, run.waivers) == ("not-testable", 3, ())
    assert why(run) == ["not-run", "not-run"]


def cases(run: RunResult) -> dict[str, ET.Element]:
    return {case.get("name", ""): case for case in ET.fromstring(junit.render(run)).iter("testcase")}


def test_junit_skips_what_is_waived_and_says_why(sample: Any) -> None:
    skipped = cases(judged(sample, "failed", sample.waiver("upload.id")))["test_it"].find("skipped")
    assert skipped is not None
    assert (skipped.get("type"), "agreed" in skipped.get("message", "")) == ("waived", True)


def test_junit_still_fails_a_check_that_leaves_another_requirement_failed(sample: Any) -> None:
    requirements = [sample.requirement("upload.id"), sample.requirement("list.id")]
    check = sample.check("failed", "upload.id", "list.id", expected="1", actual="2")
    run = sample.run(requirements, [check], waivers=[sample.waiver("upload.id")])
    assert cases(run)["test_it"].find("failure") is not None


@pytest.mark.parametrize("fields", [{}, {"expires": date(2026, 11, 22)}], ids=["stale", "expired"])
def test_junit_fails_a_waiver_that_does_not_hold(sample: Any, fields: dict[str, Any]) -> None:
    run = judged(sample, "passed", sample.waiver("upload.id", **fields))
    assert cases(run)["upload.id"].find("failure") is not None
    assert ET.fromstring(junit.render(run)).get("failures") == "1"


def told(run: RunResult) -> str:
    return "\n".join(text for text, _ in summary_lines(run, None, 100))


def test_the_screen_names_what_each_waiver_hides_its_owner_and_its_end(sample: Any) -> None:
    text = told(judged(sample, "failed", sample.waiver("upload.id")))
    assert "CONFORMANT WITH WAIVERS" in text.splitlines()[-1]
    for part in ("Waived (1)", "MUST upload.id (failed)", "models team until 2026-11-23", "agreed"):
        assert part in text


def test_the_screen_names_each_waiver_that_hides_nothing(sample: Any) -> None:
    waivers = [sample.waiver("upload.id"), sample.waiver("list.id", target="https://staging.*")]
    text = told(judged(sample, "passed", *waivers))
    assert "Waivers that don't hold (1)" in text
    assert "upload.id: stale" in text
    assert "Waivers without effect (1)" in text
    assert "list.id: not in force: it is for https://staging.*" in text


def test_the_statement_lists_every_waiver_and_gives_them_back(sample: Any) -> None:
    waivers = [sample.waiver("upload.id"), sample.waiver("list.id", target="https://staging.*")]
    run = judged(sample, "failed", *waivers)
    stated = json.loads(statement.render(run))
    assert stated["verdict"] == "conformant-with-waivers"
    assert [entry["hides"] for entry in stated["waivers"]] == ["failed"]
    assert [entry["why"] for entry in stated["idle_waivers"]] == ["other-target"]
    assert list(of_statement(stated)) == waivers
    assert judged(sample, "failed", *of_statement(stated)).verdict == run.verdict


def test_hostile_waivers_break_no_report(sample: Any) -> None:
    waiver = sample.waiver("upload.id", reason=sample.hostile, owner=sample.hostile)
    for found in ("failed", "passed"):
        run = judged(sample, found, waiver)
        ET.fromstring(junit.render(run))
        statement.render(run)
        assert "\x1b" not in told(run)
