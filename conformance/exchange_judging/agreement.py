"""Whether all replies say the same of one model and one version, as far as it never changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.exchange_judging.calls import Call
from conformance.exchange_judging.coherence import instant
from conformance.exchange_judging.result import Notes
from conformance.exchange_judging.rows import Shown, shown_in

_KEPT = ("sha", "file_name", "model_version")
_OF_MODEL = {
    ("name", "list", "list"): "list.name",
    ("name", "get_by_id", "get_by_id"): "get-by-id.same-after-new-version",
    ("name", "get_by_id", "list"): "get-by-id.takes-model-id",
    ("name", "get", "list"): "get.takes-model-id",
    ("created_at", "list", "list"): "list.created-at-stays",
    ("created_at", "get_by_id", "list"): "get-by-id.times-agree-with-list",
    ("created_at", "get", "list"): "get.times-agree-with-list",
}
_OF_VERSION = {
    ("list_versions", "list_versions"): "list-versions.older-version-unchanged",
    ("get", "list_versions"): "get.versions-agree-with-list-versions",
    ("list", "list_versions"): "list.versions-agree-with-list-versions",
    ("get_version_by_id", "list"): "get-version-by-id.agrees-with-list",
}
"""The requirement that two endpoints agree, in the order of their names."""

_Key = tuple[str, int, str]
_Told = tuple[Any, Shown]


def judge_agreement(calls: Iterable[Call], notes: Notes) -> None:
    """Hold what each reply shows against what the earlier ones showed of the same id."""
    first: dict[_Key, dict[str, _Told]] = {}
    reported: set[tuple[_Key, str]] = set()
    for call in calls:
        for shown in shown_in(call, notes.release):
            for name, value in _comparable(shown):
                key = (shown.kind, shown.id, name)
                known = first.setdefault(key, {})
                for earlier in known.values():
                    _compare(key, earlier, (value, shown), notes, reported)
                known.setdefault(call.endpoint, (value, shown))
        _name_by_pk(call, first, notes)


def _comparable(shown: Shown) -> Iterable[tuple[str, Any]]:
    if shown.kind == "version":
        yield from ((name, shown.fields[name]) for name in (*_KEPT, "models_pk_id", "model_id") if name in shown.fields)
        return
    if "name" in shown.fields:
        yield "name", shown.fields["name"]
    created = instant(shown.fields.get("created_at"))
    if created is not None:
        yield "created_at", created


def _compare(key: _Key, earlier: _Told, now: _Told, notes: Notes, reported: set[tuple[_Key, str]]) -> None:
    (before, then), (value, shown) = earlier, now
    kind, number, name = key
    pair = tuple(sorted((then.call.endpoint, shown.call.endpoint)))
    if kind == "model":
        requirement = _OF_MODEL.get((name, pair[0], pair[1]))
    else:
        requirement = _OF_VERSION.get((pair[0], pair[1])) if name in _KEPT or pair[0] != pair[1] else None
    # A value of another type than documented is its own field's failure.
    if requirement is None or type(before) is not type(value) or (key, requirement) in reported:
        return
    if before != value:
        reported.add((key, requirement))
    notes.expect(
        before == value,
        shown.call.exchange,
        shown.call.endpoint,
        requirement,
        expected=f"{name} of {kind} {number} is {before!r}, as {then.call.endpoint} showed it",
        actual=f"{shown.call.endpoint} shows {value!r}",
        path=shown.path,
        others=[then.call.exchange],
    )


def _name_by_pk(call: Call, first: dict[_Key, dict[str, _Told]], notes: Notes) -> None:
    """The name beside a version's `models_pk_id` is that of the model that the list shows under that id."""
    if call.endpoint != "list_versions":
        return
    for shown in shown_in(call, notes.release):
        number, name = shown.fields.get("models_pk_id"), shown.fields.get("model_id")
        told = first.get(("model", number, "name"), {}).get("list") if type(number) is int else None
        if told is None or not isinstance(name, str) or not isinstance(told[0], str):
            continue
        notes.expect(
            told[0] == name,
            call.exchange,
            "list_versions",
            "list-versions.models-pk-id-is-models",
            expected=f"models_pk_id is the id of {name!r} as the list shows it",
            actual=f"it is {number}, and the list shows {told[0]!r} under that id",
            path=shown.path,
            others=[told[1].call.exchange],
        )
