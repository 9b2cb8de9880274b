"""upload_and_convert: the two parts of the form, metadata and file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.multipart import FormPart
from conformance.suite.acceptance import assert_carried_out, assert_not_carried_out, attempt
from conformance.suite.assertions import assert_refused
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import file_part, metadata_for, metadata_part
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded, nothing_created, unique_file

Names = Callable[[str], str]


@pytest.fixture
def name(unique_name: Names) -> str:
    """The name that the check's upload goes by."""
    return unique_name("parts")


@pytest.fixture
def file(context: SuiteContext, name: str) -> ModelFile:
    """The ONNX model with bytes of the check's own."""
    return unique_file(context.onnx_model, name)


@pytest.fixture(scope="module")
def as_curl(context: SuiteContext, models: Models) -> Uploaded:
    """The upload of `minimal_upload` as curl sends it, as it was answered. Only read it."""
    name = context.name("parts", "curl")
    file = unique_file(context.onnx_model, name)
    return attempt(models, file, metadata_for(file, name, models.workspace_id), client="curl")


def _parts(models: Models, file: ModelFile, name: str) -> list[FormPart]:
    """The two parts of the documented Requests example."""
    return [metadata_part(metadata_for(file, name, models.workspace_id)), file_part(file)]


def _sent(models: Models, file: ModelFile, name: str, *parts: FormPart) -> Uploaded:
    return Uploaded(models, file, name, file.file_name, models.upload_parts(parts), models.workspace_id)


@requirement("upload.metadata-part-required")
def test_metadata_part_is_required(models: Models, onnx_upload: Uploaded, file: ModelFile) -> None:
    """An upload without metadata is refused.

    Send the file part alone.
    Expect a refusal, and no model that holds the file.
    """
    with nothing_created(models, file, reason="an upload without the metadata part"):
        reply = models.upload_parts([file_part(file)])
    assert_refused(reply, what="an upload without the metadata part")


@requirement("upload.file-part-required")
def test_file_part_is_required(models: Models, onnx_upload: Uploaded, name: str, file: ModelFile) -> None:
    """An upload without a file is refused.

    Send the metadata part alone.
    Expect a refusal, and no model of that name.
    """
    metadata, _ = _parts(models, file, name)
    assert_not_carried_out(_sent(models, file, name, metadata), what="an upload without the file part")


@requirement("upload.metadata-is-json")
@pytest.mark.parametrize("damage", ["cut-short", "plain-text"])
def test_metadata_is_json(models: Models, onnx_upload: Uploaded, name: str, file: ModelFile, damage: str) -> None:
    """Metadata that isn't JSON is refused.

    Send the documented metadata without its last brace, or a line of text, under the JSON content type.
    Expect a refusal, and no model that holds the file.
    """
    metadata, model = _parts(models, file, name)
    whole = json.dumps(metadata_for(file, name, models.workspace_id))
    damaged = whole[:-1] if damage == "cut-short" else f"name={name}"
    with nothing_created(models, file, reason="an upload whose metadata isn't JSON"):
        reply = models.upload_parts([replace(metadata, content=damaged.encode()), model])
    assert_refused(reply, what="an upload whose metadata isn't JSON")


@requirement("upload.metadata-without-filename")
def test_metadata_part_without_filename_is_accepted(request: pytest.FixtureRequest, minimal_upload: Uploaded) -> None:
    """The metadata part needs no filename.

    Upload as the documented Requests example does.
    Expect success, and the model to be there.
    """
    assert_carried_out(
        minimal_upload,
        what="an upload whose metadata part has no filename",
        instead=lambda: request.getfixturevalue("as_curl"),
    )


@requirement("upload.metadata-with-filename")
def test_metadata_part_with_filename_is_accepted(request: pytest.FixtureRequest, as_curl: Uploaded) -> None:
    """The metadata part may have a filename.

    Upload as the documented curl example does.
    Expect success, and the model to be there.
    """
    assert_carried_out(
        as_curl,
        what="an upload whose metadata part has a filename",
        instead=lambda: request.getfixturevalue("minimal_upload"),
    )


@requirement("upload.parts-in-any-order")
def test_file_part_may_come_first(request: pytest.FixtureRequest, models: Models, name: str, file: ModelFile) -> None:
    """The order of the parts doesn't matter.

    Send the file part, then the metadata part.
    Expect success, and the model to be there.
    """
    metadata, model = _parts(models, file, name)
    assert_carried_out(
        _sent(models, file, name, model, metadata),
        what="an upload whose file part comes before its metadata part",
        instead=lambda: request.getfixturevalue("minimal_upload"),
    )


@requirement("upload.metadata-content-type")
@pytest.mark.parametrize("content_type", ["text/plain", None], ids=["text", "missing"])
def test_metadata_of_another_content_type_is_refused(
    models: Models, onnx_upload: Uploaded, name: str, file: ModelFile, content_type: str | None
) -> None:
    """A metadata part that isn't labelled as JSON is refused.

    Send the documented metadata as text, or without a content type.
    Expect a refusal that creates nothing.
    """
    metadata, model = _parts(models, file, name)
    assert_not_carried_out(
        _sent(models, file, name, replace(metadata, content_type=content_type), model),
        what=f"an upload whose metadata part is of type {content_type or 'none'}",
    )
