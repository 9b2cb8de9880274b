"""List: when models were created and updated.

Source: documentation, "List Models in Workspace". Times are compared as instants, whatever their offset, and judged
by the instance's own clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import expect
from conformance.suite.context import SuiteContext
from conformance.suite.requirement import requirement
from conformance.suite.rows import model_row, relied_on
from conformance.suite.times import CLOCK_TOLERANCE, COARSEST_TICK, clock_of, instant
from conformance.suite.uploads import Uploaded, unique_file, upload


@pytest.fixture(scope="module")
def listing(onnx_upload: Uploaded) -> Reply:
    """The workspace's list with the shared ONNX model in it."""
    return onnx_upload.models.list(onnx_upload.workspace_id)


@requirement("list.created-at-is-upload-time")
def test_created_at_is_the_time_of_the_upload(listing: Reply, onnx_upload: Uploaded) -> None:
    """A model's `created_at` is when it was uploaded, by the instance's own clock.

    Upload a model, list its workspace.
    Expect `created_at` near the Date of the upload's reply.
    """
    row = model_row(relied_on(listing, what="the workspace's list"), onnx_upload)
    created, uploaded = instant(row.get("created_at"), what="created_at"), clock_of(onnx_upload.reply)
    expect(
        abs(created - uploaded) <= CLOCK_TOLERANCE,
        expected=f"created_at is within {CLOCK_TOLERANCE} of the upload's answer, {uploaded.isoformat()}",
        actual=f"created_at is {row['created_at']!r}",
        replies=[onnx_upload.reply, listing],
    )


@requirement("list.created-at-stays")
def test_new_version_leaves_created_at(models: Models, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """A model is created once.

    Upload a model, note its row, upload a second version.
    Expect `created_at` to name the same instant.
    """
    before = _created_at(_first_row(two_versions))
    listing, row = _row_now(models, two_versions)
    after = _created_at(row)
    expect(
        after == before,
        expected=f"created_at is still {before.isoformat()} after a second version",
        actual=f"created_at is {after.isoformat()}",
        replies=[listing],
    )


@requirement("list.updated-at-moves")
def test_new_version_moves_updated_at(
    context: SuiteContext,
    models: Models,
    two_versions: tuple[Uploaded, Uploaded],
    unique_name: Callable[[str], str],
) -> None:
    """A new version updates the model.

    Upload a model, note its row, upload a second version. Where both fall into one tick of the instance's
    clock, do the same once more with a pause between.
    Expect `updated_at` to be later than before.
    """
    before = _updated_at(_first_row(two_versions))
    listing, row = _row_now(models, two_versions)
    after = _updated_at(row)
    if after == before:
        before, after, listing = _updates_apart(context, models, unique_name("slow"))
    expect(
        after > before,
        expected=f"updated_at is later than {before.isoformat()} after a second version",
        actual=f"updated_at is {after.isoformat()}",
        replies=[listing],
    )


@requirement("list.created-not-after-updated")
def test_created_at_is_not_after_updated_at(
    listing: Reply, models: Models, onnx_upload: Uploaded, two_versions: tuple[Uploaded, Uploaded]
) -> None:
    """A model isn't updated before it was created.

    Upload a model of one version and one of two, list the workspace.
    Expect `created_at` no later than `updated_at` in both rows.
    """
    later, row = _row_now(models, two_versions)
    first = model_row(relied_on(listing, what="the workspace's list"), onnx_upload)
    for reply, shown in ((listing, first), (later, row)):
        created, updated = _created_at(shown), _updated_at(shown)
        expect(
            created <= updated,
            expected=f"created_at, {created.isoformat()}, is no later than updated_at",
            actual=f"updated_at is {updated.isoformat()}",
            replies=[reply],
        )


def _first_row(two_versions: tuple[Uploaded, Uploaded]) -> dict[str, Any]:
    older = two_versions[0]
    if older.created is None:
        raise NotTestable(f"needs {older.name!r} in the list after its first upload")
    return older.created


def _row_now(models: Models, two_versions: tuple[Uploaded, Uploaded]) -> tuple[Reply, dict[str, Any]]:
    older = two_versions[0]
    reply = models.list(older.workspace_id)
    return reply, model_row(relied_on(reply, what="the workspace's list"), older)


def _updates_apart(context: SuiteContext, models: Models, name: str) -> tuple[datetime, datetime, Reply]:
    first = upload(models, unique_file(context.onnx_model, "early"), name)
    before = _updated_at(model_row(relied_on(models.list(models.workspace_id), what="the workspace's list"), first))
    context.sleep(COARSEST_TICK)
    upload(models, unique_file(context.onnx_model, "late"), name)
    reply = models.list(models.workspace_id)
    return before, _updated_at(model_row(relied_on(reply, what="the workspace's list"), first)), reply


def _created_at(row: dict[str, Any]) -> datetime:
    return instant(row.get("created_at"), what="the model's created_at")


def _updated_at(row: dict[str, Any]) -> datetime:
    return instant(row.get("updated_at"), what="the model's updated_at")
