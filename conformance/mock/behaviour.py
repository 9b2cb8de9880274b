"""Every decision of the instance, each made rightly. A deliberately wrong instance overrides one of them.

The application asks a `Behaviour` wherever an instance could go wrong: who is let in, who sees what, what
is stored, which id is answered, how it is written down. A subclass changes one answer and leaves the rest;
`combine` stacks several.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from conformance.mock import lifecycle, rendering, schemas
from conformance.mock.deleting import Deleting
from conformance.mock.metadata import NATIVE_FRAMEWORKS, parse_metadata
from conformance.mock.reading import Reading
from conformance.mock.records import Metadata, Model, Upload, User, Version, Workspace
from conformance.mock.replies import Call, Refusal, Reply

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from conformance.mock.modelfiles import Inspection


class Behaviour(Reading, Deleting):
    """The right decisions, of the release that `dialect` speaks."""

    # uploads

    def check_upload(self, upload: Upload, user: User) -> Metadata:
        """The metadata of an upload that may go ahead; anything wrong with it is refused."""
        metadata = parse_metadata(upload, self)
        if upload.path is None:
            raise Refusal(400, "The file part is missing.")
        if not self.takes_file_name(upload.file_name):
            *others, last = self.dialect.file_name_endings
            raise Refusal(400, f"Bad request: The provided file needs to be a {', '.join(others)}, or {last} file.")
        if not self.may_upload_to(user, metadata.workspace_id):
            raise Refusal(400, f"There is no workspace {metadata.workspace_id} that you are a member of.")
        return metadata

    def may_upload_to(self, user: User, workspace_id: int) -> bool:
        """Members only."""
        return workspace_id in user.workspaces

    def takes_file_name(self, file_name: str) -> bool:
        """Whether the name has one of the endings that the release asks for. Source: recorded (2025.2.1)."""
        endings = self.dialect.file_name_endings
        return not endings or file_name.lower().endswith(endings)

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
        return lifecycle.initial_runtime(framework, self.dialect.runtimes)

    def conversion_steps(self, version: Version, inspection: Inspection) -> Iterable[lifecycle.Step]:
        """What a version goes through after its first status, given what its file turned out to be."""
        reason = None if inspection.ok else inspection.reason
        return lifecycle.steps(version, loads=inspection.ok, native=inspection.native, reason=reason)

    # writing down

    def timestamp(self, microseconds: int) -> str:
        """RFC 3339."""
        return rendering.timestamp(microseconds)

    def owner_id(self, model_id: int) -> str:
        """A model's owner. Source: recorded in every release; two quote characters."""
        return '""'

    def version_owner_id(self, version: Version) -> str:
        """A version's owner in list_versions: the uploader's id where the release tells it. Source: recorded."""
        return version.created_by if self.dialect.shows_owners else self.owner_id(version.model_id)

    def created_by(self, version: Version) -> str | None:
        """Who uploaded a version. Source: recorded from 2024.1 on; the user's name, which is an e-mail address."""
        account = self.identity.accounts.get(version.created_by)
        return account.username if account else None

    def workspace_of(self, model: Model) -> Workspace | None:
        """The workspace that is shown with a model."""
        return self.store.workspace(model.workspace_id)

    def success_status(self, endpoint: str) -> int:
        """Source: recorded and the vendor's client; 202 where a conversion follows."""
        return 202 if endpoint == "upload_and_convert" else 200

    def reply(self, call: Call, reply: Reply) -> Reply:
        """The last word on every JSON answer, refusals included."""
        return reply

    def application(self, app: ASGIApp) -> ASGIApp:
        """What is served: the application itself, or something that stands before it."""
        return app


def combine(changes: Iterable[type[Behaviour]]) -> Behaviour:
    """One behaviour with all these changes; where two override the same decision, the first wins."""
    bases = tuple(dict.fromkeys(changes))
    if not bases:
        return Behaviour()
    combined: Behaviour = type("Combined", bases, {})()
    return combined
