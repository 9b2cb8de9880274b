"""What several endpoints say of one model must be the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from conformance.errors import NotTestable
from conformance.instance.reply import Reply
from conformance.suite.assertions import expect
from conformance.suite.rows import answered, model_row, relied_on
from conformance.suite.times import instant
from conformance.suite.uploads import Uploaded

TIMES = ("created_at", "updated_at")


def assert_times_agree_with_list(read: Callable[[], Reply], uploaded: Uploaded, *, what: str) -> None:
    """The model's times in the reply that `read` fetches are the instants that the list shows.

    Both are read once more where they differ: a conversion may have ended in between.
    Raises NotTestable where either lacks a time: the field's own check says so.
    """
    __tracebackhide__ = True
    told, listed, replies = _times(read, uploaded, what)
    if told != listed:
        told, listed, replies = _times(read, uploaded, what)
    expect(
        told == listed,
        expected=f"{what} has the times of the list, {_shown(listed)}",
        actual=f"it has {_shown(told)}",
        replies=replies,
    )


def assert_is_of(body: Any, uploaded: Uploaded, reply: Reply, *, what: str) -> None:
    """A model's details are those of the uploaded model: its id and its name, as far as each is there at all.

    Raises NotTestable where neither is: then nothing tells whose details they are.
    """
    __tracebackhide__ = True
    shown = {"id": uploaded.model_id, "name": uploaded.name}
    told = {key: body[key] for key in shown if isinstance(body, dict) and type(body.get(key)) is type(shown[key])}
    if not told:
        raise NotTestable(f"needs {what} with an id or a name")
    wanted = {key: shown[key] for key in told}
    expect(told == wanted, expected=f"{what} has {wanted}", actual=f"it has {told}", replies=[reply])


def _times(
    read: Callable[[], Reply], uploaded: Uploaded, what: str
) -> tuple[dict[str, datetime], dict[str, datetime], list[Reply]]:
    listing = uploaded.models.list(uploaded.workspace_id)
    row = model_row(relied_on(listing, what="the workspace's list"), uploaded)
    reply = read()
    body = answered(reply, what=what)
    body = body if isinstance(body, dict) else {}
    told = {name: instant(body.get(name), what=f"{name} in {what}") for name in TIMES}
    listed = {name: instant(row.get(name), what=f"{name} in the list") for name in TIMES}
    return told, listed, [listing, reply]


def _shown(times: dict[str, datetime]) -> str:
    return ", ".join(f"{name} {value.isoformat()}" for name, value in times.items())
