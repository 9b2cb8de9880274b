"""Every decision of the instance, each made rightly. A deliberately wrong instance overrides one of them.

The application asks a `Behaviour` wherever an instance could go wrong: who is let in, who sees what, what
is stored, which id is answered, how it is written down. A subclass changes one answer and leaves the rest;
`combine` stacks several.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from conformance.mock import lifecycle, rendering, schemas
from conformance.mock.identity import TokenRefused
from conformance.mock.metadata import NATIVE_FRAMEWORKS, parse_metadata
from conformance.mock.records import Metadata, Model, Upload, User, Version, Workspace
from conformance.mock.replies import Call, Refusal, Reply

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from conformance.mock.identity import Identity
    from conformance.mock.modelfiles import Inspection
    from conformance.mock.store import Store

UNKNOWN_MODEL = "The provided model id was not found."
"""Source: recorded (2023.3 and 2023.4, get_by_id and get)."""


class Behaviour:
    """The right decisions of release 2023.4."""

    store: Store
    identity: Identity

    def attach(self, store: Store, identity: Identity) -> None:
        """Called once, before the first request."""
        self.store = store
        self.identity = identity

    # who calls, and what they may see

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

    def may_see_version(self, user: User, version: Version) -> bool:
        """Members see everything of their workspace, everyone sees public versions.

        Ours: the documentation names the two visibilities and leaves their effect open.
        """
        return version.visibility == "public" or version.workspace_id in user.workspaces

    # uploads

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        """The metadata of an upload that may go ahead; anything wrong with it is refused."""
        metadata = parse_metadata(upload, self)
        if upload.path is None:
            raise Refusal(400, "The file part is missing.")
        if not self.may_upload_to(user, metadata.workspace_id):
            raise Refusal(400, f"There is no workspace {metadata.workspace_id} that you are a member of.")
        return metadata

    def may_upload_to(self, user: User, workspace_id: int) -> bool:
        """Members only."""
        return workspace_id in user.workspaces

    def requires_schemas(self, framework: str) -> bool:
        """Source: the vendor's client asks for both schemas for every framework that isn't native."""
        return framework not in NATIVE_FRAMEWORKS

    def schema_fault(self, encoded: str) -> str | None:
        """Why this isn't a schema, or None."""
        return schemas.schema_fault(encoded)

    def creates_on_refusal(self, upload: Upload, user: User, refusal: Refusal) -> Metadata | None:
        """Nothing is created by a refused upload. Metadata here is stored all the same."""
        return None

    def digest_of(self, upload: Upload) -> str:
        """The `sha` of the version. Source: recorded; lower-case hexadecimal SHA-256 of the bytes."""
        return upload.sha256

    def file_name_of(self, upload: Upload) -> str:
        """The `file_name` of the version: the multipart filename as sent, path and all. Source: recorded."""
        return upload.file_name

    def stored_name(self, metadata: Metadata) -> str:
        """The name of the model."""
        return metadata.name

    def stored_workspace(self, metadata: Metadata) -> int:
        """The workspace that gets the model."""
        return metadata.workspace_id

    def model_for(self, name: str, workspace_id: int) -> Model | None:
        """The model that gets a new version, None for a new model. Recorded: names are a workspace's own."""
        return self.store.model_named(name, workspace_id)

    def updated_at(self, model: Model, now: int) -> int:
        """When a model counts as updated once it gets a version. Source: recorded; the version's creation."""
        return now

    def version_uuid(self, upload: Upload) -> str:
        """The `model_version`, new for every version."""
        return str(uuid.uuid4())

    def upload_id(self, version: Version) -> int:
        """The id that an upload answers. Recorded: the version's, though documented as the model's."""
        return version.id

    def now(self) -> int:
        """Microseconds since the epoch."""
        return time.time_ns() // 1000

    # conversion

    def initial_status(self, framework: str, converts: bool) -> str:
        """The status of a version that was just uploaded."""
        return lifecycle.initial_status(framework, converts)

    def initial_runtime(self, framework: str) -> str:
        """The runtime of a version that was just uploaded."""
        return lifecycle.initial_runtime(framework)

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        """What a version goes through after its first status, given what its file turned out to be."""
        return lifecycle.steps(version, loads=inspection.ok, native=inspection.native)

    # reading

    def select_workspaces(self, user: User) -> list[Workspace]:
        """The workspaces that workspaces/list shows, lowest id first."""
        return [workspace for workspace in self.store.workspaces() if workspace.id in user.workspaces]

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        """The models that models/list shows, newest first."""
        if not self.may_see_workspace(user, workspace_id):
            raise Refusal(400, f"There is no workspace {workspace_id} that you are a member of.")
        return self.store.models(workspace_id)

    def select_versions(self, user: User, name: str | None, model_id: int | None) -> list[Version]:
        """The versions that list_versions shows: those of the name and those of the id.

        Source: recorded (2022.4 to 2025.2.1): both keys widen the answer, across workspaces.
        """
        if name is None and model_id is None:
            raise Refusal(400, "One of model_id and models_pk_id is required.")
        found = self.store.versions_matching(name, model_id)
        return [version for version in found if self.may_see_version(user, version)]

    def select_model(self, user: User, model_id: int) -> tuple[Model, list[Version]]:
        """A model by its own id with its versions, newest first. Refuses (400) one out of sight."""
        model = self.store.model(model_id)
        versions = [] if model is None else self.store.versions_of(model.id)
        visible = [version for version in versions if self.may_see_version(user, version)]
        if model is None or not visible:
            raise Refusal(400, UNKNOWN_MODEL)
        return model, visible

    def select_version(self, user: User, version_id: int) -> Version:
        """A version by its own id. Refuses (400) an id that isn't the caller's to see."""
        version = self.store.version(version_id)
        if version is None or not self.may_see_version(user, version):
            raise Refusal(400, f"There is no model version {version_id}.")
        return version

    def select_config(self, user: User, model_id: int) -> Version:
        """Whose config get_config_by_id shows. Recorded: the version of this id, documented as a model's."""
        return self.select_version(user, model_id)

    def config_of_model(self, versions: Sequence[Version]) -> Version | None:
        """Whose config get_by_id shows, of versions newest first. Documented example: the oldest's."""
        return versions[-1] if versions else None

    # writing down

    def timestamp(self, microseconds: int) -> str:
        """RFC 3339."""
        return rendering.timestamp(microseconds)

    def owner_id(self, model_id: int) -> str:
        """Source: recorded up to 2024.1; two quote characters."""
        return '""'

    def success_status(self, endpoint: str) -> int:
        """Source: recorded and the vendor's client; 202 where a conversion follows."""
        return 202 if endpoint == "upload_and_convert" else 200

    def reply(self, call: Call, reply: Reply) -> Reply:
        """The last word on every JSON answer, refusals included."""
        return reply

    def application(self, app: ASGIApp) -> ASGIApp:
        """What is served: the application itself, or something that stands before it."""
        return app


def unauthorized(msg: str, *, invalid: bool = False) -> Refusal:
    """A refusal that asks for credentials (RFC 6750, section 3)."""
    challenge = 'Bearer realm="master"' + (', error="invalid_token"' if invalid else "")
    return Refusal(401, msg, {"WWW-Authenticate": challenge})


def combine(changes: Iterable[type[Behaviour]]) -> Behaviour:
    """One behaviour with all these changes; where two override the same decision, the first wins."""
    bases = tuple(dict.fromkeys(changes))
    if not bases:
        return Behaviour()
    combined: Behaviour = type("Combined", bases, {})()
    return combined
