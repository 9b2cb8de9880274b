"""When models were made and updated: local times, other forms, clocks that stand or run backwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from conformance.mock import rendering
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.kinds import reply_changed
from conformance.mock.defects.observations import whether
from conformance.mock.records import Model, User, Version
from conformance.mock.replies import Call, Reply

SECOND = 1_000_000

_FAR_EAST = timezone(timedelta(hours=9))

_ERA = 946_684_800 * SECOND
"""The first moment of the year 2000."""


def _times(change: Callable[[Model], Model]) -> type[Behaviour]:
    """Other times of models, wherever they are shown."""

    class Times(Behaviour):
        def select_list(self, user: User, workspace_id: int) -> list[Model]:
            return [change(model) for model in super().select_list(user, workspace_id)]

        def select_model(self, user: User, model_id: int) -> tuple[Model, list[Version]]:
            model, versions = super().select_model(user, model_id)
            return change(model), versions

    return Times


def _written(write: Callable[[datetime], str]) -> type[Behaviour]:
    """Another text for every time."""

    class Written(Behaviour):
        def timestamp(self, microseconds: int) -> str:
            seconds, fraction = divmod(microseconds, SECOND)
            return write(datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=fraction))

    return Written


class _NeverUpdated(Behaviour):
    """Leaves `updated_at` as it was at the first upload."""

    def updated_at(self, model: Model, now: int) -> int:
        return model.updated_at


class _UpdatedBackwards(Behaviour):
    """Moves `updated_at` a second back with each version."""

    def updated_at(self, model: Model, now: int) -> int:
        return model.updated_at - SECOND


class _ClockStands(Behaviour):
    """A clock that stands at the year 2000."""

    def now(self) -> int:
        return _ERA


def _of_another(endpoint: str) -> type[Behaviour]:
    """One endpoint tells the creation as the update too."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        reply.body["updated_at"] = reply.body["created_at"]

    return reply_changed(endpoint, put)


def _shifted(endpoint: str) -> type[Behaviour]:
    """One endpoint tells both times an hour early."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        model = behaviour.store.model(reply.body["id"])
        if model is not None:
            reply.body["created_at"] = rendering.timestamp(model.created_at - 3600 * SECOND)
            reply.body["updated_at"] = rendering.timestamp(model.updated_at - 3600 * SECOND)

    return reply_changed(endpoint, put)


def _moment(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


def _created_now(client: Client) -> bool:
    sent = client.upload()
    return abs(_moment(client.listed(sent.name).get("created_at")) - time.time()) < 60


def _created_stays(client: Client) -> bool:
    sent = client.upload()
    before = client.listed(sent.name).get("created_at")
    client.upload(sent.name)
    return bool(client.listed(sent.name).get("created_at") == before)


def _updated_moves(client: Client) -> bool:
    sent = client.upload()
    before = _moment(client.listed(sent.name).get("updated_at"))
    client.upload(sent.name)
    return _moment(client.listed(sent.name).get("updated_at")) > before


def _in_order(client: Client) -> bool:
    sent, _ = client.twice()
    row = client.listed(sent.name)
    return _moment(row.get("created_at")) <= _moment(row.get("updated_at"))


def _agrees(endpoint: str) -> Callable[[Client], bool]:
    def look(client: Client) -> bool:
        sent, _ = client.twice()
        row, told = client.listed(sent.name), client.details(sent, endpoint)
        return all(row.get(name) == told.at(name) for name in ("created_at", "updated_at"))

    return look


def _creation() -> Iterator[Defect]:
    creation, order = ("list.created-at-is-upload-time",), ("list.created-not-after-updated",)
    now, ordered = whether("created_at is now", _created_now), whether("created_at isn't after updated_at", _in_order)
    yield Defect(
        "list.times.local",
        "Times are another zone's local time with the offset of UTC.",
        creation,
        _written(lambda moment: moment.astimezone(_FAR_EAST).replace(tzinfo=UTC).isoformat()),
        now,
    )
    yield Defect(
        "list.times.milliseconds",
        "Times are told as if their seconds were milliseconds.",
        creation,
        _written(lambda moment: datetime.fromtimestamp(moment.timestamp() / 1000, UTC).isoformat()),
        now,
    )
    yield Defect(
        "list.created-at.moves",
        "A new version makes the model's creation later.",
        ("list.created-at-stays",),
        _times(lambda model: replace(model, created_at=model.updated_at)),
        whether("created_at stays with a new version", _created_stays),
    )
    yield Defect(
        "list.created-at.after-updated",
        "A model's creation is told a second late.",
        order,
        _times(lambda model: replace(model, created_at=model.created_at + SECOND)),
        ordered,
    )


def _updates() -> Iterator[Defect]:
    moves = whether("updated_at moves with a new version", _updated_moves)
    yield Defect(
        "list.updated-at.stands",
        "A new version leaves updated_at as it was.",
        ("list.updated-at-moves",),
        _NeverUpdated,
        moves,
    )
    yield Defect(
        "list.updated-at.backwards",
        "A new version moves updated_at a second back.",
        ("list.updated-at-moves", "list.created-not-after-updated"),
        _UpdatedBackwards,
        moves,
    )
    yield Defect(
        "list.times.clock-stands",
        "The instance's clock stands.",
        ("list.created-at-is-upload-time", "list.updated-at-moves"),
        _ClockStands,
        moves,
    )
    for endpoint in ("get_by_id", "get"):
        word = endpoint.replace("_", "-")
        requirement = (f"{word}.times-agree-with-list",)
        probe = whether(f"{endpoint} has the list's times", _agrees(endpoint))
        yield Defect(
            f"{word}.times.never-updated",
            f"{endpoint} tells the creation as the update too.",
            requirement,
            _of_another(endpoint),
            probe,
        )
        yield Defect(
            f"{word}.times.shifted",
            f"{endpoint} tells times an hour before the list's.",
            requirement,
            _shifted(endpoint),
            probe,
        )


def time_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _creation()
    yield from _updates()
