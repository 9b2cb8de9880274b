"""What the checks share: one uploaded model of each kind, and fields generated from the contract.

Session fixtures are made by whichever check needs them first, so no check depends on another having run.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract import Release, load_release
from conformance.instance.models import Models
from conformance.suite.acceptance import OnnxUploads
from conformance.suite.context import SuiteContext
from conformance.suite.probes import Probes
from conformance.suite.uploads import Uploaded, unique_file, upload


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One check a documented field: a function that takes `documented_field` in a module that names its ENDPOINT."""
    if "documented_field" in metafunc.fixturenames:
        release = load_release(metafunc.config.getoption("--release") or "2023.4")
        metafunc.parametrize(
            "documented_field",
            [
                pytest.param(field, id=field.id, marks=pytest.mark.requirement(field.id))
                for field in release.fields(metafunc.module.ENDPOINT)
            ],
        )


@pytest.fixture(scope="session")
def context(conformance_context: SuiteContext) -> SuiteContext:
    """The run's means, made by the plugin."""
    return conformance_context


@pytest.fixture(scope="session")
def release(context: SuiteContext) -> Release:
    """The contract that the instance is judged by."""
    return context.release


@pytest.fixture(scope="session")
def models(context: SuiteContext) -> Models:
    """The six endpoints, bound to the run's workspace."""
    return context.models()


@pytest.fixture
def unique_name(context: SuiteContext, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Model names that no other check uses: `unique_name("first")`."""
    scope = f"{request.module.__name__}::{request.node.name}"

    def name(label: str = "model") -> str:
        return context.name(scope, label)

    return name


@pytest.fixture(scope="session")
def onnx_upload(context: SuiteContext, models: Models) -> Uploaded:
    """A public ONNX model with one version, uploaded as the Requests example does. Only read it."""
    name = context.name("shared", "onnx")
    return upload(models, context.onnx_model, name, visibility="public", filename=name)


@pytest.fixture(scope="session")
def probes(context: SuiteContext, onnx_upload: Uploaded) -> Probes:
    """One valid request an endpoint about the shared ONNX model, each sent once with the run's token."""
    return Probes(context, onnx_upload)


@pytest.fixture(scope="session")
def onnx_uploads(context: SuiteContext, models: Models) -> OnnxUploads:
    """The ONNX model, to be uploaded under metadata of a check's own."""
    return OnnxUploads(context, models)


@pytest.fixture(scope="session")
def minimal_upload(context: SuiteContext, onnx_uploads: OnnxUploads) -> Uploaded:
    """A private ONNX model without requirements and schemas, as it was answered, be it a refusal. Only read it."""
    return onnx_uploads.send(onnx_uploads.metadata(context.name("shared", "minimal")))


@pytest.fixture(scope="session")
def pytorch_upload(context: SuiteContext, models: Models) -> Uploaded:
    """A private PyTorch model with both schemas and one version. Only read it."""
    return upload(models, context.pytorch_model, context.name("shared", "pytorch"), visibility="private")


@pytest.fixture(scope="session")
def two_versions(context: SuiteContext, models: Models) -> tuple[Uploaded, Uploaded]:
    """A model with two versions of different bytes and file names: the older, the newer. Only read it."""
    name = context.name("shared", "versions")
    older = upload(models, unique_file(context.onnx_model, "older"), name, filename=f"Older-{name}.onnx")
    older.created = older.listed()
    newer = upload(models, unique_file(context.onnx_model, "newer"), name)
    return older, newer
