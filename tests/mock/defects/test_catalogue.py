"""The rules of the catalogue: ids, what each defect breaks, and that no promise is left out."""

from __future__ import annotations

import re

import pytest

from conformance.contract import load_release
from conformance.errors import UsageError
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import behaviour_for, catalogue

CATALOGUE = catalogue()
RELEASE = load_release("2023.4")
TESTED = {name: found for name, found in RELEASE.requirements.items() if found.excluded is None}
KINDS = ("missing", "renamed", "null", "mistyped", "nested")


@pytest.mark.parametrize("defect", CATALOGUE.values(), ids=CATALOGUE)
def test_a_defect_says_what_it_is_and_what_it_breaks(defect):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+", defect.id)
    assert re.fullmatch(r"\S.*\S\.", defect.says)
    assert "\n" not in defect.says
    assert defect.breaks
    assert len(set(defect.breaks)) == len(defect.breaks)
    assert set(defect.breaks) <= set(TESTED)
    assert defect.release == RELEASE.id
    assert issubclass(defect.behaviour, Behaviour)


def test_there_are_enough_of_them():
    assert len(CATALOGUE) >= 150


@pytest.mark.parametrize("requirement", TESTED)
def test_every_promise_is_what_some_defect_is_about_or_breaks(requirement):
    assert any(requirement in defect.breaks for defect in CATALOGUE.values())


@pytest.mark.parametrize("requirement", [name for name, found in TESTED.items() if found.level != "MAY"])
def test_every_must_and_should_is_what_some_defect_is_about(requirement):
    assert any(defect.breaks[0] == requirement for defect in CATALOGUE.values())


@pytest.mark.parametrize("requirement", [name for name, found in TESTED.items() if found.field is not None], ids=str)
def test_every_field_is_wrong_in_every_way_that_the_contract_forbids(requirement):
    found = TESTED[requirement]
    (spec,) = [s for s in RELEASE.schemas.field_pointers(found.endpoint) if s.pointer == found.field]
    kinds = {name.rpartition(".")[2] for name, defect in CATALOGUE.items() if name.startswith(f"{requirement}.")}
    expected = set(KINDS)
    if "null" in spec.types:
        expected.discard("null")
    if not spec.pointer or not (spec.required or requirement == "list.name"):
        expected -= {"missing", "renamed"}
    assert expected <= kinds
    assert not (set(KINDS) - expected) & kinds


def test_no_field_defect_is_one_that_the_contract_allows():
    assert "list-versions.status.missing" not in CATALOGUE
    assert "list-versions.image-path.null" not in CATALOGUE
    assert "get-by-id.model-config-tensor-fields.missing" not in CATALOGUE
    assert "list.name.missing" in CATALOGUE


def test_a_behaviour_has_all_the_defects_asked_for():
    ids = ["list.newest-missing", "upload.digest.of-name", "list.id.null"]
    behaviour = behaviour_for(ids)
    assert all(isinstance(behaviour, CATALOGUE[name].behaviour) for name in ids)


def test_no_defect_is_the_right_behaviour():
    assert type(behaviour_for([])) is Behaviour


@pytest.mark.parametrize("wrong", ["list.id.misssing", "list-id-missing"])
def test_an_unknown_id_is_refused_with_near_ones(wrong):
    with pytest.raises(UsageError, match=r"there is no defect '.*': did you mean .*list\.id\.missing") as caught:
        behaviour_for(["list.id.null", wrong])
    assert "\n" not in str(caught.value)


def test_an_id_that_is_like_none_is_refused():
    with pytest.raises(UsageError, match=r"there is no defect 'xyz': ids begin with api, .*, list, "):
        behaviour_for(["xyz"])
