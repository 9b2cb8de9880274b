"""What the checks share: one uploaded model of each kind, and fields generated from the contract.

Session fixtures are made by whichever check needs them first, so no check depends on another having run.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from _pytest.mark.structures import ParameterSet

from conformance.contract import Release, load_release
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.acceptance import OnnxUploads
from conformance.suite.configured import VersionReplies
from conformance.suite.context import RELEASE, SuiteContext
from conformance.suite.metadata import as_client, documented_file_name, unusual
from conformance.suite.probes import Probes, is_documented
from conformance.suite.refusals import Refusals
from conformance.suite.schema_uploads import SchemaUploads
from conformance.suite.uploads import Uploaded, unique_file, upload

EACH_ENDPOINT = "each_endpoint"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that `pytest_generate_tests` reads."""
    config.addinivalue_line(
        "markers",
        f"{EACH_ENDPOINT}(kind, own=None): one check an endpoint of the release: probed (the upload and reads), reads, "
        "documented (reads that the documentation shows), or asking (reads that need a parameter); "
        "`own` ends the id of the endpoint's own requirement, if it has one",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One check a documented field, or one an endpoint, of the release that the checks are collected for.

    A function that takes `documented_field` stands in a module that names its ENDPOINT; one that is marked
    `each_endpoint` takes `endpoint`.
    """
    release = _release_of(metafunc.config)
    if "documented_field" in metafunc.fixturenames:
        metafunc.parametrize(
            "documented_field",
            [
                pytest.param(field, id=field.id, marks=pytest.mark.requirement(field.id))
                for field in release.fields(metafunc.module.ENDPOINT)
            ],
        )
    for mark in metafunc.definition.iter_markers(EACH_ENDPOINT):
        metafunc.parametrize("endpoint", each_endpoint(release, *mark.args, **mark.kwargs))


def each_endpoint(release: Release, kind: str, own: str | None = None) -> list[ParameterSet]:
    """The endpoints of a kind as parameters, each with the requirement of its own that ends so.

    Raises ValueError where an endpoint has no such requirement: check and contract have come apart.
    """
    documented = tuple(name for name in release.reads if is_documented(release, name))
    names = {"probed": release.probed, "reads": release.reads, "documented": documented, "asking": _asking(release)}[
        kind
    ]
    return [pytest.param(name, id=name, marks=_own_mark(release, name, own)) for name in names]


def _asking(release: Release) -> tuple[str, ...]:
    """The reading endpoints that need a parameter. list_versions, with its either-or, has checks of its own."""
    schemas = {name: release.schemas.request_schema(name) for name in release.reads if name != "list_versions"}
    return tuple(name for name, schema in schemas.items() if schema.get("required") or schema.get("anyOf"))


def _own_mark(release: Release, endpoint: str, own: str | None) -> tuple[pytest.MarkDecorator, ...]:
    if own is None:
        return ()
    found = [r.id for r in release.requirements.values() if r.endpoint == endpoint and r.id.endswith(f".{own}")]
    if len(found) != 1:
        raise ValueError(f"release {release.id} has {len(found)} requirements of {endpoint} that end in .{own}")
    return (pytest.mark.requirement(*found),)


def _release_of(config: pytest.Config) -> Release:
    """The release that the checks are collected for; the first one where nothing says."""
    return config.stash.get(RELEASE, load_release)()


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
    """The release's endpoints, bound to the run's workspace."""
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
    filename = documented_file_name(context.release, context.onnx_model, name)
    return upload(models, context.onnx_model, name, visibility="public", filename=filename)


@pytest.fixture(scope="session")
def probes(context: SuiteContext, onnx_upload: Uploaded) -> Probes:
    """One valid request an endpoint about the shared ONNX model, each sent once with the run's token."""
    return Probes(context, onnx_upload)


@pytest.fixture(scope="session")
def refusals(context: SuiteContext, onnx_upload: Uploaded, probes: Probes) -> Refusals:
    """Requests that can't be served, each sent once, to an instance that has proven to serve those that can."""
    return Refusals(context, onnx_upload, probes)


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
def client_upload(context: SuiteContext, onnx_uploads: OnnxUploads) -> Uploaded:
    """An ONNX model uploaded as the release's client does, with another Python version and a requirement.

    As it was answered, be it a refusal. Only read it.
    """
    metadata = unusual(context.release, onnx_uploads.metadata(context.name("shared", "client")))
    return onnx_uploads.send(as_client(context.release, metadata))


@pytest.fixture(scope="session")
def schema_uploads(context: SuiteContext, models: Models) -> SchemaUploads:
    """Uploads that differ in nothing but their Arrow schema, each made once."""
    return SchemaUploads(context, models)


@pytest.fixture(scope="session")
def neighbour_upload(context: SuiteContext, models: Models, onnx_upload: Uploaded) -> Uploaded:
    """A model whose name goes on where the shared ONNX model's name ends. Only read it."""
    return upload(models, context.onnx_model, f"{onnx_upload.name}-b")


@pytest.fixture(scope="session")
def version_replies(probes: Probes, onnx_upload: Uploaded) -> VersionReplies:
    """What get_version_by_id says of the shared models, each asked once."""
    return VersionReplies(probes, onnx_upload)


@pytest.fixture(scope="session")
def whole_listing(
    models: Models,
    onnx_upload: Uploaded,
    pytorch_upload: Uploaded,
    two_versions: tuple[Uploaded, Uploaded],
    client_upload: Uploaded,
) -> Reply:
    """The workspace's list with all of the shared models in it."""
    return models.list(onnx_upload.workspace_id)


@pytest.fixture(scope="session")
def two_versions(context: SuiteContext, models: Models) -> tuple[Uploaded, Uploaded]:
    """A model with two versions of different bytes and file names: the older, the newer. Only read it."""
    name = context.name("shared", "versions")
    older = upload(models, unique_file(context.onnx_model, "older"), name, filename=f"Older-{name}.onnx")
    older.created = older.listed()
    newer = upload(models, unique_file(context.onnx_model, "newer"), name)
    return older, newer
