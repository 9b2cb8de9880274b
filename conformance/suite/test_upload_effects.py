"""upload_and_convert: which model an upload adds to, and the runtime that it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.errors import NotJSON
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.acceptance import RECENT_MODELS, attempt, own_rows
from conformance.suite.assertions import describe, expect, follows
from conformance.suite.context import SuiteContext
from conformance.suite.listed import listed_models, rows
from conformance.suite.metadata import metadata_for
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded, details, is_id, unique_file

Names = Callable[[str], str]


@requirement("upload.same-name-new-version")
def test_same_name_makes_a_new_version(models: Models, two_versions: tuple[Uploaded, Uploaded]) -> None:
    """A second upload of a name makes a new version of the same model.

    Upload two files under one name into one workspace.
    Expect one model of that name, and the second file as a version of its own with another id.
    """
    older, newer = two_versions
    listed = models.list(older.workspace_id)
    versions = newer.versions_reply()
    shown = [row for row in rows(versions, None) if row.get("model_id") == newer.name]
    named = {row.get("id") for row in listed_models(models.release, listed) if row.get("name") == newer.name}
    model_ids = named or {row.get("models_pk_id") for row in shown}
    if not model_ids:
        raise NotTestable(f"neither list nor list_versions shows {newer.name!r}")
    expect(
        len(model_ids) == 1,
        expected="one model after two uploads of its name",
        actual=f"the models {sorted(model_ids, key=str)} have that name",
        replies=[newer.reply, listed, versions],
    )
    first, second = (next(own_rows(uploaded), {}).get("id") for uploaded in two_versions)
    expect(
        is_id(second) and first != second,
        expected="a version of the second file, with another id than the first one's",
        actual=f"the first file is shown as version {first}, the second as version {second}",
        replies=[newer.reply, versions],
    )


@requirement("upload.same-name-other-workspace")
def test_same_name_in_another_workspace_makes_another_model(
    context: SuiteContext, models: Models, unique_name: Names
) -> None:
    """The same name in another workspace makes another model.

    Upload one name into two workspaces.
    Expect two models with ids of their own.
    """
    elsewhere = context.models(workspace_id=context.second_workspace_id())
    name = unique_name("twice")
    here, there = (_one(context, target, name) for target in (models, elsewhere))
    ids = [_model_of(uploaded) for uploaded in (here, there)]
    expect(
        ids[0] != ids[1],
        expected=f"two models of the name in the workspaces {here.workspace_id} and {there.workspace_id}",
        actual=f"both uploads went to model {ids[0]}",
        replies=[here.reply, there.reply],
    )


@requirement("upload.distinct-names-distinct-models")
def test_another_name_makes_another_model(context: SuiteContext, models: Models, minimal_upload: Uploaded) -> None:
    """Another name in the same workspace makes another model.

    Upload under a name that begins with the name of a model that is already there.
    Expect two models with ids of their own.
    """
    uploaded = _one(context, models, f"{minimal_upload.name}-other")
    earlier, own = _model_of(minimal_upload), _model_of(uploaded)
    expect(
        own != earlier,
        expected=f"{uploaded.name!r} is another model than {minimal_upload.name!r}",
        actual=f"both uploads went to model {own}",
        replies=[minimal_upload.reply, uploaded.reply],
    )


def _one(context: SuiteContext, models: Models, name: str) -> Uploaded:
    file = unique_file(context.onnx_model, f"{name}-{models.workspace_id}")
    uploaded = attempt(models, file, metadata_for(file, name, models.workspace_id))
    if not uploaded.reply.is_success:
        raise NotTestable(f"needs an upload, but it was answered {describe(uploaded.reply)}")
    return uploaded


def _model_of(uploaded: Uploaded) -> int:
    """The id of the model that holds the file: by list_versions of its name, else by the newest listed models."""
    digest = uploaded.file.sha256
    for row in rows(uploaded.models.list_versions(model_id=uploaded.name, models_pk_id=0), None):
        if row.get("sha") == digest and is_id(row.get("models_pk_id")):
            return int(row["models_pk_id"])
    listed = listed_models(uploaded.models.release, uploaded.models.list(uploaded.workspace_id))
    ids = sorted((int(row["id"]) for row in listed if is_id(row.get("id"))), reverse=True)
    for model_id in ids[:RECENT_MODELS]:
        versions = rows(details(uploaded.models, model_id), "models")
        if any(row.get("sha") == digest for row in versions):
            return model_id
    raise NotTestable(f"the upload of {uploaded.name!r} is shown in no model")


@requirement("upload.native-onnx")
def test_onnx_model_runs_natively(onnx_upload: Uploaded) -> None:
    """An ONNX model runs in the native ONNX runtime.

    Upload an ONNX model and read its configuration.
    Expect the runtime `onnx`.
    """
    _assert_runtime(onnx_upload, ("onnx",))


@requirement("upload.pytorch-runtime")
def test_pytorch_model_runs_in_a_container_or_natively(release: Release, pytorch_upload: Uploaded) -> None:
    """A PyTorch model runs as `flight`, or as `onnx` once it has loaded natively.

    Upload a PyTorch model and read its configuration.
    Expect one of both runtimes.
    """
    runtime = _assert_runtime(pytorch_upload, ("flight", "onnx"))
    follows(release.requirement("upload.pytorch-runtime"), runtime)


def _assert_runtime(uploaded: Uploaded, accepted: tuple[str, ...]) -> str:
    """The model's runtime, as one of the two endpoints that show it has it, is an accepted one."""
    __tracebackhide__ = True
    seen: list[Any] = []
    replies = []
    for reply, runtime in _runtimes(uploaded):
        seen.append(runtime)
        replies.append(reply)
        if runtime in accepted:
            break
    if not seen:
        raise NotTestable(f"neither get_by_id nor get_config_by_id shows a runtime of {uploaded.name!r}")
    expect(
        seen[-1] in accepted,
        expected=f"{uploaded.file.framework} runs as {' or '.join(accepted)}",
        actual=f"its runtime is {seen[0]!r}",
        replies=replies,
    )
    return str(seen[-1])


def _runtimes(uploaded: Uploaded) -> Iterator[tuple[Reply, Any]]:
    """The runtimes that get_by_id and then get_config_by_id show. Nothing is asked before it is needed."""
    models = uploaded.models
    requests: tuple[Callable[[], Reply], ...] = (
        lambda: models.get_by_id(uploaded.model_id),
        lambda: models.get_config_by_id(uploaded.version_id),
        lambda: models.get_config_by_id(uploaded.model_id),
    )
    for number, send in enumerate(requests):
        reply = send()
        try:
            body = reply.json() if reply.is_success else None
        except NotJSON:
            continue
        config = body.get("model_config") if isinstance(body, dict) else None
        if isinstance(config, dict) and isinstance(config.get("runtime"), str):
            yield reply, config["runtime"]
            if number:
                return  # an instance that takes versions' ids would show another model's version for the model's id
