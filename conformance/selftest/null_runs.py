"""Running the command on the null targets, each time in a process of its own, and judging how it ended."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from conformance.contract import AUTO, DEFAULT_RELEASE
from conformance.environment import ENVIRONMENT_PREFIX, variable
from conformance.selftest.null_targets import Ending, NullTarget, Served

TIMES = {"CONNECT_TIMEOUT": "3", "READ_TIMEOUT": "3", "UPLOAD_TIMEOUT": "3", "REPLY_DEADLINE": "4"}
"""Seconds; the documented settings, shortened so that silence is told quickly. The drip must outlast a read."""

RUN_SECONDS = 90.0
"""Seconds within which the command must end on any null target. Ours: three silent requests and a busy machine."""

MAX_RSS_MIB = 512
"""MiB that the command may take. Ours: 64 MiB of a reply, its copies, and the packages of a run."""

_POLL = 0.02
_SHOWN = 300


@dataclass(frozen=True)
class NullVerdict:
    """How the command ended on one null target. `problems` are its faults, none where all is as it must be.

    `workspace` and `release` are what it was told: a workspace `given` or one to be `made`, a release or `auto`.
    """

    id: str
    says: str
    workspace: str
    release: str
    exit_code: int | None
    line: str
    seconds: float
    max_rss_mib: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Ended:
    """How the process ended; no exit code where it had to be killed."""

    exit_code: int | None
    stdout: str
    stderr: str
    seconds: float
    max_rss_mib: float


GIVEN, MADE = "given", "made"


def run_null_targets(
    targets: Iterable[NullTarget],
    jobs: int,
    on_verdict: Callable[[NullVerdict], None] = lambda _verdict: None,
    seconds: float = RUN_SECONDS,
    release: str = DEFAULT_RELEASE,
    found_out: bool = False,
) -> list[NullVerdict]:
    """Run the command on each target, with a workspace given and without; `jobs` at a time, results in order.

    `release` is the one that the command is told; `found_out` adds a run that has to find it out.
    """
    ways = [(GIVEN, release), (MADE, release), *([(GIVEN, AUTO)] if found_out else [])]
    wanted = [(target, *way) for target in targets for way in ways]

    def one(item: tuple[NullTarget, str, str]) -> NullVerdict:
        target, workspace, told = item
        verdict = run_null_target(target, workspace, seconds, told)
        on_verdict(verdict)
        return verdict

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(one, wanted))


def run_null_target(
    target: NullTarget, workspace: str, seconds: float = RUN_SECONDS, release: str = DEFAULT_RELEASE
) -> NullVerdict:
    """Run the command on one target; `workspace` is `given` or `made`, `release` may be `auto`."""
    ending = target.given if workspace == GIVEN else target.made
    # Not shaped like a token that redaction knows by sight: only the run's own knowledge of it can hide it.
    token = "null-" + secrets.token_urlsafe(32)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        served = target.serve(stack, folder)
        ended = _run(served, workspace, release, token, folder, seconds)
        problems = _problems(ended, ending, served, token, folder / "out", seconds)
    lines = ended.stdout.strip().splitlines() or [""]
    return NullVerdict(
        target.id,
        target.says,
        workspace,
        release,
        ended.exit_code,
        _without_ports(lines[-1]),
        ended.seconds,
        ended.max_rss_mib,
        tuple(problems),
    )


def _run(served: Served, workspace: str, release: str, token: str, folder: Path, seconds: float) -> _Ended:
    command = [sys.executable, "-m", "conformance", "run", "--target", served.url, "--out", str(folder / "out")]
    command += ["--release", release]
    if workspace == GIVEN:
        command += ["--workspace-id", "1"]
    if served.ca_bundle is not None:
        command += ["--ca-bundle", str(served.ca_bundle)]
    began = time.monotonic()
    with (folder / "stdout").open("w+b") as stdout, (folder / "stderr").open("w+b") as stderr:
        process = subprocess.Popen(  # noqa: S603 - a list of our own making, and no shell
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=folder, env=_environment(token)
        )
        exit_code, rss = _waited(process, began + seconds)
        took = time.monotonic() - began
        texts = []
        for stream in (stdout, stderr):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return _Ended(exit_code, texts[0], texts[1], took, rss)


def _environment(token: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ENVIRONMENT_PREFIX)}
    own = {variable(name): value for name, value in {**TIMES, "TOKEN": token}.items()}
    proxies = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    return {**kept, **proxies, **own, "PYTHONUTF8": "1"}


def _waited(process: subprocess.Popen[bytes], until: float) -> tuple[int | None, float]:
    """The exit code, None where the process had to be killed, and the most memory it held, in MiB."""
    killed, held = False, 0.0
    while True:
        held = max(held, _high_water(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > until and not killed:
            process.kill()
            killed = True
        time.sleep(_POLL)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return None if killed else process.returncode, held or usage.ru_maxrss * unit / 2**20


def _high_water(pid: int) -> float:
    """The most memory that a process held so far, in MiB; 0 where the system doesn't tell.

    Asked while it runs: on Linux a finished process also answers for what its parent held when it was started.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _problems(ended: _Ended, ending: Ending, served: Served, token: str, out: Path, seconds: float) -> list[str]:
    if ended.exit_code is None:
        return [f"the run didn't end within {seconds:g} s"]
    problems = []
    if ended.exit_code != ending.exit_code:
        problems.append(f"the exit code is {ended.exit_code}, not {ending.exit_code}")
    last = (ended.stdout.strip().splitlines() or [""])[-1]
    if not re.search(ending.line, last):
        problems.append(f"the last line is {last[:_SHOWN]!r}, which doesn't match {ending.line!r}")
    if "Traceback" in ended.stdout + ended.stderr:
        problems.append("there is a traceback on the screen")
    if ended.max_rss_mib > MAX_RSS_MIB:
        problems.append(f"the run held {ended.max_rss_mib:.0f} MiB, more than {MAX_RSS_MIB}")
    return [*problems, *_statement_problems(out), *_leaks(ended, served, token, out)]


def _statement_problems(out: Path) -> list[str]:
    try:
        statement = json.loads((out / "statement.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"there is no statement: {error}"]
    passed = [r["id"] for r in statement["requirements"] if r["verdict"] == "passed" and r["level"] == "MUST"]
    problems = [f"the MUST {name} passed" for name in passed]
    if statement["verdict"] == "conformant":
        problems.append("the verdict is conformant")
    return problems


def _leaks(ended: _Ended, served: Served, token: str, out: Path) -> list[str]:
    """Where the token can be read."""
    secret = token.encode()
    files = [path for path in sorted(out.rglob("*")) if path.is_file()]
    problems = [f"the token is in {path.name}" for path in files if secret in path.read_bytes()]
    if token in ended.stdout + ended.stderr:
        problems.append("the token is on the screen")
    if served.elsewhere is not None:
        for path, headers, body in served.elsewhere.heard:
            if "authorization" in headers or token in path or token in str(headers) or secret in body:
                problems.append("the token went to another host")
    return problems


def _without_ports(line: str) -> str:
    """The line without what differs from run to run."""
    return re.sub(r"(127\.0\.0\.1|localhost):\d+", r"\1:PORT", line)
