"""Who is let in, and who sees what: every way of being wrong about a token, a user or a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.contract import Release
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Answer, Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.kinds import MODEL_ENDPOINTS
from conformance.mock.defects.observations import outcome, shown_status, status_of
from conformance.mock.records import Metadata, Upload, User, Version
from conformance.mock.replies import Refusal


def open_without_token(endpoint: str) -> type[Behaviour]:
    """Takes whoever sends no credentials to one endpoint for the first user."""

    class OpenWithoutToken(Behaviour):
        def authenticate(self, authorization: str | None, endpoint_: str) -> User:
            if endpoint_ == endpoint and not authorization:
                return self.user_of(self.identity.user.id)
            return super().authenticate(authorization, endpoint_)

    return OpenWithoutToken


def refusing_everyone(endpoints: tuple[str, ...]) -> type[Behaviour]:
    """Refuses good tokens on these endpoints."""

    class RefusingEveryone(Behaviour):
        def authenticate(self, authorization: str | None, endpoint: str) -> User:
            user = super().authenticate(authorization, endpoint)
            if endpoint in endpoints:
                raise Refusal(401, "The bearer token isn't valid.", {"WWW-Authenticate": 'Bearer realm="master"'})
            return user

    return RefusingEveryone


class _RefusedUploadKept(Behaviour):
    """Lets an upload without good credentials in, stores it, and refuses it then."""

    @dataclass(frozen=True, slots=True)
    class Stranger(User):
        """Whoever isn't let in, in the first user's place."""

        refusal: Refusal

    def authenticate(self, authorization: str | None, endpoint: str) -> User:
        try:
            return super().authenticate(authorization, endpoint)
        except Refusal as refusal:
            if endpoint != "upload_and_convert":
                raise
            user = self.user_of(self.identity.user.id)
            return self.Stranger(user.id, user.username, user.workspaces, refusal)

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        metadata = super().check_upload(upload, user)
        if isinstance(user, self.Stranger):
            upload.metadata = metadata
            raise user.refusal
        return metadata

    def creates_on_refusal(self, upload: Upload, user: User, refusal: Refusal) -> Metadata | None:
        return upload.metadata or super().creates_on_refusal(upload, user, refusal)


class _PrivateVersionsShown(Behaviour):
    def may_see_version(self, user: User, version: Version) -> bool:
        return True


class _ForeignWorkspacesListed(Behaviour):
    def may_see_workspace(self, user: User, workspace_id: int) -> bool:
        return any(workspace.id == workspace_id for workspace in self.store.workspaces())


class _ForeignWorkspacesWritable(Behaviour):
    def may_upload_to(self, user: User, workspace_id: int) -> bool:
        return any(workspace.id == workspace_id for workspace in self.store.workspaces())


def refusal_status(status: int) -> type[Behaviour]:
    """Another status for requests without credentials."""

    class RefusalStatus(Behaviour):
        def authenticate(self, authorization: str | None, endpoint: str) -> User:
            if not authorization:
                raise Refusal(status, "A bearer token is required.", {"WWW-Authenticate": 'Bearer realm="master"'})
            return super().authenticate(authorization, endpoint)

    return RefusalStatus


def challenge(value: str | None) -> type[Behaviour]:
    """Another WWW-Authenticate in a 401 reply, or none."""

    class Challenge(Behaviour):
        def authenticate(self, authorization: str | None, endpoint: str) -> User:
            try:
                return super().authenticate(authorization, endpoint)
            except Refusal as refusal:
                headers = {} if value is None else {"WWW-Authenticate": value}
                raise Refusal(refusal.status, refusal.msg, headers) from None

    return Challenge


def asked_with(endpoint: str, what: str, token: Callable[[Client], str | None]) -> Probe:
    """How an endpoint answers a right request with this token."""

    def ask(client: Client) -> Answer:
        if endpoint == "upload_and_convert":
            return client.upload(token=token(client)).answer
        return client.ask(endpoint, client.upload(), token=token(client))

    return status_of(f"{endpoint} with {what}", ask)


def _none(client: Client) -> None:
    return None


def _own(client: Client) -> str:
    return client.mock.token


def _other(client: Client) -> str:
    return client.mock.other_token


def _refused_upload(client: Client) -> str:
    return f"an upload without a token: {outcome(client, client.upload(token=None).answer)}"


def _challenge_of(client: Client) -> str:
    answer = client.call("list", {"workspace_id": client.workspace}, token=None)
    value = answer.headers.get("www-authenticate", "nothing")
    return f"a list without a token: {shown_status(answer)} and WWW-Authenticate with {value.partition(' ')[0]}"


def _foreign_upload(client: Client) -> str:
    sent = client.upload(token=client.mock.other_token)
    return f"an upload into another user's workspace: {outcome(client, sent.answer)}"


def _requirement(endpoint: str) -> str:
    return {"upload_and_convert": "upload"}.get(endpoint, endpoint.replace("_", "-")) + ".requires-token"


def _missing_token(release: Release) -> Iterator[Defect]:
    for endpoint in release.probed:
        yield Defect(
            _requirement(endpoint).replace("requires-token", "open-without-token"),
            f"{endpoint} answers requests without a token.",
            (_requirement(endpoint), "authentication.refusal-is-401"),
            open_without_token(endpoint),
            asked_with(endpoint, "no token", _none),
        )


def _hidden() -> Iterator[Defect]:
    hidden = ("authentication.private-workspace-hidden",)
    yield Defect(
        "authentication.private-versions-shown",
        "Private versions are shown to everybody.",
        hidden,
        _PrivateVersionsShown,
        asked_with("get", "another user's token", _other),
    )
    yield Defect(
        "authentication.foreign-workspace-listed",
        "Every workspace's models are listed for everybody.",
        hidden,
        _ForeignWorkspacesListed,
        asked_with("list", "another user's token", _other),
    )
    yield Defect(
        "authentication.foreign-workspace-writable",
        "Everybody may upload into every workspace.",
        ("authentication.foreign-workspace-upload-refused",),
        _ForeignWorkspacesWritable,
        _foreign_upload,
    )


def authentication_defects(release: Release) -> Iterator[Defect]:
    """All of them."""
    accepted = "authentication.bearer-token-accepted"
    yield Defect(
        "authentication.everyone-refused",
        "The models endpoints refuse good tokens.",
        (accepted,),
        refusing_everyone(MODEL_ENDPOINTS),
        asked_with("list", "a good token", _own),
    )
    for endpoint in release.reads:
        yield Defect(
            f"authentication.everyone-refused.{endpoint.replace('_', '-')}",
            f"{endpoint} refuses good tokens.",
            (accepted,),
            refusing_everyone((endpoint,)),
            asked_with(endpoint, "a good token", _own),
        )
    yield from _missing_token(release)
    yield Defect(
        "authentication.refused-upload-kept",
        "An upload without good credentials is refused and stored.",
        ("authentication.refused-upload-creates-nothing",),
        _RefusedUploadKept,
        _refused_upload,
    )
    for status in (400, 403):
        yield Defect(
            f"authentication.refusal-is-{status}",
            f"Requests without a token are answered {status}.",
            ("authentication.refusal-is-401",),
            refusal_status(status),
            asked_with("list", "no token", _none),
        )
    yield Defect(
        "authentication.challenge.missing",
        "A 401 reply has no WWW-Authenticate.",
        ("authentication.refusal-names-scheme",),
        challenge(None),
        _challenge_of,
    )
    yield Defect(
        "authentication.challenge.basic",
        "A 401 reply asks for Basic credentials.",
        ("authentication.refusal-names-scheme",),
        challenge('Basic realm="master"'),
        _challenge_of,
    )
    yield from _hidden()
