"""Is an uploaded file the model that it claims to be? Files are looked at, never loaded: nothing is run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from .onnx import inspect_onnx
from .result import Inspection, Kind, RefusedFileError, TensorInfo
from .torchscript import inspect_torchscript

__all__ = ["Inspection", "TensorInfo", "inspect"]

_ZIP_MAGIC = b"PK\x03\x04"
# A ModelProto starts with its field 1, ir_version, wherever a common writer wrote it.
_ONNX_FIRST_BYTE = b"\x08"
_MAGICS = ((_ZIP_MAGIC, "a ZIP archive"), (b"\x89HDF\r\n\x1a\n", "an HDF5 file"), (b"\x80", "a bare pickle"))


def inspect(path: Path, framework: str) -> Inspection:
    """Inspect the file at `path`, uploaded as `framework` (a value of the documented `conversion.framework`).

    "onnx" and "pytorch" files are looked into; of other frameworks' files only that they aren't empty and
    aren't an ONNX model. Whatever the bytes, nothing is raised; time and memory are bounded by constants and
    not by the file's size. A file that can't be opened is not ok either.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                return _refused("other", "the file is empty")
            if framework == "onnx":
                return _as_onnx(file, size)
            if framework == "pytorch":
                return _as_torchscript(file, size)
            return _as_other(file, size, framework)
    except OSError as error:
        return _refused("other", f"the file can't be read: {error.strerror or type(error).__name__}")


def _as_onnx(file: IO[bytes], size: int) -> Inspection:
    head = file.read(16)
    for magic, what in _MAGICS:
        if head.startswith(magic):
            return _refused("other", f"not an ONNX model but {what}; name its own framework in the upload")
    try:
        return inspect_onnx(file, size)
    except RefusedFileError as refusal:
        return _refused("onnx" if head.startswith(_ONNX_FIRST_BYTE) else "other", str(refusal))


def _as_torchscript(file: IO[bytes], size: int) -> Inspection:
    head = file.read(16)
    if head.startswith(_ZIP_MAGIC):
        try:
            return inspect_torchscript(file, size)
        except RefusedFileError as refusal:
            return _refused("torchscript", str(refusal))
    if _is_onnx(file, size):
        return _refused("onnx", "an ONNX model, not TorchScript; upload it with the framework onnx")
    for magic, what in _MAGICS:
        if head.startswith(magic):
            return _refused("other", f"not TorchScript but {what}; save the model with torch.jit.save")
    return _refused("other", "not TorchScript: the file doesn't start as a ZIP archive does")


def _as_other(file: IO[bytes], size: int, framework: str) -> Inspection:
    if _is_onnx(file, size):
        return _refused("onnx", "an ONNX model; upload it with the framework onnx")
    return Inspection(ok=True, kind="other", native=framework in _NATIVE)


def _is_onnx(file: IO[bytes], size: int) -> bool:
    try:
        inspect_onnx(file, size)
    except RefusedFileError:
        return False
    return True


# Source: documentation, "Upload Model to Workspace": these and ONNX run without a container.
_NATIVE = frozenset({"tensorflow", "python"})


def _refused(kind: Kind, reason: str) -> Inspection:
    return Inspection(ok=False, kind=kind, reason=reason)
