"""Uploads as the checks make them, and the proof that a refused one left nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from conformance.errors import NotTestable
from conformance.instance.errors import NotJSON
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import describe, expect
from conformance.suite.listed import listed_models, rows


def unique_file(file: ModelFile, tag: str) -> ModelFile:
    """The same model with other bytes, so that its digest and file name are the caller's alone.

    An ONNX file takes a further `doc_string` field at its end, which protobuf readers accept; a PyTorch archive takes
    a comment behind its directory.
    """
    content = b"".join(file.chunks())
    stem, dot, ending = file.file_name.rpartition(".")
    name = f"{stem or ending}-{tag}{dot}{ending}" if dot else f"{file.file_name}-{tag}"
    return ModelFile.from_bytes(
        _tagged(content, tag.encode(), file.framework),
        framework=file.framework,
        file_name=name,
        input_schema=file.input_schema,
        output_schema=file.output_schema,
    )


def _tagged(content: bytes, tag: bytes, framework: str) -> bytes:
    if framework == "onnx":
        return content + b"\x32" + bytes([len(tag)]) + tag  # ModelProto.doc_string, field 6: the last one counts
    directory_end = content.rfind(b"PK\x05\x06")
    if directory_end < 0 or len(content) - directory_end != 22:
        raise NotTestable("the PyTorch file isn't a zip archive without a comment, so no variant can be made of it")
    return content[:-2] + len(tag).to_bytes(2, "little") + tag


@dataclass
class Uploaded:
    """An upload that was answered, and where it can be found again."""

    models: Models
    file: ModelFile
    name: str
    file_name: str
    reply: Reply
    workspace_id: int
    created: dict[str, Any] | None = None
    """The model's own fields in the list right after this upload, kept where a later upload moves them."""
    _model_id: int | None = field(default=None, repr=False)

    @property
    def version_id(self) -> int:
        """The id that the upload was answered with. Raises NotTestable where the reply holds none."""
        found = returned_ids(self.reply)
        if not found or not is_id(found[0]):
            raise NotTestable(f"needs an uploaded model, but the upload was answered {describe(self.reply)}")
        return int(found[0])

    @property
    def model_id(self) -> int:
        """The model's id, found by its name in the list, else among its versions.

        Raises NotTestable where the instance shows no such model: then nothing that is read of it means anything.
        """
        if self._model_id is None:
            row = self.listed()
            found = row.get("id") if row else None
            if not is_id(found):
                found = self._id_from_versions()
            if not is_id(found):
                raise NotTestable(f"needs an uploaded model, but neither list nor list_versions shows {self.name!r}")
            self._model_id = int(found)
        return self._model_id

    def identify(self, listing: Reply) -> None:
        """Take the model's id from a list that was read for more than this upload. Raises NotTestable without it."""
        named = [row for row in listed_models(self.models.release, listing) if row.get("name") == self.name]
        if not named or not is_id(named[0].get("id")):
            raise NotTestable(f"needs an uploaded model, but the list doesn't show {self.name!r} with an id")
        self._model_id = int(named[0]["id"])

    def listed(self) -> dict[str, Any] | None:
        """The model's own fields in its workspace's list now, or None."""
        listed = listed_models(self.models.release, self.models.list(self.workspace_id))
        named = [row for row in listed if row.get("name") == self.name]
        return named[0] if named else None

    def _id_from_versions(self) -> Any:
        # A release that requires both keys gets both; 0 is what the documented client of 2022.4 sent with a name.
        versions = rows(self.models.list_versions(model_id=self.name, models_pk_id=0), None)
        named = [row for row in versions if row.get("model_id") == self.name]
        return named[0].get("models_pk_id") if named else None

    def versions_reply(self) -> Reply:
        """list_versions for this model, by both keys as the documentation's example sends them."""
        return self.models.list_versions(model_id=self.name, models_pk_id=self.model_id)

    def details_reply(self) -> Reply:
        """`get` for this model: by `id`, or by `model_id` where the instance reads the parameter table."""
        return details(self.models, self.model_id)

    def version_row(self) -> dict[str, Any]:
        """This upload's row among the model's versions. Raises NotTestable where it isn't there."""
        for row in rows(self.versions_reply(), None):
            if row.get("id") == self.version_id:
                return row
        raise NotTestable(f"list_versions of {self.name!r} has no row with the uploaded version's id {self.version_id}")


def upload(models: Models, file: ModelFile, name: str, **options: Any) -> Uploaded:
    """Upload a model and require that it was carried out and can be seen.

    Raises NotTestable where it wasn't: the checks of the upload itself say what is wrong with it.
    """
    workspace_id = options.get("workspace_id") or models.workspace_id
    reply = models.upload(file, name=name, **options)
    uploaded = Uploaded(models, file, name, options.get("filename") or file.file_name, reply, workspace_id)
    if reply.status >= 300:
        raise NotTestable(f"needs an uploaded model, but the upload was answered {describe(reply)}")
    _ = uploaded.model_id
    return uploaded


def details(models: Models, model_id: int) -> Reply:
    """`get` for a model: by `id`, or by `model_id` where the instance reads the parameter table."""
    reply = models.get(model_id)
    return reply if reply.status < 400 else models.call("get", {"model_id": model_id})


def returned_ids(reply: Reply) -> list[Any]:
    """The ids in an upload's reply, in order; empty where the reply has another shape."""
    try:
        body = reply.json()
    except NotJSON:
        return []
    inserted = body.get("insert_models") if isinstance(body, dict) else None
    returning = inserted.get("returning") if isinstance(inserted, dict) else None
    groups = (
        [group.get("models") for group in returning if isinstance(group, dict)] if isinstance(returning, list) else []
    )
    return [m.get("id") for group in groups if isinstance(group, list) for m in group if isinstance(m, dict)]


def is_id(value: Any) -> TypeGuard[int]:
    """Whether a value is a positive JSON integer."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@contextmanager
def nothing_created(models: Models, file: ModelFile, *, reason: str) -> Iterator[None]:
    """Prove that what is sent inside creates no model and no version that holds `file`.

    The workspace's list is compared before and after; each model that is new or has moved is looked into for the file's
    digest or name, so that uploads of others at the same time raise no false alarm.
    Raises NotTestable where the list can't be read: then nothing is proven.
    """
    before = _state(models)
    yield
    after = _state(models)
    for model_id, state in after.items():
        if before.get(model_id) == state:
            continue
        reply = details(models, model_id)
        for version in rows(reply, "models"):
            created = version.get("sha") == file.sha256 or version.get("file_name") == file.file_name
            expect(
                not created,
                expected=f"{reason} leaves no model behind",
                actual=f"model {model_id} ({state[0]!r}) now has a version of the refused file",
                replies=[reply],
            )
    expect(True, expected=f"{reason} leaves no model behind", actual="")


_PROOF = "needs the workspace's list to prove that nothing is created"


def _state(models: Models) -> dict[int, tuple[Any, Any]]:
    reply = models.list(models.workspace_id)
    if reply.status >= 300:
        raise NotTestable(f"{_PROOF}, but it answered {describe(reply)}")
    try:
        body = reply.json()
    except NotJSON as error:
        raise NotTestable(f"{_PROOF}: {error}") from None
    if not isinstance(body, dict) or not isinstance(body.get("models"), list):
        raise NotTestable(f"{_PROOF}, but it holds no `models`")
    return {
        row["id"]: (row.get("name"), row.get("updated_at"))
        for row in listed_models(models.release, reply)
        if is_id(row.get("id"))
    }
