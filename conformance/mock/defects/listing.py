"""models/list: whose models it shows, and which it misses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.observations import UNKNOWN_ID, asked, seen, whether
from conformance.mock.records import Model, User
from conformance.mock.replies import Refusal

if TYPE_CHECKING:
    from conformance.mock.identity import Identity
    from conformance.mock.store import Store


CAP = 100

STALE_SECONDS = 1.0
"""How long a stale list stays. Ours: longer than it takes to list after an upload, shorter than a run."""

Choice = Callable[[Behaviour, User, int, list[Model]], list[Model]]


def _list(choose: Choice) -> type[Behaviour]:
    """Another choice of models for a list that isn't refused."""

    class Listed(Behaviour):
        def select_list(self, user: User, workspace_id: int) -> list[Model]:
            return choose(self, user, workspace_id, super().select_list(user, workspace_id))

    return Listed


def _own(behaviour: Behaviour, user: User, workspace_id: int, listed: list[Model]) -> list[Model]:
    return [model for model in behaviour.store.models() if model.workspace_id in user.workspaces]


def _per_version(behaviour: Behaviour, user: User, workspace_id: int, listed: list[Model]) -> list[Model]:
    return [model for model in listed for _ in behaviour.store.versions_of(model.id)]


class _UnknownWorkspaceListed(Behaviour):
    """Lists all the caller's models for a workspace that doesn't exist."""

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        try:
            return super().select_list(user, workspace_id)
        except Refusal:
            if any(workspace.id == workspace_id for workspace in self.store.workspaces()):
                raise
            return _own(self, user, workspace_id, [])


class _Stale(Behaviour):
    """Answers a list again as it was a moment ago."""

    def attach(self, store: Store, identity: Identity) -> None:
        super().attach(store, identity)
        self._kept: dict[int, tuple[float, list[Model]]] = {}

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        fresh = super().select_list(user, workspace_id)
        until, kept = self._kept.get(workspace_id, (0.0, []))
        if time.monotonic() < until:
            return kept
        self._kept[workspace_id] = (time.monotonic() + STALE_SECONDS, fresh)
        return fresh


def _listed_now(client: Client) -> bool:
    client.list()
    sent = client.upload()
    return bool(client.listed(sent.name))


def _rows_of_one(client: Client) -> int:
    client.twice()
    return len(client.listed_rows())


def _leaks(client: Client) -> int:
    neighbour = client.neighbour()
    try:
        neighbour.upload()
        client.upload()
        return len(client.listed_rows())
    finally:
        neighbour.close()


def _many(client: Client) -> int:
    for _ in range(CAP + 1):
        client.upload()
    return len(client.listed_rows())


def _selections() -> Iterator[Defect]:
    new, once = "list.includes-new-model", "list.each-model-once"
    includes = whether("a model just uploaded is listed", _listed_now)
    one = seen("rows of a model of two versions", _rows_of_one)
    yield Defect(
        "list.newest-missing",
        "The newest model isn't listed.",
        (new, "list.complete"),
        _list(lambda _b, _u, _w, listed: listed[1:]),
        includes,
    )
    yield Defect(
        "list.stale",
        f"A list stays as it was for {STALE_SECONDS:g} s.",
        (new, "list.updated-at-moves"),
        _Stale,
        includes,
    )
    yield Defect("list.empty", "Every list is empty.", (new, "list.complete"), _list(lambda *_: []), includes)
    yield Defect(
        "list.row-per-version", "A model is listed once for each of its versions.", (once,), _list(_per_version), one
    )
    yield Defect(
        "list.rows-twice", "Every model is listed twice.", (once,), _list(lambda _b, _u, _w, listed: listed * 2), one
    )
    yield Defect(
        "list.all-workspaces",
        "A list shows the models of all the caller's workspaces.",
        ("list.only-this-workspace",),
        _list(_own),
        seen("models listed beside another workspace", _leaks),
    )
    yield Defect(
        f"list.capped-at-{CAP}",
        f"A list ends after the newest {CAP} models.",
        ("list.complete",),
        _list(lambda _b, _u, _w, listed: listed[:CAP]),
        seen(f"models listed of {CAP + 1}", _many),
    )
    yield Defect(
        "list.unknown-workspace.answers",
        "A workspace that doesn't exist shows all the caller's models.",
        ("list.unknown-workspace",),
        _UnknownWorkspaceListed,
        asked("list", {"workspace_id": UNKNOWN_ID}, "a list of an unknown workspace"),
    )


def listing_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _selections()
