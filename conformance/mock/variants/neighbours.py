"""Other people's models in the same workspace: many of them, new ones at any time, names that begin alike."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.mock import lifecycle
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.observations import seen
from conformance.mock.records import Metadata, Model, Upload, User
from conformance.mock.replies import Call, Reply
from conformance.mock.variants.variant import Variant
from conformance.mock.wrapping import Wrapper

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from conformance.mock.identity import Identity
    from conformance.mock.store import Store

CROWD, CROWD_WITH_VERSIONS = 5_000, 500
"""Models of others in a workspace: a list of some hundred kB, where each is shown with its versions too. Ours."""

BUSY_LIMIT = 2_000
"""Uploads of others after which they rest. Ours."""

_SEED = 5077
_NEW_MODELS = 0.6


def add_strangers_version(behaviour: Behaviour, name: str, workspace_id: int) -> None:
    """A ready version of somebody else's model, made now. Call it within a transaction."""
    store, now = behaviour.store, behaviour.now()
    model = store.model_named(name, workspace_id)
    if model is None:
        model_id = store.add_model(name, workspace_id, now)
    else:
        model_id = model.id
        store.set_updated(model_id, now)
    file_name = f"{name}.onnx"
    digest = hashlib.sha256(f"{file_name} {now}".encode()).hexdigest()
    upload = Upload("upload_and_convert", file_name=file_name, size=1, sha256=digest)
    conversion = {"framework": "onnx", "python_version": "3.8", "requirements": []}
    metadata = Metadata(name, "private", workspace_id, "onnx", conversion, None, None)
    store.add_version(
        model_id, upload, metadata, uuid=str(uuid.uuid4()), sha=digest, file_name=file_name, converts=True,
        status=lifecycle.READY, task_id=str(uuid.uuid4()), runtime="onnx", created_at=now,
        created_by=behaviour.identity.service.id, created_on_version=behaviour.dialect.version,
    )  # fmt: skip


class _Crowded(Behaviour):
    """Every workspace has thousands of models when it is first used."""

    def attach(self, store: Store, identity: Identity) -> None:
        super().attach(store, identity)
        self._crowded: set[int] = set()

    def _crowd(self, workspace_id: int) -> None:
        known = any(workspace.id == workspace_id for workspace in self.store.workspaces())
        if not known or workspace_id in self._crowded:
            return
        self._crowded.add(workspace_id)
        with self.store.transaction():
            for number in range(CROWD_WITH_VERSIONS if self.dialect.lists_nested else CROWD):
                add_strangers_version(self, f"crowd-{number}", workspace_id)

    def may_upload_to(self, user: User, workspace_id: int) -> bool:
        self._crowd(workspace_id)
        return super().may_upload_to(user, workspace_id)

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        self._crowd(workspace_id)
        return super().select_list(user, workspace_id)


class _Busy(Behaviour):
    """Before many a request is served, somebody else uploads into one of the workspaces."""

    def application(self, app: ASGIApp) -> ASGIApp:
        behaviour = self
        chance = random.Random(_SEED)  # noqa: S311 - strangers' habits, not secrets

        class Others(Wrapper):
            uploads = 0

            async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
                if self.uploads < BUSY_LIMIT and chance.random() < 0.5:
                    self.uploads += 1
                    new = chance.random() < _NEW_MODELS
                    name = f"other-{self.uploads if new else chance.randrange(self.uploads)}"
                    workspaces = behaviour.store.workspaces()
                    with behaviour.store.transaction():
                        add_strangers_version(behaviour, name, chance.choice(workspaces).id)
                await self.app(scope, receive, send)

        return Others(super().application(app))


class _AlikeNames(Behaviour):
    """Whatever name is uploaded, others have a longer and a shorter one that begin with it or it with them."""

    def reply(self, call: Call, reply: Reply) -> Reply:
        reply = super().reply(call, reply)
        metadata = call.upload.metadata if call.upload else None
        if metadata is not None and reply.status < 300:
            for name in (f"{metadata.name}-longer", f"{metadata.name}0", metadata.name[:-1]):
                if name and self.store.model_named(name, metadata.workspace_id) is None:
                    with self.store.transaction():
                        add_strangers_version(self, name, metadata.workspace_id)
        return reply


def _listed(client: Client) -> int:
    return len(client.listed_rows())


def _grows(client: Client) -> bool:
    before = _listed(client)
    return any(_listed(client) > before for _ in range(50))


def _alike(client: Client) -> int:
    client.upload()
    return _listed(client)


def neighbour_variants() -> Iterator[Variant]:
    """All of them."""
    yield Variant(
        "neighbours.crowd",
        "Every workspace has hundreds or thousands of models already.",
        _Crowded,
        seen("models listed", _listed),
    )
    yield Variant(
        "neighbours.busy",
        "Others upload into the same workspaces at the same time.",
        _Busy,
        seen("the list grows by itself", _grows),
    )
    yield Variant(
        "neighbours.alike",
        "Others' names begin with a name just uploaded, or it with theirs.",
        _AlikeNames,
        seen("models listed after one upload", _alike),
    )
