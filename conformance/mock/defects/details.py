"""get_by_id and get: whose details they show, and which of its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock import rendering
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client, objects
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import Change, answered_instead, newest_answer, reply_changed
from conformance.mock.defects.observations import UNKNOWN_ID, asked, seen, whether
from conformance.mock.defects.parameters import given
from conformance.mock.records import Model
from conformance.mock.replies import Call, Reply

DETAILS = ("get_by_id", "get")


def shown(behaviour: Behaviour, endpoint: str, model: Model) -> Any:
    """A model as one of the two endpoints shows it."""
    versions = behaviour.store.versions_of(model.id)
    if endpoint == "get_by_id":
        return rendering.model_details(model, behaviour.config_of_model(versions), behaviour)
    return rendering.model_with_versions(model, versions, behaviour)


def _another_model(endpoint: str, choose: Callable[[Behaviour, int], Model | None]) -> type[Behaviour]:
    """Details of another model than the one asked for, where there is such a model."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        other = choose(behaviour, call.payload["id"])
        if other is not None:
            reply.body = shown(behaviour, endpoint, other)

    return reply_changed(endpoint, put)


def _next_one(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    """The id and the name of another model, which needn't be there."""
    other = behaviour.store.model(reply.body["id"] + 1)
    reply.body |= {"id": reply.body["id"] + 1, "name": other.name if other else "another-model"}


def _by_version_id(endpoint: str) -> type[Behaviour]:
    """Takes the id for a version's."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        version = behaviour.store.version(call.payload["id"])
        model = None if version is None else behaviour.store.model(version.model_id)
        if model is None:
            reply.status, reply.body = 400, {"msg": "The provided model id was not found.", "code": 400}
        else:
            reply.body = shown(behaviour, endpoint, model)

    def named(call: Call, reply: Reply) -> bool:
        return isinstance(call.payload, dict) and type(call.payload.get("id")) is int and reply.status != 401

    return reply_changed(endpoint, put, applies=named)


def _neighbour(behaviour: Behaviour, model_id: int) -> Model | None:
    return behaviour.store.model(model_id - 1) or behaviour.store.model(model_id + 1)


def _neighbour_of_grown(behaviour: Behaviour, model_id: int) -> Model | None:
    return _neighbour(behaviour, model_id) if len(behaviour.store.versions_of(model_id)) > 1 else None


def _changed(endpoint: str, change: Change) -> type[Behaviour]:
    return reply_changed(endpoint, change)


def _lost_after_new_version(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    if len(behaviour.store.versions_of(reply.body["id"])) > 1:
        reply.status, reply.body = 400, {"msg": "The provided model id was not found.", "code": 400}


def _renamed_after_new_version(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    versions = behaviour.store.versions_of(reply.body["id"])
    if len(versions) > 1:
        reply.body["name"] += f"-v{len(versions)}"


def _first_workspace(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    reply.body["workspace_id"] = min(workspace.id for workspace in behaviour.store.workspaces())


def _config_null(framework: str | None) -> Change:
    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        versions = behaviour.store.versions_of(reply.body["id"])
        if framework in (None, versions[-1].framework):
            reply.body["model_config"] = None

    return put


def _versions(change: Callable[[Behaviour, dict[str, Any]], list[Any]]) -> type[Behaviour]:
    """Another choice of versions in `get`."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        reply.body["models"] = change(behaviour, reply.body)

    return reply_changed("get", put)


def _with_neighbours(behaviour: Behaviour, body: dict[str, Any]) -> list[Any]:
    own: list[Any] = body["models"]
    neighbour = _neighbour(behaviour, body["id"])
    versions = behaviour.store.versions_of(neighbour.id) if neighbour else []
    return own + [rendering.model_version(version, behaviour) for version in versions]


def _each_version(change: Callable[[dict[str, Any]], None]) -> type[Behaviour]:
    """Other values in each version of `get`."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        for row in reply.body["models"]:
            change(row)

    return reply_changed("get", put)


def _set(name: str, value: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def change(row: dict[str, Any]) -> None:
        row[name] = value(row[name])

    return change


# probes


def _shows_asked(endpoint: str, versions: int) -> Probe:
    def look(client: Client) -> bool:
        client.upload()
        sent = client.upload()
        for _ in range(versions - 1):
            client.upload(sent.name)
        client.upload()
        told = client.details(sent, endpoint)
        return bool(told.at("name") == sent.name)

    return whether(f"{endpoint} of a model of {versions} shows that model", look)


def _version_count(client: Client) -> str:
    older, newer = client.twice()
    client.upload()
    rows = objects(client.details(newer).at("models"))
    found = [
        word for word, sent in (("older", older), ("newer", newer)) if any(r.get("sha") == sent.sha256 for r in rows)
    ]
    return f"get of a model of two versions: {' and '.join(found) or 'none'} of {len(rows)}"


def _versions_agree(client: Client) -> bool:
    sent = client.upload()
    client.settled(sent)  # a conversion that ends between the two reads changes the image path
    row, told = client.version(sent), client.details(sent).at("models", 0)
    if not isinstance(told, dict):
        return False
    # Releases that tell a version's owner do so in list_versions alone.
    return all(row.get(name) == value for name, value in told.items() if name != "owner_id")


def _config_of(framework: str) -> Probe:
    def look(client: Client) -> str:
        found = client.details(client.upload(framework=framework), "get_by_id").at("model_config")
        return "null" if found is None else "there"

    return seen(f"model_config of a model of {framework} in get_by_id", look)


def _workspace_right(client: Client) -> bool:
    return bool(client.details(client.upload(), "get_by_id").at("workspace_id") == client.workspace)


def _both() -> Iterator[Defect]:
    for endpoint in DETAILS:
        word = endpoint.replace("_", "-")
        takes, unknown = (f"{word}.takes-model-id",), (f"{word}.unknown-id-refused",)
        yield Defect(
            f"{word}.by-version-id",
            f"{endpoint} takes the id for a version's.",
            takes,
            _by_version_id(endpoint),
            _shows_asked(endpoint, 1),
        )
        yield Defect(
            f"{word}.next-shown",
            f"{endpoint} tells the id and the name of the next model.",
            takes,
            reply_changed(endpoint, _next_one),
            _shows_asked(endpoint, 1),
        )
        yield Defect(
            f"{word}.unknown-id.newest-shown",
            f"{endpoint} of an unknown id shows the newest model.",
            unknown,
            answered_instead(endpoint, given("id", int), newest_answer),
            asked(endpoint, {"id": UNKNOWN_ID}),
        )
        yield Defect(
            f"{word}.unknown-id.null",
            f"{endpoint} of an unknown id answers null with success.",
            unknown,
            answered_instead(endpoint, given("id", int), lambda *_: None),
            asked(endpoint, {"id": UNKNOWN_ID}),
        )


def _get_by_id() -> Iterator[Defect]:
    same = ("get-by-id.same-after-new-version",)
    grown = _shows_asked("get_by_id", 2)
    yield Defect(
        "get-by-id.grown.neighbour-shown",
        "get_by_id of a model of two versions shows another model.",
        same,
        _another_model("get_by_id", _neighbour_of_grown),
        grown,
    )
    yield Defect(
        "get-by-id.grown.lost",
        "get_by_id knows no model of two versions.",
        same,
        _changed("get_by_id", _lost_after_new_version),
        grown,
    )
    yield Defect(
        "get-by-id.grown.renamed",
        "get_by_id counts the versions in the model's name.",
        same,
        _changed("get_by_id", _renamed_after_new_version),
        grown,
    )
    yield Defect(
        "get-by-id.first-workspace-shown",
        "get_by_id shows the instance's first workspace.",
        ("get-by-id.workspace-is-uploads",),
        _changed("get_by_id", _first_workspace),
        whether("get_by_id shows the workspace uploaded to", _workspace_right),
    )
    for word, framework in (("any", None), ("onnx", "onnx"), ("pytorch", "pytorch")):
        yield Defect(
            f"get-by-id.config-null.{word}",
            f"get_by_id shows no configuration of models of {word} framework.",
            ("get-by-id.model-config-of-converted",),
            _changed("get_by_id", _config_null(framework)),
            _config_of(framework or "onnx"),
        )


def _get() -> Iterator[Defect]:
    every = ("get.all-versions",)
    choices: tuple[tuple[str, str, tuple[str, ...], Callable[[Behaviour, dict[str, Any]], list[Any]]], ...] = (
        ("newest-missing", "get leaves the newest of several versions out.", every,
         lambda _, body: body["models"][1:] or body["models"]),
        ("oldest-missing", "get leaves the oldest of several versions out.", every,
         lambda _, body: body["models"][:-1] or body["models"]),
        ("none", "get shows no versions.", every, lambda *_: []),
        ("neighbours-too", "get shows a neighbour's versions too.", ("get.only-own-versions",), _with_neighbours),
    )  # fmt: skip
    for word, says, breaks, choose in choices:
        yield Defect(f"get.versions.{word}", says, breaks, _versions(choose), _version_count)
    changes: tuple[tuple[str, str, Callable[[dict[str, Any]], None]], ...] = (
        ("file-name", "upper case", _set("file_name", lambda value: value.upper())),
        ("uuid", "upper case", _set("model_version", lambda value: value.upper())),
        ("sha", "reverse order", _set("sha", lambda value: value[::-1])),
        ("image-path", "a path of no image", _set("image_path", lambda value: "registry.example.com/none:v0")),
    )  # fmt: skip
    agree = whether("versions read alike in get and list_versions", _versions_agree)
    for word, says, change in changes:
        yield Defect(
            f"get.versions-agree.{word}",
            f"get shows the {word} of versions in {says}.",
            ("get.versions-agree-with-list-versions",),
            _each_version(change),
            agree,
        )


def detail_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _both()
    yield from _get_by_id()
    yield from _get()
