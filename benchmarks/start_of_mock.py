"""From starting the process to the first answer of the embedded instance."""

from __future__ import annotations

import statistics
import time

import requests

from benchmarks.serving import served

RUNS = 5


def main() -> None:
    """Print the median and the extremes of several starts, in seconds."""
    seconds = []
    for _ in range(RUNS):
        with served() as instance:
            began = time.perf_counter()
            requests.post(
                f"{instance.url}/v1/api/models/list",
                json={"workspace_id": instance.workspace_id},
                headers={"Authorization": f"Bearer {instance.token}"},
                timeout=10,
            ).raise_for_status()
            seconds.append(instance.started + time.perf_counter() - began)
    middle = statistics.median(seconds)
    print(f"mock, start to first answer: {middle:.2f} s (min {min(seconds):.2f}, max {max(seconds):.2f}); aim < 1 s")
