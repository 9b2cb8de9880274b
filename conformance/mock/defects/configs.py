"""get_config_by_id: whose configuration it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.mock import rendering
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect
from conformance.mock.defects.kinds import answered_instead, newest_answer, reply_changed
from conformance.mock.defects.observations import UNKNOWN_ID, asked, seen, whether
from conformance.mock.defects.parameters import given
from conformance.mock.records import Version
from conformance.mock.replies import Call, Reply

SHARED_ID = 25


def _config(change: Callable[[Behaviour, Call, Reply], None]) -> type[Behaviour]:
    return reply_changed("get_config_by_id", change)


def _of(choose: Callable[[Behaviour, Version], Version | None]) -> type[Behaviour]:
    """The configuration of another version than the one asked for, where there is one."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        version = behaviour.store.version(call.payload["model_id"])
        other = None if version is None else choose(behaviour, version)
        if other is not None:
            reply.body["model_config"] = rendering.short_config(other, behaviour)

    return _config(put)


def _before(behaviour: Behaviour, version: Version) -> Version | None:
    return behaviour.store.version(version.id - 1) or behaviour.store.version(version.id + 1)


def _null(framework: str | None) -> type[Behaviour]:
    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        version = behaviour.store.version(call.payload["model_id"])
        if version is not None and framework in (None, version.framework):
            reply.body["model_config"] = None

    return _config(put)


def _other_id(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    reply.body["model_config"]["id"] += 1_000_000


def _other_runtime(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    if reply.body["model_config"]["runtime"] == "onnx":
        reply.body["model_config"]["runtime"] = "python"


def _shared(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    if reply.body.get("model_config"):
        reply.body["model_config"]["id"] = SHARED_ID


def _agree(client: Client) -> bool:
    client.upload()
    sent = client.upload()
    return bool(client.config(sent).at("model_config") == client.details(sent, "get_by_id").at("model_config"))


def _ids(client: Client) -> int:
    return len({client.config(client.upload()).at("model_config", "id") for _ in range(3)})


def _there(framework: str) -> Callable[[Client], bool]:
    return lambda client: client.config(client.upload(framework=framework)).at("model_config") is not None


def config_defects() -> Iterator[Defect]:
    """All of them."""
    for word, framework in (("any", None), ("onnx", "onnx"), ("pytorch", "pytorch")):
        yield Defect(
            f"get-config-by-id.null.{word}",
            f"Versions of {word} framework have no configuration.",
            ("get-config-by-id.of-converted",),
            _null(framework),
            whether("an uploaded version has a configuration", _there(framework or "onnx")),
        )
    agrees, agree = ("get-config-by-id.agrees-with-get-by-id",), whether("configurations agree", _agree)
    yield Defect(
        "get-config-by-id.version-before",
        "The configuration of the version before is shown.",
        agrees,
        _of(_before),
        agree,
    )
    yield Defect(
        "get-config-by-id.other-id",
        "A configuration has another id here than in get_by_id.",
        agrees,
        _config(_other_id),
        agree,
    )
    yield Defect(
        "get-config-by-id.other-runtime",
        "An ONNX model runs as python here and as onnx in get_by_id.",
        agrees,
        _config(_other_runtime),
        agree,
    )
    yield Defect(
        "get-config-by-id.shared",
        "All models share one configuration.",
        ("get-config-by-id.own-configuration",),
        reply_changed(("get_config_by_id", "get_by_id"), _shared),
        seen("configurations of three models", _ids),
    )
    yield Defect(
        "get-config-by-id.unknown-id.answers",
        "An unknown id shows the newest version's configuration.",
        ("get-config-by-id.unknown-id",),
        answered_instead("get_config_by_id", given("model_id", int), newest_answer),
        asked("get_config_by_id", {"model_id": UNKNOWN_ID}),
    )
