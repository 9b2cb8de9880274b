"""The strategies reach the whole lattice of Arrow types, and the corpus says what it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from conformance.instance import decode_schema, encode_schema
from conformance.suite.arrow_corpus import CorpusSchema, load_corpus
from conformance.suite.searching import search
from conformance.suite.strategies import extension_types, fields, ml_schemas, scalar_types, schemas, types

NESTED = {
    *("list", "large_list", "fixed_size_list", "list_view", "large_list_view", "struct", "map"),
    *("dictionary", "run_end_encoded", "dense_union", "sparse_union"),
}
SCALAR = {
    *("null", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("halffloat", "float", "double", "decimal32", "decimal64", "decimal128", "decimal256"),
    *("date32", "date64", "time32", "time64", "timestamp", "duration", "month_day_nano_interval"),
    *("string", "large_string", "string_view", "binary", "large_binary", "binary_view", "fixed_size_binary"),
}
KNOWN_EXTENSIONS = {"arrow.bool8", "arrow.uuid", "arrow.json", "arrow.fixed_shape_tensor", "arrow.opaque"}

QUICK = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


def inside(kind: pa.DataType) -> Iterator[pa.DataType]:
    """The type and all within it."""
    yield kind
    if pa.types.is_dictionary(kind):
        yield from inside(kind.value_type)
    for index in range(kind.num_fields):
        yield from inside(kind.field(index).type)


def spelled(kind: pa.DataType) -> str:
    if isinstance(kind, pa.BaseExtensionType):
        return kind.extension_name
    return str(kind).split("<")[0].split("[")[0].split("(")[0]


@pytest.mark.parametrize(
    ("strategy", "kinds"),
    [
        pytest.param(scalar_types(), SCALAR, id="scalar"),
        pytest.param(extension_types(), KNOWN_EXTENSIONS, id="extension"),
        pytest.param(types(), NESTED, id="nested"),
    ],
)
def test_every_kind_of_type_is_generated(strategy: SearchStrategy[pa.DataType], kinds: set[str]) -> None:
    seen: set[str] = set()
    search(strategy, lambda kind: seen.update(map(spelled, inside(kind))), examples=200)
    assert kinds - seen == set()


def test_names_nullability_and_metadata_vary() -> None:
    seen: list[pa.Field] = []
    search(fields(), seen.append, examples=80)
    described = [field.metadata for field in seen if field.metadata]
    assert "" in {field.name for field in seen}
    assert any(not field.name.isascii() for field in seen)
    assert {field.nullable for field in seen} == {True, False}
    assert any(_not_utf8(value) for found in described for value in found.values())
    assert any(found.get(b"ARROW:extension:name", b"").startswith(b"example.") for found in described)


def _not_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False


def test_schemas_repeat_names_and_have_metadata_of_their_own() -> None:
    seen: list[pa.Schema] = []
    search(schemas(), seen.append, examples=80)
    assert any(len(set(schema.names)) < len(schema.names) for schema in seen)
    assert any(schema.metadata for schema in seen)
    assert any(not len(schema) for schema in seen)


def documented(kind: pa.DataType) -> bool:
    """Whether a type is one that the contract names: numbers, text, booleans, and lists of them."""
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return documented(kind.value_type)
    flat = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return flat or pa.types.is_string(kind)


@settings(QUICK, max_examples=60)
@given(ml_schemas())
def test_schemas_of_models_hold_documented_kinds_under_names_of_their_own(schema: pa.Schema) -> None:
    assert len(schema) == len(set(schema.names)) > 0
    assert all(documented(field.type) for field in schema)


@pytest.mark.parametrize("entry", load_corpus(), ids=lambda entry: entry.name)
def test_the_corpus_holds_what_it_says(entry: CorpusSchema) -> None:
    schema = decode_schema(entry.encoded)
    lines = tuple(f"{field.name}: {field.type}{'' if field.nullable else ' not null'}" for field in schema)
    assert lines == entry.fields
    assert all(documented(field.type) for field in schema)
    assert decode_schema(encode_schema(schema)).equals(schema, check_metadata=True)


def test_the_corpus_has_each_documented_kind() -> None:
    held = [field for entry in load_corpus() for field in decode_schema(entry.encoded)]
    kinds = {spelled(kind) for field in held for kind in inside(field.type)}
    whole = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
    assert kinds >= {*whole, "float", "double", "string", "bool", "list", "fixed_size_list"}
