"""The rows of `list`, whose place for the model's own fields differs by release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.contract import Release
from conformance.instance.errors import NotJSON
from conformance.instance.reply import Reply

Row = dict[str, Any]


def rows(reply: Reply, key: str | None) -> list[Row]:
    """The objects in a reply's list: under `key`, or in the reply itself. Empty where the reply has another shape."""
    if reply.status >= 300:
        return []
    try:
        body = reply.json()
    except NotJSON:
        return []
    found = body.get(key) if isinstance(body, dict) and key else body
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def model_of(release: Release, row: Any) -> Row | None:
    """The object that holds the model's own fields in a row of `list`; None where the row has another shape."""
    for step in release.model_in_list:
        row = row.get(step) if isinstance(row, dict) else None
    return row if isinstance(row, dict) else None


def models_in(release: Release, body: Any) -> list[Row]:
    """The models' own fields in the parsed body of a list, in its order. Empty where the body has another shape."""
    found = body.get("models") if isinstance(body, dict) else None
    return _models(release, found if isinstance(found, list) else [])


def listed_models(release: Release, reply: Reply) -> list[Row]:
    """The models' own fields in a reply to `list`, in its order. Empty where the reply has another shape."""
    return _models(release, rows(reply, "models"))


def workspaces_of(release: Release, row: Any) -> dict[str, int]:
    """Which workspace a nested row says it is of: the positive integers at its two places for that."""
    workspace = row.get("workspace") if isinstance(row, dict) else None
    told = {
        "workspace.id": workspace.get("id") if isinstance(workspace, dict) else None,
        "model.workspace_id": (model_of(release, row) or {}).get("workspace_id"),
    }
    return {place: n for place, n in told.items() if isinstance(n, int) and not isinstance(n, bool) and n > 0}


def row_of(release: Release, body: Any, is_wanted: Callable[[Row], bool]) -> list[Row]:
    """The whole rows of the parsed body of a list whose model `is_wanted`."""
    found = body.get("models") if isinstance(body, dict) else None
    pairs = [(row, model_of(release, row)) for row in found] if isinstance(found, list) else []
    return [row for row, model in pairs if model is not None and is_wanted(model)]


def _models(release: Release, found: list[Any]) -> list[Row]:
    models = [model_of(release, row) for row in found]
    return [model for model in models if model is not None]
