"""The endpoints that change what is there without an upload: deletions, and new configs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from conformance.mock import rendering
from conformance.mock.configs import parse_settings
from conformance.mock.fields import flag, integer, text
from conformance.mock.instance import Instance
from conformance.mock.records import User, Version
from conformance.mock.replies import Refusal

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def delete_model(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: the OpenAPI document of an instance of 2025.2.0, and the vendor's client: `model_id` is a string."""
    name, workspace_id = text(payload, "model_id"), integer(payload, "workspace_id")
    confirmed = flag(payload, "confirm_delete")
    versions = instance.behaviour.select_model_to_delete(user, name, workspace_id)
    return _delete(instance, "delete_model", versions, confirmed)


def delete_model_versions(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Source: the OpenAPI document of an instance of 2025.2.0; the vendor's client of 2025.2 for the UUIDs."""
    uuids, confirmed = _uuids(payload), flag(payload, "confirm_delete")
    versions = instance.behaviour.select_versions_to_delete(user, uuids)
    return _delete(instance, "delete_model_versions", versions, confirmed)


def insert_model_config(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """A new config for a version, with a new id. Source: recorded (2023.4 to 2025.2.1)."""
    behaviour, store = instance.behaviour, instance.store
    version = behaviour.select_version_to_configure(user, integer(payload, "model_version_id"))
    settings = parse_settings(payload, behaviour)
    with store.transaction():
        store.add_config(version.id, version.runtime, settings)
    configured = store.version(version.id)
    if configured is None:
        raise LookupError(f"version {version.id} was configured and isn't there")
    return {"model_config": rendering.version_config(configured, behaviour)}


def _delete(instance: Instance, endpoint: str, versions: Sequence[Version], confirmed: bool) -> dict[str, Any]:
    """Rows first, in one commit, then the files: what a killed process leaves over is swept at the next start."""
    behaviour, store = instance.behaviour, instance.store
    going = behaviour.deletes(endpoint, versions, confirmed)
    counted = behaviour.deleted_bytes(versions)
    if going:
        store.delete_versions(version.id for version in going)
        for digest in {version.content for version in going}:
            if not store.names_digest(digest):
                instance.files.remove(digest)
    return {"bytes": counted}


def _uuids(payload: dict[str, Any]) -> list[str]:
    if "model_versions" not in payload:
        raise Refusal(400, "The field model_versions is required.")
    uuids = payload["model_versions"]
    if not isinstance(uuids, list) or not all(isinstance(uuid, str) and _UUID.fullmatch(uuid) for uuid in uuids):
        raise Refusal(400, "The field model_versions must be a list of UUIDs.")
    return uuids
