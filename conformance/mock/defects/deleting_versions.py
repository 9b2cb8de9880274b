"""delete_model_versions: what it leaves there, and what it takes along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.deletions import VERSIONS, Hidden, deleting, left, unconfirmed, without
from conformance.mock.defects.kinds import answered_instead
from conformance.mock.defects.observations import shown_status, status_of
from conformance.mock.records import User, Version
from conformance.mock.replies import Call, Refusal


def _whole_models(behaviour: Behaviour, chosen: Sequence[Version]) -> Sequence[Version]:
    models = {version.model_id for version in chosen}
    return [version for model_id in models for version in behaviour.store.versions_of(model_id)]


class _HiddenInVersions(Hidden):
    """Leaves deleted versions out of list_versions, and shows them in get."""

    def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
        return [v for v in super().select_versions(user, name, model_id) if v.id not in self.hidden]


def _first_only(behaviour: Behaviour, chosen: Sequence[Version]) -> Sequence[Version]:
    return chosen[:1]


class _OneAtATime(Behaviour):
    """Refuses to delete several versions at once."""

    def select_versions_to_delete(self, user: User, uuids: Sequence[str]) -> list[Version]:
        if len(uuids) > 1:
            raise Refusal(400, "Only one version can be deleted at a time.")
        return super().select_versions_to_delete(user, uuids)


def _what_is_known(behaviour: Behaviour, call: Call, user: User) -> Any:
    """Deletes the versions that are among what was named, and passes over the rest."""
    found = behaviour.store.versions_called([name for name in call.payload["model_versions"] if isinstance(name, str)])
    behaviour.store.delete_versions(version.id for version in found)
    return {"bytes": sum(version.size for version in found)}


def _deleted_versions(what: str, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> Probe:
    """What is left of a model of two versions after a deletion of the older one."""

    def look(client: Client) -> str:
        older, newer = client.twice()
        model_id = client.model_id(newer)
        answer = client.call(VERSIONS, ask(client.question(VERSIONS, older)))
        told = client.call("get", {"id": model_id}).at("models") or []
        in_get = [s for s in (older, newer) if any(row.get("sha") == s.sha256 for row in told)]
        named = (("older", older), ("newer", newer))
        return f"{what}: {shown_status(answer)}, {left(client, *named)}, {len(in_get)} in get"

    return look


def _several(client: Client) -> str:
    sents = client.upload(), client.upload()
    uuids = [client.version(sent).get("model_version") for sent in sents]
    answer = client.call(VERSIONS, {"model_versions": uuids, "confirm_delete": True})
    return f"a deletion of two: {shown_status(answer)}, {left(client, ('one', sents[0]), ('other', sents[1]))}"


def version_deletion_defects() -> Iterator[Defect]:
    deleted = _deleted_versions("a deletion", lambda asked: asked)
    cases: tuple[tuple[str, str, str, type[Behaviour], Probe], ...] = (
        ("kept", "delete_model_versions answers and deletes nothing.", "deletes", deleting(VERSIONS, lambda *_: ()),
         deleted),
        ("still-in-get", "A deleted version is out of list_versions and shown by get.", "deletes", _HiddenInVersions,
         deleted),
        ("whole-models", "delete_model_versions deletes all versions of a model.", "spares-others",
         deleting(VERSIONS, _whole_models), deleted),
        ("without-confirmation", "delete_model_versions deletes without confirmation.", "unconfirmed",
         unconfirmed(VERSIONS),
         _deleted_versions("an unconfirmed deletion", lambda asked: {**asked, "confirm_delete": False})),
        ("first-only", "Of several versions only the first is deleted.", "several", deleting(VERSIONS, _first_only),
         _several),
        ("one-at-a-time", "Several versions at once are refused.", "several", _OneAtATime, _several),
        ("malformed-ignored", "What isn't a UUID is passed over, and the rest deleted.", "malformed-refused",
         answered_instead(VERSIONS, lambda call, _: bool((call.payload or {}).get("model_versions")), _what_is_known),
         _deleted_versions("a deletion with a text",
                           lambda asked: {**asked, "model_versions": [*asked["model_versions"], "not-a-uuid"]})),
        ("versions-required.missing-accepted", "delete_model_versions without versions answers that nothing goes.",
         "parameters-required", answered_instead(VERSIONS, without("model_versions"), lambda *_: {"bytes": 0}),
         status_of("a deletion without versions", lambda client: client.call(VERSIONS, {"confirm_delete": False}))),
    )  # fmt: skip
    for word, says, requirement, behaviour, probe in cases:
        yield Defect(f"delete-model-versions.{word}", says, (f"delete-model-versions.{requirement}",), behaviour, probe)
