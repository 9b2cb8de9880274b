"""What an upload said, shown again: byte for byte, in get_version_by_id and in the list.

Source: recorded with 2024.1.0 (list), 2025.2.0 and 2025.2.1 (get_version_by_id).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.arrow import decode_schema, encode_schema
from conformance.instance.errors import SchemaDecodeError
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.acceptance import OnnxUploads
from conformance.suite.arrow_corpus import CorpusSchema, load_corpus
from conformance.suite.assertions import assert_equal, describe, expect, show
from conformance.suite.configured import Configured, VersionReplies, in_list, matching, shown_version
from conformance.suite.metadata import metadata_for, unusual
from conformance.suite.requirement import requirement
from conformance.suite.rows import ANY_KEY, relied_on
from conformance.suite.schema_uploads import MADE, SchemaUploads
from conformance.suite.uploads import Uploaded

if TYPE_CHECKING:
    import pyarrow

SIDES = ("input_schema", "output_schema")
PLACES = pytest.mark.parametrize("place", ["get_version_by_id", "list"])


@dataclass(frozen=True)
class Shown:
    """One of the two places that show versions."""

    place: str
    version_replies: VersionReplies
    listing: Reply

    def of(self, uploaded: Uploaded, *, by: Iterable[str] = ANY_KEY) -> tuple[Configured, Reply]:
        """The upload's version there, found by the keys. Raises NotTestable where it isn't shown."""
        if self.place == "list":
            return in_list(relied_on(self.listing, what="the workspace's list"), uploaded, by=by), self.listing
        reply = self.version_replies.of(uploaded)
        return matching([shown_version(reply)], uploaded, by=by), reply


@pytest.fixture
def shown(place: str, version_replies: VersionReplies, whole_listing: Reply) -> Shown:
    """The place that the check looks at."""
    return Shown(place, version_replies, whole_listing)


@PLACES
@pytest.mark.parametrize(
    "side",
    [
        pytest.param("input_schema", marks=requirement("echo.input-schema"), id="input_schema"),
        pytest.param("output_schema", marks=requirement("echo.output-schema"), id="output_schema"),
    ],
)
def test_schema_comes_back_byte_for_byte(shown: Shown, side: str, pytorch_upload: Uploaded) -> None:
    """The version's schema is the text that was uploaded.

    Upload a PyTorch model with schemas, look at its version.
    Expect the same base64, byte for byte, and so the same Arrow schema.
    """
    found, reply = shown.of(pytorch_upload)
    sent = getattr(pytorch_upload.file, side)
    _assert_echoed(found.at(f"config.{side}"), sent, decode_schema(sent), side, reply)


@requirement("echo.no-schema")
@PLACES
def test_model_without_schemas_shows_none(shown: Shown, onnx_upload: Uploaded) -> None:
    """A model that was uploaded without schemas has none.

    Upload an ONNX model without schemas, look at its version.
    Expect null for both.
    """
    found, reply = shown.of(onnx_upload)
    for side in SIDES:
        assert_equal(found.at(f"config.{side}"), None, what=f"config.{side}", reply=reply)


@requirement("echo.conversion")
@PLACES
@pytest.mark.parametrize("kind", ["onnx", "pytorch", "client"])
def test_conversion_comes_back(
    release: Release, shown: Shown, kind: str, onnx_uploads: OnnxUploads, request: pytest.FixtureRequest
) -> None:
    """The version's `conversion` is what the upload said.

    Upload as documented, and with another Python version and a requirement; look at the version.
    Expect the uploaded framework, Python version and requirements.
    """
    uploaded: Uploaded = request.getfixturevalue(f"{kind}_upload")
    if not uploaded.reply.is_success:
        raise NotTestable(f"needs an uploaded model, but the upload was answered {describe(uploaded.reply)}")
    metadata = metadata_for(uploaded.file, uploaded.name, uploaded.workspace_id)
    sent = (unusual(release, metadata) if kind == "client" else metadata)["conversion"]
    found, reply = shown.of(uploaded)
    for key in ("framework", "python_version", "requirements"):
        assert_equal(found.at(f"version.conversion.{key}"), sent[key], what=f"conversion.{key}", reply=reply)


@requirement("echo.visibility")
@PLACES
@pytest.mark.parametrize(
    ("kind", "visibility"), [("onnx", "public"), ("pytorch", "private")], ids=["public", "private"]
)
def test_visibility_comes_back(shown: Shown, kind: str, visibility: str, request: pytest.FixtureRequest) -> None:
    """The version's `visibility` is what the upload said.

    Upload a public and a private model, look at their versions.
    Expect `public` and `private`.
    """
    found, reply = shown.of(request.getfixturevalue(f"{kind}_upload"))
    assert_equal(found.at("version.visibility"), visibility, what="visibility", reply=reply)


@requirement("echo.file-size")
@PLACES
@pytest.mark.parametrize("kind", ["onnx", "pytorch"])
def test_file_size_is_the_number_of_uploaded_bytes(shown: Shown, kind: str, request: pytest.FixtureRequest) -> None:
    """The file's `size` is the number of bytes that were sent.

    Upload a model, look at its version.
    Expect the size of the uploaded file.
    """
    uploaded: Uploaded = request.getfixturevalue(f"{kind}_upload")
    found, reply = shown.of(uploaded)
    assert_equal(found.at("version.file_info.size"), uploaded.file.size, what="file_info.size", reply=reply)


@requirement("echo.file-digest")
@PLACES
@pytest.mark.parametrize("which", [0, 1], ids=["older", "newer"])
def test_file_is_the_uploaded_one(shown: Shown, which: int, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """The file's `sha` and `file_name` are those of the file that was sent.

    Upload two files as versions of one model, look at the versions.
    Expect each file's SHA-256 and its part's name, character for character.
    """
    uploaded = two_versions[which]
    found, reply = shown.of(uploaded, by=("id",))
    assert_equal(found.at("version.file_info.sha"), uploaded.file.sha256, what="file_info.sha", reply=reply)
    assert_equal(found.at("version.file_info.file_name"), uploaded.file_name, what="file_info.file_name", reply=reply)


@pytest.fixture(scope="module")
def corpus_listing(models: Models, schema_uploads: SchemaUploads) -> Reply:
    """The workspace's list once each schema of the corpus was uploaded."""
    for entry in load_corpus():
        schema_uploads.of(entry.encoded)
    return models.list()


@requirement("echo.schema-corpus")
@pytest.mark.parametrize("entry", load_corpus(), ids=lambda entry: entry.name)
def test_corpus_schema_comes_back(
    entry: CorpusSchema, schema_uploads: SchemaUploads, version_replies: VersionReplies, corpus_listing: Reply
) -> None:
    """A schema as models have it comes back as it was sent.

    Upload a PyTorch model with the committed bytes of such a schema as both of its schemas; look at its version alone
    and in the list.
    Expect the same base64 in both, and the Arrow schema that it was made of.
    """
    uploaded = schema_uploads.of(entry.encoded)
    for place in ("get_version_by_id", "list"):
        there = Shown(place, version_replies, corpus_listing)
        _assert_both_echoed(there, uploaded, entry.encoded, decode_schema(entry.encoded))


@requirement("echo.schema-corpus")
def test_generated_schemas_come_back(
    schema_uploads: SchemaUploads, version_replies: VersionReplies, whole_listing: Reply
) -> None:
    """Schemas that hypothesis makes of the documented kinds come back as they were sent.

    Upload a PyTorch model with generated schemas, the same in each run; look at its version.
    Expect the same base64, and the Arrow schema that it was made of.
    """
    shown = Shown("get_version_by_id", version_replies, whole_listing)

    def judge(encoded: str, schema: pyarrow.Schema) -> None:
        _assert_both_echoed(shown, schema_uploads.of(encoded, MADE), encoded, schema)

    schema_uploads.search(judge)


@requirement("echo.schema-corpus")
def test_metadata_and_dictionaries_come_back(
    schema_uploads: SchemaUploads, version_replies: VersionReplies, whole_listing: Reply
) -> None:
    """What a schema says beside the names and types of its fields comes back too.

    Upload a PyTorch model with a schema as data frames have it: with metadata of its own and of a field, and with an
    ordered dictionary; look at its version.
    Expect the same base64, and the Arrow schema that it was made of.
    """
    schema = _of_data_frame()
    encoded = encode_schema(schema)
    shown = Shown("get_version_by_id", version_replies, whole_listing)
    _assert_both_echoed(shown, schema_uploads.of(encoded), encoded, schema)


def _of_data_frame() -> pyarrow.Schema:
    """Metadata as pandas writes it, and a categorical column. Source: Arrow's documentation, pandas integration."""
    import pyarrow

    categories = pyarrow.dictionary(pyarrow.int8(), pyarrow.string(), ordered=True)
    fields = [
        pyarrow.field("size", categories),
        pyarrow.field("width", pyarrow.float64(), nullable=False, metadata={"unit": "cm"}),
    ]
    return pyarrow.schema(fields, metadata={"pandas": '{"index_columns": [], "columns": []}'})


def _assert_both_echoed(shown: Shown, uploaded: Uploaded, sent: str, schema: pyarrow.Schema) -> None:
    __tracebackhide__ = True
    if not uploaded.reply.is_success:
        raise NotTestable(f"needs an uploaded model, but the upload was answered {describe(uploaded.reply)}")
    found, reply = shown.of(uploaded)
    for side in SIDES:
        _assert_echoed(found.at(f"config.{side}"), sent, schema, side, reply)


def _assert_echoed(shown: Any, sent: str, schema: pyarrow.Schema, side: str, reply: Reply) -> None:
    """The schema that came back is the text that was sent, and reads as the Arrow schema that it was made of."""
    __tracebackhide__ = True
    expect(
        shown == sent and _reads_as(shown, schema),
        expected=f"config.{side} is the uploaded text, {show(sent)}",
        actual=lambda: (
            f"it is {show(shown)}, {'the same' if _reads_as(shown, schema) else 'not the same'} Arrow schema"
        ),
        replies=[reply],
    )


def _reads_as(shown: Any, schema: pyarrow.Schema) -> bool:
    try:
        return isinstance(shown, str) and bool(decode_schema(shown).equals(schema, check_metadata=True))
    except SchemaDecodeError:
        return False
