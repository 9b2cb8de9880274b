"""OpenAPI documents of either version as the same flat table, whatever else they hold."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract import load_release, release_ids
from conformance.contract.openapi_flat import MAX_NAME, Field, TooComplex, flatten

PATH = "/v1/api/models/list"
STRING, OBJECT = {"type": "string"}, frozenset({"object"})


def document(response: Any = None, request: Any = None, **more: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {"responses": {"200": {"content": {"application/json": {"schema": response}}}}}
    if request is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": request}}}
    return {"openapi": "3.0.3", "paths": {PATH: {"post": operation}}, **more}


def fields(schema: Any, **more: Any) -> dict[str, Field]:
    return dict(flatten(document(schema, **more))[PATH].response)


def a(schema: Any, **more: Any) -> Field:
    """The one field of that schema."""
    return fields({"type": "object", "properties": {"a": schema}}, **more)["a"]


def test_fields_are_named_by_pointers_and_know_whether_they_are_required() -> None:
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": STRING}}
    assert fields({"type": "object", "properties": {"models": {"type": "array", "items": item}}}) == {
        "models": Field(frozenset({"array"}), False),
        "models[].id": Field(frozenset({"integer"}), True),
        "models[].name": Field(frozenset({"string"}), False),
    }


def test_a_bare_array_and_arrays_of_arrays_have_pointers_too() -> None:
    row = {"type": "array", "items": {"type": "object", "properties": {"id": STRING}}}
    assert list(fields(row)) == ["[].id"]
    assert list(fields({"type": "array", "items": row})) == ["[][].id"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"]},
        {"type": "string", "nullable": True},
        {"allOf": [{"$ref": "#/components/schemas/S"}], "nullable": True},
        {"anyOf": [STRING, {"type": "null"}]},
        {"oneOf": [{"$ref": "#/components/schemas/S"}, {"type": "null"}]},
    ],
    ids=["3.1", "3.0", "wrapper", "any-of", "one-of"],
)
def test_the_ways_to_say_string_or_null_are_one(schema: Any) -> None:
    assert a(schema, components={"schemas": {"S": STRING}}).types == {"string", "null"}


def test_all_of_joins_properties_and_what_is_required() -> None:
    base = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    found = fields({"allOf": [base, {"type": "object", "required": ["n"], "properties": {"n": STRING}}]})
    assert {name: one.required for name, one in found.items()} == {"id": True, "n": True}


def test_any_of_requires_only_what_every_branch_requires_and_knows_the_fields_of_all() -> None:
    one = {"type": "object", "required": ["k", "a"], "properties": {"k": STRING, "a": STRING}}
    two = {"type": "object", "required": ["k", "b"], "properties": {"k": {"type": "integer"}, "b": STRING}}
    found = fields({"anyOf": [one, two, {"type": "null"}]})
    assert {name: field.required for name, field in found.items()} == {"k": True, "a": False, "b": False}
    assert found["k"].types == {"string", "integer"}


def test_branches_that_only_require_leave_the_type_alone() -> None:
    schema = {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": STRING}}
    assert not fields(schema)["a"].required


def test_values_are_those_of_enumerations_and_constants_without_null() -> None:
    assert a({"type": "string", "enum": ["x", "y", None]}).values == {"x", "y"}
    assert a({"oneOf": [{"type": "string", "enum": ["x"]}, {"const": "z"}, {"type": "null"}]}).values == {"x", "z"}
    assert a({"anyOf": [{"enum": ["x"]}, {"type": "object"}]}).values is None
    assert a({"enum": ["x", 1, True, None]}).types == {"string", "integer", "boolean", "null"}


def test_a_forms_parts_are_the_first_names() -> None:
    metadata = {"type": "object", "properties": {"name": STRING}}
    form = {"type": "object", "required": ["metadata"], "properties": {"metadata": metadata, "file": STRING}}
    body = {"content": {"multipart/form-data": {"schema": form}}}
    found = flatten({"paths": {PATH: {"post": {"requestBody": body}}}})[PATH]
    assert list(found.request) == ["metadata", "metadata.name", "file"]


def test_the_servers_own_path_stands_before_the_paths_and_numbers_are_statuses_too() -> None:
    operation = {"responses": {200: {}, "default": {}}}
    found = flatten({"servers": [{"url": "https://api.example.com/v1/api/"}], "paths": {"/x/": {"post": operation}}})
    assert found["/v1/api/x"].statuses == {"200", "default"}


def test_only_posts_are_operations() -> None:
    assert flatten({"paths": {PATH: {"get": {}, "summary": "x"}, "/y": None, "/z": {"post": []}}}) == {}


def test_references_to_bodies_replies_and_whole_paths_are_followed() -> None:
    components = {
        "requestBodies": {"B": {"content": {"application/json": {"schema": {"properties": {"q": STRING}}}}}},
        "responses": {"R": {"content": {"application/json; charset=utf-8": {"schema": {"properties": {"r": STRING}}}}}},
        "pathItems": {
            "P": {
                "post": {
                    "requestBody": {"$ref": "#/components/requestBodies/B"},
                    "responses": {"202": {"$ref": "#/components/responses/R"}},
                }
            }
        },
    }
    found = flatten({"components": components, "paths": {PATH: {"$ref": "#/components/pathItems/P"}}})[PATH]
    assert (list(found.request), list(found.response)) == (["q"], ["r"])


def test_a_reference_to_itself_or_to_nowhere_ends() -> None:
    schemas = {"T": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/T"}}}}
    assert list(fields({"$ref": "#/components/schemas/T"}, components={"schemas": schemas})) == ["child"]
    for reference in ("#/nowhere", "https://example.com/x.json", "#/components/schemas/L"):
        looped = {"schemas": {"L": {"$ref": "#/components/schemas/L"}}}
        assert a({"$ref": reference}, components=looped) == Field(frozenset(), False)


def test_a_document_that_multiplies_by_references_is_refused() -> None:
    schemas = {
        f"S{n}": {"anyOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 9, "properties": {"p": STRING}}
        for n in range(12)
    }
    with pytest.raises(TooComplex):
        flatten(document({"$ref": "#/components/schemas/S0"}, components={"schemas": schemas}))


def test_a_long_chain_of_references_is_cut() -> None:
    schemas: dict[str, Any] = {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}]} for n in range(5000)}
    assert a({"$ref": "#/components/schemas/S0"}, components={"schemas": schemas}).types == frozenset()


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        [],
        "text",
        {"paths": []},
        {"paths": {PATH: {"post": {"responses": []}}}},
        {"paths": {PATH: {"post": {"responses": {"200": {"content": []}}}}}},
        {"servers": [{"url": "http://[broken"}], "paths": {}},
        {"servers": [None], "paths": {}},
        document({"type": {"a": 1}, "properties": [1], "required": 7, "items": [], "enum": "x", "allOf": {}}),
        document({"type": [None, 3, "string"], "enum": [{}, [], "x"], "anyOf": [], "required": [None]}),
        document({"anyOf": [True, None, 7]}),
        document({"properties": {"a": {"enum": [float("inf"), 10**400]}}}),
    ],
)
def test_a_document_of_no_shape_is_read_without_an_exception(hostile: Any) -> None:
    assert set(flatten(hostile)) <= {PATH}


def test_names_are_kept_short() -> None:
    (name,) = fields({"properties": {"x" * 5000: STRING}})
    assert len(name) == MAX_NAME


@pytest.mark.parametrize("release", [*map(load_release, release_ids())], ids=lambda release: release.id)
def test_every_field_of_a_contracts_replies_is_in_the_table(release: Any) -> None:
    flat = flatten(release.openapi)
    assert set(flat) == set(release.endpoints.values())
    for name, path in release.endpoints.items():
        described = {spec.pointer for spec in release.schemas.field_pointers(name)}
        assert {pointer for pointer in described if pointer} <= set(flat[path].response)
