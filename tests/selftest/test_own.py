"""What a release changes against the one before, and so has to be run for it whatever else is."""

from __future__ import annotations

import pytest

from conformance.contract import load_release, release_ids
from conformance.errors import UsageError
from conformance.mock.defects import catalogue
from conformance.mock.variants import catalogue as variants
from conformance.selftest.case import HEALTHY
from conformance.selftest.null_targets import catalogue as null_targets
from conformance.selftest.own import own_defects, own_requirements, own_variants
from conformance.selftest.schema_samples import sample
from conformance.selftest.scope import NAMED, OWN, WHOLE, scopes

FIRST, *LATER = release_ids()


def test_the_oldest_releases_own_part_is_everything():
    (scope,) = scopes([FIRST])
    assert scope.kind == WHOLE
    assert scope.defects == catalogue(FIRST)
    assert set(scope.variants) == {*variants(FIRST), HEALTHY}
    assert [target.id for target in scope.null_targets] == list(null_targets(FIRST))


@pytest.mark.parametrize("name", LATER)
def test_a_later_releases_own_part_has_all_that_is_new_and_the_healthy_instance(name):
    release = load_release(name)
    before = release.extends
    new = set(release.requirements) - set(before.requirements)
    assert new <= own_requirements(name)
    assert set(catalogue(name)) - set(catalogue(before.id)) <= set(own_defects(name))
    assert set(variants(name)) - set(variants(before.id)) <= set(own_variants(name))
    assert HEALTHY in own_variants(name)
    assert len(own_defects(name)) < len(catalogue(name))


def test_a_promise_that_says_something_else_is_the_releases_own_and_its_defects_too():
    assert "get-config-by-id.runtime-enum" in own_requirements("2024.4")
    assert "upload.runtime.pytorch-in-triton" in own_defects("2024.4")


def test_a_field_whose_schema_is_another_is_the_releases_own():
    assert "list.version-conversion" in own_requirements("2025.2")
    assert "list.version-file-sha" not in own_requirements("2025.2")
    assert "list.version-file-sha.null" not in own_defects("2025.2")


def test_what_a_release_leaves_as_it_was_is_not_its_own():
    assert "get-by-id.name" not in own_requirements("2024.1")
    assert "upload.name.trimmed" not in own_defects("2024.1")


def test_scopes_are_whole_or_own_or_named():
    assert [scope.kind for scope in scopes(release_ids())] == [WHOLE, *(OWN for _ in LATER)]
    assert {scope.kind for scope in scopes(release_ids(), whole=True)} == {WHOLE}
    (scope,) = scopes(["2024.1"], ["list.model.null", "list.model.null"])
    assert (scope.kind, list(scope.defects), scope.variants) == (NAMED, ["list.model.null"], ())


def test_a_defect_that_none_of_the_releases_has_is_refused():
    with pytest.raises(UsageError, match=r"release 2023\.4 has no defect 'list\.model\.null'"):
        scopes(["2023.4"], ["list.id.null", "list.model.null"])


@pytest.mark.parametrize("name", release_ids())
def test_what_a_constant_null_target_answers_is_what_its_endpoint_is_described_to_answer(name):
    release = load_release(name)
    for endpoint in release.endpoints:
        target = null_targets(name)[f"constant-{endpoint.replace('_', '-')}"]
        assert release.schemas.violations(endpoint, target.body) == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "properties": {"a": {"type": ["string", "null"]}}}, {"a": "text"}),
        ({"type": "array", "items": {"type": "integer", "minimum": 0}}, [1]),
        ({"type": "string", "enum": ["private"]}, "private"),
        ({"type": "string", "examples": ["x"]}, "x"),
        ({"anyOf": [{"const": '""'}, {"type": "string"}]}, '""'),
        ({"type": "object", "anyOf": [{"properties": {"b": {"type": "boolean"}}}]}, {"b": False}),
    ],
)
def test_a_sample_is_as_its_schema_describes(schema, expected):
    assert sample(schema) == expected


def test_a_schema_that_says_nothing_has_no_sample():
    with pytest.raises(ValueError, match="no value is known"):
        sample({})
