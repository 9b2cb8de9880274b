"""Runs that are compared: each is made once for all tests."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from conformance.comparison import RecordedRun, load_run
from tests.comparison.recording import RUN_ID, behaving, record


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """Gives the folder of a run on an instance with a behaviour; each run is made once."""

    @cache
    def folder(name: str, run_id: str = RUN_ID) -> Path:
        return record(tmp_path_factory.mktemp("run"), behaving(name), run_id)

    return folder


@pytest.fixture(scope="session")
def healthy(recorded) -> RecordedRun:
    return load_run(recorded("healthy"))


@pytest.fixture
def altered(healthy):
    """Gives a copy of the healthy run with other fields."""
    return lambda **fields: replace(healthy, **fields)


@pytest.fixture
def copied(recorded, tmp_path):
    """Gives the folder of a healthy run whose statement a function has changed."""

    def copy(change) -> Path:
        folder = tmp_path / "copy"
        folder.mkdir()
        data = json.loads((recorded("healthy") / "statement.json").read_text())
        change(data)
        (folder / "statement.json").write_text(json.dumps(data))
        (folder / "exchanges.ndjson").write_bytes((recorded("healthy") / "exchanges.ndjson").read_bytes())
        return folder

    return copy
