"""How a refusal looks: a complete reply, with the envelope of message and code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

import pytest

from conformance.errors import NotTestable
from conformance.instance.errors import InstanceFailure, NotJSON
from conformance.instance.models import upload_parts
from conformance.instance.multipart import MultipartBody
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_refused, describe, expect, show
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import ABSENT, changed, metadata_for
from conformance.suite.probes import UPLOAD, Probes
from conformance.suite.requirement import requirement
from conformance.suite.rows import unknown_id
from conformance.suite.uploads import Uploaded

JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
FORM = {"Content-Type": "multipart/form-data; boundary=empty"}

Content = str | MultipartBody

GATEWAY_STATUSES = frozenset({401, 407, 429, 502, 503, 504})
"""What a gateway before the API may answer in its own words. Source: recorded ("Jwt is missing")."""


class Refusals:
    """Requests that can't be served, by endpoint and kind; each is sent once and its reply kept."""

    def __init__(self, context: SuiteContext, uploaded: Uploaded, probes: Probes) -> None:
        self.probes = probes
        self._context = context
        self._uploaded = uploaded
        self._outcomes: dict[tuple[str, str], Reply | InstanceFailure] = {}

    def reply(self, endpoint: str, kind: str) -> Reply:
        """The reply to one kind of request. Raises InstanceFailure, again and again, where none came."""
        if (endpoint, kind) not in self._outcomes:
            try:
                self._outcomes[endpoint, kind] = self._send(endpoint, kind)
            except InstanceFailure as failure:
                self._outcomes[endpoint, kind] = failure
        outcome = self._outcomes[endpoint, kind]
        # Another check may have sent the request; the evidence names it here too.
        self._context.recorder.touch(outcome.exchange.id)
        if isinstance(outcome, InstanceFailure):
            raise outcome
        return outcome

    def of_the_api(self, endpoint: str) -> dict[str, Reply]:
        """The refusals that the API itself makes, by kind. Raises NotTestable where there is none."""
        found = {}
        for kind in ENVELOPED.get(endpoint, ("a missing field", "truncated JSON")):
            with suppress(InstanceFailure):
                reply = self.reply(endpoint, kind)
                if reply.status >= 400 and reply.status not in GATEWAY_STATUSES:
                    found[kind] = reply
        if not found:
            raise NotTestable(f"{endpoint} refuses none of the requests that can't be served")
        return found

    def _send(self, endpoint: str, kind: str) -> Reply:
        content, headers = self._request(endpoint, kind)
        return self._context.session.request(
            "POST", self._context.release.endpoints[endpoint], endpoint=endpoint, data=content, headers=headers
        )

    def _request(self, endpoint: str, kind: str) -> tuple[Content, Mapping[str, str] | None]:
        if kind == "a missing field":
            return (self._nameless_upload(), None) if endpoint == UPLOAD else ("{}", JSON)
        if kind == "an unknown id":
            return json.dumps({"id": unknown_id(self._context)}), JSON
        if kind == "an empty body":
            return "", FORM if endpoint == UPLOAD else JSON
        if kind == "a text that isn't JSON":
            return "this is not JSON", JSON
        if kind == "another content type":
            return "this is plain text", TEXT
        body = {"name": "none"} if endpoint == UPLOAD else self.probes.body(endpoint)
        return json.dumps(body)[:-1], JSON

    def _nameless_upload(self) -> MultipartBody:
        file = self.probes.refused_file
        metadata = metadata_for(file, "none", self._uploaded.workspace_id)
        return MultipartBody(upload_parts(file, changed(metadata, "name", ABSENT)))


MALFORMED = ("truncated JSON", "a text that isn't JSON")
UNSERVABLE = (*MALFORMED, "another content type", "an empty body")
ENVELOPED = {
    "get_by_id": ("a missing field", "truncated JSON", "an unknown id"),
    "get": ("a missing field", "truncated JSON", "an unknown id"),
}
"""What is sent for its refusal's sake; to the other endpoints the first two."""


@pytest.fixture(scope="module")
def refusals(context: SuiteContext, onnx_upload: Uploaded, probes: Probes) -> Refusals:
    """Requests that can't be served, to an instance that has proven to serve those that can."""
    return Refusals(context, onnx_upload, probes)


@requirement("errors.envelope")
@pytest.mark.each_endpoint("probed")
def test_refusal_has_the_envelope(endpoint: str, refusals: Refusals) -> None:
    """A refusal's body is an object with a string `msg` and an integer `code`.

    Send requests that lack a field, aren't JSON or name an unknown model; look at those that the API refuses.
    Expect the envelope in each.
    """
    for kind, reply in refusals.of_the_api(endpoint).items():
        body = _json(reply)
        expect(
            isinstance(body, dict) and isinstance(body.get("msg"), str) and _is_integer(body.get("code")),
            expected=f"{endpoint} refuses {kind} with an object of a string msg and an integer code",
            actual=describe(reply),
            replies=[reply],
        )


@requirement("errors.code-equals-status")
@pytest.mark.each_endpoint("probed")
def test_code_equals_status(endpoint: str, refusals: Refusals) -> None:
    """The `code` in a refusal's body is the HTTP status.

    Send requests that lack a field, aren't JSON or name an unknown model; look at refusals with a code.
    Expect it to equal the status.
    """
    coded = 0
    for kind, reply in refusals.of_the_api(endpoint).items():
        body = _json(reply)
        if not isinstance(body, dict) or not _is_integer(body.get("code")):
            continue
        coded += 1
        expect(
            body["code"] == reply.status,
            expected=f"{endpoint} refuses {kind} with the status as code, {reply.status}",
            actual=f"the code is {show(body['code'])}",
            replies=[reply],
        )
    if not coded:
        raise NotTestable(f"no refusal of {endpoint} has an integer code")


@requirement("errors.malformed-json-refused")
@pytest.mark.each_endpoint("reads")
def test_malformed_json_is_refused(endpoint: str, refusals: Refusals) -> None:
    """A body that isn't JSON is refused.

    Send a request that succeeds, then its JSON without the last character, and plain words labelled as JSON.
    Expect a status of 400 or above for both.
    """
    refusals.probes.accepted(endpoint)
    for kind in MALFORMED:
        try:
            reply = refusals.reply(endpoint, kind)
        except InstanceFailure as failure:
            raise NotTestable(f"needs a reply to {kind}: {failure}") from None
        assert_refused(reply, what=f"{endpoint} with {kind}")


@requirement("errors.missing-field-is-400")
@pytest.mark.each_endpoint("asking")
def test_missing_field_is_answered_400(endpoint: str, refusals: Refusals) -> None:
    """A request that lacks the required field is answered 400.

    Send a request that succeeds, then an empty object.
    Expect the refusal, where it is one, to have the status 400.
    """
    refusals.probes.accepted(endpoint)
    reply = refusals.reply(endpoint, "a missing field")
    if reply.status < 400 or reply.status in GATEWAY_STATUSES:
        raise NotTestable(f"{endpoint} doesn't refuse a missing field, but answered {describe(reply)}")
    expect(
        reply.status == 400,
        expected=f"{endpoint} without its required field is answered 400",
        actual=describe(reply),
        replies=[reply],
    )


@requirement("errors.refusal-is-prompt")
@pytest.mark.each_endpoint("probed")
def test_unservable_request_gets_a_complete_reply(endpoint: str, refusals: Refusals) -> None:
    """A request that can't be served is answered, and the instance goes on serving.

    Send a request that succeeds; then cut JSON, words that aren't JSON, another content type and nothing at all;
    then the first again.
    Expect a complete final reply to each, and success at the end.
    """
    again = "list" if endpoint == UPLOAD else endpoint  # an upload more would leave a model more
    refusals.probes.accepted(again)
    for kind in UNSERVABLE:
        reply = refusals.reply(endpoint, kind)
        expect(
            reply.status >= 200,
            expected=f"{endpoint} answers {kind} with a final status",
            actual=describe(reply),
            replies=[reply],
        )
    after = refusals.probes.send(again)
    expect(
        after.is_success,
        expected=f"{endpoint} goes on serving after requests that it can't serve",
        actual=describe(after),
        replies=[after],
    )


def _json(reply: Reply) -> object:
    try:
        return reply.json()
    except NotJSON:
        return None


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
