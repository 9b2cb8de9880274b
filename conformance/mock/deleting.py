"""What a deletion takes away, and what a new config is for: the decisions about calls that change what is there."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.mock.access import Access
from conformance.mock.reading import UNKNOWN_MODEL
from conformance.mock.records import User, Version
from conformance.mock.replies import Refusal


class Deleting(Access):
    """Members of a workspace may delete and configure what it holds; to all others it isn't there."""

    def select_model_to_delete(self, user: User, name: str, workspace_id: int) -> list[Version]:
        """The versions that delete_model is about: all of the model of this name. Refuses (400) an unknown one."""
        model = self.store.model_named(name, workspace_id) if self.may_change_workspace(user, workspace_id) else None
        if model is None:
            raise Refusal(400, UNKNOWN_MODEL)
        return self.store.versions_of(model.id)

    def select_versions_to_delete(self, user: User, uuids: Sequence[str]) -> list[Version]:
        """The versions that delete_model_versions is about. Refuses (400) all of them if one is unknown."""
        found = [v for v in self.store.versions_called(uuids) if self.may_change_workspace(user, v.workspace_id)]
        missing = {uuid.lower() for uuid in uuids}.difference(version.uuid.lower() for version in found)
        if missing:
            raise Refusal(400, f"There is no model version {min(missing)}.")
        return found

    def deletes(self, endpoint: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
        """Those of the versions that really go. Ours: without `confirm_delete` a deletion only counts the bytes."""
        return versions if confirmed else ()

    def deleted_bytes(self, versions: Sequence[Version]) -> int:
        """What a deletion answers. Source: the OpenAPI document of an instance of 2025.2.0; the files' sizes."""
        return sum(version.size for version in versions)

    def select_version_to_configure(self, user: User, version_id: int) -> Version:
        """The version that insert_model_config is about. Refuses (400) one of others."""
        version = self.store.version(version_id)
        if version is None or not self.may_change_workspace(user, version.workspace_id):
            raise Refusal(400, f"There is no model version {version_id}.")
        return version
