"""The metadata of an upload: required fields that aren't, values that are taken or refused wrongly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.kinds import (
    Fields,
    Repair,
    accepted_but_lost,
    conversion_of,
    framework_of,
    refused_but_created,
    upload_refused,
    upload_repaired,
)
from conformance.mock.defects.observations import upload_outcome
from conformance.mock.dialect import every_framework
from conformance.mock.metadata import VISIBILITIES
from conformance.mock.records import Metadata, Upload, User

_UNKNOWN_WORKSPACE = 2_000_000_011
_CONVERSION = {"framework": "onnx", "python_version": "3.8", "requirements": []}
_KNOWN = {
    "name",
    "visibility",
    "workspace_id",
    "conversion",
    "input_schema",
    "output_schema",
    "image_path",
    "registry_id",
}
_KNOWN_IN_CONVERSION = {"framework", "python_version", "requirements", "arch", "input_schema", "output_schema"}


def value_at(fields: Fields, path: str) -> Any:
    """The value at a dotted path; `...` where there is none."""
    *parents, last = path.split(".")
    for parent in parents:
        found = fields.get(parent)
        fields = found if isinstance(found, dict) else {}
    return fields.get(last, ...)


def put(fields: Fields, path: str, value: Any) -> None:
    """Set the value at a dotted path, in objects that are made where they are missing."""
    *parents, last = path.split(".")
    for parent in parents:
        if not isinstance(fields.get(parent), dict):
            fields[parent] = {}
        fields = fields[parent]
    fields[last] = value


def home_of(behaviour: Behaviour, user: User) -> int:
    """The workspace that a user had first."""
    return min(user.workspaces)


def default_for(path: str, behaviour: Behaviour, upload: Upload, user: User) -> Any:
    """What a careless instance takes where a field isn't given."""
    if path == "name":
        return upload.file_name or "model"
    if path == "workspace_id":
        return home_of(behaviour, user)
    defaults = {
        "visibility": "private",
        "conversion": _CONVERSION,
        **{f"conversion.{k}": v for k, v in _CONVERSION.items()},
    }
    return defaults[path]


def _defaulting(path: str) -> Repair:
    def repair(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
        put(fields, path, default_for(path, behaviour, upload, user))

    return repair


def _without(path: str, value: Any) -> Callable[[Fields, Upload], bool]:
    """Uploads whose field is missing (`...`) or null, in an object that is there."""
    parent = path.rpartition(".")[0]

    def condition(fields: Fields, upload: Upload) -> bool:
        there = not parent or isinstance(fields.get(parent), dict)
        return bool(fields) and there and value_at(fields, path) is value

    return condition


def _required() -> Iterator[Defect]:
    fields = ("name", "workspace_id", "conversion", "conversion.framework", "conversion.requirements")
    for path in fields:
        slug = path.rpartition(".")[2].replace("_", "-")
        for word, value in (("missing", ...), ("null", None)):
            yield Defect(
                f"upload.{slug}-required.{word}-accepted",
                f"An upload whose {path} is {word} is carried out with a default.",
                (f"upload.{slug}-required",),
                upload_repaired(_without(path, value), _defaulting(path)),
                upload_outcome(f"an upload with {path} {word}", {path: value}),
            )


def _either_way() -> Iterator[Defect]:
    """Uploads that may be refused or carried out: what breaks the promise is to do neither wholly."""

    def string_workspace(fields: Fields, upload: Upload) -> bool:
        return isinstance(fields.get("workspace_id"), str)

    def integer(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
        fields["workspace_id"] = int(fields["workspace_id"])

    def string_requirements(fields: Fields, upload: Upload) -> bool:
        return isinstance(value_at(fields, "conversion.requirements"), str)

    def nested(fields: Fields, upload: Upload) -> bool:
        return value_at(fields, "conversion.input_schema") is not ...

    cases: tuple[tuple[str, str, Any, Repair, dict[str, Any]], ...] = (
        ("visibility-required", "without a visibility", _without("visibility", ...),
         _defaulting("visibility"), {"visibility": ...}),
        ("python-version-required", "without a Python version", _without("conversion.python_version", ...),
         _defaulting("conversion.python_version"), {"conversion.python_version": ...}),
        ("workspace-id-string", "whose workspace_id is a string", string_workspace, integer,
         {"workspace_id": lambda client: str(client.workspace)}),
        ("requirements-string", "whose requirements are a string", string_requirements,
         _defaulting("conversion.requirements"), {"conversion.requirements": "[]"}),
        ("schemas-nested", "with its schemas inside conversion", nested, lambda *_: None,
         {"conversion.input_schema": None, "conversion.output_schema": None}),
    )  # fmt: skip
    for slug, what, condition, repair, changes in cases:
        probe = upload_outcome(f"an upload {what}", changes)
        yield Defect(
            f"upload.{slug}.refused-but-created",
            f"An upload {what} is refused and leaves a model behind.",
            (f"upload.{slug}",),
            refused_but_created(condition, repair),
            probe,
        )
        yield Defect(
            f"upload.{slug}.accepted-but-lost",
            f"An upload {what} is answered with success and makes nothing.",
            (f"upload.{slug}",),
            accepted_but_lost(condition, repair),
            probe,
        )


def _mistyped() -> Iterator[Defect]:
    kinds: dict[str, tuple[type, Any]] = {
        "name": (str, 7),
        "visibility": (str, True),
        "workspace_id": (int, ["1"]),
        "conversion": (dict, ["onnx"]),
        "conversion.framework": (str, 7),
        "conversion.requirements": (list, 7),
    }
    for path, (kind, wrong) in kinds.items():

        def condition(fields: Fields, upload: Upload, path: str = path, kind: type = kind) -> bool:
            value = value_at(fields, path)
            # A string of digits for a workspace and a string of requirements are documented types.
            return value not in (..., None) and not isinstance(value, kind | str if kind is not str else kind)

        yield Defect(
            f"upload.mistyped.{path.rpartition('.')[2].replace('_', '-')}-accepted",
            f"An upload whose {path} has another JSON type is carried out with a default.",
            ("upload.mistyped-fields-refused",),
            upload_repaired(condition, _defaulting(path)),
            upload_outcome(f"an upload with {path} {wrong}", {path: wrong}),
        )


def _values() -> Iterator[Defect]:
    """Values that should be refused and aren't."""

    def unknown(path: str, allowed: frozenset[str]) -> Callable[[Fields, Upload], bool]:
        return lambda fields, _: isinstance(value_at(fields, path), str) and value_at(fields, path) not in allowed

    yield Defect(
        "upload.visibility-enum.unknown-accepted",
        "Any text is taken as a visibility.",
        ("upload.visibility-enum",),
        upload_repaired(unknown("visibility", VISIBILITIES), _defaulting("visibility")),
        upload_outcome("an upload with visibility internal", {"visibility": "internal"}),
    )
    yield Defect(
        "upload.framework-enum.unknown-accepted",
        "Any text is taken as a framework.",
        ("upload.framework-enum",),
        upload_repaired(unknown("conversion.framework", every_framework()), _defaulting("conversion.framework")),
        upload_outcome("an upload with an unknown framework", {"conversion.framework": "none-such"}),
    )


def _only_as_text(path: str) -> type[Behaviour]:
    """Takes a field only as the text of its JSON."""

    def condition(fields: Fields, upload: Upload) -> bool:
        return isinstance(value_at(fields, path), str)

    def read(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
        with suppress(ValueError):
            put(fields, path, json.loads(value_at(fields, path)))

    refused = upload_refused(lambda fields, _: not isinstance(value_at(fields, path), str), f"{path} must be a string.")
    return type("OnlyAsText", (refused, upload_repaired(condition, read)), {})


def _texts() -> Iterator[Defect]:
    """Values that are taken only in a type that the examples don't send."""
    for path, requirement in (
        ("workspace_id", "upload.workspace-id-places-model"),
        ("conversion", "upload.conversion-object"),
    ):
        yield Defect(
            f"{requirement}.only-as-text",
            f"An upload's {path} is taken only as a string.",
            (requirement,),
            _only_as_text(path),
            upload_outcome("an upload with the documented metadata"),
        )


def _refusals() -> Iterator[Defect]:
    """Values that should be taken and are refused."""

    def more_fields(fields: Fields, upload: Upload) -> bool:
        return bool(set(fields) - _KNOWN or set(conversion_of(fields)) - _KNOWN_IN_CONVERSION)

    def bare(fields: Fields, upload: Upload) -> bool:
        return framework_of(fields) == "onnx" and not fields.get("input_schema")

    public, private = "upload.visibility-public", "upload.visibility-private"
    cases: tuple[tuple[str, str, tuple[str, ...], Any, dict[str, Any]], ...] = (
        ("visibility-public.refused", "Public models are refused.",
         (public, "upload.onnx-requests-example", "upload.onnx-curl-example", "journey.onnx"),
         lambda fields, _: fields.get("visibility") == "public", {"visibility": "public"}),
        ("visibility-private.refused", "Private models are refused.",
         (private, "upload.pytorch-requests-example", "upload.pytorch-curl-example", "journey.pytorch"),
         lambda fields, _: fields.get("visibility") == "private", {"visibility": "private"}),
        ("requirements-empty-list.refused", "An empty list of requirements is refused.",
         ("upload.requirements-empty-list",), lambda fields, _: value_at(fields, "conversion.requirements") == [], {}),
        ("unknown-fields-ignored.refused", "Unknown fields are refused.",
         ("upload.unknown-fields-ignored",), more_fields, {"note": "any"}),
        ("input-schema-optional.refused", "ONNX models are refused without schemas.",
         ("upload.input-schema-optional",), bare, {}),
    )  # fmt: skip
    for name, says, breaks, condition, changes in cases:
        yield Defect(
            f"upload.{name}",
            says,
            breaks,
            upload_refused(condition, "The upload isn't valid."),
            upload_outcome(f"an upload with {changes or 'the documented metadata'}", changes),
        )


class _UnknownWorkspaceTaken(Behaviour):
    """Takes an upload for a workspace that doesn't exist to the user's first one."""

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        every = frozenset(workspace.id for workspace in self.store.workspaces())
        self._unknown_allowed = every
        metadata = super().check_upload(upload, user)
        if metadata.workspace_id not in every:
            metadata.workspace_id = home_of(self, user)
        return metadata

    def may_upload_to(self, user: User, workspace_id: int) -> bool:
        return super().may_upload_to(user, workspace_id) or workspace_id not in self._unknown_allowed


class _MisplacedModel(Behaviour):
    """Puts models into the lowest other workspace than the one named."""

    def stored_workspace(self, metadata: Metadata) -> int:
        named = super().stored_workspace(metadata)
        return min(workspace.id for workspace in self.store.workspaces() if workspace.id != named)


def metadata_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _required()
    yield from _either_way()
    yield from _mistyped()
    yield from _values()
    yield from _texts()
    yield from _refusals()
    yield Defect(
        "upload.unknown-workspace.accepted",
        "An upload into an unknown workspace goes to the user's first one.",
        ("upload.unknown-workspace-refused",),
        _UnknownWorkspaceTaken,
        upload_outcome("an upload into an unknown workspace", {"workspace_id": _UNKNOWN_WORKSPACE}),
    )
    yield Defect(
        "upload.workspace.misplaced",
        "Models are put into another workspace than the one named.",
        ("upload.workspace-id-places-model", "list.includes-new-model", "get-by-id.workspace-is-uploads"),
        _MisplacedModel,
        upload_outcome("an upload"),
    )
