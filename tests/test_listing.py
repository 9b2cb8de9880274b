"""The contract as the command lists it."""

from __future__ import annotations

import json

import pytest

from conformance.contract import load_release
from conformance.listing import render_requirements

RELEASE = load_release("2023.4")
CHECKS = {"list.id": ["test_list.py::test_field"]}


def test_the_json_listing_holds_each_promise_with_its_checks():
    listed = json.loads(render_requirements(RELEASE, CHECKS, "json"))["requirements"]
    assert [r["id"] for r in listed] == list(RELEASE.requirements)
    assert {r["id"]: r["checks"] for r in listed}["list.id"] == CHECKS["list.id"]


@pytest.mark.parametrize("style", ["table", "markdown"])
def test_the_readable_listings_name_each_promise_and_why_one_is_not_tested(style):
    text = render_requirements(RELEASE, CHECKS, style)
    for requirement in RELEASE.requirements.values():
        assert requirement.id in text
        if requirement.excluded:
            assert requirement.excluded in text
    assert "test_list.py::test_field" in text
