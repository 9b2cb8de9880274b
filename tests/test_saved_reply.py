"""One saved reply judged offline: by one release, or by all of them."""

from __future__ import annotations

import copy
import io
import json

import pytest

from conformance.contract import ENDPOINTS, load_release, release_ids
from conformance.contract.companions import companions
from conformance.errors import UsageError
from conformance.saved_reply import MAX_DIFFERENCES, judge_saved_reply

EVERY_EXAMPLE = [
    pytest.param(release, example.endpoint, example.body, id=f"{release}-{example.name}")
    for release in release_ids()
    for example in load_release(release).examples
]


def example(endpoint: str, release: str = "2023.4") -> object:
    return copy.deepcopy(next(e.body for e in load_release(release).examples if e.endpoint == endpoint))


def saved(tmp_path, body: object) -> str:
    file = tmp_path / "reply.json"
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(("release", "endpoint", "body"), EVERY_EXAMPLE)
def test_each_documented_reply_conforms_to_its_release(tmp_path, release, endpoint, body):
    lines, conforms = judge_saved_reply(endpoint, saved(tmp_path, body), None, release)
    assert conforms, lines
    assert lines[0].startswith(f"{endpoint}: conforms to release {release}")


def test_each_violation_is_a_line_with_its_path(tmp_path):
    body = example("list")
    del body["models"][0]["owner_id"]
    body["models"][1]["id"] = "14"
    lines, conforms = judge_saved_reply("list", saved(tmp_path, body), 200, "2023.4")
    assert not conforms
    assert [line.split(":")[0] for line in lines[:3]] == ["models[0].owner_id", "models[1].id", "list"]
    assert "2 violations of release 2023.4" in lines[2]
    assert all(line.startswith("not 202") for line in lines[3:])


def test_without_a_release_it_says_which_ones_the_reply_fits_and_why_not_the_others(tmp_path):
    lines, conforms = judge_saved_reply("list", saved(tmp_path, example("list", "2024.1")), None)
    assert conforms
    assert lines[0] == "list: fits releases 2024.1 and 2024.4 as a successful reply"
    assert "not 2023.4: models[0].id: missing" in lines
    assert any(line.startswith("not 2025.2: ") for line in lines)
    assert not any(line.startswith(("not 2024.1", "not 2024.4")) for line in lines)


def test_of_many_rows_each_difference_is_told_once_and_the_rest_counted(tmp_path):
    body = example("list")
    body["models"] *= 10
    lines, _ = judge_saved_reply("list", saved(tmp_path, body), None)
    told = [line for line in lines if line.startswith("not 2024.1: ")]
    assert len(told) == MAX_DIFFERENCES + 1
    assert told[-1] == "not 2024.1: … and 5 more"


def test_a_named_release_is_told_apart_from_the_others_too(tmp_path):
    lines, conforms = judge_saved_reply("list", saved(tmp_path, example("list", "2025.2")), None, "2026.1")
    assert conforms
    assert lines[0] == "list: conforms to release 2026.1 as a successful reply"
    assert not any(line.startswith("not 2025.2") for line in lines)
    assert any(line.startswith("not 2024.4: ") for line in lines)


def test_what_fits_no_release_is_told_its_nearest_with_all_that_differs(tmp_path):
    body = example("get")
    body["id"] = "15"
    lines, conforms = judge_saved_reply("get", saved(tmp_path, body), None)
    assert not conforms
    assert lines[:2] == [
        "id: is '15', but should be an integer",
        "get: fits no release as a successful reply; 2023.4 is nearest, but for 1 difference",
    ]
    assert any(line.startswith("not 2024.4: workspace: missing") for line in lines)


def test_a_refusal_is_judged_as_an_envelope_with_or_without_its_status(tmp_path):
    file = saved(tmp_path, {"msg": "no such model", "code": 400})
    for release in ("auto", *release_ids()):
        assert judge_saved_reply("get", file, None, release)[1]
        assert judge_saved_reply("get", file, 400, release)[1]
        assert not judge_saved_reply("get", file, 200, release)[1]


def test_a_success_body_under_a_refusals_status_does_not_conform(tmp_path):
    assert not judge_saved_reply("list", saved(tmp_path, {"models": []}), 500)[1]


@pytest.mark.parametrize("release", ["auto", "2024.4"])
@pytest.mark.parametrize(
    "body", ["<html></html>", "", '{"models": [', "[" * 100_000], ids=["html", "empty", "cut", "deep"]
)
def test_a_reply_that_is_not_json_does_not_conform_and_says_so(tmp_path, body, release):
    lines, conforms = judge_saved_reply("list", saved(tmp_path, body), None, release)
    assert not conforms
    assert lines[0].startswith("(the reply): isn't JSON")


def test_standard_input_is_read_for_a_dash(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"[]")

    monkeypatch.setattr("sys.stdin", Stdin)
    assert judge_saved_reply("list_versions", "-", None)[1]


def test_a_companion_is_judged_alike_for_every_release(tmp_path):
    file = saved(tmp_path, {"workspaces": []})
    for release in ("auto", *release_ids()):
        assert judge_saved_reply("workspaces/list", file, None, release) == (
            ["workspaces/list: conforms to every release as a successful reply"],
            True,
        )
    lines, conforms = judge_saved_reply("workspaces/create", file, None)
    assert not conforms
    assert lines[0] == "workspace_id: missing"


def test_the_token_endpoint_has_an_envelope_of_its_own(tmp_path):
    assert judge_saved_reply("token", saved(tmp_path, {"error": "invalid_grant"}), None)[1]
    assert not judge_saved_reply("token", saved(tmp_path, {"msg": "no", "code": 400}), 400)[1]


@pytest.mark.parametrize("spelling", ["models/list", "list"])
def test_a_model_endpoint_may_be_named_with_its_folder(tmp_path, spelling):
    assert judge_saved_reply(spelling, saved(tmp_path, {"models": []}), None)[1]


def test_an_unknown_endpoint_and_an_absent_file_are_usage_errors(tmp_path):
    with pytest.raises(UsageError, match=r"known: upload_and_convert, list,.*workspaces/list"):
        judge_saved_reply("delete", "-", None)
    with pytest.raises(UsageError, match=r"release 2023\.4 has no endpoint get_upload_logs; it has upload_and_convert"):
        judge_saved_reply("get_upload_logs", "-", None, "2023.4")
    with pytest.raises(UsageError, match=r"can't read .*absent"):
        judge_saved_reply("get", str(tmp_path / "absent"), None)


def test_the_companions_are_beside_the_model_endpoints():
    of_models = {path for release in release_ids() for path in load_release(release).endpoints.values()}
    assert not of_models & set(companions().values())
    assert not set(ENDPOINTS) & set(companions())
