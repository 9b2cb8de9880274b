"""What replies may hold, and in which order: fields beyond the documented, times in other forms, other owners."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.kinds import MODEL_ENDPOINTS, reply_changed
from conformance.mock.defects.observations import seen
from conformance.mock.records import Model, User, Version
from conformance.mock.replies import Call, Reply
from conformance.mock.variants.variant import Variant

_OWNERS = uuid.UUID("5d1b8f60-6a0e-4f43-9a55-2f3f1d8e7c21")
_IMAGE = "registry.example.com/wallaroo/engine:v2023.4.0-4103"
_FOLLOWED = ("upload.conversion-settles", "upload.broken-file-is-no-ready-model")
"""What only a conversion's status tells."""

_NEWER_FIELDS = {"arch": "x86", "accel": "none", "tags": [], "deployed": False, "note": {"by": None}}
"""Fields of the kind that later releases add. Source: recorded, 2024.1 on."""


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, the innermost first."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in list(children):
        yield from objects_in(child)
    if isinstance(value, dict):
        yield value


def _in_each_object(change: Callable[[dict[str, Any]], None]) -> type[Behaviour]:
    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        for found in objects_in(reply.body):
            change(found)

    return reply_changed(MODEL_ENDPOINTS, put)


def _more(found: dict[str, Any]) -> None:
    for name, value in _NEWER_FIELDS.items():
        found.setdefault(name, value)


def _is_of_version(found: dict[str, Any]) -> bool:
    """Whether an object is a version, or its configuration, where the two stand side by side: all is required there."""
    return "file_info" in found or "model_version_id" in found


def _without_optional(found: dict[str, Any]) -> None:
    if _is_of_version(found):
        return
    for name in ("tensor_fields", "filter_threshold", "status"):
        found.pop(name, None)


def _with_optional(found: dict[str, Any]) -> None:
    if "tensor_fields" in found:
        found |= {"tensor_fields": ["tensor"], "filter_threshold": 0.5}
    if "image_path" in found:
        found["image_path"] = _IMAGE


def _null_status(found: dict[str, Any]) -> None:
    if "status" in found and not _is_of_version(found):
        found["status"] = None


def _keys_reversed(found: dict[str, Any]) -> None:
    for name in reversed(list(found)):
        found[name] = found.pop(name)


class _OldestFirst(Behaviour):
    """Models and versions with the oldest first."""

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        return super().select_list(user, workspace_id)[::-1]

    def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
        return super().select_versions(user, name, model_id)[::-1]

    def versions_in_list(self, models: Sequence[Model]) -> Mapping[int, Sequence[Version]]:
        return {number: found[::-1] for number, found in super().versions_in_list(models).items()}


class _NoOrder(Behaviour):
    """Models and versions in the order of their names' and UUIDs' last characters."""

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        return sorted(super().select_list(user, workspace_id), key=lambda model: model.name[::-1])

    def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
        found = super().select_versions(user, name, model_id)
        return sorted(found, key=lambda version: version.uuid[::-1])


class _OwnerUuid(Behaviour):
    """A UUID for each model's owner."""

    def owner_id(self, model_id: int) -> str:
        return str(uuid.uuid5(_OWNERS, str(model_id)))


def _owner_of_versions(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    for row in reply.body:
        row["owner_id"] = str(_OWNERS)


def _written(write: Callable[[datetime], str]) -> type[Behaviour]:
    class Written(Behaviour):
        def timestamp(self, microseconds: int) -> str:
            seconds, fraction = divmod(microseconds, 1_000_000)
            return write(datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction))

    return Written


class _Upload200(Behaviour):
    """The plain success for uploads."""

    def success_status(self, endpoint: str) -> int:
        return 200


def _statuses(statuses: dict[int, int]) -> type[Behaviour]:
    """Other statuses for refusals, and other words."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        reply.status = statuses.get(reply.status, reply.status)
        reply.body = {"msg": "The request failed.", "code": reply.status, "source": "gateway"}

    return reply_changed(MODEL_ENDPOINTS, put, applies=lambda _, reply: reply.status >= 400)


# looks


def _row(client: Client) -> dict[str, Any]:
    return client.version(client.upload())


def _listed_times(client: Client) -> str:
    found = str(client.listed(client.upload().name).get("created_at"))
    return f"{len(found.partition('.')[2].partition('+')[0])} fraction digits, ends in {found[-6:]}"


def _order(client: Client) -> str:
    names = [client.upload().name for _ in range(3)]
    shown = [model["name"] for model in client.listed_models()]
    return " ".join(str(names.index(name)) for name in shown)


def _unknown(client: Client) -> int:
    return client.call("get", {"id": 2_000_000_011}).status


def reply_variants() -> Iterator[Variant]:
    """All of them."""
    fields = seen("fields of a version", lambda client: " ".join(_row(client)))
    configured = seen("fields of a configuration", lambda client: client.config(client.upload()).at("model_config"))
    yield Variant("fields.more", "Every object has unknown fields.", _in_each_object(_more), fields)
    yield Variant(
        "fields.fewer", "The optional fields are absent.", _in_each_object(_without_optional), fields, _FOLLOWED
    )
    yield Variant(
        "fields.null-status",
        "The status of a version is null.",
        _in_each_object(_null_status),
        seen("a version's status", lambda client: _row(client)["status"] is None),
        _FOLLOWED,
    )
    yield Variant(
        "fields.filled",
        "The optional fields have values.",
        _in_each_object(_with_optional),
        lambda client: configured(client).partition("tensor_fields")[2],
    )
    yield Variant(
        "order.keys", "The fields of objects stand in another order.", _in_each_object(_keys_reversed), fields
    )
    order = seen("models in the list", _order)
    yield Variant("order.oldest-first", "Models and versions are shown with the oldest first.", _OldestFirst, order)
    yield Variant(
        "order.none",
        "Models and versions are shown in no order.",
        _NoOrder,
        lambda client: " ".join(row["name"][::-1][0] for row in _listed_ten(client)),
    )
    owner = seen(
        "an owner of two quotation marks", lambda client: client.listed(client.upload().name)["owner_id"] == '""'
    )
    yield Variant("owner.uuid", "Owners are UUIDs.", _OwnerUuid, owner)
    yield Variant(
        "owner.uuid-of-versions",
        "Owners are UUIDs in list_versions only. Recorded: 2024.2 on.",
        reply_changed("list_versions", _owner_of_versions),
        seen("a version's owner of two quotation marks", lambda client: _row(client)["owner_id"] == '""'),
        until="2024.4",
    )
    zone = timezone(timedelta(hours=-5, minutes=-30))
    forms: tuple[tuple[str, str, Callable[[datetime], str]], ...] = (
        ("whole-seconds", "Times have whole seconds.", lambda moment: moment.isoformat(timespec="seconds")),
        ("milliseconds", "Times have milliseconds.", lambda moment: moment.isoformat(timespec="milliseconds")),
        ("z", "Times end in Z.", lambda moment: moment.isoformat(timespec="microseconds").replace("+00:00", "Z")),
        ("offset", "Times have another offset than UTC's.", lambda moment: moment.astimezone(zone).isoformat()),
    )
    for word, says, write in forms:
        yield Variant(f"times.{word}", says, _written(write), seen("a time", _listed_times))
    yield Variant(
        "upload.status-200",
        "Uploads are answered 200.",
        _Upload200,
        seen("an upload", lambda client: client.upload().answer.status),
    )
    refused = seen("get of an unknown id", _unknown)
    yield Variant("refusals.404", "Refusals are answered 404.", _statuses({400: 404}), refused)
    yield Variant("refusals.422", "Refusals are answered 422.", _statuses({400: 422}), refused)
    yield Variant(
        "refusals.500",
        "Refusals are answered 500. Recorded: 2025.2, an unknown workspace.",
        _statuses({400: 500, 415: 500}),
        refused,
    )


def _listed_ten(client: Client) -> list[dict[str, Any]]:
    for _ in range(10):
        client.upload()
    return client.listed_models()
