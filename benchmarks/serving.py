"""The embedded instance in a process of its own, as the benchmarks use it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Served:
    """A served instance: its address, credentials and process. `started` is seconds from the process's start."""

    url: str
    token: str
    workspace_id: int
    pid: int
    started: float


@contextmanager
def served(data: Path | None = None) -> Iterator[Served]:
    """Serve the instance until the block ends."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "conformance", "mock", "--json"]
    process = subprocess.Popen([*command, "--data", str(data)] if data else command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Served(said["url"], said["token"], said["workspace_id"], process.pid, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def peak_resident_mib(pid: int) -> float:
    """The most memory that a process has held, in MiB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/{pid}/status has no VmHWM")
