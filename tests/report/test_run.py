"""A judged run answers what the reports ask of it."""

from __future__ import annotations

import platform
from typing import Any

from conformance.report import SuiteInfo


def test_failures_come_by_level_then_in_order_of_checks(sample: Any) -> None:
    requirements = [
        sample.requirement("a.may", "MAY"),
        sample.requirement("b.inferred", basis="inferred"),
        sample.requirement("c.must"),
        sample.requirement("d.should", "SHOULD"),
        sample.requirement("e.must", excluded="not asked"),
    ]
    checks = [
        sample.check("failed", *ids, name=name)
        for name, ids in {
            "test_1": ("a.may",),
            "test_2": ("b.inferred",),
            "test_3": ("d.should", "c.must"),
            "test_4": ("c.must",),
            "test_5": ("e.must",),
        }.items()
    ]
    failures = sample.run(requirements, checks[::-1]).failures()
    assert [f.outcome.nodeid.rpartition("::")[2] for f in failures] == [
        "test_3",
        "test_4",
        "test_2",
        "test_1",
    ]
    assert [verdict.id for verdict in failures[0].requirements] == ["c.must", "d.should"]


def test_a_failure_without_details_still_says_something(sample: Any) -> None:
    check = sample.check("failed", "upload.id", title="The id is a number.")
    (failure,) = sample.run([sample.requirement("upload.id")], [check]).failures()
    assert failure.expected == "The id is a number."
    assert failure.actual == "no details were recorded"


def test_the_curl_is_the_checks_own_or_of_its_last_exchange(sample: Any) -> None:
    own = sample.check("failed", "upload.id", curl="curl mine")
    last = sample.check("failed", "upload.id", name="test_b", exchanges=("x1", "x2", "gone"))
    none = sample.check("failed", "upload.id", name="test_c")
    exchanges = [sample.upload("x1"), sample.exchange("x2")]
    run = sample.run([sample.requirement("upload.id")], [own, last, none], exchanges=exchanges)
    assert run.curl(own) == "curl mine"
    assert "https://api.example.com/v1/api/models/list" in (run.curl(last) or "")
    assert run.curl(none) is None


def test_without_an_address_there_is_no_curl_to_make(sample: Any) -> None:
    check = sample.check("failed", "upload.id", exchanges=("x1",))
    requirements, exchanges = [sample.requirement("upload.id")], [sample.exchange("x1")]
    run = sample.run(requirements, [check], exchanges=exchanges, target="embedded instance")
    assert run.curl(check) is None


def test_untested_groups_put_the_commonest_reason_first(sample: Any) -> None:
    requirements = [sample.requirement(f"upload.r{i}") for i in range(4)]
    checks = [
        sample.check("error", "upload.r0", name="a", reason="crashed"),
        sample.check("not-testable", "upload.r1", name="b", reason="no curl"),
        sample.check("not-testable", "upload.r2", name="c", reason="no curl"),
        sample.check("passed", "upload.r3", name="d"),
    ]
    groups = sample.run(requirements, checks).untested()
    assert list(groups.items()) == [("no curl", ["upload.r1", "upload.r2"]), ("crashed", ["upload.r0"])]


def test_the_suite_knows_its_python_and_packages() -> None:
    suite = SuiteInfo.current()
    assert suite.python == platform.python_version()
    assert {"pytest", "requests", "jsonschema"} <= set(suite.packages)


def test_what_isnt_scored_is_told_apart_from_failures_and_the_untested(sample: Any) -> None:
    requirements = [
        sample.requirement("a.must"),
        sample.requirement("y.later", scored=False),
        sample.requirement("z.later", scored=False),
    ]
    checks = [
        sample.check("failed", "y.later", "a.must", name="test_1"),
        sample.check("failed", "y.later", name="test_2"),
    ]
    run = sample.run(requirements, checks)
    assert [verdict.id for verdict in run.unscored()] == ["y.later", "z.later"]
    assert [[v.id for v in failure.requirements] for failure in run.failures()] == [["a.must"]]
    assert run.untested() == {}
