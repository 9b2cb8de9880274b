"""A plain client of the embedded instance: `requests`, and as little else as possible."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import requests

from conformance.fixtures import Fixture
from conformance.mock import MockInstance

WAIT_LIMIT = 20.0
"""Seconds."""


class Client:
    """Calls one instance as one user."""

    def __init__(self, mock: MockInstance, token: str, workspace_id: int) -> None:
        self.url = mock.url
        self.token = token
        self.workspace_id = workspace_id
        self._session = requests.Session()

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def call(self, endpoint: str, body: Any) -> requests.Response:
        """POST a JSON body to `models/<endpoint>`, or to `<endpoint>` where it has a slash."""
        path = endpoint if "/" in endpoint else f"models/{endpoint}"
        return self._session.post(f"{self.url}/v1/api/{path}", json=body, headers=self.headers(), timeout=30)

    def reply(self, endpoint: str, body: Any) -> Any:
        """The JSON of a successful call."""
        response = self.call(endpoint, body)
        assert response.status_code == 200, response.text
        return response.json()

    def metadata(self, name: str, /, **changes: Any) -> dict[str, Any]:
        """Good metadata for an ONNX file, with changes; None as a value removes the field."""
        fields = {
            "name": name,
            "visibility": "private",
            "workspace_id": self.workspace_id,
            "conversion": {"framework": "onnx", "python_version": "3.8", "requirements": []},
            **changes,
        }
        return {key: value for key, value in fields.items() if value is not None}

    def send(self, parts: Any, endpoint: str = "upload_and_convert") -> requests.Response:
        """POST multipart parts, as `requests` takes them in `files`."""
        return self._session.post(
            f"{self.url}/v1/api/models/{endpoint}", files=parts, headers=self.headers(), timeout=60
        )

    def send_upload(
        self, metadata: Any, content: bytes = b"\x08\x08", file_name: str = "model.onnx", **options: Any
    ) -> requests.Response:
        """POST both parts as the documentation's example does."""
        parts = {
            "metadata": (None, json.dumps(metadata), "application/json"),
            "file": (file_name, content, "application/octet-stream"),
        }
        return self.send(parts, **options)

    def upload(self, name: str, content: bytes = b"\x08\x08", file_name: str = "model.onnx", **changes: Any) -> int:
        """Upload an ONNX file; the id that was answered."""
        response = self.send_upload(self.metadata(name, **changes), content, file_name)
        assert response.status_code == 202, response.text
        return uploaded_id(response)

    def upload_fixture(self, name: str, fixture: Fixture, endpoint: str = "upload_and_convert") -> int:
        """Upload a model file as what it is."""
        metadata = self.metadata(
            name,
            conversion={"framework": fixture.framework, "requirements": []},
            input_schema=fixture.input_schema,
            output_schema=fixture.output_schema,
        )
        response = self.send_upload(metadata, fixture.path.read_bytes(), fixture.name, endpoint=endpoint)
        assert response.ok, response.text
        return uploaded_id(response)

    def models(self, workspace_id: int | None = None) -> list[dict[str, Any]]:
        """What models/list says of a workspace."""
        listed = self.reply("list", {"workspace_id": workspace_id or self.workspace_id})
        assert list(listed) == ["models"]
        return list(listed["models"])

    def versions(self, **keys: Any) -> list[dict[str, Any]]:
        """What list_versions says."""
        return list(self.reply("list_versions", keys))

    def version(self, version_id: int) -> dict[str, Any]:
        """What get_version_by_id says, without its outer layers."""
        configured = self.reply("get_version_by_id", {"model_version_id": version_id})["model_version"]
        return {**configured["model_version"], "config": configured["config"]}

    def converted(self, version_id: int) -> dict[str, Any]:
        """The version once its conversion has ended."""
        eventually(lambda: self.version(version_id)["status"] in ("ready", "error"))
        return self.version(version_id)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + WAIT_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def uploaded_id(response: requests.Response) -> int:
    """The id in the answer to an upload, whose whole shape is checked."""
    body = response.json()
    ((model,),) = (entry["models"] for entry in body["insert_models"]["returning"])
    assert body == {"insert_models": {"returning": [{"models": [{"id": model["id"]}]}]}}
    assert type(model["id"]) is int
    return int(model["id"])


def assert_refused(response: requests.Response, status: int) -> str:
    """The answer is the error envelope with that status; its message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"msg", "code"}
    assert body["code"] == status
    assert isinstance(body["msg"], str)
    assert body["msg"]
    assert "Traceback" not in body["msg"]
    return str(body["msg"])
