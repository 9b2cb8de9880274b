"""Own rows are found by whichever key is intact, and strangers' rows never count."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.contract import load_release
from conformance.errors import NotTestable
from conformance.suite.rows import (
    model_row,
    only_own_models,
    only_own_versions,
    told,
    unknown_id,
    version_row,
    version_rows,
)

RELEASE = load_release("2023.4")
NESTED = load_release("2024.1")
SHA = "a" * 64


class Upload(SimpleNamespace):
    """What the functions read of an upload."""

    @property
    def version_id(self) -> int:
        if self.returned is None:
            raise NotTestable("no id")
        return int(self.returned)


def uploaded(**changes: Any) -> Any:
    known = {"model_id": 7, "name": "own", "returned": 21, "file_name": "own.onnx", "file": SimpleNamespace(sha256=SHA)}
    known["models"] = SimpleNamespace(release=RELEASE)
    return Upload(**{**known, **changes})


OWN = {"id": 7, "name": "own"}
STRANGE = {"id": 8, "name": "strange", "created_at": None}
VERSION = {"id": 21, "models_pk_id": 7, "model_id": "own", "sha": SHA, "file_name": "own.onnx"}
STRANGERS = {"id": 22, "models_pk_id": 8, "model_id": "strange", "sha": SHA, "file_name": "own.onnx"}


@pytest.mark.parametrize(
    "row",
    [OWN, {"name": "own"}, {"id": 7}, {"id": "7", "name": "own"}, {"id": 7, "name": ["own"]}, {"model": OWN}, 5],
    ids=["whole", "no id", "no name", "id as text", "name as array", "nested", "no object"],
)
def test_a_row_that_may_be_the_runs_own_is_judged(row):
    assert only_own_models(RELEASE, {"models": [STRANGE, row]}, [uploaded()]) == {"models": [row]}


@pytest.mark.parametrize("row", [STRANGE, {"id": 8}, {"name": "strange"}, {"id": 8, "name": None}])
def test_a_strangers_row_is_not_judged(row):
    assert only_own_models(RELEASE, {"models": [row]}, [uploaded()]) == {"models": []}


def test_a_nested_row_is_judged_by_the_model_in_it():
    strange, own, nobodys = {"model": STRANGE, "workspace": OWN}, {"model": OWN}, {"model": None, "id": 8}
    body = {"models": [strange, own, nobodys]}
    assert only_own_models(NESTED, body, [uploaded()]) == {"models": [own, nobodys]}
    assert model_row(body, uploaded(models=SimpleNamespace(release=NESTED))) is OWN


@pytest.mark.parametrize("body", [[OWN], {"Models": [OWN]}, {"models": None}, {"models": {"0": OWN}}, None])
def test_a_list_of_another_shape_is_judged_as_it_is(body):
    assert only_own_models(RELEASE, body, [uploaded()]) is body
    assert RELEASE.schemas.violations("list", body)


def test_a_model_that_is_listed_twice_or_never_is_not_testable():
    assert model_row({"models": [STRANGE, OWN]}, uploaded()) is OWN
    for listed in ([STRANGE], [OWN, dict(OWN)]):
        with pytest.raises(NotTestable, match="once in the list"):
            model_row({"models": listed}, uploaded())


def test_versions_of_other_models_are_not_judged():
    assert only_own_versions([STRANGERS, VERSION, {"sha": SHA}], [uploaded()]) == [VERSION, {"sha": SHA}]
    assert only_own_versions({"models": []}, [uploaded()]) == {"models": []}


@pytest.mark.parametrize("lost", ["id", "sha", "file_name", "models_pk_id", "model_id"])
def test_a_version_is_found_without_any_one_of_its_fields(lost):
    row = {name: value for name, value in VERSION.items() if name != lost}
    assert version_row([STRANGERS, row], uploaded()) is row


def test_a_version_is_found_where_the_upload_told_no_id():
    assert version_row([VERSION], uploaded(returned=None)) is VERSION


def test_a_key_that_tells_the_rows_apart_is_preferred():
    other = {**VERSION, "id": 20, "file_name": "other.onnx"}
    assert version_rows([other, VERSION], uploaded()) == [VERSION]
    assert version_rows([other, VERSION], uploaded(), by=["sha"]) == [other, VERSION]


def test_a_value_of_another_type_is_the_fields_own_failure():
    assert told(VERSION, "sha", str) == SHA
    for row in ({}, {"sha": None}, {"sha": 5}):
        with pytest.raises(NotTestable, match="needs sha"):
            told(row, "sha", str)
    with pytest.raises(NotTestable, match="needs models_pk_id"):
        told({"models_pk_id": True}, "models_pk_id", int)


def test_an_unknown_id_is_a_runs_own_and_fits_32_bits():
    first, second = (unknown_id(SimpleNamespace(run_id=run)) for run in ("one", "two"))
    assert first != second
    assert first == unknown_id(SimpleNamespace(run_id="one"))
    assert all(2_000_000_000 <= number < 2**31 for number in (first, second))
