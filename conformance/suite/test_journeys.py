"""The documentation walked from its first example to its last, with one model a walk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import NotTestable
from conformance.instance.errors import NotJSON
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.reply import Reply
from conformance.suite.acceptance import attempt
from conformance.suite.assertions import describe, expect, show
from conformance.suite.context import SuiteContext
from conformance.suite.curl import Curl
from conformance.suite.listed import models_in
from conformance.suite.metadata import metadata_for
from conformance.suite.probes import Probes, is_documented
from conformance.suite.requirement import requirement
from conformance.suite.rows import objects
from conformance.suite.uploads import Uploaded, details, is_id, returned_ids, unique_file

CURL_OPTIONS = {
    "list": "--data",
    "get_by_id": "--data",
    "list_versions": "-d",
    "get_config_by_id": "-d",
    "get": "-d",
}
"""How each documented curl read gives its body. Source: documentation, the curl example of each endpoint."""

MODEL_FIELDS = ("id", "name", "owner_id", "created_at")
VERSION_FIELDS = ("sha", "models_pk_id", "model_version", "owner_id", "model_id", "id", "file_name")
"""Documented fields that stay as they are while a conversion runs; its end may move the others."""


@requirement("journey.onnx")
def test_onnx_model_can_be_uploaded_listed_and_read(
    context: SuiteContext, models: Models, unique_name: Callable[[], str]
) -> None:
    """An ONNX model goes through all endpoints that the release documents, in the documented order.

    Upload, list, get_by_id, list_versions, get_config_by_id, get; those that have an example.
    Expect the uploaded model in each, by the ids that the steps before told.
    """
    _walk(models, unique_file(context.onnx_model, "journey"), unique_name(), visibility="public")


@requirement("journey.pytorch")
def test_pytorch_model_with_schemas_can_be_uploaded_listed_and_read(
    context: SuiteContext, models: Models, unique_name: Callable[[], str]
) -> None:
    """A PyTorch model with schemas goes through all endpoints that the release documents, in the documented order.

    Upload with both schemas, list, get_by_id, list_versions, get_config_by_id, get; those that have an example.
    Expect the uploaded model in each, by the ids that the steps before told.
    """
    _walk(models, unique_file(context.pytorch_model, "journey"), unique_name(), visibility="private")


@requirement("journey.curl")
@pytest.mark.each_endpoint("documented")
def test_curl_read_answers_as_requests_does(
    endpoint: str, models: Models, onnx_upload: Uploaded, probes: Probes, tmp_path: Path
) -> None:
    """A documented curl read answers what the same read through the Requests library answers.

    Send one body with both clients.
    Expect the same documented fields of the uploaded model, whatever their order.
    """
    plain = _stable(endpoint, _json(probes.accepted(endpoint)), onnx_upload)
    if not plain:
        raise NotTestable(f"needs {endpoint} to show {onnx_upload.name!r} through the Requests library")
    text = json.dumps(probes.body(endpoint))

    reply = Curl(models.session, models.release, tmp_path).post_json(endpoint, text, option=CURL_OPTIONS[endpoint])

    shown = _stable(endpoint, _json(reply), onnx_upload) if reply.is_success else None
    expect(
        shown == plain,
        expected=f"{endpoint} tells curl what it tells the Requests library, {show(plain)}",
        actual=f"curl was told {show(shown)}" if shown else f"curl was answered {describe(reply)}",
        replies=[probes.accepted(endpoint), reply],
    )


def _walk(models: Models, file: ModelFile, name: str, *, visibility: str) -> None:
    """The documented endpoints in the order of the documentation. Each step uses what the steps before it told."""
    __tracebackhide__ = True
    metadata = metadata_for(file, name, models.workspace_id, visibility=visibility)
    uploaded = attempt(models, file, metadata)
    returned = returned_ids(uploaded.reply)
    _step(uploaded.reply, bool(returned) and is_id(returned[0]), f"the upload of {name!r} is answered with an id")
    version_id = int(returned[0])

    listing = models.list()
    named = [row for row in models_in(models.release, _json(listing)) if row.get("name") == name]
    right = bool(named) and is_id(named[0].get("id"))
    _step(listing, right, f"the list shows {name!r} with an id")
    model_id = int(named[0]["id"])

    told = None
    if is_documented(models.release, "get_by_id"):
        by_id = models.get_by_id(model_id)
        told = _json(by_id)
        right = _at(told, "id") == model_id and _at(told, "name") == name
        _step(by_id, right, f"get_by_id of {model_id} shows {name!r}")

    versions = models.list_versions(model_id=name, models_pk_id=model_id)
    right = _has_version(_json(versions), version_id)
    _step(versions, right, f"list_versions of {name!r} shows version {version_id}")

    wanted = _at(told, "model_config", "id")
    config = models.get_config_by_id(version_id)
    if not _is_config(config, wanted):
        config = models.get_config_by_id(model_id)
    identity = "a configuration" if wanted is None else f"configuration {wanted}, as get_by_id does"
    _step(config, _is_config(config, wanted), f"get_config_by_id of {name!r} shows {identity}")

    if is_documented(models.release, "get"):
        whole = details(models, model_id)
        body = _json(whole)
        right = _at(body, "name") == name and _has_version(_at(body, "models"), version_id)
        _step(whole, right, f"get of {model_id} shows {name!r} with version {version_id}")


def _step(reply: Reply, holds: bool, expected: str) -> None:
    __tracebackhide__ = True
    expect(reply.is_success and holds, expected=expected, actual=describe(reply), replies=[reply])


def _is_config(reply: Reply, wanted: Any) -> bool:
    """Whether the reply holds a configuration: the wanted one, or any where get_by_id showed none."""
    shown = _at(_json(reply), "model_config", "id")
    return reply.is_success and is_id(shown) and (wanted is None or shown == wanted)


def _has_version(body: Any, version_id: Any) -> bool:
    return any(row.get("id") == version_id for row in objects(body))


def _at(body: Any, *path: str) -> Any:
    """What stands at a path of keys, None where the path breaks off."""
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _json(reply: Reply) -> Any:
    try:
        return reply.json()
    except NotJSON:
        return None


def _stable(endpoint: str, body: Any, uploaded: Uploaded) -> Any:
    """The part of a reply that two reads of the uploaded model must agree on; empty where it isn't shown."""
    if endpoint == "list":
        named = [row for row in models_in(uploaded.models.release, body) if row.get("name") == uploaded.name]
        return _only(named, MODEL_FIELDS)
    if endpoint == "list_versions":
        return _only([row for row in objects(body) if row.get("model_id") == uploaded.name], VERSION_FIELDS)
    if endpoint == "get_config_by_id":
        return _only([_at(body, "model_config")], ("id",))
    if not isinstance(body, dict) or body.get("name") != uploaded.name:
        return []
    if endpoint == "get_by_id":
        return _only([body], (*MODEL_FIELDS, "workspace_id"))
    return _only([body], MODEL_FIELDS) + _only(objects(body.get("models")), VERSION_FIELDS)


def _only(found: list[Any], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    kept = [{name: row.get(name) for name in fields} for row in found if isinstance(row, dict)]
    return sorted(kept, key=lambda row: json.dumps(row, sort_keys=True))
