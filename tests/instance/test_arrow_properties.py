"""Whatever schema pyarrow can build goes through the codec and back, and no changed byte gets past it unnoticed."""

from __future__ import annotations

import base64
import contextlib

import nanoarrow
import nanoarrow.ipc
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.instance import SchemaDecodeError, decode_schema, encode_schema
from conformance.suite.arrow_corpus import load_corpus
from conformance.suite.strategies import UNITS, schemas

END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"

ITEM = pa.field("\u00e9l\u00e9ment", pa.int8(), nullable=False, metadata={b"\xff": b"\0"})
KINDS = [
    *(pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.float16(), pa.float32(), pa.float64()),
    *(pa.decimal32(9, 9), pa.decimal64(18, -3), pa.decimal128(38, 0), pa.decimal256(76, 70)),
    *(pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
    *(pa.timestamp(unit, zone) for unit in UNITS for zone in (None, "UTC", "no zone")),
    *(pa.duration(unit) for unit in UNITS),
    pa.month_day_nano_interval(),
    *(pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()),
    *(pa.binary(0), pa.binary(4096)),
    *(pa.list_(ITEM), pa.large_list(ITEM), pa.list_view(ITEM), pa.large_list_view(ITEM)),
    *(pa.list_(ITEM, 0), pa.list_(ITEM, 2**31 - 1)),
    *(pa.struct([]), pa.struct([ITEM, ITEM])),
    *(pa.map_(pa.string(), ITEM.with_name("value")), pa.map_(pa.int64(), pa.string(), keys_sorted=True)),
    *(pa.dictionary(pa.int8(), pa.string(), ordered=True), pa.dictionary(pa.uint64(), pa.list_(ITEM))),
    *(pa.run_end_encoded(pa.int16(), pa.string()), pa.run_end_encoded(pa.int64(), pa.struct([ITEM]))),
    *(pa.dense_union([ITEM, ITEM]), pa.sparse_union([ITEM, ITEM], type_codes=[127, 5]), pa.sparse_union([])),
    *(pa.bool8(), pa.uuid(), pa.json_(), pa.json_(pa.string_view())),
    *(pa.fixed_shape_tensor(pa.float32(), [2, 3], dim_names=["a", ""], permutation=[1, 0]),),
    pa.opaque(pa.binary(), "point", "example"),
]

QUICK = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_each_kind_of_type_comes_back(kind: pa.DataType) -> None:
    inside = pa.field("inside", pa.struct([pa.field("", kind)]))
    schema = pa.schema([pa.field("", kind, metadata={b"": b"\xfe"}), pa.field("", kind), inside])
    assert decode_schema(encode_schema(schema)).equals(schema, check_metadata=True)


@settings(QUICK, max_examples=80)
@given(schemas())
def test_any_schema_comes_back_with_its_metadata_and_encodes_the_same_again(schema: pa.Schema) -> None:
    text = encode_schema(schema)
    decoded = decode_schema(text)
    assert decoded.equals(schema, check_metadata=True)
    assert encode_schema(decoded) == text


@settings(QUICK, max_examples=60)
@given(schemas(portable=True))
def test_nanoarrow_reads_the_same_schema(schema: pa.Schema) -> None:
    """nanoarrow's reader shares no code with pyarrow's; what it read comes back through the C data interface."""
    stream = base64.b64decode(encode_schema(schema)) + END_OF_STREAM
    with nanoarrow.ipc.InputStream.from_readable(stream) as source:
        read = pa.schema(nanoarrow.c_array_stream(source).get_schema())
    assert read.equals(schema, check_metadata=True)


@settings(QUICK, max_examples=80)
@given(schemas(), st.data())
def test_a_changed_byte_is_a_schema_or_our_error(schema: pa.Schema, data: st.DataObject) -> None:
    content = bytearray(base64.b64decode(encode_schema(schema)))
    for _ in range(20):
        place = data.draw(st.integers(0, len(content) - 1))
        changed = bytes([data.draw(st.integers(0, 255))])
        _decoded_or_refused(base64.b64encode(content[:place] + changed + content[place + 1 :]).decode())


@pytest.mark.parametrize("entry", load_corpus(), ids=lambda entry: entry.name)
def test_each_changed_byte_of_the_corpus_is_a_schema_or_our_error(entry) -> None:
    content = base64.b64decode(entry.encoded)
    for place, byte in enumerate(content):
        for changed in {0, 0x7F, 0xFF, byte ^ 1, byte ^ 0x80} - {byte}:
            _decoded_or_refused(base64.b64encode(content[:place] + bytes([changed]) + content[place + 1 :]).decode())


def _decoded_or_refused(text: str) -> None:
    with contextlib.suppress(SchemaDecodeError):
        decoded = decode_schema(text)
        assert decode_schema(encode_schema(decoded)).equals(decoded, check_metadata=True)
