"""The endpoints for workspaces and users that a run or the vendor's client needs."""

from __future__ import annotations

from typing import Any

from conformance.mock import rendering
from conformance.mock.directory import representation
from conformance.mock.fields import integer, optional_text, text
from conformance.mock.instance import Instance
from conformance.mock.records import User
from conformance.mock.replies import Refusal


def create_workspace(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """A new workspace with the caller as its member. Source: recorded; documentation for the unused name."""
    name = text(payload, "workspace_name")
    workspace_id = instance.store.add_workspace(name, user.id, instance.behaviour.now())
    if workspace_id is None:
        raise Refusal(400, "There is a workspace of this name already.")
    return {"workspace_id": workspace_id}


def list_workspaces(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """The caller's workspaces; with `user_id` (id or name) those shared with that user. Source: recorded."""
    behaviour = instance.behaviour
    workspaces = behaviour.select_workspaces(user)
    wanted = optional_text(payload, "user_id")
    if wanted is not None:
        theirs = [
            account.id for account in instance.identity.accounts.values() if wanted in (account.id, account.username)
        ]
        shared = instance.store.workspaces_of(theirs[0]) if theirs else frozenset()
        workspaces = [workspace for workspace in workspaces if workspace.id in shared]
    return {
        "workspaces": [
            rendering.listed_workspace(workspace, instance.store.models(workspace.id), behaviour)
            for workspace in workspaces
        ]
    }


def list_users(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """The users of one of the caller's workspaces. Source: recorded (2022.4 to 2024.1)."""
    workspace_id = integer(payload, "workspace_id")
    members = instance.behaviour.select_members(user, workspace_id)
    workspace = instance.store.workspace(workspace_id)
    owner = workspace.created_by if workspace else None
    return {"users": [{"user_id": member, "user_type": user_type(member, owner)} for member in members]}


def user_type(user_id: str, owner_id: str | None) -> str:
    """What a user is in the workspace of this owner. Source: recorded (workspaces/list_users)."""
    return "OWNER" if user_id == owner_id else "COLLABORATOR"


def default_workspace_name(username: str) -> str:
    """The name of the workspace that a user finds at the first sign-in. Source: recorded (workspaces/list)."""
    return f"{username} - Default Workspace"


def query_users(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """Every user, or those of `user_ids`; null for an unknown id. Source: recorded; the vendor's client."""
    accounts = instance.identity.accounts
    wanted = payload.get("user_ids")
    if wanted is None:
        wanted = list(accounts)
    if not isinstance(wanted, list) or not all(isinstance(user_id, str) for user_id in wanted):
        raise Refusal(400, "The field user_ids must be a list of strings.")
    return {"users": {id_: representation(accounts[id_]) if id_ in accounts else None for id_ in wanted}}
