"""What the conversion of an upload wrote to its log.

Source: recorded with 2025.2.0 and 2025.2.1; client 2025.2.5, UploadLogsRequest.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_field, assert_refused, assert_success, describe, expect, follows
from conformance.suite.context import POLL_INTERVALS, SuiteContext
from conformance.suite.probes import Probes
from conformance.suite.refusals import MISSING, Refusals
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, relied_on, unknown_id
from conformance.suite.uploads import Uploaded

ENDPOINT = "get_upload_logs"


@pytest.fixture
def logs(probes: Probes) -> Reply:
    """The log of the shared ONNX model's version."""
    return probes.answered(ENDPOINT)


@pytest.fixture(scope="module")
def converted_logs(context: SuiteContext, pytorch_upload: Uploaded) -> Reply:
    """The log of the shared PyTorch model's version, waited for a little until its conversion has written two lines."""
    reply = pytorch_upload.models.get_upload_logs(pytorch_upload.version_id)
    for pause in POLL_INTERVALS:
        if not reply.is_success or len(_shown(reply)) > 1:
            break
        context.sleep(pause)
        reply = pytorch_upload.models.get_upload_logs(pytorch_upload.version_id)
    return reply


@pytest.fixture
def working_logs(probes: Probes) -> None:
    """The control of the refusals: asked rightly, get_upload_logs answers logs."""
    _lines(probes.answered(ENDPOINT))


def test_field(release: Release, documented_field: Requirement, logs: Reply, converted_logs: Reply) -> None:
    """The reply has the documented field.

    Upload an ONNX model and a PyTorch model, ask for the log of each.
    Expect the field as the contract's schema has it.
    """
    body = answered(logs, what="get_upload_logs of an uploaded version")
    assert_field(release, documented_field, logs, body)
    if converted_logs.is_success:
        assert_field(release, documented_field, converted_logs, converted_logs.json())


@requirement("get-upload-logs.of-uploaded-version")
def test_logs_of_uploaded_versions_are_answered(logs: Reply, converted_logs: Reply) -> None:
    """The parameter is the id that the upload returned, whether the model is converted or not.

    Upload an ONNX model and a PyTorch model, ask for the log of each.
    Expect success.
    """
    for label, reply in (("an ONNX model", logs), ("a PyTorch model", converted_logs)):
        assert_success(reply, what=f"get_upload_logs of {label}'s version")


@requirement("get-upload-logs.lines-limit")
def test_lines_limits_the_log(converted_logs: Reply, pytorch_upload: Uploaded) -> None:
    """No more lines are shown than were asked for.

    Upload a PyTorch model, ask for its log and for one line of it.
    Expect at most one, where the whole log has more.
    """
    whole = _lines(converted_logs)
    if len(whole) < 2:
        raise NotTestable(f"needs a log of two lines or more, but the converted model's has {len(whole)}")
    reply = pytorch_upload.models.get_upload_logs(pytorch_upload.version_id, lines=1)
    shown = answered(reply, what="get_upload_logs with lines 1")
    lines = shown.get("logs") if isinstance(shown, dict) else None
    if not isinstance(lines, list):
        raise NotTestable("needs the list logs in the reply of get_upload_logs")
    expect(
        len(lines) <= 1,
        expected=f"at most one line where the whole log has {len(whole)}",
        actual=f"{len(lines)} lines",
        replies=[converted_logs, reply],
    )


@requirement("get-upload-logs.unknown-id")
@pytest.mark.usefixtures("working_logs")
def test_unknown_id_has_no_logs(context: SuiteContext, release: Release, models: Models) -> None:
    """An id that no version has shows nothing.

    Ask for the log of an id far beyond any in use.
    Expect a refusal, or an empty log.
    """
    unknown = release.requirement("get-upload-logs.unknown-id")
    reply = models.get_upload_logs(unknown_id(context))
    if reply.status >= 400:
        follows(unknown, "refused")
        return
    body = answered(reply, what="get_upload_logs of an id that no version has")
    expect(
        isinstance(body, dict) and not body.get("logs"),
        expected="the log of an id that no version has is empty or refused",
        actual=lambda: describe(reply),
        replies=[reply],
    )
    follows(unknown, "empty")


@requirement("get-upload-logs.id-required")
@pytest.mark.parametrize("null", [False, True], ids=["missing", "null"])
@pytest.mark.usefixtures("working_logs")
def test_request_without_id_is_refused(models: Models, refusals: Refusals, null: bool) -> None:
    """A log needs an id.

    Ask without any parameter, and with a null id.
    Expect a refusal.
    """
    reply = models.call(ENDPOINT, {"model_version_id": None}) if null else refusals.reply(ENDPOINT, MISSING)
    assert_refused(reply, what=f"get_upload_logs with {'a null' if null else 'no'} model_version_id")


@requirement("get-upload-logs.id-mistyped")
@pytest.mark.parametrize("value", ["not-a-number", [1]], ids=["text", "array"])
@pytest.mark.usefixtures("working_logs")
def test_id_that_is_no_number_is_refused(models: Models, value: object) -> None:
    """A version's id is a number.

    Ask with an id of another JSON type.
    Expect a refusal.
    """
    reply = models.call(ENDPOINT, {"model_version_id": value})
    assert_refused(reply, what=f"get_upload_logs with the model_version_id {value!r}")


def _lines(reply: Reply) -> list[Any]:
    """The lines of a log. Raises NotTestable where the reply has none."""
    body = relied_on(reply, what="a log")
    found = body.get("logs") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise NotTestable(f"needs the list logs in the reply of {ENDPOINT}, but it was answered {describe(reply)}")
    return found


def _shown(reply: Reply) -> list[Any]:
    try:
        return _lines(reply)
    except NotTestable:
        return []
