"""Requests that no example shows: what only generated ones find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.kinds import JSON_READS, is_success, reply_changed
from conformance.mock.replies import Call, Reply

_KEYS = frozenset({"workspace_id", "id", "model_id", "models_pk_id"})
_PAGE = "<html><body>Internal Server Error</body></html>"


def _has_more(call: Call, reply: Reply) -> bool:
    return is_success(call, reply) and isinstance(call.payload, dict) and not set(call.payload) <= _KEYS


def _ids_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_ids_as_text(item) for item in value]
    if isinstance(value, dict):
        return {key: str(item) if key == "id" else _ids_as_text(item) for key, item in value.items()}
    return value


def _as_text(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    reply.body = _ids_as_text(reply.body)


def _is_strange(call: Call, reply: Reply) -> bool:
    """A refused request with a number that isn't whole, or an object, or a truth value in an id's place."""
    if reply.status < 400 or reply.status == 401 or not isinstance(call.payload, dict):
        return False
    return any(isinstance(call.payload.get(key), bool | float | dict) for key in _KEYS)


def _page(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    from starlette.responses import HTMLResponse

    reply.response = HTMLResponse(_PAGE, 500)


def _with_more(client: Client) -> str:
    sent = client.upload()
    found = client.call("get_config_by_id", {"model_id": sent.id, "verbose": True}).at("model_config", "id")
    return f"the id in a configuration asked for with an unknown key beside: {type(found).__name__}"


def _strange(client: Client) -> str:
    answer = client.call("list", {"workspace_id": 1.5})
    return f"a list of workspace 1.5: answered {answer.status} with {type(answer.body).__name__}"


def unusual_defects() -> Iterator[Defect]:
    """All of them."""
    yield Defect(
        "fuzzing.shape.unknown-keys",
        "With an unknown key in the request, ids in the reply are text.",
        ("fuzzing.replies-conform",),
        reply_changed(JSON_READS, _as_text, applies=_has_more),
        _with_more,
    )
    yield Defect(
        "fuzzing.refusal.strange-ids",
        "An id that is a fraction, a truth value or an object is answered with an HTML page.",
        ("fuzzing.negative-data-refused-cleanly",),
        reply_changed(JSON_READS, _page, applies=_is_strange),
        _strange,
    )
