"""The two workspace endpoints that a run needs."""

from __future__ import annotations

from contextlib import suppress

from conformance.instance.errors import NotJSON
from conformance.instance.ledger import Ledger
from conformance.instance.reply import Reply
from conformance.instance.session import SESSION_TOKEN, Session, Unset

CREATE_PATH = "/v1/api/workspaces/create"
LIST_PATH = "/v1/api/workspaces/list"


class Workspaces:
    """`workspaces/create` and `workspaces/list`.

    Source: recorded, 2022.4 to 2025.2.1; the generated client of 2023.4.
    """

    def __init__(self, session: Session, ledger: Ledger | None = None) -> None:
        self.session = session
        self.ledger = ledger

    def create(self, name: str, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """Make a workspace: `{"workspace_name"}` → `{"workspace_id": int}`. Raises as `Session.request` does."""
        reply = self.session.request("POST", CREATE_PATH, json={"workspace_name": name}, token=token)
        created = workspace_id(reply)
        if self.ledger is not None and created is not None:
            self.ledger.add("workspace", created, name=name, exchange=reply.exchange.id)
        return reply

    def list(self, *, token: str | Unset | None = SESSION_TOKEN) -> Reply:
        """The workspaces the user is in: `{}` → `{"workspaces": [{"id", "name", …}]}`."""
        return self.session.request("POST", LIST_PATH, json={}, token=token, idempotent=True)


def workspace_id(reply: Reply) -> int | None:
    """The id in a reply to `create`, None when it holds none."""
    if reply.is_success:
        with suppress(NotJSON, KeyError, TypeError):
            found = reply.json()["workspace_id"]
            if isinstance(found, int) and not isinstance(found, bool):
                return found
    return None
