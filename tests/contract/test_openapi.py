"""The OpenAPI document is valid, names the six endpoints, and its links lead from one call to the next."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from copy import deepcopy
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.contract import ENDPOINTS, load_release

OPENAPI = load_release("2023.4").openapi
OPERATIONS = {path["post"]["operationId"]: path["post"] for path in OPENAPI["paths"].values()}
LINKS = [
    pytest.param(source, status, link, id=f"{source}-{status}-{name}")
    for source, operation in OPERATIONS.items()
    for status, response in operation["responses"].items()
    for name, link in response.get("links", {}).items()
]


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(OPENAPI).validate()


def test_the_validator_refuses_a_damaged_document() -> None:
    damaged = {**OPENAPI, "info": {"title": "no version"}}
    assert not OpenAPIV31SpecValidator(damaged).is_valid()


def test_operations_are_the_six_endpoints_under_their_names() -> None:
    found = {path["post"]["operationId"]: url for url, path in OPENAPI["paths"].items()}
    assert found == dict(ENDPOINTS)


def test_every_operation_needs_the_bearer_token() -> None:
    assert OPENAPI["security"] == [{"bearer": []}]
    assert OPENAPI["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert not any("security" in operation for operation in OPERATIONS.values())


@pytest.mark.parametrize("endpoint", OPERATIONS)
def test_refusals_are_the_error_envelope(endpoint: str) -> None:
    responses = OPERATIONS[endpoint]["responses"]
    assert {"400", "401", "500", "default"} <= set(responses)
    components = OPENAPI["components"]["responses"]
    for status, response in responses.items():
        if status[0] == "2":
            continue
        content = components[response["$ref"].rsplit("/", 1)[1]]["content"]
        assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


@pytest.mark.parametrize("endpoint", OPERATIONS)
def test_only_upload_answers_with_accepted(endpoint: str) -> None:
    successes = {status for status in OPERATIONS[endpoint]["responses"] if status[0] == "2"}
    assert successes == ({"200", "202"} if endpoint == "upload_and_convert" else {"200"})


@pytest.mark.parametrize(("source", "status", "link"), LINKS)
def test_a_link_fills_properties_that_its_target_knows(source: str, status: str, link: dict[str, Any]) -> None:
    target = load_release("2023.4").schemas.request_schema(link["operationId"])
    sent = link["requestBody"]
    assert set(sent.get("metadata", sent)) <= set(target["properties"])


@pytest.mark.parametrize(("source", "status", "link"), LINKS)
def test_a_links_expressions_find_a_value_in_the_documented_example(
    source: str, status: str, link: dict[str, Any]
) -> None:
    release = load_release("2023.4")
    example = next(item for item in release.examples if item.endpoint == source)
    request = {"metadata": example.request_json} if source == "upload_and_convert" else example.request_json
    sides = {"$request.body": request, "$response.body": example.body}
    body = _evaluate(link["requestBody"], sides)
    if link["operationId"] == "upload_and_convert":
        upload = next(item for item in release.examples if item.endpoint == "upload_and_convert")
        body = upload.request_json | body["metadata"]
    assert release.schemas.request_violations(link["operationId"], body) == []


def _evaluate(body: Any, sides: dict[str, Any]) -> Any:
    if isinstance(body, dict):
        return {name: _evaluate(value, sides) for name, value in body.items()}
    side, _, pointer = body.partition("#/")
    node = sides[side]
    for key in pointer.split("/"):
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


class _Instance(ThreadingHTTPServer):
    """Answers each endpoint with fresh numbers, and remembers which endpoint gave which number out."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.given: dict[int | str, str] = {}
        self.followed: set[tuple[str, str]] = set()
        self.lock = threading.Lock()

    def answer(self, endpoint: str, body: Any) -> Any:
        with self.lock:
            values = [value for value in body.values() if isinstance(value, int | str)]
            self.followed.update((self.given[value], endpoint) for value in values if value in self.given)
            number = 7_000_000 + len(self.given)
            self.given |= {number: endpoint, f"model-{number}": endpoint}
        at = "2023-11-29T16:30:53.716526+00:00"
        version = {
            "sha": "0" * 64,
            "models_pk_id": number,
            "model_version": "271875ae-92ee-4137-b54f-c2ce1e88121c",
            "owner_id": '""',
            "model_id": f"model-{number}",
            "id": number,
            "file_name": "model.onnx",
            "image_path": None,
        }
        times = {"created_at": at, "updated_at": at}
        model = {"id": number, "name": f"model-{number}", "owner_id": '""', **times}
        return {
            "upload_and_convert": {"insert_models": {"returning": [{"models": [{"id": number}]}]}},
            "list": {"models": [model]},
            "get_by_id": {**model, "workspace_id": number, "model_config": None},
            "list_versions": [version],
            "get_config_by_id": {"model_config": {"id": number, "runtime": "onnx"}},
            "get": {**model, "models": [version]},
        }[endpoint]


def _sent_json(content_type: str, sent: bytes) -> Any:
    if content_type == "application/json":
        return json.loads(sent)
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + sent)
    parts = {part.get_param("name", header="Content-Disposition"): part for part in message.get_payload()}
    return json.loads(parts["metadata"].get_payload(decode=True))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Instance

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        endpoint = self.path.rsplit("/", 1)[1]
        answer = self.server.answer(endpoint, _sent_json(self.headers["Content-Type"], sent))
        body = json.dumps(answer).encode()
        self.send_response(202 if endpoint == "upload_and_convert" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def instance() -> Iterator[_Instance]:
    with _Instance() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_schemathesis_follows_the_links(instance: _Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stateful run hands the numbers of one reply to the next call, along every link from a reply."""
    import schemathesis

    # schemathesis resolves references within the dictionary that it gets.
    schema = schemathesis.openapi.from_dict(deepcopy(OPENAPI))
    assert schema.statistic.transitions.selected == len(LINKS)
    schema.config.update(base_url=f"http://127.0.0.1:{instance.server_port}")
    schema.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE])

    machine = schema.as_state_machine()
    # This test is about where the calls lead, not about the replies.
    monkeypatch.setattr(machine, "validate_response", lambda *args, **kwargs: None)
    machine.run(
        settings=settings(
            max_examples=60,
            stateful_step_count=10,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    from_replies = {
        (source, link["operationId"])
        for source, _, link in (case.values for case in LINKS)
        if "$response." in str(link["requestBody"])
    }
    assert from_replies - instance.followed == set()
