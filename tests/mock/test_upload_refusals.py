"""What an upload is refused for. Whatever it is, nothing is created."""

from __future__ import annotations

import base64
import json
from typing import Any

import pyarrow as pa
import pytest
import requests

from conformance.fixtures import load

from .client import Client, assert_refused

ONNX = {"framework": "onnx", "python_version": "3.8", "requirements": []}
PYTORCH = {**ONNX, "framework": "pytorch"}
SCHEMA = load("multi_io.pt").input_schema or ""
BATCH = base64.b64encode(pa.record_batch({"a": [1]}).serialize()).decode()
TRAILING = base64.b64encode(base64.b64decode(SCHEMA) + bytes(8)).decode()
TRUNCATED = base64.b64encode(base64.b64decode(SCHEMA)[:-16]).decode()


@pytest.fixture(autouse=True)
def nothing_is_created(client: Client) -> Any:
    """After each refusal: no model, no version, in the workspace or of the name."""
    yield
    assert client.models() == []
    assert client.versions(model_id="fraud") == []


@pytest.mark.parametrize("field", ["name", "visibility", "workspace_id", "conversion"])
def test_a_required_field_is_missing(client: Client, field: str) -> None:
    message = assert_refused(client.send_upload(client.metadata("fraud", **{field: None})), 400)

    assert field in message


@pytest.mark.parametrize("field", ["framework", "requirements"])
def test_a_required_field_of_the_conversion_is_missing(client: Client, field: str) -> None:
    conversion = {key: value for key, value in ONNX.items() if key != field}

    message = assert_refused(client.send_upload(client.metadata("fraud", conversion=conversion)), 400)

    assert field in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 7), ("name", ""), ("name", []), ("name", "a\0b"), ("name", "\ud800"),
        ("visibility", "secret"), ("visibility", True), ("visibility", "PUBLIC"), ("visibility", ["public"]),
        ("workspace_id", "5"), ("workspace_id", 5.0), ("workspace_id", True), ("workspace_id", [5]),
        ("workspace_id", 2**70), ("workspace_id", -1), ("workspace_id", 0), ("workspace_id", 99999),
        ("conversion", "onnx"), ("conversion", []), ("conversion", {}),
        ("conversion", {**ONNX, "framework": "magic"}), ("conversion", {**ONNX, "framework": 1}),
        ("conversion", {**ONNX, "framework": None}), ("conversion", {**ONNX, "python_version": "2.7"}),
        ("conversion", {**ONNX, "python_version": 3.8}), ("conversion", {**ONNX, "python_version": None}),
        ("conversion", {**ONNX, "requirements": "numpy"}), ("conversion", {**ONNX, "requirements": [1]}),
        ("conversion", {**ONNX, "requirements": None}), ("conversion", {**ONNX, "requirements": ["\udfff"]}),
        ("conversion", {**ONNX, "arch": "z80"}), ("input_schema", 1), ("output_schema", {}), ("image_path", 1),
    ],
)  # fmt: skip
def test_a_field_is_mistyped_or_out_of_its_values(client: Client, field: str, value: Any) -> None:
    assert_refused(client.send_upload({**client.metadata("fraud"), field: value}), 400)


@pytest.mark.parametrize("field", ["name", "visibility", "workspace_id", "conversion"])
def test_a_required_field_is_null(client: Client, field: str) -> None:
    assert_refused(client.send_upload({**client.metadata("fraud"), field: None}), 400)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ("not base64!", "base64"),
        ("AAAA", "Arrow"),
        (base64.b64encode(b"just text").decode(), "Arrow"),
        (TRUNCATED, "Arrow"),
        (BATCH, "schema"),
        (TRAILING, "after"),
    ],
    ids=["alphabet", "zeros", "text", "truncated", "record batch", "trailing bytes"],
)
@pytest.mark.parametrize("side", ["input_schema", "output_schema"])
def test_a_schema_isnt_one(client: Client, side: str, schema: str, why: str) -> None:
    schemas = {"input_schema": SCHEMA, "output_schema": SCHEMA, side: schema}

    message = assert_refused(client.send_upload(client.metadata("fraud", conversion=PYTORCH, **schemas)), 400)

    assert side in message
    assert why in message


@pytest.mark.parametrize("given", [{}, {"input_schema": SCHEMA}, {"output_schema": SCHEMA}], ids=len)
@pytest.mark.parametrize("framework", ["pytorch", "custom", "keras", "hugging-face-translation", "mlflow"])
def test_a_containerised_framework_comes_without_both_schemas(
    client: Client, framework: str, given: dict[str, str]
) -> None:
    conversion = {**ONNX, "framework": framework}

    assert_refused(client.send_upload(client.metadata("fraud", conversion=conversion, **given)), 400)


@pytest.mark.parametrize("missing", ["metadata", "file"])
def test_a_part_is_missing(client: Client, missing: str) -> None:
    parts = {
        "metadata": (None, json.dumps(client.metadata("fraud")), "application/json"),
        "file": ("model.onnx", b"bytes", "application/octet-stream"),
    }
    del parts[missing]

    assert missing in assert_refused(client.send(parts), 400)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_the_metadata_part_isnt_of_a_json_type(client: Client, content_type: str | None) -> None:
    parts = {
        "metadata": (None, json.dumps(client.metadata("fraud")), content_type),
        "file": ("model.onnx", b"bytes", "application/octet-stream"),
    }

    assert_refused(client.send(parts), 415)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"fraud"',
        b"\xff\xfe",
        b"NaN",
        b"{'name': 1}",
        b"[" * 100_000,
        b"9" * 10_000,
    ],
    ids=["empty", "cut", "list", "null", "string", "not UTF-8", "NaN", "Python", "deep", "long number"],
)
def test_the_metadata_isnt_a_json_object(client: Client, text: bytes) -> None:
    parts = {
        "metadata": (None, text, "application/json"),
        "file": ("model.onnx", b"bytes", "application/octet-stream"),
    }

    assert_refused(client.send(parts), 400)


@pytest.mark.parametrize("name", ["metadata", "file"])
def test_a_part_comes_twice(client: Client, name: str) -> None:
    metadata = ("metadata", (None, json.dumps(client.metadata("fraud")), "application/json"))
    file = ("file", ("model.onnx", b"bytes", "application/octet-stream"))
    twice = metadata if name == "metadata" else file

    assert name in assert_refused(client.send([metadata, file, twice]), 400)


def test_the_metadata_has_more_than_a_mebibyte(client: Client) -> None:
    metadata = client.metadata("fraud", padding="x" * 1024 * 1024)

    assert_refused(client.send_upload(metadata), 413)


def test_a_refused_upload_is_read_to_its_end_so_that_the_client_sees_why(client: Client) -> None:
    """8 MiB is more than the sockets buffer: a server that answers without reading breaks the connection."""
    content = bytes(8 * 1024 * 1024)

    assert_refused(client.send_upload(client.metadata("fraud", visibility="secret"), content), 400)
    client.token, good = "not-a-token", client.token
    assert_refused(client.send_upload(client.metadata("fraud"), content), 401)
    client.token = good


GOOD_PART = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nbytes\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (None, b"bytes", 415),
        ("application/json", b"{}", 415),
        ("multipart/mixed; boundary=edge", GOOD_PART + b"--edge--\r\n", 415),
        ("multipart/form-data", GOOD_PART + b"--edge--\r\n", 400),
        ("multipart/form-data; boundary=", GOOD_PART, 400),
        ("multipart/form-data; boundary=" + "x" * 300, GOOD_PART, 400),
        ("multipart/form-data; boundary=edge", b"", 400),
        ("multipart/form-data; boundary=edge", b"no boundary at all", 400),
        ("multipart/form-data; boundary=edge", GOOD_PART, 400),
        ("multipart/form-data; boundary=edge", GOOD_PART[:30], 400),
        ("multipart/form-data; boundary=edge", b"--edge\r\n" + b"X: y\r\n" * 50 + b"\r\nz\r\n--edge--\r\n", 400),
        ("multipart/form-data; boundary=edge", b"--edge\r\nX: " + b"y" * 10_000 + b"\r\n\r\nz\r\n--edge--\r\n", 400),
        ("multipart/form-data; boundary=edge", b"--edge--\r\n", 400),
    ],
)  # fmt: skip
def test_the_body_isnt_good_multipart(client: Client, content_type: str | None, body: bytes, status: int) -> None:
    headers = client.headers() | ({"Content-Type": content_type} if content_type else {})

    response = requests.post(f"{client.url}/v1/api/models/upload_and_convert", data=body, headers=headers, timeout=30)

    assert_refused(response, status)


def test_the_workspace_is_someone_elses(client: Client, other: Client) -> None:
    refused = client.send_upload(client.metadata("fraud", workspace_id=other.workspace_id))

    assert_refused(refused, 400)
    assert other.models() == []
