"""New configs of a version, the log of its conversion, and who is in a workspace."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.contract import load_release, release_ids
from conformance.mock import MockInstance
from conformance.mock.behaviour import Behaviour
from conformance.mock.records import Version

from .client import Client, assert_refused
from .speaker import SCHEMAS, Speaker

LOGGING = [name for name in release_ids() if "get_upload_logs" in load_release(name).endpoints]
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) F \S.*")
"""Recorded: 2025.2.1."""

SHORT = ("id", "runtime", "tensor_fields", "filter_threshold")


@pytest.fixture
def speaker(spoken: MockInstance) -> Speaker:
    return Speaker(spoken)


def other_of(speaker: Speaker) -> Speaker:
    """The second user of the same instance."""
    mock = speaker.mock
    return Speaker(mock, Client(mock, mock.other_token, mock.other_workspace_id))


def configure(speaker: Speaker, version_id: Any, **settings: Any) -> Any:
    return speaker.client.reply("insert_model_config", {"model_version_id": version_id, **settings})["model_config"]


# insert_model_config


def test_a_new_config_has_a_new_id_and_is_the_versions_from_then_on(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")
    first = speaker.version(version_id)["config"]

    config = configure(speaker, version_id, tensor_fields=["dense_1"], filter_threshold=0.1)

    assert config == {**first, "id": config["id"], "tensor_fields": ["dense_1"], "filter_threshold": 0.1}
    assert config["id"] > first["id"]
    assert speaker.version(version_id)["config"] == config
    model_id = speaker.model_in(speaker.row("fraud"))["id"]
    short = {key: config[key] for key in SHORT}
    assert speaker.reply("get_config_by_id", {"model_id": version_id})["model_config"] == short
    assert speaker.reply("get_by_id", {"id": model_id})["model_config"] == short


def test_a_new_config_leaves_the_model_and_other_versions_alone(speaker: Speaker) -> None:
    version_id, another = speaker.upload("fraud"), speaker.upload("fraud")
    before = speaker.model_in(speaker.row("fraud")), speaker.version(another)

    configure(speaker, version_id, tensor_fields=["a"])

    assert (speaker.model_in(speaker.row("fraud")), speaker.version(another)) == before


def test_the_uploaded_schemas_stay_unless_others_are_sent(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud", "pytorch", file_name="model.pt")

    kept = configure(speaker, version_id, input_schema=None)
    replaced = configure(speaker, version_id, input_schema=SCHEMAS["output_schema"])

    assert {side: kept[side] for side in SCHEMAS} == SCHEMAS
    assert {replaced[side] for side in SCHEMAS} == {SCHEMAS["output_schema"]}


def test_a_setting_is_kept_from_the_release_on_that_knows_it(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")
    batching, openai = {"max_batch_delay_ms": 5}, {"enabled": True}

    config = configure(
        speaker, version_id, batch_config="single", dynamic_batching_config=batching, openai_config=openai, unheard_of=1
    )

    known = {"batch_config": "single"}
    known |= {"dynamic_batching_config": batching} if speaker.release.id >= "2024.4" else {}
    known |= {"openai": openai} if speaker.release.id >= "2025.2" else {}
    given = {"batch_config", "dynamic_batching_config", "openai", "openai_config", "unheard_of"}
    assert {key: config[key] for key in given & set(config)} == known


@pytest.mark.parametrize(
    "wrong",
    [{"tensor_fields": "a"}, {"tensor_fields": [1]}, {"filter_threshold": "0.1"}, {"filter_threshold": True},
     {"batch_config": 1}, {"input_schema": "not base64"}, {"output_schema": 7}, {"model_version_id": "14"},
     {"model_version_id": None}, {"dynamic_batching_config": []}],
    ids=str,
)  # fmt: skip
def test_a_mistyped_setting_is_refused_and_makes_no_config(newest: MockInstance, wrong: dict[str, Any]) -> None:
    speaker = Speaker(newest)
    version_id = speaker.upload("fraud")
    before = speaker.version(version_id)
    (key,) = wrong

    body = {"model_version_id": version_id, **wrong}
    assert key in assert_refused(speaker.client.call("insert_model_config", body), 400)

    assert speaker.version(version_id) == before


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_only_a_member_of_the_workspace_may_configure(speaker: Speaker, visibility: str) -> None:
    version_id = speaker.upload("fraud", visibility=visibility)
    before = speaker.version(version_id)

    for number in (version_id, 987_654_321):
        assert_refused(other_of(speaker).client.call("insert_model_config", {"model_version_id": number}), 400)

    assert speaker.version(version_id) == before


def test_a_number_beyond_all_bounds_is_no_json(speaker: Speaker) -> None:
    version_id = speaker.upload("fraud")
    body = f'{{"model_version_id": {version_id}, "filter_threshold": 1e999}}'.encode()
    headers = {**speaker.client.headers(), "Content-Type": "application/json"}

    response = requests.post(
        f"{speaker.mock.url}/v1/api/models/insert_model_config", data=body, headers=headers, timeout=30
    )

    assert_refused(response, 400)


# get_upload_logs


@pytest.mark.parametrize("release", LOGGING)
def test_the_log_tells_how_the_conversion_went(release: str) -> None:
    with MockInstance(step_delay=0, release=release) as mock:
        speaker = Speaker(mock)
        sound, broken = speaker.upload("fraud"), speaker.upload("churn", content=b"no model")
        logs = [speaker.reply("get_upload_logs", {"model_version_id": number})["logs"] for number in (sound, broken)]
        summary = speaker.version(broken)["model_version"]["error_summary"]

    assert all(LOG_LINE.fullmatch(line) for log in logs for line in log)
    assert [log[-1].rpartition(" ")[2] for log in logs] == ["ready", "error"]
    assert not any("stderr" in line for line in logs[0])
    assert [line.partition(" F ")[2] for line in logs[1] if " stderr " in line] == [summary]
    assert logs == [sorted(log) for log in logs]


@pytest.mark.parametrize("release", LOGGING)
def test_lines_keeps_the_last_ones(release: str) -> None:
    with MockInstance(step_delay=0, release=release) as mock:
        speaker = Speaker(mock)
        asked = {"model_version_id": speaker.upload("fraud")}
        whole = speaker.reply("get_upload_logs", asked)["logs"]
        limited = {n: speaker.reply("get_upload_logs", {**asked, "lines": n})["logs"] for n in (None, 0, 1, 2, 1000)}

    assert len(whole) > 2
    assert limited == {None: whole, 0: [], 1: whole[-1:], 2: whole[-2:], 1000: whole}


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("model_version_id", "14"), ("model_version_id", None), ("model_version_id", 987_654_321), ("lines", -1),
     ("lines", "2"), ("lines", 1.5), ("lines", True)],
)  # fmt: skip
def test_what_has_no_log_is_refused(newest: MockInstance, key: str, wrong: Any) -> None:
    speaker = Speaker(newest)
    asked = {"model_version_id": speaker.upload("fraud")}

    assert_refused(speaker.call("get_upload_logs", {**asked, key: wrong}), 400)
    assert "model_version_id" in assert_refused(speaker.call("get_upload_logs", {}), 400)


def test_a_log_is_seen_by_those_who_see_the_version_and_goes_with_it(newest: MockInstance) -> None:
    speaker = Speaker(newest)
    private, public = speaker.upload("secret"), speaker.upload("known", visibility="public")
    other = other_of(speaker)

    assert_refused(other.call("get_upload_logs", {"model_version_id": private}), 400)
    assert other.reply("get_upload_logs", {"model_version_id": public})["logs"]
    body = {"model_id": "known", "workspace_id": speaker.client.workspace_id, "confirm_delete": True}
    speaker.reply("delete_model", body)
    assert_refused(other.call("get_upload_logs", {"model_version_id": public}), 400)


def test_a_log_outlives_a_restart(tmp_path: Path) -> None:
    logs = []
    for turn in range(2):
        with MockInstance(tmp_path, step_delay=0, release=LOGGING[-1]) as mock:
            speaker = Speaker(mock)
            version_id = speaker.client.versions(model_id="fraud")[0]["id"] if turn else speaker.upload("fraud")
            logs.append(speaker.reply("get_upload_logs", {"model_version_id": version_id}))

    assert logs[0] == logs[1]
    assert logs[0]["logs"]


def test_what_is_told_of_a_log_is_a_decision() -> None:
    class Silent(Behaviour):
        def logs_of(self, version: Version, lines: int | None) -> list[str]:
            return []

    with MockInstance(behaviour=Silent(), step_delay=0, release=LOGGING[-1]) as mock:
        speaker = Speaker(mock)
        assert speaker.reply("get_upload_logs", {"model_version_id": speaker.upload("fraud")}) == {"logs": []}


# workspaces/list_users


def test_the_users_of_a_workspace_are_told_to_its_members(speaker: Speaker) -> None:
    asked = {"workspace_id": speaker.client.workspace_id}

    users = speaker.client.reply("workspaces/list_users", asked)

    assert users == {"users": [{"user_id": speaker.mock.user.id, "user_type": "OWNER"}]}
    assert_refused(other_of(speaker).client.call("workspaces/list_users", asked), 400)
    assert_refused(speaker.client.call("workspaces/list_users", {}), 400)
