"""Who calls, and what they may see and change: the first of an instance's decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract import DEFAULT_RELEASE
from conformance.mock.dialect import Dialect, dialect_of
from conformance.mock.identity import TokenRefused
from conformance.mock.records import User, Version
from conformance.mock.replies import Refusal

if TYPE_CHECKING:
    from conformance.mock.identity import Identity
    from conformance.mock.store import Store


class Access:
    """The state that decisions are about, the release they are made for, and who may do what."""

    store: Store
    identity: Identity
    dialect: Dialect = dialect_of(DEFAULT_RELEASE)
    """The release that the instance speaks. Set before `attach`."""

    def attach(self, store: Store, identity: Identity) -> None:
        """Called once, before the first request."""
        self.store = store
        self.identity = identity

    def authenticate(self, authorization: str | None, endpoint: str) -> User:
        """The caller, by the Authorization header. Refuses (401) all but a good bearer token (RFC 6750)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthorized("A bearer token is required.")
        try:
            account = self.identity.verify(token.strip())
        except TokenRefused as refused:
            raise unauthorized(f"The bearer token isn't valid ({refused.reason}).", invalid=True) from None
        return self.user_of(account.id)

    def user_of(self, user_id: str) -> User:
        """A user with their memberships of this moment."""
        username = self.identity.accounts[user_id].username
        return User(user_id, username, self.store.workspaces_of(user_id))

    def may_see_workspace(self, user: User, workspace_id: int) -> bool:
        """Members only; an unknown workspace looks like someone else's."""
        return workspace_id in user.workspaces

    def may_change_workspace(self, user: User, workspace_id: int) -> bool:
        """Whether the user may delete and configure what a workspace holds. Members only."""
        return workspace_id in user.workspaces

    def may_see_version(self, user: User, version: Version) -> bool:
        """Members see everything of their workspace, everyone sees public versions.

        Ours: the documentation names the two visibilities and leaves their effect open.
        """
        return version.visibility == "public" or version.workspace_id in user.workspaces


def unauthorized(msg: str, *, invalid: bool = False) -> Refusal:
    """A refusal that asks for credentials (RFC 6750, section 3)."""
    challenge = 'Bearer realm="master"' + (', error="invalid_token"' if invalid else "")
    return Refusal(401, msg, {"WWW-Authenticate": challenge})
