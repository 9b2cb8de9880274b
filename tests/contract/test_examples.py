"""The documented pairs conform, are the documentation's own, and each damaged copy of them is refused."""

from __future__ import annotations

import ast
import base64
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from conformance.contract import ENDPOINTS, load_release
from conformance.contract.examples import Example, load_examples
from conformance.errors import UsageError

from .mutants import Mutant, mutants

RELEASE = load_release("2023.4")
EXAMPLES = [pytest.param(example, id=example.name) for example in RELEASE.examples]
DOCUMENTATION = Path(__file__).resolve().parents[3] / "shared" / "docs" / "model-management-2023.4.md"


def _mutants(side: str) -> list[Any]:
    made = []
    for example in RELEASE.examples:
        if example.client != "requests":
            continue
        if side == "request":
            schema, body = RELEASE.schemas.request_schema(example.endpoint), example.request_json
        else:
            schema, body = RELEASE.schemas.response_schema(example.endpoint), example.body
        for mutant in mutants(schema, body):
            made.append(pytest.param(example.endpoint, mutant, id=f"{example.name}-{mutant}"))
    return made


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_request_conforms(example: Example) -> None:
    assert RELEASE.schemas.request_violations(example.endpoint, example.request_json) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_reply_conforms(example: Example) -> None:
    for status in (200, 202) if example.endpoint == "upload_and_convert" else (200,):
        assert RELEASE.schemas.violations(example.endpoint, example.body, status) == []
        assert RELEASE.schemas.is_valid(example.endpoint, example.body, status)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_reply_may_have_unknown_fields(example: Example) -> None:
    assert RELEASE.schemas.violations(example.endpoint, _with_unknown_fields(example.body)) == []


@pytest.mark.parametrize(("endpoint", "mutant"), _mutants("response"))
def test_a_reply_with_one_fault_is_refused_there(endpoint: str, mutant: Mutant) -> None:
    found = RELEASE.schemas.violations(endpoint, mutant.body)
    assert [(item.path, item.pointer) for item in found] == [(mutant.path, mutant.pointer)]
    assert (found[0].message == "missing") is (mutant.kind in ("removed", "renamed"))
    assert not RELEASE.schemas.is_valid(endpoint, mutant.body)


@pytest.mark.parametrize(("endpoint", "mutant"), _mutants("request"))
def test_a_request_with_one_fault_is_refused_there(endpoint: str, mutant: Mutant) -> None:
    found = RELEASE.schemas.request_violations(endpoint, mutant.body)
    assert [(item.path, item.pointer) for item in found] == [(mutant.path, mutant.pointer)]


def test_every_required_field_has_a_mutant_of_each_kind() -> None:
    """The walk misses no required field of a reply, at any depth."""
    made = {(case.values[0], case.values[1].pointer, case.values[1].kind) for case in _mutants("response")}
    for endpoint in ENDPOINTS:
        for field in RELEASE.schemas.field_pointers(endpoint):
            assert any(key[:2] == (endpoint, field.pointer) and key[2].startswith("as-") for key in made)
            if field.required and field.pointer:
                assert {(endpoint, field.pointer, kind) for kind in ("removed", "renamed")} <= made


def test_every_endpoint_is_shown_with_both_clients() -> None:
    shown = sorted((example.endpoint, example.client) for example in RELEASE.examples)
    expected = [(endpoint, client) for endpoint in ENDPOINTS for client in ("curl", "requests")]
    uploads = [("upload_and_convert", "curl"), ("upload_and_convert", "requests")]
    assert shown == sorted(expected + uploads)


def test_the_replies_are_the_documentations_own() -> None:
    if not DOCUMENTATION.exists():
        pytest.skip(f"the documentation page (shared/docs/{DOCUMENTATION.name}) isn't there")
    documented = [_canonical(reply) for reply in _documented_replies(DOCUMENTATION.read_text(encoding="utf-8"))]
    assert sorted(documented) == sorted(_canonical(example.body) for example in RELEASE.examples)


@pytest.mark.parametrize("name", ["upload-pytorch-requests", "upload-pytorch-curl"])
def test_the_pytorch_schemas_are_the_documented_ones(name: str) -> None:
    metadata = next(example for example in RELEASE.examples if example.name == name).request_json
    expected = {
        "input_schema": {"input_1": 10, "input_2": 5},
        "output_schema": {"output_1": 3, "output_2": 2},
    }
    for key, sizes in expected.items():
        schema = pa.ipc.read_schema(pa.BufferReader(base64.b64decode(metadata[key], validate=True)))
        assert schema == pa.schema([(field, pa.list_(pa.float32(), size)) for field, size in sizes.items()])


@pytest.mark.parametrize("example", EXAMPLES)
def test_uploads_send_the_parts_that_their_client_sends(example: Example) -> None:
    parts = {part["name"]: part for part in example.request.get("parts", [])}
    if example.endpoint != "upload_and_convert":
        assert parts == {}
        return
    assert parts["metadata"]["content_type"] == "application/json"
    assert parts["file"]["content_type"] == "application/octet-stream"
    if example.client == "requests":
        assert parts["metadata"]["filename"] is None
        assert parts["file"]["filename"] == example.request_json["name"]
    else:
        assert parts["metadata"]["filename"].endswith(".json")
        assert parts["file"]["filename"] == parts["file"]["file"]


def test_examples_hold_no_token() -> None:
    headers = {example.request["headers"]["Authorization"] for example in RELEASE.examples}
    assert headers == {"Bearer {token}"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("{", "Expecting property name", id="not-json"),
        pytest.param("[]", "list indices", id="not-an-object"),
        pytest.param('{"endpoint": "list"}', "it has no 'title'", id="incomplete"),
    ],
)
def test_a_damaged_example_is_named_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "broken.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"^broken\.json can't be read as an example: ") as raised:
        load_examples(tmp_path)
    assert problem in str(raised.value)
    assert "\n" not in str(raised.value)


def _with_unknown_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_unknown_fields(part) for name, part in value.items()} | {"unknown": [{"x": None}]}
    return [_with_unknown_fields(item) for item in value] if isinstance(value, list) else value


def _documented_replies(page: str) -> list[Any]:
    replies = []
    for block in re.findall(r"(?m)(?:^    .*\n?)+", page):
        text = block.strip()
        if re.match(r"[\[{]['\"]?\W*(insert_models|models|id|sha|model_config)\b", text):
            replies.append(ast.literal_eval(text) if "'" in text[:4] else json.loads(text))
    return replies


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
