"""What an upload may name, by release: frameworks, processors, file names; and how its version tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.contract import release_ids
from conformance.mock import MockInstance
from conformance.mock.behaviour import Behaviour, combine

from .client import assert_refused
from .speaker import SCHEMAS, Speaker

ENDING = "Bad request: The provided file needs to be a .zip, .pt, .onnx, .h5, or .pkl file."
"""Recorded: 2025.2.1."""


@contextmanager
def speaking(release: str, *changes: type[Behaviour]) -> Iterator[Speaker]:
    with MockInstance(behaviour=combine(changes), step_delay=0, release=release) as mock:
        yield Speaker(mock)


@pytest.fixture
def speaker(spoken: MockInstance) -> Speaker:
    return Speaker(spoken)


def assert_nothing_was_made(speaker: Speaker) -> None:
    assert speaker.rows() == []


@pytest.mark.parametrize(
    ("framework", "since"), [("onnx", "2023.4"), ("vllm", "2025.2"), ("sglang", "2026.1"), ("cobol", "never")]
)
def test_a_framework_is_taken_from_the_release_on_that_knows_it(speaker: Speaker, framework: str, since: str) -> None:
    response = speaker.send("fraud", framework, file_name="model.zip")

    if since <= speaker.release.id:
        assert response.status_code == 202
        assert speaker.names() == ["fraud"]
    else:
        assert "framework" in assert_refused(response, 400)
        assert_nothing_was_made(speaker)


@pytest.mark.parametrize(("arch", "since"), [("x86", "2023.4"), (None, "2023.4"), ("power10", "2024.4"), (7, "never")])
def test_a_processor_is_taken_from_the_release_on_that_knows_it(speaker: Speaker, arch: Any, since: str) -> None:
    response = speaker.send("fraud", conversion={"arch": arch})

    if since <= speaker.release.id:
        assert response.status_code == 202
    else:
        assert "arch" in assert_refused(response, 400)
        assert_nothing_was_made(speaker)


@pytest.mark.parametrize(
    ("accel", "since"),
    [("cuda", "2024.4"), (None, "2024.4"), ("rocm", "2026.1"), ({"qaic": {"num_cores": 4}}, "2025.2"), ({}, "never")],
    ids=str,
)
def test_an_acceleration_is_ignored_until_the_release_that_knows_it(speaker: Speaker, accel: Any, since: str) -> None:
    response = speaker.send("fraud", conversion={"accel": accel})

    if speaker.release.id < "2024.4" or since <= speaker.release.id:
        version_id = response.json()["insert_models"]["returning"][0]["models"][0]["id"]
        shown = speaker.version(version_id)["model_version"]["conversion"]
        assert shown.get("accel", "not shown") == (accel if speaker.release.id >= "2024.4" else "not shown")
    else:
        assert "accel" in assert_refused(response, 400)
        assert_nothing_was_made(speaker)


def test_the_conversion_tells_what_was_sent_and_nothing_else(speaker: Speaker) -> None:
    plain = speaker.version(speaker.upload("plain"))["model_version"]["conversion"]
    full = speaker.version(
        speaker.upload(
            "full", conversion={"arch": "x86", "accel": "none", "requirements": ["a==1"], "tensor_fields": []}
        )
    )["model_version"]["conversion"]

    sent = {"python_version": "3.8", "requirements": [], "framework": "onnx"}
    always = {"framework_config": None} if speaker.release.id >= "2025.2" else {}
    known = {"arch": "x86"} | ({"accel": "none"} if speaker.release.id >= "2024.4" else {})
    assert plain == {**sent, **always}
    assert full == {**known, **sent, "requirements": ["a==1"], **always}


@pytest.mark.parametrize("sent", [None, {"framework": "custom", "config": {"model_path": "./model/", "more": 1}}])
def test_a_custom_model_is_given_the_path_of_its_file(sent: Any) -> None:
    with speaking("2025.2") as speaker:
        changes = {"conversion": {"framework_config": sent}} if sent else {}
        version_id = speaker.upload("byop", "custom", b"any", "./models/byop.zip", **changes)
        shown = speaker.version(version_id)["model_version"]["conversion"]["framework_config"]

    path = {"model_path": "./models/byop.zip/model"}
    assert shown == {"framework": "custom", "config": {**(sent or {"config": {}})["config"], **path}}


def test_another_frameworks_settings_come_back_as_sent() -> None:
    settings = {"framework": "vllm", "config": {"max_num_seqs": 16}}
    with speaking("2025.2") as speaker:
        version_id = speaker.upload("llm", "vllm", b"any", "llm.zip", conversion={"framework_config": settings})
        assert speaker.version(version_id)["model_version"]["conversion"]["framework_config"] == settings


@pytest.mark.parametrize("settings", ["text", [], 1, {"config": "text"}, {"config": None}], ids=str)
def test_settings_that_are_no_object_are_refused(settings: Any) -> None:
    with speaking("2025.2") as speaker:
        response = speaker.send("fraud", "custom", file_name="a.zip", conversion={"framework_config": settings})
        assert "framework_config" in assert_refused(response, 400)
        assert_nothing_was_made(speaker)


@pytest.mark.parametrize("endpoint", ["upload_and_convert", "upload"])
@pytest.mark.parametrize("file_name", ["api-sample-model", "model.txt", "model.onnx.txt", "onnx", "model.onnx "])
def test_a_name_without_a_known_ending_is_refused_as_recorded(speaker: Speaker, endpoint: str, file_name: str) -> None:
    response = speaker.client.send_upload(speaker.client.metadata("fraud"), b"\x08\x08", file_name, endpoint=endpoint)

    if speaker.release.id >= "2025.2":
        assert assert_refused(response, 400) == ENDING
        assert_nothing_was_made(speaker)
    else:
        assert response.ok
        assert speaker.client.versions(model_id="fraud")[0]["file_name"] == file_name


@pytest.mark.parametrize("file_name", ["m.zip", "m.pt", "m.onnx", "m.h5", "m.pkl", "a b.ONNX", "/home/me/m.tar.zip"])
def test_every_known_ending_is_taken_and_the_name_kept(speaker: Speaker, file_name: str) -> None:
    speaker.upload("fraud", file_name=file_name)

    assert speaker.client.versions(model_id="fraud")[0]["file_name"] == file_name


def test_the_choice_of_names_is_a_decision() -> None:
    class AnyName(Behaviour):
        def takes_file_name(self, file_name: str) -> bool:
            return True

    with speaking(release_ids()[-1], AnyName) as speaker:
        assert speaker.send("fraud", file_name="api-sample-model").status_code == 202


def test_python_models_run_in_a_container_where_there_is_no_engine_for_them(speaker: Speaker) -> None:
    version_id = speaker.upload("steps", "python", b"any", "steps.zip")

    runtime = speaker.version(version_id)["config"]["runtime"]
    assert runtime == ("python" if "python" in speaker.release.enumeration("Runtime") else "flight")


def test_a_failed_conversion_says_why_where_the_release_has_room_for_it(speaker: Speaker) -> None:
    failed = speaker.upload("broken", content=b"no model at all")
    sound = speaker.upload("sound")

    shown = [speaker.version(version_id)["model_version"] for version_id in (failed, sound)]
    assert [version["status"] for version in shown] == ["error", "ready"]
    details = speaker.release.component_schemas.get("VersionDetails", {"properties": {}})
    if "error_summary" in details["properties"]:
        assert "ONNX" in shown[0]["error_summary"]
        assert shown[1]["error_summary"] is None
    else:
        assert not any("error_summary" in version for version in shown)


@pytest.mark.parametrize("framework", ["pytorch", "onnx"])
def test_the_config_holds_the_uploaded_schemas_byte_for_byte(speaker: Speaker, framework: str) -> None:
    given = SCHEMAS if framework == "pytorch" else dict.fromkeys(SCHEMAS)
    version_id = speaker.upload("fraud", framework)

    config = speaker.version(version_id)["config"]
    assert {side: config[side] for side in SCHEMAS} == given
    if speaker.release.model_in_list:
        assert speaker.row("fraud")["model_versions"][0]["config"] == config
