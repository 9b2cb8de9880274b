"""list_versions_for_model: which versions it shows, and for which requests; and the workspace that get shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client, objects
from conformance.mock.defects.configured import entries_of, rows_changed, told
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import answered_instead, newest_answer, reply_changed
from conformance.mock.defects.observations import shown_status, whether
from conformance.mock.defects.parameters import given, lacking
from conformance.mock.records import Model, User
from conformance.mock.replies import Call, Reply

ENDPOINT = "list_versions_for_model"

Choose = Callable[[Behaviour, User, str, int, list[Model]], list[Model]]


def _models(choose: Choose) -> type[Behaviour]:
    """Another choice of models than the one of the name in the workspace."""

    class Chosen(Behaviour):
        def select_model_of(self, user: User, name: str, workspace_id: int) -> list[Model]:
            return choose(self, user, name, workspace_id, super().select_model_of(user, name, workspace_id))

    return Chosen


def _versions(choose: Callable[[list[Any]], list[Any]]) -> type[Behaviour]:
    """Another choice of a model's versions."""

    def change(behaviour: Behaviour, row: dict[str, Any]) -> None:
        row["model_versions"] = choose(row["model_versions"])

    return rows_changed(change, ENDPOINT)


def _everywhere(behaviour: Behaviour, user: User, name: str, workspace_id: int, found: list[Model]) -> list[Model]:
    return [model for model in behaviour.select_list_everywhere(user) if model.name == name]


def _beginning_alike(behaviour: Behaviour, user: User, name: str, workspace_id: int, found: list[Model]) -> list[Model]:
    return [model for model in behaviour.select_list(user, workspace_id) if model.name.startswith(name)]


def _whole_workspace(behaviour: Behaviour, user: User, name: str, workspace_id: int, found: list[Model]) -> list[Model]:
    return behaviour.select_list(user, workspace_id) if found else found


def _any_for_unknown(behaviour: Behaviour, user: User, name: str, workspace_id: int, found: list[Model]) -> list[Model]:
    return found or behaviour.select_list(user, workspace_id)[:1]


def _first_workspace(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    first = min(behaviour.store.workspaces(), key=lambda workspace: workspace.id)
    reply.body["workspace"] = {"id": first.id, "name": first.name}


# probes


def _digests(client: Client, name: str, workspace_id: int) -> list[Any]:
    answer = client.call(ENDPOINT, {"model_id": name, "workspace_id": workspace_id})
    return [told(entry, "model_version", "file_info", "sha") for entry in entries_of(answer.body)]


def _versions_shown(client: Client) -> str:
    older, newer = client.twice()
    other = client.upload(f"{older.name}-longer")
    found = _digests(client, older.name, client.workspace)
    sents = (("older", older), ("newer", newer), ("another model's", other))
    held = [word for word, sent in sents if sent.sha256 in found]
    return f"the versions of a model of two: {' and '.join(held) or 'none'} of {len(found)}"


def _workspaces_kept_apart(client: Client) -> str:
    sent = client.upload()
    other = client.neighbour()
    try:
        strange = other.upload(sent.name)
    finally:
        other.close()
    found = _digests(client, sent.name, client.workspace)
    held = [word for word, one in (("own", sent), ("another workspace's", strange)) if one.sha256 in found]
    return f"the versions of a name in two workspaces: {' and '.join(held) or 'none'}"


def _unknown(client: Client) -> str:
    client.upload()
    answer = client.call(ENDPOINT, {"model_id": "unknown-to-all", "workspace_id": client.workspace})
    return f"an unknown model: {shown_status(answer)} with {len(objects(answer.at('models')))} models"


def _requested(name: str, value: Any, what: str) -> Probe:
    """How a request is answered that has another value of one parameter; `...` leaves it out."""

    def look(client: Client) -> str:
        payload = client.question(ENDPOINT, client.upload())
        payload.pop(name)
        payload |= {} if value is ... else {name: value}
        return f"{ENDPOINT} with {what}: answered {shown_status(client.call(ENDPOINT, payload))}"

    return look


def _workspace_of_get(client: Client) -> bool:
    return bool(client.details(client.upload()).at("workspace", "id") == client.workspace)


def _of_versions() -> Iterator[Defect]:
    every = ("list-versions-for-model.all-versions",)
    choices: tuple[tuple[str, str, Callable[[list[Any]], list[Any]]], ...] = (
        ("newest-only", "list_versions_for_model shows only the newest version.", lambda found: found[:1]),
        ("oldest-only", "list_versions_for_model shows only the oldest version.", lambda found: found[-1:]),
        ("none", "list_versions_for_model shows no versions.", lambda found: []),
    )
    for word, says, choose in choices:
        yield Defect(f"list-versions-for-model.versions.{word}", says, every, _versions(choose), _versions_shown)


def _of_models() -> Iterator[Defect]:
    only = ("list-versions-for-model.only-asked",)
    yield Defect(
        "list-versions-for-model.beginning-alike",
        "list_versions_for_model shows models whose names begin alike too.",
        only,
        _models(_beginning_alike),
        _versions_shown,
    )
    yield Defect(
        "list-versions-for-model.whole-workspace",
        "list_versions_for_model shows every model of the workspace.",
        only,
        _models(_whole_workspace),
        _versions_shown,
    )
    yield Defect(
        "list-versions-for-model.all-workspaces",
        "list_versions_for_model shows the models of that name in all workspaces.",
        ("list-versions-for-model.only-this-workspace",),
        _models(_everywhere),
        _workspaces_kept_apart,
    )
    yield Defect(
        "list-versions-for-model.unknown-model.answers",
        "For a name that no model has, list_versions_for_model shows the newest model.",
        ("list-versions-for-model.unknown-model",),
        _models(_any_for_unknown),
        _unknown,
    )


def _of_parameters() -> Iterator[Defect]:
    kinds: tuple[tuple[str, type, str, Any], ...] = (
        ("model_id", int, "number", 7),
        ("workspace_id", str, "text", "not-a-number"),
    )
    for name, kind, word, wrong in kinds:
        slug = name.replace("_", "-")
        for how, null in (("missing", False), ("null", True)):
            yield Defect(
                f"list-versions-for-model.{slug}-required.{how}-accepted",
                f"list_versions_for_model with {name} {how} answers about the newest.",
                ("list-versions-for-model.parameters-required",),
                answered_instead(ENDPOINT, lacking(name, null=null), newest_answer),
                _requested(name, None if null else ..., f"{name} {how}"),
            )
        yield Defect(
            f"list-versions-for-model.{slug}-mistyped.{word}-accepted",
            f"list_versions_for_model with a {word} as {name} answers about the newest.",
            ("list-versions-for-model.parameters-mistyped",),
            answered_instead(ENDPOINT, given(name, kind), newest_answer),
            _requested(name, wrong, f"a {word} as {name}"),
        )


def for_model_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _of_versions()
    yield from _of_models()
    yield from _of_parameters()
    yield Defect(
        "get.workspace.first-shown",
        "get shows the instance's first workspace.",
        ("get.workspace-is-uploads",),
        reply_changed("get", _first_workspace),
        whether("get shows the workspace uploaded to", _workspace_of_get),
    )
