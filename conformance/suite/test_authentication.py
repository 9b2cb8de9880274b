"""Who is let in: a valid bearer token and nothing else.

Every refusal has a positive control: the same request with the run's own token succeeds first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

import pytest

from conformance.errors import NotTestable
from conformance.instance.errors import NotJSON
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.instance.session import Session
from conformance.instance.workspaces import Workspaces
from conformance.suite.assertions import assert_refused, describe, expect
from conformance.suite.context import SuiteContext
from conformance.suite.listed import rows
from conformance.suite.probes import UPLOAD, Probes
from conformance.suite.requirement import requirement
from conformance.suite.times import clock_of
from conformance.suite.tokens import Forgery, TokenForge, expiry, subject
from conformance.suite.uploads import Uploaded, nothing_created, upload

REFUSED = (401, 403)

_BEARER = re.compile(r"(?:^|,)\s*bearer(?:\s|,|$)", re.IGNORECASE)


@pytest.fixture(scope="module")
def forge(context: SuiteContext) -> TokenForge:
    """Tokens modelled on the run's own."""
    own = context.session.bearer_token()
    if own is None:
        raise NotTestable("needs the run's access token: set WALLAROO_CONFORMANCE_TOKEN or give --token-file")
    return TokenForge(own, context.session.target.base_url, context.recorder.redactor)


@pytest.fixture(scope="module")
def expired_token(context: SuiteContext, onnx_upload: Uploaded) -> str:
    """A token that was good and has ended, by the instance's clock."""
    token = context.expired_token
    if token is None:
        raise NotTestable("needs an expired token: set WALLAROO_CONFORMANCE_EXPIRED_TOKEN or give --expired-token-file")
    end = expiry(token)
    left = 0.0 if end is None else end - clock_of(onnx_upload.reply).timestamp()
    if left > 0:
        raise NotTestable(f"needs an expired token, but the one given is good for another {left:.0f} s")
    return token


@pytest.fixture(scope="module")
def stranger(context: SuiteContext, models: Models) -> Session:
    """The session of a second user, who has no part in the run's workspace."""
    session = context.other_session
    if session is None:
        raise NotTestable(
            "needs a second user's token: set WALLAROO_CONFORMANCE_OTHER_TOKEN or give --other-token-file"
        )
    users = [subject(s.bearer_token() or "") for s in (context.session, session)]
    if users[0] is not None and users[0] == users[1]:
        raise NotTestable("needs a second user, but both tokens are of one: give another user's token")
    reply = Workspaces(session).list()
    if reply.status in REFUSED:
        raise NotTestable(f"needs a second user's token that is good, but it was answered {describe(reply)}")
    if any(row.get("id") == models.workspace_id for row in rows(reply, "workspaces")):
        raise NotTestable(f"needs a second user who has no part in the workspace {models.workspace_id}")
    return session


@pytest.fixture(scope="module")
def private_model(context: SuiteContext, models: Models) -> tuple[Uploaded, Probes]:
    """A private model of the run's workspace, and requests about it."""
    name = context.name("authentication", "private")
    uploaded = upload(models, context.onnx_model, name, visibility="private")
    return uploaded, Probes(context, uploaded)


@requirement("authentication.bearer-token-accepted")
def test_valid_bearer_token_is_accepted(context: SuiteContext, models: Models, request: pytest.FixtureRequest) -> None:
    """Each endpoint accepts the run's bearer token.

    Upload a model and ask the reading endpoints for it.
    Expect none of them to answer 401 or 403, and the model to be there.
    """
    try:
        probes: Probes = request.getfixturevalue("probes")
        replies, shown = {name: probes.answered(name) for name in probes.endpoints}, True
    except NotTestable:
        # Perhaps for this very reason: then the upload or the list says so.
        name = context.name("authentication", "accepted")
        replies, shown = {UPLOAD: models.upload(context.onnx_model, name=name), "list": models.list()}, False

    refusing = {name: reply for name, reply in replies.items() if reply.status in REFUSED}
    if len(refusing) == len(replies) and not Workspaces(context.session).list().is_success:
        raise NotTestable("credentials refused by each endpoint: check WALLAROO_CONFORMANCE_TOKEN")
    expect(
        not refusing,
        expected="each endpoint accepts the run's bearer token",
        actual=lambda: "; ".join(f"{name} answered {describe(reply)}" for name, reply in refusing.items()),
        replies=refusing.values(),
    )
    if not shown:
        raise NotTestable("needs an uploaded model that the instance shows, to prove that it was let in")


@pytest.mark.each_endpoint("probed", own="requires-token")
def test_request_without_token_is_refused(endpoint: str, probes: Probes) -> None:
    """A request without a token is refused.

    Send a request that succeeds with the run's token again, without the Authorization header.
    Expect a status of 400 or above.
    """
    probes.accepted(endpoint)
    assert_refused(probes.anonymous(endpoint), what=f"{endpoint} without an access token")


@requirement("authentication.malformed-token-refused")
@pytest.mark.each_endpoint("probed")
def test_malformed_token_is_refused(endpoint: str, probes: Probes, forge: TokenForge) -> None:
    """A bearer token that is no access token is refused.

    Send a request that succeeds with the run's token again with texts that are no tokens.
    Expect a status of 400 or above.
    """
    _assert_refused(endpoint, probes, forge.malformed())


@requirement("authentication.foreign-token-refused")
@pytest.mark.each_endpoint("probed")
def test_token_signed_by_somebody_else_is_refused(endpoint: str, probes: Probes, forge: TokenForge) -> None:
    """A well-formed token with another signature than the identity provider's is refused.

    Send a request that succeeds with the run's token again, its claims signed by a key made on the spot.
    Expect a status of 400 or above.
    """
    _assert_refused(endpoint, probes, forge.foreign())


@requirement("authentication.unsigned-token-refused")
@pytest.mark.each_endpoint("probed")
def test_unsigned_token_is_refused(endpoint: str, probes: Probes, forge: TokenForge) -> None:
    """A token without a signature is refused.

    Send a request that succeeds with the run's token again, with the same claims under the algorithm none.
    Expect a status of 400 or above.
    """
    _assert_refused(endpoint, probes, forge.unsigned())


@requirement("authentication.expired-token-refused")
@pytest.mark.each_endpoint("probed")
def test_expired_token_is_refused(endpoint: str, probes: Probes, expired_token: str) -> None:
    """A token whose life is over is refused.

    Send a request that succeeds with the run's token again, with an expired one.
    Expect a status of 400 or above.
    """
    probes.accepted(endpoint)
    assert_refused(probes.send(endpoint, token=expired_token), what=f"{endpoint} with an expired token")


@requirement("authentication.refused-upload-creates-nothing")
def test_upload_refused_for_its_token_creates_nothing(models: Models, probes: Probes, forge: TokenForge) -> None:
    """An upload refused for its credentials leaves no model behind.

    Upload a file without a token, with a malformed, a foreign and an unsigned one.
    Expect no model of the workspace to hold that file afterwards.
    """
    forgeries = [forge.malformed()[0], forge.foreign()[0], forge.unsigned()[0]]
    with nothing_created(models, probes.refused_file, reason="an upload refused for its token"):
        replies = [probes.send(UPLOAD, token=token) for token in (None, *forgeries)]
        accepted = [reply for reply in replies if reply.status < 400]
        if accepted:
            raise NotTestable(f"needs uploads without a valid token to be refused: {describe(accepted[0])}")


@requirement("authentication.refusal-is-401")
def test_request_without_token_is_answered_401(probes: Probes) -> None:
    """A request that is refused for want of a token is answered 401.

    Send a request without a token to each endpoint; look at those that are refused.
    Expect the status 401.
    """
    for endpoint, reply in _refusals(probes).items():
        expect(
            reply.status == 401,
            expected=f"{endpoint} without a token is answered 401",
            actual=describe(reply),
            replies=[reply],
        )


@requirement("authentication.refusal-names-scheme")
def test_401_names_the_bearer_scheme(probes: Probes) -> None:
    """A 401 reply says which scheme it wants.

    Send a request without a token to each endpoint; look at those that are answered 401.
    Expect a `WWW-Authenticate` header with the Bearer scheme.
    """
    replies = {name: reply for name, reply in _refusals(probes).items() if reply.status == 401}
    if not replies:
        raise NotTestable("no request without a token is answered 401, so no reply has to name a scheme")
    for endpoint, reply in replies.items():
        challenge = reply.headers.get("WWW-Authenticate", "")
        expect(
            _BEARER.search(challenge) is not None,
            expected=f"the 401 of {endpoint} has WWW-Authenticate with the Bearer scheme",
            actual=f"WWW-Authenticate is {challenge!r}" if challenge else "it has no WWW-Authenticate",
            replies=[reply],
        )


@requirement("authentication.private-workspace-hidden")
@pytest.mark.each_endpoint("reads")
def test_private_model_is_hidden_from_a_stranger(
    endpoint: str, stranger: Session, private_model: tuple[Uploaded, Probes]
) -> None:
    """A private model isn't shown to a user who has no part in its workspace.

    Upload a private model, read it as its owner, then ask the same as the second user.
    Expect a refusal, or a reply in which it isn't.
    """
    uploaded, probes = private_model
    probes.accepted(endpoint)
    reply = probes.send(endpoint, session=stranger)
    expect(
        not (reply.is_success and _shows(reply, uploaded)),
        expected=f"{endpoint} doesn't show a private model to a user of another workspace",
        actual=lambda: f"it shows {uploaded.name!r}: {describe(reply)}",
        replies=[reply],
    )


@requirement("authentication.foreign-workspace-upload-refused")
def test_upload_into_a_foreign_workspace_is_refused(stranger: Session, models: Models, probes: Probes) -> None:
    """A user can't upload into a workspace that they have no part in.

    Upload to the run's workspace as the second user.
    Expect a refusal, and no model of the workspace to hold the file afterwards.
    """
    what = "an upload into somebody else's workspace"
    with nothing_created(models, probes.refused_file, reason=what):
        assert_refused(probes.send(UPLOAD, session=stranger), what=what)


def _assert_refused(endpoint: str, probes: Probes, forgeries: Sequence[Forgery]) -> None:
    """One forgery an endpoint, in turn: whether a token is looked at may differ among them, how it is rarely does."""
    __tracebackhide__ = True
    probes.accepted(endpoint)
    forgery = forgeries[probes.endpoints.index(endpoint) % len(forgeries)]
    reply = probes.send(endpoint, token=forgery)
    assert_refused(reply, what=f"{endpoint} with a forged token ({forgery.label})")


def _refusals(probes: Probes) -> dict[str, Reply]:
    """The refusals of requests without a token. Raises NotTestable where none is refused."""
    replies = {}
    for endpoint in probes.endpoints:
        with suppress(NotTestable):
            replies[endpoint] = probes.anonymous(endpoint)
    refusals = {name: reply for name, reply in replies.items() if reply.status >= 400}
    if not refusals:
        raise NotTestable("no request without a token is refused")
    return refusals


def _shows(reply: Reply, uploaded: Uploaded) -> bool:
    if uploaded.name in reply.text:
        return True
    try:
        body = reply.json()
    except NotJSON:
        return False
    return isinstance(body, dict) and (isinstance(body.get("model_config"), dict) or bool(body.get("logs")))
