"""A model's own fields are found in a row of the list, flat or nested, and nowhere where the row is broken."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import load_release
from conformance.instance.errors import NotJSON
from conformance.suite.listed import listed_models, model_of, models_in, row_of, rows, workspaces_of

FLAT = load_release("2023.4")
NESTED = load_release("2024.1")
MODEL = {"id": 7, "name": "own"}
ROWS: dict[str, Any] = {"flat": MODEL, "nested": {"model": MODEL, "model_versions": [], "workspace": {"id": 1}}}


class FakeReply:
    """What the functions read of a reply."""

    def __init__(self, body: Any, status: int = 200) -> None:
        self.status = status
        self._body = body

    def json(self) -> Any:
        if self._body is NotJSON:
            exchange: Any = None
            raise NotJSON("no JSON", exchange)
        return self._body


@pytest.mark.parametrize(("release", "row"), [(FLAT, ROWS["flat"]), (NESTED, ROWS["nested"])], ids=["flat", "nested"])
def test_the_models_own_fields_are_found(release, row):
    body = {"models": [row, dict(row)]}
    assert model_of(release, row) is MODEL
    assert models_in(release, body) == [MODEL, MODEL]
    assert listed_models(release, FakeReply(body)) == [MODEL, MODEL]


@pytest.mark.parametrize(
    "row", [MODEL, {"model": None}, {"model": [MODEL]}, {"model": "own"}, {}, [], None, 5], ids=repr
)
def test_a_row_of_another_shape_has_no_model(row):
    assert model_of(NESTED, row) is None
    assert models_in(NESTED, {"models": [row, ROWS["nested"]]}) == [MODEL]


@pytest.mark.parametrize("body", [None, [], "", {}, {"models": None}, {"models": {"0": MODEL}}, {"Models": [MODEL]}])
def test_a_body_of_another_shape_lists_nothing(body):
    for release in (FLAT, NESTED):
        assert models_in(release, body) == []
        assert listed_models(release, FakeReply(body)) == []


@pytest.mark.parametrize("reply", [FakeReply({"models": [MODEL]}, 400), FakeReply(NotJSON)], ids=["refusal", "no JSON"])
def test_a_reply_without_a_list_lists_nothing(reply):
    assert listed_models(FLAT, reply) == []
    assert rows(reply, "models") == []


def test_the_whole_row_is_found_by_its_model():
    other = {"model": {"id": 8}}
    body = {"models": [other, 5, ROWS["nested"], {"model": None}]}
    assert row_of(NESTED, body, lambda model: model["id"] == 7) == [ROWS["nested"]]
    assert row_of(FLAT, {"models": [MODEL]}, lambda model: model["id"] == 7) == [MODEL]
    assert row_of(NESTED, {"models": None}, lambda model: True) == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"model": {"workspace_id": 5}, "workspace": {"id": 6}}, {"workspace.id": 6, "model.workspace_id": 5}),
        ({"model": {"workspace_id": True}, "workspace": {"id": "6"}}, {}),
        ({"model": None, "workspace": {"id": 6}}, {"workspace.id": 6}),
        ({"model": {"workspace_id": 5}, "workspace": None}, {"model.workspace_id": 5}),
        ({"model": {"workspace_id": 0}}, {}),
        (None, {}),
    ],
    ids=repr,
)
def test_a_row_tells_its_workspace_by_numbers_only(row, told):
    assert workspaces_of(NESTED, row) == told
