"""What the documents leave open or contradict themselves on: the other reading of each."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.details import shown
from conformance.mock.defects.kinds import (
    Fields,
    answered_instead,
    conversion_of,
    reply_changed,
    upload_refused,
    upload_repaired,
)
from conformance.mock.defects.observations import UNKNOWN_ID, asked, seen, upload_outcome, whether
from conformance.mock.defects.samples import schema
from conformance.mock.records import Upload, User, Version
from conformance.mock.replies import Call, Refusal, Reply
from conformance.mock.variants.variant import Variant


class _ConfigByModel(Behaviour):
    """get_config_by_id takes the model's id, as the parameter table says."""

    def select_config(self, user: User, model_id: int) -> Version:
        _, versions = self.select_model(user, model_id)
        return versions[-1]


class _BothKeys(Behaviour):
    """list_versions needs both keys, and shows what matches both. Source: documentation, its parameter table."""

    def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
        if name is None or model_id is None:
            raise Refusal(400, "The fields model_id and models_pk_id are required.")
        found = super().select_versions(user, name, model_id)
        return [version for version in found if version.model_name == name and version.model_id == model_id]


class _ContradictionRefused(Behaviour):
    """list_versions refuses a name and an id of different models."""

    def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
        found = super().select_versions(user, name, model_id)
        contradicts = [v for v in found if (name, model_id) != (v.model_name, v.model_id)]
        known = model_id is not None and self.store.model(model_id) is not None
        if name is not None and known and contradicts:
            raise Refusal(400, "The name and the id are of different models.")
        return found


class _UnknownVersionsRefused(Behaviour):
    """list_versions refuses a model that it doesn't know."""

    def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
        found = super().select_versions(user, name, model_id)
        if not found:
            raise Refusal(400, "There is no such model.")
        return found


def _get_by_table() -> type[Behaviour]:
    """get takes `model_id` and knows no `id`, as the parameter table says."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        payload = call.payload if isinstance(call.payload, dict) else {}
        model_id = payload.get("model_id")
        # SQLite's integers end at 63 bits; a larger id is nobody's.
        model = behaviour.store.model(model_id) if type(model_id) is int and 0 < model_id < 2**63 else None
        versions = behaviour.store.versions_of(model.id) if model else []
        allowed = [version for version in versions if call.user and behaviour.may_see_version(call.user, version)]
        if model and allowed:
            reply.status, reply.body = 200, shown(behaviour, "get", model)
        else:
            said = (
                "The provided model id was not found." if type(model_id) is int else "The field model_id is required."
            )
            reply.status, reply.body = 400, {"msg": said, "code": 400}

    return reply_changed("get", put, applies=lambda call, reply: call.user is not None and call.payload is not None)


def _lacks_python(fields: Fields, upload: Upload) -> bool:
    return "python_version" not in conversion_of(fields)


def _lacks_visibility(fields: Fields, upload: Upload) -> bool:
    return "visibility" not in fields


def _private(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
    fields["visibility"] = "private"


def _string_workspace(fields: Fields, upload: Upload) -> bool:
    return isinstance(fields.get("workspace_id"), str) and fields["workspace_id"].isdigit()


def _integer(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
    fields["workspace_id"] = int(fields["workspace_id"])


def _string_requirements(fields: Fields, upload: Upload) -> bool:
    return isinstance(conversion_of(fields).get("requirements"), str)


def _as_list(behaviour: Behaviour, fields: Fields, upload: Upload, user: User) -> None:
    fields["conversion"]["requirements"] = []


def _nested_schemas(fields: Fields, upload: Upload) -> bool:
    return any(side in conversion_of(fields) for side in ("input_schema", "output_schema"))


def _unusual_name(fields: Fields, upload: Upload) -> bool:
    name = fields.get("name")
    plain = isinstance(name, str) and name.replace("-", "").isalnum() and name.isascii() and name == name.lower()
    return isinstance(name, str) and not (plain and len(name) < 64)


def _by_model(client: Client) -> bool:
    client.upload()
    sent = client.upload()
    model_id = client.model_id(sent)
    wanted = client.details(sent, "get_by_id").at("model_config", "id")
    return bool(client.call("get_config_by_id", {"model_id": model_id}).at("model_config", "id") == wanted)


def _by_table(client: Client) -> str:
    sent = client.upload()
    model_id = client.model_id(sent)
    return " ".join(str(client.call("get", {key: model_id}).status) for key in ("id", "model_id"))


def _keys(client: Client) -> str:
    first, second = client.upload(), client.upload()
    crossed = {"model_id": first.name, "models_pk_id": client.model_id(second)}
    alone = client.call("list_versions", {"model_id": first.name})
    return f"alone {alone.status}, crossed {client.call('list_versions', crossed).content.count(b'sha')}"


def reading_variants() -> Iterator[Variant]:
    """All of them."""
    keys = seen("list_versions by other keys", _keys)
    yield Variant(
        "config.by-model-id",
        "get_config_by_id takes the model's id.",
        _ConfigByModel,
        whether("the model's id brings its configuration", _by_model),
    )
    yield Variant("versions.both-keys", "list_versions needs both keys, and both must match.", _BothKeys, keys)
    yield Variant(
        "versions.contradiction-refused", "list_versions refuses keys of two models.", _ContradictionRefused, keys
    )
    unknown = {"model_id": "unknown-to-all", "models_pk_id": UNKNOWN_ID}
    yield Variant(
        "versions.unknown-refused",
        "list_versions refuses an unknown model.",
        _UnknownVersionsRefused,
        asked("list_versions", unknown),
    )
    yield Variant(
        "list.unknown-empty",
        "The list of an unknown workspace is empty.",
        answered_instead(
            "list", lambda call, _: type((call.payload or {}).get("workspace_id")) is int, lambda *_: {"models": []}
        ),
        asked("list", {"workspace_id": UNKNOWN_ID}),
    )
    yield Variant(
        "config.unknown-null",
        "The configuration of an unknown id is null.",
        answered_instead(
            "get_config_by_id",
            lambda call, _: type((call.payload or {}).get("model_id")) is int,
            lambda *_: {"model_config": None},
        ),
        asked("get_config_by_id", {"model_id": UNKNOWN_ID}),
    )
    yield Variant(
        "get.by-model-id", "get takes model_id, and no id.", _get_by_table(), seen("get by id, by model_id", _by_table)
    )
    yield Variant(
        "upload.python-version-required",
        "An upload without a Python version is refused.",
        upload_refused(_lacks_python, "The field python_version is required."),
        upload_outcome("without a Python version", {"conversion.python_version": ...}),
    )
    yield Variant(
        "upload.visibility-optional",
        "An upload without a visibility is private.",
        upload_repaired(_lacks_visibility, _private),
        upload_outcome("without visibility", {"visibility": ...}),
    )
    yield Variant(
        "upload.workspace-id-string",
        "The workspace's id may be a string of digits.",
        upload_repaired(_string_workspace, _integer),
        upload_outcome("with a string", {"workspace_id": lambda client: str(client.workspace)}),
    )
    yield Variant(
        "upload.requirements-string",
        "The requirements may be a string.",
        upload_repaired(_string_requirements, _as_list),
        upload_outcome("with a string", {"conversion.requirements": "[]"}),
    )
    yield Variant(
        "upload.nested-schemas-refused",
        "Schemas inside conversion are refused.",
        upload_refused(_nested_schemas, "Unknown field conversion.input_schema."),
        upload_outcome("with nested schemas", {"conversion.input_schema": lambda _: schema("x")}),
    )
    yield Variant(
        "upload.unusual-names-refused",
        "Names beyond lower-case letters, digits and dashes are refused.",
        upload_refused(_unusual_name, "The name isn't valid."),
        upload_outcome("named X_", {"name": "X_ y"}),
    )
