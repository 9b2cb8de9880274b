"""How records look as JSON, in the shapes of the release that the instance speaks.

Each function takes the behaviour: of everything that is known about a record, its dialect leaves what the release's
contract describes. Source: the contract; for what it doesn't describe the vendor's generated client of 2023.4.0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conformance.mock.records import Model, Version, Workspace

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour

_CUSTOM = "custom"


def timestamp(microseconds: int) -> str:
    """RFC 3339 with +00:00, microseconds without trailing zeros. Source: recorded ("21:14:36.26303")."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:06d}".rstrip("0") + "+00:00" if fraction else f"{text}+00:00"


def uploaded(version_id: int) -> dict[str, Any]:
    """The answer of both upload endpoints."""
    return {"insert_models": {"returning": [{"models": [{"id": version_id}]}]}}


def listed_model(model: Model, versions: Sequence[Version], behaviour: Behaviour) -> dict[str, Any]:
    """One of models/list: the model, or the model with its versions and its workspace."""
    dialect = behaviour.dialect
    if not dialect.lists_nested:
        return dialect.only("ListedModel", _model(model, behaviour))
    workspace = behaviour.workspace_of(model)
    fields = {
        "model": dialect.only("ModelInList", _model(model, behaviour)),
        "model_versions": [configured_version(version, behaviour) for version in versions],
        "workspace": None if workspace is None else _workspace(workspace, behaviour),
    }
    return dialect.only("ListedModel", fields)


def listed_models(models: Sequence[Model], behaviour: Behaviour) -> dict[str, Any]:
    """The answer of models/list and list_versions_for_model."""
    versions = behaviour.versions_in_list(models) if behaviour.dialect.lists_nested else {}
    return {"models": [listed_model(model, versions.get(model.id, ()), behaviour) for model in models]}


def _model(model: Model, behaviour: Behaviour) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "owner_id": behaviour.owner_id(model.id),
        "created_at": behaviour.timestamp(model.created_at),
        "updated_at": behaviour.timestamp(model.updated_at),
        "workspace_id": model.workspace_id,
    }


def _workspace(workspace: Workspace, behaviour: Behaviour) -> dict[str, Any]:
    fields = {
        "id": workspace.id,
        "name": workspace.name,
        "created_by": workspace.created_by,
        "archived": bool(workspace.archived),
        "created_at": behaviour.timestamp(workspace.created_at),
        "group_id": None,
    }
    return behaviour.dialect.only("WorkspaceOfModel", fields)


def model_details(model: Model, config: Version | None, behaviour: Behaviour) -> dict[str, Any]:
    """The answer of get_by_id."""
    fields = {
        "id": model.id,
        "owner_id": behaviour.owner_id(model.id),
        "workspace_id": model.workspace_id,
        "name": model.name,
        "updated_at": behaviour.timestamp(model.updated_at),
        "created_at": behaviour.timestamp(model.created_at),
        "model_config": None if config is None else short_config(config, behaviour),
    }
    return behaviour.dialect.only("GetByIdResponse", fields)


def model_with_versions(model: Model, versions: Sequence[Version], behaviour: Behaviour) -> dict[str, Any]:
    """The answer of models/get; its versions have no status."""
    fields = {
        **_model(model, behaviour),
        "models": [model_version(version, behaviour) for version in versions],
        "workspace": _short_workspace(behaviour.workspace_of(model)),
    }
    return behaviour.dialect.only("GetResponse", fields)


def _short_workspace(workspace: Workspace | None) -> dict[str, Any] | None:
    return None if workspace is None else {"id": workspace.id, "name": workspace.name}


def model_version(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """A version as models/get shows it."""
    return behaviour.dialect.only("ModelVersion", _version(version, behaviour))


def listed_version(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """One of list_versions."""
    fields = _version(version, behaviour)
    fields |= {"owner_id": behaviour.version_owner_id(version), "status": version.status}
    return behaviour.dialect.only("ListedVersion", fields)


def _version(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    return {
        "sha": version.sha,
        "models_pk_id": version.model_id,
        "model_version": version.uuid,
        "owner_id": behaviour.owner_id(version.model_id),
        "model_id": version.model_name,
        "id": version.id,
        "file_name": version.file_name,
        "image_path": version.image_path,
    }


def short_config(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """A config as get_by_id and get_config_by_id show it."""
    return behaviour.dialect.only("ModelConfig", whole_config(version))


def version_config(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """A config as it stands beside its version."""
    return behaviour.dialect.only("VersionConfig", whole_config(version))


def whole_config(version: Version) -> dict[str, Any]:
    """Everything that a config may show, whatever the release."""
    settings = json.loads(version.settings)
    return {
        "id": version.config_id,
        "model_version_id": version.id,
        "runtime": version.runtime,
        "tensor_fields": settings.get("tensor_fields"),
        "filter_threshold": settings.get("filter_threshold"),
        "input_schema": settings.get("input_schema", version.input_schema),
        "output_schema": settings.get("output_schema", version.output_schema),
        "batch_config": settings.get("batch_config"),
        "dynamic_batching_config": settings.get("dynamic_batching_config"),
        "continuous_batching_config": settings.get("continuous_batching_config"),
        "queue_depth": None,
        "sidekick_uri": None,
        "openai": settings.get("openai"),
    }


def configured_version(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """A version with its config: in models/list, and what get_version_by_id answers."""
    return {"model_version": version_details(version, behaviour), "config": version_config(version, behaviour)}


def version_details(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """A version as models/list and get_version_by_id show it. Never deployed: there is no engine here."""
    dialect = behaviour.dialect
    file_info = {"version": version.uuid, "sha": version.sha, "file_name": version.file_name, "size": version.size}
    fields = {
        "name": version.model_name,
        "visibility": version.visibility,
        "workspace_id": version.workspace_id,
        "conversion": conversion(version, behaviour),
        "id": version.id,
        "image_path": version.image_path,
        "status": version.status,
        "task_id": version.task_id,
        "file_info": dialect.only("FileInfo", file_info),
        "created_on_version": version.created_on_version,
        "created_by": behaviour.created_by(version),
        "created_at": behaviour.timestamp(version.created_at),
        "deployed": False,
        "error_summary": version.error_summary,
    }
    return dialect.only("VersionDetails", fields)


def conversion(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """What the upload said, and only that; but a release that has `framework_config` always shows one.

    Source: recorded (2024.1.0, 2025.2.1): null, or filled with a path that is made of the file's name.
    """
    sent = json.loads(version.conversion)
    settings = sent.get("framework_config")
    if version.framework == _CUSTOM:
        given = (settings or {}).get("config", {})
        settings = {"framework": _CUSTOM, "config": {**given, "model_path": f"{version.file_name}/model"}}
    return behaviour.dialect.only("Conversion", {**sent, "framework_config": settings})


def listed_workspace(workspace: Workspace, models: list[Model], behaviour: Behaviour) -> dict[str, Any]:
    """One of workspaces/list."""
    return {
        "id": workspace.id,
        "name": workspace.name,
        "created_at": behaviour.timestamp(workspace.created_at),
        "created_by": workspace.created_by,
        "archived": bool(workspace.archived),
        "models": sorted(model.id for model in models),
        "pipelines": [],
    }
