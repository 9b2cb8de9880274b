"""What each reading call shows, and to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.mock.access import Access
from conformance.mock.records import Model, User, Version, Workspace
from conformance.mock.replies import Refusal

UNKNOWN_MODEL = "The provided model id was not found."
"""Source: recorded (2023.3 and 2023.4, get_by_id and get)."""


class Reading(Access):
    """The rows that the reading calls show. Where nothing else is said, what isn't the caller's to see is refused."""

    def select_workspaces(self, user: User) -> list[Workspace]:
        """The workspaces that workspaces/list shows, lowest id first."""
        return [workspace for workspace in self.store.workspaces() if workspace.id in user.workspaces]

    def select_list(self, user: User, workspace_id: int) -> list[Model]:
        """The models that models/list shows, newest first."""
        if not self.may_see_workspace(user, workspace_id):
            raise Refusal(400, f"There is no workspace {workspace_id} that you are a member of.")
        return self.store.models(workspace_id)

    def select_list_named(self, user: User, name: str) -> list[Model]:
        """The models that models/list shows of the workspace of this name. Source: the vendor's client of 2024.4."""
        for workspace in self.select_workspaces(user):
            if workspace.name == name:
                return self.select_list(user, workspace.id)
        raise Refusal(400, "There is no workspace of this name that you are a member of.")

    def select_list_everywhere(self, user: User) -> list[Model]:
        """The models that models/list shows where no workspace is named: those of all the caller's workspaces.

        Source: the vendor's client of 2024.4, which may leave the workspace out.
        """
        return [model for workspace_id in sorted(user.workspaces) for model in self.select_list(user, workspace_id)]

    def select_model_of(self, user: User, name: str, workspace_id: int) -> list[Model]:
        """The models that list_versions_for_model shows: the one of this name in the workspace, if there is one."""
        return [model for model in self.select_list(user, workspace_id) if model.name == name]

    def versions_in_list(self, models: Sequence[Model]) -> Mapping[int, Sequence[Version]]:
        """The versions that stand beside each model in a list, newest first, by the model's id."""
        found: dict[int, list[Version]] = {model.id: [] for model in models}
        for version in self.store.versions_of_all(found):
            found[version.model_id].append(version)
        return found

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

    def logs_of(self, version: Version, lines: int | None) -> list[str]:
        """The log of a version's conversion, oldest line first; with `lines` no more than that many, the last ones."""
        logs = self.store.logs(version.id)
        return logs if lines is None else logs[len(logs) - min(lines, len(logs)) :]

    def select_members(self, user: User, workspace_id: int) -> list[str]:
        """The ids of a workspace's users. Refuses (400) another's workspace."""
        if not self.may_see_workspace(user, workspace_id):
            raise Refusal(400, f"There is no workspace {workspace_id} that you are a member of.")
        return self.store.members(workspace_id)

    def config_of_model(self, versions: Sequence[Version]) -> Version | None:
        """Whose config get_by_id shows, of versions newest first. Documented example: the oldest's."""
        return versions[-1] if versions else None
