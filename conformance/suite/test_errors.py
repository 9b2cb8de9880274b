"""How a refusal looks: a complete reply, with the envelope of message and code."""

from __future__ import annotations

import pytest

from conformance.errors import NotTestable
from conformance.instance.errors import InstanceFailure, NotJSON
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_refused, describe, expect, show
from conformance.suite.probes import UPLOAD
from conformance.suite.refusals import GATEWAY_STATUSES, MALFORMED, MISSING, UNSERVABLE, Refusals
from conformance.suite.requirement import requirement


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
    reply = refusals.reply(endpoint, MISSING)
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
