"""A field is judged where it should stand, and its parent's fault is the parent's alone."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.contract import load_release
from conformance.errors import NotTestable
from conformance.suite.assertions import Nonconformity, assert_field

RELEASE = load_release("2025.2")
EXAMPLE = next(example.body for example in RELEASE.examples if example.name == "list-requests")


def judged(requirement_id: str, body: Any) -> None:
    reply: Any = SimpleNamespace(status=200, exchange=SimpleNamespace(id="main-00001"), json=lambda: body)
    assert_field(RELEASE, RELEASE.requirement(requirement_id), reply, body)


@pytest.fixture
def body() -> Any:
    return {"models": [copy.deepcopy(EXAMPLE["models"][0])]}


def test_the_documented_example_has_each_field_that_it_can_have(body):
    lacking = set()
    for field in RELEASE.fields("list"):
        try:
            judged(field.id, body)
        except NotTestable:
            lacking.add(field.id)
    assert lacking == set()


def test_a_missing_object_fails_for_itself_and_for_none_of_its_siblings(body):
    del body["models"][0]["model"]
    with pytest.raises(Nonconformity):
        judged("list.model", body)
    with pytest.raises(NotTestable, match="can't be judged"):
        judged("list.id", body)
    for sibling in ("list.model-versions", "list.version", "list.version-id", "list.config-id", "list.workspace"):
        judged(sibling, body)


def _unconverted(row: Any) -> None:
    row["model_versions"][0]["model_version"].update(conversion=None)


def _unversioned(row: Any) -> None:
    row.update(model_versions=[])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (_unversioned, "list.version"),
        (_unversioned, "list.version-id"),
        (_unconverted, "list.version-conversion-framework"),
        (_unconverted, "list.version-conversion-framework-config"),
    ],
)
def test_a_field_that_nothing_could_have_is_not_testable(body, change, field):
    body["models"][0]["model_versions"] = body["models"][0]["model_versions"][:1]
    change(body["models"][0])
    with pytest.raises(NotTestable, match="holds nothing that could have"):
        judged(field, body)


def test_a_wrong_value_deep_inside_fails_for_its_own_field(body):
    body["models"][0]["model_versions"][0]["model_version"]["file_info"]["size"] = "1928"
    with pytest.raises(Nonconformity, match="size"):
        judged("list.version-file-size", body)
    for other in ("list.version-file-info", "list.version-file-sha", "list.version", "list.model-versions"):
        judged(other, body)


@pytest.mark.parametrize(
    "shape", [{"models": EXAMPLE["models"]}, {"model_versions": EXAMPLE["models"][0]["model_versions"]}]
)
def test_either_shape_of_versions_is_a_reply(shape):
    judged("list-versions-for-model.reply", shape)


@pytest.mark.parametrize("shape", [[], {}, {"models": [{"id": 1}]}, {"model_versions": [{}]}, None], ids=repr)
def test_another_shape_is_no_reply(shape):
    with pytest.raises(Nonconformity):
        judged("list-versions-for-model.reply", shape)
