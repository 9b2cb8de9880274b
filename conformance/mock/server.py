"""Running an instance: embedded in this process, or as a command of its own."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from conformance.contract import DEFAULT_RELEASE, load_release
from conformance.errors import ConformanceError
from conformance.mock.dialect import dialect_of
from conformance.mock.folder import DataFolder

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour
    from conformance.mock.instance import Instance
    from conformance.mock.listener import ServerThread
    from conformance.mock.records import Account
    from conformance.mock.store import Store


class MockInstance:
    """An instance in a thread of this process; a context manager.

    With `data` it keeps its state in that directory, else in a temporary one that goes with it. `behaviour`
    makes it wrong on purpose. `step_delay` is the seconds between two statuses of a conversion. `release` is the
    one that it speaks, by the name of its contract.

    Attributes, once started: `url`; `token`, `other_token` (two users, one hour), `expired_token`;
    `workspace_id`, `other_workspace_id` (one of each user); `user`, `other_user` (with passwords);
    `client_id`, `client_secret`; `token_endpoint`. Raises UsageError where the address or the directory
    can't be used, or the release has no contract.
    """

    release: str
    url: str
    token: str
    other_token: str
    expired_token: str
    workspace_id: int
    other_workspace_id: int
    user: Account
    other_user: Account
    client_id: str
    client_secret: str
    token_endpoint: str

    def __init__(
        self,
        data: str | os.PathLike[str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        behaviour: Behaviour | None = None,
        step_delay: float | None = None,
        release: str = DEFAULT_RELEASE,
    ) -> None:
        self._data = None if data is None else Path(data)
        self._address = (host, port)
        self._behaviour = behaviour
        self._step_delay = step_delay
        self.release = release
        self._folder: DataFolder | None = None
        self._server: ServerThread | None = None
        self._instance: Instance | None = None

    def __repr__(self) -> str:
        return f"MockInstance({self.url!r})" if self._server else "MockInstance(stopped)"

    def __enter__(self) -> MockInstance:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Bind, open the state, accept connections; returns when the first request can be sent."""
        from conformance.mock.listener import (
            ServerThread,
            listen,
            url_of,
        )  # uvicorn: only those who start one pay

        load_release(self.release)
        listener = listen(*self._address)
        try:
            self.url = url_of(self._address[0], listener)
            self._folder = DataFolder(self._data)
            self._instance = self._assemble(self._folder)
            self._server = ServerThread(self._instance, listener)
        except BaseException:
            listener.close()
            self._close_state()
            raise

    def stop(self) -> None:
        """Finish what is under way, close the state, remove it if temporary. Stopping twice is harmless."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        self._close_state()

    def issue_token(self, account: Account, lifetime: float = 3600) -> str:
        """A new access token for one of the accounts, good for `lifetime` seconds."""
        return self._running().identity.issue(account, lifetime=lifetime)

    def _running(self) -> Instance:
        if self._instance is None:
            raise ConformanceError("the embedded instance isn't running: start it first")
        return self._instance

    def _assemble(self, folder: DataFolder) -> Instance:
        from conformance.mock.behaviour import Behaviour
        from conformance.mock.conversion import STEP_DELAY, Conversions
        from conformance.mock.files import Files
        from conformance.mock.identity import CONFIDENTIAL_CLIENT, Identity
        from conformance.mock.idp import TOKEN_PATH
        from conformance.mock.instance import Instance
        from conformance.mock.store import Store

        if folder.durable:
            identity = Identity.kept_in(folder.path / "identity.json", self.url)
        else:
            identity = Identity.temporary(self.url)
        store = Store(folder.path / "state.sqlite3", durable=folder.durable)
        files = Files(folder.path, durable=folder.durable)
        files.sweep(store.digests())
        behaviour = self._behaviour or Behaviour()
        behaviour.dialect = dialect_of(self.release)
        behaviour.attach(store, identity)
        delay = STEP_DELAY if self._step_delay is None else self._step_delay
        self.user, self.other_user = identity.user, identity.other_user
        self.workspace_id = _default_workspace(store, behaviour, identity.user)
        self.other_workspace_id = _default_workspace(store, behaviour, identity.other_user)
        self.token, self.other_token = identity.issue(identity.user), identity.issue(identity.other_user)
        self.expired_token = identity.issue(identity.user, lifetime=-60)
        self.client_id, self.client_secret = CONFIDENTIAL_CLIENT, identity.client_secret
        self.token_endpoint = self.url + TOKEN_PATH
        return Instance(store, files, identity, behaviour, Conversions(behaviour, store, files, delay))

    def _close_state(self) -> None:
        if self._instance is not None:
            self._instance.store.close()
            self._instance = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None


def _default_workspace(store: Store, behaviour: Behaviour, account: Account) -> int:
    """The workspace that a user finds at the first sign-in."""
    from conformance.mock.workspaces import default_workspace_name

    name = default_workspace_name(account.username)
    for workspace in store.workspaces():
        if workspace.name == name:
            return workspace.id
    added = store.add_workspace(name, account.id, behaviour.now())
    if added is None:
        raise ConformanceError(f"the workspace {name!r} can't be made")
    return added


_ENDS = {signal.SIGINT, signal.SIGTERM}


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    data: str | os.PathLike[str] | None = None,
    as_json: bool = False,
    defects: Collection[str] = (),
    release: str = DEFAULT_RELEASE,
) -> int:
    """Run an instance of a release, with the defects of these ids, until SIGINT or SIGTERM; the exit code.

    Prints one line once it accepts connections: for people, or as one JSON object with `url`, `release`, `token`
    (good for an hour), `workspace_id`, `other_token`, `expired_token`, `token_endpoint` and `pid`. Raises
    UsageError where the address or the directory can't be used, or the release has no contract.
    """
    behaviour = None
    if defects:
        from conformance.mock.defects import behaviour_for

        behaviour = behaviour_for(defects, release)
    # Blocked in every thread and waited for here: a handler would only run once the main thread wakes, and a signal
    # that the kernel gives to another thread doesn't wake it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    try:
        with MockInstance(data, host, port, behaviour=behaviour, release=release) as mock:
            print(_announcement(mock, as_json), flush=True)
            signal.sigwait(_ENDS)
    finally:
        while signal.sigpending() & _ENDS:
            signal.sigwait(_ENDS)  # a second Ctrl-C while the first is being obeyed
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return 0


def _announcement(mock: MockInstance, as_json: bool) -> str:
    if not as_json:
        return (
            f"Serving an instance of release {mock.release} at {mock.url}"
            f" (documentation at {mock.url}/v1/api/docs). Ctrl-C ends it."
        )
    names = ("url", "release", "token", "workspace_id", "other_token", "expired_token", "token_endpoint")
    return json.dumps({**{name: getattr(mock, name) for name in names}, "pid": os.getpid()})
