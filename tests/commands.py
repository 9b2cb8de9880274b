"""The command and pytest as their users start them: in a process of their own, with nothing of the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def command(*arguments: str, cwd: Path, timeout: float = 240, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WALLAROO_CONFORMANCE")}
    return subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=cwd,
        env=clean | environ,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run_pytest(*arguments: str, cwd: Path, autoload: bool = False, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the suite as plain pytest. Without autoload, seconds of others' plugins aren't loaded each time."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("WALLAROO_CONFORMANCE", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "conformance.suite", *arguments]
    if not autoload:
        clean["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        command += ["-p", "conformance.plugin"]
    return subprocess.run(
        command, cwd=cwd, env=clean | environ, capture_output=True, text=True, timeout=240, check=False
    )


def sabotaged(sabotage: str, command: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A run in which the redactor, or the recorder, doesn't do its work."""
    program = f"import sys\nfrom conformance.evidence.redaction import Redactor\n{sabotage}\n{command}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALLAROO_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        env=clean | environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def command_line(*arguments: str) -> str:
    return f"sys.argv = ['wallaroo-conformance', *{arguments!r}]\nfrom conformance.cli import main\nmain()"
