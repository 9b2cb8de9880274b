"""A version and its configuration are found by whichever key is intact, and compared where both tell the same kind."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.contract import load_release
from conformance.errors import NotTestable
from conformance.suite.configured import (
    Configured,
    differences,
    in_list,
    is_among,
    matching,
    model_entry,
    rows_of_versions,
    shown_version,
    versions_in,
)

RELEASE = load_release("2025.2")
SHA = "a" * 64
UUID = "3e9d9d0e-0000-4000-8000-000000000001"


def entry(**version: Any) -> dict[str, Any]:
    file = {"version": UUID, "sha": SHA, "file_name": "own.onnx", "size": 5}
    whole = {"id": 21, "name": "own", "file_info": file, "conversion": {"framework": "onnx", "requirements": []}}
    return {"model_version": {**whole, **version}, "config": {"id": 31, "model_version_id": 21, "input_schema": None}}


OLDER = entry(id=20, file_info={"version": "other", "sha": "b" * 64, "file_name": "older.onnx", "size": 4})
ROW = {"model": {"id": 7, "name": "own"}, "model_versions": [entry(), OLDER], "workspace": {"id": 10}}
STRANGE = {"model": {"id": 8, "name": "strange"}, "model_versions": [entry(id=5)], "workspace": {"id": 10}}
BODY = {"models": [STRANGE, ROW]}

uploaded: Any = SimpleNamespace(
    models=SimpleNamespace(release=RELEASE),
    model_id=7,
    name="own",
    version_id=21,
    file_name="own.onnx",
    file=SimpleNamespace(sha256=SHA),
)


def reply(body: Any, status: int = 200) -> Any:
    return SimpleNamespace(status=status, is_success=status < 300, text=repr(body), json=lambda: body)


def test_the_row_and_the_version_of_an_upload_are_found():
    assert model_entry(BODY, uploaded) is ROW
    assert in_list(BODY, uploaded) == Configured.of(entry())
    assert is_among(versions_in(ROW), uploaded)


@pytest.mark.parametrize("key", ["id", "sha", "file_name"])
def test_a_version_is_found_without_any_one_of_its_keys(key):
    damaged = entry()
    (damaged["model_version"] if key == "id" else damaged["model_version"]["file_info"]).pop(key)
    assert matching([Configured.of(damaged), Configured.of(OLDER)], uploaded) == Configured.of(damaged)
    if key != "file_name":
        with pytest.raises(NotTestable, match="by its file_name"):
            matching([Configured.of(OLDER)], uploaded, by=["file_name"])


@pytest.mark.parametrize("body", [None, [], {}, {"models": None}, {"models": [STRANGE]}, {"models": [ROW, ROW]}, "x"])
def test_a_model_that_is_not_there_once_is_not_testable(body):
    with pytest.raises(NotTestable, match="once in the list"):
        model_entry(body, uploaded)


def test_a_row_without_versions_is_not_testable_but_one_of_other_versions_is_another_matter():
    for row in ({}, {"model_versions": None}, {"model_versions": {}}):
        with pytest.raises(NotTestable, match="model_versions"):
            versions_in(row)
    assert versions_in({"model_versions": [None, 5, entry()]}) == [Configured.of(entry())]
    assert not is_among(versions_in({"model_versions": [OLDER]}), uploaded)


@pytest.mark.parametrize("shape", [None, [], "text", {}, {"model_version": 5, "config": []}], ids=repr)
def test_an_entry_of_another_shape_holds_nothing(shape):
    found = Configured.of(shape)
    assert (found.version, found.config) == ({}, {})
    with pytest.raises(NotTestable, match=r"needs version\.file_info\.sha"):
        found.at("version.file_info.sha")


def test_a_value_is_read_at_its_path():
    found = Configured.of(entry())
    assert found.at("version.file_info.sha") == SHA
    assert found.at("config.input_schema") is None
    with pytest.raises(NotTestable, match="holds no more"):
        found.at("config.id.more")


def test_a_reply_is_a_version_or_not_testable():
    assert shown_version(reply({"model_version": entry()})) == Configured.of(entry())
    for wrong in (reply({"model_version": None}), reply([]), reply({"model_version": entry()}, 400)):
        with pytest.raises(NotTestable):
            shown_version(wrong)


def _changed(place: str, *path: str, value: Any) -> Configured:
    whole = copy.deepcopy(entry())[place]
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    both = {**entry(), place: whole}
    return Configured.of(both)


@pytest.mark.parametrize(
    ("other", "place"),
    [
        (_changed("model_version", "file_info", "size", value=6), "version.file_info.size is 5 and 6"),
        (_changed("model_version", "conversion", "requirements", value=["numpy"]), "version.conversion.requirements"),
        (_changed("config", "input_schema", value="AAAA"), "config.input_schema is None and 'AAAA'"),
    ],
    ids=["nested", "list", "null"],
)
def test_what_differs_is_named(other, place):
    (found,) = differences(Configured.of(entry()), other)
    assert found.startswith(place)


@pytest.mark.parametrize(
    "other",
    [
        Configured.of(entry()),
        Configured.of(entry(status="ready")),
        Configured.of(entry(id="21")),
        Configured.of({"model_version": entry()["model_version"]}),
    ],
    ids=["the same", "a field more", "another type", "a part less"],
)
def test_what_either_lacks_or_has_as_another_type_is_no_difference(other):
    assert differences(Configured.of(entry()), other) == []


def test_what_a_conversion_moves_is_no_difference():
    before, after = (Configured.of(entry(status=status, image_path=path)) for status, path in (("a", None), ("b", "x")))
    assert differences(before, after) == []
    assert len(differences(before, after, but=frozenset())) == 2


def test_all_versions_of_a_list_are_rows():
    rows = rows_of_versions({"models": [ROW, STRANGE, None, {"model_versions": None}]})
    assert [(row["id"], row["sha"][:1], row["model_version"]) for row in rows] == [
        (21, "a", UUID),
        (20, "b", "other"),
        (5, "a", UUID),
    ]
    with pytest.raises(NotTestable):
        rows_of_versions([])
