"""The gate between contract and checks: each promise has its check, each check its promise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from conformance.checkrun import untraceable
from conformance.contract import load_release
from conformance.runner import checks_by_requirement, collect_checks
from conformance.settings import Settings

RELEASE = load_release("2023.4")


@pytest.fixture(scope="module")
def checks():
    return collect_checks(Settings())


def item(name: str, *ids: str) -> SimpleNamespace:
    marks = [pytest.mark.requirement(*ids).mark] if ids else []
    return SimpleNamespace(nodeid=f"suite/test_x.py::{name}", iter_markers=lambda _name: iter(marks))


def test_every_promise_has_a_check_and_every_check_a_promise(checks):
    assert untraceable(RELEASE, checks) == []


def test_a_promise_without_a_check_is_named(checks):
    without = [
        check for check in checks if "list.id" not in [a for m in check.iter_markers("requirement") for a in m.args]
    ]
    assert untraceable(RELEASE, without) == ["requirement list.id has no check and no reason for that"]


def test_a_check_without_a_promise_or_with_an_unknown_or_excluded_one_is_named(checks):
    strays = [item("test_nothing"), item("test_typo", "list.idd"), item("test_excluded", "api.base-url")]
    problems = untraceable(RELEASE, [*checks, *strays])
    assert [problem.split(",")[0] for problem in problems] == [
        "check test_x.py::test_nothing names no requirement",
        "check test_x.py::test_typo names 'list.idd'",
        "check test_x.py::test_excluded names api.base-url",
    ]


def test_each_check_says_in_its_docstring_what_it_expects(checks):
    silent = {c.nodeid.partition("[")[0] for c in checks if "expect" not in (c.obj.__doc__ or "").lower()}
    assert not silent


def test_the_listing_drops_parameters(checks):
    listed = checks_by_requirement(checks)
    assert all("[" not in name for names in listed.values() for name in names)
    assert set(listed) == {r.id for r in RELEASE.requirements.values() if not r.excluded}
