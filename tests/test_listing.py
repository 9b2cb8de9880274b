"""The contract as the command lists it, and one saved reply judged offline."""

from __future__ import annotations

import copy
import io
import json

import pytest

from conformance.contract import ENDPOINTS, load_release
from conformance.errors import UsageError
from conformance.listing import judge_saved_reply, render_requirements

RELEASE = load_release("2023.4")
CHECKS = {"list.id": ["test_list.py::test_field"]}


def example(endpoint: str) -> object:
    return copy.deepcopy(next(e.body for e in RELEASE.examples if e.endpoint == endpoint))


def saved(tmp_path, body: object) -> str:
    file = tmp_path / "reply.json"
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_documented_reply_of_each_endpoint_conforms(tmp_path, endpoint):
    lines, conforms = judge_saved_reply(RELEASE, endpoint, saved(tmp_path, example(endpoint)), None)
    assert conforms, lines


def test_each_violation_is_a_line_with_its_path(tmp_path):
    body = example("list")
    del body["models"][0]["owner_id"]
    body["models"][1]["id"] = "14"
    lines, conforms = judge_saved_reply(RELEASE, "list", saved(tmp_path, body), 200)
    assert not conforms
    assert [line.split(":")[0] for line in lines] == ["models[0].owner_id", "models[1].id", "list"]
    assert "2 violations" in lines[-1]


def test_a_refusal_is_judged_as_an_envelope_with_or_without_its_status(tmp_path):
    file = saved(tmp_path, {"msg": "no such model", "code": 400})
    assert judge_saved_reply(RELEASE, "get", file, None)[1]
    assert judge_saved_reply(RELEASE, "get", file, 400)[1]
    assert not judge_saved_reply(RELEASE, "get", file, 200)[1]


def test_a_success_body_under_a_refusals_status_does_not_conform(tmp_path):
    assert not judge_saved_reply(RELEASE, "list", saved(tmp_path, {"models": []}), 500)[1]


@pytest.mark.parametrize(
    "body", ["<html></html>", "", '{"models": [', "[" * 100_000], ids=["html", "empty", "cut", "deep"]
)
def test_a_reply_that_is_not_json_does_not_conform_and_says_so(tmp_path, body):
    lines, conforms = judge_saved_reply(RELEASE, "list", saved(tmp_path, body), None)
    assert not conforms
    assert lines[0].startswith("(the reply): isn't JSON")


def test_standard_input_is_read_for_a_dash(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"[]")

    monkeypatch.setattr("sys.stdin", Stdin)
    assert judge_saved_reply(RELEASE, "list_versions", "-", None)[1]


def test_an_unknown_endpoint_and_an_absent_file_are_usage_errors(tmp_path):
    with pytest.raises(UsageError, match="known: upload_and_convert, list,"):
        judge_saved_reply(RELEASE, "delete", "-", None)
    with pytest.raises(UsageError, match=r"can't read .*absent"):
        judge_saved_reply(RELEASE, "get", str(tmp_path / "absent"), None)


def test_the_json_listing_holds_each_promise_with_its_checks():
    listed = json.loads(render_requirements(RELEASE, CHECKS, "json"))["requirements"]
    assert [r["id"] for r in listed] == list(RELEASE.requirements)
    assert {r["id"]: r["checks"] for r in listed}["list.id"] == CHECKS["list.id"]


@pytest.mark.parametrize("style", ["table", "markdown"])
def test_the_readable_listings_name_each_promise_and_why_one_is_not_tested(style):
    text = render_requirements(RELEASE, CHECKS, style)
    for requirement in RELEASE.requirements.values():
        assert requirement.id in text
        if requirement.excluded:
            assert requirement.excluded in text
    assert "test_list.py::test_field" in text
