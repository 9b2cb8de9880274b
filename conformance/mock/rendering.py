"""How records look as JSON: the shapes of release 2023.4.

Source: documentation, the returns tables and recorded examples of the six endpoints; for the others the
vendor's generated client of 2023.4.0.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conformance.mock.records import Model, Version, Workspace

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour


def timestamp(microseconds: int) -> str:
    """RFC 3339 with +00:00, microseconds without trailing zeros. Source: recorded ("21:14:36.26303")."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:06d}".rstrip("0") + "+00:00" if fraction else f"{text}+00:00"


def uploaded(version_id: int) -> dict[str, Any]:
    """The answer of both upload endpoints."""
    return {"insert_models": {"returning": [{"models": [{"id": version_id}]}]}}


def listed_model(model: Model, behaviour: Behaviour) -> dict[str, Any]:
    """One of models/list."""
    return {
        "id": model.id,
        "name": model.name,
        "owner_id": behaviour.owner_id(model.id),
        "created_at": behaviour.timestamp(model.created_at),
        "updated_at": behaviour.timestamp(model.updated_at),
    }


def model_details(model: Model, config: Version | None, behaviour: Behaviour) -> dict[str, Any]:
    """The answer of get_by_id."""
    return {
        "id": model.id,
        "owner_id": behaviour.owner_id(model.id),
        "workspace_id": model.workspace_id,
        "name": model.name,
        "updated_at": behaviour.timestamp(model.updated_at),
        "created_at": behaviour.timestamp(model.created_at),
        "model_config": None if config is None else short_config(config),
    }


def model_with_versions(model: Model, versions: list[Version], behaviour: Behaviour) -> dict[str, Any]:
    """The answer of models/get; its versions have no status."""
    return {
        **listed_model(model, behaviour),
        "models": [model_version(version, behaviour) for version in versions],
    }


def model_version(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """A version as models/get shows it."""
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


def listed_version(version: Version, behaviour: Behaviour) -> dict[str, Any]:
    """One of list_versions."""
    return {**model_version(version, behaviour), "status": version.status}


def short_config(version: Version) -> dict[str, Any]:
    """A config as get_by_id and get_config_by_id show it."""
    return {
        "id": version.config_id,
        "runtime": version.runtime,
        "tensor_fields": None,
        "filter_threshold": None,
    }


def configured_version(version: Version) -> dict[str, Any]:
    """The answer of get_version_by_id and get_model_version_by_id."""
    return {
        "model_version": {
            "model_version": {
                "name": version.model_name,
                "visibility": version.visibility,
                "workspace_id": version.workspace_id,
                "conversion": json.loads(version.conversion),
                "id": version.id,
                "image_path": version.image_path,
                "status": version.status,
                "task_id": version.task_id,
                "file_info": {"version": version.uuid, "sha": version.sha, "file_name": version.file_name},
            },
            "config": {
                "id": version.config_id,
                "model_version_id": version.id,
                "runtime": version.runtime,
                "filter_threshold": None,
                "tensor_fields": None,
                "input_schema": version.input_schema,
                "output_schema": version.output_schema,
                "batch_config": None,
            },
        }
    }


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
