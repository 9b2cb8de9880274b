"""What is asserted of the replies to generated requests, registered as checks in schemathesis' own way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Self

import requests
import schemathesis
from schemathesis.core.failures import CustomFailure, FailureGroup

from conformance.contract import Release
from conformance.evidence.exchange import Request
from conformance.instance.errors import NotJSON
from conformance.instance.reply import Reply
from conformance.suite.assertions import Nonconformity, describe, expect, show
from conformance.suite.places import place_of_violation
from conformance.suite.probes import BY_VERSION, SHOWS_VERSION

GATEWAY_STATUSES: Final = frozenset({401, 403, 407, 413, 429, 502, 503, 504})
"""What a gateway in front of the API may answer by itself, in its own words. Source: recorded ("Jwt is missing")."""

GeneratedCase = schemathesis.Case[Any]


@dataclass(frozen=True)
class RecordedCase:
    """What the judges read of a generated request, from the recording of it. A body that isn't JSON is None."""

    path: str
    body: Any

    @classmethod
    def of(cls, request: Request) -> Self:
        """The case that was sent as `request`."""
        body = None
        with suppress(ValueError, RecursionError):
            body = json.loads(request.body) if request.body else None
        return cls(request.path, body)


Judged = GeneratedCase | RecordedCase
Judge = Callable[[schemathesis.CheckContext | None, schemathesis.Response, Judged], bool | None]


class Answer(schemathesis.Response):
    """A reply of ours as schemathesis sees it, and the contract that it is judged by.

    `followed` says whether the request took its ids from an earlier reply of the walk, `walked` holds those replies.
    """

    __slots__ = ("followed", "release", "reply", "walked")

    def __init__(self, reply: Reply, url: str, release: Release) -> None:
        super().__init__(
            status_code=reply.status,
            headers={name: [value] for name, value in reply.headers.items()},
            content=reply.content,
            request=requests.Request("POST", url).prepare(),
            elapsed=reply.elapsed,
            verify=True,
        )
        self.reply = reply
        self.release = release
        self.followed = False
        self.walked: tuple[Reply, ...] = ()


def _judge(function: Callable[[Answer, Judged, str], None]) -> Judge:
    """Register a check in schemathesis' own way; it skips what isn't ours, as a user's own runs would meet it too."""

    def check(ctx: schemathesis.CheckContext | None, response: schemathesis.Response, case: Judged) -> bool | None:
        if not isinstance(response, Answer):
            return True
        function(response, case, endpoint_of(response.release, case))
        return None

    check.__name__ = check.__qualname__ = f"wallaroo_{function.__name__}"
    registered: Judge = schemathesis.check(check)
    return registered


@_judge
def success_is_as_documented(answer: Answer, case: Judged, endpoint: str) -> None:
    """A success holds what the returns table has. Fields that needn't be so have their own checks, of lower levels."""
    reply = answer.reply
    if not reply.is_success:
        return
    release = answer.release
    optional = {field.field for field in release.fields(endpoint) if field.level != "MUST"}
    found = [v for v in release.schemas.violations(endpoint, reply.json(), reply.status) if v.pointer not in optional]
    if endpoint == "list" and not _names_workspace(case.body):
        # All that the caller may see: strangers' models, which may be older than the release.
        found = [v for v in found if not v.pointer.startswith("models[]")]
    expect(
        not found,
        expected=f"a success of {endpoint} is as documented",
        actual=lambda: f"{found[0].path or 'the reply'} {found[0].message}",
        replies=[reply],
        place=lambda: place_of_violation(reply, reply.json(), found[0], release.schemas.field_pointers(endpoint)),
    )


@_judge
def refusal_has_the_envelope(answer: Answer, case: Judged, endpoint: str) -> None:
    """What isn't a success is a refusal, and its body the error envelope."""
    reply = answer.reply
    if reply.is_success or reply.status in GATEWAY_STATUSES:
        return
    try:
        found = answer.release.schemas.violations(endpoint, reply.json(), reply.status)
        problem = f"{found[0].path or 'its body'} {found[0].message}" if found else None
    except NotJSON:
        problem = "its body isn't JSON"
    expect(
        reply.status >= 400 and problem is None,
        expected=f"{endpoint} serves a request or refuses it with a string msg and an integer code",
        actual=lambda: f"{describe(reply)}; {problem or 'that is neither'}",
        replies=[reply],
    )


@_judge
def link_leads_to_its_model(answer: Answer, case: Judged, endpoint: str) -> None:
    """A request by ids of an earlier reply is served, and its reply is about those ids."""
    reply, wanted = answer.reply, case.body
    if not answer.followed or not isinstance(wanted, dict) or reply.status in GATEWAY_STATUSES:
        return
    replies = [*answer.walked, reply]
    expect(
        reply.is_success or not _must_be_served(endpoint, wanted),
        expected=f"{endpoint} finds what an earlier reply named",
        actual=lambda: f"{show(wanted)} is answered {describe(reply)}",
        replies=replies,
    )
    told = _told(endpoint, reply.json(), wanted) if reply.is_success else None
    expect(
        told is None,
        expected=f"{endpoint} answers about what it was asked for",
        actual=lambda: f"asked for {show(wanted)}, {told}",
        replies=replies,
    )


def _must_be_served(endpoint: str, wanted: dict[str, Any]) -> bool:
    # `get` and get_config_by_id have two readings of the id that they take, and one key alone may be too few.
    if endpoint == "list_versions":
        return {"model_id", "models_pk_id"} <= set(wanted)
    return endpoint in ("list", "get_by_id", *BY_VERSION)


def _told(endpoint: str, body: Any, wanted: dict[str, Any]) -> str | None:
    """Whose details a successful reply has, where they aren't those asked for."""
    if endpoint in ("get_by_id", "get") and isinstance(body, dict) and "id" in wanted and "id" in body:
        return None if body["id"] == wanted["id"] else f"the reply has the id {show(body['id'])}"
    if endpoint in SHOWS_VERSION and "model_version_id" in wanted:
        shown = _number_of(body)
        return None if shown in (None, wanted["model_version_id"]) else f"the reply is of version {show(shown)}"
    if endpoint == "list_versions" and isinstance(body, list):
        keys = {"model_id", "models_pk_id"} & set(wanted)
        rows = [row for row in body if isinstance(row, dict) and keys <= set(row)]
        strange = [row for row in rows if not any(row[key] == wanted[key] for key in keys)]
        return f"a row has {show({key: strange[0][key] for key in keys})}" if strange else None
    return None


def endpoint_of(release: Release, case: Judged) -> str:
    """The contract's name of the endpoint that a case is for."""
    return next(name for name, path in release.endpoints.items() if path == case.path)


def _number_of(body: Any) -> Any:
    """The number of the version in a reply, None where it shows none."""
    for key in ("model_version", "model_version", "id"):
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _names_workspace(body: Any) -> bool:
    return isinstance(body, dict) and body.get("workspace_id") is not None


@contextmanager
def own_failures() -> Iterator[None]:
    """Our own failure out of the group that schemathesis wraps it into."""
    try:
        yield
    except FailureGroup as group:
        for failure in group.exceptions:
            if isinstance(failure, CustomFailure) and isinstance(failure.exception, Nonconformity):
                raise failure.exception from None
        raise
