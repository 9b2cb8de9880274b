"""The forms that most defects take: a changed reply, a request let through, an upload that is refused or isn't."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from conformance.contract import load_release, release_ids
from conformance.mock import rendering
from conformance.mock.behaviour import Behaviour
from conformance.mock.records import Metadata, Upload, User
from conformance.mock.replies import Call, Refusal, Reply

if TYPE_CHECKING:
    from conformance.mock.identity import Identity
    from conformance.mock.store import Store

Fields = dict[str, Any]
"""The metadata of an upload as it came, before any check."""

_NEWEST = load_release(release_ids()[-1])
# No release takes an endpoint away, so the newest one's are all there are.
JSON_READS = _NEWEST.reads
MODEL_ENDPOINTS = tuple(_NEWEST.endpoints)
"""The endpoints of all releases; one that a release doesn't have is never called there."""

BY_VERSION = ("get_version_by_id", "get_model_version_by_id")
"""The endpoints that show a version with its configuration."""

Change = Callable[[Behaviour, Call, Reply], None]
Applies = Callable[[Call, Reply], bool]
Condition = Callable[[Fields, Upload], bool]
Repair = Callable[[Behaviour, Fields, Upload, User], None]


def is_success(call: Call, reply: Reply) -> bool:
    """Whether the request was carried out."""
    return reply.status < 400


def reply_changed(
    endpoints: str | Collection[str], change: Change, *, applies: Applies = is_success
) -> type[Behaviour]:
    """Another answer of these endpoints, where it applies."""
    names = (endpoints,) if isinstance(endpoints, str) else tuple(endpoints)

    class ReplyChanged(Behaviour):
        def reply(self, call: Call, reply: Reply) -> Reply:
            reply = super().reply(call, reply)
            if call.endpoint in names and applies(call, reply):
                change(self, call, reply)
            return reply

    return ReplyChanged


def answered_instead(
    endpoint: str, applies: Applies, answer: Callable[[Behaviour, Call, User], Any]
) -> type[Behaviour]:
    """A refused request of a known caller that is answered with success all the same."""

    def change(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        if call.user is not None:
            reply.status, reply.body = 200, answer(behaviour, call, call.user)

    def refused(call: Call, reply: Reply) -> bool:
        return reply.status >= 400 and applies(call, reply)

    return reply_changed(endpoint, change, applies=refused)


def newest_answer(behaviour: Behaviour, call: Call, user: User) -> Any:
    """What an endpoint says when it asks its tables without a condition: of all, or of the newest."""
    models = [model for model in behaviour.store.models() if model.workspace_id in user.workspaces]
    versions = [version for model in models for version in behaviour.store.versions_of(model.id)]
    if call.endpoint in ("list", "list_versions_for_model"):
        return rendering.listed_models(models, behaviour)
    if call.endpoint == "list_versions":
        return [rendering.listed_version(version, behaviour) for version in versions]
    if call.endpoint == "get_config_by_id":
        return {"model_config": rendering.short_config(versions[0], behaviour) if versions else None}
    if not versions:
        return None
    if call.endpoint in BY_VERSION:
        return {"model_version": rendering.configured_version(versions[0], behaviour)}
    if call.endpoint == "get_upload_logs":
        return {"logs": behaviour.logs_of(versions[0], None)}
    own = behaviour.store.versions_of(models[0].id)
    if call.endpoint == "get_by_id":
        return rendering.model_details(models[0], behaviour.config_of_model(own), behaviour)
    return rendering.model_with_versions(models[0], own, behaviour)


# uploads


def raw_fields(upload: Upload) -> Fields:
    """The metadata as it came; empty where it is no JSON object."""
    try:
        found = json.loads(upload.metadata_bytes or b"")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def conversion_of(fields: Fields) -> Fields:
    """The conversion's fields, empty where there are none."""
    found = fields.get("conversion")
    return found if isinstance(found, dict) else {}


def framework_of(fields: Fields) -> Any:
    """The framework named."""
    return conversion_of(fields).get("framework")


def upload_repaired(condition: Condition, repair: Repair) -> type[Behaviour]:
    """Uploads that should be refused, but are put right and carried out."""

    class UploadRepaired(Behaviour):
        def check_upload(self, upload: Upload, user: User) -> Metadata:
            fields = raw_fields(upload)
            if condition(fields, upload):
                repair(self, fields, upload, user)
                upload.metadata_bytes = json.dumps(fields).encode()
            return super().check_upload(upload, user)

    return UploadRepaired


def upload_refused(condition: Condition, msg: str, status: int = 400) -> type[Behaviour]:
    """Uploads that should be carried out, but are refused."""

    class UploadRefused(Behaviour):
        def check_upload(self, upload: Upload, user: User) -> Metadata:
            if condition(raw_fields(upload), upload):
                raise Refusal(status, msg)
            return super().check_upload(upload, user)

    return UploadRefused


def unchanged(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
    """Nothing to repair."""


class _CreatesRefused(Behaviour):
    """Stores what `check_upload` left in the upload before it refused."""

    def creates_on_refusal(self, upload: Upload, user: User, refusal: Refusal) -> Metadata | None:
        return upload.metadata or super().creates_on_refusal(upload, user, refusal)


def refused_but_created(condition: Condition, repair: Repair = unchanged) -> type[Behaviour]:
    """Uploads that are refused and leave a model behind all the same."""

    class RefusedButCreated(_CreatesRefused):
        def check_upload(self, upload: Upload, user: User) -> Metadata:
            fields = raw_fields(upload)
            if not condition(fields, upload):
                return super().check_upload(upload, user)
            repair(self, fields, upload, user)
            upload.metadata_bytes = json.dumps(fields).encode()
            upload.metadata = super().check_upload(upload, user)
            raise Refusal(400, "The upload isn't valid.")

    return RefusedButCreated


def accepted_but_lost(condition: Condition, repair: Repair = unchanged) -> type[Behaviour]:
    """Uploads that are answered with success and an id, and make nothing."""

    class AcceptedButLost(Behaviour):
        def attach(self, store: Store, identity: Identity) -> None:
            super().attach(store, identity)
            self._lost: list[Upload] = []

        def check_upload(self, upload: Upload, user: User) -> Metadata:
            fields = raw_fields(upload)
            if not condition(fields, upload):
                return super().check_upload(upload, user)
            self._lost.append(upload)
            raise Refusal(400, "The upload is lost.")

        def reply(self, call: Call, reply: Reply) -> Reply:
            lost = [upload for upload in self._lost if upload is call.upload]
            if lost:
                self._lost.remove(lost[0])
                reply = Reply(self.success_status(call.endpoint), rendering.uploaded(newest_version(self) + 1))
            return super().reply(call, reply)

    return AcceptedButLost


def newest_version(behaviour: Behaviour) -> int:
    """The highest id that a version has, 0 where there is none."""
    versions = [version.id for model in behaviour.store.models() for version in behaviour.store.versions_of(model.id)]
    return max(versions, default=0)
