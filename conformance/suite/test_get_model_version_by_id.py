"""One version, under the name that the generated clients use.

Source: client 2023.4.0 to 2026.1.3, generated part; the OpenAPI document of an instance of 2025.2.0.
"""

from __future__ import annotations

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_field, assert_refused, expect
from conformance.suite.configured import VersionReplies, differences, is_among, matching, shown_version
from conformance.suite.probes import Probes
from conformance.suite.refusals import MISSING, Refusals
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered
from conformance.suite.uploads import Uploaded

ENDPOINT = "get_model_version_by_id"


@pytest.fixture
def version(probes: Probes) -> Reply:
    """What get_model_version_by_id says of the shared ONNX model's version."""
    return probes.answered(ENDPOINT)


@pytest.fixture
def working_version(version: Reply, onnx_upload: Uploaded) -> None:
    """The control of the refusals: asked rightly, get_model_version_by_id shows the shared model's version."""
    if not is_among([shown_version(version)], onnx_upload):
        raise NotTestable("needs get_model_version_by_id to show the uploaded version before a refusal means anything")


def test_field(release: Release, documented_field: Requirement, version: Reply) -> None:
    """The reply has the documented field.

    Upload a model, ask for its version.
    Expect the field as the contract's schema has it.
    """
    body = answered(version, what="get_model_version_by_id of an uploaded version")
    assert_field(release, documented_field, version, body)


@requirement("get-model-version-by-id.same-as-get-version-by-id")
@pytest.mark.parametrize("kind", ["onnx_upload", "pytorch_upload"], ids=["onnx", "pytorch"])
def test_reply_is_that_of_get_version_by_id(
    models: Models, version: Reply, version_replies: VersionReplies, kind: str, request: pytest.FixtureRequest
) -> None:
    """Both calls show one version alike, what a conversion moves aside.

    Upload a model, ask for its version by both calls.
    Expect the same values in both replies.
    """
    uploaded: Uploaded = request.getfixturevalue(kind)
    other = version_replies.of(uploaded)
    wanted = matching([shown_version(other)], uploaded)
    reply = version if kind == "onnx_upload" else models.call(ENDPOINT, {"model_version_id": uploaded.version_id})
    answered(reply, what=f"get_model_version_by_id of version {uploaded.version_id}")
    shown = shown_version(reply)
    found = differences(shown, wanted)
    expect(
        bool(shown.version) and bool(shown.config) and not found,
        expected="get_model_version_by_id shows the version as get_version_by_id does",
        actual=lambda: f"{found[0]} there" if found else "it lacks the version or its configuration",
        replies=[reply, other],
    )


@requirement("get-model-version-by-id.id-required")
@pytest.mark.parametrize("null", [False, True], ids=["missing", "null"])
@pytest.mark.usefixtures("working_version")
def test_request_without_id_is_refused(models: Models, refusals: Refusals, null: bool) -> None:
    """A version needs an id.

    Ask without any parameter, and with a null id.
    Expect a refusal.
    """
    reply = models.call(ENDPOINT, {"model_version_id": None}) if null else refusals.reply(ENDPOINT, MISSING)
    assert_refused(reply, what=f"get_model_version_by_id with {'a null' if null else 'no'} model_version_id")


@requirement("get-model-version-by-id.id-mistyped")
@pytest.mark.usefixtures("working_version")
def test_id_that_is_no_number_is_refused(models: Models) -> None:
    """A version's id is a number.

    Ask with a text as the id.
    Expect a refusal.
    """
    reply = models.call(ENDPOINT, {"model_version_id": "not-a-number"})
    assert_refused(reply, what="get_model_version_by_id with a text as model_version_id")
