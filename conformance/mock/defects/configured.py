"""Versions with their configurations, wherever a release shows them: in the nested list, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client, Sent, objects
from conformance.mock.defects.defect import Probe
from conformance.mock.defects.kinds import BY_VERSION, reply_changed
from conformance.mock.defects.observations import seen
from conformance.mock.replies import Call, Reply

SHOWING = ("list", "list_versions_for_model", *BY_VERSION)
"""The endpoints that show them."""

Entry = dict[str, Any]
"""A version and its configuration: `model_version` and `config`."""


def entries_of(body: Any) -> list[Entry]:
    """All that a reply of one of the endpoints shows."""
    if not isinstance(body, dict):
        return []
    listed = [entry for row in objects(body.get("models")) for entry in objects(row.get("model_versions"))]
    alone = body.get("model_version")
    return [*listed, *([alone] if isinstance(alone, dict) else [])]


def entries_changed(change: Callable[[Entry], None], endpoints: str | Collection[str] = SHOWING) -> type[Behaviour]:
    """Something else in each version, or in its configuration."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        for entry in entries_of(reply.body):
            change(entry)

    return reply_changed(endpoints, put)


def rows_changed(change: Callable[[Behaviour, dict[str, Any]], None], endpoint: str = "list") -> type[Behaviour]:
    """Something else in each row of a list."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        for row in reply.body["models"]:
            change(behaviour, row)

    return reply_changed(endpoint, put)


# what probes ask


def listed_entry(client: Client, sent: Sent) -> Entry:
    """An upload's version in the list, by the id answered; empty where it isn't there."""
    entries = objects(client.row(sent.name).get("model_versions"))
    return next((entry for entry in entries if entry.get("model_version", {}).get("id") == sent.id), {})


def shown_entry(client: Client, sent: Sent, endpoint: str = "get_version_by_id") -> Entry:
    """An upload's version alone; empty where it isn't shown."""
    found = client.ask(endpoint, sent).at("model_version")
    return found if isinstance(found, dict) else {}


def told(entry: Entry, *path: str) -> Any:
    """What stands at a path of keys in an entry, None where nothing does."""
    found: Any = entry
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def both_entries(client: Client, sent: Sent) -> tuple[Entry, Entry]:
    """An upload's version alone, and in the list."""
    return shown_entry(client, sent), listed_entry(client, sent)


def told_back(what: str, *path: str, **options: Any) -> Probe:
    """What both places tell of an upload with these options."""

    def look(client: Client) -> str:
        return " and ".join(str(told(entry, *path)) for entry in both_entries(client, client.upload(**options)))

    return seen(what, look)
