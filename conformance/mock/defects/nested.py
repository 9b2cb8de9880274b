"""models/list from 2024.1 on: the versions and the workspace beside each model, and a list without a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client, objects
from conformance.mock.defects.configured import Entry, entries_changed, listed_entry, rows_changed, told
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import is_success, reply_changed
from conformance.mock.defects.observations import seen, shown_status, whether
from conformance.mock.records import Model, User
from conformance.mock.replies import Call, Refusal, Reply

Row = dict[str, Any]

SECOND = 1_000_000


def _versions(choose: Callable[[list[Any]], list[Any]]) -> type[Behaviour]:
    """Another choice of a model's versions."""

    def change(behaviour: Behaviour, row: Row) -> None:
        row["model_versions"] = choose(row["model_versions"])

    return rows_changed(change)


def _files_written(name: str, write: Callable[[str], str]) -> type[Behaviour]:
    """Another value of each file in the list."""

    def change(entry: Entry) -> None:
        file = entry["model_version"]["file_info"]
        file[name] = write(file[name])

    return entries_changed(change, "list")


def _neighbours_config(behaviour: Behaviour, row: Row) -> None:
    """Each version has the configuration of the one after it."""
    configs = [entry["config"] for entry in row["model_versions"]]
    for entry, config in zip(row["model_versions"], [*configs[1:], *configs[:1]], strict=True):
        entry["config"] = config


def _models_number(behaviour: Behaviour, row: Row) -> None:
    for entry in row["model_versions"]:
        entry["config"] = {**entry["config"], "model_version_id": row["model"]["id"]}


def _first_workspace_in_model(behaviour: Behaviour, row: Row) -> None:
    row["model"]["workspace_id"] = min(workspace.id for workspace in behaviour.store.workspaces())


def _first_workspace_beside(behaviour: Behaviour, row: Row) -> None:
    first = min(behaviour.store.workspaces(), key=lambda workspace: workspace.id)
    row["workspace"] = {**row["workspace"], "id": first.id, "name": first.name}


class _UpdatedLate(Behaviour):
    """Counts a model as updated a second after its newest version was made."""

    def updated_at(self, model: Model, now: int) -> int:
        return super().updated_at(model, now) + SECOND


def _of_first_in_list(behaviour: Behaviour, row: Row) -> None:
    if len(row["model_versions"]) > 1:
        row["model"]["updated_at"] = row["model_versions"][1]["model_version"]["created_at"]


class _NameIgnored(Behaviour):
    """Lists all that the caller may see, whatever workspace is named."""

    def select_list_named(self, user: User, name: str) -> list[Model]:
        return self.select_list_everywhere(user)


class _UnknownNameIgnored(Behaviour):
    """Lists all that the caller may see for a workspace's name that none has."""

    def select_list_named(self, user: User, name: str) -> list[Model]:
        try:
            return super().select_list_named(user, name)
        except Refusal:
            return self.select_list_everywhere(user)


class _NamesUnknown(Behaviour):
    """Finds no workspace by its name."""

    def select_list_named(self, user: User, name: str) -> list[Model]:
        raise Refusal(400, "Unknown field workspace_name.")


class _NamedEmpty(Behaviour):
    """Has no models in a workspace that is asked for by its name."""

    def select_list_named(self, user: User, name: str) -> list[Model]:
        super().select_list_named(user, name)
        return []


def _unplaced(call: Call, reply: Reply) -> bool:
    """An answered list that names no workspace."""
    payload = call.payload if isinstance(call.payload, dict) else {}
    named = payload.get("workspace_id") is not None or payload.get("workspace_name") is not None
    return is_success(call, reply) and not named


def _null_workspace(call: Call, reply: Reply) -> bool:
    return _unplaced(call, reply) and "workspace_id" in call.payload


def _bare(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    reply.body = reply.body["models"]


def _nothing(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    reply.body = None


# probes


def _listed_versions(client: Client) -> str:
    older, newer = client.twice()
    entries = objects(client.row(newer.name).get("model_versions"))
    digests = [told(entry, "model_version", "file_info", "sha") for entry in entries]
    held = [word for word, sent in (("older", older), ("newer", newer)) if sent.sha256 in digests]
    return f"the list of a model of two versions: {' and '.join(held) or 'none'} of {len(entries)}"


def _agree(client: Client) -> bool:
    sent = client.upload(file_name="Agrees.onnx")
    row, version = client.version(sent), client.row(sent.name)["model_versions"][0]["model_version"]
    shown = {**version["file_info"], "id": version["id"]}
    wanted = {"id": row["id"], "version": row["model_version"], "sha": row["sha"], "file_name": row["file_name"]}
    return all(shown[name] == value for name, value in wanted.items())


def _own_config(client: Client) -> bool:
    entries = [listed_entry(client, sent) for sent in client.twice()]
    return all(told(e, "config", "model_version_id") == told(e, "model_version", "id") for e in entries)


def _updated(client: Client) -> bool:
    _, newer = client.twice()
    created = told(listed_entry(client, newer), "model_version", "created_at")
    return bool(client.listed(newer.name).get("updated_at") == created)


def _workspaces(client: Client) -> str:
    row = client.row(client.upload().name)
    found = {"model.workspace_id": row["model"]["workspace_id"], "workspace.id": row["workspace"]["id"]}
    right = [place for place, number in found.items() if number == client.workspace]
    return f"told rightly: {' and '.join(right) or 'none'}"


def _without_workspace(payload: dict[str, Any]) -> Probe:
    def look(client: Client) -> str:
        client.upload()
        answer = client.call("list", payload)
        models = answer.at("models")
        return f"a list asked for with {payload}: {shown_status(answer)}, {type(models).__name__} of models"

    return look


def _by_name(client: Client) -> str:
    sent = client.upload()
    other = client.neighbour()
    try:
        other.upload()
    finally:
        other.close()
    found = []
    for name in (client.workspace_name, "no-such-workspace"):
        answer = client.call("list", {"workspace_name": name})
        names = [told(row, "model", "name") for row in objects(answer.at("models"))]
        found.append(f"{shown_status(answer)} with {len(names)} models, {'ours' if sent.name in names else 'not ours'}")
    return f"a list by the workspace's name: {found[0]}; by nobody's: {found[1]}"


def _of_versions() -> Iterator[Defect]:
    every = ("list.version-per-upload",)
    choices: tuple[tuple[str, str, Callable[[list[Any]], list[Any]]], ...] = (
        ("newest-only", "The list shows only the newest version of a model.", lambda found: found[:1]),
        ("oldest-only", "The list shows only the oldest version of a model.", lambda found: found[-1:]),
        ("none", "The list shows no versions.", lambda found: []),
        ("twice", "The list shows each version twice.", lambda found: found * 2),
    )
    for word, says, choose in choices:
        yield Defect(f"list.versions.{word}", says, every, _versions(choose), _listed_versions)
    agrees = ("list.versions-agree-with-list-versions", "get-version-by-id.agrees-with-list")
    agree = whether("versions read alike in the list and in list_versions", _agree)
    changes: tuple[tuple[str, str, str, Callable[[str], str]], ...] = (
        ("uuid", "UUIDs in upper case", "version", str.upper),
        ("sha", "digests in reverse order", "sha", lambda digest: digest[::-1]),
        ("file-name", "file names in lower case", "file_name", str.lower),
    )
    for word, says, name, write in changes:
        yield Defect(
            f"list.versions-agree.{word}", f"The list shows {says}.", agrees, _files_written(name, write), agree
        )


def _of_configs() -> Iterator[Defect]:
    own = ("list.config-of-version",)
    probe = whether("a configuration in the list names the version beside it", _own_config)
    yield Defect(
        "list.config.neighbours",
        "Of a model's versions in the list, each has the next one's configuration.",
        own,
        rows_changed(_neighbours_config),
        probe,
    )
    yield Defect(
        "list.config.of-model",
        "Configurations in the list name the model in the version's place.",
        (*own, "get-version-by-id.agrees-with-list"),
        rows_changed(_models_number),
        probe,
    )


def _of_models() -> Iterator[Defect]:
    newest = ("list.updated-at-is-newest-version",)
    updated = whether("updated_at is when the newest version was created", _updated)
    yield Defect(
        "list.updated-at.second-late",
        "A model counts as updated a second after its newest version was made.",
        newest,
        _UpdatedLate,
        updated,
    )
    yield Defect(
        "list.updated-at.of-version-before",
        "The list tells the creation of the version before the newest as the update.",
        (*newest, "get-by-id.times-agree-with-list", "get.times-agree-with-list"),
        rows_changed(_of_first_in_list),
        updated,
        since="2024.1",
    )
    asked = ("list.asked-workspace",)
    placed = seen("the workspace in a row of the list", _workspaces)
    yield Defect(
        "list.workspace.first-in-model",
        "Models in the list name the instance's first workspace.",
        asked,
        rows_changed(_first_workspace_in_model),
        placed,
    )
    yield Defect(
        "list.workspace.first-beside",
        "Beside each model in the list stands the instance's first workspace.",
        asked,
        rows_changed(_first_workspace_beside),
        placed,
    )


def _of_requests() -> Iterator[Defect]:
    optional = ("list.workspace-optional",)
    yield Defect(
        "list.workspace-optional.bare",
        "Without a workspace the list is an array.",
        optional,
        reply_changed("list", _bare, applies=_unplaced),
        _without_workspace({}),
    )
    yield Defect(
        "list.workspace-optional.null-answered-null",
        "A null workspace is answered null.",
        optional,
        reply_changed("list", _nothing, applies=_null_workspace),
        _without_workspace({"workspace_id": None}),
    )
    named = ("list.by-workspace-name",)
    cases: tuple[tuple[str, str, type[Behaviour]], ...] = (
        ("ignored", "The name of a workspace is ignored.", _NameIgnored),
        ("unknown-ignored", "A name that no workspace has shows all workspaces' models.", _UnknownNameIgnored),
        ("refused", "A list by the name of a workspace is refused.", _NamesUnknown),
        ("empty", "A list by the name of a workspace is empty.", _NamedEmpty),
    )
    for word, says, behaviour in cases:
        yield Defect(f"list.by-workspace-name.{word}", says, named, behaviour, _by_name)


def nested_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _of_versions()
    yield from _of_configs()
    yield from _of_models()
    yield from _of_requests()
