"""Foreign recordings: what is wrong in them is found and named, and nothing else is."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import ENDPOINTS, Release, contract_for, load_release, release_ids
from conformance.contract.companions import companions
from conformance.errors import ConformanceError, UsageError
from conformance.evidence import Exchange, Failure, Part, Request, Response, read_exchanges
from conformance.exchange_judging import JudgedRecording, is_har, judge_file, judge_recording, lines
from conformance.exchange_judging.coherence import returned_ids
from conformance.exchange_judging.files import judged_file
from conformance.exchange_judging.releases import release_of
from conformance.fixtures import load
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.mock import MockInstance
from conformance.mock.defects import behaviour_for
from tests.altered import assembled

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "evidence" / "exchanges.jsonl"
RELEASE = load_release("2023.4")
ALL = load_release(release_ids()[-1]).endpoints
UPLOAD = "upload_and_convert"
UUID = "271875ae-92ee-4137-b54f-c2ce1e88121c"
OTHER_UUID = "371875ae-92ee-4137-b54f-c2ce1e88121c"
FILE = b"the bytes of a model"
SHA = hashlib.sha256(FILE).hexdigest()
TIME = "2023-11-29T16:30:53.716526+00:00"
METADATA: dict[str, Any] = {
    "name": "a-model",
    "visibility": "private",
    "workspace_id": 7,
    "conversion": {"framework": "onnx", "python_version": "3.8", "requirements": []},
}


class Recording:
    """Exchanges one after the other, a second apart."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def call(self, endpoint: str, asked: Any, answer: Any, status: int = 200, **more: Any) -> Exchange:
        path = {**ALL, **companions()}.get(endpoint, endpoint)
        body = asked if isinstance(asked, str) else json.dumps(asked)
        headers = [["Content-Type", "application/json"]]
        return self.add(Request("POST", path, headers, body=body, size=len(body)), answer, status, **more)

    def upload(self, version_id: int = 12, metadata: Any = None, file: bytes = FILE, **more: Any) -> Exchange:
        text = json.dumps(METADATA | (metadata or {}))
        sent = (
            ("metadata", None, "application/json", text.encode()),
            ("file", "model.onnx", "application/octet-stream", file),
        )
        parts = [
            Part(name, filename, kind, len(content), hashlib.sha256(content).hexdigest(), None if filename else text)
            for name, filename, kind, content in sent
        ]
        answer = {"insert_models": {"returning": [{"models": [{"id": version_id}]}]}}
        return self.add(Request("POST", ENDPOINTS[UPLOAD], [], parts=parts, size=999), answer, 202, **more)

    def add(self, request: Request, answer: Any, status: int, **more: Any) -> Exchange:
        body = answer if isinstance(answer, str) else json.dumps(answer)
        number = len(self.exchanges)
        response = Response(status, "", [["content-type", "application/json"]], body, None, len(body))
        started = f"2024-01-01T00:{number // 60:02}:{number % 60:02}.000000Z"
        exchange = Exchange(f"e{number}", None, None, started, 0.1, request, response, None)
        self.exchanges.append(replace(exchange, **more))
        return self.exchanges[-1]

    def judged(self, release: Release = RELEASE) -> JudgedRecording:
        return judge_recording(self.exchanges, release)


@pytest.fixture
def recording() -> Recording:
    return Recording()


def row(**more: Any) -> dict[str, Any]:
    """A version as list_versions shows it."""
    return {
        "sha": SHA,
        "models_pk_id": 5,
        "model_version": UUID,
        "owner_id": '""',
        "model_id": "a-model",
        "id": 12,
        "file_name": "model.onnx",
        "image_path": None,
        "status": "ready",
    } | more


def model(**more: Any) -> dict[str, Any]:
    """A model as list shows it."""
    return {"id": 5, "name": "a-model", "owner_id": '""', "created_at": TIME, "updated_at": TIME} | more


def details(**more: Any) -> dict[str, Any]:
    """A model as get_by_id shows it."""
    config = {"id": 3, "runtime": "onnx", "tensor_fields": None, "filter_threshold": None}
    return model(workspace_id=7, model_config=config, **more)


def broken(judged: JudgedRecording) -> set[str]:
    return {name for finding in judged.findings for name in finding.requirements}


def journey(recording: Recording, *, rows: Any = None, models: Any = None, one: Any = None) -> JudgedRecording:
    """An upload and the reads after it."""
    recording.upload()
    recording.call("list", {"workspace_id": 7}, {"models": [model()] if models is None else models})
    asked = {"model_id": "a-model", "models_pk_id": 5}
    recording.call("list_versions", asked, [row()] if rows is None else rows)
    recording.call("get_by_id", {"id": 5}, details() if one is None else one)
    return recording.judged()


def test_what_agrees_breaks_nothing(recording: Recording) -> None:
    judged = journey(recording)
    assert judged.findings == ()
    assert judged.client_faults == ()
    assert judged.judged == {UPLOAD: 1, "list": 1, "list_versions": 1, "get_by_id": 1}
    assert judged.exit_code == 0
    assert {
        "list-versions.sha-is-sha256",
        "upload.returns-version-id",
        "list.includes-new-model",
        "list.name",
        "get-by-id.takes-model-id",
        "get-by-id.workspace-is-uploads",
        "upload.name-kept",
    } <= set(judged.shown)


def test_what_nobody_asked_is_untested(recording: Recording) -> None:
    judged = journey(recording)
    assert "list.requires-token" not in judged.shown
    assert "list.requires-token" in judged.to_json()["requirements"]["untested"]
    said = list(lines(judged, "a.har"))
    kept = len(judged.shown)
    assert f"{kept} of {len(judged.testable)} requirements were seen: {kept} kept, 0 broken" in said
    assert said[-1].endswith("this is no certificate of conformance.")


@pytest.mark.parametrize(
    ("changes", "requirement"),
    [
        ({"rows": [row(sha="0" * 64)]}, "list-versions.sha-is-sha256"),
        ({"rows": [row(file_name="another.onnx")]}, "list-versions.file-name-verbatim"),
        ({"rows": [row(model_id="another")]}, "list-versions.model-id-is-name"),
        ({"rows": [row(models_pk_id="5")]}, "list-versions.models-pk-id"),
        ({"rows": [row(id=13, sha=SHA), row(sha="0" * 64, model_version=OTHER_UUID)]}, "upload.returns-version-id"),
        ({"rows": [row(id=13)]}, "upload.returns-version-id"),
        ({"rows": [row(), row(id=13)]}, "list-versions.distinct-uuids"),
        ({"rows": [row(), row(model_version=OTHER_UUID)]}, "list-versions.row-per-upload"),
        ({"rows": [row(), row(id=13, model_id="b", models_pk_id=9)]}, "list-versions.only-asked-rows"),
        ({"rows": {"models": [row()]}}, "list-versions.array"),
        ({"models": []}, "list.includes-new-model"),
        ({"models": [model(), model()]}, "list.each-model-once"),
        ({"models": [model(updated_at="2020-01-01T00:00:00Z")]}, "list.created-not-after-updated"),
        ({"models": [model(id=0)]}, "list.id"),
        ({"models": None, "one": details(id=6)}, "get-by-id.takes-model-id"),
        ({"one": details(created_at="2020-01-01T00:00:00Z")}, "get-by-id.times-agree-with-list"),
        ({"one": details(name="another")}, "get-by-id.takes-model-id"),
        ({"one": details() | {"workspace_id": 8}}, "get-by-id.workspace-is-uploads"),
        ({"one": "<html>"}, "get-by-id.id"),
    ],
)
def test_what_disagrees_is_named(recording: Recording, changes: dict[str, Any], requirement: str) -> None:
    judged = journey(recording, **changes)
    assert requirement in broken(judged)
    assert judged.exit_code == 1
    assert any(finding.fatal for finding in judged.findings)


def test_a_finding_says_all_that_is_needed(recording: Recording) -> None:
    judged = journey(recording, rows=[row(sha="0" * 64)])
    (finding,) = judged.findings
    assert (finding.exchange, finding.endpoint, finding.level, finding.path) == (
        "e2",
        "list_versions",
        "MUST",
        "[0].sha",
    )
    assert finding.others == ("e0",)
    assert SHA in finding.expected
    assert "curl" in finding.curl
    assert f"https://api.example.com{ENDPOINTS['list_versions']}" in finding.curl
    text = "\n".join(lines(judged, "a.har"))
    for said in ("MUST list-versions.sha-is-sha256", "Exchange: e2, list_versions, beside e0", "Place:    [0].sha"):
        assert said in text
    assert "NOT CONFORMANT: a MUST is violated (list-versions.sha-is-sha256) (exit code 1)" in text
    assert json.loads(json.dumps(judged.to_json()))["findings"][0]["requirements"] == ["list-versions.sha-is-sha256"]


def test_what_happens_again_and_again_is_told_once(recording: Recording) -> None:
    for _ in range(9):
        recording.call("list", {"workspace_id": 7}, {"models": [model(owner_id=7)]})
    judged = recording.judged()
    said = list(lines(judged, "a.har"))
    assert len(judged.findings) == 9
    assert said.count("MUST list.owner-id") == 1
    assert "  Likewise: 8 more: e1, e2, e3, e4, e5, …" in said


def test_two_hosts_are_two_instances(recording: Recording) -> None:
    recording.call("list", {"workspace_id": 7}, {"models": [model()]})
    recording.call("get_by_id", {"id": 5}, details(name="another"))
    hosts = {"e0": "https://one.example.com", "e1": "https://two.example.com"}
    assert judge_recording(recording.exchanges, RELEASE, origins=hosts).findings == ()
    assert recording.judged().findings != ()


def test_a_list_before_the_upload_needn_t_have_it(recording: Recording) -> None:
    recording.call("list", {"workspace_id": 7}, {"models": []})
    recording.upload()
    recording.call("list", {"workspace_id": 8}, {"models": []})
    assert recording.judged().findings == ()


def test_a_file_that_isn_t_known_whole_is_held_against_nothing(recording: Recording) -> None:
    sent = recording.upload()
    recording.exchanges[0] = replace(sent, request=replace(sent.request, truncated=True))
    recording.call("list_versions", {"model_id": "a-model", "models_pk_id": 5}, [row(sha="0" * 64)])
    assert recording.judged().findings == ()


def test_a_strangers_row_may_be_older_than_the_release(recording: Recording) -> None:
    old = model(id=6, name="old")
    del old["updated_at"]
    recording.call("list", {"workspace_id": 7}, {"models": [model(), old]})
    judged = recording.judged()
    (finding,) = judged.findings
    assert finding.doubt is not None
    assert (judged.exit_code, judged.broken) == (0, ())
    assert "list.updated-at" not in judged.shown


def test_what_all_rows_lack_is_no_matter_of_age(recording: Recording) -> None:
    rows = [model(id=number, name=f"model-{number}") for number in (5, 6)]
    for each in rows:
        del each["updated_at"]
    recording.call("list", {"workspace_id": 7}, {"models": rows})
    judged = recording.judged()
    assert judged.broken == ("list.updated-at",)
    assert judged.findings[0].actual == "models[0].updated_at missing (and 1 more)"


ERROR = {"msg": "The body isn't as documented.", "code": 400}


@pytest.mark.parametrize(
    ("endpoint", "asked", "path"),
    [
        ("list", {}, "workspace_id"),
        ("list", '{"workspace_id"', ""),
        ("get_by_id", {"id": "five"}, "id"),
        ("get_by_id", {"id": None}, "id"),
        ("get", {}, ""),
        ("workspaces/create", {}, "workspace_name"),
    ],
)
def test_a_clients_fault_is_not_the_instances(recording: Recording, endpoint: str, asked: Any, path: str) -> None:
    recording.call(endpoint, asked, ERROR, 400)
    judged = recording.judged()
    assert [(fault.exchange, fault.endpoint, fault.path) for fault in judged.client_faults] == [("e0", endpoint, path)]
    assert judged.findings == ()
    assert judged.exit_code == 0


@pytest.mark.parametrize(
    ("metadata", "requirement"),
    [
        ({"name": None}, "upload.name-required"),
        ({"workspace_id": None}, "upload.workspace-id-required"),
        ({"visibility": "secret"}, "upload.visibility-enum"),
        ({"conversion": None}, "upload.conversion-required"),
        ({"conversion": ["onnx"]}, "upload.mistyped-fields-refused"),
        ({"conversion": METADATA["conversion"] | {"framework": "abacus"}}, "upload.framework-enum"),
    ],
)
def test_serving_what_should_be_refused_is_the_instances_fault(
    recording: Recording, metadata: Any, requirement: str
) -> None:
    recording.upload(metadata=metadata)
    judged = recording.judged()
    assert requirement in broken(judged)
    assert len(judged.client_faults) == 1


@pytest.mark.parametrize(
    ("body", "status", "requirement"),
    [
        ("<html>", 400, "errors.envelope"),
        ({"msg": 7, "code": 400}, 400, "errors.envelope"),
        ({"msg": "no", "code": 500}, 400, "errors.code-equals-status"),
        ({"msg": "no", "code": 422}, 422, "errors.missing-field-is-400"),
    ],
)
def test_a_refusal_has_its_form(recording: Recording, body: Any, status: int, requirement: str) -> None:
    recording.call("get_by_id", {}, body, status)
    judged = recording.judged()
    assert broken(judged) == {requirement}
    assert judged.exit_code == 0  # a SHOULD


@pytest.mark.parametrize("status", [401, 403, 404, 429, 502, 503, 504])
def test_a_gateway_answers_in_its_own_words(recording: Recording, status: int) -> None:
    recording.call("list", {"workspace_id": 7}, "Jwt is missing", status)
    assert recording.judged().findings == ()


def test_without_a_token_nothing_may_be_shown(recording: Recording) -> None:
    sent = recording.call("list", {"workspace_id": 7}, {"models": []})
    recording.exchanges[0] = replace(sent, request=replace(sent.request, credential="none"))
    assert recording.judged().broken == ("list.requires-token",)


def test_labels_and_statuses(recording: Recording) -> None:
    sent = recording.call("list", {"workspace_id": 7}, {"models": []})
    assert sent.response is not None
    labelled = replace(sent.response, headers=[["Content-Type", "text/plain"]])
    recording.exchanges[0] = replace(sent, response=labelled)
    recording.call("list", {"workspace_id": 7}, {"models": []}, 201)
    judged = recording.judged()
    assert broken(judged) == {"api.json-content-type"}
    (odd,) = [finding for finding in judged.findings if not finding.requirements]
    assert (odd.exchange, odd.level, odd.actual) == ("e1", None, "it is answered 201")


def test_the_calls_beside_the_models_are_judged_without_requirements(recording: Recording) -> None:
    recording.call("workspaces/create", {"workspace_name": "w"}, {"workspace_id": 0})
    recording.call("token", "grant_type=x", {"access_token": "[redacted]", "token_type": "Bearer", "expires_in": 60})
    judged = recording.judged()
    (finding,) = judged.findings
    assert (finding.endpoint, finding.requirements, finding.level, finding.path) == (
        "workspaces/create",
        (),
        None,
        "workspace_id",
    )
    assert judged.exit_code == 0


def test_an_endpoint_is_found_behind_a_gateways_prefix(recording: Recording) -> None:
    for path in ("/gateway/team-1/v1/api/models/list?x=1", "/v1/api/models/list", "/v1%2Fapi/models/list"):
        recording.call(path, {"workspace_id": 7}, {"models": []})
    recording.call("/v1/api/models/listing", {}, {})
    judged = recording.judged()
    assert judged.judged == {"list": 3}
    assert judged.skipped == {"not of the API": 1}


def test_what_can_t_be_judged_is_skipped_with_its_reason(recording: Recording) -> None:
    get = Request("GET", ENDPOINTS["list"], [])
    recording.add(get, {}, 200)
    recording.add(replace(get, method="OPTIONS"), {}, 200)
    recording.call("list", {"workspace_id": 7}, "", 307)
    recording.call("list", {"workspace_id": 7}, "", response=None, error=Failure("connect", "refused"))
    recording.call("list", {"workspace_id": 7}, "", error=Failure("reset", "broken off"))
    recording.call("get_upload_logs", {"model_version_id": 1}, {"logs": []})
    judged = recording.judged()
    assert judged.skipped == {
        "not a POST": 1,
        "a browser's preflight": 1,
        "a redirect": 1,
        "no reply": 1,
        "a reply that was broken off": 1,
        "an endpoint that release 2023.4 doesn't have": 1,
    }
    assert (judged.verdict, judged.exit_code, judged.total) == ("not-testable", 3, 6)
    assert any(line.startswith("NOTHING TO JUDGE") for line in lines(judged, "a.har"))


def test_a_reply_that_wasn_t_kept_whole_isn_t_judged_by_its_shape(recording: Recording) -> None:
    sent = recording.call("list", {"workspace_id": 7}, '{"models":[')
    assert sent.response is not None
    recording.exchanges[0] = replace(sent, response=replace(sent.response, truncated=True))
    judged = recording.judged()
    assert judged.findings == ()
    assert "list.models" not in judged.shown


def test_hostile_text_reaches_no_terminal(recording: Recording) -> None:
    journey(recording, rows=[row(file_name="\x1b[2Jmodel\u202e")])
    assert not any("\x1b" in line or "\u202e" in line for line in lines(recording.judged(), "a\x1b.har"))


NESTED = next(
    example.body for example in load_release("2025.2").examples if example.endpoint == "list" and example.body["models"]
)


def test_the_release_is_the_one_that_the_replies_fit(recording: Recording) -> None:
    recording.call("list", {"workspace_id": 7}, {"models": [model()]})
    assert release_of(recording.exchanges)[0].id == "2023.4"
    recording.exchanges.clear()
    recording.call("list", {"workspace_id": 7}, NESTED)
    release, reasons = release_of(recording.exchanges)
    assert release.id == "2025.2"
    assert "its replies fit 2025.2 and 2026.1" in reasons


def test_where_no_release_fits_the_nearest_judges(recording: Recording) -> None:
    changed = copy.deepcopy(NESTED)
    del changed["models"][0]["model"]["name"]
    recording.call("list", {"workspace_id": 7}, changed)
    release, reasons = release_of(recording.exchanges)
    assert release.id == "2025.2"
    assert reasons[0] == "no release fits, this one differs least (1 difference)"


def test_what_only_newer_releases_have_speaks_for_them(recording: Recording) -> None:
    recording.call("list_versions_for_model", {"model_id": "a", "workspace_id": 7}, {"models": []})
    assert release_of(recording.exchanges)[0].id == "2024.4"


def test_a_file_of_exchanges_is_judged(recording: Recording, tmp_path: Path) -> None:
    journey(recording, rows=[row(sha="0" * 64)])
    path = tmp_path / "theirs.ndjson"
    path.write_text("".join(json.dumps(each.to_json()) + "\n" for each in recording.exchanges), encoding="utf-8")
    assert not is_har(path)
    said, code = judge_file(path)
    assert code == 1
    why = "its replies fit 2023.4; not 2024.1: list: models[0].model: missing"
    assert said[0] == f"{path}, judged by release 2023.4: {why}"
    assert judge_file(path, "2024.1")[1] == 1


def test_a_har_is_judged(recording: Recording, tmp_path: Path) -> None:
    journey(recording)
    entries = [
        {
            "startedDateTime": each.started_at,
            "request": {
                "method": "POST",
                "url": f"https://api.example.com{each.request.path}",
                "postData": {"mimeType": "application/json", "text": each.request.body},
            },
            "response": {"status": 200, "content": {"text": each.response.body, "mimeType": "application/json"}},
        }
        for each in recording.exchanges[1:]
        if each.response is not None
    ]
    page = {"request": {"method": "GET", "url": "https://www.example.com/"}, "response": {"status": 200, "content": {}}}
    path = tmp_path / "browser.har"
    path.write_text(json.dumps({"log": {"entries": [page, *entries]}}), encoding="utf-8")
    said, code = judge_file(path)
    assert code == 0
    assert "3 exchanges of 4 judged: list 1, list_versions 1, get_by_id 1" in said
    assert "1 skipped: 1 not of the API" in said


def test_what_is_no_recording_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "no.ndjson"
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 1: not a recorded exchange"):
        judge_file(path)
    with pytest.raises(UsageError, match=r"no contract for release '1999\.1'"):
        judge_file(path, "1999.1")
    with pytest.raises(UsageError, match="can't read"):
        judge_file(tmp_path / "nowhere")


@pytest.mark.parametrize("release_id", release_ids())
def test_a_healthy_run_breaks_nothing_exchange_by_exchange(release_id: str, tmp_path: Path) -> None:
    """Its requests that are wrong on purpose are the client's faults."""
    options = ["--release", release_id, "--out", str(tmp_path / "run"), "--format", "har"]
    command = [sys.executable, "-m", "conformance", "run", *options]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=240, check=False)
    path = tmp_path / "run" / "exchanges.ndjson"
    judged = judged_file(path, release_id)
    assert judged.findings == ()
    assert sum(judged.judged.values()) > 200
    assert len(judged.client_faults) > 50
    assert len(judged.shown) > len(judged.testable) / 2
    assert release_of(read_exchanges(path))[0].id == release_id
    archived = judged_file(path.with_name("exchanges.har"), release_id)
    assert (archived.findings, archived.judged, archived.shown) == ((), judged.judged, judged.shown)


def _driven(release_id: str, defects: list[str]) -> list[Exchange]:
    """What a client records of an instance with these defects: uploads, reads, refusals."""
    content = load("fraud_classifier").path.read_bytes()
    with (
        MockInstance(behaviour=behaviour_for(defects, release_id), release=release_id) as mock,
        assembled(mock) as assembly,
    ):
        models = assembly.context.models()
        for number, name in enumerate(("one", "two", "one")):
            file = ModelFile.from_bytes(content + bytes([number]), "onnx", f"model-{number}.onnx")
            with suppress(ConformanceError):
                _drive(models, models.upload(file, name=f"driven-{name}", visibility="public").json(), f"driven-{name}")
        return list(assembly.context.recorder.exchanges)


def _drive(models: Models, uploaded: Any, name: str) -> None:
    ids = returned_ids(uploaded)
    models.list()
    rows = models.list_versions(model_id=name, models_pk_id=0).json()
    version, number = ids[0] if ids else 1, rows[0].get("models_pk_id") if rows else 1
    calls: list[tuple[str, Any]] = [
        ("list_versions", {"model_id": name, "models_pk_id": number}),
        ("get_by_id", {"id": number}),
        ("get", {"id": number}),
        ("get_config_by_id", {"model_id": version}),
        ("get_version_by_id", {"model_version_id": version}),
        ("list", {"workspace_id": "seven"}),
        ("list", {}),
        ("get_by_id", {}),
    ]
    for endpoint, body in calls:
        if endpoint in models.release.endpoints:
            with suppress(ConformanceError):
                models.call(endpoint, body)
    with suppress(ConformanceError):
        models.list(token=None)


DEFECTS = [
    ("2023.4", "list-versions.rows.oldest-only", "list-versions.row-per-upload"),
    ("2023.4", "list-versions.rows.newest-only", "list-versions.row-per-upload"),
    ("2023.4", "list-versions.id.missing", "list-versions.id"),
    ("2023.4", "get-by-id.model-config-tensor-fields.malformed", "get-by-id.model-config-tensor-fields"),
    ("2023.4", "get-config-by-id.model-config.renamed", "get-config-by-id.model-config"),
    ("2023.4", "get-by-id.model-config-runtime.nested", "get-by-id.model-config-runtime"),
    ("2023.4", "list.workspace-id-mistyped.list-accepted", None),
    ("2023.4", "upload.returning-models.missing", "upload.returning-models"),
    ("2023.4", "get.version-model-id.renamed", "get.version-model-id"),
    ("2023.4", "upload.file-name.underscored", "list-versions.file-name-verbatim"),
    ("2023.4", "api.content-type.get-config-by-id", "api.json-content-type"),
    ("2023.4", "api.reply.get-config-by-id.html", "get-config-by-id.model-config"),
    ("2023.4", "get.versions.neighbours-too", "get.only-own-versions"),
    ("2023.4", "upload.uuid.constant", "list-versions.distinct-uuids"),
    ("2023.4", "list.updated-at.backwards", "list.created-not-after-updated"),
    ("2023.4", "errors.envelope.html", "errors.envelope"),
    ("2023.4", "list.owner-id.nested", "list.owner-id"),
    ("2023.4", "upload.insert-models.null", "upload.insert-models"),
    ("2023.4", "list.created-at.renamed", "list.created-at"),
    ("2023.4", "get-by-id.name.null", "get-by-id.name"),
    ("2023.4", "journey.pytorch.ends-early", None),
]
"""Defects by release, and the requirement that single replies show to be broken; None where it takes more."""


@pytest.mark.parametrize(("release_id", "defect", "requirement"), DEFECTS)
def test_a_defect_that_single_replies_show_is_found(release_id: str, defect: str, requirement: str | None) -> None:
    judged = judge_recording(_driven(release_id, [defect]), load_release(release_id))
    assert (requirement in judged.broken) if requirement else (judged.broken == ())


@pytest.mark.parametrize("release_id", release_ids())
def test_the_same_calls_to_a_healthy_instance_break_nothing(release_id: str) -> None:
    judged = judge_recording(_driven(release_id, []), load_release(release_id))
    assert judged.findings == ()
    assert sum(judged.judged.values()) > 20


def _recorded() -> Iterator[Any]:
    """The public recordings; of those of another shape test_recorded.py says why."""
    if not RECORDINGS.exists():
        return
    for index, text in enumerate(RECORDINGS.read_text(encoding="utf-8").splitlines()):
        entry = json.loads(text)
        is_older = entry["release"] == "2022.3-or-earlier" and entry["endpoint"] in ALL.values()
        is_printed_row = "n_bodies=2" in entry.get("note", "") and entry["endpoint"] == ENDPOINTS["list_versions"]
        if entry["response"] is not None and not is_older and not is_printed_row:
            yield pytest.param(entry, id=f"{entry['release']}-{entry['endpoint'].rsplit('/', 1)[-1]}-{index}")


def _as_exchange(entry: dict[str, Any]) -> Exchange:
    answer, sent = entry["response"], (entry["request"] or {}).get("json")
    is_refusal = isinstance(answer, dict) and ({"msg", "code"} <= answer.keys() or "error" in answer)
    status = entry["status"] or (answer.get("code", 400) if is_refusal else 200)
    text = json.dumps(answer)
    # A notebook's source has expressions where its run had values.
    body = None if sent is None or "<expr" in json.dumps(sent) else json.dumps(sent)
    path, size = entry["endpoint"], len(body or "")
    request = Request(entry["method"], path, [], body=body, size=size, truncated=body is None, credential="other")
    response = Response(status, "", [], text, None, len(text))
    return Exchange("recorded", None, None, "2024-01-01T00:00:00Z", 0.1, request, response, None)


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings (shared/evidence) aren't beside the project")
@pytest.mark.parametrize("entry", list(_recorded()))
def test_a_recorded_reply_breaks_nothing_of_its_own_release(entry: dict[str, Any]) -> None:
    own = contract_for(entry["release"].removesuffix("-or-earlier")) or release_ids()[0]
    judged = judge_recording([_as_exchange(entry)], load_release(own))
    assert judged.findings == ()
    assert sum(judged.judged.values()) == 1
