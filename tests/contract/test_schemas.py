"""Schemas find the schema that judges a body, and enumerate what it describes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from conformance.contract import ENDPOINTS
from conformance.contract.schemas import FieldSpec, Schemas
from conformance.errors import UsageError

from .mutants import Segments
from .samples import REPLIES, REQUESTS, SCHEMAS


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        pytest.param("list", {"models": []}, id="no-models"),
        pytest.param("list_versions", [], id="no-versions"),
        pytest.param("get_config_by_id", {"model_config": None}, id="no-config"),
        pytest.param("get_config_by_id", {"model_config": {"id": 1, "runtime": "onnx"}}, id="bare-config"),
    ],
)
def test_a_reply_may_be_empty_where_the_documentation_allows(endpoint: str, body: Any) -> None:
    assert SCHEMAS.violations(endpoint, body) == []


@pytest.mark.parametrize(
    ("endpoint", "segments"),
    [
        pytest.param("list", ("models", 0, "name"), id="list-name"),
        pytest.param("list_versions", (0, "status"), id="list_versions-status"),
        pytest.param("get_by_id", ("model_config", "tensor_fields"), id="get_by_id-tensor_fields"),
        pytest.param("get_config_by_id", ("model_config", "filter_threshold"), id="get_config-threshold"),
    ],
)
def test_what_only_an_example_shows_may_be_missing(endpoint: str, segments: Segments) -> None:
    body = json.loads(json.dumps(REPLIES[endpoint]))
    parent = body
    for segment in segments[:-1]:
        parent = parent[segment]
    del parent[segments[-1]]
    assert SCHEMAS.violations(endpoint, body) == []


CONSTANTS: list[Any] = [{}, [], None, "ok", "", 0, True, {"status": "ok"}, {"msg": "x", "code": 200}]


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (endpoint, body)
        for endpoint in ENDPOINTS
        for body in CONSTANTS
        # No model may have matched, so an empty array is an answer of list_versions.
        if (endpoint, body) != ("list_versions", [])
    ],
)
def test_a_constant_answer_conforms_to_no_endpoint(endpoint: str, body: Any) -> None:
    assert not SCHEMAS.is_valid(endpoint, body)
    assert SCHEMAS.violations(endpoint, body) != []


@pytest.mark.parametrize("status", [400, 401, 404, 415, 418, 500, 503])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_refusal_is_judged_as_the_error_envelope(endpoint: str, status: int) -> None:
    assert SCHEMAS.violations(endpoint, {"msg": "no", "code": status, "source": "x"}, status) == []
    assert [item.path for item in SCHEMAS.violations(endpoint, REPLIES[endpoint], status)] != []
    assert [str(item) for item in SCHEMAS.violations(endpoint, {"msg": None}, status)] == [
        "code: missing",
        "msg: is null, but should be a string",
    ]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 302])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_any_lower_status_is_judged_as_the_success_body(endpoint: str, status: int) -> None:
    assert SCHEMAS.violations(endpoint, REPLIES[endpoint], status) == []
    assert SCHEMAS.violations(endpoint, {"msg": "no", "code": status}, status) != []


@pytest.mark.parametrize("call", ["violations", "is_valid", "request_violations"])
def test_an_unknown_endpoint_is_named_with_the_known_ones(call: str) -> None:
    with pytest.raises(UsageError, match=r"^unknown endpoint 'lists': choose one of upload_and_convert, list, "):
        getattr(SCHEMAS, call)("lists", {})


@pytest.mark.parametrize("body", [{"model_id": "x"}, {"models_pk_id": 1}, {"model_id": "x", "models_pk_id": 1}])
def test_versions_are_asked_for_by_either_key_or_both(body: dict[str, Any]) -> None:
    assert SCHEMAS.request_violations("list_versions", body) == []


@pytest.mark.parametrize("body", [{"id": 1}, {"model_id": 1}, {"id": 1, "model_id": 1}])
def test_a_model_is_asked_for_by_either_name_of_its_number(body: dict[str, Any]) -> None:
    assert SCHEMAS.request_violations("get", body) == []


def test_a_request_with_neither_key_names_both() -> None:
    assert [str(item) for item in SCHEMAS.request_violations("list_versions", {})] == [
        "the body: has none of 'model_id' or 'models_pk_id'"
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"workspace_id": "10"}, id="workspace-as-string"),
        pytest.param({"input_schema": "AAAA", "output_schema": "AAAA"}, id="schemas-on-top"),
        pytest.param({"input_schema": None}, id="schema-null"),
        pytest.param({"conversion": {"requirements": "[]"}}, id="requirements-as-string"),
        pytest.param({"conversion": {"requirements": ["numpy==1.26"]}}, id="requirements-listed"),
        pytest.param({"conversion": {"input_schema": "AAAA"}}, id="schemas-nested"),
        pytest.param({"conversion": {"arch": None}}, id="unknown-key"),
    ],
)
def test_both_readings_of_the_upload_are_accepted(change: dict[str, Any]) -> None:
    metadata = REQUESTS["upload_and_convert"]
    change = dict(change)
    conversion = metadata["conversion"] | change.pop("conversion", {})
    assert SCHEMAS.request_violations("upload_and_convert", metadata | {"conversion": conversion} | change) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"workspace_id": "ten"}, "workspace_id: is 'ten', but should be a number or a string of digits"),
        ({"workspace_id": True}, "workspace_id: is true, but should be a number or a string of digits"),
        ({"visibility": "Public"}, "visibility: is 'Public', but should be one of 'public' or 'private'"),
        ({"name": ""}, "name: has 0 characters, but should have at least 1"),
        ({"conversion": "{}"}, "conversion: is '{}', but should be an object"),
    ],
)
def test_a_wrong_upload_is_explained(change: dict[str, Any], expected: str) -> None:
    found = SCHEMAS.request_violations("upload_and_convert", REQUESTS["upload_and_convert"] | change)
    assert [str(item) for item in found] == [expected]


def test_a_long_enumeration_is_cut() -> None:
    metadata = REQUESTS["upload_and_convert"]
    wrong = metadata | {"conversion": metadata["conversion"] | {"framework": "caffe"}}
    (violation,) = SCHEMAS.request_violations("upload_and_convert", wrong)
    assert violation.message.startswith("is 'caffe', but should be one of 'custom', 'hugging-face-")
    assert violation.message.endswith(", …")


def test_fields_are_named_by_their_pointers() -> None:
    assert [field.pointer for field in SCHEMAS.field_pointers("upload_and_convert")] == [
        "",
        "insert_models",
        "insert_models.returning",
        "insert_models.returning[].models",
        "insert_models.returning[].models[].id",
    ]
    assert [field.pointer for field in SCHEMAS.field_pointers("list_versions")] == [
        "",
        "[].sha",
        "[].models_pk_id",
        "[].model_version",
        "[].owner_id",
        "[].model_id",
        "[].id",
        "[].file_name",
        "[].image_path",
        "[].status",
    ]


@pytest.mark.parametrize(
    ("endpoint", "pointer", "required", "types"),
    [
        ("list", "models", True, ("array",)),
        ("list", "models[].name", False, ("string",)),
        ("list", "models[].owner_id", True, ("string",)),
        ("get_by_id", "model_config", True, ("object", "null")),
        ("get_config_by_id", "model_config.tensor_fields", False, ("array", "object", "null")),
        ("get", "models[].image_path", True, ("string", "null")),
    ],
)
def test_a_field_tells_its_types(endpoint: str, pointer: str, required: bool, types: tuple[str, ...]) -> None:
    (field,) = [item for item in SCHEMAS.field_pointers(endpoint) if item.pointer == pointer]
    assert field == FieldSpec(pointer, required, types, field.schema)


def test_types_of_alternatives_are_joined() -> None:
    branches = [{"type": "string"}, {"type": ["integer", "string"]}]
    schemas = Schemas(_document({"type": "object", "properties": {"a": {"anyOf": branches}}}))
    assert schemas.field_pointers("op")[1].types == ("string", "integer")


# Building


def test_a_reference_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="#/components/schemas/Lost leads nowhere"):
        Schemas(_document({"$ref": "#/components/schemas/Lost"}))


def test_a_reference_in_a_circle_is_refused() -> None:
    document = _document({"$ref": "#/components/schemas/Loop"})
    document["components"]["schemas"]["Loop"] = {"items": {"$ref": "#/components/schemas/Loop"}}
    with pytest.raises(ValueError, match="#/components/schemas/Loop refers to itself"):
        Schemas(document)


def test_judging_a_conforming_body_imports_no_jsonschema() -> None:
    """Its import alone takes longer than all else that a judge needs."""
    code = (
        "import sys; from conformance.contract import load_release; "
        "assert load_release('2023.4').schemas.violations('list', {'models': []}) == []; "
        "print('jsonschema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def _document(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {
        "operationId": "op",
        "requestBody": content,
        "responses": {"200": content, "default": content},
    }
    return {"paths": {"/op": {"post": operation}}, "components": {"schemas": {}}}
