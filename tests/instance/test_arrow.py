"""The Arrow schema codec: round trips, a real encoding, and every way of being broken."""

from __future__ import annotations

import base64
import collections
import contextlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import nanoarrow.ipc
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.instance import SchemaDecodeError, decode_schema, encode_schema

RECORDED = Path(__file__).parents[3] / "shared" / "evidence" / "pytorch_file_upload.json"

# The documented schemas (documentation, Upload Pytorch via Requests).
INPUT = pa.schema(
    [
        pa.field("input_1", pa.list_(pa.float32(), list_size=10)),
        pa.field("input_2", pa.list_(pa.float32(), list_size=5)),
    ]
)
OUTPUT = pa.schema(
    [
        pa.field("output_1", pa.list_(pa.float32(), list_size=3)),
        pa.field("output_2", pa.list_(pa.float32(), list_size=2)),
    ]
)
RICH = pa.schema(
    [
        pa.field("t", pa.timestamp("us", tz="UTC"), metadata={"k": "v"}),
        pa.field("d", pa.dictionary(pa.int8(), pa.string())),
        pa.field("n", pa.decimal128(10, 2), nullable=False),
        pa.field("m", pa.map_(pa.string(), pa.int32())),
        pa.field("u", pa.sparse_union([pa.field("x", pa.int8())])),
        pa.field("r", pa.run_end_encoded(pa.int32(), pa.string())),
        pa.field("b", pa.binary(7)),
    ],
    metadata={"z": "y"},
)

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
metadata = st.none() | st.dictionaries(names, names, max_size=2)
units = st.sampled_from(["s", "ms", "us", "ns"])
primitive = st.sampled_from(
    [
        *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64()),
        *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.float16(), pa.float32(), pa.float64(), pa.null()),
        *(pa.string(), pa.large_string(), pa.binary(), pa.large_binary()),
        *(pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
        pa.month_day_nano_interval(),
    ]
) | st.one_of(
    st.builds(pa.timestamp, units, tz=st.none() | st.sampled_from(["UTC", "+07:30", "Europe/Paris"])),
    st.builds(pa.duration, units),
    st.integers(1, 40).map(pa.binary),
    st.integers(1, 38).flatmap(lambda p: st.builds(pa.decimal128, st.just(p), st.integers(0, p))),
    st.integers(39, 76).flatmap(lambda p: st.builds(pa.decimal256, st.just(p), st.integers(0, p))),
)
dictionaries = st.builds(pa.dictionary, st.sampled_from([pa.int8(), pa.uint32(), pa.int64()]), st.just(pa.string()))


def _fields(types: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.Field]:
    return st.builds(_field, names, types, st.booleans(), metadata)


def _field(name: str, kind: pa.DataType, nullable: bool, meta: dict[str, str] | None) -> pa.Field:
    # A column of nulls can't be declared free of nulls.
    return pa.field(name, kind, nullable=nullable or kind == pa.null(), metadata=meta)


def _nested(types: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.DataType]:
    fields = _fields(types)
    return st.one_of(
        st.builds(pa.list_, fields),
        st.builds(pa.list_, types, list_size=st.integers(0, 2**31 - 1)),
        st.builds(pa.large_list, fields),
        st.lists(fields, max_size=3).map(pa.struct),
        st.builds(pa.map_, primitive.filter(lambda t: t != pa.null()), types),
        st.lists(fields, min_size=1, max_size=3).map(pa.sparse_union),
        st.lists(fields, min_size=1, max_size=3).map(pa.dense_union),
    )


def _schemas(leaves: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.Schema]:
    types = st.recursive(leaves, _nested, max_leaves=6)
    return st.builds(pa.schema, st.lists(_fields(types), max_size=4), metadata=metadata)


schemas = _schemas(primitive | dictionaries)


@given(schemas)
@settings(max_examples=200, deadline=None)
def test_decoding_undoes_encoding_with_metadata(schema):
    text = encode_schema(schema)
    assert decode_schema(text).equals(schema, check_metadata=True)
    assert encode_schema(decode_schema(text)) == text
    assert base64.b64decode(text, validate=True) == schema.serialize().to_pybytes()


@given(_schemas(primitive))
@settings(max_examples=100, deadline=None)
def test_a_second_implementation_reads_the_same_schema(schema):
    """nanoarrow's reader shares no code with pyarrow's. (It takes every dictionary field for a nullable one.)"""
    stream = base64.b64decode(encode_schema(schema)) + b"\xff\xff\xff\xff\0\0\0\0"
    with nanoarrow.ipc.InputStream.from_readable(stream) as source:
        read = nanoarrow.c_array_stream(source).get_schema()
    assert [child.name for child in read.children] == schema.names
    assert [child.format for child in read.children] == [_c_format(field) for field in schema]
    assert [bool(child.flags & 2) for child in read.children] == [field.nullable for field in schema]


def _c_format(field: pa.Field) -> str:
    return nanoarrow.c_schema(field).format


@pytest.mark.parametrize(("key", "schema"), [("input_schema", INPUT), ("output_schema", OUTPUT)])
def test_a_recorded_encoding_is_ours_to_the_byte(key, schema):
    """Source: recorded, the metadata file of the documentation's PyTorch upload by curl."""
    if not RECORDED.exists():
        pytest.skip(f"{RECORDED.name} isn't there: the recorded evidence isn't part of the project")
    text = json.loads(RECORDED.read_text())[key]
    assert decode_schema(text).equals(schema, check_metadata=True)
    assert encode_schema(schema) == text


def test_the_documented_way_of_encoding_is_ours():
    documented = base64.b64encode(bytes(INPUT.serialize())).decode("utf8")
    assert encode_schema(INPUT) == documented


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def message(schema: pa.Schema = INPUT) -> bytes:
    return schema.serialize().to_pybytes()


def stream_of(schema: pa.Schema) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema):
        pass
    return sink.getvalue().to_pybytes()


def file_of(schema: pa.Schema) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema):
        pass
    return sink.getvalue().to_pybytes()


def record_batch() -> bytes:
    batch = pa.record_batch({"a": [1, 2, 3]})
    return batch.serialize().to_pybytes()


def unpadded() -> bytes:
    content = message()
    length = len(content) - 8 - 4
    return content[:4] + length.to_bytes(4, "little") + content[8:-4]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "not base64: a string is needed, not NoneType"),
        ("", "not base64: the text is empty"),
        ("not-base64!", "not base64: character 3 is '-'"),
        (encoded(message())[:-1] + "\n", "not base64: character"),
        ("====", "not base64: character 0 is '='"),
        ("QUJ", "not base64: 3 characters aren't a multiple of 4"),
        ("QUJ=", "not base64: the unused bits"),
        ("QQ=A", "not base64: character 2 is '='"),
        (encoded(b"\0\0"), "truncated: 2 bytes"),
        (encoded(b"hello world!"), "doesn't start with the continuation mark"),
        (encoded(message())[:40], "truncated: the message has 280 bytes, only 30"),
        (encoded(message()[:-8]), "truncated"),
        (encoded(message() + b"\0"), "trailing bytes: 1 follow"),
        (encoded(message() + message()), "trailing bytes: 280 follow"),
        (encoded(stream_of(INPUT)), r"trailing bytes: 8 follow .* whole IPC stream"),
        (encoded(file_of(INPUT)), "this is an Arrow file"),
        (encoded(message()[4:]), r"no continuation mark .written by Arrow before 0.15"),
        (encoded(b"\xff\xff\xff\xff\0\0\0\0"), "its metadata length is 0"),
        (encoded(b"\xff\xff\xff\xff\xff\xff\xff\xff"), "its metadata length is -1"),
        (encoded(b"\xff\xff\xff\xff\x08\0\0\0" + bytes(8)), "not an Arrow schema message"),
        (encoded(unpadded()), "isn't padded"),
        (encoded(message().replace(b"input_1", b"inp\xfft_1")), "isn't UTF-8"),
    ],
)
def test_what_is_broken_is_named(text, problem):
    with pytest.raises(SchemaDecodeError, match=problem) as caught:
        decode_schema(text)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_another_message_is_no_schema():
    content = record_batch()
    header = content[: 8 + int.from_bytes(content[4:8], "little")]
    for text in (encoded(content), encoded(header)):
        with pytest.raises(SchemaDecodeError, match="not an Arrow schema message: it is a record batch"):
            decode_schema(text)


def test_only_a_schema_can_be_encoded():
    with pytest.raises(TypeError, match=r"a pyarrow\.Schema is needed, not list"):
        encode_schema([pa.field("a", pa.int8())])


MUTATE = """
    import collections, json, sys
    from base64 import b64decode, b64encode
    from conformance.instance import SchemaDecodeError, decode_schema, encode_schema

    counts = collections.Counter()
    for text in sys.argv[1:]:
        original = b64decode(text)
        for position in range(len(original)):
            for step in (1, 2, 4, 16, 64, 127, 128, 200, 255):
                changed = bytearray(original)
                changed[position] = (changed[position] + step) % 256
                try:
                    schema = decode_schema(b64encode(changed).decode())
                except SchemaDecodeError:
                    counts["refused"] += 1
                    continue
                repr(schema)
                assert decode_schema(encode_schema(schema)).equals(schema, check_metadata=True)
                counts["decoded"] += 1
    print(json.dumps(counts))
"""


def test_any_changed_byte_is_a_schema_or_our_error_never_a_crash():
    """In a process of its own: a crash of the Arrow library would end it without a result."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MUTATE), encode_schema(INPUT), encode_schema(RICH)],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    counts = collections.Counter(json.loads(run.stdout))
    assert counts["refused"] > 1000
    assert counts["decoded"] > 1000


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_cut_and_changed_text_is_refused_or_decoded(data):
    text = encode_schema(data.draw(schemas))
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    changed = text[:start] + data.draw(st.text(max_size=8)) + text[stop:]
    try:
        schema = decode_schema(changed)
    except SchemaDecodeError:
        return
    assert decode_schema(encode_schema(schema)).equals(schema, check_metadata=True)


@given(st.binary(max_size=64))
@settings(max_examples=200, deadline=None)
def test_random_bytes_behind_a_valid_frame_are_refused_or_decoded(content):
    padded = content + bytes(-len(content) % 8)
    framed = b"\xff\xff\xff\xff" + len(padded).to_bytes(4, "little") + padded
    with contextlib.suppress(SchemaDecodeError):
        assert isinstance(decode_schema(encoded(framed)), pa.Schema)


def test_the_codec_is_imported_without_pyarrow():
    code = "import sys, conformance.instance; sys.exit('pyarrow' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize(
    "kind",
    [
        pa.dictionary(pa.int8(), pa.dictionary(pa.int8(), pa.string())),
        pa.map_(pa.field("k", pa.string(), nullable=False), pa.field("v", pa.int8())),
    ],
    ids=["dictionary of dictionaries", "map with renamed children"],
)
def test_a_schema_that_the_format_cannot_carry_is_refused_rather_than_changed(kind):
    schema = pa.schema([pa.field("a", kind)])
    with pytest.raises(ValueError, match="changes when it is encoded"):
        encode_schema(schema)
