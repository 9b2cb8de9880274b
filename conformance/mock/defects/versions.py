"""list_versions: which rows it shows for which keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client, Rows, objects
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import reply_changed
from conformance.mock.defects.observations import UNKNOWN_ID
from conformance.mock.records import Model, User, Version
from conformance.mock.replies import Call, Reply


@dataclass(frozen=True)
class Asked:
    """What list_versions is asked for, and by whom; `behaviour` is the instance's."""

    behaviour: Behaviour
    user: User
    name: str | None
    model_id: int | None

    def versions_of(self, models: Iterable[Model]) -> list[Version]:
        """Every version of these models."""
        return [version for model in models for version in self.behaviour.store.versions_of(model.id)]


Select = Callable[[Asked, list[Version]], list[Version]]
"""Another choice of versions than the right one, which is handed to it."""


def selected(select: Select) -> type[Behaviour]:
    """Another choice of rows."""

    class Selected(Behaviour):
        def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
            found = super().select_versions(user, name, model_id)
            return select(Asked(self, user, name, model_id), found)

    return Selected


def _keys_changed(change: Callable[[str | None, int | None], tuple[str | None, int | None]]) -> type[Behaviour]:
    """Other keys than those that were sent."""

    class KeysChanged(Behaviour):
        def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
            return super().select_versions(user, *change(name, model_id))

    return KeysChanged


def _beginning_alike(asked: Asked, found: list[Version]) -> list[Version]:
    name, models = asked.name, asked.behaviour.store.models()
    alike = asked.versions_of(model for model in models if name and model.name.startswith(name))
    return list({version.id: version for version in [*found, *alike]}.values())


def _with_workspace(asked: Asked, found: list[Version]) -> list[Version]:
    return asked.versions_of(asked.behaviour.store.models(found[0].workspace_id)) if found else []


def _with_workspace_where(applies: Callable[[Asked], bool]) -> type[Behaviour]:
    """All rows of the workspace, for some requests."""
    return selected(lambda asked, found: _with_workspace(asked, found) if applies(asked) else found)


def _all_for_unknown(asked: Asked, found: list[Version]) -> list[Version]:
    if found or not asked.name or not asked.model_id:
        return found
    return asked.versions_of(m for m in asked.behaviour.store.models() if m.workspace_id in asked.user.workspaces)


def _by_id_if_known(asked: Asked, found: list[Version]) -> list[Version]:
    known = asked.model_id is not None and asked.behaviour.store.model(asked.model_id) is not None
    return [version for version in found if version.model_id == asked.model_id] if known else found


def _empty_with(*keys: str) -> type[Behaviour]:
    """No rows for requests with exactly these keys."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        given = {key for key in ("model_id", "models_pk_id") if (call.payload or {}).get(key) is not None}
        if given == set(keys):
            reply.body = []

    return reply_changed("list_versions", put)


def _rows(client: Client, **keys: Any) -> Rows:
    return objects(client.call("list_versions", keys).body)


def _names(rows: Rows, named: dict[str, str]) -> str:
    return ", ".join(sorted(named.get(str(row.get("model_id")), "another") for row in rows)) or "none"


def _rows_asked(what: str, keys: Callable[[Client, Any, Any], dict[str, Any]]) -> Probe:
    """Whose rows come back for keys of two models, `first` and `second`."""

    def look(client: Client) -> str:
        first = client.upload()
        second = client.upload(f"{first.name}-second")
        rows = _rows(client, **keys(client, first, second))
        return f"list_versions by {what}: rows of {_names(rows, {first.name: 'first', second.name: 'second'})}"

    return look


def _both_keys(client: Client, first: Any, second: Any) -> dict[str, Any]:
    return {"model_id": first.name, "models_pk_id": client.model_id(first)}


def _crossed_keys(client: Client, first: Any, second: Any) -> dict[str, Any]:
    return {"model_id": first.name, "models_pk_id": client.model_id(second)}


def _key_defects() -> Iterator[Defect]:
    both = _rows_asked("name and id", _both_keys)
    crossed = _rows_asked("one's name and the other's id", _crossed_keys)
    by_name = _rows_asked("name", lambda client, first, _: {"model_id": first.name})
    by_id = _rows_asked("id", lambda client, first, _: {"models_pk_id": client.model_id(first)})
    yield Defect(
        "list-versions.by-both.empty",
        "With both keys, no rows are shown.",
        ("list-versions.by-both",),
        _empty_with("model_id", "models_pk_id"),
        both,
    )
    yield Defect(
        "list-versions.by-name.empty",
        "By name alone, no rows are shown.",
        ("list-versions.by-name",),
        _empty_with("model_id"),
        by_name,
    )
    yield Defect(
        "list-versions.by-id.empty",
        "By id alone, no rows are shown.",
        ("list-versions.by-models-pk-id",),
        _empty_with("models_pk_id"),
        by_id,
    )
    yield Defect(
        "list-versions.id-ignored",
        "Beside a name, the id is ignored.",
        ("list-versions.keys-combined",),
        _keys_changed(lambda name, model_id: (name, None if name else model_id)),
        crossed,
    )
    yield Defect(
        "list-versions.name-ignored",
        "Beside an id that some model has, the name is ignored.",
        ("list-versions.keys-combined",),
        selected(_by_id_if_known),
        crossed,
    )
    yield Defect(
        "list-versions.any-name",
        "By name alone, the rows of all models are shown.",
        ("list-versions.by-name",),
        _with_workspace_where(lambda asked: asked.model_id is None),
        by_name,
    )
    yield Defect(
        "list-versions.any-id",
        "By id alone, the rows of all models are shown.",
        ("list-versions.by-models-pk-id",),
        _with_workspace_where(lambda asked: asked.name is None),
        by_id,
    )
    yield Defect(
        "list-versions.names-beginning-alike",
        "Rows of models whose names begin alike are shown too.",
        ("list-versions.only-asked-rows", "list-versions.by-name", "list-versions.keys-combined"),
        selected(_beginning_alike),
        both,
    )
    yield Defect(
        "list-versions.whole-workspace",
        "With both keys, the rows of the whole workspace are shown.",
        ("list-versions.only-asked-rows", "list-versions.keys-combined"),
        _with_workspace_where(lambda asked: bool(asked.name and asked.model_id)),
        both,
    )
    yield Defect(
        "list-versions.unknown-model.answers",
        "For an unknown model the rows of all are shown.",
        ("list-versions.unknown-model",),
        selected(_all_for_unknown),
        _rows_asked("unknown name and id", lambda *_: {"model_id": "unknown-to-all", "models_pk_id": UNKNOWN_ID}),
    )


def version_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _key_defects()
