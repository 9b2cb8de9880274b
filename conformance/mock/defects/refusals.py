"""How a request that can't be served is answered: the envelope, its status, and whether an answer comes at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.contract import Release
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Answer, Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import (
    JSON_READS,
    MODEL_ENDPOINTS,
    Change,
    answered_instead,
    newest_answer,
    reply_changed,
)
from conformance.mock.defects.observations import shown_status, status_of
from conformance.mock.replies import Call, Reply
from conformance.mock.wrapping import Wrapper, break_off, header

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUIRED = {"list": "workspace_id", "get_by_id": "id", "get_config_by_id": "model_id", "get": "id"}
"""The one required field of each JSON endpoint that has one. Source: documentation, the examples."""

HANG_TIMEOUT = 0.1
"""Seconds that a probe waits for an answer that never comes. Ours."""


def refused(call: Call, reply: Reply) -> bool:
    """A refusal of a known caller: credentials are another topic, and a gateway's."""
    return reply.status >= 400 and reply.status != 401


def is_malformed(call: Call, reply: Reply) -> bool:
    """The request's body was no JSON object."""
    return call.payload is None and call.upload is None and refused(call, reply)


def lacks_field(call: Call, reply: Reply) -> bool:
    """A refused request whose required field is missing or null."""
    if not refused(call, reply):
        return False
    name = REQUIRED.get(call.endpoint)
    payload = call.payload
    if name is None or not isinstance(payload, dict):
        return call.endpoint == "list_versions" and payload == {}
    return payload.get(name) is None


def _envelope(change: Callable[[Reply], Any]) -> type[Behaviour]:
    """Another body of every refusal."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        reply.body = change(reply)

    return reply_changed(MODEL_ENDPOINTS, put, applies=refused)


def _raw(content: str, content_type: str) -> type[Behaviour]:
    """Another kind of body of every refusal."""

    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        from starlette.responses import Response

        reply.response = Response(content, reply.status, reply.headers, content_type)

    return reply_changed(MODEL_ENDPOINTS, put, applies=refused)


def _status(status: int) -> Change:
    def put(behaviour: Behaviour, call: Call, reply: Reply) -> None:
        reply.status, reply.body = status, {"msg": reply.body["msg"], "code": status}

    return put


class _EmptyRequests(Wrapper):
    """Looks at requests to the models endpoints that have no body; what becomes of their reply is the subclass's."""

    paths = "/v1/api/models/"

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(self.paths) or header(scope, "content-length") not in ("", "0"):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
            else:
                await self.refuse(scope, held[0], message["body"], receive, send)

        await self.app(scope, receive, sending)

    async def refuse(self, scope: Scope, start: Message, content: bytes, receive: Receive, send: Send) -> None:
        """Send the reply, or don't."""
        raise LookupError(f"{type(self).__name__} says nothing of replies")


class _CutShort(_EmptyRequests):
    async def refuse(self, scope: Scope, start: Message, content: bytes, receive: Receive, send: Send) -> None:
        await send(start)
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        await break_off(scope)


class _NoReply(_EmptyRequests):
    async def refuse(self, scope: Scope, start: Message, content: bytes, receive: Receive, send: Send) -> None:
        await break_off(scope)


class _Hanging(_EmptyRequests):
    # One endpoint is enough: whoever asks waits.
    paths = "/v1/api/models/list"

    async def refuse(self, scope: Scope, start: Message, content: bytes, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


def _wrapped(wrapper: type[_EmptyRequests]) -> type[Behaviour]:
    class Wrapped(Behaviour):
        def application(self, app: ASGIApp) -> ASGIApp:
            return wrapper(super().application(app))

    return Wrapped


# probes


def _raw_status(endpoint: str, content: bytes, timeout: float = 5.0) -> Probe:
    def ask(client: Client) -> Answer:
        client.upload()
        headers = {"Content-Type": "application/json"}
        return client.send("POST", f"/v1/api/models/{endpoint}", content, headers, timeout=timeout)

    return status_of(f"{endpoint} with {content.decode() or 'no body'}", ask)


def _malformed_status(endpoint: str) -> Probe:
    return _raw_status(endpoint, b'{"workspace_id": ')


def _refusal(client: Client) -> str:
    answer = client.call("get", {})
    body = answer.body
    if not isinstance(body, dict):
        return f"a refusal: answered {shown_status(answer)} with {type(body).__name__}"
    shown = ", ".join(f"{key} of type {type(value).__name__}" for key, value in body.items())
    equal = "equal to" if body.get("code") == answer.status else "unlike"
    return f"a refusal: answered with {shown}, code {equal} the status"


def _lacking(endpoint: str) -> Probe:
    return status_of(f"{endpoint} with an empty object", lambda client: client.call(endpoint, {}))


def _envelopes() -> Iterator[Defect]:
    cases: tuple[tuple[str, str, type[Behaviour]], ...] = (
        ("other-keys", "Refusals carry `error` and `status`.",
         _envelope(lambda reply: {"error": reply.body["msg"], "status": reply.status})),
        ("msg-missing", "Refusals carry no `msg`.", _envelope(lambda reply: {"code": reply.status})),
        ("msg-null", "The `msg` of a refusal is null.", _envelope(lambda reply: {**reply.body, "msg": None})),
        ("code-missing", "Refusals carry no `code`.", _envelope(lambda reply: {"msg": reply.body["msg"]})),
        ("code-text", "The `code` of a refusal is a string.",
         _envelope(lambda reply: {**reply.body, "code": str(reply.status)})),
        ("nested", "The envelope of a refusal stands under `error`.", _envelope(lambda reply: {"error": reply.body})),
        ("list", "The envelope of a refusal stands in a list.", _envelope(lambda reply: [reply.body])),
        ("html", "Refusals are HTML pages.", _raw("<html><body>Bad Request</body></html>", "text/html")),
        ("text", "Refusals are plain text.", _raw("bad request", "text/plain")),
        ("empty", "Refusals have no body.", _raw("", "application/json")),
    )  # fmt: skip
    for name, says, behaviour in cases:
        yield Defect(f"errors.envelope.{name}", says, ("errors.envelope",), behaviour, _refusal)


def _coded(code: int) -> type[Behaviour]:
    """Refusals whose body names this code, whatever the status."""
    return _envelope(lambda reply: {**reply.body, "code": code})


def refusal_defects(release: Release) -> Iterator[Defect]:
    """All of them."""
    yield from _envelopes()
    code = ("errors.code-equals-status",)
    for name, wrong in (("500", 500), ("zero", 0)):
        yield Defect(
            f"errors.code.{name}",
            f"The `code` of every refusal is {wrong}.",
            code,
            _coded(wrong),
            _refusal,
        )
    for endpoint in release.reads:
        yield Defect(
            f"errors.malformed-json.{endpoint.replace('_', '-')}-answers",
            f"{endpoint} takes a body that isn't JSON for a request without conditions.",
            ("errors.malformed-json-refused",),
            answered_instead(endpoint, is_malformed, newest_answer),
            _malformed_status(endpoint),
        )
    for status in (404, 422, 500):
        yield Defect(
            f"errors.missing-field.is-{status}",
            f"A JSON request that lacks its required field is answered {status}.",
            ("errors.missing-field-is-400",),
            reply_changed(JSON_READS, _status(status), applies=lacks_field),
            _lacking("get_by_id"),
        )
    cases: tuple[tuple[str, str, type[_EmptyRequests], float], ...] = (
        ("cut-short", "The reply to a request without a body breaks off.", _CutShort, 5.0),
        ("no-reply", "A request without a body closes the connection.", _NoReply, 5.0),
        ("hangs", "A list without a body is never answered.", _Hanging, HANG_TIMEOUT),
    )
    for name, says, wrapper, timeout in cases:
        behaviour, probe = _wrapped(wrapper), _raw_status("list", b"", timeout)
        yield Defect(f"errors.empty-body.{name}", says, ("errors.refusal-is-prompt",), behaviour, probe)
