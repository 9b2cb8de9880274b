"""The Arrow schemas of an upload, shown again otherwise than they were sent."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import samples
from conformance.mock.defects.client import Client
from conformance.mock.defects.configured import SHOWING, Entry, both_entries, entries_changed, told, told_back
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.schemas import SIDES

if TYPE_CHECKING:
    import pyarrow

ECHOES = {side: f"echo.{side.replace('_', '-')}" for side in SIDES}
SHOWN = 256
"""Characters of a schema that a careless instance shows: the documented ones have more. Ours."""

Write = Callable[[str], str]


def _schemas(write: Write, sides: Collection[str] = SIDES, endpoints: Collection[str] = SHOWING) -> type[Behaviour]:
    """Another text for each schema of these sides."""

    def change(entry: Entry) -> None:
        for side in sides:
            if entry["config"][side]:
                entry["config"] = {**entry["config"], side: write(entry["config"][side])}

    return entries_changed(change, endpoints)


def _as_arrow(change: Callable[[pyarrow.Schema], pyarrow.Schema]) -> Write:
    """A schema read, changed and written again; the very text where there is nothing to change."""

    def write(encoded: str) -> str:
        import pyarrow

        schema = pyarrow.ipc.read_schema(pyarrow.BufferReader(base64.b64decode(encoded)))
        other = change(schema)
        if other.equals(schema, check_metadata=True):
            return encoded
        return base64.b64encode(bytes(other.serialize())).decode("ascii")

    return write


def _each_field(change: Callable[[pyarrow.Field], pyarrow.Field]) -> Write:
    def changed(schema: pyarrow.Schema) -> pyarrow.Schema:
        import pyarrow

        return pyarrow.schema([change(field) for field in schema], metadata=schema.metadata)

    return _as_arrow(changed)


def _sorted(schema: pyarrow.Schema) -> pyarrow.Schema:
    import pyarrow

    return pyarrow.schema(sorted(schema, key=lambda field: field.name), metadata=schema.metadata)


def _widened(field: pyarrow.Field) -> pyarrow.Field:
    import pyarrow

    return field.with_type(pyarrow.int64()) if pyarrow.types.is_integer(field.type) else field


def _unordered(field: pyarrow.Field) -> pyarrow.Field:
    import pyarrow

    if not pyarrow.types.is_dictionary(field.type):
        return field
    return field.with_type(pyarrow.dictionary(field.type.index_type, field.type.value_type, ordered=False))


def _open_list(field: pyarrow.Field) -> pyarrow.Field:
    import pyarrow

    fixed = pyarrow.types.is_fixed_size_list(field.type)
    return field.with_type(pyarrow.list_(field.type.value_field)) if fixed else field


def _no_schema_shown(value: str) -> type[Behaviour]:
    """Something in the place of schemas that weren't uploaded."""

    def change(entry: Entry) -> None:
        entry["config"] = {**entry["config"], **{side: entry["config"][side] or value for side in SIDES}}

    return entries_changed(change)


def _swap(entry: Entry) -> None:
    config = entry["config"]
    entry["config"] = {**config, SIDES[0]: config[SIDES[1]], SIDES[1]: config[SIDES[0]]}


# probes


def _schemas_back(client: Client) -> str:
    return _told_schemas(client, samples.schema("x", "also_x", "a_third_x", "a_fourth_x"))


def _told_schemas(client: Client, schema: str) -> str:
    sent = client.upload(framework="pytorch", changes={"input_schema": schema})
    wanted = {"input_schema": schema, "output_schema": client.metadata("any", "pytorch")["output_schema"]}
    places = zip(("alone", "in the list"), both_entries(client, sent), strict=True)
    told_at = {f"{side} {word}": (side, told(entry, "config", side)) for word, entry in places for side in SIDES}
    same = [where for where, (side, shown) in told_at.items() if shown == wanted[side]]
    return f"schemas shown as they were sent: {', '.join(same) or 'none'}"


def _kind_back(*names: str, **kind: Any) -> Probe:
    return lambda client: _told_schemas(client, samples.schema(*names, **kind))


def _described_back(client: Client) -> str:
    return _told_schemas(client, samples.described_schema())


def _of_schemas() -> Iterator[Defect]:
    both = tuple(ECHOES.values())
    echoed = ("schemas.input-echoed", "schemas.output-echoed")
    texts: tuple[tuple[str, str, Write], ...] = (
        ("wrapped", "in lines of 76 characters", lambda text: "\n".join(textwrap.wrap(text, 76))),
        ("url-safe", "in the URL-safe alphabet", lambda text: text.replace("+", "-").replace("/", "_")),
        ("unpadded", "without the padding of base64", lambda text: text.rstrip("=") + ("" if "=" in text else "====")),
        ("truncated", f"up to their first {SHOWN} characters", lambda text: text[:SHOWN]),
        ("hexadecimal", "in hexadecimal", lambda text: base64.b64decode(text).hex()),
    )  # fmt: skip
    for word, how, write in texts:
        yield Defect(f"echo.schemas.{word}", f"Schemas are shown {how}.", both, _schemas(write), _schemas_back)
    for side, requirement in ECHOES.items():
        slug = side.replace("_", "-")
        yield Defect(
            f"echo.{slug}.wrapped-in-list",
            f"The list shows the {side} in lines of 76 characters.",
            (requirement, "get-version-by-id.agrees-with-list"),
            _schemas(texts[0][2], [side], ["list"]),
            _schemas_back,
        )
        yield Defect(
            f"echo.{slug}.first-field-only",
            f"Of the {side} only the first field is shown.",
            (requirement, f"schemas.{slug.partition('-')[0]}-echoed"),
            _schemas(_as_arrow(lambda schema: schema.remove(len(schema) - 1) if len(schema) else schema), [side]),
            _schemas_back,
        )
    yield Defect(
        "echo.schemas.swapped",
        "Input and output schema are shown in each other's place.",
        (*both, *echoed),
        entries_changed(_swap),
        _schemas_back,
    )
    for word, says, value in (
        ("empty", "A model without schemas shows empty texts.", ""),
        ("default", "A model without schemas shows schemas without fields.", samples.schema()),
    ):
        yield Defect(
            f"echo.no-schema.{word}",
            says,
            ("echo.no-schema",),
            _no_schema_shown(value),
            told_back("the schema of a model without one", "config", "input_schema"),
        )


def _of_kinds() -> Iterator[Defect]:
    """Schemas that come back equal for the shared model and not for every kind."""
    kinds: tuple[tuple[str, str, Write, Probe], ...] = (
        ("nullable", "Every field of a schema is shown as one that may be null.",
         _each_field(lambda field: field.with_nullable(True)), _kind_back("x", nullable=False)),
        ("sorted", "The fields of a schema are shown in the order of their names.", _as_arrow(_sorted),
         _kind_back("b", "a")),
        ("metadata-lost", "Schemas are shown without their metadata.",
         _as_arrow(lambda schema: schema.remove_metadata()), _described_back),
        ("field-metadata-lost", "The fields of a schema are shown without their metadata.",
         _each_field(lambda field: field.remove_metadata()), _described_back),
        ("dictionaries-unordered", "Ordered dictionaries in a schema are shown as unordered ones.",
         _each_field(_unordered), _described_back),
        ("widened", "Integers in a schema are shown as 64-bit ones.", _each_field(_widened),
         _kind_back("x", kind="int8")),
    )  # fmt: skip
    for word, says, write, probe in kinds:
        yield Defect(f"echo.schema-corpus.{word}", says, ("echo.schema-corpus",), _schemas(write), probe)
    yield Defect(
        "echo.schema-corpus.open-lists",
        "Lists of fixed size in a schema are shown as lists of any size.",
        ("echo.schema-corpus", *ECHOES.values(), "schemas.input-echoed", "schemas.output-echoed"),
        _schemas(_each_field(_open_list)),
        _kind_back("x", kind="fixed-list"),
    )


def echoed_schema_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _of_schemas()
    yield from _of_kinds()
