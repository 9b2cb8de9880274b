"""The rules of the catalogue: ids, what each defect breaks, and that no promise is left out."""

from __future__ import annotations

import re

import pytest

from conformance.contract import load_release, release_ids
from conformance.errors import UsageError
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import behaviour_for, catalogue
from conformance.mock.defects.releases import fits

RELEASES = [load_release(name) for name in release_ids()]
CATALOGUE = catalogue()
KINDS = ("missing", "renamed", "null", "mistyped", "nested")
OF_FIELDS = (*KINDS, "malformed")
every_release = pytest.mark.parametrize("release", RELEASES, ids=release_ids())


def promised(release):
    return {name: found for name, found in release.requirements.items() if found.excluded is None}


@every_release
def test_a_defect_says_what_it_is_and_what_it_breaks(release):
    known = promised(release)
    for name, defect in catalogue(release.id).items():
        assert name == defect.id
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+", defect.id)
        assert re.fullmatch(r"\S.*\S\.", defect.says), name
        assert "\n" not in defect.says
        assert defect.breaks
        assert len(set(defect.breaks)) == len(defect.breaks), name
        assert set(defect.breaks) <= set(known), name
        assert issubclass(defect.behaviour, Behaviour)


def test_there_are_enough_of_them():
    assert len(CATALOGUE) >= 150


@every_release
def test_every_promise_is_what_some_defect_is_about_or_breaks(release):
    broken = {name for defect in catalogue(release.id).values() for name in defect.breaks}
    assert set(promised(release)) - broken == set()


@every_release
def test_every_must_and_should_is_what_some_defect_is_about(release):
    about = {defect.breaks[0] for defect in catalogue(release.id).values()}
    assert {name for name, found in promised(release).items() if found.level != "MAY"} - about == set()


@every_release
def test_every_field_is_wrong_in_every_way_that_the_contract_forbids(release):
    ids = list(catalogue(release.id))
    for requirement in (found for found in promised(release).values() if found.field is not None):
        specs = release.schemas.field_pointers(requirement.endpoint)
        (spec,) = [found for found in specs if found.pointer == requirement.field]
        begins = f"{requirement.id}."
        kinds = {name.removeprefix(begins) for name in ids if name.startswith(begins)} & set(OF_FIELDS)
        expected = set(KINDS)
        if "null" in spec.types:
            expected.discard("null")
        if not spec.pointer or not (spec.required or requirement.id == "list.name"):
            expected -= {"missing", "renamed"}
        assert kinds - {"malformed"} == expected, requirement.id


def test_no_field_defect_is_one_that_the_contract_allows():
    assert "list-versions.status.missing" not in CATALOGUE
    assert "list-versions.image-path.null" not in CATALOGUE
    assert "get-by-id.model-config-tensor-fields.missing" not in CATALOGUE
    assert "list.name.missing" in CATALOGUE


def test_fields_of_every_kind_have_values_of_the_wrong_form():
    newest = catalogue(release_ids()[-1])
    forms = {
        "list.version-visibility.malformed": "is in upper case",
        "list.version-file-size.malformed": "is negative",
        "list.version-conversion-requirements.malformed": "holds a number",
        "list.version-created-on-version.malformed": "is a word",
    }
    for name, said in forms.items():
        assert said in newest[name].says
    assert "list.version-deployed.malformed" not in newest
    assert "list.version-created-by.null" not in newest


def test_a_release_has_the_defects_that_fit_it():
    assert "list.workspace-id-required.missing-accepted" in CATALOGUE
    assert "list.workspace-id-required.missing-accepted" not in catalogue("2024.1")
    assert "list.model.null" not in CATALOGUE
    assert "list.model.null" in catalogue("2024.1")
    assert "upload.file-extension.any-needed" in catalogue("2024.4")
    assert "upload.file-extension.any-needed" not in catalogue("2025.2")


@pytest.mark.parametrize(
    ("release", "since", "until", "expected"),
    [
        ("2024.4", "2024.4", None, True),
        ("2024.4", "2024.4", "2024.4", True),
        ("2024.4", "2024.1", "2025.2", True),
        ("2024.4", "2025.2", None, False),
        ("2024.4", "2023.4", "2024.1", False),
    ],
)
def test_a_defect_fits_the_releases_from_its_first_to_its_last(release, since, until, expected):
    assert fits(release, since, until) is expected


@pytest.mark.parametrize("names", [("1999.1", "2023.4", None), ("2023.4", "1999.1", None), ("2023.4", "2023.4", "1")])
def test_a_release_without_a_contract_is_refused(names):
    with pytest.raises(UsageError, match="no contract for release"):
        fits(*names)


def test_a_behaviour_has_all_the_defects_asked_for():
    ids = ["list.newest-missing", "upload.digest.of-name", "list.id.null"]
    behaviour = behaviour_for(ids)
    assert all(isinstance(behaviour, CATALOGUE[name].behaviour) for name in ids)


def test_no_defect_is_the_right_behaviour():
    assert type(behaviour_for([])) is Behaviour


@pytest.mark.parametrize("wrong", ["list.id.misssing", "list-id-missing"])
def test_an_unknown_id_is_refused_with_near_ones(wrong):
    with pytest.raises(UsageError, match=r"has no defect '.*': did you mean .*list\.id\.missing") as caught:
        behaviour_for(["list.id.null", wrong])
    assert "\n" not in str(caught.value)


def test_an_id_that_is_like_none_is_refused():
    with pytest.raises(UsageError, match=r"release 2024.1 has no defect 'xyz': ids begin with api, .*, list, "):
        behaviour_for(["xyz"], "2024.1")


def test_a_defect_of_another_release_is_refused():
    with pytest.raises(UsageError, match=r"release 2023.4 has no defect 'list.model.null'"):
        behaviour_for(["list.model.null"])
    assert behaviour_for(["list.model.null"], "2024.1")
