"""List: the workspace by its name, or none at all.

Source: client 2024.4.4, ListModelsRequest; the OpenAPI document of an instance of 2025.2.0.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.instance.workspaces import Workspaces
from conformance.suite.assertions import describe, expect, follows
from conformance.suite.context import SuiteContext
from conformance.suite.listed import Row, models_in, rows, workspaces_of
from conformance.suite.refusals import MISSING, Refusals
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, model_row, objects, relied_on
from conformance.suite.uploads import Uploaded


@pytest.fixture
def working_list(whole_listing: Reply, onnx_upload: Uploaded) -> None:
    """The control: asked by the workspace's id, the list shows the shared model."""
    model_row(relied_on(whole_listing, what="the workspace's list"), onnx_upload)


@requirement("list.workspace-optional")
@pytest.mark.parametrize("null", [False, True], ids=["missing", "null"])
@pytest.mark.usefixtures("working_list")
def test_list_needs_no_workspace(
    release: Release, models: Models, refusals: Refusals, onnx_upload: Uploaded, null: bool
) -> None:
    """Without a workspace the list has the models of all that the caller may see, or of one workspace, or is refused.

    Upload a model, list without `workspace_id`, and with a null one.
    Expect a refusal, or the model; or models of one workspace only.
    """
    optional = release.requirement("list.workspace-optional")
    reply = models.call("list", {"workspace_id": None}) if null else refusals.reply("list", MISSING)
    if reply.status >= 400:
        follows(optional, "refused")
        return
    told = answered(reply, what=f"a list with {'a null' if null else 'no'} workspace_id")
    listed = models_in(release, told)
    own = [row for row in listed if _is_of(row, onnx_upload)]
    shown = told.get("models") if isinstance(told, dict) else None
    others = {number for row in objects(shown) for number in list(workspaces_of(release, row).values())[:1]}
    expect(
        isinstance(shown, list) and (bool(own) or len(others) < 2),
        expected=f"a list without a workspace is refused, or has {onnx_upload.name!r} or models of one workspace only",
        actual=lambda: f"{len(listed)} models of the workspaces {sorted(others)}" if listed else describe(reply),
        replies=[reply],
    )
    follows(optional, "all workspaces" if own else "default workspace")


@requirement("list.by-workspace-name")
@pytest.mark.usefixtures("working_list")
def test_workspace_name_selects_the_workspace(context: SuiteContext, models: Models, onnx_upload: Uploaded) -> None:
    """A workspace can be asked for by its name.

    Upload a model, list its workspace by the name that workspaces/list shows, and a workspace of a name that none has.
    Expect the model in the first list, with no model of another workspace, and not in the second.
    """
    own_workspace = onnx_upload.workspace_id
    reply = models.call("list", {"workspace_name": _workspace_name(context, own_workspace)})
    listed = models_in(models.release, answered(reply, what="a list by workspace_name"))
    placed = [workspaces_of(models.release, row).values() for row in objects(_shown(reply))]
    strange = [numbers for numbers in placed if numbers and own_workspace not in numbers]
    expect(
        any(_is_of(row, onnx_upload) for row in listed) and not strange,
        expected=f"a list by the name of workspace {own_workspace} has its models, such as {onnx_upload.name!r}",
        actual=f"it has {len(listed)} models, {len(strange)} of other workspaces" if listed else describe(reply),
        replies=[reply],
    )
    nobodys = models.call("list", {"workspace_name": context.name("list", "no-workspace")})
    shown = [row for row in models_in(models.release, _body(nobodys)) if _is_of(row, onnx_upload)]
    expect(
        not shown,
        expected=f"a list by a name that no workspace has doesn't show {onnx_upload.name!r}",
        actual="it does",
        replies=[nobodys],
    )


def _workspace_name(context: SuiteContext, workspace_id: int) -> str:
    listing = Workspaces(context.session).list()
    names = [row.get("name") for row in rows(listing, "workspaces") if row.get("id") == workspace_id]
    if not names or not isinstance(names[0], str):
        raise NotTestable(
            f"needs the name of workspace {workspace_id}, but workspaces/list was answered {describe(listing)}"
        )
    return names[0]


def _shown(reply: Reply) -> Any:
    body = _body(reply)
    return body.get("models") if isinstance(body, dict) else None


def _body(reply: Reply) -> Any:
    return relied_on(reply, what="a list") if reply.is_success else None


def _is_of(row: Row, uploaded: Uploaded) -> bool:
    return row.get("id") == uploaded.model_id or row.get("name") == uploaded.name
