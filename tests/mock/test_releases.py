"""Each release is spoken as its contract says, and where two releases differ, not as the other one says."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from conformance.contract import Release, load_release, release_ids
from conformance.contract.fitting import fits
from conformance.fixtures import load
from conformance.mock import MockInstance

from .client import Client, uploaded_id

SCHEMAS = {side: getattr(load("multi_io.pt"), side) for side in ("input_schema", "output_schema")}
CLIENT_KEYS = {"arch": "x86", "accel": "none", "framework_config": None}
"""Beside the documented keys; what a release doesn't know is ignored (recorded: conversion.tensor_fields)."""

WITHHELD = {
    name: path for release in release_ids() for name, path in load_release(release).endpoints.items()
}  # fmt: skip


class Speaker:
    """One instance with a model of two versions, and what each endpoint of its release answers about it."""

    def __init__(self, mock: MockInstance) -> None:
        self.release = load_release(mock.release)
        self.client = Client(mock, mock.token, mock.workspace_id)
        self.mock = mock

    def send(self, name: str, framework: str, content: bytes, file_name: str, **changes: Any) -> requests.Response:
        conversion = {"framework": framework, "python_version": "3.8", "requirements": [], **CLIENT_KEYS}
        schemas = SCHEMAS if framework != "onnx" else {}
        metadata = self.client.metadata(name, **{"conversion": conversion, **schemas, **changes})
        return self.client.send_upload(metadata, content, file_name)

    def uploaded(self, name: str, framework: str = "onnx", file_name: str = "model.onnx", **changes: Any) -> int:
        content = load("fraud_classifier.onnx" if framework == "onnx" else "multi_io.pt").path.read_bytes()
        version_id = uploaded_id(self.send(name, framework, content, file_name, **changes))
        self.client.converted(version_id)
        return version_id

    def call(self, endpoint: str, body: Any) -> requests.Response:
        """By the contract's own path."""
        return requests.post(
            self.mock.url + self.release.endpoints[endpoint], json=body, headers=self.client.headers(), timeout=30
        )

    def reply(self, endpoint: str, body: Any) -> Any:
        response = self.call(endpoint, body)
        assert response.status_code == 200, response.text
        return response.json()

    def row(self, name: str) -> Any:
        """What the list shows of one model."""
        rows = self.reply("list", {"workspace_id": self.client.workspace_id})["models"]
        (row,) = (row for row in rows if self.model_in(row)["name"] == name)
        return row

    def model_in(self, row: Any) -> Any:
        for key in self.release.model_in_list:
            row = row[key]
        return row

    def requests_about(self, name: str, version_id: int) -> dict[str, Any]:
        """A request for each reading endpoint that this release may have."""
        model_id = self.model_in(self.row(name))["id"]
        (version,) = (v for v in self.client.versions(model_id=name) if v["id"] == version_id)
        return {
            "list": {"workspace_id": self.client.workspace_id},
            "get_by_id": {"id": model_id},
            "list_versions": {"model_id": name, "models_pk_id": model_id},
            "get_config_by_id": {"model_id": version_id},
            "get": {"id": model_id},
            "get_version_by_id": {"model_version_id": version_id},
            "get_model_version_by_id": {"model_version_id": version_id},
            "list_versions_for_model": {"model_id": name, "workspace_id": self.client.workspace_id},
            "get_upload_logs": {"model_version_id": version_id, "lines": 2},
            "delete_model_versions": {"model_versions": [version["model_version"]], "confirm_delete": False},
            "delete_model": {"model_id": name, "workspace_id": self.client.workspace_id, "confirm_delete": False},
        }


@pytest.fixture
def speaker(spoken: MockInstance) -> Speaker:
    return Speaker(spoken)


def assert_conforms(release: Release, endpoint: str, body: Any, status: int = 200) -> None:
    assert release.schemas.violations(endpoint, body, status) == []


@pytest.mark.parametrize(
    ("framework", "file_name"), [("onnx", "model.onnx"), ("pytorch", "model.pt"), ("custom", "model.zip")]
)
def test_every_reply_is_of_the_instances_own_release(speaker: Speaker, framework: str, file_name: str) -> None:
    speaker.uploaded("fraud", framework, file_name)
    version_id = speaker.uploaded("fraud", framework, file_name)
    calls = speaker.requests_about("fraud", version_id)
    assert set(speaker.release.endpoints) == set(calls).intersection(speaker.release.endpoints) | {"upload_and_convert"}

    for endpoint in speaker.release.reads + tuple(n for n, k in speaker.release.kinds.items() if k == "delete"):
        body = speaker.reply(endpoint, calls[endpoint])
        assert_conforms(speaker.release, endpoint, body)
        (own,) = (fit for fit in fits(endpoint, body) if fit.release == speaker.release.id)
        assert own.fits, own.differences
