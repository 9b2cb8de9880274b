"""Worker processes that share out the cases. One that hangs or dies costs its case, not the self-test."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import IO

from conformance.selftest.case import Case, Findings

CASE_SECONDS = 60.0
"""Seconds that the run of one case may take. Ours."""

_NEEDED = (
    *("PATH", "HOME", "USER", "LANG", "LC_", "TMP", "TEMP", "TZ", "PYTHON", "COV", "VIRTUAL_ENV"),
    *("LD_", "DYLD_", "SSL_CERT", "SYSTEMROOT"),
)
"""How the names begin of the variables that a worker is given."""

_LAST_WORDS = 2000
_COMMAND = (sys.executable, "-m", "conformance.selftest.worker")


class WorkerLost(Exception):
    """The worker gave no answer: it hung or died. The message says which."""


class Worker:
    """One process that answers cases, started when first needed and again after it was lost."""

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._said: IO[bytes] | None = None

    def ask(self, case: Case, seconds: float) -> Findings:
        """Run a case. Raises WorkerLost where no answer comes within `seconds`; the worker is gone then."""
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asdict(case)) + "\n")
            process.stdin.flush()
        except OSError:
            raise WorkerLost(self._obituary()) from None
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.stop()
            raise WorkerLost(f"the run didn't end within {seconds:g} s") from None
        if line is None:
            raise WorkerLost(self._obituary())
        return Findings.from_json(json.loads(line))

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._said is not None:
            self._said.close()
            self._said = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._answers = queue.Queue()
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
            self._process = subprocess.Popen(  # noqa: S603 - a list of our own making, and no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                text=True,
                encoding="utf-8",
                env=_environment(),
            )
            threading.Thread(target=_read, args=(self._process.stdout, self._answers), daemon=True).start()
        return self._process

    def _obituary(self) -> str:
        assert self._process is not None
        assert self._said is not None
        code = self._process.wait()
        self._said.seek(0)
        words = " ".join(self._said.read()[-_LAST_WORDS:].decode("utf-8", "replace").split())
        self.stop()
        return f"the worker ended with exit code {code}" + (f": {words}" if words else "")


def _read(stream: IO[str], answers: queue.Queue[str | None]) -> None:
    for line in stream:
        answers.put(line)
    answers.put(None)


def _environment() -> dict[str, str]:
    """What of the caller's a process needs, and no proxy: an HTTP client reads all of it for each request, twice."""
    return {name: value for name, value in os.environ.items() if name.upper().startswith(_NEEDED)}


def run_cases(
    cases: Iterable[Case],
    jobs: int,
    on_found: Callable[[Case, Findings], None],
    seconds: Callable[[Case], float] = lambda case: CASE_SECONDS,
    command: Sequence[str] = _COMMAND,
) -> dict[Case, Findings]:
    """Run each case in one of `jobs` worker processes; `on_found` is called for one at a time, as they end.

    The findings come in the order of the cases. A lost worker is an error among them.
    """
    ordered = list(cases)
    waiting: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in ordered:
        waiting.put(case)
    found: dict[Case, Findings] = {}
    lock = threading.Lock()
    workers = [Worker(command) for _ in range(min(jobs, len(ordered)))]
    stopping = threading.Event()
    failures: list[BaseException] = []

    def serve(worker: Worker) -> None:
        try:
            while not stopping.is_set():
                case = waiting.get_nowait()
                findings = _asked(worker, case, seconds(case))
                with lock:
                    found[case] = findings
                    on_found(case, findings)
        except queue.Empty:
            return
        except BaseException as error:
            failures.append(error)
            stopping.set()

    threads = [threading.Thread(target=serve, args=(worker,), daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stopping.set()
        for worker in workers:
            worker.stop()
    if failures:
        raise failures[0]
    return {case: found[case] for case in ordered}


def _asked(worker: Worker, case: Case, seconds: float) -> Findings:
    began = time.monotonic()
    try:
        return worker.ask(case, seconds)
    except WorkerLost as lost:
        return Findings.broken(str(lost), time.monotonic() - began)
