"""From upload to `ready` or `error`, as the file deserves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.fixtures import load
from conformance.mock import MockInstance, lifecycle
from conformance.mock.behaviour import Behaviour
from conformance.mock.lifecycle import Step
from conformance.mock.modelfiles import Inspection
from conformance.mock.records import Version
from conformance.mock.store import Store

from .client import Client

IMAGE = "registry.example.com/wallaroo/mlflow-deploy:v2023.4.0-4103"
SCHEMAS = {side: getattr(load("multi_io.pt"), side) for side in ("input_schema", "output_schema")}


class Watched(Behaviour):
    """The right behaviour; notes every status that is stored."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None, str | None]] = []

    def initial_status(self, framework: str, converts: bool) -> str:
        status = super().initial_status(framework, converts)
        self.seen.append((status, None, None))
        return status

    def conversion_steps(self, version: Version, inspection: Inspection) -> list[Step]:
        steps = list(super().conversion_steps(version, inspection))
        self.seen += [(step.status, step.runtime, step.image_path) for step in steps]
        return steps


def walk(upload: Callable[[Client], int]) -> tuple[list[tuple[str, str | None, str | None]], dict[str, Any]]:
    """What a version goes through, and how it ends."""
    watched = Watched()
    with MockInstance(behaviour=watched, step_delay=0) as mock:
        client = Client(mock, mock.token, mock.workspace_id)
        version = client.converted(upload(client))
    return watched.seen, version


def test_onnx_gets_a_container_and_keeps_its_runtime() -> None:
    seen, version = walk(lambda client: client.upload_fixture("fraud", load("fraud_classifier.onnx")))

    assert [status for status, _, _ in seen] == ["pending_load_container", "attempting_load_container", "ready"]
    assert (version["status"], version["image_path"], version["config"]["runtime"]) == ("ready", IMAGE, "onnx")


def test_pytorch_loads_natively_and_becomes_onnx() -> None:
    seen, version = walk(lambda client: client.upload_fixture("fraud", load("multi_io.pt")))

    assert [status for status, _, _ in seen] == ["pending_load_native", "attempting_load_native", "ready"]
    assert (version["status"], version["image_path"], version["config"]["runtime"]) == ("ready", None, "onnx")


@pytest.mark.parametrize("name", ["truncated.pt", "zip_bomb.pt", "forbidden_global.pt", "path_traversal.pt"])
def test_a_broken_pytorch_file_is_tried_both_ways_and_ends_in_error(name: str) -> None:
    seen, version = walk(lambda client: client.upload_fixture("fraud", load(name)))

    assert [status for status, _, _ in seen] == [
        "pending_load_native", "attempting_load_native", "pending_load_container", "attempting_load_container", "error",
    ]  # fmt: skip
    assert (version["status"], version["image_path"], version["config"]["runtime"]) == ("error", None, "flight")


@pytest.mark.parametrize("name", ["truncated.onnx", "wrong_magic.onnx"])
@pytest.mark.parametrize("endpoint", ["upload_and_convert", "upload"])
def test_a_broken_onnx_file_ends_in_error(client: Client, name: str, endpoint: str) -> None:
    version = client.converted(client.upload_fixture("fraud", load(name), endpoint))

    assert (version["status"], version["image_path"], version["config"]["runtime"]) == ("error", None, "onnx")


def test_a_native_upload_is_loaded_and_not_containerised(client: Client) -> None:
    version = client.converted(client.upload_fixture("fraud", load("fraud_classifier.onnx"), "upload"))

    assert (version["status"], version["image_path"], version["config"]["runtime"]) == ("ready", None, "onnx")


@pytest.mark.parametrize(
    ("framework", "first", "runtime"),
    [
        ("sklearn", "pending_load_native", "flight"),
        ("custom", "pending_load_container", "flight"),
        ("hugging-face-translation", "pending_load_container", "flight"),
        ("mlflow", "pending_load_container", "mlflow"),
        ("tensorflow", "pending_load_container", "tensorflow"),
        ("python", "pending_load_container", "python"),
    ],
)
def test_other_frameworks_end_ready_in_a_container(framework: str, first: str, runtime: str) -> None:
    conversion = {"framework": framework, "requirements": []}
    seen, version = walk(lambda client: client.upload("fraud", b"any bytes", conversion=conversion, **SCHEMAS))

    assert seen[0][0] == first
    assert (version["status"], version["image_path"], version["config"]["runtime"]) == ("ready", IMAGE, runtime)


def test_every_status_is_visible_on_the_way() -> None:
    with MockInstance(step_delay=0.2) as mock:
        client = Client(mock, mock.token, mock.workspace_id)
        version_id = client.upload_fixture("fraud", load("fraud_classifier.onnx"))
        seen: list[str] = []
        while not seen or seen[-1] not in ("ready", "error"):
            (version,) = client.versions(model_id="fraud")
            if version["status"] not in seen:
                seen.append(version["status"])
            time.sleep(0.005)

    assert version["id"] == version_id
    assert seen == ["pending_load_container", "attempting_load_container", "ready"]


def test_a_conversion_leaves_updated_at_alone(client: Client) -> None:
    version_id = client.upload("fraud")
    (before,) = client.models()
    client.converted(version_id)

    assert client.models() == [before]


def test_a_conversion_that_breaks_off_ends_in_error() -> None:
    class Breaking(Behaviour):
        def conversion_steps(self, version: Version, inspection: Inspection) -> list[Step]:
            raise RuntimeError("on purpose")

    with MockInstance(behaviour=Breaking(), step_delay=0) as mock:
        client = Client(mock, mock.token, mock.workspace_id)
        assert client.converted(client.upload("fraud"))["status"] == "error"


@pytest.mark.parametrize("status", sorted(lifecycle.UNFINISHED))
def test_an_unfinished_conversion_is_resumed_from_where_it_was(tmp_path: Path, status: str) -> None:
    model = load("multi_io.pt")
    with MockInstance(tmp_path, step_delay=3600) as mock:
        client = Client(mock, mock.token, mock.workspace_id)
        version_id = client.upload_fixture("fraud", model)
    store = Store(tmp_path / "state.sqlite3", durable=True)
    store.set_progress(version_id, status, None, None)
    store.close()

    with MockInstance(tmp_path, step_delay=0) as mock:
        client = Client(mock, mock.token, mock.workspace_id)
        assert client.converted(version_id)["status"] == "ready"
