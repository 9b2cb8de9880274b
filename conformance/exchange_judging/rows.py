"""What replies say of models and versions, wherever an endpoint and a release have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.contract import Release
from conformance.exchange_judging.calls import Call

Row = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """A model or a version as one reply shows it: its id, its fields by our names for them, its place in the reply.

    `config` is what stands beside a version. Of what isn't there nothing is known.
    """

    kind: str
    id: int
    fields: dict[str, Any]
    path: str
    call: Call
    config: Row = field(default_factory=dict)


def shown_in(call: Call, release: Release) -> Iterator[Shown]:
    """Every model and version that a successful reply shows with its id."""
    if not call.is_success or call.companion:
        return
    body = call.answer
    if call.endpoint == "list":
        for path, row in rows_at(body, "models"):
            yield from _listed(call, release, path, row)
    elif call.endpoint in ("get_by_id", "get") and isinstance(body, dict):
        yield from _model(call, "", body)
        for path, row in rows_at(body, "models") if call.endpoint == "get" else ():
            yield from _version_row(call, path, row)
    elif call.endpoint == "list_versions":
        for path, row in rows_at(body, None):
            yield from _version_row(call, path, row)
    elif call.endpoint == "get_version_by_id":
        yield from _configured(call, "model_version", body.get("model_version") if isinstance(body, dict) else None)


def rows_at(body: Any, key: str | None) -> list[tuple[str, Row]]:
    """The objects in the list under `key`, or in the body itself, each with its path."""
    found = (body.get(key) if isinstance(body, dict) else None) if key else body
    if not isinstance(found, list):
        return []
    return [(f"{key or ''}[{index}]", row) for index, row in enumerate(found) if isinstance(row, dict)]


def model_in(row: Row, release: Release) -> tuple[str, Row] | None:
    """The model's own fields in a row of `list`, and the path to them from the row; None where it has none."""
    found: Any = row
    for step in release.model_in_list:
        found = found.get(step) if isinstance(found, dict) else None
    return ("".join(f".{step}" for step in release.model_in_list), found) if isinstance(found, dict) else None


def models_in(body: Any, release: Release) -> list[tuple[str, Row]]:
    """The models' own fields in the body of a list, each with its path."""
    found = []
    for path, row in rows_at(body, "models"):
        model = model_in(row, release)
        if model is not None:
            found.append((path + model[0], model[1]))
    return found


def is_id(value: Any) -> bool:
    """Whether a value is an id: a positive integer."""
    return type(value) is int and value > 0


def _listed(call: Call, release: Release, path: str, row: Row) -> Iterator[Shown]:
    model = model_in(row, release)
    if model is not None:
        yield from _model(call, path + model[0], model[1])
    if release.model_in_list:
        for place, nested in rows_at(row, "model_versions"):
            yield from _configured(call, f"{path}.{place}", nested)


def _model(call: Call, path: str, model: Row) -> Iterator[Shown]:
    if is_id(model.get("id")):
        yield Shown("model", model["id"], _told(model, ("name", "created_at", "workspace_id")), path, call)


def _version_row(call: Call, path: str, row: Row) -> Iterator[Shown]:
    if is_id(row.get("id")):
        fields = _told(row, ("sha", "file_name", "model_version", "models_pk_id", "model_id"))
        yield Shown("version", row["id"], fields, path, call)


def _configured(call: Call, path: str, nested: Any) -> Iterator[Shown]:
    """A version of the newer releases, with its configuration beside it."""
    version = nested.get("model_version") if isinstance(nested, dict) else None
    if not isinstance(version, dict) or not is_id(version.get("id")):
        return
    file, config = version.get("file_info"), nested.get("config")
    fields = _told(version, ("visibility", "workspace_id", "conversion", "name"))
    if isinstance(file, dict):
        fields |= _told(file, ("sha", "file_name", "size"))
        if file.get("version") is not None:
            fields["model_version"] = file["version"]
    beside = config if isinstance(config, dict) else {}
    yield Shown("version", version["id"], fields, f"{path}.model_version", call, beside)


def _told(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if row.get(name) is not None}
