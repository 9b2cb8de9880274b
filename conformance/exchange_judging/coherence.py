"""Whether one reply agrees with itself and with its request: what it was asked for, each row once, times in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from conformance.exchange_judging.calls import UPLOAD, Call
from conformance.exchange_judging.result import Notes
from conformance.exchange_judging.rows import Row, Shown, is_id, model_in, models_in, rows_at, shown_in


def judge_coherence(call: Call, notes: Notes) -> None:
    """Note what the successful reply to a conforming request keeps and breaks of its own."""
    judge = _JUDGES.get(call.endpoint)
    if judge is not None and call.is_success and not call.companion:
        judge(call, notes)


def returned_ids(answer: Any) -> list[Any]:
    """The ids in a reply to an upload."""
    insert = answer.get("insert_models") if isinstance(answer, dict) else None
    returning = [row for _, row in rows_at(insert, "returning")]
    return [model.get("id") for row in returning for _, model in rows_at(row, "models")]


def instant(value: Any) -> datetime | None:
    """The point in time that a timestamp names, None for what is no time with an offset."""
    try:
        told = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return told if told is not None and told.tzinfo is not None else None


def _upload(call: Call, notes: Notes) -> None:
    ids = returned_ids(call.answer)
    if ids:
        notes.expect(
            len(ids) == 1,
            call.exchange,
            UPLOAD,
            "upload.returns-one-id",
            expected="one upload is answered with one id",
            actual=f"it is answered with {len(ids)}",
        )


def _list(call: Call, notes: Notes) -> None:
    models = models_in(call.answer, notes.release)
    _each_once(call, notes, [model.get("id") for _, model in models], "list.each-model-once", "id", "in the list")
    for path, model in models:
        created, updated = instant(model.get("created_at")), instant(model.get("updated_at"))
        if created is not None and updated is not None:
            notes.expect(
                created <= updated,
                call.exchange,
                "list",
                "list.created-not-after-updated",
                expected=f"created_at, {model['created_at']}, is no later than updated_at",
                actual=f"updated_at is {model['updated_at']}",
                path=path,
            )
    asked = call.asked.get("workspace_id") if isinstance(call.asked, dict) else None
    if notes.release.model_in_list and isinstance(asked, int) and is_id(asked):
        for path, row in rows_at(call.answer, "models"):
            _asked_workspace(call, notes, path, row, asked)
    for shown in shown_in(call, notes.release):
        _own_config(call, notes, shown, "list.config-of-version")


def _asked_workspace(call: Call, notes: Notes, path: str, row: Row, asked: int) -> None:
    workspace, model = row.get("workspace"), model_in(row, notes.release)
    told = [workspace.get("id") if isinstance(workspace, dict) else None, (model or ("", {}))[1].get("workspace_id")]
    strange = [number for number in told if is_id(number) and number != asked]
    notes.expect(
        not strange,
        call.exchange,
        "list",
        "list.asked-workspace",
        expected=f"each row of the list is of workspace {asked}",
        actual=f"one is of {strange[:1]}",
        path=path,
    )


def _own_config(call: Call, notes: Notes, shown: Shown, requirement: str) -> None:
    named = shown.config.get("model_version_id")
    if shown.kind == "version" and is_id(named):
        notes.expect(
            named == shown.id,
            call.exchange,
            call.endpoint,
            requirement,
            expected=f"the configuration beside version {shown.id} names that version",
            actual=f"it names {named}",
            path=shown.path,
        )


def _list_versions(call: Call, notes: Notes) -> None:
    rows = rows_at(call.answer, None)
    place = "among the versions"
    _each_once(call, notes, [row.get("id") for _, row in rows], "list-versions.row-per-upload", "id", place)
    uuids = [row.get("model_version") for _, row in rows]
    _each_once(call, notes, uuids, "list-versions.distinct-uuids", "model_version", place)
    asked = call.asked if isinstance(call.asked, dict) else {}
    wanted = {key: asked[key] for key in ("model_id", "models_pk_id") if asked.get(key) is not None}
    for path, row in rows:
        told = {key: row[key] for key in wanted if isinstance(row.get(key), str) or is_id(row.get(key))}
        # A key of another type than documented is that field's own failure.
        if wanted and all(type(told.get(key)) is type(wanted[key]) for key in wanted):
            notes.expect(
                any(told[key] == wanted[key] for key in wanted),
                call.exchange,
                "list_versions",
                "list-versions.only-asked-rows",
                expected=f"each row is of what was asked for, {wanted}",
                actual=f"one has {told}",
                path=path,
            )


def _get_by_id(call: Call, notes: Notes) -> None:
    _is_asked_one(call, notes, "get-by-id.takes-model-id")


def _get(call: Call, notes: Notes) -> None:
    if isinstance(call.asked, dict) and "model_id" not in call.asked:
        _is_asked_one(call, notes, "get.takes-model-id")
    body = call.answer if isinstance(call.answer, dict) else {}
    own = {"models_pk_id": body.get("id"), "model_id": body.get("name")}
    for path, row in rows_at(body, "models"):
        keys = [key for key in own if own[key] is not None and type(row.get(key)) is type(own[key])]
        if keys:
            notes.expect(
                any(row[key] == own[key] for key in keys),
                call.exchange,
                "get",
                "get.only-own-versions",
                expected=f"each version is of the model that the reply is of, {own}",
                actual=f"one is of { {key: row[key] for key in keys} }",
                path=path,
            )


def _is_asked_one(call: Call, notes: Notes, requirement: str) -> None:
    asked = call.asked.get("id") if isinstance(call.asked, dict) else None
    told = call.answer.get("id") if isinstance(call.answer, dict) else None
    if is_id(asked) and is_id(told):
        notes.expect(
            told == asked,
            call.exchange,
            call.endpoint,
            requirement,
            expected=f"{call.endpoint} of {asked} answers about that model",
            actual=f"the reply has the id {told}",
            path="id",
        )


def _get_version_by_id(call: Call, notes: Notes) -> None:
    asked = call.asked.get("model_version_id") if isinstance(call.asked, dict) else None
    for shown in shown_in(call, notes.release):
        notes.expect(
            shown.id == asked,
            call.exchange,
            call.endpoint,
            "get-version-by-id.takes-version-id",
            expected=f"get_version_by_id of {asked} answers about that version",
            actual=f"the reply is of version {shown.id}",
            path=shown.path,
        )


def _get_config_by_id(call: Call, notes: Notes) -> None:
    config = call.answer.get("model_config") if isinstance(call.answer, dict) else None
    runtime = config.get("runtime") if isinstance(config, dict) else None
    if isinstance(runtime, str):
        known = notes.release.enumeration("Runtime")
        notes.expect(
            runtime in known,
            call.exchange,
            call.endpoint,
            "get-config-by-id.runtime-enum",
            expected=f"the runtime is one of {', '.join(known)}",
            actual=f"it is {runtime!r}",
            path="model_config.runtime",
        )


def _get_upload_logs(call: Call, notes: Notes) -> None:
    lines = call.asked.get("lines") if isinstance(call.asked, dict) else None
    logs = call.answer.get("logs") if isinstance(call.answer, dict) else None
    if type(lines) is int and isinstance(logs, list):
        notes.expect(
            len(logs) <= lines,
            call.exchange,
            call.endpoint,
            "get-upload-logs.lines-limit",
            expected=f"at most {lines} lines are shown",
            actual=f"there are {len(logs)}",
            path="logs",
        )


def _each_once(call: Call, notes: Notes, values: list[Any], requirement: str, name: str, place: str) -> None:
    told = [value for value in values if isinstance(value, str) or is_id(value)]
    repeated = [value for value, count in Counter(told).items() if count > 1]
    if told:
        notes.expect(
            not repeated,
            call.exchange,
            call.endpoint,
            requirement,
            expected=f"each {name} stands once {place}",
            actual=f"{repeated[:1]} stands there more than once",
        )


_JUDGES: dict[str, Callable[[Call, Notes], None]] = {
    UPLOAD: _upload,
    "list": _list,
    "list_versions": _list_versions,
    "get_by_id": _get_by_id,
    "get": _get,
    "get_version_by_id": _get_version_by_id,
    "get_config_by_id": _get_config_by_id,
    "get_upload_logs": _get_upload_logs,
}
