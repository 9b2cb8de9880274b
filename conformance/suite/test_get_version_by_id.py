"""One version with its configuration.

Source: documentation of release 2025.2, "Get Model Version"; client 2023.4.0 to 2026.1.3, which asks for each version
that it has uploaded; recorded replies of 2025.2.
"""

from __future__ import annotations

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_field, assert_refused, expect
from conformance.suite.configured import VersionReplies, differences, in_list, is_among, matching, shown_version
from conformance.suite.context import SuiteContext
from conformance.suite.refusals import MISSING, Refusals
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, relied_on, unknown_id
from conformance.suite.uploads import Uploaded, is_id

ENDPOINT = "get_version_by_id"


@pytest.fixture
def working_version(version_replies: VersionReplies, onnx_upload: Uploaded) -> None:
    """The control of the refusals: asked rightly, get_version_by_id shows the shared model's version."""
    if not is_among([shown_version(version_replies.of(onnx_upload))], onnx_upload):
        raise NotTestable("needs get_version_by_id to show the uploaded version before a refusal means anything")


def test_field(
    release: Release,
    documented_field: Requirement,
    version_replies: VersionReplies,
    onnx_upload: Uploaded,
    pytorch_upload: Uploaded,
) -> None:
    """The version has the documented field.

    Upload an ONNX model, and a PyTorch model with schemas; ask for the version of each.
    Expect the field as the contract's schema has it.
    """
    for uploaded in (onnx_upload, pytorch_upload):
        reply = version_replies.of(uploaded)
        body = answered(reply, what="get_version_by_id of an uploaded version")
        assert_field(release, documented_field, reply, body)


@requirement("get-version-by-id.takes-version-id")
@pytest.mark.parametrize("which", [0, 1], ids=["older", "newer"])
def test_id_selects_the_version(
    version_replies: VersionReplies, two_versions: tuple[Uploaded, Uploaded], which: int
) -> None:
    """The parameter is the id that the upload returned, and the reply is of that version.

    Upload a model twice, so that the ids of models and of versions come apart; ask for each of both ids.
    Expect the version with that id, or with the digest of the file.
    """
    uploaded = two_versions[which]
    reply = version_replies.of(uploaded)
    answered(reply, what=f"get_version_by_id of version {uploaded.version_id}")
    shown = shown_version(reply)
    file = shown.version.get("file_info")
    told = shown.version.get("id"), file.get("sha") if isinstance(file, dict) else None
    if told == (None, None):
        raise NotTestable("needs the version's id or its file's digest in the reply of get_version_by_id")
    wanted = uploaded.version_id, uploaded.file.sha256
    expect(
        told[0] == wanted[0] or told[1] == wanted[1],
        expected=f"the version of id {wanted[0]} and digest {wanted[1]}",
        actual=f"the version of id {told[0]} and digest {told[1]}",
        replies=[reply],
    )


@requirement("get-version-by-id.agrees-with-list")
@pytest.mark.parametrize("kind", ["onnx_upload", "pytorch_upload"], ids=["onnx", "pytorch"])
def test_version_reads_as_in_the_list(
    version_replies: VersionReplies, whole_listing: Reply, kind: str, request: pytest.FixtureRequest
) -> None:
    """One version and its configuration are the same in the list and alone, what a conversion moves aside.

    Upload a model, list its workspace and ask for its version.
    Expect the same values in both.
    """
    uploaded: Uploaded = request.getfixturevalue(kind)
    reply = version_replies.of(uploaded)
    alone = matching([shown_version(reply)], uploaded)
    found = differences(alone, in_list(relied_on(whole_listing, what="the workspace's list"), uploaded))
    expect(
        not found,
        expected="get_version_by_id shows the version as the list does",
        actual=lambda: f"{found[0]} in the list" + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""),
        replies=[reply, whole_listing],
    )


@requirement("get-version-by-id.agrees-with-get-config-by-id")
def test_configuration_is_the_one_get_config_by_id_shows(
    version_replies: VersionReplies, pytorch_upload: Uploaded
) -> None:
    """A version has one configuration.

    Upload a model; ask for its version, and for its configuration by the version's id, else by the model's.
    Expect the same id of the configuration.
    """
    reply = version_replies.of(pytorch_upload)
    number = matching([shown_version(reply)], pytorch_upload).at("config.id")
    if not is_id(number):
        raise NotTestable("needs the configuration's id in the reply of get_version_by_id")
    told, configurations = [], []
    for asked in (pytorch_upload.version_id, pytorch_upload.model_id):
        configuration = pytorch_upload.models.get_config_by_id(asked)
        config_id = _config_id(configuration)
        if config_id is not None:
            told.append(config_id)
            configurations.append(configuration)
        if config_id == number:
            break
    if not told:
        raise NotTestable("needs a configuration with an id in the reply of get_config_by_id")
    expect(
        number in told,
        expected=f"the configuration {number} that get_version_by_id shows",
        actual=f"get_config_by_id shows {' and '.join(map(str, told))}",
        replies=[reply, *configurations],
    )


@requirement("get-version-by-id.unknown-id")
@pytest.mark.usefixtures("working_version")
def test_unknown_id_is_refused(context: SuiteContext, models: Models) -> None:
    """An id that no version has shows nothing.

    Ask for an id far beyond any in use.
    Expect a refusal.
    """
    reply = models.get_version_by_id(unknown_id(context))
    assert_refused(reply, what="get_version_by_id of an id that no version has")


@requirement("get-version-by-id.id-required")
@pytest.mark.parametrize("null", [False, True], ids=["missing", "null"])
@pytest.mark.usefixtures("working_version")
def test_request_without_id_is_refused(models: Models, refusals: Refusals, null: bool) -> None:
    """A version needs an id.

    Ask without any parameter, and with a null id.
    Expect a refusal.
    """
    reply = models.call(ENDPOINT, {"model_version_id": None}) if null else refusals.reply(ENDPOINT, MISSING)
    assert_refused(reply, what=f"get_version_by_id with {'a null' if null else 'no'} model_version_id")


@requirement("get-version-by-id.id-mistyped")
@pytest.mark.parametrize("value", ["not-a-number", [1]], ids=["text", "array"])
@pytest.mark.usefixtures("working_version")
def test_id_that_is_no_number_is_refused(models: Models, value: object) -> None:
    """A version's id is a number.

    Ask with an id of another JSON type.
    Expect a refusal.
    """
    reply = models.call(ENDPOINT, {"model_version_id": value})
    assert_refused(reply, what=f"get_version_by_id with the model_version_id {value!r}")


def _config_id(reply: Reply) -> int | None:
    try:
        body = relied_on(reply, what="the configuration")
    except NotTestable:
        return None
    config = body.get("model_config") if isinstance(body, dict) else None
    found = config.get("id") if isinstance(config, dict) else None
    return found if is_id(found) else None
