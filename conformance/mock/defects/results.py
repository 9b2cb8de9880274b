"""What an upload does and answers: which model it adds to, which id comes back, what arrives of a large file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import samples
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import reply_changed
from conformance.mock.defects.names import sha256_of_start
from conformance.mock.defects.observations import seen, shown_status, whether
from conformance.mock.records import Metadata, Model, Upload, User, Version
from conformance.mock.replies import Call, Reply
from conformance.mock.wrapping import Wrapper

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from conformance.mock.identity import Identity
    from conformance.mock.store import Store

MIB = 1 << 20
_AT_ONCE = 4
_UPLOAD_PATH = "/v1/api/models/upload_and_convert"


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


def _cut(above: int, below: int | None, left: Callable[[int], int]) -> type[Behaviour]:
    """Files of more than `above` bytes, and at most `below`, lose their end."""

    class Cut(Behaviour):
        def check_upload(self, upload: Upload, user: User) -> Metadata:
            metadata = super().check_upload(upload, user)
            if upload.path is not None and above < upload.size and (below is None or upload.size <= below):
                upload.size = left(upload.size)
                os.truncate(upload.path, upload.size)
                upload.sha256 = sha256_of_start(upload.path, upload.size)
            return metadata

    return Cut


class _Counting(Wrapper):
    """Counts the uploads under way."""

    under_way = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        counts = scope["path"] == _UPLOAD_PATH
        self.under_way += counts
        try:
            await self.app(scope, receive, send)
        finally:
            self.under_way -= counts


class _Overlapping(Behaviour):
    """Knows whether uploads overlap."""

    def attach(self, store: Store, identity: Identity) -> None:
        super().attach(store, identity)
        self._digest_before = ""

    def application(self, app: ASGIApp) -> ASGIApp:
        self._counting = _Counting(super().application(app))
        return self._counting

    @property
    def overlap(self) -> bool:
        """Whether more than one upload is under way."""
        return self._counting.under_way > 1


class _IdsMixedUp(_Overlapping):
    """Answers an upload with the id of the version before, where uploads overlap."""

    def upload_id(self, version: Version) -> int:
        right = super().upload_id(version)
        return right - 1 if self.overlap and self.store.version(right - 1) else right


class _DigestsMixedUp(_Overlapping):
    """Keeps the digest of the upload before, where uploads overlap."""

    def digest_of(self, upload: Upload) -> str:
        right = super().digest_of(upload)
        mixed_up, self._digest_before = self._digest_before, right
        return mixed_up if self.overlap and mixed_up else right


# probes


def _models_after(what: str, names: Callable[[str], tuple[str, str]]) -> Probe:
    def count(client: Client) -> int:
        for name in names(client.name()):
            client.upload(name)
        return len(client.list().at("models") or [])

    return seen(f"models after {what}", count)


def _two_workspaces(client: Client) -> str:
    name = client.name()
    other = client.post("/v1/api/workspaces/create", {"workspace_name": f"{name}-b"}).at("workspace_id")
    client.upload(name)
    client.upload(name, changes={"workspace_id": other})
    held = [len(client.list(workspace).at("models") or []) for workspace in (client.workspace, other)]
    return f"one name in two workspaces: {held[0]} and {held[1]} models"


def _id_is_versions(client: Client) -> str:
    client.twice()
    sent = client.upload()
    shown = client.version(sent).get("id")
    return f"the id answered: {'the version' if sent.id == shown else 'not the version'}'s"


def _different_uuids(client: Client) -> bool:
    older, newer = client.twice()
    uuids = [row.get("model_version") for row in client.versions(newer)]
    return len(uuids) == len(set(uuids)) > 1


def _arrives(size: int) -> Probe:
    def look(client: Client) -> bool:
        sent = client.upload(content=samples.padded(samples.onnx_model(client.name()), size))
        return bool(client.version(sent).get("sha") == sent.sha256)

    return whether(f"a file of over {size // MIB} MiB has its digest", look)


def _kept_apart(client: Client) -> bool:
    clients = [Client(client.mock, client.name()) for _ in range(_AT_ONCE)]
    contents = [samples.padded(samples.onnx_model(str(number)), MIB) for number in range(_AT_ONCE)]
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            sent = list(pool.map(lambda one, content: one.upload(content=content), clients, contents))
        rows = [next((r for r in one.versions(s) if r.get("id") == s.id), {}) for one, s in zip(clients, sent, strict=True)]
        return all(row.get("sha") == upload.sha256 for row, upload in zip(rows, sent, strict=True))
    finally:
        for one in clients:
            one.close()


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
        count = seen("ids answered to one upload", lambda client: len(
            client.upload().answer.at("insert_models", "returning", 0, "models") or []))
        yield Defect(f"upload.ids.{word}", says, ("upload.returns-one-id",), _ids(change), count)
    for status in (201, 302, 500):
        yield Defect(f"upload.status.{status}", f"An upload that is carried out is answered {status}.",
                     ("upload.status",), _status(status),
                     seen("an upload is answered", lambda client: shown_status(client.upload().answer)))


def _effects() -> Iterator[Defect]:
    yield Defect("upload.same-name.new-model", "Each upload makes a model of its own.",
                 ("upload.same-name-new-version", "list.each-model-once", "list-versions.row-per-upload",
                  "get.all-versions", "list.updated-at-moves"),
                 _model_chosen(lambda *_: None), _models_after("two uploads of a name", lambda name: (name, name)))
    yield Defect("upload.same-name.one-model-everywhere", "A name stands for one model in all workspaces.",
                 ("upload.same-name-other-workspace",), _model_chosen(_everywhere), _two_workspaces)
    yield Defect("upload.distinct-names.beginning-decides",
                 "A name that begins with another model's name is taken for that model.",
                 ("upload.distinct-names-distinct-models",), _model_chosen(_begins_alike),
                 _models_after("a name and a longer one", lambda name: (name, f"{name}-longer")))
    uuids = ("list-versions.distinct-uuids",)
    probe = whether("versions have UUIDs of their own", _different_uuids)
    yield Defect("upload.uuid.reused", "A new version has the UUID of the one before.", uuids, _UuidReused, probe)
    yield Defect("upload.uuid.constant", "All versions have the same UUID.", uuids, _UuidOfDigest, probe)


def _large() -> Iterator[Defect]:
    sizes = (1, 8, 64)
    for number, size in enumerate(sizes):
        larger = tuple(f"upload.large-file-{mib}-mib" for mib in sizes[number:])
        yield Defect(f"upload.large.cut-at-{size}-mib", f"Files are cut at {size} MiB.", larger,
                     _cut(size * MIB, None, lambda _, size=size: size * MIB), _arrives(size * MIB))  # type: ignore[misc]
    for size, next_size in ((1, 8), (8, 64)):
        yield Defect(f"upload.large.last-byte-of-{size}-mib", f"Files of {size} to {next_size} MiB lose their last byte.",
                     (f"upload.large-file-{size}-mib",),
                     _cut(size * MIB, next_size * MIB, lambda found: found - 1), _arrives(size * MIB))
    apart = whether("uploads at the same time keep apart", _kept_apart)
    yield Defect("upload.concurrent.ids-mixed-up", "Uploads at the same time are answered with each other's ids.",
                 ("upload.concurrent-uploads",), _IdsMixedUp, apart)
    yield Defect("upload.concurrent.digests-mixed-up", "Uploads at the same time get each other's digests.",
                 ("upload.concurrent-uploads",), _DigestsMixedUp, apart)


def result_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _answers()
    yield from _effects()
    yield from _large()
