"""upload_and_convert: the parameters inside `conversion`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract import Release
from conformance.suite.acceptance import (
    OnnxUploads,
    assert_carried_out,
    assert_carried_out_or_refused,
    assert_not_carried_out,
)
from conformance.suite.assertions import follows
from conformance.suite.metadata import ABSENT, changed, client_keys, unusual
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded

Names = Callable[[str], str]

MISSING_OR_NULL = pytest.mark.parametrize("value", [pytest.param(ABSENT, id="missing"), pytest.param(None, id="null")])


@requirement("upload.conversion-required")
@MISSING_OR_NULL
def test_conversion_is_required(
    onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, value: Any
) -> None:
    """An upload without `conversion` is refused.

    Leave `conversion` out, or send null.
    Expect a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(changed(onnx_uploads.metadata(unique_name("unconverted")), "conversion", value))
    assert_not_carried_out(uploaded, what="an upload without conversion")


@requirement("upload.conversion-object")
def test_conversion_is_an_object(minimal_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names) -> None:
    """`conversion` is a JSON object that holds framework, python_version and requirements.

    Upload with `conversion` as the examples send it.
    Expect success, and the model to be there.
    """

    def as_string() -> Uploaded:
        metadata = onnx_uploads.metadata(unique_name("string"))
        return onnx_uploads.send(changed(metadata, "conversion", json.dumps(metadata["conversion"])))

    assert_carried_out(minimal_upload, what="an upload whose conversion is a JSON object", instead=as_string)


@requirement("upload.framework-required")
@MISSING_OR_NULL
def test_framework_is_required(
    onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, value: Any
) -> None:
    """An upload without a framework is refused.

    Leave `conversion.framework` out, or send null.
    Expect a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(
        changed(onnx_uploads.metadata(unique_name("frameless")), "conversion.framework", value)
    )
    assert_not_carried_out(uploaded, what="an upload without conversion.framework")


@requirement("upload.framework-enum")
def test_unknown_framework_is_refused(onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names) -> None:
    """A framework that the release doesn't know is refused.

    Name a framework that no release has.
    Expect a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(
        changed(onnx_uploads.metadata(unique_name("framework")), "conversion.framework", "no-such-framework")
    )
    assert_not_carried_out(uploaded, what="an upload with an unknown framework")


@requirement("upload.python-version-required")
def test_python_version_is_required(
    release: Release, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """An upload without a Python version is refused, or carried out where the version counts as optional.

    Leave `conversion.python_version` out.
    Expect a refusal that creates nothing, or a model that is there.
    """
    uploaded = onnx_uploads.send(
        changed(onnx_uploads.metadata(unique_name("python")), "conversion.python_version", ABSENT)
    )
    carried_out = assert_carried_out_or_refused(uploaded, what="an upload without conversion.python_version")
    follows(release.requirement("upload.python-version-required"), "optional" if carried_out else "refused")


@requirement("upload.client-conversion")
def test_conversion_of_the_releases_client_is_accepted(
    release: Release, client_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """`conversion` may have the keys that the release's client sends.

    Upload with the documented keys and those of the client, such as `arch` and `accel`.
    Expect success, and the model to be there.
    """

    def without_them() -> Uploaded:
        return onnx_uploads.send(unusual(release, onnx_uploads.metadata(unique_name("plain"))))

    keys = ", ".join(client_keys(release))
    assert_carried_out(client_upload, what=f"an upload whose conversion also has {keys}", instead=without_them)


@requirement("upload.requirements-required")
@MISSING_OR_NULL
def test_requirements_are_required(
    onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names, value: Any
) -> None:
    """An upload without `requirements` is refused.

    Leave `conversion.requirements` out, or send null.
    Expect a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(changed(onnx_uploads.metadata(unique_name("bare")), "conversion.requirements", value))
    assert_not_carried_out(uploaded, what="an upload without conversion.requirements")


@requirement("upload.requirements-empty-list")
def test_empty_requirements_are_accepted(
    minimal_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """The list of requirements may be empty.

    Upload with `requirements` as `[]`.
    Expect success, and the model to be there.
    """

    def with_one() -> Uploaded:
        return onnx_uploads.send(
            changed(onnx_uploads.metadata(unique_name("one")), "conversion.requirements", ["numpy"])
        )

    assert_carried_out(minimal_upload, what="an upload with an empty list of requirements", instead=with_one)


@requirement("upload.requirements-string")
def test_requirements_as_a_string(
    release: Release, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """The requirements may be a string, as the parameter table's type says.

    Send the string `[]` in place of the empty list.
    Expect a model that is there, or a refusal that creates nothing.
    """
    uploaded = onnx_uploads.send(changed(onnx_uploads.metadata(unique_name("string")), "conversion.requirements", "[]"))
    carried_out = assert_carried_out_or_refused(uploaded, what="an upload with requirements as a string")
    reading = "string accepted" if carried_out else "list only"
    follows(release.requirement("upload.requirements-string"), reading)
