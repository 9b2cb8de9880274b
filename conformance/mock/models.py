"""The endpoints that read models. Each takes a call and returns the JSON of its answer, or refuses."""

from __future__ import annotations

from typing import Any

from conformance.mock import rendering
from conformance.mock.fields import integer, optional_integer, optional_text, text
from conformance.mock.instance import Instance
from conformance.mock.records import Model, User
from conformance.mock.replies import Refusal


def list_models(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: documentation, List Models in Workspace; from 2024.1 on its example, and the vendor's client."""
    behaviour = instance.behaviour
    if behaviour.dialect.list_needs_workspace:
        models = behaviour.select_list(user, integer(payload, "workspace_id"))
    else:
        models = _listed(instance, user, payload)
    return rendering.listed_models(models, behaviour)


def _listed(instance: Instance, user: User, payload: dict[str, Any]) -> list[Model]:
    """By a workspace's id, by its name, or without either. Both together select what both do."""
    behaviour = instance.behaviour
    workspace_id, name = optional_integer(payload, "workspace_id"), optional_text(payload, "workspace_name")
    if name is None:
        return (
            behaviour.select_list_everywhere(user)
            if workspace_id is None
            else behaviour.select_list(user, workspace_id)
        )
    models = behaviour.select_list_named(user, name)
    return [model for model in models if workspace_id in (None, model.workspace_id)]


def list_versions_for_model(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: the OpenAPI document of an instance of 2025.2.0, whose reply is the list's; the client of 2024.4."""
    behaviour = instance.behaviour
    name, workspace_id = text(payload, "model_id"), integer(payload, "workspace_id")
    return rendering.listed_models(behaviour.select_model_of(user, name, workspace_id), behaviour)


def get_by_id(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: documentation, Get Model Details By ID (the example's `id`, not the table's `workspace_id`)."""
    behaviour = instance.behaviour
    model, versions = behaviour.select_model(user, integer(payload, "id"))
    return rendering.model_details(model, behaviour.config_of_model(versions), behaviour)


def list_versions(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: documentation, Get Model Versions."""
    behaviour = instance.behaviour
    name, model_id = optional_text(payload, "model_id"), optional_integer(payload, "models_pk_id")
    versions = behaviour.select_versions(user, name, model_id)
    return [rendering.listed_version(version, behaviour) for version in versions]


def get_config_by_id(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: documentation, Get Model Configuration by Id."""
    behaviour = instance.behaviour
    version = behaviour.select_config(user, integer(payload, "model_id"))
    return {"model_config": rendering.short_config(version, behaviour)}


def get(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: documentation, Get Model Details (the example's `id`, not the table's `model_id`)."""
    behaviour = instance.behaviour
    model, versions = behaviour.select_model(user, integer(payload, "id"))
    return rendering.model_with_versions(model, versions, behaviour)


def get_version_by_id(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: the vendor's clients, which ask for every version they uploaded; documentation of 2025.2."""
    behaviour = instance.behaviour
    version = behaviour.select_version(user, integer(payload, "model_version_id"))
    return {"model_version": rendering.configured_version(version, behaviour)}


def get_upload_logs(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: recorded (2025.2.0 and 2025.2.1); the vendor's client of 2025.2 for `lines`."""
    behaviour = instance.behaviour
    lines = optional_integer(payload, "lines")
    if lines is not None and lines < 0:
        raise Refusal(400, "The field lines must not be negative.")
    version = behaviour.select_version(user, integer(payload, "model_version_id"))
    return {"logs": behaviour.logs_of(version, lines)}
