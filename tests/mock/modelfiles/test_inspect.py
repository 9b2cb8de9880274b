"""Files as they are uploaded: fixtures, the documented models, the wrong framework, and what is no model."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from conformance.fixtures import Fixture, PaddedOnnx, all_fixtures, load
from conformance.mock.modelfiles import TensorInfo, inspect

from .builders import archive, model
from .conftest import Inspect

DOCUMENTED = Path(__file__).parents[4] / "shared" / "models"
REASONS = {
    "truncated.onnx": "cut short",
    "wrong_magic.onnx": "not protobuf",
    "truncated.pt": "cut short",
    "zip_bomb.pt": "zip bomb",
    "forbidden_global.pt": "os.getcwd",
    "path_traversal.pt": "path traversal",
}


@pytest.mark.parametrize("fixture", all_fixtures(), ids=lambda fixture: fixture.name)
def test_each_fixture_is_judged_as_the_manifest_says(fixture: Fixture) -> None:
    inspection = inspect(fixture.path, fixture.framework)
    assert inspection.ok is fixture.healthy, inspection.reason
    assert REASONS.get(fixture.name, "") in inspection.reason
    assert bool(inspection.reason) is not fixture.healthy
    assert inspection.native is fixture.healthy


@pytest.mark.parametrize(
    ("name", "framework"),
    [("ccfraud.onnx", "onnx"), ("model-auto-conversion_pytorch_multi_io_model.pt", "pytorch")],
)
def test_documented_model_is_sound(name: str, framework: str) -> None:
    path = DOCUMENTED / name
    if not path.is_file():
        pytest.skip(f"the documented model {name} isn't beside this checkout")
    inspection = inspect(path, framework)
    assert inspection.ok, inspection.reason
    assert inspection.native


def test_inputs_and_outputs_of_an_onnx_model() -> None:
    inspection = inspect(load("fraud_classifier.onnx").path, "onnx")
    assert inspection.inputs == (TensorInfo("tensor", "float", ("N", 29)),)
    assert inspection.outputs == (TensorInfo("dense_1", "float", ("N", 1)),)


def test_inputs_and_outputs_of_a_torchscript_module() -> None:
    inspection = inspect(load("multi_io.pt").path, "pytorch")
    assert [tensor.name for tensor in inspection.inputs] == ["input_1", "input_2"]
    assert [tensor.name for tensor in inspection.outputs] == ["output_1", "output_2"]


@pytest.mark.parametrize(
    ("data", "framework", "kind", "reason"),
    [
        (model(), "pytorch", "onnx", "framework onnx"),
        (model(), "keras", "onnx", "framework onnx"),
        (archive(), "onnx", "other", "a ZIP archive"),
        (b"\x80\x04N.", "onnx", "other", "a bare pickle"),
        (b"\x80\x02N.", "pytorch", "other", "a bare pickle"),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "pytorch", "other", "an HDF5 file"),
        (b"hello", "pytorch", "other", "doesn't start as a ZIP archive"),
        (b"", "onnx", "other", "empty"),
        (b"", "sklearn", "other", "empty"),
    ],
)
def test_wrong_framework_is_refused(
    inspect_bytes: Inspect, data: bytes, framework: str, kind: str, reason: str
) -> None:
    inspection = inspect_bytes(data, framework)
    assert not inspection.ok
    assert inspection.kind == kind
    assert reason in inspection.reason


@pytest.mark.parametrize(
    ("data", "framework", "native"),
    [
        (b"\x80\x04N.", "sklearn", False),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "keras", False),
        (archive(), "custom", False),
        (b"def wallaroo_json(data):\n    return data\n", "python", True),
    ],
)
def test_other_frameworks_are_taken_as_they_are(
    inspect_bytes: Inspect, data: bytes, framework: str, native: bool
) -> None:
    inspection = inspect_bytes(data, framework)
    assert inspection.ok, inspection.reason
    assert inspection.kind == "other"
    assert inspection.native is native


@pytest.mark.parametrize("framework", ["onnx", "pytorch", "custom"])
def test_what_cannot_be_opened_is_not_ok(tmp_path: Path, framework: str) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        inspection = inspect(path, framework)
        assert not inspection.ok
        assert "can't be read" in inspection.reason
        assert str(tmp_path) not in inspection.reason


def test_two_gibibytes_of_constants_are_skipped_not_held(tmp_path: Path) -> None:
    """The file is sparse: its constant's bytes are never written, as they should never be read."""
    size = 2 * 2**30
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.write(next(PaddedOnnx(size).chunks()))
        file.truncate(size)
    tracemalloc.start()
    try:
        inspection = inspect(path, "onnx")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert inspection.ok, inspection.reason
    assert peak < 2**20
