"""Runs on embedded instances that the tests start themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import requests

from conformance import fixtures
from conformance.instance.models import upload_metadata
from conformance.mock import MockInstance, variants
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import catalogue
from conformance.report import statement
from conformance.running.assembly import Assembly
from conformance.running.means import Rehearsal
from conformance.running.runner import Listener, run_suite
from conformance.settings import Settings

RUN_ID = "0a1b2c3d"
RELEASE = "2023.4"


def record(folder: Path, behaviour: Behaviour, run_id: str = RUN_ID, models_before: int = 0) -> Path:
    """Run the checks of the core profile on an embedded instance that behaves so, and leave the run in `folder`.

    With `models_before` the run is given a workspace in which somebody else has so many models.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(release=RELEASE, out=folder)
    with MockInstance(behaviour=behaviour, release=RELEASE) as mock:
        if models_before:
            settings = replace(settings, workspace_id=mock.workspace_id)
            _fill(mock, models_before)
        assembly = Assembly.make(settings, {}, source=Rehearsal(mock, run_id))
        try:
            assembly.check_prerequisites()
            result = run_suite(assembly, Listener())
            (folder / "statement.json").write_bytes(statement.render(result))
        finally:
            assembly.close()
    return folder


def _fill(mock: MockInstance, number: int) -> None:
    content = fixtures.load("fraud_classifier.onnx").path.read_bytes()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {mock.token}"
        for i in range(number):
            metadata = upload_metadata(
                name=f"theirs-{i}", workspace_id=mock.workspace_id, visibility="private", framework="onnx"
            )
            form = {
                "metadata": (None, json.dumps(metadata), "application/json"),
                "file": ("theirs.onnx", content, "application/octet-stream"),
            }
            reply = session.post(f"{mock.url}/v1/api/models/upload_and_convert", files=form, timeout=30)
            assert reply.status_code == 202, reply.text


def behaving(name: str) -> Behaviour:
    """The behaviour of a healthy variant or of a defect, by its id; `healthy` is the right one."""
    if name == "healthy":
        return Behaviour()
    known = {**variants.catalogue(RELEASE), **catalogue(RELEASE)}
    return known[name].behaviour()
