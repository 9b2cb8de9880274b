"""A client of one instance that knows, from the contract, how the instance's release speaks."""

from __future__ import annotations

from typing import Any

import requests

from conformance.contract import load_release
from conformance.fixtures import load
from conformance.mock import MockInstance

from .client import Client, uploaded_id

SCHEMAS = {side: getattr(load("multi_io.pt"), side) for side in ("input_schema", "output_schema")}
ONNX = load("fraud_classifier.onnx").path.read_bytes()
PYTORCH = load("multi_io.pt").path.read_bytes()


class Speaker:
    """One user of one instance."""

    def __init__(self, mock: MockInstance, client: Client | None = None) -> None:
        self.mock = mock
        self.release = load_release(mock.release)
        self.client = client or Client(mock, mock.token, mock.workspace_id)

    def send(
        self, name: str, framework: str = "onnx", content: bytes = ONNX, file_name: str = "model.onnx", **changes: Any
    ) -> requests.Response:
        """Upload a file. A change named `conversion` adds to the documented keys, the others replace metadata."""
        conversion = {"framework": framework, "python_version": "3.8", "requirements": []}
        conversion |= changes.pop("conversion", {})
        schemas = {} if framework in ("onnx", "tensorflow", "python") else SCHEMAS
        metadata = self.client.metadata(name, **{"conversion": conversion, **schemas, **changes})
        return self.client.send_upload(metadata, content, file_name)

    def upload(self, name: str, *args: Any, **changes: Any) -> int:
        """Upload a file and wait for the end of its conversion; the version's id."""
        response = self.send(name, *args, **changes)
        assert response.status_code == 202, response.text
        version_id = uploaded_id(response)
        self.client.converted(version_id)
        return version_id

    def call(self, endpoint: str, body: Any) -> requests.Response:
        """POST to the contract's own path."""
        return requests.post(
            self.mock.url + self.release.endpoints[endpoint], json=body, headers=self.client.headers(), timeout=30
        )

    def reply(self, endpoint: str, body: Any) -> Any:
        """The JSON of a successful call."""
        response = self.call(endpoint, body)
        assert response.status_code == 200, response.text
        return response.json()

    def rows(self, **keys: Any) -> list[Any]:
        """What the list shows; of the client's workspace where nothing else is asked for."""
        return list(self.reply("list", keys or {"workspace_id": self.client.workspace_id})["models"])

    def model_in(self, row: Any) -> Any:
        """The model's own fields in a row of the list."""
        for key in self.release.model_in_list:
            row = row[key]
        return row

    def names(self, **keys: Any) -> list[str]:
        """The names of the models that the list shows."""
        return [self.model_in(row)["name"] for row in self.rows(**keys)]

    def row(self, name: str) -> Any:
        """What the list shows of one model."""
        (row,) = (row for row in self.rows() if self.model_in(row)["name"] == name)
        return row

    def version(self, version_id: int) -> Any:
        """What get_version_by_id shows: a version and its config."""
        return self.client.reply("get_version_by_id", {"model_version_id": version_id})["model_version"]

    def uuid(self, version_id: int) -> str:
        """The UUID of a version."""
        return str(self.version(version_id)["model_version"]["file_info"]["version"])
