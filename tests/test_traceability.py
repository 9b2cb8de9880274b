"""The gate between contract and checks: each promise has its check, each check its promise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from conformance.contract import load_release, release_ids
from conformance.running.checkrun import own_ids, requirement_ids, untraceable
from conformance.running.runner import checks_by_requirement, collect_checks
from conformance.settings import Settings

RELEASE = load_release("2023.4")


@pytest.fixture(scope="module")
def checks():
    return collect_checks(Settings())


def item(name: str, *ids: str) -> SimpleNamespace:
    marks = [pytest.mark.requirement(*ids).mark] if ids else []
    return SimpleNamespace(nodeid=f"suite/test_x.py::{name}", iter_markers=lambda _name: iter(marks))


@pytest.mark.parametrize("name", release_ids())
def test_every_promise_has_a_check_and_every_check_a_promise(name):
    release = load_release(name)
    collected = collect_checks(Settings(release=name))
    assert untraceable(release, collected) == []
    tested = {id for ids in map(requirement_ids, collected) for id in own_ids(release, ids)}
    assert tested == {r.id for r in release.requirements.values() if not r.excluded}


def test_collecting_asks_no_instance_whatever_the_settings_say(checks):
    """Where the release would be found out, it is the default's checks."""
    collected = collect_checks(Settings(target="http://127.0.0.1:1"))
    assert [item.nodeid for item in collected] == [item.nodeid for item in checks]


def test_a_promise_without_a_check_is_named(checks):
    without = [
        check for check in checks if "list.id" not in [a for m in check.iter_markers("requirement") for a in m.args]
    ]
    assert untraceable(RELEASE, without) == ["requirement list.id has no check and no reason for that"]


def test_a_check_may_name_what_only_another_release_promises_but_not_what_none_does(checks):
    assert untraceable(RELEASE, [*checks, item("test_nested", "list.id", "list.model")]) == []
    assert untraceable(RELEASE, [*checks, item("test_typo", "list.id", "list.modle")]) == [
        "check test_x.py::test_typo names 'list.modle', which no contract has"
    ]


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
