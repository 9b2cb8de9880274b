"""The parameters of the JSON endpoints: required ones that aren't, and values of another type that are answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.mock.defects.defect import Defect
from conformance.mock.defects.kinds import Applies, answered_instead, newest_answer
from conformance.mock.defects.observations import asked
from conformance.mock.replies import Call, Reply

VERSION = "model_version_id"

Wrong = tuple[str, type, Any]
"""A JSON type in words and as Python's, and a value of it."""

_WRONG: tuple[Wrong, ...] = (("text", str, "not-a-number"), ("list", list, [1]))


def given(name: str, kind: type) -> Applies:
    """Requests whose field has this JSON type."""
    return lambda call, _: isinstance(call.payload, dict) and isinstance(call.payload.get(name), kind)


def lacking(name: str, *, null: bool) -> Applies:
    """Requests whose field is null, or missing."""

    def applies(call: Call, reply: Reply) -> bool:
        payload = call.payload
        return isinstance(payload, dict) and (name in payload) is null and payload.get(name) is None

    return applies


def _required(endpoint: str, name: str, requirement: str) -> Iterator[Defect]:
    for word, null in (("missing", False), ("null", True)):
        yield Defect(
            f"{requirement}.{word}-accepted",
            f"{endpoint} with {name} {word} answers about the newest.",
            (requirement,),
            answered_instead(endpoint, lacking(name, null=null), newest_answer),
            asked(endpoint, {name: None} if null else {}),
        )


def _mistyped(
    endpoint: str, name: str, requirement: str, wrongs: Sequence[Wrong] = _WRONG, **others: Any
) -> Iterator[Defect]:
    for word, kind, wrong in wrongs:
        yield Defect(
            f"{requirement}.{word}-accepted",
            f"{endpoint} with a {word} as {name} answers about the newest.",
            (requirement,),
            answered_instead(endpoint, given(name, kind), newest_answer),
            asked(endpoint, {**others, name: wrong}),
        )


def parameter_defects() -> Iterator[Defect]:
    """All of them."""
    for endpoint, name, required, mistyped in (
        ("list", "workspace_id", "list.workspace-id-required", "list.workspace-id-mistyped"),
        ("get_by_id", "id", "get-by-id.id-required", "get-by-id.id-mistyped"),
        ("get_config_by_id", "model_id", "get-config-by-id.model-id-required", "get-config-by-id.model-id-mistyped"),
        ("get", "id", "get.parameter-required", "get.parameter-mistyped"),
        ("get_version_by_id", VERSION, "get-version-by-id.id-required", "get-version-by-id.id-mistyped"),
        ("get_upload_logs", VERSION, "get-upload-logs.id-required", "get-upload-logs.id-mistyped"),
    ):
        yield from _required(endpoint, name, required)
        yield from _mistyped(endpoint, name, mistyped)
    yield from _mistyped("list_versions", "models_pk_id", "list-versions.keys-mistyped", model_id="any")
    twin = "get_model_version_by_id"
    yield from _required(twin, VERSION, "get-model-version-by-id.id-required")
    yield from _mistyped(twin, VERSION, "get-model-version-by-id.id-mistyped", _WRONG[:1])
