"""The vendor's whole SDK of release 2023.4.0 against the embedded instance, where an interpreter has it installed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from conformance import fixtures
from conformance.mock import MockInstance

SCRIPT = Path(__file__).with_name("sdk_session.py")


@pytest.fixture
def sdk_python():
    python = os.environ.get("WALLAROO_SDK_PYTHON")
    if not python or not Path(python).exists():
        pytest.skip("WALLAROO_SDK_PYTHON names no interpreter that has wallaroo 2023.4.0 (needs Python 3.9)")
    return python


def test_the_sdk_uploads_lists_and_reads_both_kinds_of_model(sdk_python, tmp_path):
    onnx, pytorch = fixtures.load("fraud_classifier"), fixtures.load("multi_io")
    with MockInstance() as mock:
        environ = os.environ | {
            "WALLAROO_USER": mock.user.username,
            "WALLAROO_PASSWORD": mock.user.password,
            "WALLAROO_URL": mock.url,
            "XDG_CACHE_HOME": str(tmp_path),
        }
        arguments = [mock.url, str(mock.workspace_id), str(onnx.path), str(pytorch.path)]
        done = subprocess.run(
            [sdk_python, str(SCRIPT), *arguments], env=environ, capture_output=True, text=True, timeout=240, check=False
        )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["listed"] == ["sdk-onnx", "sdk-pytorch"]
    assert said["digests"] == {"sdk-onnx": [onnx.sha256], "sdk-pytorch": [pytorch.sha256]}
    assert said["runtimes"][0] == "onnx"
    assert said["runtimes"][1] in ("flight", "onnx")
    assert len(set(said["uploaded"])) == 2
