"""What the tests of this room share: the repository's own files, its command, and a shell as a runner gives it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
COMMAND = SCRIPTS / "wallaroo-conformance"


def loaded(path: str) -> list[Any]:
    """The documents of a YAML file of the repository."""
    return list(yaml.safe_load_all((ROOT / path).read_text(encoding="utf-8")))


def executed(
    arguments: list[str], folder: Path, environ: dict[str, str], script: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in `folder` with `environ` and nothing of ours but the way to the programs."""
    path = f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return subprocess.run(
        arguments,
        cwd=folder,
        env={"PATH": path, "HOME": str(folder)} | environ,
        input=script,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def tool(name: str) -> str:
    """The path of a linter; without it the test is skipped and says so."""
    found = shutil.which(name, path=f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if found is None:
        pytest.skip(f"{name} isn't installed: pip install '.[lint-deploy]'")
    return found
