"""What an upload creates."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests

from conformance.fixtures import load
from conformance.mock import MockInstance

from .client import Client, uploaded_id


def test_upload_and_convert_answers_202_and_upload_200(client: Client) -> None:
    converted = client.send_upload(client.metadata("fraud"))
    native = client.send_upload(client.metadata("fraud"), endpoint="upload")

    assert (converted.status_code, native.status_code) == (202, 200)
    assert converted.headers["content-type"] == "application/json"
    assert converted.text == json.dumps(converted.json(), separators=(",", ":"))


def test_the_answered_id_is_the_version_and_not_the_model(client: Client) -> None:
    version_id = client.upload("fraud")

    (version,) = client.versions(model_id="fraud")
    assert version["id"] == version_id
    assert version["models_pk_id"] != version_id


def test_ids_of_each_kind_are_their_own_sequences_that_never_coincide_by_accident(client: Client) -> None:
    for _ in range(3):
        client.upload("fraud")
    client.upload("churn")

    rows = [client.version(row["id"]) | row for name in ("fraud", "churn") for row in client.versions(model_id=name)]
    for row in rows:
        ids = [row["models_pk_id"], row["id"], row["config"]["id"], row["workspace_id"]]
        assert len(set(ids)) == len(ids)
    drift = {row["id"] - row["models_pk_id"] for row in rows}
    assert len(drift) > 1


def test_same_name_in_the_same_workspace_is_a_new_version_of_the_model(client: Client) -> None:
    first = client.upload("fraud", b"one")
    second = client.upload("fraud", b"two", visibility="public")

    versions = client.versions(model_id="fraud")
    assert [version["id"] for version in versions] == [second, first]
    assert len({version["models_pk_id"] for version in versions}) == 1
    assert len({version["model_version"] for version in versions}) == 2
    assert len(client.models()) == 1


def test_same_name_in_another_workspace_is_a_new_model(client: Client) -> None:
    elsewhere = client.reply("workspaces/create", {"workspace_name": "elsewhere"})["workspace_id"]
    client.upload("fraud")
    client.upload("fraud", workspace_id=elsewhere)

    (here,), (there,) = client.models(), client.models(elsewhere)
    assert here["id"] != there["id"]
    assert {row["models_pk_id"] for row in client.versions(model_id="fraud")} == {here["id"], there["id"]}


def test_a_new_version_moves_updated_at_to_its_own_creation(client: Client) -> None:
    client.upload("fraud")
    (before,) = client.models()
    client.upload("fraud")
    (after,) = client.models()

    assert before["updated_at"] == before["created_at"]
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > before["updated_at"]


@pytest.mark.parametrize("content", [b"", b"\r\n--", bytes(range(256)) * 4096], ids=["empty", "short", "1 MiB"])
def test_sha_is_the_sha256_of_the_bytes(client: Client, content: bytes) -> None:
    client.upload("fraud", content)

    (version,) = client.versions(model_id="fraud")
    assert version["sha"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "file_name",
    [
        "ccfraud.onnx",
        "fraud",
        "./models/x.zip",
        "/home/ada/x.onnx",
        r"C:\models\x.onnx",
        "modèle 模型.onnx",
        "a;b=c.pt",
    ],
)
def test_file_name_is_the_multipart_filename_verbatim(client: Client, file_name: str) -> None:
    client.upload("fraud", file_name=file_name)

    (version,) = client.versions(model_id="fraud")
    assert version["file_name"] == file_name


def test_parts_may_come_in_either_order(client: Client) -> None:
    metadata = ("metadata", (None, json.dumps(client.metadata("fraud")), "application/json"))
    file = ("file", ("model.onnx", b"bytes", "application/octet-stream"))

    for parts in ([metadata, file], [file, metadata]):
        assert client.send(parts).status_code == 202
    assert len(client.versions(model_id="fraud")) == 2


def test_a_file_part_without_a_filename_is_taken(client: Client) -> None:
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: application/octet-stream\r\n\r\nbytes'
        b'\r\n--edge\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n'
        + json.dumps(client.metadata("fraud")).encode()
        + b"\r\n--edge--\r\n"
    )
    response = requests.post(
        f"{client.url}/v1/api/models/upload_and_convert",
        data=body,
        headers={**client.headers(), "Content-Type": "multipart/form-data; boundary=edge"},
        timeout=30,
    )

    assert response.status_code == 202
    (version,) = client.versions(model_id="fraud")
    assert version["file_name"] == ""
    assert version["sha"] == hashlib.sha256(b"bytes").hexdigest()


def test_other_form_fields_are_ignored(client: Client) -> None:
    response = client.send(
        {
            "filename": (None, "ignored.onnx"),
            "metadata": (None, json.dumps(client.metadata("fraud")), "application/json"),
            "file": ("kept.onnx", b"bytes", "application/octet-stream"),
        }
    )

    assert response.status_code == 202
    assert client.versions(model_id="fraud")[0]["file_name"] == "kept.onnx"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl isn't installed")
def test_curl_uploads_as_the_documentation_shows(client: Client, tmp_path: Path) -> None:
    (tmp_path / "onnx_file_upload.json").write_text(json.dumps(client.metadata("fraud")))
    (tmp_path / "ccfraud.onnx").write_bytes(b"bytes")
    (tmp_path / "auth").write_text(f"Authorization: Bearer {client.token}")

    done = subprocess.run(
        ["curl", "--silent", "--show-error", f"{client.url}/v1/api/models/upload_and_convert", "-H", "@auth",
         "--form", "metadata=@onnx_file_upload.json;type=application/json",
         "--form", "file=@ccfraud.onnx;type=application/octet-stream"],
        cwd=tmp_path, capture_output=True, text=True, timeout=30,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    version_id = json.loads(done.stdout)["insert_models"]["returning"][0]["models"][0]["id"]
    (version,) = client.versions(model_id="fraud")
    assert (version["id"], version["file_name"]) == (version_id, "ccfraud.onnx")


def test_pytorch_takes_schemas_beside_the_conversion_or_inside_it(client: Client) -> None:
    model = load("multi_io.pt")
    schemas = {"input_schema": model.input_schema, "output_schema": model.output_schema}
    conversion = {"framework": "pytorch", "python_version": "3.8", "requirements": []}

    beside = client.send_upload(client.metadata("beside", conversion=conversion, **schemas))
    inside = client.send_upload(client.metadata("inside", conversion={**conversion, **schemas}))

    for response in (beside, inside):
        assert response.status_code == 202
        config = client.version(uploaded_id(response))["config"]
        assert {side: config[side] for side in schemas} == schemas


@pytest.mark.parametrize("framework", ["onnx", "tensorflow", "python"])
def test_native_frameworks_need_no_schemas(client: Client, framework: str) -> None:
    client.upload("fraud", conversion={"framework": framework, "requirements": []})

    assert client.versions(model_id="fraud")


def test_the_vendors_metadata_is_taken_and_echoed(client: Client) -> None:
    conversion = {"arch": None, "framework": "onnx", "python_version": "3.9", "requirements": ["numpy"]}

    version = client.version(client.upload("fraud", conversion={**conversion, "tensor_fields": ["unknown key"]}))

    assert version["conversion"] == conversion


def test_uploaded_bytes_are_kept_under_their_digest_and_nothing_else_is(mock: MockInstance, tmp_path: Path) -> None:
    with MockInstance(tmp_path / "data", step_delay=0) as kept:
        client = Client(kept, kept.token, kept.workspace_id)
        client.upload("fraud", b"the same")
        client.upload("churn", b"the same")

        digest = hashlib.sha256(b"the same").hexdigest()
        files = [path for path in (tmp_path / "data" / "files").rglob("*") if path.is_file()]
        assert [path.name for path in files] == [digest]
        assert files[0].read_bytes() == b"the same"
        assert not list((tmp_path / "data" / "incoming").iterdir())


def test_timestamps_are_rfc3339_in_utc_with_one_to_six_digits(client: Client) -> None:
    for number in range(20):
        client.upload(f"model-{number}")

    for model in client.models():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?\+00:00", model["created_at"])
