"""The whole run next to a bare replay: the same requests over one keep-alive connection, and nothing judged."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.serving import Served, served
from conformance.evidence.exchange import Exchange
from conformance.evidence.reading import read_exchanges

PAIRS = 3


def main() -> None:
    """Print run and replay, in seconds, and their ratio pair by pair."""
    pairs = []
    count = 0
    for _ in range(PAIRS):
        with tempfile.TemporaryDirectory() as folder:
            with served() as instance:
                whole = _run(instance, Path(folder))
            exchanges = read_exchanges(Path(folder) / "exchanges.ndjson")
            count = len(exchanges)
            with served() as instance:
                bare = _replay(instance, exchanges)
        pairs.append((whole, bare))
    ratio = statistics.median(whole / bare for whole, bare in pairs)
    run, replay = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"run, core profile: {run:.2f} s for {count} exchanges; bare replay {replay:.2f} s; "
        f"ratio {ratio:.2f} (median of {PAIRS}); aim < 1.5, and < 15 s"
    )


def _run(instance: Served, out: Path) -> float:
    environ = os.environ | {"WALLAROO_CONFORMANCE_TOKEN": instance.token}
    command = [sys.executable, "-m", "conformance", "run", "--target", instance.url, "--out", str(out)]
    began = time.perf_counter()
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def _replay(instance: Served, exchanges: list[Exchange]) -> float:
    files = {part.size: os.urandom(part.size) for x in exchanges for part in x.request.parts}
    began = time.perf_counter()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {instance.token}"
        for exchange in exchanges:
            request = exchange.request
            parts = [
                (part.name, (part.filename, part.text or files[part.size], part.content_type)) for part in request.parts
            ]
            kind = {"Content-Type": "application/json"} if request.body else {}
            session.request(
                request.method,
                instance.url + request.path,
                data=request.body.encode() if request.body else None,
                files=parts or None,
                headers=kind,
                timeout=60,
            )
    return time.perf_counter() - began
