"""Bytes that no client should send: each gets one clear answer, none breaks the instance."""

from __future__ import annotations

import base64
import json
import random
import socket
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.mock import MockInstance
from conformance.mock.app import json_endpoints
from conformance.mock.behaviour import Behaviour
from conformance.mock.dialect import dialect_of
from conformance.mock.fields import parse_object
from conformance.mock.files import Files
from conformance.mock.metadata import parse_metadata
from conformance.mock.multipart import UploadReader
from conformance.mock.records import Upload
from conformance.mock.replies import Refusal
from conformance.mock.schemas import schema_fault

from .client import Client, assert_refused

BAD_JSON = {
    "empty": b"", "cut": b'{"id": ', "list": b"[]", "number": b"1", "null": b"null", "not UTF-8": b'{"id": "\xff"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"), "NaN": b'{"id": NaN}', "deep": b'{"id":' * 50_000 + b"1" + b"}" * 50_000,
    "long number": b'{"id": ' + b"9" * 5000 + b"}", "half a surrogate": rb'{"id": 1, "x": "\ud800"}',
    "two values": b"{}{}", "form": b"id=1",
}  # fmt: skip


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON)
def test_a_body_that_isnt_a_json_object_is_refused_everywhere(newest: MockInstance, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {newest.token}", "Content-Type": "application/json"}

    for path, _ in json_endpoints(dialect_of(newest.release)).values():
        assert_refused(requests.post(newest.url + path, data=body, headers=headers, timeout=30), 400)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_content_type_is_refused(client: Client, content_type: str) -> None:
    headers = {**client.headers(), "Content-Type": content_type}
    body = json.dumps({"workspace_id": client.workspace_id})

    response = requests.post(f"{client.url}/v1/api/models/list", data=body, headers=headers, timeout=30)

    assert_refused(response, 415)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/x+json"])
def test_any_way_of_saying_json_is_taken(client: Client, content_type: str) -> None:
    headers = {**client.headers(), "Content-Type": content_type}
    body = json.dumps({"workspace_id": client.workspace_id, "unknown": "ignored"})

    response = requests.post(f"{client.url}/v1/api/models/list", data=body, headers=headers, timeout=30)

    assert response.status_code == 200


def test_a_json_body_of_more_than_a_mebibyte_is_refused(client: Client) -> None:
    body = {"workspace_id": client.workspace_id, "padding": "x" * 4 * 1024 * 1024}

    assert_refused(client.call("list", body), 413)


def test_a_chunked_body_is_read_like_any_other(client: Client) -> None:
    def pieces() -> Iterator[bytes]:
        for byte in json.dumps({"workspace_id": client.workspace_id}).encode():
            yield bytes([byte])

    headers = {**client.headers(), "Content-Type": "application/json"}
    response = requests.post(f"{client.url}/v1/api/models/list", data=pieces(), headers=headers, timeout=30)

    assert response.json() == {"models": []}


@pytest.mark.parametrize("data", [b"\x16\x03\x01 TLS", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\x00" * 4096])
def test_what_isnt_http_ends_the_connection_and_nothing_else(mock: MockInstance, client: Client, data: bytes) -> None:
    url = urlsplit(mock.url)
    with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=30) as connection:
        connection.sendall(data)
        answer = connection.recv(4096)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert client.models() == []


def test_names_with_any_characters_come_back_as_sent(client: Client) -> None:
    for name in ("Modèle", "模型", "a'; DROP TABLE models; --", '"quoted"', "\\", "line\nbreak", "🦊", "%s", "../x"):
        version_id = client.upload(name)
        assert [version["id"] for version in client.versions(model_id=name)] == [version_id]
        assert client.versions(model_id=name)[0]["model_id"] == name


def outcome(run: Callable[[], Any]) -> Any:
    """What a call returns, or the refusal that it raises; anything else it raises is a failure."""
    try:
        return run()
    except Refusal as refusal:
        return refusal


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {
        "name": st.text(min_size=1) | JSON,
        "visibility": st.just("public") | JSON,
        "workspace_id": st.integers() | JSON,
        "conversion": st.fixed_dictionaries(
            {"framework": st.just("onnx") | JSON, "requirements": st.lists(st.text()) | JSON},
            optional={"python_version": st.just("3.8") | JSON, "arch": JSON},
        )
        | JSON,
    },
    optional={"input_schema": JSON, "output_schema": JSON, "image_path": JSON, "unknown": JSON},
)


GOOD = {
    "name": "fraud",
    "visibility": "public",
    "workspace_id": 5,
    "conversion": {"framework": "onnx", "requirements": []},
}


@given(metadata=FIELDS)
@example(metadata=GOOD)
@settings(max_examples=300, deadline=None)
def test_any_metadata_is_taken_or_refused(metadata: dict[str, Any]) -> None:
    body = json.dumps(metadata).encode()
    upload = Upload("upload", metadata_type="application/json", metadata_bytes=body)

    checked = outcome(lambda: parse_metadata(upload, Behaviour()))

    if isinstance(checked, Refusal):
        assert checked.status == 400
        assert "metadata part" not in checked.msg
    else:
        assert (checked.name, checked.workspace_id) == (metadata["name"], metadata["workspace_id"])


@given(body=st.binary() | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
@example(body=b"[" * 100_000)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    parsed = outcome(lambda: parse_object(body))

    assert parsed.status == 400 if isinstance(parsed, Refusal) else isinstance(parsed, dict)


@given(encoded=st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_schema_or_has_a_fault(encoded: str) -> None:
    assert isinstance(schema_fault(encoded), str)


PART = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.onnx"\r\n\r\nbytes\r\n'


@given(seed=st.integers(0, 2**32), pieces=st.integers(1, 40), flips=st.integers(0, 6))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_multipart_bytes_in_any_pieces_are_taken_or_refused(
    tmp_path: Path, seed: int, pieces: int, flips: int
) -> None:
    rng = random.Random(seed)
    body = bytearray(PART + PART.replace(b'"file"', b'"metadata"') + b"--edge--\r\n")
    for _ in range(flips):
        body[rng.randrange(len(body))] = rng.randrange(256)
    cuts = sorted({0, len(body), *(rng.randrange(len(body)) for _ in range(pieces))})
    upload = Upload("upload")
    files = Files(tmp_path, durable=False)
    reader = UploadReader("multipart/form-data; boundary=edge", upload, files)

    def read() -> None:
        for start, end in pairwise(cuts):
            reader.feed(bytes(body[start:end]))
        reader.finish()

    refusal = outcome(read)
    reader.close()
    files.discard(upload)

    if flips:
        assert refusal is None or refusal.status == 400
    else:
        assert refusal is None
        assert (upload.size, upload.metadata_bytes, upload.file_name) == (5, b"bytes", "a.onnx")
    assert not list((tmp_path / "incoming").iterdir())
