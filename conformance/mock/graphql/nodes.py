"""The objects that GraphQL queries are answered from: records, as far as the caller may see them.

GraphQL asks a node's attributes and methods by their names in the schema; a method gets the field's arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from conformance.mock import rendering
from conformance.mock.behaviour import Behaviour
from conformance.mock.graphql.filters import matches, ordered
from conformance.mock.records import Model, User, Version, Workspace
from conformance.mock.replies import Refusal
from conformance.mock.workspaces import default_workspace_name, user_type

LARGEST_ANSWER = 50_000
"""Most objects that one query may reach. Ours: a model has versions, which have a model, and so on without end."""


class TooLarge(Exception):
    """A query reaches more objects than may be answered."""

    def __init__(self) -> None:
        super().__init__("the query reaches too many objects")


class Scope:
    """One query of one caller."""

    def __init__(self, behaviour: Behaviour, user: User) -> None:
        self.behaviour = behaviour
        self.user = user
        self._left = LARGEST_ANSWER

    def spend(self) -> None:
        """Count one more object. Raises TooLarge."""
        self._left -= 1
        if self._left < 0:
            raise TooLarge

    def workspace(self, workspace_id: int) -> WorkspaceNode | None:
        """The workspace of this id, where it is the caller's."""
        found = self.behaviour.store.workspace(workspace_id)
        visible = found is not None and self.behaviour.may_see_workspace(self.user, workspace_id)
        return WorkspaceNode(self, found) if found is not None and visible else None

    def versions(self, model: Model) -> list[VersionNode]:
        """The versions of a model that the caller may see, newest first."""
        found = self.behaviour.store.versions_of(model.id)
        return [VersionNode(self, v, model) for v in found if self.behaviour.may_see_version(self.user, v)]

    def every_version(self) -> list[VersionNode]:
        """The versions that the caller may see, of all models, newest first."""
        found = self.behaviour.store.versions_of_all(model.id for model in self.behaviour.store.models())
        return [VersionNode(self, v) for v in found if self.behaviour.may_see_version(self.user, v)]


class Node:
    """Something that a query reached."""

    def __init__(self, scope: Scope) -> None:
        scope.spend()
        self._scope = scope

    def _time(self, microseconds: int) -> str:
        return self._scope.behaviour.timestamp(microseconds)


class Root(Node):
    """The fields that a query begins with."""

    def user_default_workspace(self, info: object, where: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The caller's first workspace; none of another user."""
        user = self._scope.user
        wanted = ((where or {}).get("user_id") or {}).get("_eq")
        name = default_workspace_name(user.username)
        return [
            {"user_id": user.id, "workspace": node}
            for node in self.workspace(info)
            if node.name == name and wanted in (None, user.id)
        ]

    def workspace(self, info: object) -> list[WorkspaceNode]:
        """The caller's workspaces."""
        found = self._scope.behaviour.select_workspaces(self._scope.user)
        return [WorkspaceNode(self._scope, workspace) for workspace in found]

    def workspace_by_pk(self, info: object, id: int | str) -> WorkspaceNode | None:
        """A workspace of the caller."""
        return self._scope.workspace(_number(id))

    def models_by_pk(self, info: object, id: int | str) -> ModelNode | None:
        """A model of which the caller may see a version."""
        try:
            model, _ = self._scope.behaviour.select_model(self._scope.user, _number(id))
        except Refusal:
            return None
        return ModelNode(self._scope, model)

    def model(
        self, info: object, where: Mapping[str, Any] | None = None, order_by: Sequence[Mapping[str, str]] = ()
    ) -> list[VersionNode]:
        """The versions that the caller may see and the condition lets through, newest first where nothing is said."""
        return ordered([node for node in self._scope.every_version() if matches(node, where)], order_by)

    def search_models(
        self,
        info: object,
        args: Mapping[str, Any],
        where: Mapping[str, Any] | None = None,
        order_by: Sequence[Mapping[str, str]] = (),
    ) -> list[VersionNode]:
        """The same, of versions that have the text somewhere in their name, UUID, digest or file name."""
        wanted = (args.get("search") or "").lower()
        return [node for node in self.model(info, where, order_by) if wanted in node.searched]

    def model_by_pk(self, info: object, id: int | str) -> VersionNode | None:
        """A version that the caller may see."""
        try:
            version = self._scope.behaviour.select_version(self._scope.user, _number(id))
        except Refusal:
            return None
        return VersionNode(self._scope, version)

    def model_config_by_pk(self, info: object, id: int | str) -> ConfigNode | None:
        """A config of a version that the caller may see."""
        version = self._scope.behaviour.store.version_with_config(_number(id))
        if version is None or not self._scope.behaviour.may_see_version(self._scope.user, version):
            return None
        return ConfigNode(self._scope, version)


class WorkspaceNode(Node):
    """A workspace."""

    pipelines: Sequence[object] = ()

    def __init__(self, scope: Scope, workspace: Workspace) -> None:
        super().__init__(scope)
        self.id, self.name = workspace.id, workspace.name
        self.created_at, self.created_by = self._time(workspace.created_at), workspace.created_by
        self.archived = bool(workspace.archived)

    def users(self, info: object) -> list[dict[str, str]]:
        """The workspace's users."""
        members = self._scope.behaviour.select_members(self._scope.user, self.id)
        return [{"user_id": member, "user_type": user_type(member, self.created_by)} for member in members]

    def models(self, info: object, order_by: Sequence[Mapping[str, str]] = ()) -> list[ModelNode]:
        """The workspace's models."""
        models = self._scope.behaviour.select_list(self._scope.user, self.id)
        return [ModelNode(self._scope, model) for model in ordered(models, order_by)]


class ModelNode(Node):
    """A model: `models` in the schema."""

    def __init__(self, scope: Scope, model: Model) -> None:
        super().__init__(scope)
        self._model = model
        self.id, self.name, self.workspace_id = model.id, model.name, model.workspace_id
        self.created_at, self.updated_at = self._time(model.created_at), self._time(model.updated_at)
        self.owner_id = scope.behaviour.owner_id(model.id)

    def workspace(self, info: object) -> WorkspaceNode | None:
        """The model's workspace; null where only a version of the model is public."""
        return self._scope.workspace(self.workspace_id)

    def models(self, info: object) -> list[VersionNode]:
        """The model's versions."""
        return self._scope.versions(self._model)


class VersionNode(Node):
    """A model version: `model` in the schema."""

    model_tags: Sequence[object] = ()

    def __init__(self, scope: Scope, version: Version, model: Model | None = None) -> None:
        super().__init__(scope)
        self._version, self._known_model = version, model
        self.id, self.model_id, self.model_version = version.id, version.model_name, version.uuid
        self.models_pk_id = version.model_id
        self.sha, self.file_name, self.file_size = version.sha, version.file_name, version.size
        self.image_path, self.visibility, self.task_id = version.image_path, version.visibility, version.task_id
        self.status, self.error_summary = version.status, version.error_summary
        self.created_at = self.updated_at = self._time(version.created_at)
        self.created_by, self.created_on_version = scope.behaviour.created_by(version), version.created_on_version
        self.owner_id = version.created_by

    @property
    def searched(self) -> str:
        """What a search looks for its text in."""
        return "\n".join((self.model_id, self.model_version, self.sha, self.file_name)).lower()

    def conversion(self, info: object, path: str | None = None) -> Any:
        """What the upload said of the conversion, or the one key of it that `path` names."""
        conversion = rendering.conversion(self._version, self._scope.behaviour)
        return conversion if path is None else conversion.get(path.removeprefix("$."))

    def model(self, info: object) -> ModelNode:
        """The model that this is a version of."""
        return ModelNode(self._scope, self._model)

    def model_configs(self, info: object) -> list[ConfigNode]:
        """The version's config."""
        return [ConfigNode(self._scope, self._version)]

    @cached_property
    def _model(self) -> Model:
        found = self._known_model or self._scope.behaviour.store.model(self._version.model_id)
        if found is None:
            raise LookupError(f"version {self._version.id} has no model")
        return found


class ConfigNode(Node):
    """A config: `model_config` in the schema."""

    def __init__(self, scope: Scope, version: Version) -> None:
        super().__init__(scope)
        self._version = version
        self.model_id = version.id
        for name, value in rendering.whole_config(version).items():
            setattr(self, name, value)

    def model(self, info: object) -> VersionNode:
        """The version that this is the config of."""
        return VersionNode(self._scope, self._version)


def _number(value: int | str) -> int:
    """A number of 64 bits, as such or as its digits; 0, which nothing has, in place of anything else."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return 0
    return number if abs(number) < 2**63 else 0
