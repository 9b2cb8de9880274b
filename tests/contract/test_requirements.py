"""The contract's own data: rules that each entry keeps, and completeness against the documented tables."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import ENDPOINTS, load_release, release_ids
from conformance.contract.requirement import parse_requirement
from conformance.errors import UsageError

RELEASE = load_release("2023.4")

ENTRY: dict[str, Any] = {
    "id": "list.id",
    "level": "MUST",
    "basis": "documented",
    "text": "Each model has an id.",
    "source": "a table",
    "endpoint": "list",
    "profile": "core",
}


def test_the_release_has_promises_for_each_of_the_six_endpoints():
    with_promises = {r.endpoint for r in RELEASE.requirements.values() if not r.excluded}
    assert with_promises == {*ENDPOINTS, None}


def test_each_field_of_each_reply_has_exactly_one_requirement():
    for endpoint in ENDPOINTS:
        described = sorted(spec.pointer for spec in RELEASE.schemas.field_pointers(endpoint))
        promised = sorted(r.field for r in RELEASE.fields(endpoint))
        if "" not in promised:
            described = [pointer for pointer in described if pointer]
        items = [pointer for pointer in described if pointer.endswith("[]")]
        assert promised == [pointer for pointer in described if pointer not in items], endpoint


def test_a_required_field_is_a_must_and_an_optional_one_at_most_what_its_basis_carries():
    for endpoint in ENDPOINTS:
        required = {spec.pointer: spec.required for spec in RELEASE.schemas.field_pointers(endpoint)}
        for requirement in RELEASE.fields(endpoint):
            if requirement.field and required[requirement.field]:
                assert requirement.level == "MUST", requirement.id


def test_an_excluded_promise_says_why():
    excluded = [r for r in RELEASE.requirements.values() if r.excluded]
    assert excluded
    assert all(len(r.excluded.split()) > 4 for r in excluded)


def test_an_interpretation_never_repeats_a_reading():
    for requirement in RELEASE.requirements.values():
        readings = [r.reading for r in requirement.interpretation]
        assert len(readings) == len(set(readings)), requirement.id


def test_a_full_run_includes_the_core():
    for requirement in RELEASE.requirements.values():
        assert requirement.in_profile("full")
        assert requirement.in_profile("core") == (requirement.profile == "core")


def test_a_well_formed_entry_is_read():
    requirement = parse_requirement(ENTRY | {"interpretation": [{"reading": "a", "says": "b"}]})
    assert requirement.accepts("a")
    assert not requirement.accepts("b")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "List.Id"}, "dotted lower-case"),
        ({"level": "OUGHT"}, "OUGHT"),
        ({"basis": "hearsay"}, "hearsay"),
        ({"profile": "tiny"}, "tiny"),
        ({"basis": "observed"}, "at most SHOULD"),
        ({"basis": "inferred"}, "at most SHOULD"),
        ({"needs": ["luck"]}, "luck"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_entry_that_breaks_a_rule_is_refused_by_name(change, message):
    with pytest.raises(UsageError, match=message):
        parse_requirement(ENTRY | change)


@pytest.mark.parametrize("key", sorted(ENTRY))
def test_an_entry_that_lacks_a_key_is_refused(key):
    with pytest.raises(UsageError, match=key):
        parse_requirement({k: v for k, v in ENTRY.items() if k != key})


def test_an_unknown_release_is_refused_with_the_known_ones():
    assert "2023.4" in release_ids()
    with pytest.raises(UsageError, match=r"known: .*2023\.4"):
        load_release("1999.1")
