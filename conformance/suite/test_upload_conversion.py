"""upload_and_convert: how conversions end, of sound models and of those that lack something."""

from __future__ import annotations

import base64

import pytest

from conformance.contract import Release
from conformance.errors import ConformanceError, NotTestable
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.suite.acceptance import assert_carried_out_or_refused, attempt
from conformance.suite.assertions import describe, expect, follows
from conformance.suite.context import CONVERSION_BUDGET, SuiteContext
from conformance.suite.conversion import Conversions
from conformance.suite.metadata import ABSENT, changed, metadata_for
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded, unique_file

SIDES = ("input_schema", "output_schema")
NOT_BASE64 = "this is (not) base64!"
NOT_ARROW = base64.b64encode(b"base64 of something else than an Arrow schema").decode()


@pytest.fixture(scope="module")
def conversions(context: SuiteContext, models: Models) -> Conversions:
    """Every conversion that this module looks at, started before any of them is waited for."""
    started = Conversions(context)
    for label, model in (("onnx", context.onnx_model), ("pytorch", context.pytorch_model)):
        _start(started, f"sound-{label}", context, models, model)
        _start(started, f"truncated-{label}", context, models, _truncated(model))
    for side in SIDES:
        for case, value in (
            (f"no-{side}", ABSENT),
            (f"not-base64-{side}", NOT_BASE64),
            (f"not-arrow-{side}", NOT_ARROW),
        ):
            _start(started, case, context, models, context.pytorch_model, (side, value))
    return started


def _start(
    started: Conversions,
    case: str,
    context: SuiteContext,
    models: Models,
    model: ModelFile,
    change: tuple[str, object] | None = None,
) -> None:
    name = context.name("conversion", case.replace("_", "-"))
    try:
        file = model if case.startswith("truncated") else unique_file(model, name)
        metadata = metadata_for(file, name, models.workspace_id)
        started.start(case, attempt(models, file, changed(metadata, *change) if change else metadata))
    except ConformanceError as failure:
        started.start(case, failure)


def _truncated(model: ModelFile) -> ModelFile:
    content = b"".join(model.chunks())
    return ModelFile.from_bytes(
        content[: len(content) * 2 // 3],
        framework=model.framework,
        file_name=f"truncated-{model.file_name}",
        input_schema=model.input_schema,
        output_schema=model.output_schema,
    )


def _assert_fails(conversions: Conversions, case: str, *, what: str, may_load_natively: bool = False) -> str:
    """The upload is refused, or its conversion ends in error. Returns which of the readings it was."""
    __tracebackhide__ = True
    uploaded = conversions.uploaded(case)
    if not assert_carried_out_or_refused(uploaded, what=what):
        return "refused"
    outcome = conversions.outcome(uploaded)
    if outcome is None:
        raise NotTestable(f"the conversion of {uploaded.name!r} didn't end within {CONVERSION_BUDGET:g} s")
    native = outcome == "ready" and may_load_natively and _runtime(uploaded) == "onnx"
    expect(
        outcome == "error" or native,
        expected=f"{what} is refused, or its conversion ends in error",
        actual=f"it became {outcome}",
        replies=[uploaded.reply, uploaded.versions_reply()],
    )
    return "native load" if native else "conversion error"


def _runtime(uploaded: Uploaded) -> object:
    reply = uploaded.models.get_by_id(uploaded.model_id)
    body = reply.json() if reply.is_success else None
    config = body.get("model_config") if isinstance(body, dict) else None
    return config.get("runtime") if isinstance(config, dict) else None


@requirement("upload.input-schema-needed")
def test_containerized_model_needs_an_input_schema(
    release: Release, pytorch_upload: Uploaded, conversions: Conversions
) -> None:
    """A containerized model without an input schema doesn't become ready.

    Upload a PyTorch model with its output schema alone.
    Expect a refusal, a conversion that ends in error, or a native load.
    """
    what = "an upload of a PyTorch model without input_schema"
    reading = _assert_fails(conversions, "no-input_schema", what=what, may_load_natively=True)
    follows(release.requirement("upload.input-schema-needed"), reading)


@requirement("upload.output-schema-needed")
def test_containerized_model_needs_an_output_schema(
    release: Release, pytorch_upload: Uploaded, conversions: Conversions
) -> None:
    """A containerized model without an output schema doesn't become ready.

    Upload a PyTorch model with its input schema alone.
    Expect a refusal, a conversion that ends in error, or a native load.
    """
    what = "an upload of a PyTorch model without output_schema"
    reading = _assert_fails(conversions, "no-output_schema", what=what, may_load_natively=True)
    follows(release.requirement("upload.output-schema-needed"), reading)


@requirement("upload.schema-not-base64")
@pytest.mark.parametrize("side", SIDES)
def test_schema_that_is_not_base64_fails(pytorch_upload: Uploaded, conversions: Conversions, side: str) -> None:
    """A schema that isn't base64 doesn't pass unnoticed.

    Upload a PyTorch model with a line of text as one of its schemas.
    Expect a refusal, or a conversion that ends in error.
    """
    _assert_fails(conversions, f"not-base64-{side}", what=f"an upload whose {side} isn't base64")


@requirement("upload.schema-not-arrow")
@pytest.mark.parametrize("side", SIDES)
def test_schema_that_is_not_arrow_fails(pytorch_upload: Uploaded, conversions: Conversions, side: str) -> None:
    """A schema that is base64 of something else doesn't pass unnoticed.

    Upload a PyTorch model with the base64 of a line of text as one of its schemas.
    Expect a refusal, or a conversion that ends in error.
    """
    _assert_fails(conversions, f"not-arrow-{side}", what=f"an upload whose {side} isn't an Arrow schema")


@requirement("upload.conversion-settles")
@pytest.mark.parametrize("label", ["onnx", "pytorch"])
def test_conversion_settles(conversions: Conversions, label: str) -> None:
    """A conversion comes to an end.

    Upload a sound model and follow its status.
    Expect `ready` or `error` within the budget, which is ours.
    """
    uploaded = conversions.uploaded(f"sound-{label}")
    if not uploaded.reply.is_success:
        raise NotTestable(f"needs an uploaded model, but the upload was answered {describe(uploaded.reply)}")
    outcome = conversions.outcome(uploaded)
    expect(
        outcome is not None,
        expected=f"the status becomes ready or error within {CONVERSION_BUDGET:g} s",
        actual="the conversion still goes on",
        replies=[uploaded.reply, uploaded.versions_reply()],
    )


@requirement("upload.broken-file-is-no-ready-model")
@pytest.mark.parametrize("label", ["onnx", "pytorch"])
def test_truncated_file_fails(onnx_upload: Uploaded, conversions: Conversions, label: str) -> None:
    """A model file that is cut short doesn't become a ready model.

    Upload the first two thirds of a sound file.
    Expect a refusal, or a conversion that ends in error.
    """
    _assert_fails(conversions, f"truncated-{label}", what=f"an upload of a truncated {label} file")
