"""What the releases after 2023.4 leave open: lists without a workspace, versions with nulls, deletions, logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.configured import Entry, entries_changed, entries_of, shown_entry, told, told_back
from conformance.mock.defects.defect import Probe
from conformance.mock.defects.kinds import answered_instead, reply_changed
from conformance.mock.defects.observations import UNKNOWN_ID, asked, outcome, seen, shown_status
from conformance.mock.reading import UNKNOWN_MODEL
from conformance.mock.records import Model, User, Version
from conformance.mock.replies import Call, Refusal, Reply
from conformance.mock.variants.variant import Variant

DELETE = "delete_model"
FOR_MODEL = "list_versions_for_model"

_NULL = {"image_path": None, "task_id": None, "created_by": None, "created_at": None}
"""Of a version, all that may be null beside its conversion."""

_FILLED = {
    "tensor_fields": ["tensor"],
    "filter_threshold": 0.5,
    "batch_config": "single",
    "sidekick_uri": "http://sidekick.example.com:8080",
    "dynamic_batching_config": {"max_batch_delay_ms": 10, "batch_size_target": 4, "batch_size_limit": 10},
    "continuous_batching_config": {"max_concurrent_batch_size": 100},
    "queue_depth": 128,
    "openai": {"enabled": False, "completion_config": {}, "chat_completion_config": {}},
}
"""Of a configuration, all that is null where nobody set it. Source: the vendor's clients of 2024.4.4 and 2025.2.5."""


_SOMEBODY = "6a2f5c1e-0d7b-4c52-8f3e-9b1d2c3a4e5f"


class _FirstWorkspace(Behaviour):
    """Without a workspace, lists the one that the caller had first."""

    def select_list_everywhere(self, user: User) -> list[Model]:
        return self.select_list(user, min(user.workspaces))


class _WorkspaceNeeded(Behaviour):
    """Refuses a list without a workspace, as the parameter table says."""

    def select_list_everywhere(self, user: User) -> list[Model]:
        raise Refusal(400, "The field workspace_id is required.")


class _UnknownModelRefused(Behaviour):
    """Refuses to list the versions of a model that isn't there."""

    def select_model_of(self, user: User, name: str, workspace_id: int) -> list[Model]:
        found = super().select_model_of(user, name, workspace_id)
        if not found:
            raise Refusal(404, UNKNOWN_MODEL)
        return found


class _DeletedByNumber(Behaviour):
    """Takes the `model_id` of a deletion for the model's id as text."""

    def select_model_to_delete(self, user: User, name: str, workspace_id: int) -> list[Version]:
        models = [model for model in self.select_list(user, workspace_id) if str(model.id) == name]
        if not models:
            raise Refusal(400, UNKNOWN_MODEL)
        return self.store.versions_of(models[0].id)


class _ConfirmationNeeded(Behaviour):
    """Refuses a deletion that isn't confirmed."""

    def deletes(self, endpoint: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
        if not confirmed:
            raise Refusal(400, "The field confirm_delete must be true.")
        return super().deletes(endpoint, versions, confirmed)


class _NoLogs(Behaviour):
    """Keeps no logs."""

    def logs_of(self, version: Version, lines: int | None) -> list[str]:
        return []


class _LowerCaseEndings(Behaviour):
    """Knows endings of file names in lower case only."""

    def takes_file_name(self, file_name: str) -> bool:
        return super().takes_file_name(file_name) and file_name.endswith(self.dialect.file_name_endings)


def _as_model_versions(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    reply.body = {"model_versions": entries_of(reply.body)}


def _in_version(**values: Any) -> Callable[[Entry], None]:
    """Other values of the fields that a version has."""

    def change(entry: Entry) -> None:
        known = {name: value for name, value in values.items() if name in entry["model_version"]}
        entry["model_version"] = {**entry["model_version"], **known}

    return change


def _filled(entry: Entry) -> None:
    entry["config"] = {**entry["config"], **{name: v for name, v in _FILLED.items() if name in entry["config"]}}


# looks


def _unplaced(client: Client) -> str:
    sent = client.upload()
    answer = client.call("list", {})
    return f"{shown_status(answer)}, {'with' if sent.name.encode() in answer.content else 'without'} a model just made"


def _keys_for_model(client: Client) -> str:
    return " ".join(client.ask(FOR_MODEL, client.upload()).body)


def _deleted_as(payload: Callable[[Client, dict[str, Any]], dict[str, Any]]) -> Probe:
    def look(client: Client) -> str:
        sent = client.upload()
        asked_for = {**client.question(DELETE, sent), "model_id": str(client.model_id(sent))}
        return outcome(client, client.call(DELETE, payload(client, asked_for)))

    return seen("a deletion", look)


def _logged(client: Client) -> int:
    sent = client.upload()
    client.settled(sent)
    return len(client.ask("get_upload_logs", sent).at("logs"))


def _of_lists() -> Iterator[Variant]:
    unplaced = seen("a list without a workspace", _unplaced)
    yield Variant(
        "list.default-workspace",
        "A list without a workspace is that of the caller's first one.",
        _FirstWorkspace,
        unplaced,
        since="2024.1",
    )
    yield Variant(
        "list.workspace-needed", "A list without a workspace is refused.", _WorkspaceNeeded, unplaced, since="2024.1"
    )
    yield Variant(
        "versions-for-model.flat",
        "list_versions_for_model answers `model_versions`.",
        reply_changed(FOR_MODEL, _as_model_versions),
        seen("keys of the reply", _keys_for_model),
        since="2024.4",
    )
    yield Variant(
        "versions-for-model.unknown-refused",
        "list_versions_for_model refuses a name that no model has.",
        _UnknownModelRefused,
        seen(
            "an unknown name",
            lambda client: client.call(FOR_MODEL, {"model_id": "none", "workspace_id": client.workspace}).status,
        ),
        since="2024.4",
    )


def _of_versions() -> Iterator[Variant]:
    yield Variant(
        "version.nulls",
        "All that may be null of a version is null.",
        entries_changed(_in_version(**_NULL)),
        told_back("the task's id", "model_version", "task_id"),
        since="2024.1",
    )
    yield Variant(
        "version.conversion-null",
        "The conversion of a version is null.",
        entries_changed(_in_version(conversion=None)),
        told_back("the conversion", "model_version", "conversion"),
        since="2024.1",
    )
    yield Variant(
        "version.made-before",
        "Versions were made on an older version of the instance, by a user who is told by an id.",
        entries_changed(
            _in_version(created_on_version="2022.4.1-4021", created_by="6a2f5c1e-0d7b-4c52-8f3e-9b1d2c3a4e5f")
        ),
        told_back("the version of the instance", "model_version", "created_on_version"),
        since="2024.1",
    )
    yield Variant(
        "version.config-filled",
        "All settings of a configuration are set.",
        entries_changed(_filled),
        seen(
            "the fields of tensors",
            lambda client: told(shown_entry(client, client.upload()), "config", "tensor_fields"),
        ),
        since="2024.1",
    )
    yield Variant(
        "version.unknown-null",
        "get_version_by_id of an id that no version has answers null.",
        answered_instead(
            "get_version_by_id",
            lambda call, _: type((call.payload or {}).get("model_version_id")) is int,
            lambda *_: {"model_version": None},
        ),
        asked("get_version_by_id", {"model_version_id": UNKNOWN_ID}),
        since="2024.1",
    )
    yield Variant(
        "version.error-summary-null-text",
        "The summary of an error that didn't happen is the text null. Recorded: 2025.2.",
        entries_changed(_in_version(error_summary="null")),
        told_back("the summary", "model_version", "error_summary"),
        since="2025.2",
    )


def _of_deletions() -> Iterator[Variant]:
    yield Variant(
        "deletion.by-number",
        "delete_model takes the model's id as text.",
        _DeletedByNumber,
        _deleted_as(lambda _, right: right),
        since="2024.4",
    )
    yield Variant(
        "deletion.confirmation-needed",
        "A deletion that isn't confirmed is refused.",
        _ConfirmationNeeded,
        seen(
            "an unconfirmed deletion",
            lambda client: (
                client.call(DELETE, {**client.question(DELETE, client.upload()), "confirm_delete": False}).status
            ),
        ),
        since="2024.4",
    )
    yield Variant(
        "deletion.unknown-no-bytes",
        "A deletion of a model that isn't there counts no bytes.",
        answered_instead(
            DELETE, lambda call, _: isinstance((call.payload or {}).get("model_id"), str), lambda *_: {"bytes": 0}
        ),
        _deleted_as(lambda _, right: {**right, "model_id": "unknown-to-all"}),
        since="2024.4",
    )


def later_variants() -> Iterator[Variant]:
    """All of them."""
    yield from _of_lists()
    yield from _of_versions()
    yield from _of_deletions()
    yield Variant("logs.none", "Logs are empty.", _NoLogs, seen("lines of a log", _logged), since="2025.2")
    yield Variant(
        "logs.unknown-empty",
        "The log of an id that no version has is empty.",
        answered_instead(
            "get_upload_logs",
            lambda call, _: type((call.payload or {}).get("model_version_id")) is int,
            lambda *_: {"logs": []},
        ),
        asked("get_upload_logs", {"model_version_id": UNKNOWN_ID}),
        since="2025.2",
    )
    yield Variant(
        "upload.lower-case-endings",
        "Endings of file names are known in lower case only.",
        _LowerCaseEndings,
        seen("a file called Model.ONNX", lambda client: client.upload(file_name="Model.ONNX").answer.status),
        since="2025.2",
    )
