"""The vendor's own generated clients, each driving the embedded instance of its release; typed replies, parsed.

`tox -e clients` unpacks the vendor's wheels, a folder a version, and names their folder; only `httpx`, `attrs` and
`python-dateutil` are installed beside them. Each client runs in a process of its own, as all have the same name.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import fixtures
from conformance.contract import contract_for, load_release
from conformance.mock import MockInstance

SCRIPT = Path(__file__).with_name("generated_session.py")
VERSIONS = ("2023.4.0", "2024.4.4", "2025.2.5", "2026.1.3")


def _wheel(version: str) -> Path:
    folder = Path(os.environ.get("WALLAROO_CLIENT_WHEELS", "")) / version
    if not (folder / "wallaroo" / "wallaroo_ml_ops_api_client").is_dir():
        pytest.skip(f"WALLAROO_CLIENT_WHEELS has no unpacked wheel of wallaroo {version}; run tox -e clients")
    missing = [name for name in ("httpx", "attr", "dateutil") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the vendor's client needs {', '.join(missing)}; run tox -e clients")
    return folder


@pytest.mark.parametrize("version", VERSIONS)
def test_the_releases_client_parses_every_reply(version: str) -> None:
    """Upload both kinds of model by both calls, read them by every call, delete them where the release can."""
    wheel = _wheel(version)
    release = contract_for(version)
    assert release is not None
    onnx, pytorch = fixtures.load("fraud_classifier"), fixtures.load("multi_io")
    with MockInstance(release=release, step_delay=0.002) as mock:
        sides = [pytorch.path.with_name(f"multi_io.{side}_schema.txt") for side in ("input", "output")]
        arguments = [mock.url, wheel, mock.workspace_id, onnx.path, pytorch.path, *sides]
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *map(str, arguments)],
            env=os.environ | {"WALLAROO_TOKEN": mock.token},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])

    models = {name: model for name, model in said.items() if name.startswith("vendor-")}
    assert len(models) == 4
    for model in models.values():
        file = onnx if model["kind"] == "onnx" else pytorch
        assert model["same_model"]
        assert model["versions"] == [[model["id"], file.sha256, file.path.name]]
        assert model["of_get"] == [model["id"]]
        assert model["configs"] == 1
        assert model["sha"] == file.sha256
        assert model["schemas"] == [file.input_schema, file.output_schema]
        assert model["new_config"] == [True, True, ["tensor"]]
    endpoints = load_release(release).endpoints
    if "list_versions_for_model" in endpoints:
        assert all(model["for_model"] == [model["id"]] for model in models.values())
        assert {model["workspace"] for model in models.values()} == {mock.workspace_id}
    assert all(model.get("logs", False) is ("get_upload_logs" in endpoints) for model in models.values())
    if "delete_model" in endpoints:
        assert said["deleted"]["left"] == []
        sizes = [onnx.path.stat().st_size, pytorch.path.stat().st_size]
        assert said["deleted"]["counted"] == sizes * 2
    assert said["refusal"] == [400, 400, "The provided model id was not found."]
    assert said["workspace_listed"]
