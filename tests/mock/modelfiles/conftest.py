"""Inspecting bytes as if they had been uploaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.mock.modelfiles import Inspection, inspect

Inspect = Callable[[bytes, str], Inspection]


@pytest.fixture
def inspect_bytes(tmp_path: Path) -> Inspect:
    """Inspect the given bytes under a framework."""

    def run(data: bytes, framework: str) -> Inspection:
        path = tmp_path / "uploaded"
        path.write_bytes(data)
        return inspect(path, framework)

    return run
