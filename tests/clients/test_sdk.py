"""The vendor's whole SDK against the embedded instance of its release, where an interpreter has it installed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from conformance import fixtures
from conformance.contract import contract_for
from conformance.mock import MockInstance

SCRIPT = Path(__file__).with_name("sdk_session.py")


def _python(version: str) -> Path:
    python = Path(os.environ.get("WALLAROO_SDKS", "")) / version / "bin" / "python"
    if not python.exists():
        pytest.skip(f"WALLAROO_SDKS has no environment with wallaroo {version}; run tox -e clients")
    return python


@pytest.mark.parametrize(
    ("version", "way"),
    [
        pytest.param("2023.4.0", "rest", id="2023.4.0"),
        pytest.param("2025.2.5", "graphql", id="2025.2.5"),
        pytest.param("2026.1.3", "graphql", id="2026.1.3"),
    ],
)
def test_the_sdk_uploads_lists_and_reads_both_kinds_of_model(version: str, way: str, tmp_path: Path) -> None:
    """Log in, create a workspace, upload, list, read versions and configurations; later ones wait by GraphQL too."""
    python = _python(version)
    release = contract_for(version)
    assert release is not None
    onnx, pytorch = fixtures.load("fraud_classifier"), fixtures.load("multi_io")
    with MockInstance(release=release) as mock:
        environ = os.environ | {
            "WALLAROO_USER": mock.user.username,
            "WALLAROO_PASSWORD": mock.user.password,
            "WALLAROO_URL": mock.url,
            "XDG_CACHE_HOME": str(tmp_path),
        }
        arguments = [mock.url, str(onnx.path), str(pytorch.path), way]
        done = subprocess.run(
            [python, str(SCRIPT), *arguments], env=environ, capture_output=True, text=True, timeout=240, check=False
        )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["workspace"] in said["workspaces"]
    assert said["listed"] == ["sdk-onnx", "sdk-pytorch"]
    assert said["digests"] == {"sdk-onnx": [onnx.sha256], "sdk-pytorch": [pytorch.sha256]}
    assert said["runtimes"][0] == "onnx"
    assert said["runtimes"][1] in ("flight", "onnx")
    assert len(set(said["uploaded"])) == 2
    if way == "graphql":
        assert said["names"] == ["sdk-onnx", "sdk-pytorch"]
        assert set(said["statuses"]) <= {"ready", "attempting_load_native", "pending_load_native"}
        assert said["statuses"][1] == "ready"
        assert said["current"] == said["workspace"]
        assert said["found"] == "sdk-workspace"
