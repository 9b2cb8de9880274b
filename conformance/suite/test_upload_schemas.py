"""upload_and_convert: where the Arrow schemas stand, and which kinds of them are accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from conformance.contract import Release
from conformance.instance.arrow import encode_schema
from conformance.instance.models import Models
from conformance.suite.acceptance import (
    OnnxUploads,
    assert_carried_out,
    assert_carried_out_or_refused,
    attempt,
)
from conformance.suite.assertions import follows
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import Metadata, changed, metadata_for
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded, unique_file

if TYPE_CHECKING:
    import pyarrow

Names = Callable[[str], str]


def _nested(context: SuiteContext, models: Models, name: str) -> Metadata:
    """PyTorch metadata with both schemas inside `conversion`, as the parameter table nests them."""
    metadata = metadata_for(context.pytorch_model, name, models.workspace_id, schemas=False)
    metadata = changed(metadata, "conversion.input_schema", context.pytorch_model.input_schema)
    return changed(metadata, "conversion.output_schema", context.pytorch_model.output_schema)


@requirement("upload.input-schema-optional")
def test_native_model_needs_no_schema(
    context: SuiteContext, minimal_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """A model of a native runtime is accepted without schemas.

    Upload an ONNX model without `input_schema` and `output_schema`.
    Expect success, and the model to be there.
    """

    def with_schemas() -> Uploaded:
        schemas = context.pytorch_model
        metadata = onnx_uploads.metadata(unique_name("schemas"))
        metadata = changed(metadata, "input_schema", schemas.input_schema)
        return onnx_uploads.send(changed(metadata, "output_schema", schemas.output_schema))

    what = "an upload of an ONNX model without schemas"
    assert_carried_out(minimal_upload, what=what, instead=with_schemas)


@requirement("upload.schemas-top-level")
def test_schemas_stand_beside_conversion(context: SuiteContext, models: Models, unique_name: Names) -> None:
    """A PyTorch model is accepted with both schemas beside `conversion`.

    Upload a PyTorch model with its schemas where the examples send them.
    Expect success, and the model to be there.
    """
    name = unique_name("beside")
    file = unique_file(context.pytorch_model, name)
    beside = attempt(models, file, metadata_for(file, name, models.workspace_id))
    assert_carried_out(
        beside,
        what="an upload of a PyTorch model with its schemas beside conversion",
        instead=lambda: attempt(models, file, _nested(context, models, unique_name("inside"))),
    )


@requirement("upload.schemas-nested")
def test_schemas_inside_conversion(
    release: Release, context: SuiteContext, models: Models, pytorch_upload: Uploaded, unique_name: Names
) -> None:
    """Both schemas may stand inside `conversion`, where the parameter table has them.

    Upload a PyTorch model with its schemas there.
    Expect a model that is there, or a refusal that creates nothing.
    """
    name = unique_name("inside")
    nested = attempt(models, unique_file(context.pytorch_model, name), _nested(context, models, name))
    carried_out = assert_carried_out_or_refused(nested, what="an upload with its schemas inside conversion")
    reading = "nested accepted" if carried_out else "top level only"
    follows(release.requirement("upload.schemas-nested"), reading)


def _numbers() -> list[pyarrow.DataType]:
    import pyarrow as pa

    whole = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    return [*whole, pa.float32(), pa.float64()]


def _text_and_booleans() -> list[pyarrow.DataType]:
    import pyarrow as pa

    return [pa.string(), pa.bool_()]


def _fixed_lists() -> list[pyarrow.DataType]:
    import pyarrow as pa

    return [pa.list_(pa.float32(), 10), pa.list_(pa.int64(), 1), pa.list_(pa.list_(pa.float32(), 3), 2)]


def _open_lists() -> list[pyarrow.DataType]:
    import pyarrow as pa

    return [pa.list_(pa.float64()), pa.list_(pa.string()), pa.list_(pa.list_(pa.float32()))]


@requirement("upload.schema-kinds")
@pytest.mark.parametrize(
    "types",
    [
        pytest.param(_numbers, id="numbers"),
        pytest.param(_text_and_booleans, id="text-and-booleans"),
        pytest.param(_fixed_lists, id="lists-of-fixed-size"),
        pytest.param(_open_lists, id="lists-of-any-size"),
    ],
)
def test_kinds_of_schema_are_accepted(
    request: pytest.FixtureRequest,
    context: SuiteContext,
    models: Models,
    unique_name: Names,
    types: Callable[[], list[pyarrow.DataType]],
) -> None:
    """Schemas of the kinds that models use are accepted.

    Upload a PyTorch model whose schemas have a field of each type of one kind.
    Expect success, and the model to be there; whether the model fits its schema shows only in the conversion.
    """
    import pyarrow as pa

    encoded = encode_schema(pa.schema([pa.field(f"field_{i}", kind) for i, kind in enumerate(types())]))
    name = unique_name("kinds")
    file = unique_file(context.pytorch_model, name)
    metadata = changed(metadata_for(file, name, models.workspace_id), "input_schema", encoded)
    assert_carried_out(
        attempt(models, file, changed(metadata, "output_schema", encoded)),
        what="an upload with such a schema",
        instead=lambda: request.getfixturevalue("pytorch_upload"),
    )
