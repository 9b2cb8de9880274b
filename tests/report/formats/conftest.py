"""A run on a live instance with two defects, in every format, as a step of a workflow makes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.mock import MockInstance
from conformance.mock.defects import behaviour_for
from tests.commands import command

DEFECTS = ("list.id.missing", "upload.file-name.shortened")


@dataclass(frozen=True)
class RealRun:
    """What the command left: its folder, its output, and the files that the runner named."""

    out: Path
    stdout: str
    stderr: str
    code: int
    summary: Path
    outputs: Path
    token: str

    @property
    def statement(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "statement.json").read_text())
        return found

    def failed(self) -> set[str]:
        """The requirements that the statement calls failed."""
        return {one["id"] for one in self.statement["requirements"] if one["verdict"] == "failed" and one["scored"]}

    def exchange_ids(self) -> list[str]:
        """The ids of the recording's lines in their order."""
        return [json.loads(line)["id"] for line in (self.out / "exchanges.ndjson").read_text().splitlines()]


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRun]:
    folder = tmp_path_factory.mktemp("real")
    summary, outputs = folder / "summary.md", folder / "outputs"
    with MockInstance(behaviour=behaviour_for(DEFECTS), step_delay=0) as mock:
        done = command(
            *("run", "--target", mock.url, "--release", "2023.4", "--out", "out", "--format", "all"),
            cwd=folder,
            WALLAROO_CONFORMANCE_TOKEN=mock.token,
            GITHUB_ACTIONS="true",
            GITHUB_STEP_SUMMARY=str(summary),
            GITHUB_OUTPUT=str(outputs),
        )
        yield RealRun(folder / "out", done.stdout, done.stderr, done.returncode, summary, outputs, mock.token)
