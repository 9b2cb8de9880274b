"""The document of the calls beside the model endpoints: valid OpenAPI, and as sharp as a contract's."""

from __future__ import annotations

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.contract.companions import companion_document, companion_schemas, companions

USER = {"id": "f2a8c3bf-a55f-4048-803c-196e7ef97774", "username": "a", "enabled": True, "createdTimestamp": 1}
WORKSPACE = {
    "id": 1,
    "name": "a",
    "created_at": "2023-04-25T21:50:28.682984+00:00",
    "archived": False,
    "created_by": USER["id"],
    "models": [1],
    "pipelines": [],
}
CONFIG = {
    "id": 1,
    "model_version_id": 2,
    "runtime": "onnx",
    "filter_threshold": None,
    "tensor_fields": ["x"],
    "input_schema": None,
    "output_schema": None,
    "batch_config": None,
}
UPLOADED = {"insert_models": {"returning": [{"models": [{"id": 3}]}]}}
GOOD = {
    "workspaces/create": {"workspace_id": 1},
    "workspaces/list": {"workspaces": [WORKSPACE]},
    "workspaces/list_users": {"users": [{"user_id": USER["id"], "user_type": "OWNER"}]},
    "workspaces/add_user": {},
    "workspaces/remove_user": {"affected_rows": 0},
    "users/query": {"users": {USER["id"]: USER}},
    "users/invite": {"id": USER["id"], "password": "x"},
    "users/activate": {},
    "users/deactivate": {},
    "models/upload": UPLOADED,
    "models/upload_stream": UPLOADED,
    "models/upload_from_registry": {"model_id": 1},
    "models/insert_model_config": {"model_config": CONFIG},
    "features/list": {"features": {"plateau": "true"}, "name": "Wallaroo Dev", "is_auth_enabled": True},
    "token": {"access_token": "a", "expires_in": 60, "token_type": "Bearer"},
}


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(companion_document()).validate()


def test_the_paths_are_those_of_the_names() -> None:
    assert list(companions()) == list(GOOD)
    for name, path in companions().items():
        assert path.endswith(f"/{name}")


@pytest.mark.parametrize("name", GOOD)
def test_a_reply_as_recorded_conforms(name: str) -> None:
    assert companion_schemas().violations(name, GOOD[name]) == []


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("wrong", [None, [], "text", {"unexpected": 1}], ids=repr)
def test_a_reply_of_another_shape_doesnt(name: str, wrong: object) -> None:
    assert companion_schemas().violations(name, wrong)


@pytest.mark.parametrize("name", GOOD)
def test_a_reply_without_one_of_its_fields_doesnt(name: str) -> None:
    required = companion_schemas().response_schema(name).get("required", [])
    for field in required:
        without = {key: value for key, value in GOOD[name].items() if key != field}
        assert [v.path for v in companion_schemas().violations(name, without)] == [field]


def test_a_users_own_fields_are_judged_under_the_id() -> None:
    (violation,) = companion_schemas().violations("users/query", {"users": {"a": {**USER, "enabled": "yes"}}})
    assert violation.path == "users.a.enabled"
