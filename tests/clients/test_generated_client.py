"""The vendor's own generated client of release 2023.4.0 drives the embedded instance; typed replies, parsed.

`tox -e clients` unpacks the vendor's wheel and puts its folder on the path; only `httpx`, `attrs` and `python-dateutil`
are installed beside it, and only the generated package is imported.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import types
from pathlib import Path

import pytest

from conformance import fixtures
from conformance.mock import MockInstance

ROOT = "wallaroo.wallaroo_ml_ops_api_client"


def generated_package() -> types.ModuleType:
    """The generated client out of the unpacked wheel, without running the SDK's own `__init__`, which needs pandas."""
    folder = os.environ.get("WALLAROO_CLIENT_WHEEL")
    if not folder or not (Path(folder) / "wallaroo" / "wallaroo_ml_ops_api_client").is_dir():
        pytest.skip("WALLAROO_CLIENT_WHEEL doesn't name the unpacked wheel of wallaroo 2023.4.0; run tox -e clients")
    for needed in ("httpx", "attr", "dateutil"):
        pytest.importorskip(needed, reason=f"the vendor's client needs {needed}; run tox -e clients")
    parent = types.ModuleType("wallaroo")
    parent.__path__ = [str(Path(folder) / "wallaroo")]
    sys.modules["wallaroo"] = parent
    return importlib.import_module(ROOT)


class Client:
    """The generated functions by name, each called with its request object; asserts the reply was parsed."""

    def __init__(self, url: str, token: str) -> None:
        client = importlib.import_module(f"{ROOT}.client")
        self._client = client.AuthenticatedClient(base_url=url, token=token, timeout=30.0)

    def _type(self, module: str, name: str) -> type:
        return getattr(importlib.import_module(f"{ROOT}.models.{module}"), name)

    def call(self, function: str, module: str, name: str, **fields: object) -> object:
        request = self._type(module, name)(**fields)
        response = self.detailed(function, json_body=request)
        assert response.parsed is not None, (function, response.status_code, response.content)
        return response.parsed

    def detailed(self, function: str, **body: object) -> object:
        api = importlib.import_module(f"{ROOT}.api.{function}")
        return api.sync_detailed(client=self._client, **body)

    def upload(self, function: str, name: str, workspace_id: int, fixture: fixtures.Fixture) -> object:
        conversion = self._type("conversion", "Conversion")(
            framework=self._type("framework", "Framework")(fixture.framework), requirements=[]
        )
        metadata = self._type("upload_request", "UploadRequest")(
            name=name,
            visibility="private",
            workspace_id=workspace_id,
            conversion=conversion,
            input_schema=fixture.input_schema,
            output_schema=fixture.output_schema,
        )
        file = importlib.import_module(f"{ROOT}.types").File(
            payload=io.BytesIO(fixture.path.read_bytes()),
            file_name=fixture.path.name,
            mime_type="application/octet-stream",
        )
        payload = self._type("upload_payload_doc", "UploadPayloadDoc")(file=file, metadata=metadata)
        response = self.detailed(function, multipart_data=payload)
        assert response.parsed is not None, (response.status_code, response.content)
        return response.parsed.insert_models.returning[0].models[0].id


@pytest.fixture(scope="module")
def mock():
    generated_package()
    with MockInstance() as instance:
        yield instance


@pytest.fixture
def client(mock):
    return Client(mock.url, mock.token)


@pytest.mark.parametrize("name", ["fraud_classifier", "multi_io"])
@pytest.mark.parametrize("function", ["model.models_upload_and_convert", "model.models_upload"])
def test_every_endpoint_answers_what_the_client_can_parse(mock, client, function, name):
    fixture = fixtures.load(name)
    model_name = f"vendor-{name.replace('_', '-')}-{function[-7:].replace('_', '-')}"
    version_id = client.upload(function, model_name, mock.workspace_id, fixture)

    listed = client.call(
        "model.models_list", "models_list_json_body", "ModelsListJsonBody", workspace_id=mock.workspace_id
    )
    model = next(m for m in listed.models if m.name == model_name)
    details = client.call(
        "model.v1_model_get_model_by_id",
        "v1_model_get_model_by_id_json_body",
        "V1ModelGetModelByIdJsonBody",
        id=model.id,
    )
    versions = client.call(
        "model.models_list_versions",
        "models_list_versions_json_body",
        "ModelsListVersionsJsonBody",
        model_id=model_name,
        models_pk_id=model.id,
    )
    config = client.call(
        "model.v1_model_get_config", "v1_model_get_config_json_body", "V1ModelGetConfigJsonBody", model_id=version_id
    )
    whole = client.call("model.models_get", "models_get_json_body", "ModelsGetJsonBody", id=model.id)
    version = client.call(
        "model.get_model_version_by_id", "get_model_by_id_request", "GetModelByIdRequest", model_version_id=version_id
    )

    assert (details.id, details.name, details.workspace_id) == (model.id, model_name, mock.workspace_id)
    assert [(v.id, v.sha, v.file_name) for v in versions] == [(version_id, fixture.sha256, fixture.path.name)]
    assert config.model_config.id == details.model_config.id
    assert [v.id for v in whole.models] == [version_id]
    assert version.model_version.model_version.file_info.sha == fixture.sha256
    assert version.model_version.config.id == config.model_config.id


def test_a_refusal_is_parsed_into_the_clients_error_type(client):
    request = client._type("models_get_json_body", "ModelsGetJsonBody")(id=2_000_000_000)
    response = client.detailed("model.models_get", json_body=request)
    assert int(response.status_code) == 400
    assert response.parsed.code == 400
    assert isinstance(response.parsed.msg, str)


def test_a_missing_token_is_parsed_into_the_clients_error_type(mock):
    client = Client(mock.url, "not-a-token")
    request = client._type("models_list_json_body", "ModelsListJsonBody")(workspace_id=mock.workspace_id)
    response = client.detailed("model.models_list", json_body=request)
    assert (int(response.status_code), response.parsed.code) == (401, 401)


def test_workspaces_can_be_made_and_listed(client):
    made = client.call(
        "workspace.workspaces_create",
        "workspaces_create_json_body",
        "WorkspacesCreateJsonBody",
        workspace_name="vendor",
    )
    listed = client.call("workspace.workspaces_list", "workspaces_list_json_body", "WorkspacesListJsonBody")
    assert made.workspace_id in [workspace.id for workspace in listed.workspaces]
