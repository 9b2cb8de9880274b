"""What an upload does and answers: which model it adds to, which id comes back, what arrives of a large file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import reply_changed
from conformance.mock.defects.observations import seen, shown_status, whether
from conformance.mock.records import Model, Upload, Version
from conformance.mock.replies import Call, Reply


def _id_answered(answered: Callable[[Behaviour, Version], int]) -> type[Behaviour]:
    class IdAnswered(Behaviour):
        def upload_id(self, version: Version) -> int:
            return answered(self, version)

    return IdAnswered


def _model_chosen(choose: Callable[[Behaviour, str, int], Model | None]) -> type[Behaviour]:
    class ModelChosen(Behaviour):
        def model_for(self, name: str, workspace_id: int) -> Model | None:
            return choose(self, name, workspace_id)

    return ModelChosen


def _everywhere(behaviour: Behaviour, name: str, workspace_id: int) -> Model | None:
    found = [model for model in behaviour.store.models() if model.name == name]
    return found[-1] if found else None


def _begins_alike(behaviour: Behaviour, name: str, workspace_id: int) -> Model | None:
    found = [model for model in behaviour.store.models(workspace_id) if name.startswith(model.name)]
    return behaviour.store.model_named(name, workspace_id) or (found[0] if found else None)


class _UuidReused(Behaviour):
    """Gives a version the UUID of the model's version before."""

    def model_for(self, name: str, workspace_id: int) -> Model | None:
        self._model = super().model_for(name, workspace_id)
        return self._model

    def version_uuid(self, upload: Upload) -> str:
        before = self.store.versions_of(self._model.id) if self._model else []
        return before[0].uuid if before else super().version_uuid(upload)


class _UuidOfDigest(Behaviour):
    """Makes a version's UUID from nothing but the framework."""

    def version_uuid(self, upload: Upload) -> str:
        return "00000000-0000-4000-8000-000000000000"


def _status(status: int) -> type[Behaviour]:
    class Status(Behaviour):
        def success_status(self, endpoint: str) -> int:
            return status if endpoint == "upload_and_convert" else super().success_status(endpoint)

    return Status


def _ids(change: Callable[[list[dict[str, int]]], list[dict[str, int]]]) -> type[Behaviour]:
    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        returned = reply.body["insert_models"]["returning"][0]
        returned["models"] = change(returned["models"])

    return reply_changed("upload_and_convert", put)


def _models_after(what: str, names: Callable[[str], tuple[str, str]]) -> Probe:
    def count(client: Client) -> int:
        for name in names(client.name()):
            client.upload(name)
        return len(client.listed_rows())

    return seen(f"models after {what}", count)


def _two_workspaces(client: Client) -> str:
    name = client.name()
    other = client.make_workspace(f"{name}-b")
    client.upload(name)
    client.upload(name, changes={"workspace_id": other})
    held = [len(client.listed_rows(workspace)) for workspace in (client.workspace, other)]
    return f"one name in two workspaces: {held[0]} and {held[1]} models"


def _id_is_versions(client: Client) -> str:
    client.twice()
    sent = client.upload()
    shown = client.version(sent).get("id")
    return f"the id answered: {'the version' if sent.id == shown else 'not the version'}'s"


def _different_uuids(client: Client) -> bool:
    _, newer = client.twice()
    uuids = [row.get("model_version") for row in client.versions(newer)]
    return len(uuids) == len(set(uuids)) > 1


def _answers() -> Iterator[Defect]:
    version_id = ("upload.returns-version-id",)
    ids: tuple[tuple[str, str, Callable[[Behaviour, Version], int]], ...] = (
        ("unknown", "An upload is answered with an id that nothing has.", lambda _, version: version.id + 1_000_000),
        ("models", "An upload is answered with its model's id.", lambda _, version: version.model_id),
        ("configs", "An upload is answered with its configuration's id.", lambda _, version: version.config_id),
        ("version-before", "An upload is answered with the id of the version before, whoever's that is.",
         lambda behaviour, version: version.id - 1 if behaviour.store.version(version.id - 1) else version.id),
    )  # fmt: skip
    for word, says, answered in ids:
        yield Defect(f"upload.id.{word}", says, version_id, _id_answered(answered), _id_is_versions)
    counts: tuple[tuple[str, str, Callable[[list[dict[str, int]]], list[dict[str, int]]]], ...] = (
        ("twice", "An upload is answered with its id twice.", lambda found: found * 2),
        ("with-neighbour", "An upload is answered with two ids.", lambda found: [*found, {"id": found[0]["id"] + 1}]),
    )
    for word, says, change in counts:
        count = seen(
            "ids answered to one upload",
            lambda client: len(client.upload().answer.at("insert_models", "returning", 0, "models") or []),
        )
        yield Defect(f"upload.ids.{word}", says, ("upload.returns-one-id",), _ids(change), count)
    for status in (201, 302, 500):
        yield Defect(
            f"upload.status.{status}",
            f"An upload that is carried out is answered {status}.",
            ("upload.status",),
            _status(status),
            seen("an upload is answered", lambda client: shown_status(client.upload().answer)),
        )


def _effects() -> Iterator[Defect]:
    yield Defect(
        "upload.same-name.new-model",
        "Each upload makes a model of its own.",
        (
            "upload.same-name-new-version",
            "list.each-model-once",
            "list-versions.row-per-upload",
            "get.all-versions",
            "list.updated-at-moves",
        ),
        _model_chosen(lambda *_: None),
        _models_after("two uploads of a name", lambda name: (name, name)),
    )
    yield Defect(
        "upload.same-name.one-model-everywhere",
        "A name stands for one model in all workspaces.",
        ("upload.same-name-other-workspace",),
        _model_chosen(_everywhere),
        _two_workspaces,
    )
    yield Defect(
        "upload.distinct-names.beginning-decides",
        "A name that begins with another model's name is taken for that model.",
        ("upload.distinct-names-distinct-models",),
        _model_chosen(_begins_alike),
        _models_after("a name and a longer one", lambda name: (name, f"{name}-longer")),
    )
    uuids = ("list-versions.distinct-uuids",)
    probe = whether("versions have UUIDs of their own", _different_uuids)
    yield Defect("upload.uuid.reused", "A new version has the UUID of the one before.", uuids, _UuidReused, probe)
    yield Defect("upload.uuid.constant", "All versions have the same UUID.", uuids, _UuidOfDigest, probe)


def result_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _answers()
    yield from _effects()
