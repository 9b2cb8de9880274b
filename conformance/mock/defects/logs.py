"""get_upload_logs: for which ids it answers, and how much."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Answer, Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import answered_instead, newest_answer, reply_changed
from conformance.mock.defects.observations import UNKNOWN_ID, asked, seen, status_of
from conformance.mock.defects.parameters import given
from conformance.mock.records import Version
from conformance.mock.replies import Call, Reply

ENDPOINT = "get_upload_logs"


class _LinesIgnored(Behaviour):
    """Shows the whole log, however many lines are asked for."""

    def logs_of(self, version: Version, lines: int | None) -> list[str]:
        return super().logs_of(version, None)


class _OneLineMore(Behaviour):
    """Shows a line more than was asked for."""

    def logs_of(self, version: Version, lines: int | None) -> list[str]:
        return super().logs_of(version, None if lines is None else lines + 1)


def _refused_of(framework: str) -> type[Behaviour]:
    """Has no logs of models of one framework."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        version = behaviour.store.version(call.payload["model_version_id"])
        if version is not None and version.framework == framework:
            reply.status, reply.body = 404, {"msg": "There are no logs.", "code": 404}

    return reply_changed(ENDPOINT, put)


def _by_model_id(behaviour: Behaviour, call: Call, reply: Reply) -> None:
    versions = behaviour.store.versions_of(call.payload["model_version_id"])
    if versions:
        reply.body = {"logs": behaviour.logs_of(versions[0], call.payload.get("lines"))}
    else:
        reply.status, reply.body = 400, {"msg": "There is no such model.", "code": 400}


# probes


def _logs_of(framework: str) -> Probe:
    def ask(client: Client) -> Answer:
        return client.ask(ENDPOINT, client.upload(framework=framework))

    return status_of(f"the log of a model of {framework}", ask)


def _one_line(client: Client) -> int:
    sent = client.upload(framework="pytorch")
    client.settled(sent)
    shown = client.call(ENDPOINT, {**client.question(ENDPOINT, sent), "lines": 1}).at("logs")
    return len(shown) if isinstance(shown, list) else 0


def log_defects() -> Iterator[Defect]:
    """All of them."""
    for framework in ("onnx", "pytorch"):
        yield Defect(
            f"get-upload-logs.{framework}-refused",
            f"The log of a model of the framework {framework} is refused.",
            ("get-upload-logs.of-uploaded-version",),
            _refused_of(framework),
            _logs_of(framework),
        )
    yield Defect(
        "get-upload-logs.by-model-id",
        "get_upload_logs takes the id for a model's.",
        ("get-upload-logs.of-uploaded-version",),
        reply_changed(ENDPOINT, _by_model_id),
        _logs_of("onnx"),
    )
    lines = seen("lines of a log of which one is asked for", _one_line)
    for word, says, behaviour in (
        ("ignored", "The number of lines is ignored.", _LinesIgnored),
        ("one-more", "A line more is shown than was asked for.", _OneLineMore),
    ):
        yield Defect(f"get-upload-logs.lines.{word}", says, ("get-upload-logs.lines-limit",), behaviour, lines)
    yield Defect(
        "get-upload-logs.unknown-id.answers",
        "For an id that no version has, the newest version's log is shown.",
        ("get-upload-logs.unknown-id",),
        answered_instead(ENDPOINT, given("model_version_id", int), newest_answer),
        asked(ENDPOINT, {"model_version_id": UNKNOWN_ID}),
    )
