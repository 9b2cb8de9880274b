"""delete_model: what it leaves there, and what it takes along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.deletions import MODEL, Hidden, deleting, left, unconfirmed, without
from conformance.mock.defects.kinds import answered_instead
from conformance.mock.defects.observations import seen, shown_status
from conformance.mock.records import Metadata, Model, Upload, User, Version
from conformance.mock.replies import Call, Refusal, Reply

if TYPE_CHECKING:
    from conformance.mock.identity import Identity
    from conformance.mock.store import Store


def _newest(behaviour: Behaviour, chosen: Sequence[Version]) -> Sequence[Version]:
    return [max(chosen, key=lambda version: version.id)]


def _whole_workspace(behaviour: Behaviour, chosen: Sequence[Version]) -> Sequence[Version]:
    models = behaviour.store.models(chosen[0].workspace_id)
    return [version for model in models for version in behaviour.store.versions_of(model.id)]


def _beginning_alike(behaviour: Behaviour, chosen: Sequence[Version]) -> Sequence[Version]:
    named = chosen[0].model_name
    models = [m for m in behaviour.store.models(chosen[0].workspace_id) if m.name.startswith(named)]
    return [version for model in models for version in behaviour.store.versions_of(model.id)]


class _AnyWorkspace(Behaviour):
    """Finds a model to delete by its name in any of the caller's workspaces."""

    def select_model_to_delete(self, user: User, name: str, workspace_id: int) -> list[Version]:
        found = [model for model in self.select_list_everywhere(user) if model.name == name]
        return super().select_model_to_delete(user, name, found[0].workspace_id if found else workspace_id)


class _HiddenInList(Hidden):
    """Leaves deleted models out of the list, and shows them by their id."""

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        models = super().select_list(user, workspace_id)
        return [m for m in models if not self.hidden.issuperset(v.id for v in self.store.versions_of(m.id))]


class _NamesKept(Behaviour):
    """Refuses uploads under the names of deleted models."""

    def attach(self, store: Store, identity: Identity) -> None:
        super().attach(store, identity)
        self._kept: set[str] = set()

    def deletes(self, endpoint: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
        going = super().deletes(endpoint, versions, confirmed)
        self._kept.update(version.model_name for version in going if endpoint == MODEL)
        return going

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        metadata = super().check_upload(upload, user)
        if metadata.name in self._kept:
            raise Refusal(409, "There was a model of this name.")
        return metadata


def _by_name_anywhere(behaviour: Behaviour, call: Call, user: User) -> Any:
    """Deletes the models of that name in all workspaces of the caller."""
    models = [m for m in behaviour.select_list_everywhere(user) if m.name == call.payload.get("model_id")]
    found = [version for model in models for version in behaviour.store.versions_of(model.id)]
    behaviour.store.delete_versions(version.id for version in found)
    return {"bytes": sum(version.size for version in found)}


def _unknown_name(call: Call, reply: Reply) -> bool:
    payload = call.payload if isinstance(call.payload, dict) else {}
    return isinstance(payload.get("model_id"), str) and isinstance(payload.get("workspace_id"), int)


def _a_page(behaviour: Behaviour, call: Call, user: User) -> Any:
    return {"bytes": 4096}


def _deleted_model(what: str, ask: Callable[[Client, dict[str, Any]], dict[str, Any]]) -> Probe:
    """What is left after a deletion of a model beside others, asked for otherwise than rightly."""

    def look(client: Client) -> str:
        sent = client.upload()
        others = (client.upload(f"{sent.name}-longer"), client.upload())
        answer = client.call(MODEL, ask(client, client.question(MODEL, sent)))
        named = (("it", sent), ("a longer name", others[0]), ("another", others[1]))
        return f"{what}: {shown_status(answer)}, {left(client, *named)}"

    return look


def _versions_left(client: Client) -> int:
    older, _ = client.twice()
    client.ask(MODEL, older)
    return len(client.versions(older))


def _still_found(client: Client) -> str:
    sent = client.upload()
    model_id = client.model_id(sent)
    client.ask(MODEL, sent)
    return " ".join(str(client.call(endpoint, {"id": model_id}).status) for endpoint in ("get_by_id", "get"))


def _uploaded_again(client: Client) -> int:
    sent = client.upload()
    client.ask(MODEL, sent)
    return client.upload(sent.name).answer.status


def _as_asked(client: Client, payload: dict[str, Any]) -> dict[str, Any]:
    return payload


def model_deletion_defects() -> Iterator[Defect]:
    deleted = _deleted_model("a deletion", _as_asked)
    cases: tuple[tuple[str, str, str, type[Behaviour], Probe], ...] = (
        ("kept", "delete_model answers and deletes nothing.", "deletes", deleting(MODEL, lambda *_: ()), deleted),
        ("still-by-id", "A deleted model is out of the list and found by its id.", "deletes", _HiddenInList,
         seen("get_by_id and get of a deleted model", _still_found)),
        ("newest-only", "delete_model deletes only the newest version of a model.", "deletes",
         deleting(MODEL, _newest), seen("versions left of a deleted model of two", _versions_left)),
        ("beginning-alike", "delete_model deletes models whose names begin alike too.", "spares-others",
         deleting(MODEL, _beginning_alike), deleted),
        ("whole-workspace", "delete_model deletes every model of the workspace.", "spares-others",
         deleting(MODEL, _whole_workspace), deleted),
        ("without-confirmation", "delete_model deletes without confirmation.", "unconfirmed", unconfirmed(MODEL),
         _deleted_model("an unconfirmed deletion", lambda _, asked: {**asked, "confirm_delete": False})),
        ("any-workspace", "delete_model finds the model in any workspace.", "other-workspace", _AnyWorkspace,
         _deleted_model("a deletion from another workspace",
                        lambda client, asked: {**asked, "workspace_id": client.mock.workspace_id})),
        ("unknown-counted", "delete_model counts bytes of a model that isn't there.", "unknown-refused",
         answered_instead(MODEL, _unknown_name, _a_page),
         _deleted_model("a deletion of an unknown name", lambda _, asked: {**asked, "model_id": "unknown-to-all"})),
        ("model-id-required.missing-accepted", "delete_model without a name answers that nothing goes.",
         "parameters-required", answered_instead(MODEL, without("model_id"), lambda *_: {"bytes": 0}),
         _deleted_model("a deletion without a name", lambda _, asked: {"workspace_id": asked["workspace_id"]})),
        ("workspace-id-required.missing-accepted", "delete_model without a workspace deletes in all of them.",
         "parameters-required", answered_instead(MODEL, without("workspace_id"), _by_name_anywhere),
         _deleted_model("a deletion without a workspace",
                        lambda _, asked: {"model_id": asked["model_id"], "confirm_delete": True})),
        ("name-kept", "The name of a deleted model is refused in an upload.", "name-free-again", _NamesKept,
         seen("an upload under a deleted name", _uploaded_again)),
    )  # fmt: skip
    for word, says, requirement, behaviour, probe in cases:
        yield Defect(f"delete-model.{word}", says, (f"delete-model.{requirement}",), behaviour, probe)
