"""A large upload by our client next to curl's, and the memory that client and instance take for it."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.serving import Served, peak_resident_mib, served
from conformance.fixtures import PaddedOnnx

SIZE = int(os.environ.get("BENCH_UPLOAD_BYTES", 2 * 2**30))
PAIRS = 3
CLIENT = """
import os, resource, sys
from conformance.evidence.recorder import Recorder
from conformance.instance.credentials import EnvironmentToken
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.session import Session
from conformance.instance.target import Target
import time
url, workspace, path, name = sys.argv[1:]
session = Session(Target.parse(url), EnvironmentToken(), Recorder())
file = ModelFile.from_path(path, framework="onnx")
began = time.perf_counter()
reply = Models(session, int(workspace)).upload(file, name=name)
assert reply.status == 202, reply.text
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> None:
    """Print both throughputs in MiB/s, their ratio pair by pair, and peak resident memory in MiB."""
    if shutil.which("curl") is None:
        print("upload: curl isn't installed, so there is nothing to compare with")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.onnx"
        with path.open("wb") as file:
            for chunk in PaddedOnnx(SIZE).chunks():
                file.write(chunk)
        ratios, ours, theirs, client_peak, mock_peak = [], [], [], 0.0, 0.0
        for number in range(PAIRS):
            with served() as instance:
                seconds, peak = _ours(instance, path, f"ours-{number}")
                curl = _curl(instance, path, Path(folder), f"curl-{number}")
                mock_peak = max(mock_peak, peak_resident_mib(instance.pid))
            ours.append(SIZE / 2**20 / seconds)
            theirs.append(SIZE / 2**20 / curl)
            ratios.append(curl / seconds)
            client_peak = max(client_peak, peak)
    print(
        f"upload of {SIZE / 2**30:.1f} GiB: {statistics.median(ours):.0f} MiB/s, curl "
        f"{statistics.median(theirs):.0f} MiB/s; ratio {statistics.median(ratios):.2f} (median of {PAIRS}); aim > 0.8"
    )
    print(f"peak resident memory: client {client_peak:.0f} MiB, mock {mock_peak:.0f} MiB; aim < 200 MB each")


def _ours(instance: Served, path: Path, name: str) -> tuple[float, float]:
    environ = os.environ | {"WALLAROO_CONFORMANCE_TOKEN": instance.token, "CI": "true"}
    arguments = [instance.url, str(instance.workspace_id), str(path), name]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, *arguments], env=environ, check=True, capture_output=True, text=True
    )
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


def _curl(instance: Served, path: Path, folder: Path, name: str) -> float:
    metadata = folder / "metadata.json"
    conversion = {"framework": "onnx", "python_version": "3.8", "requirements": []}
    body = {"name": name, "visibility": "private", "workspace_id": instance.workspace_id, "conversion": conversion}
    metadata.write_text(json.dumps(body))
    headers = folder / "headers"
    headers.write_text(f"Authorization: Bearer {instance.token}\n")
    command = [
        "curl", "--silent", "--fail", "--output", os.devnull, "--header", f"@{headers}",
        "--form", f"metadata=@{metadata};type=application/json",
        "--form", f"file=@{path};type=application/octet-stream",
        f"{instance.url}/v1/api/models/upload_and_convert",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began
