"""Whatever the bytes: a verdict of one line, never another exception.

The inspectors themselves are driven, below the one place that turns refusals into verdicts.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.fixtures import load
from conformance.mock.modelfiles import Inspection, inspect
from conformance.mock.modelfiles.onnx import inspect_onnx
from conformance.mock.modelfiles.pickles import Budget, follow
from conformance.mock.modelfiles.result import RefusedFileError
from conformance.mock.modelfiles.torchscript import inspect_torchscript

from .builders import DATA_PICKLE, archive, graph, model, tensor, with_pickle

Edit = tuple[str, int, bytes]

ONNX = [model(graph(tensor())), load("fraud_classifier.onnx").path.read_bytes()]
TORCHSCRIPT = [archive(), load("multi_io.pt").path.read_bytes()]
PICKLES = [DATA_PICKLE, zipfile.ZipFile(load("multi_io.pt").path).read("multi_io/data.pkl")]

edits = st.lists(
    st.tuples(st.sampled_from(["put", "insert", "delete", "repeat"]), st.integers(0, 2**16), st.binary(max_size=12)),
    min_size=1,
    max_size=6,
)
thorough = settings(deadline=None, database=None, max_examples=400)


def edited(data: bytes, changes: list[Edit]) -> bytes:
    """The bytes after each change, at a place that is taken modulo their length."""
    for kind, place, content in changes:
        start = place % (len(data) + 1)
        stop = start + len(content)
        match kind:
            case "put":
                data = data[:start] + content + data[stop:]
            case "insert":
                data = data[:start] + content + data[start:]
            case "delete":
                data = data[:start] + data[stop:]
            case "repeat":
                data = data[:stop] + data[start:]
    return data


def inspected(data: bytes, framework: str) -> Inspection:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uploaded"
        path.write_bytes(data)
        return inspect(path, framework)


def assert_one_line(reason: str) -> None:
    assert reason
    assert reason.isprintable()
    assert len(reason) < 400


@thorough
@given(st.sampled_from(ONNX), edits)
def test_edited_onnx_models(original: bytes, changes: list[Edit]) -> None:
    data = edited(original, changes)
    try:
        assert inspect_onnx(io.BytesIO(data), len(data)).ok
    except RefusedFileError as refusal:
        assert_one_line(str(refusal))


@thorough
@given(st.sampled_from(TORCHSCRIPT), edits)
def test_edited_torchscript_files(original: bytes, changes: list[Edit]) -> None:
    data = edited(original, changes)
    try:
        assert inspect_torchscript(io.BytesIO(data), len(data)).ok
    except RefusedFileError as refusal:
        assert_one_line(str(refusal))


@thorough
@given(st.sampled_from(PICKLES), edits)
def test_edited_pickles_in_a_sound_archive(original: bytes, changes: list[Edit]) -> None:
    data = with_pickle(edited(original, changes))
    try:
        assert inspect_torchscript(io.BytesIO(data), len(data)).ok
    except RefusedFileError as refusal:
        assert_one_line(str(refusal))


@thorough
@given(st.binary(max_size=300))
def test_any_bytes_as_a_pickle(data: bytes) -> None:
    try:
        follow(b"\x80\x02" + data, "data.pkl", Budget())
    except RefusedFileError as refusal:
        assert_one_line(str(refusal))


@settings(deadline=None, database=None, max_examples=150)
@given(st.binary(max_size=200), st.sampled_from(["onnx", "pytorch", "keras", "no such framework"]), st.booleans())
def test_any_bytes_as_a_file(data: bytes, framework: str, zipped: bool) -> None:
    inspection = inspected(b"PK\x03\x04" + data if zipped else data, framework)
    assert inspection.ok is (inspection.reason == "")
    if not inspection.ok:
        assert_one_line(inspection.reason)


@settings(deadline=None, database=None, max_examples=100)
@given(st.sampled_from([*ONNX, *TORCHSCRIPT]), st.data())
def test_a_file_cut_anywhere_is_not_ok(original: bytes, data: st.DataObject) -> None:
    """Both formats end in something that every sound file needs."""
    cut = original[: data.draw(st.integers(0, len(original) - 1))]
    for framework in ("onnx", "pytorch"):
        assert not inspected(cut, framework).ok
