"""Deleting versions by their UUIDs. Nothing is deleted but this module's own versions.

Source: client 2024.4.4 and 2025.2.5, DeleteModelVersionsRequest; the OpenAPI document of an instance of 2025.2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.acceptance import OnnxUploads
from conformance.suite.assertions import assert_equal, assert_field, assert_success, describe, expect, show
from conformance.suite.configured import in_list, rows_of_versions
from conformance.suite.context import SuiteContext
from conformance.suite.deletions import Harmless, Look, assert_left_alone
from conformance.suite.listed import Row
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, objects, relied_on, told, version_row
from conformance.suite.uploads import Uploaded

ENDPOINT = "delete_model_versions"


@dataclass(frozen=True)
class Target:
    """An uploaded version and its UUID."""

    uploaded: Uploaded
    uuid: str

    def is_in(self, rows: list[Row]) -> bool:
        """Whether the version is one of the rows, by its UUID, its digest or its id."""
        known = {"model_version": self.uuid, "sha": self.uploaded.file.sha256, "id": self.uploaded.version_id}
        return any(row.get(key) == value for row in rows for key, value in known.items())


@dataclass(frozen=True)
class Deletion:
    """The deletion of one of a model's two versions, its reply, and what is shown of the model afterwards."""

    doomed: Target
    spared: Target
    elsewhere: Target
    """A version of another model."""
    reply: Reply
    versions: Reply
    details: Reply

    def carried_out(self) -> None:
        """Raise NotTestable where the version wasn't deleted."""
        if not self.reply.is_success or self.doomed.is_in(_versions(self.versions)):
            raise NotTestable(f"needs a deletion that works, but it was answered {describe(self.reply)}")


# For the session: a module's fixture is made anew, under the same names, when its checks don't run in one go.
@pytest.fixture(scope="session")
def deletion(context: SuiteContext, models: Models, onnx_uploads: OnnxUploads) -> Deletion:
    """The older of two versions deleted."""
    name = context.name("delete_model_versions", "doomed")
    metadata = [onnx_uploads.metadata(each) for each in (name, name, f"{name}-b")]
    uploads = [onnx_uploads.send(each, onnx_uploads.file(f"{name}{n}")) for n, each in enumerate(metadata)]
    doomed, spared, elsewhere = _targets(models, *uploads)
    reply = models.delete_model_versions([doomed.uuid])
    return Deletion(doomed, spared, elsewhere, reply, spared.uploaded.versions_reply(), spared.uploaded.details_reply())


@pytest.fixture(scope="session")
def harmless(models: Models, onnx_uploads: OnnxUploads, deletion: Deletion) -> Harmless[Target]:
    """Deletions that may not delete; the first victim is the version that the right deletion spared."""
    numbers = count()

    def make() -> Target:
        deletion.carried_out()
        number = next(numbers)
        if not number:
            return deletion.spared
        name = f"{deletion.elsewhere.uploaded.name}{number}"
        return _targets(models, onnx_uploads.send(onnx_uploads.metadata(name)))[0]

    def look(victim: Target) -> Look:
        reply = victim.uploaded.versions_reply()
        return Look(reply, victim.is_in(_versions(reply)))

    return Harmless(
        make,
        look,
        {
            "without a token": lambda victim: models.delete_model_versions([victim.uuid], token=None),
            "unconfirmed": lambda victim: models.delete_model_versions([victim.uuid], confirm=False),
            "malformed": lambda victim: models.delete_model_versions([victim.uuid, "not-a-uuid"]),
            # Unconfirmed: an instance that takes no list for all versions would delete strangers'.
            "without versions": lambda _: models.call(ENDPOINT, {"confirm_delete": False}),
        },
    )


def test_field(release: Release, documented_field: Requirement, deletion: Deletion) -> None:
    """The reply has the documented field.

    Upload a model twice, delete its first version.
    Expect the field as the contract's schema has it.
    """
    body = answered(deletion.reply, what="delete_model_versions of an uploaded version")
    assert_field(release, documented_field, deletion.reply, body)


@requirement("delete-model-versions.deletes")
def test_confirmed_deletion_takes_the_version_away(deletion: Deletion) -> None:
    """A deleted version is gone.

    Upload a model twice, delete its first version.
    Expect success, and neither list_versions nor get to show that version.
    """
    assert_success(deletion.reply, what="a confirmed deletion of a version")
    shown = {"list_versions": _versions(deletion.versions), "get": _versions(deletion.details, "models")}
    for endpoint, reply in (("list_versions", deletion.versions), ("get", deletion.details)):
        expect(
            not deletion.doomed.is_in(shown[endpoint]),
            expected=f"{endpoint} no longer shows version {deletion.doomed.uuid}",
            actual=f"it still does, among {len(shown[endpoint])} versions",
            replies=[deletion.reply, reply],
        )


@requirement("delete-model-versions.counts-bytes")
def test_bytes_is_the_size_of_the_versions_file(deletion: Deletion) -> None:
    """The reply says how many bytes the version's file had.

    Upload a model twice, delete its first version.
    Expect `bytes` to be the size of that version's file.
    """
    deletion.carried_out()
    body = relied_on(deletion.reply, what="a deletion")
    counted = told(body if isinstance(body, dict) else {}, "bytes", int)
    assert_equal(counted, deletion.doomed.uploaded.file.size, what="bytes", reply=deletion.reply)


@requirement("delete-model-versions.spares-others")
def test_other_versions_stay_as_they_were(deletion: Deletion) -> None:
    """A deletion is about the named versions.

    Upload a model twice, delete its first version.
    Expect the second version with its id, UUID, digest and file name.
    """
    deletion.carried_out()
    spared = deletion.spared
    wanted = {
        "id": spared.uploaded.version_id,
        "model_version": spared.uuid,
        "sha": spared.uploaded.file.sha256,
        "file_name": spared.uploaded.file_name,
    }
    rows = [{key: row.get(key) for key in wanted} for row in _versions(deletion.versions)]
    expect(
        wanted in rows,
        expected=f"the other version is still {show(wanted)}",
        actual=f"the model's versions are {show(rows)}",
        replies=[deletion.reply, deletion.versions],
    )


@requirement("delete-model-versions.requires-token")
def test_deletion_without_token_is_refused(harmless: Harmless[Target]) -> None:
    """Without a token nothing is deleted.

    Delete one version with the run's token; send the same for another one without it.
    Expect a refusal, and the other version to be there.
    """
    assert_left_alone(harmless.tried("without a token"), what="delete_model_versions without an access token")


@requirement("delete-model-versions.unconfirmed")
def test_unconfirmed_deletion_deletes_nothing(harmless: Harmless[Target]) -> None:
    """A deletion must be confirmed.

    Send a deletion that works with `confirm_delete` false.
    Expect the version to be there, whatever the answer.
    """
    assert_left_alone(harmless.tried("unconfirmed"), what="a deletion with confirm_delete false", refused=False)


@requirement("delete-model-versions.malformed-refused")
def test_list_of_something_else_than_uuids_is_refused(harmless: Harmless[Target]) -> None:
    """What isn't a UUID names no version.

    Delete a version, with a text that is no UUID beside its own.
    Expect a refusal, and the version to be there.
    """
    assert_left_alone(harmless.tried("malformed"), what="delete_model_versions with a text that is no UUID")


@requirement("delete-model-versions.parameters-required")
def test_versions_are_required(harmless: Harmless[Target]) -> None:
    """A deletion names versions.

    Send a deletion without `model_versions`.
    Expect a refusal, and the version to be there.
    """
    assert_left_alone(harmless.tried("without versions"), what="delete_model_versions without model_versions")


@requirement("delete-model-versions.several")
def test_several_versions_can_be_deleted_at_once(
    models: Models, onnx_uploads: OnnxUploads, deletion: Deletion, harmless: Harmless[Target]
) -> None:
    """One deletion may name versions of several models.

    Upload two models, delete a version of each at once.
    Expect success, and neither to be shown.
    """
    deletion.carried_out()
    both = (
        deletion.elsewhere,
        deletion.spared if harmless.victim_is_left else _another(models, onnx_uploads, deletion),
    )
    reply = models.delete_model_versions([target.uuid for target in both])
    assert_success(reply, what="a deletion of two models' versions")
    listing = models.list()
    shown = rows_of_versions(relied_on(listing, what="the workspace's list"))
    for target in both:
        expect(
            not target.is_in(shown),
            expected=f"the list no longer shows version {target.uuid}",
            actual=f"it does, among {len(shown)} versions",
            replies=[reply, listing],
        )


def _another(models: Models, onnx_uploads: OnnxUploads, deletion: Deletion) -> Target:
    name = f"{deletion.doomed.uploaded.name}-more"
    return _targets(models, onnx_uploads.send(onnx_uploads.metadata(name)))[0]


def _targets(models: Models, *uploads: Uploaded) -> list[Target]:
    """The uploads with their versions' UUIDs, as list_versions and the list show them.

    Raises NotTestable where neither shows one, or each another: a deletion by a wrong one would prove nothing.
    """
    listing = models.list()
    body = relied_on(listing, what="the workspace's list")
    rows: dict[str, Any] = {}
    targets = []
    for uploaded in uploads:
        uploaded.identify(listing)
        if uploaded.name not in rows:
            rows[uploaded.name] = relied_on(uploaded.versions_reply(), what="the model's versions")
        shown = {_listed_uuid(body, uploaded), _versions_uuid(rows[uploaded.name], uploaded)} - {None}
        if len(shown) != 1:
            raise NotTestable(
                f"needs one UUID of version {uploaded.version_id}, but there are {show(sorted(map(str, shown)))}"
            )
        targets.append(Target(uploaded, str(*shown)))
    return targets


def _listed_uuid(body: Any, uploaded: Uploaded) -> str | None:
    try:
        found = in_list(body, uploaded).at("version.file_info.version")
    except NotTestable:
        return None
    return found if isinstance(found, str) else None


def _versions_uuid(body: Any, uploaded: Uploaded) -> str | None:
    try:
        found = version_row(body, uploaded).get("model_version")
    except NotTestable:
        return None
    return found if isinstance(found, str) else None


def _versions(reply: Reply, key: str | None = None) -> list[Row]:
    """The versions that a reply shows; none where the model isn't found any more.

    Raises NotTestable where a success shows no list of them.
    """
    if reply.status >= 400:
        return []
    body = relied_on(reply, what="the model's versions")
    found = body.get(key) if key is not None and isinstance(body, dict) else body
    if not isinstance(found, list):
        raise NotTestable(f"needs a list of versions, but it was answered {describe(reply)}")
    return objects(found)
