"""The four documented uploads, exactly as the documentation makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.suite.acceptance import attempt, shown_name
from conformance.suite.assertions import describe, expect
from conformance.suite.context import SuiteContext
from conformance.suite.curl import Curl, FormFile
from conformance.suite.metadata import documented_file_name, metadata_for
from conformance.suite.probes import UPLOAD
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded, unique_file


@requirement("upload.onnx-requests-example")
def test_documented_onnx_upload_with_requests(
    context: SuiteContext, models: Models, unique_name: Callable[[], str]
) -> None:
    """The ONNX upload of the Requests example is carried out.

    Upload publicly without schemas: the metadata part has no filename, the file part is named as the example names it.
    Expect success, and the model in the workspace.
    """
    file = unique_file(context.onnx_model, "onnx-requests")
    metadata = metadata_for(file, unique_name(), models.workspace_id, visibility="public", schemas=False)

    uploaded = attempt(models, file, metadata, filename=documented_file_name(models.release, file, metadata["name"]))

    _assert_carried_out(uploaded, "the documented ONNX upload with Requests")


@requirement("upload.onnx-curl-example")
def test_documented_onnx_upload_with_curl(
    context: SuiteContext, models: Models, unique_name: Callable[[], str], tmp_path: Path
) -> None:
    """The ONNX upload of the curl example is carried out.

    Upload publicly without schemas with `curl --form`, metadata and model from files.
    Expect success, and the model in the workspace.
    """
    file = unique_file(context.onnx_model, "onnx-curl")
    metadata = metadata_for(file, unique_name(), models.workspace_id, visibility="public", schemas=False)

    uploaded = _curl_upload(models, file, metadata, tmp_path, "onnx_file_upload.json")

    _assert_carried_out(uploaded, "the documented ONNX upload with curl")


@requirement("upload.pytorch-requests-example")
def test_documented_pytorch_upload_with_requests(
    context: SuiteContext, models: Models, unique_name: Callable[[], str]
) -> None:
    """The PyTorch upload of the Requests example is carried out.

    Upload privately with both schemas beside `conversion`; the file part is named as the example names it.
    Expect success, and the model in the workspace.
    """
    file = unique_file(context.pytorch_model, "pytorch-requests")
    metadata = metadata_for(file, unique_name(), models.workspace_id, visibility="private")

    uploaded = attempt(models, file, metadata, filename=documented_file_name(models.release, file, metadata["name"]))

    _assert_carried_out(uploaded, "the documented PyTorch upload with Requests")


@requirement("upload.pytorch-curl-example")
def test_documented_pytorch_upload_with_curl(
    context: SuiteContext, models: Models, unique_name: Callable[[], str], tmp_path: Path
) -> None:
    """The PyTorch upload of the curl example is carried out.

    Upload privately with both schemas with `curl --form`, metadata and model from files.
    Expect success, and the model in the workspace.
    """
    file = unique_file(context.pytorch_model, "pytorch-curl")
    metadata = metadata_for(file, unique_name(), models.workspace_id, visibility="private")

    uploaded = _curl_upload(models, file, metadata, tmp_path, "pytorch_file_upload.json")

    _assert_carried_out(uploaded, "the documented PyTorch upload with curl")


def _curl_upload(
    models: Models, file: ModelFile, metadata: dict[str, Any], folder: Path, metadata_name: str
) -> Uploaded:
    """Upload from files in `data/` and `models/`, as the documented commands do."""
    paths = {"metadata": f"./data/{metadata_name}", "file": f"./models/{file.file_name}"}
    try:
        for path in paths.values():
            (folder / path).parent.mkdir(exist_ok=True)
        (folder / paths["metadata"]).write_text(json.dumps(metadata), encoding="utf-8")
        with (folder / paths["file"]).open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"can't write files for curl to {folder}: {reason}; free space there") from None
    forms = [
        FormFile("metadata", paths["metadata"], "application/json"),
        FormFile("file", paths["file"], "application/octet-stream"),
    ]
    reply = Curl(models.session, models.release, folder).post_forms(UPLOAD, forms)
    return Uploaded(models, file, metadata["name"], file.file_name, reply, models.workspace_id)


def _assert_carried_out(uploaded: Uploaded, what: str) -> None:
    """Success, and a model that holds the file. Under which name, with which status, is for other checks."""
    __tracebackhide__ = True
    reply = uploaded.reply
    expect(reply.is_success, expected=f"{what} is carried out", actual=describe(reply), replies=[reply])
    expect(
        shown_name(uploaded) is not None,
        expected=f"{what} makes the model {uploaded.name!r}",
        actual=f"{describe(reply)}, but neither list, list_versions nor get shows a model with the file",
        replies=[reply],
    )
