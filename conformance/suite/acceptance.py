"""Uploads that an instance may carry out or refuse, and what is asserted of either.

A check of one property of an upload must fail for that property alone. So an upload that isn't carried out
is compared with one that differs in just that property: only where that one works, the property is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.errors import NotTestable
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_refused, describe, expect
from conformance.suite.context import SuiteContext
from conformance.suite.listed import listed_models, rows
from conformance.suite.metadata import Metadata, metadata_for
from conformance.suite.uploads import Uploaded, details, unique_file

RECENT_MODELS = 20
"""How many models, the highest ids first, are searched for a file whose name isn't listed. Ours."""


def attempt(models: Models, file: ModelFile, metadata: Mapping[str, Any], **options: Any) -> Uploaded:
    """Send an upload with exactly this metadata. Nothing is required of the answer."""
    name, workspace_id = str(metadata.get("name")), metadata.get("workspace_id")
    reply = models.upload(file, name=name, metadata=dict(metadata), **options)
    placed = workspace_id if isinstance(workspace_id, int) else models.workspace_id
    return Uploaded(models, file, name, options.get("filename") or file.file_name, reply, placed)


class OnnxUploads:
    """The ONNX model, to be uploaded under metadata of a check's own. Each upload has bytes of its own."""

    def __init__(self, context: SuiteContext, models: Models) -> None:
        self._context = context
        self._models = models

    def metadata(self, name: str, *, visibility: str = "private") -> Metadata:
        """The documented metadata, without schemas."""
        file, workspace_id = self._context.onnx_model, self._models.workspace_id
        return metadata_for(file, name, workspace_id, visibility=visibility, schemas=False)

    def file(self, tag: str) -> ModelFile:
        """The model with other bytes and another file name for each tag."""
        return unique_file(self._context.onnx_model, tag)

    def send(self, metadata: Mapping[str, Any], file: ModelFile | None = None) -> Uploaded:
        """Upload under exactly this metadata, by default bytes that are tagged with its name."""
        return attempt(self._models, file or self.file(str(metadata.get("name"))), metadata)


def is_shown(uploaded: Uploaded) -> bool:
    """Whether list or list_versions shows a model of the upload's name."""
    try:
        return uploaded.model_id > 0
    except NotTestable:
        return False


def is_carried_out(uploaded: Uploaded) -> bool:
    """Whether an upload was answered with success and its model is there."""
    return uploaded.reply.is_success and is_shown(uploaded)


def assert_carried_out(uploaded: Uploaded, *, what: str, instead: Callable[[], Uploaded]) -> None:
    """The upload succeeded and its model is there.

    `instead` gives an upload that differs from it only in what the check is about; called only on failure.
    Raises NotTestable where that one isn't carried out either.
    """
    __tracebackhide__ = True
    carried_out = is_carried_out(uploaded)
    if not carried_out:
        other = instead()
        if not is_carried_out(other):
            raise NotTestable(
                f"needs uploads to work, but the one to compare with was answered {describe(other.reply)}"
            )
    expect(
        carried_out,
        expected=f"{what} is carried out",
        actual=lambda: _what_came(uploaded),
        replies=[uploaded.reply],
    )


def assert_carried_out_or_refused(uploaded: Uploaded, *, what: str) -> bool:
    """The upload was carried out, or refused and left nothing behind. Returns whether it was carried out."""
    __tracebackhide__ = True
    if not uploaded.reply.is_success:
        assert_not_carried_out(uploaded, what=what)
        return False
    expect(
        is_shown(uploaded),
        expected=f"{what} is carried out, or refused",
        actual=lambda: _what_came(uploaded),
        replies=[uploaded.reply],
    )
    return True


def assert_not_carried_out(uploaded: Uploaded, *, what: str) -> None:
    """The upload was refused, and the workspace has no model of its run-unique name."""
    __tracebackhide__ = True
    assert_refused(uploaded.reply, what=what)
    assert_not_listed(uploaded, uploaded.models.list(uploaded.models.workspace_id), what=what)


def assert_not_listed(uploaded: Uploaded, listed: Reply, *, what: str) -> None:
    """The workspace's list has no model of the upload's run-unique name. Raises NotTestable where there is no list."""
    __tracebackhide__ = True
    if not listed.is_success:
        raise NotTestable(
            f"needs the workspace's list to prove that nothing is created, but it answered {describe(listed)}"
        )
    created = [row for row in listed_models(uploaded.models.release, listed) if row.get("name") == uploaded.name]
    expect(
        not created,
        expected=f"{what} leaves no model behind",
        actual=f"the workspace now lists the model {uploaded.name!r}",
        replies=[uploaded.reply, listed],
    )


def assert_in_no_workspace(uploaded: Uploaded, *, what: str) -> None:
    """No version of the file exists under the upload's name, whatever the workspace."""
    __tracebackhide__ = True
    versions = uploaded.models.list_versions(model_id=uploaded.name, models_pk_id=0)
    created = [row for row in rows(versions, None) if row.get("sha") == uploaded.file.sha256]
    expect(
        not created,
        expected=f"{what} leaves no model behind in any workspace",
        actual=f"list_versions shows a version of the refused file under {uploaded.name!r}",
        replies=[uploaded.reply, versions],
    )


def own_rows(uploaded: Uploaded) -> Iterator[dict[str, Any]]:
    """The upload's row as list_versions shows it, then as get does, found by its file's own bytes or name.

    Nothing where neither shows it. Raises NotTestable where the model itself isn't shown.
    """
    yield from _own(rows(uploaded.versions_reply(), None), uploaded)
    yield from _own(rows(uploaded.details_reply(), "models"), uploaded)


def _own(versions: list[dict[str, Any]], uploaded: Uploaded) -> list[dict[str, Any]]:
    by_digest = [row for row in versions if row.get("sha") == uploaded.file.sha256]
    return by_digest or [row for row in versions if row.get("file_name") == uploaded.file_name]


def shown_name(uploaded: Uploaded) -> str | None:
    """The name under which the instance shows the upload, None where it isn't found.

    The list is searched for the name, then list_versions, then the newest models for the file's digest.
    """
    listed = listed_models(uploaded.models.release, uploaded.models.list(uploaded.workspace_id))
    if any(row.get("name") == uploaded.name for row in listed):
        return uploaded.name
    digest = uploaded.file.sha256
    for row in rows(uploaded.models.list_versions(model_id=uploaded.name, models_pk_id=0), None):
        if row.get("sha") == digest and isinstance(row.get("model_id"), str):
            return str(row["model_id"])
    ids = sorted((row["id"] for row in listed if isinstance(row.get("id"), int)), reverse=True)
    names = {row.get("id"): row.get("name") for row in listed}
    for model_id in ids[:RECENT_MODELS]:
        versions = rows(details(uploaded.models, model_id), "models")
        if any(row.get("sha") == digest for row in versions) and isinstance(names[model_id], str):
            return str(names[model_id])
    return None


def _what_came(uploaded: Uploaded) -> str:
    answered = describe(uploaded.reply)
    if not uploaded.reply.is_success:
        return answered
    return f"{answered}, but neither list nor list_versions shows the model {uploaded.name!r}"
