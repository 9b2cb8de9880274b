"""Model configuration.

Source: documentation, "Get Model Configuration by Id". The parameter table calls `model_id` the model's id;
recordings of 2023.4.0 and 2025.2.1 show that the version's id selects. Either is followed, and the report
names which.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from conformance.contract import Release, Requirement
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.assertions import (
    assert_among,
    assert_field,
    assert_refused,
    describe,
    expect,
    follows,
    show,
)
from conformance.suite.context import SuiteContext
from conformance.suite.listed import Row
from conformance.suite.requirement import requirement
from conformance.suite.rows import answered, relied_on, unknown_id, version_id_of, version_row
from conformance.suite.uploads import Uploaded, is_id

ENDPOINT = "get_config_by_id"
BY_VERSION, BY_MODEL = "version id", "model id"
COMPARED = ("id", "runtime", "tensor_fields", "filter_threshold")


@dataclass(frozen=True)
class Asked:
    """An uploaded model's configuration as get_config_by_id answers it, and as get_by_id shows it.

    `details` is the reply of get_by_id, `shown` the configuration in it, None where there is none.
    `reading` says which id brought that configuration, None where neither did; `reply` is then the more
    telling of the two.
    """

    uploaded: Uploaded
    reply: Reply
    reading: str | None
    details: Reply
    shown: Row | None

    @property
    def configuration(self) -> Row:
        """The configuration of the reply. Raises NotTestable where there is none."""
        found = _configuration(self.reply)
        if found is None:
            raise NotTestable("needs a model_config in the reply of get_config_by_id")
        return found


@pytest.fixture(scope="module")
def onnx_config(onnx_upload: Uploaded) -> Asked:
    """The configuration of the shared ONNX model."""
    return _ask(onnx_upload)


@pytest.fixture(scope="module")
def pytorch_config(pytorch_upload: Uploaded) -> Asked:
    """The configuration of the shared PyTorch model."""
    return _ask(pytorch_upload)


@pytest.fixture
def working_config(onnx_config: Asked) -> Asked:
    """The control of the refusals: asked rightly, get_config_by_id shows a configuration."""
    relied_on(onnx_config.reply, what="the model's configuration")
    _ = onnx_config.configuration
    return onnx_config


def test_field(release: Release, documented_field: Requirement, onnx_config: Asked) -> None:
    """The configuration has the documented field.

    Upload a model, ask for its configuration.
    Expect the field as the contract's schema has it.
    """
    body = answered(onnx_config.reply, what="get_config_by_id of an uploaded model")
    assert_field(release, documented_field, onnx_config.reply, body)


@requirement("get-config-by-id.of-converted")
@pytest.mark.parametrize("kind", ["onnx_config", "pytorch_config"], ids=["onnx", "pytorch"])
def test_converted_model_has_a_configuration(kind: str, request: pytest.FixtureRequest) -> None:
    """What came through upload_and_convert is configured.

    Upload a model, ask for its configuration.
    Expect `model_config` not to be null.
    """
    asked: Asked = request.getfixturevalue(kind)
    body = answered(asked.reply, what="get_config_by_id of an uploaded model")
    if not isinstance(body, dict) or "model_config" not in body:
        raise NotTestable("needs model_config in the reply of get_config_by_id")
    expect(
        body["model_config"] is not None,
        expected="model_config of a model that was uploaded to be converted is an object",
        actual="model_config is null, whether asked by the version's id or by the model's",
        replies=[asked.reply],
    )


@requirement("get-config-by-id.agrees-with-get-by-id")
@pytest.mark.parametrize("kind", ["onnx_config", "pytorch_config"], ids=["onnx", "pytorch"])
def test_configuration_is_the_one_get_by_id_shows(release: Release, kind: str, request: pytest.FixtureRequest) -> None:
    """A model of one version has one configuration, wherever it is shown.

    Upload a model; ask for its details by its id, and for its configuration by the version's id, else by the
    model's.
    Expect the same configuration.
    """
    asked: Asked = request.getfixturevalue(kind)
    if asked.shown is None:
        raise NotTestable("needs a model_config with an id in the reply of get_by_id")
    answered(asked.reply, what="get_config_by_id of an uploaded model")
    told, shown = asked.configuration, asked.shown
    if not is_id(told.get("id")):
        raise NotTestable("needs the configuration's id in the reply of get_config_by_id")
    # A field that either lacks, or has as another type, is that field's own failure.
    common = [name for name in _stable(asked) if name in told and type(told[name]) is type(shown.get(name))]
    different = [name for name in common if told[name] != shown[name]]
    expect(
        not different,
        expected=f"the configuration that get_by_id shows, {show(shown)}",
        actual=f"get_config_by_id has {show(told)}",
        replies=[asked.details, asked.reply],
    )
    follows(release.requirement("get-config-by-id.agrees-with-get-by-id"), asked.reading or BY_VERSION)


@requirement("get-config-by-id.own-configuration")
def test_two_models_have_two_configurations(
    onnx_config: Asked, pytorch_config: Asked, two_versions: tuple[Uploaded, Uploaded]
) -> None:
    """A configuration isn't shared.

    Upload two models, and a third with two versions; ask for the configurations of all, of versions where the
    instance takes their ids.
    Expect the configurations' ids to differ.
    """
    replies = [onnx_config.reply, pytorch_config.reply]
    if onnx_config.reading == BY_VERSION:
        replies += [u.models.get_config_by_id(v) for u in two_versions if (v := version_id_of(u)) is not None]
    ids = [_id(reply) for reply in replies]
    expect(
        len(set(ids)) == len(ids),
        expected=f"{len(ids)} configurations have {len(ids)} ids",
        actual=f"they have {show(ids)}",
        replies=replies,
    )


@requirement("get-config-by-id.runtime-enum")
@pytest.mark.parametrize("kind", ["onnx_config", "pytorch_config"], ids=["onnx", "pytorch"])
def test_runtime_is_one_the_release_knows(release: Release, kind: str, request: pytest.FixtureRequest) -> None:
    """A configuration names a runtime of the release.

    Upload a model, ask for its configuration.
    Expect one of the runtimes that the client of the release knows.
    """
    asked: Asked = request.getfixturevalue(kind)
    runtime = asked.configuration.get("runtime")
    if not isinstance(runtime, str):
        raise NotTestable("needs the configuration's runtime as text")
    known = release.enumeration("Runtime")
    assert_among(runtime, known, what="runtime", where="the configuration", reply=asked.reply)


@requirement("get-config-by-id.unknown-id")
@pytest.mark.usefixtures("working_config")
def test_unknown_id_has_no_configuration(context: SuiteContext, release: Release, models: Models) -> None:
    """An id that nothing has shows no configuration.

    Ask for the configuration of an id far beyond any in use.
    Expect a refusal, or null.
    """
    unknown = release.requirement("get-config-by-id.unknown-id")
    reply = models.get_config_by_id(unknown_id(context))
    if reply.status >= 400:
        follows(unknown, "refused")
        return
    body = answered(reply, what="get_config_by_id of an id that nothing has")
    expect(
        isinstance(body, dict) and body.get("model_config") is None,
        expected="the configuration of an id that nothing has is null or refused",
        actual=lambda: describe(reply),
        replies=[reply],
    )
    follows(unknown, "null")


@requirement("get-config-by-id.model-id-required")
@pytest.mark.parametrize("body", [{}, {"model_id": None}], ids=["missing", "null"])
@pytest.mark.usefixtures("working_config")
def test_request_without_id_is_refused(models: Models, body: dict[str, Any]) -> None:
    """A configuration needs an id.

    Ask without `model_id`, and with a null one.
    Expect a refusal.
    """
    reply = models.call("get_config_by_id", body)
    assert_refused(reply, what=f"get_config_by_id with the body {body}")


@requirement("get-config-by-id.model-id-mistyped")
@pytest.mark.parametrize("value", ["not-a-number", [1]], ids=["text", "array"])
@pytest.mark.usefixtures("working_config")
def test_id_that_is_no_number_is_refused(models: Models, value: object) -> None:
    """The id is a number.

    Ask with a `model_id` of another JSON type.
    Expect a refusal.
    """
    reply = models.call("get_config_by_id", {"model_id": value})
    assert_refused(reply, what=f"get_config_by_id with the model_id {value!r}")


def _stable(asked: Asked) -> tuple[str, ...]:
    """The fields that no conversion changes. Recorded: a PyTorch model's runtime becomes onnx by a native load."""
    return tuple(name for name in COMPARED if name != "runtime" or asked.uploaded.file.framework == "onnx")


def _ask(uploaded: Uploaded) -> Asked:
    details = uploaded.models.get_by_id(uploaded.model_id)
    shown = _configuration(details)
    shown = shown if shown is not None and is_id(shown.get("id")) else None
    replies: list[Reply] = []
    for reading, number in _numbers(uploaded):
        reply = uploaded.models.get_config_by_id(number)
        replies.append(reply)
        found = _configuration(reply)
        if found is not None and (shown is None or found.get("id") == shown["id"]):
            return Asked(uploaded, reply, reading if shown else None, details, shown)
    # Neither id brings what get_by_id shows: judge the first that brought something.
    telling = [reply for reply in replies if _configuration(reply) is not None]
    telling += [reply for reply in replies if reply.is_success]
    return Asked(uploaded, (telling or replies)[0], None, details, shown)


def _numbers(uploaded: Uploaded) -> Iterator[tuple[str, int]]:
    """The ids to ask by; the version's once more where list_versions tells another than the upload."""
    answered_id = version_id_of(uploaded)
    if answered_id is not None:
        yield BY_VERSION, answered_id
    yield BY_MODEL, uploaded.model_id
    with suppress(NotTestable):
        listed = relied_on(uploaded.versions_reply(), what="the model's versions")
        row = version_row(listed, uploaded, by=("sha", "file_name"))
        if is_id(row.get("id")) and row["id"] != answered_id:
            yield BY_VERSION, row["id"]


def _configuration(reply: Reply) -> Row | None:
    try:
        body = relied_on(reply, what="the configuration")
    except NotTestable:
        return None
    found = body.get("model_config") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else None


def _id(reply: Reply) -> int:
    found = _configuration(reply)
    if found is None or not is_id(found.get("id")):
        raise NotTestable("needs the configuration's id in each reply of get_config_by_id")
    return int(found["id"])
