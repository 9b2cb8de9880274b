"""get_version_by_id and its twin: which version they show, and how it agrees with what others show of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock import rendering
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.configured import Entry, entries_changed, listed_entry, shown_entry, told
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import BY_VERSION, answered_instead, newest_answer, reply_changed
from conformance.mock.defects.observations import UNKNOWN_ID, asked, whether
from conformance.mock.defects.parameters import given
from conformance.mock.records import Version
from conformance.mock.replies import Call, Reply

GET, TWIN = BY_VERSION
HOUR = 3_600_000_000
ELSEWHERE = 1_000_000


def _shows(choose: Callable[[Behaviour, Version], Version | None], endpoint: str) -> type[Behaviour]:
    """Another version than the one asked for, where there is one."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        version = behaviour.store.version(call.payload["model_version_id"])
        other = None if version is None else choose(behaviour, version)
        if other is not None:
            reply.body = {"model_version": rendering.configured_version(other, behaviour)}

    return reply_changed(endpoint, put)


def _before(behaviour: Behaviour, version: Version) -> Version | None:
    return behaviour.store.version(version.id - 1) or behaviour.store.version(version.id + 1)


def _newest(behaviour: Behaviour, version: Version) -> Version | None:
    return behaviour.store.versions_of(version.model_id)[0]


def _oldest(behaviour: Behaviour, version: Version) -> Version | None:
    return behaviour.store.versions_of(version.model_id)[-1]


def _earlier(behaviour: Behaviour, version: Version) -> Version | None:
    return replace(version, created_at=version.created_at - HOUR)


def _by_model_id() -> type[Behaviour]:
    """Takes the id for a model's."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        versions = behaviour.store.versions_of(call.payload["model_version_id"])
        if versions:
            reply.status, reply.body = 200, {"model_version": rendering.configured_version(versions[0], behaviour)}
        else:
            reply.status, reply.body = 400, {"msg": "There is no such model.", "code": 400}

    def named(call: Call, reply: Reply) -> bool:
        number = call.payload.get("model_version_id") if isinstance(call.payload, dict) else None
        return type(number) is int and abs(number) < 2**63 and reply.status != 401

    return reply_changed(GET, put, applies=named)


def _set(place: str, name: str, value: Callable[[Any], Any]) -> Callable[[Entry], None]:
    def change(entry: Entry) -> None:
        entry[place] = {**entry[place], name: value(entry[place][name])}

    return change


def _without_config(entry: Entry) -> None:
    del entry["config"]


# probes


def _shows_asked(endpoint: str) -> Probe:
    def look(client: Client) -> bool:
        sents = (client.upload(), *client.twice(), client.upload())
        return all(told(shown_entry(client, s, endpoint), "model_version", "id") == s.id for s in sents)

    return whether(f"{endpoint} shows the version asked for", look)


def _as_in_list(client: Client) -> bool:
    sent = client.upload()
    client.settled(sent)  # a conversion that ends between the two reads changes the runtime
    return bool(shown_entry(client, sent) == listed_entry(client, sent))


def _as_get_config(client: Client) -> bool:
    sent = client.upload()
    return bool(told(shown_entry(client, sent), "config", "id") == client.config(sent).at("model_config", "id"))


def _as_its_twin(client: Client) -> bool:
    client.upload()
    sent = client.upload()
    client.settled(sent)
    return bool(shown_entry(client, sent) == shown_entry(client, sent, TWIN))


def _of_the_id() -> Iterator[Defect]:
    takes, asked_for = ("get-version-by-id.takes-version-id",), _shows_asked(GET)
    choices: tuple[tuple[str, str, Callable[[Behaviour, Version], Version | None]], ...] = (
        ("before", "get_version_by_id shows the version before the one asked for.", _before),
        ("newest", "get_version_by_id shows the newest version of the model.", _newest),
        ("oldest", "get_version_by_id shows the oldest version of the model.", _oldest),
    )
    for word, says, choose in choices:
        yield Defect(f"get-version-by-id.shows.{word}", says, takes, _shows(choose, GET), asked_for)
    yield Defect(
        "get-version-by-id.by-model-id",
        "get_version_by_id takes the id for a model's.",
        takes,
        _by_model_id(),
        asked_for,
    )
    unknown = ("get-version-by-id.unknown-id",)
    answers: tuple[tuple[str, str, Callable[..., Any]], ...] = (
        ("null", "get_version_by_id of an unknown id answers null with success.", lambda *_: {"model_version": None}),
        ("newest-shown", "get_version_by_id of an unknown id shows the newest version.", newest_answer),
    )
    for word, says, answer in answers:
        yield Defect(
            f"get-version-by-id.unknown-id.{word}",
            says,
            unknown,
            answered_instead(GET, given("model_version_id", int), answer),
            asked(GET, {"model_version_id": UNKNOWN_ID}),
        )


def _of_others() -> Iterator[Defect]:
    in_list = ("get-version-by-id.agrees-with-list",)
    agrees = whether("a version reads alike in get_version_by_id and in the list", _as_in_list)
    changes: tuple[tuple[str, str, tuple[str, ...], Callable[[Entry], None]], ...] = (
        ("created-on", "get_version_by_id tells another version of the instance.", in_list,
         _set("model_version", "created_on_version", lambda _: "2020.1.0")),
        ("config-id", "get_version_by_id tells another id of the configuration.",
         (*in_list, "get-version-by-id.agrees-with-get-config-by-id"),
         _set("config", "id", lambda number: number + ELSEWHERE)),
        ("name", "get_version_by_id tells the name in upper case.", in_list,
         _set("model_version", "name", str.upper)),
    )  # fmt: skip
    for word, says, breaks, change in changes:
        yield Defect(f"get-version-by-id.tells.{word}", says, breaks, entries_changed(change, BY_VERSION), agrees)
    yield Defect(
        "get-version-by-id.tells.created-early",
        "get_version_by_id tells the creation an hour early.",
        in_list,
        _shows(_earlier, GET),
        agrees,
    )
    yield Defect(
        "get-version-by-id.config.other-id-everywhere",
        "Configurations beside their versions have other ids than in get_config_by_id.",
        ("get-version-by-id.agrees-with-get-config-by-id",),
        entries_changed(_set("config", "id", lambda number: number + ELSEWHERE)),
        whether("a version's configuration is the one that get_config_by_id shows", _as_get_config),
    )
    same = ("get-model-version-by-id.same-as-get-version-by-id",)
    twin = whether("both calls show a version alike", _as_its_twin)
    twins: tuple[tuple[str, str, type[Behaviour]], ...] = (
        ("before", "get_model_version_by_id shows the version before the one asked for.", _shows(_before, TWIN)),
        ("created-early", "get_model_version_by_id tells the creation an hour early.", _shows(_earlier, TWIN)),
        ("no-config", "get_model_version_by_id shows no configuration.", entries_changed(_without_config, TWIN)),
    )
    for word, says, behaviour in twins:
        yield Defect(f"get-model-version-by-id.shows.{word}", says, same, behaviour, twin)


def by_version_defects() -> Iterator[Defect]:
    """All of them."""
    yield from _of_the_id()
    yield from _of_others()
