"""hypothesis strategies for Arrow schemas: all that pyarrow can build, and what models use.

What Arrow IPC or the C data interface can't carry is left out, with the reason beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import DrawFn, SearchStrategy

MODEL_NAMES: Final = (
    *("input", "output", "tensor", "text", "label", "score", "input_ids", "attention_mask", "pixel_values"),
    *("inputs", "out_1", "dense_input", "field_1", "candidate_labels", "sepal length (cm)", "x", "y"),
)
"""Names of inputs and outputs as model libraries give them."""

ZONES: Final = ("UTC", "+00:00", "-07:30", "Europe/Berlin", "America/Argentina/Buenos_Aires", "no zone at all")
UNITS: Final = ("s", "ms", "us", "ns")
INDEX_KINDS: Final = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
MAX_CHILDREN: Final = 4  #: of a struct or a union
MAX_TYPE_CODE: Final = 127
"""The greatest type code of a union. Source: Arrow columnar format, union layout (8 bits, signed)."""

LARGEST: Final = 2**31 - 1
"""The greatest size of a fixed-size list: its width is a signed 32-bit number."""


@cache
def names(*, portable: bool = False) -> SearchStrategy[str]:
    """Field names: those of models, the empty one, and any Unicode that UTF-8 can hold (so no lone surrogates)."""
    # The C data interface ends a name at its first NUL.
    excluded = "\0" if portable else ""
    anything = st.text(st.characters(codec="utf-8", exclude_characters=excluded), max_size=12)
    return st.one_of(st.sampled_from(MODEL_NAMES), st.just(""), anything)


@cache
def metadata(*, portable: bool = False) -> SearchStrategy[dict[bytes, bytes] | None]:
    """Metadata of a schema or a field: none, empty, what libraries write, or any bytes, UTF-8 or not."""
    texts = st.sampled_from([b"description", b"unit", b"pandas", b"\xc3\xa9t\xc3\xa9"])
    key = st.one_of(texts, _bytes(8, portable))
    return st.one_of(st.none(), st.dictionaries(key, _bytes(24, portable), max_size=3))


@cache
def extension_metadata(*, portable: bool = False) -> SearchStrategy[dict[bytes, bytes]]:
    """Metadata that makes a field an extension type which no library knows."""
    name = st.from_regex(re.compile(r"example\.[a-z]{1,8}", re.ASCII), fullmatch=True).map(str.encode)
    optional = {b"ARROW:extension:metadata": _bytes(16, portable), b"unit": st.just(b"m")}
    return st.fixed_dictionaries({b"ARROW:extension:name": name}, optional=optional)


def _bytes(size: int, portable: bool) -> SearchStrategy[bytes]:
    # nanoarrow 0.9 ends a value of metadata at its first NUL.
    return st.binary(max_size=size).map(lambda value: value.replace(b"\0", b"\xff") if portable else value)


@cache
def scalar_types(*, portable: bool = False) -> SearchStrategy[pa.DataType]:
    """Types without children: null, booleans, numbers, decimals, temporal types, text and binary of every layout."""
    import pyarrow as pa

    numbers = [pa.bool_(), pa.float16(), pa.float32(), pa.float64(), *(getattr(pa, kind)() for kind in INDEX_KINDS)]
    times = [pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")]
    content = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()]
    if not portable:  # nanoarrow 0.9 reads no views
        content += [pa.string_view(), pa.binary_view()]
    zone = st.one_of(st.none(), st.sampled_from(ZONES), names(portable=portable))
    unit = st.sampled_from(UNITS)
    width = st.integers(1 if portable else 0, 4096)
    return st.one_of(
        st.sampled_from(numbers),
        st.sampled_from([*times, pa.month_day_nano_interval(), pa.null()]),
        st.sampled_from(content),
        st.sampled_from([9, 18, 38, 76]).flatmap(_decimals),
        st.builds(pa.timestamp, unit, zone),
        st.builds(pa.duration, unit),
        st.builds(pa.binary, width),
    )


def _decimals(digits: int) -> SearchStrategy[pa.DataType]:
    import pyarrow as pa

    make = {9: pa.decimal32, 18: pa.decimal64, 38: pa.decimal128, 76: pa.decimal256}[digits]
    return st.builds(make, st.integers(1, digits), st.integers(-digits, digits))


@cache
def model_types() -> SearchStrategy[pa.DataType]:
    """Types of the documented kinds: numbers, text, booleans, and lists of them of fixed and of any size.

    Source: documentation, Upload Model to Workspace parameters, input_schema; its examples' schemas.
    """
    import pyarrow as pa

    whole = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    number = st.sampled_from([pa.float32(), pa.float64(), *whole])
    flat = st.one_of(number, st.sampled_from([pa.string(), pa.bool_()]))
    shape = st.lists(st.integers(1, 640), min_size=1, max_size=4)
    tensor = st.builds(lambda kind, sizes: reduce(pa.list_, sizes, kind), number, shape)
    ragged = st.builds(
        lambda kind, depth: reduce(lambda t, _: pa.list_(t), range(depth), kind), flat, st.integers(1, 3)
    )
    return st.one_of(flat, tensor, ragged)


def _ragged(kind: pa.DataType, depth: int) -> pa.DataType:
    import pyarrow as pa

    return reduce(lambda inner, _: pa.list_(inner), range(depth), kind)


@cache
def extension_types() -> SearchStrategy[pa.DataType]:
    """The canonical extension types that pyarrow knows."""
    import pyarrow as pa

    text = st.sampled_from([pa.string(), pa.large_string(), pa.string_view()])
    opaque = st.builds(pa.opaque, st.sampled_from([pa.binary(), pa.null(), pa.int64()]), names(), names())
    return st.one_of(st.sampled_from([pa.bool8(), pa.uuid()]), st.builds(pa.json_, text), opaque, _tensors())


@st.composite
def _tensors(draw: DrawFn) -> pa.DataType:
    import pyarrow as pa

    kind = draw(st.sampled_from([pa.uint8(), pa.int64(), pa.float16(), pa.float32(), pa.float64()]))
    shape = draw(st.lists(st.integers(0, 128), min_size=1, max_size=4))
    labels = st.lists(names(), min_size=len(shape), max_size=len(shape))
    return pa.fixed_shape_tensor(
        kind,
        shape,
        dim_names=draw(st.none() | labels),
        permutation=draw(st.none() | st.permutations(range(len(shape)))),
    )


@cache
def types(*, portable: bool = False) -> SearchStrategy[pa.DataType]:
    """Any type, nested to a few levels."""
    leaves = [model_types(), scalar_types(portable=portable)]
    if not portable:  # one of them has a storage of views
        leaves.append(extension_types())
    return st.recursive(st.one_of(leaves), lambda inner: _nested(inner, portable), max_leaves=6)


def _nested(inner: SearchStrategy[pa.DataType], portable: bool) -> SearchStrategy[pa.DataType]:
    import pyarrow as pa

    child = fields(inner, portable=portable)
    children = st.lists(child, max_size=MAX_CHILDREN)
    layouts = [pa.list_, pa.large_list]
    index = st.sampled_from(INDEX_KINDS).map(lambda kind: getattr(pa, kind)())
    branches = [
        st.builds(pa.list_, child, st.one_of(st.integers(0, 1024), st.just(LARGEST))),
        children.map(pa.struct),
        _maps(inner, portable),
        st.builds(pa.dictionary, index, inner.map(_dictionary_value), st.booleans()),
        _unions(children),
    ]
    if not portable:  # nanoarrow 0.9 reads neither of them
        layouts += [pa.list_view, pa.large_list_view]
        ends = st.sampled_from([pa.int16(), pa.int32(), pa.int64()])
        branches.append(st.builds(pa.run_end_encoded, ends, inner))
    return st.one_of(st.builds(lambda make, of: make(of), st.sampled_from(layouts), child), *branches)


def _dictionary_value(kind: pa.DataType) -> pa.DataType:
    # IPC keeps a field's dictionary encoding and extension beside its type: of two, one on the other, only one stays.
    import pyarrow as pa

    return pa.string() if pa.types.is_dictionary(kind) or isinstance(kind, pa.BaseExtensionType) else kind


def _maps(inner: SearchStrategy[pa.DataType], portable: bool) -> SearchStrategy[pa.DataType]:
    import pyarrow as pa

    # pyarrow names a map's children itself when it reads one, so other names don't come back.
    item = fields(inner, portable=portable).map(lambda field: field.with_name("value"))
    return st.builds(pa.map_, inner.map(_key_field), item, keys_sorted=st.booleans())


def _key_field(kind: pa.DataType) -> pa.Field:
    import pyarrow as pa

    # A key is never null, and nanoarrow 0.9 takes each dictionary field for a nullable one.
    fits = not pa.types.is_null(kind) and not pa.types.is_dictionary(kind)
    return pa.field("key", kind if fits else pa.string(), nullable=False)


def _unions(children: SearchStrategy[list[pa.Field]]) -> SearchStrategy[pa.DataType]:
    import pyarrow as pa

    codes = st.lists(st.integers(0, MAX_TYPE_CODE), min_size=MAX_CHILDREN, max_size=MAX_CHILDREN, unique=True)
    make = st.sampled_from([pa.dense_union, pa.sparse_union])
    return st.builds(_union, make, children, st.none() | codes)


def _union(make: Callable[..., pa.DataType], members: list[pa.Field], codes: list[int] | None) -> pa.DataType:
    return make(members, type_codes=None if codes is None else codes[: len(members)])


def fields(kinds: SearchStrategy[pa.DataType] | None = None, *, portable: bool = False) -> SearchStrategy[pa.Field]:
    """A field: any name, type, nullability and metadata; now and then of an extension type that nobody knows."""
    kinds = types(portable=portable) if kinds is None else kinds
    described = st.one_of(metadata(portable=portable), extension_metadata(portable=portable))
    return st.builds(_field, names(portable=portable), kinds, st.booleans(), described, st.just(portable))


def _field(
    name: str, kind: pa.DataType, nullable: bool, described: dict[bytes, bytes] | None, portable: bool
) -> pa.Field:
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):  # which has its own entries in the metadata
        described = {key: value for key, value in (described or {}).items() if not key.startswith(b"ARROW:")}
    # nanoarrow 0.9 takes each dictionary field for a nullable one.
    nullable = nullable or pa.types.is_null(kind) or (portable and pa.types.is_dictionary(kind))
    return pa.field(name, kind, nullable=nullable, metadata=described)


@cache
def schemas(*, portable: bool = False) -> SearchStrategy[pa.Schema]:
    """Any schema, most often of what models use; `portable` keeps to what nanoarrow reads and hands on."""
    anything = st.lists(fields(portable=portable), max_size=6)
    return st.one_of(ml_schemas(), st.builds(_schema, anything, metadata(portable=portable)))


@st.composite
def ml_schemas(draw: DrawFn) -> pa.Schema:
    """A schema as models have it: a few named fields of the documented kinds."""
    import pyarrow as pa

    other = st.from_regex(re.compile(r"[a-z][a-z0-9_]{0,15}", re.ASCII), fullmatch=True)
    labels = draw(st.lists(st.one_of(st.sampled_from(MODEL_NAMES), other), min_size=1, max_size=6, unique=True))
    return pa.schema([pa.field(label, draw(model_types()), nullable=draw(st.booleans())) for label in labels])


def _schema(members: list[pa.Field], described: dict[bytes, bytes] | None) -> Any:
    import pyarrow as pa

    return pa.schema(members, metadata=described)
