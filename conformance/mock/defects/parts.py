"""The two parts of an upload: missing ones that aren't missed, and forms of them that are refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.forms import file_part, metadata_part
from conformance.mock.defects.kinds import Fields, framework_of, raw_fields, upload_refused
from conformance.mock.defects.metadata import home_of
from conformance.mock.defects.names import LAST_OF_ANY_NAME
from conformance.mock.defects.observations import outcome, shown_status
from conformance.mock.defects.samples import onnx_model
from conformance.mock.metadata import parse_metadata
from conformance.mock.records import Metadata, Upload, User


def _made_up(behaviour: Behaviour, upload: Upload, user: User) -> bytes:
    """Metadata for an upload that has none."""
    conversion = {"framework": "onnx", "python_version": "3.8", "requirements": []}
    made = {
        "name": upload.file_name or "model", "visibility": "private", "workspace_id": home_of(behaviour, user),
        "conversion": conversion,
    }  # fmt: skip
    return json.dumps(made).encode()


def _metadata_made_up(condition: Callable[[Upload], bool]) -> type[Behaviour]:
    class MetadataMadeUp(Behaviour):
        def check_upload(self, upload: Upload, user: User) -> Metadata:
            if condition(upload):
                upload.metadata_bytes = _made_up(self, upload, user)
                upload.metadata_type = "application/json"
            return super().check_upload(upload, user)

    return MetadataMadeUp


class _FileNotMissed(Behaviour):
    """Makes a version of no bytes where an upload has no file."""

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        if upload.path is not None:
            return super().check_upload(upload, user)
        upload.sha256 = hashlib.sha256(b"").hexdigest()
        return parse_metadata(upload, self)


def _any_content_type(condition: Callable[[str], bool]) -> type[Behaviour]:
    class AnyContentType(Behaviour):
        def check_upload(self, upload: Upload, user: User) -> Metadata:
            if upload.metadata_bytes is not None and condition(upload.metadata_type or ""):
                upload.metadata_type = "application/json"
            return super().check_upload(upload, user)

    return AnyContentType


def _no_json(upload: Upload) -> bool:
    return upload.metadata_bytes is not None and not raw_fields(upload)


def _no_extension(framework: str | None) -> Callable[[Fields, Upload], bool]:
    def condition(fields: Fields, upload: Upload) -> bool:
        return "." not in upload.file_name and framework in (None, framework_of(fields))

    return condition


# probes


def _sending(what: str, *parts: Callable[[Client], bytes]) -> Probe:
    """How an upload of these parts is answered."""

    def look(client: Client) -> str:
        return f"{what}: {outcome(client, client.upload_parts([part(client) for part in parts]))}"

    return look


def _metadata(**options: str | None) -> Callable[[Client], bytes]:
    return lambda client: metadata_part(client.metadata(client.name()), **options)


def _file(client: Client) -> bytes:
    return file_part(onnx_model(client.name()))


def _half(client: Client) -> bytes:
    return metadata_part(json.dumps(client.metadata(client.name())).encode()[:-1])


def _without_extension(framework: str) -> Probe:
    def look(client: Client) -> str:
        sent = client.upload(framework=framework, file_name="model-file")
        return f"a {framework} file without an extension: answered {shown_status(sent.answer)}"

    return look


def part_defects() -> Iterator[Defect]:
    """All of them."""
    yield Defect(
        "upload.metadata-part.not-missed",
        "An upload without a metadata part is named after its file.",
        ("upload.metadata-part-required",),
        _metadata_made_up(lambda upload: upload.metadata_bytes is None),
        _sending("a file part alone", _file),
    )
    yield Defect(
        "upload.file-part.not-missed",
        "An upload without a file makes an empty version.",
        ("upload.file-part-required",),
        _FileNotMissed,
        _sending("a metadata part alone", _metadata()),
    )
    yield Defect(
        "upload.metadata-is-json.not-needed",
        "Metadata that isn't JSON is passed over.",
        ("upload.metadata-is-json",),
        _metadata_made_up(_no_json),
        _sending("half a metadata", _half, _file),
    )
    yield Defect(
        "upload.metadata-without-filename.refused",
        "A metadata part without a filename is refused.",
        (
            "upload.metadata-without-filename",
            "upload.onnx-requests-example",
            "upload.pytorch-requests-example",
            "journey.onnx",
            "journey.pytorch",
        ),
        upload_refused(lambda _, upload: upload.metadata_file_name is None, "The filename is missing."),
        _sending("metadata without a filename", _metadata(), _file),
    )
    yield Defect(
        "upload.metadata-with-filename.refused",
        "A metadata part with a filename is refused.",
        ("upload.metadata-with-filename", "upload.onnx-curl-example", "upload.pytorch-curl-example"),
        upload_refused(lambda _, upload: upload.metadata_file_name is not None, "There are two files."),
        _sending("metadata with a filename", _metadata(file_name="metadata.json"), _file),
    )
    yield Defect(
        "upload.parts-in-any-order.file-first-refused",
        "An upload whose file comes first is refused.",
        ("upload.parts-in-any-order",),
        upload_refused(lambda _, upload: upload.parts[:1] == ["file"], "The metadata must come first."),
        _sending("file before metadata", _file, _metadata()),
    )
    content_types: tuple[tuple[str, str | None, Callable[[str], bool]], ...] = (
        ("another", "text/plain", lambda given: bool(given)),
        ("missing", None, lambda given: not given),
    )
    for word, sent, condition in content_types:
        yield Defect(
            f"upload.metadata-content-type.{word}-accepted",
            f"Metadata is taken where its type is {word}.",
            ("upload.metadata-content-type",),
            _any_content_type(condition),
            _sending(f"metadata of type {sent}", _metadata(content_type=sent), _file),
        )
    extensions: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
        ("any", None, ("upload.onnx-requests-example", "upload.pytorch-requests-example")),
        ("onnx", "onnx", ("upload.onnx-requests-example",)),
        ("pytorch", "pytorch", ("upload.pytorch-requests-example",)),
    )
    for word, framework, breaks in extensions:
        yield Defect(
            f"upload.file-extension.{word}-needed",
            f"A file name without an extension is refused, of {word} framework. Recorded: 2025.2.",
            breaks,
            upload_refused(_no_extension(framework), "The file needs to be a .zip, .pt or .onnx file."),
            _without_extension(framework or "pytorch"),
            until=LAST_OF_ANY_NAME,
        )
