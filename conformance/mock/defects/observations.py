"""What probes look at. Each observation is one line, the same for any two healthy instances: no ids, no times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from conformance.mock.defects.client import Answer, Client, Sent
from conformance.mock.defects.defect import Probe

UNKNOWN_ID = 2_000_000_011
"""An id that nothing has."""

_FORMS = (
    (re.compile(r"[0-9a-f]{64}"), "64 hexadecimal digits"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "a UUID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)"), "an RFC 3339 time"),
    (re.compile('""'), "two quotation marks"),
    (re.compile(r"\d+\.\d+\.\d+"), "a version"),
    (re.compile("public|private"), "a visibility"),
    (re.compile(r"(pending_load|attempting_load)_(native|container)|uploading|ready|error"), "a status"),
)
_ABSENT = object()


@cache
def field_shape(endpoint: str, pointer: str) -> Probe:
    """What kind of value stands at a field of the endpoint's reply."""

    def look(client: Client) -> str:
        answer = documented(client, endpoint)
        return f"{endpoint} answers {pointer or 'its body'} as {_kind(_first_at(answer, pointer))}"

    return look


def documented(client: Client, endpoint: str) -> Answer:
    """The endpoint's reply about a model just uploaded, asked as documented."""
    return client.ask(endpoint, client.upload())


def _first_at(answer: Answer, pointer: str) -> Any:
    value = answer.body
    for step in pointer.replace("[]", ".[]").lstrip(".").split(".") if pointer else ():
        key: str | int = 0 if step == "[]" else step
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return value


def _kind(value: Any) -> str:
    if value is _ABSENT:
        return "missing"
    if isinstance(value, list):
        return f"a list of {_kind(value[0])}" if value else "an empty list"
    if isinstance(value, str):
        return next((said for form, said in _FORMS if form.fullmatch(value)), "text")
    if isinstance(value, int) and not isinstance(value, bool):
        return "a positive integer" if value > 0 else "an integer below one"
    return {type(None): "null", bool: "a boolean", dict: "an object"}.get(type(value), "a number")


# uploads


def upload_outcome(what: str, changes: Mapping[str, Any] | None = None, **options: Any) -> Probe:
    """How an upload with these changes is answered, and how many models the workspace has then.

    A change may be a function of the client.
    """

    def look(client: Client) -> str:
        wanted = {path: value(client) if callable(value) else value for path, value in (changes or {}).items()}
        return f"{what}: {outcome(client, client.upload(changes=wanted, **options).answer)}"

    return look


def outcome(client: Client, answer: Answer) -> str:
    """A status, and how many models the workspace has."""
    models = client.list().at("models")
    held = len(models) if isinstance(models, list) else "no list of"
    return f"answered {shown_status(answer)}, {held} models in the workspace"


def shown_status(answer: Answer) -> str:
    """A status; "nothing whole" where no complete answer came."""
    return str(answer.status) if answer.status else "with nothing whole"


def settled(what: str, upload: Callable[[Client], Sent]) -> Probe:
    """How an upload is answered, and how its conversion ends."""

    def look(client: Client) -> str:
        sent = upload(client)
        if sent.answer.status >= 300 or not sent.answer.status:
            return f"{what}: answered {shown_status(sent.answer)}"
        end = client.settled(sent)
        return f"{what}: ends as {end}, runtime {client.config(sent).at('model_config', 'runtime')}"

    return look


def ends(what: str, *, framework: str = "pytorch", **options: Any) -> Probe:
    """How an upload of a framework is answered, and how its conversion ends."""
    return settled(what, lambda client: client.upload(framework=framework, **options))


# refusals


def status_of(what: str, ask: Callable[[Client], Answer]) -> Probe:
    """The status of an answer."""
    return lambda client: f"{what}: answered {shown_status(ask(client))}"


def asked(endpoint: str, payload: Any, what: str | None = None) -> Probe:
    """The status of a JSON request, sent when there is a model."""

    def look(client: Client) -> str:
        client.upload()
        said = what or f"{endpoint} with {payload}"
        return f"{said}: answered {shown_status(client.call(endpoint, payload))}"

    return look


# relations


def whether(statement: str, holds: Callable[[Client], bool]) -> Probe:
    """Whether something holds."""
    return lambda client: f"{statement}: {'yes' if holds(client) else 'no'}"


def seen(what: str, look: Callable[[Client], Any]) -> Probe:
    """What was seen, as text; it must not depend on ids or times."""
    return lambda client: f"{what}: {look(client)}"
