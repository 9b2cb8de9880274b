"""The endpoints that read models. Each takes a call and returns the JSON of its answer, or refuses."""

from __future__ import annotations

from typing import Any

from conformance.mock import rendering
from conformance.mock.fields import integer, optional_integer, optional_text
from conformance.mock.instance import Instance
from conformance.mock.records import User


def list_models(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: documentation, List Models in Workspace."""
    behaviour = instance.behaviour
    models = behaviour.select_list(user, integer(payload, "workspace_id"))
    return {"models": [rendering.listed_model(model, behaviour) for model in models]}


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
    version = instance.behaviour.select_config(user, integer(payload, "model_id"))
    return {"model_config": rendering.short_config(version)}


def get(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: documentation, Get Model Details (the example's `id`, not the table's `model_id`)."""
    behaviour = instance.behaviour
    model, versions = behaviour.select_model(user, integer(payload, "id"))
    return rendering.model_with_versions(model, versions, behaviour)


def get_version_by_id(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: the vendor's client of 2023.4, which asks for every version it uploaded."""
    return rendering.configured_version(instance.behaviour.select_version(user, integer(payload, "model_version_id")))
