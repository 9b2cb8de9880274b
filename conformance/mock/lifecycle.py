"""From upload to ready: the statuses a model version goes through, and its runtime on the way.

Source: the vendor's generated client (2023.4.0) for the values; recorded progress of uploads for their order.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from conformance.mock.records import Version

UPLOADING = "uploading"
PENDING_NATIVE = "pending_load_native"
ATTEMPTING_NATIVE = "attempting_load_native"
PENDING_CONTAINER = "pending_load_container"
ATTEMPTING_CONTAINER = "attempting_load_container"
READY = "ready"
ERROR = "error"

UNFINISHED = frozenset({UPLOADING, PENDING_NATIVE, ATTEMPTING_NATIVE, PENDING_CONTAINER, ATTEMPTING_CONTAINER})


_TRIED_NATIVELY = frozenset({"keras", "pytorch", "sklearn", "xgboost"})
_CONTAINER_RUNTIME = "flight"
_NATIVE_RUNTIMES = {"onnx": "onnx", "tensorflow": "tensorflow", "python": "python", "mlflow": "mlflow"}


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a version; None leaves the runtime, the image path or the summary of an error as it is."""

    status: str
    runtime: str | None = None
    image_path: str | None = None
    error_summary: str | None = None


def image_path(version: str) -> str:
    """What a ready container is built from, on an instance of this full version. The form is recorded, the
    registry ours.
    """
    return f"registry.example.com/wallaroo/mlflow-deploy:v{version}-4103"


def initial_status(framework: str, converts: bool) -> str:
    """What a version waits for first."""
    return PENDING_NATIVE if not converts or framework in _TRIED_NATIVELY else PENDING_CONTAINER


def initial_runtime(framework: str, runtimes: Collection[str]) -> str:
    """The runtime before any conversion, of those that the instance has: `flight` for what needs a container."""
    runtime = _NATIVE_RUNTIMES.get(framework, _CONTAINER_RUNTIME)
    return runtime if runtime in runtimes else _CONTAINER_RUNTIME


def steps(version: Version, *, loads: bool, native: bool, reason: str | None = None) -> list[Step]:
    """The changes after the first status; the file is sound (`loads`), the engine can run it (`native`).

    A PyTorch model that loads natively ends there, with the runtime `onnx`. Others that are tried natively
    go on to a container. An upload without conversion has no second try. `reason` says why a file isn't sound.
    """
    failure = Step(ERROR, error_summary=reason)
    if not version.converts:
        return [Step(ATTEMPTING_NATIVE), Step(READY) if loads else failure]
    image = image_path(version.created_on_version)
    container = [Step(ATTEMPTING_CONTAINER), Step(READY, image_path=image) if loads else failure]
    if version.framework not in _TRIED_NATIVELY:
        return container
    if version.framework == "pytorch" and loads and native:
        return [Step(ATTEMPTING_NATIVE), Step(READY, runtime="onnx")]
    return [Step(ATTEMPTING_NATIVE), Step(PENDING_CONTAINER), *container]
