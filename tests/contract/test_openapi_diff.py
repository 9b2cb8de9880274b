"""What differs between two documents, and what of it an instance's own document does otherwise than its contract."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import load_release, release_ids
from conformance.contract.openapi_diff import Difference, deviations, differences

OWN = Path(__file__).resolve().parents[3] / "shared" / "evidence" / "openapi-2025.2.0.json"
PATH = "/v1/api/models/list"


def document(response: Any = None, request: Any = None, statuses: tuple[str, ...] = ("200",)) -> dict[str, Any]:
    reply = {"content": {"application/json": {"schema": response or {}}}}
    body = {"content": {"application/json": {"schema": request or {}}}}
    return {"paths": {PATH: {"post": {"requestBody": body, "responses": dict.fromkeys(statuses, reply)}}}}


def having(**properties: Any) -> dict[str, Any]:
    required = [name for name, schema in properties.items() if schema.pop("needed", False)]
    return {"type": "object", "required": required, "properties": properties}


def reply(**properties: Any) -> dict[str, Any]:
    return document(having(**copy.deepcopy(properties)))


def request(**properties: Any) -> dict[str, Any]:
    return document(request=having(**copy.deepcopy(properties)))


def told(found: tuple[Difference, ...]) -> list[tuple[Any, ...]]:
    return [(one.kind, one.pointer, one.old, one.new) for one in found]


STRING, NULLABLE = {"type": "string"}, {"type": ["string", "null"]}


@pytest.mark.parametrize("name", release_ids())
def test_a_document_doesnt_differ_from_itself(name: str) -> None:
    openapi = load_release(name).openapi
    assert differences(openapi, openapi) == ()
    assert deviations(openapi, openapi) == ()


def test_an_endpoint_that_one_lacks_is_one_difference() -> None:
    assert told(differences(document(), {"paths": {}})) == [("endpoint", "", ("present",), ())]
    assert told(differences({"paths": {}}, document())) == [("endpoint", "", (), ("present",))]


def test_a_field_with_all_that_is_in_it_is_one_difference() -> None:
    inner = {"type": "object", "properties": {"x": STRING, "y": {"type": "array", "items": having(z=STRING)}}}
    assert told(differences(reply(a=STRING, b=inner), reply(a=STRING))) == [("field", "b", ("object",), ())]
    assert told(differences(reply(a=STRING), reply(a=STRING, b=inner))) == [("field", "b", (), ("object",))]


def test_types_need_and_values_are_told_apart() -> None:
    old = reply(a=STRING | {"needed": True}, b={"enum": ["x", "y"]}, c={"enum": ["x"]})
    new = reply(a=NULLABLE, b={"enum": ["y", "z"]}, c=STRING)
    assert told(differences(old, new)) == [
        ("type", "a", ("string",), ("string", "null")),
        ("required", "a", ("required",), ("optional",)),
        ("values", "b", ("x",), ("z",)),
        ("values", "c", ("x",), ("any",)),
    ]


def test_statuses_are_told() -> None:
    assert told(differences(document(statuses=("200", "409")), document(statuses=("200", "507")))) == [
        ("status", "", ("409",), ()),
        ("status", "", (), ("507",)),
    ]


@pytest.mark.parametrize(
    ("contract", "own"),
    [
        (reply(a=NULLABLE), reply(a=STRING)),
        (reply(a={"type": "number"}), reply(a={"type": "integer"})),
        (reply(a=STRING), reply(a=STRING | {"needed": True})),
        (reply(a=STRING), reply(a={"enum": ["x"]})),
        (reply(a={"enum": ["x", "y"]}), reply(a={"enum": ["x"]})),
        (reply(a={"type": "object"}), reply(a=having(b=STRING))),
        (
            reply(a={"type": "array", "items": {"type": "object"}}),
            reply(a={"type": "array", "items": having(b=STRING)}),
        ),
        (reply(a=STRING), reply(a={})),
        (request(a=STRING), request(a=NULLABLE)),
        (request(a={"type": "integer"}), request(a={"type": "number"})),
        (request(a=STRING | {"needed": True}), request(a=STRING)),
        (request(a={"enum": ["x"]}), request(a=STRING)),
        (document(statuses=("200", "400", "507")), document()),
    ],
)
def test_what_keeps_the_contract_is_no_deviation(contract: Any, own: Any) -> None:
    assert differences(contract, own)
    assert deviations(contract, own) == ()


@pytest.mark.parametrize(
    ("contract", "own", "expected"),
    [
        (reply(a=STRING), reply(a=NULLABLE), ("type", "a", ("string",), ("string", "null"))),
        (reply(a={"type": "integer"}), reply(a={"type": "number"}), ("type", "a", ("integer",), ("number",))),
        (reply(a=STRING | {"needed": True}), reply(a=STRING), ("required", "a", ("required",), ("optional",))),
        (reply(a={"enum": ["x"]}), reply(a={"enum": ["x", "y"]}), ("values", "a", (), ("y",))),
        (reply(a={"enum": ["x"]}), reply(a={"type": "string"}), ("values", "a", ("x",), ("any",))),
        (reply(a=STRING), reply(a=STRING, b=STRING), ("field", "b", (), ("string",))),
        (reply(a=STRING, b=STRING), reply(a=STRING), ("field", "b", ("string",), ())),
        (request(a=NULLABLE), request(a=STRING), ("type", "a", ("string", "null"), ("string",))),
        (request(a=STRING), request(a=STRING | {"needed": True}), ("required", "a", ("optional",), ("required",))),
        (request(a={"enum": ["x"]}), request(a={"enum": ["x", "y"]}), ("values", "a", (), ("y",))),
        (request(a={"enum": ["x", "y"]}), request(a={"enum": ["x"]}), ("values", "a", ("y",), ())),
        (document(), document(statuses=("200", "418")), ("status", "", (), ("418",))),
    ],
)
def test_what_goes_beyond_the_contract_or_falls_short_of_it_is_one(contract: Any, own: Any, expected: Any) -> None:
    assert told(deviations(contract, own)) == [expected]


@pytest.fixture(scope="module")
def found() -> dict[str, list[Difference]]:
    """The deviations of the document of an instance of 2025.2.0 from the contract of 2025.2, by endpoint."""
    if not OWN.exists():
        pytest.skip("the instance's document (shared/evidence) isn't beside the project")
    release = load_release("2025.2")
    named = {path: name for name, path in release.endpoints.items()}
    by_endpoint: dict[str, list[Difference]] = {}
    for one in deviations(release.openapi, json.loads(OWN.read_text(encoding="utf-8"))):
        by_endpoint.setdefault(named.get(one.path, one.path), []).append(one)
    return by_endpoint


def test_it_doesnt_describe_two_calls_that_the_instance_answers(found) -> None:
    lacking = {name for name, those in found.items() if any(d.kind == "endpoint" and d.gone for d in those)}
    assert lacking == {"get_version_by_id", "get_upload_logs"}


def test_it_describes_calls_that_the_contract_leaves_out(found) -> None:
    added = [name for name, those in found.items() if any(d.kind == "endpoint" and d.added for d in those)]
    assert len(added) == 22
    assert {"/v1/api/models/upload", "/v1/api/models/insert_model_config", "/v1/api/workspaces/create"} <= {*added}


def test_it_lacks_a_field_that_its_replies_have(found) -> None:
    pointer = "models[].model_versions[].model_version.error_summary"
    assert ("field", pointer) in {(d.kind, d.pointer) for d in found["list"] if d.gone}


def test_what_an_upload_takes_otherwise(found) -> None:
    assert told(tuple(found["upload_and_convert"])) == [
        ("type", "metadata.workspace_id", ("integer", "string"), ("integer",)),
        ("type", "metadata.conversion.requirements", ("array", "string"), ("array",)),
        ("field", "metadata.conversion.input_schema", ("string", "null"), ()),
        ("field", "metadata.conversion.output_schema", ("string", "null"), ()),
        ("field", "metadata.image_path", (), ("string", "null")),
        ("field", "metadata.registry_id", (), ("string", "null")),
    ]


def test_it_lets_more_be_null_or_absent_than_any_reply_shows(found) -> None:
    nullable = {d.pointer for d in found["get"] if d.kind == "type"}
    assert nullable == {"created_at", "updated_at", "models[].file_name"}
    assert {d.pointer for d in found["get_by_id"] if d.kind == "required"} == {
        "workspace_id",
        "updated_at",
        "created_at",
        "model_config",
    }


def test_get_takes_the_model_under_one_name_only(found) -> None:
    assert ("field", "model_id", ("integer",), ()) in told(tuple(found["get"]))


def test_deleting_is_described_as_promised(found) -> None:
    assert not {"delete_model", "delete_model_versions", "get_model_version_by_id"} & set(found)
