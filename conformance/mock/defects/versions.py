"""list_versions: which rows it shows for which keys, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client, objects
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.details import is_mistyped
from conformance.mock.defects.kinds import answered_instead, newest_answer, reply_changed
from conformance.mock.defects.observations import UNKNOWN_ID, asked
from conformance.mock.records import Model, User, Version
from conformance.mock.replies import Call, Reply

Select = Callable[[Behaviour, User, str | None, int | None, list[Version]], list[Version]]
Amend = Callable[[Version, list[Version]], Version]
"""What a version looks like, given all versions of its model, newest first."""


def _selected(select: Select) -> type[Behaviour]:
    """Another choice of rows."""

    class Selected(Behaviour):
        def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
            return select(self, user, name, model_id, super().select_versions(user, name, model_id))

    return Selected


def _keys_changed(change: Callable[[str | None, int | None], tuple[str | None, int | None]]) -> type[Behaviour]:
    """Other keys than those that were sent."""

    class KeysChanged(Behaviour):
        def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
            return super().select_versions(user, *change(name, model_id))

    return KeysChanged


def _amended(amend: Amend) -> type[Behaviour]:
    """Versions that read otherwise, in list_versions and in get."""

    class Amended(Behaviour):
        def _amend(self, version: Version) -> Version:
            return amend(version, self.store.versions_of(version.model_id))

        def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
            return [self._amend(version) for version in super().select_versions(user, name, model_id)]

        def select_model(self, user: User, model_id: int) -> tuple[Model, list[Version]]:
            model, versions = super().select_model(user, model_id)
            return model, [self._amend(version) for version in versions]

    return Amended


def _beginning_alike(
    behaviour: Behaviour, user: User, name: str | None, model_id: int | None, found: list[Version]
) -> list[Version]:
    alike = [model for model in behaviour.store.models() if name and model.name.startswith(name)]
    more = [version for model in alike for version in behaviour.store.versions_of(model.id)]
    return list({version.id: version for version in [*found, *more]}.values())


def _with_workspace(
    behaviour: Behaviour, user: User, name: str | None, model_id: int | None, found: list[Version]
) -> list[Version]:
    models = behaviour.store.models(found[0].workspace_id) if found else []
    return [version for model in models for version in behaviour.store.versions_of(model.id)]


def _all_for_unknown(
    behaviour: Behaviour, user: User, name: str | None, model_id: int | None, found: list[Version]
) -> list[Version]:
    if found or not name or not model_id:
        return found
    mine = [model for model in behaviour.store.models() if model.workspace_id in user.workspaces]
    return [version for model in mine for version in behaviour.store.versions_of(model.id)]


def _newest_of_each(_b: Behaviour, _u: User, _n: str | None, _i: int | None, found: list[Version]) -> list[Version]:
    newest: dict[int, Version] = {}
    for version in found:
        newest.setdefault(version.model_id, version)
    return list(newest.values())


def _oldest_of_each(_b: Behaviour, _u: User, _n: str | None, _i: int | None, found: list[Version]) -> list[Version]:
    return list({version.model_id: version for version in found}.values())


def _as_newest(**fields: Callable[[Version, Version], Any]) -> Amend:
    """Older versions take these fields after the newest."""

    def amend(version: Version, versions: list[Version]) -> Version:
        newest = versions[0]
        if newest.id == version.id:
            return version
        return replace(version, **{name: value(version, newest) for name, value in fields.items()})

    return amend


def _empty_with(*keys: str) -> type[Behaviour]:
    """No rows for requests with exactly these keys."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        given = {key for key in ("model_id", "models_pk_id") if (call.payload or {}).get(key) is not None}
        if given == set(keys):
            reply.body = []

    return reply_changed("list_versions", put)


# probes


def _rows(client: Client, **keys: Any) -> list[dict[str, Any]]:
    return objects(client.call("list_versions", keys).body)


def _names(rows: list[dict[str, Any]], named: dict[str, str]) -> str:
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


def _two_uploads(client: Client) -> str:
    older, newer = client.twice()
    rows = client.versions(newer)
    held = [word for word, sent in (("older", older), ("newer", newer)) if any(r.get("sha") == sent.sha256 for r in rows)]
    return f"list_versions of two uploads: {' and '.join(held) or 'none'} of {len(rows)} rows"


def _row_says(what: str, name: str, expected: Callable[[Client, Any], Any]) -> Probe:
    def look(client: Client) -> str:
        client.twice()
        sent = client.upload()
        return f"{name} of a version: {what}: {'yes' if client.version(sent).get(name) == expected(client, sent) else 'no'}"

    return look


def _older_kept(client: Client) -> str:
    older = client.upload()
    before = client.version(older)
    client.upload(older.name)
    rows = client.versions(older)
    kept = [name for name in ("sha", "file_name", "model_version") if any(r.get(name) == before.get(name) for r in rows)]
    return f"an older version keeps its {', '.join(kept) or 'nothing'}"


def _key_defects() -> Iterator[Defect]:
    both = _rows_asked("name and id", _both_keys)
    crossed = _rows_asked("one's name and the other's id", _crossed_keys)
    by_name = _rows_asked("name", lambda client, first, _: {"model_id": first.name})
    by_id = _rows_asked("id", lambda client, first, _: {"models_pk_id": client.model_id(first)})
    yield Defect("list-versions.by-both.empty", "With both keys, no rows are shown.", ("list-versions.by-both",),
                 _empty_with("model_id", "models_pk_id"), both)
    yield Defect("list-versions.by-name.empty", "By name alone, no rows are shown.", ("list-versions.by-name",),
                 _empty_with("model_id"), by_name)
    yield Defect("list-versions.by-id.empty", "By id alone, no rows are shown.", ("list-versions.by-models-pk-id",),
                 _empty_with("models_pk_id"), by_id)
    yield Defect("list-versions.id-ignored", "Beside a name, the id is ignored.", ("list-versions.keys-combined",),
                 _keys_changed(lambda name, model_id: (name, None if name else model_id)), crossed)
    yield Defect("list-versions.name-ignored", "Beside an id that some model has, the name is ignored.",
                 ("list-versions.keys-combined",),
                 _selected(lambda b, _u, _n, model_id, found: [v for v in found if v.model_id == model_id]
                           if model_id is not None and b.store.model(model_id) else found), crossed)
    yield Defect("list-versions.any-name", "By name alone, the rows of all models are shown.", ("list-versions.by-name",),
                 _selected(lambda b, u, name, model_id, found: _with_workspace(b, u, name, model_id, found)
                           if model_id is None else found), by_name)
    yield Defect("list-versions.any-id", "By id alone, the rows of all models are shown.",
                 ("list-versions.by-models-pk-id",),
                 _selected(lambda b, u, name, model_id, found: _with_workspace(b, u, name, model_id, found)
                           if name is None else found), by_id)
    yield Defect("list-versions.names-beginning-alike", "Rows of models whose names begin alike are shown too.",
                 ("list-versions.only-asked-rows", "list-versions.by-name"), _selected(_beginning_alike), both)
    yield Defect("list-versions.whole-workspace", "With both keys, the rows of the whole workspace are shown.",
                 ("list-versions.only-asked-rows", "list-versions.keys-combined"),
                 _selected(lambda b, u, name, model_id, found: _with_workspace(b, u, name, model_id, found)
                           if name and model_id else found), both)
    yield Defect("list-versions.unknown-model.answers", "For an unknown model the rows of all are shown.",
                 ("list-versions.unknown-model",), _selected(_all_for_unknown),
                 _rows_asked("unknown name and id", lambda *_: {"model_id": "unknown-to-all", "models_pk_id": UNKNOWN_ID}))
    kinds: tuple[tuple[str, type, Any], ...] = (("text", str, "not-a-number"), ("list", list, [1]))
    for word, kind, wrong in kinds:
        yield Defect(f"list-versions.keys-mistyped.{word}-accepted", f"A {word} as models_pk_id is answered.",
                     ("list-versions.keys-mistyped",),
                     answered_instead("list_versions", lambda call, _, kind=kind: is_mistyped(call, "models_pk_id", kind),  # type: ignore[misc]
                                      newest_answer), asked("list_versions", {"model_id": "any", "models_pk_id": wrong}))


def _row_defects() -> Iterator[Defect]:
    rows: tuple[tuple[str, str, Select], ...] = (
        ("newest-only", "Only the newest version of a model is shown.", _newest_of_each),
        ("oldest-only", "Only the oldest version of a model is shown.", _oldest_of_each),
        ("twice", "Each version is shown twice.", lambda _b, _u, _n, _i, found: found * 2),
    )
    for word, says, select in rows:
        yield Defect(f"list-versions.rows.{word}", says, ("list-versions.row-per-upload",), _selected(select), _two_uploads)
    names: tuple[tuple[str, str, Amend], ...] = (
        ("number", "the model's id as text", lambda version, _: replace(version, model_name=str(version.model_id))),
        ("file-name", "the file's name", lambda version, _: replace(version, model_name=version.file_name)),
        ("versioned", "the name with the version's id",
         lambda version, _: replace(version, model_name=f"{version.model_name}:{version.id}")),
    )  # fmt: skip
    is_name = _row_says("the model's name", "model_id", lambda _, sent: sent.name)
    for word, says, amend in names:
        yield Defect(f"list-versions.model-id.{word}", f"The `model_id` of a version is {says}.",
                     ("list-versions.model-id-is-name",), _amended(amend), is_name)
    ids: tuple[tuple[str, str, Amend], ...] = (
        ("versions", "the version's id", lambda version, _: replace(version, model_id=version.id)),
        ("configs", "the configuration's id", lambda version, _: replace(version, model_id=version.config_id)),
        ("workspaces", "the workspace's id", lambda version, _: replace(version, model_id=version.workspace_id)),
    )
    is_id = _row_says("the model's id", "models_pk_id", lambda client, sent: client.model_id(sent))
    for word, says, amend in ids:
        yield Defect(f"list-versions.models-pk-id.{word}", f"The `models_pk_id` of a version is {says}.",
                     ("list-versions.models-pk-id-is-models",), _amended(amend), is_id)
    older: tuple[tuple[str, str, Amend], ...] = (
        ("sha", "digest", _as_newest(sha=lambda _, newest: newest.sha)),
        ("file-name", "file name", _as_newest(file_name=lambda _, newest: newest.file_name)),
        ("uuid", "UUID", _as_newest(uuid=lambda version, newest: version.uuid[:-12] + newest.uuid[-12:])),
    )
    for word, says, amend in older:
        yield Defect(f"list-versions.older-version.{word}-changes", f"A new version changes the {says} of older ones.",
                     ("list-versions.older-version-unchanged",), _amended(amend), _older_kept)


def version_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _key_defects()
    yield from _row_defects()
