"""Whether what was uploaded in a recording is shown as it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.evidence.redaction import REDACTED
from conformance.exchange_judging.calls import MAX_SHOWN, UPLOAD, Call
from conformance.exchange_judging.client_faults import Fault
from conformance.exchange_judging.coherence import returned_ids
from conformance.exchange_judging.result import Notes
from conformance.exchange_judging.rows import Shown, is_id, models_in, rows_at, shown_in

_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._+-]+")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9 ._+/-]+")


@dataclass(frozen=True)
class Upload:
    """A carried out upload whose reply returned an id. `sha` and `size` are None where the file isn't known whole."""

    call: Call
    version_id: int
    name: str
    workspace_id: int | None
    file_name: str | None
    sha: str | None
    size: int | None
    metadata: Mapping[str, Any]


def uploads_in(calls: Iterable[Call]) -> list[Upload]:
    """The uploads that were carried out, as far as the recording tells what was sent."""
    found = []
    for call in calls:
        if call.endpoint != UPLOAD or not call.is_success or not isinstance(call.asked, dict):
            continue
        ids, name, file = returned_ids(call.answer), call.asked.get("name"), call.part("file")
        if len(ids) != 1 or not is_id(ids[0]) or not isinstance(name, str) or REDACTED in name or file is None:
            continue
        whole, workspace = not call.exchange.request.truncated, call.asked.get("workspace_id")
        found.append(
            Upload(
                call,
                ids[0],
                name,
                workspace if is_id(workspace) else None,
                file.filename,
                file.sha256 if whole else None,
                file.size if whole else None,
                call.asked,
            )
        )
    return found


def judge_uploads(
    uploads: Sequence[Upload], calls: Sequence[Call], wrong: Mapping[str, Sequence[Fault]], notes: Notes
) -> None:
    """Hold each upload against what later replies show of its version and its model."""
    _ids_differ(uploads, notes)
    versions = [shown for call in calls for shown in shown_in(call, notes.release) if shown.kind == "version"]
    models = {call.exchange.id: list(shown_in(call, notes.release)) for call in calls if call.endpoint == "get_by_id"}
    for upload in uploads:
        own = [shown for shown in versions if shown.id == upload.version_id and shown.call.began >= upload.call.began]
        if not own:
            _under_another_id(upload, versions, uploads, notes)
        for shown in own:
            _is_as_sent(upload, shown, versions, uploads, notes)
        numbers = {shown.fields.get("models_pk_id") for shown in own} | _listed_as(upload, calls, notes)
        for shown in [shown for found in models.values() for shown in found if shown.id in numbers]:
            _is_in_its_workspace(upload, shown, notes)
        if not any(call.endpoint.startswith("delete") for call in calls):
            _is_listed(upload, numbers, calls, wrong, notes)


def _listed_as(upload: Upload, calls: Sequence[Call], notes: Notes) -> set[Any]:
    """The ids under which lists of the upload's workspace show its name, which is one model's there."""
    lists = [call for call in calls if call.endpoint == "list" and call.is_success and isinstance(call.asked, dict)]
    return {
        model.get("id")
        for call in lists
        if upload.workspace_id is not None and call.asked.get("workspace_id") == upload.workspace_id
        for _, model in models_in(call.answer, notes.release)
        if model.get("name") == upload.name and is_id(model.get("id"))
    }


def _ids_differ(uploads: Sequence[Upload], notes: Notes) -> None:
    first: dict[int, Upload] = {}
    for upload in uploads:
        other = first.setdefault(upload.version_id, upload)
        notes.expect(
            other is upload,
            upload.call.exchange,
            UPLOAD,
            "upload.returns-version-id",
            expected="each upload returns the id of the version that it made",
            actual=f"it returned {upload.version_id}, as an earlier upload did",
            others=[other.call.exchange],
        )


def _under_another_id(upload: Upload, versions: Sequence[Shown], uploads: Sequence[Upload], notes: Notes) -> None:
    """Nothing shows the returned id, but the file and the name that were sent stand under another one."""
    if upload.sha is None or sum(other.sha == upload.sha for other in uploads) > 1:
        return
    sent = {"sha": upload.sha, "model_id": upload.name}
    for shown in versions:
        if shown.call.began >= upload.call.ended and sent.items() <= shown.fields.items():
            notes.broke(
                shown.call.exchange,
                shown.call.endpoint,
                ("upload.returns-version-id",),
                f"the uploaded file is version {upload.version_id}, the id that its upload returned",
                f"{shown.call.endpoint} shows it as version {shown.id}",
                shown.path,
                [upload.call.exchange.id],
            )
            return


def _is_as_sent(
    upload: Upload, shown: Shown, versions: Sequence[Shown], uploads: Sequence[Upload], notes: Notes
) -> None:
    if upload.sha is not None and isinstance(shown.fields.get("sha"), str):
        _same(upload, shown, "sha", upload.sha, _ids_of_sha(upload, shown, versions, uploads), notes)
        if shown.fields["sha"] == upload.sha:
            notes.held.update(notes.known(["upload.returns-version-id"]))
    if upload.file_name is not None and _PLAIN_NAME.fullmatch(upload.file_name):
        _same(upload, shown, "file_name", upload.file_name, _ids(shown, "file_name"), notes)
    elif upload.file_name is not None and _PLAIN_PATH.fullmatch(upload.file_name):
        _same(upload, shown, "file_name", upload.file_name, _ids(shown, "path"), notes)
    for field in ("model_id", "name"):
        _same(upload, shown, field, upload.name, _ids(shown, field), notes)
    if upload.metadata.get("visibility") in ("public", "private"):
        _same(upload, shown, "visibility", upload.metadata["visibility"], ("echo.visibility",), notes)
    if upload.size is not None:
        _same(upload, shown, "size", upload.size, ("echo.file-size",), notes)
    for field in ("input_schema", "output_schema"):
        sent, told = upload.metadata.get(field), shown.config.get(field)
        if isinstance(sent, str) and isinstance(told, str) and REDACTED not in sent + told:
            requirement = f"echo.{field.replace('_', '-')}"
            _same(upload, shown, field, sent, (requirement,), notes, told=told)


def _ids_of_sha(upload: Upload, shown: Shown, versions: Sequence[Shown], uploads: Sequence[Upload]) -> tuple[str, ...]:
    """The requirements of a version's digest; where the reply has the file under another id, that of the id."""
    once = sum(other.sha == upload.sha for other in uploads) == 1
    if shown.fields["sha"] != upload.sha and once:
        reply = [other for other in versions if other.call is shown.call]
        if any(other.fields.get("sha") == upload.sha for other in reply):
            return ("upload.returns-version-id",)
    return _ids(shown, "sha")


def _ids(shown: Shown, field: str) -> tuple[str, ...]:
    """The requirements that a version is shown with the field as it was sent."""
    if shown.call.endpoint == "list_versions":
        return {
            "sha": ("list-versions.sha-is-sha256",),
            "file_name": ("list-versions.file-name-verbatim",),
            "path": ("list-versions.file-name-path",),
            "model_id": ("list-versions.model-id-is-name", "upload.name-kept"),
        }.get(field, ())
    if shown.call.endpoint in ("list", "get_version_by_id"):
        ids = {"sha": ("echo.file-digest",), "file_name": ("echo.file-digest",), "name": ("upload.name-kept",)}
        return ids.get(field, ())
    return ()


def _same(
    upload: Upload,
    shown: Shown,
    field: str,
    sent: Any,
    ids: tuple[str, ...],
    notes: Notes,
    told: Any = None,
) -> None:
    told = shown.fields.get(field) if told is None else told
    if type(told) is not type(sent):
        return  # a missing or mistyped field is that field's own failure
    notes.expect(
        told == sent,
        shown.call.exchange,
        shown.call.endpoint,
        *ids,
        expected=f"{field} of version {upload.version_id} is {_text(sent)}, as it was uploaded",
        actual=f"{shown.call.endpoint} shows {_text(told)}",
        path=f"{shown.path}.{field}" if shown.path and field in shown.fields else shown.path,
        others=[upload.call.exchange],
    )


def _text(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _is_in_its_workspace(upload: Upload, shown: Shown, notes: Notes) -> None:
    told = shown.fields.get("workspace_id")
    if upload.workspace_id is None or not is_id(told):
        return
    notes.expect(
        told == upload.workspace_id,
        shown.call.exchange,
        shown.call.endpoint,
        "get-by-id.workspace-is-uploads",
        "upload.workspace-id-places-model",
        expected=f"model {shown.id} is in workspace {upload.workspace_id}, which its upload named",
        actual=f"get_by_id shows workspace {told}",
        path="workspace_id",
        others=[upload.call.exchange],
    )


def _is_listed(
    upload: Upload,
    numbers: set[Any],
    calls: Sequence[Call],
    wrong: Mapping[str, Sequence[Fault]],
    notes: Notes,
) -> None:
    """A later list of its workspace has its model, and a later list of its model's versions has its version."""
    for call in calls:
        if call.began < upload.call.ended or not call.is_success or wrong[call.exchange.id]:
            continue
        same_user = call.exchange.request.credential == upload.call.exchange.request.credential == "session"
        if not same_user or not isinstance(call.asked, dict):
            continue
        if call.endpoint == "list" and call.asked.get("workspace_id") == upload.workspace_id is not None:
            _has_model(upload, numbers, call, notes)
        elif call.endpoint == "list_versions" and call.asked.get("models_pk_id") in numbers - {None}:
            _has_version(upload, call, notes)


def _has_model(upload: Upload, numbers: set[Any], call: Call, notes: Notes) -> None:
    rows = [model for _, model in models_in(call.answer, notes.release)]
    if not isinstance(call.answer, dict) or not isinstance(call.answer.get("models"), list):
        return
    nameless = any(not isinstance(row.get("name"), str) for row in rows)
    if nameless and not numbers - {None}:
        return  # a missing name is that field's own failure
    notes.expect(
        any(row.get("name") == upload.name or row.get("id") in numbers - {None} for row in rows),
        call.exchange,
        "list",
        "list.includes-new-model",
        expected=f"the list of workspace {upload.workspace_id} has the model {upload.name!r} uploaded before",
        actual=f"it has {len(rows)} models, and that one isn't among them",
        others=[upload.call.exchange],
    )


def _has_version(upload: Upload, call: Call, notes: Notes) -> None:
    rows = [row for _, row in rows_at(call.answer, None)]
    # A reply without any row of the model may be one of the readings of two keys together.
    if not any(row.get("models_pk_id") == call.asked["models_pk_id"] for row in rows):
        return
    notes.expect(
        any(row.get("id") == upload.version_id or row.get("sha") == upload.sha for row in rows),
        call.exchange,
        "list_versions",
        "list-versions.row-per-upload",
        expected=f"the versions of {upload.name!r} have version {upload.version_id} uploaded before",
        actual=f"none of the {len(rows)} rows is of it",
        others=[upload.call.exchange],
    )
