"""A published set stays: no id means something else later, and what is added is reported and not scored."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from conformance.contract import load_release, release_ids
from conformance.contract.publishing import FILE, differences, publish
from conformance.contract.requirement import parse_requirement
from conformance.errors import UsageError

ENTRY = {
    "id": "list.id",
    "level": "MUST",
    "basis": "documented",
    "text": "Each model has an id.",
    "source": "a table",
    "endpoint": "list",
    "profile": "core",
    "interpretation": [{"reading": "a", "says": "because"}],
}


@pytest.mark.parametrize("name", release_ids())
def test_every_id_means_what_it_meant_when_its_release_was_published(name: str) -> None:
    assert differences(load_release(name)) == []


@pytest.mark.parametrize("name", release_ids())
def test_what_is_in_the_published_set_is_scored_and_nothing_else(name: str) -> None:
    release = load_release(name)
    published = set(json.loads((release.folder / FILE).read_text(encoding="utf-8"))["requirements"])
    assert {r.id for r in release.requirements.values() if r.scored} == published


@pytest.mark.parametrize(
    "change",
    [
        {"level": "SHOULD"},
        {"text": "Each model has two ids."},
        {"endpoint": "get"},
        {"profile": "full"},
        {"field": "models[].id"},
        {"excluded": "Nothing tests it any more."},
        {"interpretation": [{"reading": "b", "says": "because"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_meaning_has_another_digest(change: dict) -> None:
    assert parse_requirement(ENTRY | change).meaning != parse_requirement(ENTRY).meaning


@pytest.mark.parametrize(
    "change",
    [{"source": "another table"}, {"basis": "example"}, {"interpretation": [{"reading": "a", "says": "for a reason"}]}],
    ids=lambda change: next(iter(change)),
)
def test_a_better_source_leaves_the_meaning(change: dict) -> None:
    assert parse_requirement(ENTRY | change).meaning == parse_requirement(ENTRY).meaning


def _release(folder: Path, **promises: dict):
    release = load_release("2023.4")
    requirements = {name: parse_requirement(ENTRY | {"id": name} | change) for name, change in promises.items()}
    return dataclasses.replace(release, folder=folder, requirements=requirements)


def test_a_set_is_published_once(tmp_path: Path) -> None:
    release = _release(tmp_path, **{"a.b": {}})
    publish(release)
    assert differences(release) == []
    with pytest.raises(UsageError, match="published already; give a new promise a new id"):
        publish(release)


def test_changed_and_lost_ids_are_found_and_additions_are_not(tmp_path: Path) -> None:
    publish(_release(tmp_path, **{"a.b": {}, "c.d": {}, "e.f": {}}))
    found = differences(_release(tmp_path, **{"a.b": {}, "c.d": {"level": "SHOULD"}, "g.h": {}}))
    assert found == [
        "c.d no longer means what it did when release 2023.4 was published",
        "e.f is gone from release 2023.4",
    ]


def test_a_release_without_a_set_is_found(tmp_path: Path) -> None:
    assert differences(_release(tmp_path)) == ["release 2023.4 has no published set"]


def test_an_unscored_must_decides_nothing() -> None:
    assert parse_requirement(ENTRY).fatal
    assert not parse_requirement(ENTRY, scored=False).fatal
