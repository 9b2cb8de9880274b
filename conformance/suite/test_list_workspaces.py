"""List, across workspaces and at length: checks of the full profile that need a second workspace.

Source: documentation, "List Models in Workspace".
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance import fixtures
from conformance.errors import ConformanceError, NotTestable
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import describe, expect
from conformance.suite.context import SuiteContext
from conformance.suite.listed import models_in, rows
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, model_row
from conformance.suite.uploads import Uploaded, upload

MANY = 101
"""The fewest that are more than a hundred, where lists are most often cut."""

AT_ONCE = 8
TINY = 64 * 1024
"""Bytes up to which the run's ONNX file is uploaded so often; a larger one gives way to the shipped one."""


@pytest.fixture(scope="module")
def elsewhere(context: SuiteContext) -> Models:
    """The endpoints, bound to a second workspace of the same user."""
    return context.models(workspace_id=context.second_workspace_id())


@requirement("list.only-this-workspace")
def test_list_shows_no_model_of_another_workspace(
    context: SuiteContext, elsewhere: Models, onnx_upload: Uploaded, unique_name: Callable[[str], str]
) -> None:
    """A workspace's list is its own.

    Upload a model to each of two workspaces, list both.
    Expect each model in its own workspace's list and not in the other's.
    """
    other = upload(elsewhere, context.onnx_model, unique_name("elsewhere"))
    here, there = (uploaded.models.list(uploaded.workspace_id) for uploaded in (onnx_upload, other))
    for reply, own, strange in ((here, onnx_upload, other), (there, other, onnx_upload)):
        body = answered(reply, what=f"a list of workspace {own.workspace_id}")
        model_row(body, own)
        leaked = [
            r
            for r in models_in(own.models.release, body)
            if r.get("name") == strange.name or r.get("id") == strange.model_id
        ]
        expect(
            not leaked,
            expected=f"the list of workspace {own.workspace_id} has none of workspace {strange.workspace_id}",
            actual=f"it has {strange.name!r}",
            replies=[reply],
        )


@requirement("list.complete")
def test_list_shows_all_of_more_than_a_hundred_models(
    context: SuiteContext, elsewhere: Models, unique_name: Callable[[str], str]
) -> None:
    """A list isn't cut at a page's length.

    Upload more than a hundred small models to a workspace, list it.
    Expect each of them.
    """
    names = [unique_name(f"many{number}") for number in range(MANY)]
    _upload_all(elsewhere, _tiny(context), names)
    reply = elsewhere.list(elsewhere.workspace_id)
    body = answered(reply, what="a list of more than a hundred models")
    listed = {row["name"] for row in models_in(elsewhere.release, body) if isinstance(row.get("name"), str)}
    missing = [name for name in names if name not in listed]
    if missing and not _has_versions(elsewhere, missing[0]):
        raise NotTestable(f"needs {MANY} models, but neither list nor list_versions shows {missing[0]!r}")
    expect(
        not missing,
        expected=f"the list shows all {MANY} models that were uploaded to workspace {elsewhere.workspace_id}",
        actual=f"{len(missing)} of them aren't in it, such as {missing[:1]}",
        replies=[reply],
    )


def _has_versions(models: Models, name: str) -> bool:
    # A release that requires both keys gets both.
    shown = rows(models.list_versions(model_id=name, models_pk_id=0), None)
    return any(row.get("model_id") == name for row in shown)


def _tiny(context: SuiteContext) -> ModelFile:
    if context.onnx_model.size <= TINY:
        return context.onnx_model
    return ModelFile.from_path(fixtures.load("fraud_classifier").path, framework="onnx")


def _upload_all(models: Models, file: ModelFile, names: list[str]) -> None:
    def one(name: str) -> Reply:
        return models.upload(file, name=name)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        try:
            replies = list(pool.map(one, names))
        except ConformanceError as failure:
            raise NotTestable(f"needs {len(names)} uploaded models: {failure}") from failure
    refused = [reply for reply in replies if not reply.is_success]
    if refused:
        raise NotTestable(f"needs {len(names)} uploaded models, but one was answered {describe(refused[0])}")
