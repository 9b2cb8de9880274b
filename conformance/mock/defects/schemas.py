"""The Arrow schemas of an upload: garbage that is taken, kinds that are refused, other ones that are shown again."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from conformance.mock import lifecycle, schemas
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import samples
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import Fields, framework_of, reply_changed, upload_refused, upload_repaired
from conformance.mock.defects.observations import ends, upload_outcome
from conformance.mock.records import Upload, User, Version
from conformance.mock.replies import Call, Reply

if TYPE_CHECKING:
    import pyarrow

    from conformance.mock.modelfiles import Inspection

SIDES = ("input_schema", "output_schema")

_NOT_BASE64 = "not (base64)!"


_NOT_ARROW = base64.b64encode(b"no schema, but long enough to be looked at").decode("ascii")


def is_base64(encoded: Any) -> bool:
    """Whether a value is base64 text."""
    try:
        base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return False
    return True


def _garbage(side: str, fault: Callable[[str], bool]) -> type[Behaviour]:
    """Uploads whose schema of one side is garbage, which nobody notices."""

    def condition(fields: Fields, upload: Upload) -> bool:
        return isinstance(fields.get(side), str) and fault(fields[side])

    def repair(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
        fields[side] = samples.schema("passed_over")

    return upload_repaired(condition, repair)


def _needless(side: str) -> type[Behaviour]:
    """Containerized models that become ready without one of their schemas."""

    def condition(fields: Fields, upload: Upload) -> bool:
        return framework_of(fields) not in (None, "onnx") and fields.get(side) is None

    def repair(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
        fields[side] = samples.schema("passed_over")

    class Unnoticed(Behaviour):
        def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
            if version.framework == "onnx" or samples.schema("passed_over") != getattr(version, side):
                return super().conversion_steps(version, inspection)
            image = lifecycle.image_path(version.created_on_version)
            return (
                lifecycle.Step(lifecycle.PENDING_CONTAINER),
                lifecycle.Step(lifecycle.ATTEMPTING_CONTAINER),
                lifecycle.Step(lifecycle.READY, image_path=image),
            )

    return cast(type[Behaviour], type("Needless", (Unnoticed, upload_repaired(condition, repair)), {}))


def _unsupported(refuses: Callable[[pyarrow.DataType], bool]) -> type[Behaviour]:
    """Schemas with fields of some types that are refused."""

    class Unsupported(Behaviour):
        def schema_fault(self, encoded: str) -> str | None:
            fault = super().schema_fault(encoded)
            if fault is not None:
                return fault
            import pyarrow

            found = pyarrow.ipc.read_schema(pyarrow.BufferReader(base64.b64decode(encoded)))
            return "has an unsupported type" if any(refuses(field.type) for field in found) else None

    return Unsupported


def _is_number(kind: pyarrow.DataType) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_unsigned_integer(kind) or pyarrow.types.is_int8(kind))


def _is_text(kind: pyarrow.DataType) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_string(kind) or pyarrow.types.is_boolean(kind))


def _is_nested_fixed_list(kind: pyarrow.DataType) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_fixed_size_list(kind) and pyarrow.types.is_nested(kind.value_type))


def _is_open_list(kind: pyarrow.DataType) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_list(kind))


def _echo(change: Callable[[dict[str, Any]], None]) -> type[Behaviour]:
    """Other schemas where a version is shown with its configuration."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        config = reply.body["model_version"]["config"]
        if config["input_schema"] and config["output_schema"]:
            change(config)

    return reply_changed(("get_version_by_id", "get_model_version_by_id"), put)


def _renamed_field(side: str) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        import pyarrow

        schema = pyarrow.ipc.read_schema(pyarrow.BufferReader(base64.b64decode(config[side])))
        other = schema.set(0, schema.field(0).with_name("renamed"))
        config[side] = base64.b64encode(bytes(other.serialize())).decode("ascii")

    return change


def _swapped(config: dict[str, Any]) -> None:
    config["input_schema"], config["output_schema"] = config["output_schema"], config["input_schema"]


def _emptied(side: str) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        config[side] = ""

    return change


def _echoed(client: Client) -> str:
    sent = client.upload(framework="pytorch")
    shown = client.call("get_version_by_id", {"model_version_id": sent.id})
    wanted = client.metadata("any", "pytorch")
    config = ("model_version", "config")
    same = [side for side in SIDES if shown.at(*config, side) == wanted[side]]
    return f"schemas shown again: {' and '.join(same) or 'none'}"


def _kind(kind: str) -> Probe:
    changes = {side: lambda _: samples.schema("x", kind=kind) for side in SIDES}
    return upload_outcome(f"an upload with schemas of {kind}", changes, framework="pytorch")


def schema_defects() -> Iterator[Defect]:
    """All of them."""
    for side in SIDES:
        word = side.replace("_", "-")
        yield Defect(
            f"upload.{word}-needed.not-missed",
            f"A model without {side} becomes ready in a container.",
            (f"upload.{word}-needed",),
            _needless(side),
            ends(f"an upload without {side}", changes={side: ...}),
        )
        yield Defect(
            f"upload.schema-not-base64.{word}-taken",
            f"Text that isn't base64 is taken for an {side}.",
            ("upload.schema-not-base64",),
            _garbage(side, lambda text: not is_base64(text)),
            ends(f"an upload whose {side} isn't base64", changes={side: _NOT_BASE64}),
        )
        yield Defect(
            f"upload.schema-not-arrow.{word}-taken",
            f"Any base64 is taken for an {side}.",
            ("upload.schema-not-arrow",),
            _garbage(side, lambda text: is_base64(text) and schemas.schema_fault(text) is not None),
            ends(f"an upload whose {side} isn't an Arrow schema", changes={side: _NOT_ARROW}),
        )
    yield Defect(
        "upload.schemas-top-level.refused",
        "Schemas are taken only inside conversion.",
        (
            "upload.schemas-top-level",
            "upload.pytorch-requests-example",
            "upload.pytorch-curl-example",
            "journey.pytorch",
        ),
        upload_refused(lambda fields, _: fields.get("input_schema") is not None, "Unknown field input_schema."),
        upload_outcome("an upload with schemas beside conversion", framework="pytorch"),
    )
    kinds: tuple[tuple[str, str, Callable[[pyarrow.DataType], bool], str], ...] = (
        ("numbers", "Unsigned and 8-bit integers are refused in schemas.", _is_number, "uint16"),
        ("text", "Strings and booleans are refused in schemas.", _is_text, "string"),
        (
            "nested-lists",
            "Lists of fixed size in such lists are refused in schemas.",
            _is_nested_fixed_list,
            "nested-list",
        ),
        ("open-lists", "Lists of any size are refused in schemas.", _is_open_list, "open-list"),
    )
    for word, says, refuses, kind in kinds:
        yield Defect(
            f"upload.schema-kinds.{word}-refused", says, ("upload.schema-kinds",), _unsupported(refuses), _kind(kind)
        )
    echoes: tuple[tuple[str, str, tuple[str, ...], Callable[[dict[str, Any]], None]], ...] = (
        ("swapped", "The input schema is shown as the output schema, and the other way round.",
         ("schemas.input-echoed", "schemas.output-echoed"), _swapped),
        ("input-altered", "The first field of the input schema has another name.", ("schemas.input-echoed",),
         _renamed_field("input_schema")),
        ("output-altered", "The first field of the output schema has another name.", ("schemas.output-echoed",),
         _renamed_field("output_schema")),
        ("input-emptied", "The input schema is shown as an empty text.", ("schemas.input-echoed",),
         _emptied("input_schema")),
        ("output-emptied", "The output schema is shown as an empty text.", ("schemas.output-echoed",),
         _emptied("output_schema")),
    )  # fmt: skip
    for word, says, breaks, change in echoes:
        yield Defect(f"schemas.{word}", says, breaks, _echo(change), _echoed)
