"""`junit.xml` as a reader of continuous integration sees it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.report import junit
from conformance.report.findings import Identification


@pytest.fixture
def suite(sample: Any) -> ET.Element:
    requirements = [
        sample.requirement("upload.id", text="Answers with an id."),
        sample.requirement("upload.status", "SHOULD"),
        sample.requirement("list.id"),
        sample.requirement("get.id", excluded="gone"),
    ]
    outcomes = [
        sample.check(
            "failed",
            "upload.status",
            "upload.id",
            name="test_id[a/b::c]",
            expected="15",
            actual="no id",
            exchanges=("x1",),
            seconds=0.5,
        ),
        sample.check("passed", "upload.id", name="test_ok", observations=("reading: version id",)),
        sample.check("not-testable", "upload.id", name="test_curl", reason="curl isn't installed"),
        sample.check("not-applicable", "upload.id", name="test_off", reason="no second workspace"),
        sample.check("error", "upload.id", name="test_crash", reason="KeyError: 'id'"),
    ]
    run = sample.run(requirements, outcomes, exchanges=[sample.exchange("x1")])
    root = ET.fromstring(junit.render(run))
    assert root.tag == "testsuites"
    (suite,) = root
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped", "time")} == {
        key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")
    }
    return suite


def case(suite: ET.Element, name: str) -> ET.Element:
    (found,) = [element for element in suite.iter("testcase") if element.get("name") == name]
    return found


def test_the_totals_count_the_cases(suite: ET.Element) -> None:
    totals = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")}
    assert totals == {"tests": "6", "failures": "1", "errors": "3", "skipped": "1", "time": "12.345"}


def test_a_failure_has_the_three_lines_and_the_curl(suite: ET.Element) -> None:
    failed = case(suite, "test_id[a/b::c]")
    assert failed.get("classname") == "test_upload"
    assert failed.get("time") == "0.500"
    (failure,) = failed.findall("failure")
    assert failure.get("type") == "MUST"
    assert failure.get("message", "").splitlines() == [
        "Requirement: upload.id, upload.status (MUST): Answers with an id.",
        "Expected: 15",
        "Actual: no id",
    ]
    assert "curl --silent" in (failure.text or "")


def test_requirements_levels_exchanges_and_readings_are_properties(suite: ET.Element) -> None:
    def properties(name: str) -> list[tuple[str | None, str | None]]:
        return [(p.get("name"), p.get("value")) for p in case(suite, name).iter("property")]

    assert properties("test_id[a/b::c]") == [
        ("requirement", "upload.status"),
        ("requirement", "upload.id"),
        ("level", "SHOULD"),
        ("level", "MUST"),
        ("exchange", "x1"),
    ]
    assert ("reading", "version id") in properties("test_ok")


@pytest.mark.parametrize(
    ("name", "tag", "kind", "message"),
    [
        ("test_curl", "error", "not-testable", "curl isn't installed"),
        ("test_crash", "error", "error", "KeyError: 'id'"),
        ("test_off", "skipped", "not-applicable", "no second workspace"),
        ("list.id", "error", "not-testable", "its check was not run"),
    ],
)
def test_what_did_not_pass_says_so(suite: ET.Element, name: str, tag: str, kind: str, message: str) -> None:
    (result,) = [child for child in case(suite, name) if child.tag != "properties"]
    assert (result.tag, result.get("type"), result.get("message")) == (tag, kind, message)


def test_a_passed_check_has_no_result_element(suite: ET.Element) -> None:
    assert {child.tag for child in case(suite, "test_ok")} == {"properties"}


def test_the_run_is_described_by_properties(suite: ET.Element) -> None:
    said = {p.get("name"): p.get("value") for p in suite.find("properties") or ()}
    assert said["verdict"] == "not-conformant"
    assert said["target"] == "https://api.example.com"
    assert said["release"] == "2023.4"


def test_a_run_that_could_not_start_is_an_error_case(sample: Any) -> None:
    root = ET.fromstring(junit.render(sample.run([], [], blocked="connection refused")))
    assert root.get("errors") == "1"
    assert [error.get("message") for error in root.iter("error")] == ["connection refused"]


def test_a_failure_that_does_not_count_is_still_shown(sample: Any) -> None:
    check = sample.check("failed", "upload.id", expected="15", actual="16")
    run = sample.run([sample.requirement("upload.id", scored=False), sample.requirement("list.id")], [check])
    (failure,) = ET.fromstring(junit.render(run)).iter("failure")
    assert failure.get("type") == "not-counted"
    assert failure.text == "Requirement: upload.id\nExpected: 15\nActual: 16"


def test_hostile_text_is_well_formed_and_cannot_add_elements(sample: Any) -> None:
    root = ET.fromstring(junit.render(sample.hostile_run()))
    assert root.get("tests") == "6"
    known = {"testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "skipped"}
    assert {element.tag for element in root.iter()} == known
    assert all("\\x1b[2J" in (failure.text or "") for failure in root.iter("failure"))


def test_how_the_release_was_found_is_a_property_of_the_run(sample: Any) -> None:
    def said(**fields: Any) -> str | None:
        run = sample.run([sample.requirement("upload.id")], [], **fields)
        (found,) = [p for p in ET.fromstring(junit.render(run)).iter("property") if p.get("name") == "release_found"]
        return found.get("value")

    assert said() == "named"
    assert said(**sample.found()) == "found"
    assert said(identification=Identification("2024.1", (), "nearest")) == "nearest"


def test_a_check_of_nothing_scored_is_marked_and_what_isnt_scored_has_no_case_of_its_own(sample: Any) -> None:
    later = [sample.requirement(f"z.later{n}", scored=False) for n in range(2)]
    run = sample.run([sample.requirement("a.must"), *later], [sample.check("failed", "z.later0", name="test_z")])
    suite = ET.fromstring(junit.render(run))
    (checked, unchecked) = suite.iter("testcase")
    assert [p.get("value") for p in checked.iter("property") if p.get("name") == "scored"] == ["false"]
    (failure,) = checked.iter("failure")
    assert failure.get("type") == "not-counted"
    assert unchecked.get("name") == "a.must"
