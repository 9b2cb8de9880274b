"""The endpoints as the documented clients call them."""

from __future__ import annotations

import json
from email import message_from_bytes

import pytest

from conformance.contract import load_release
from conformance.errors import UsageError
from conformance.instance import (
    UNSET,
    FormPart,
    Ledger,
    ModelFile,
    Models,
    Workspaces,
    uploaded_version_id,
    workspace_id,
)

UPLOADED = '{"insert_models": {"returning": [{"models": [{"id": 18}]}]}}'
ONNX = ModelFile.from_bytes(b"onnx bytes", "onnx", "ccfraud.onnx")
TORCH = ModelFile.from_bytes(b"pt", "pytorch", "multi_io.pt", input_schema="aW4=", output_schema="b3V0")


@pytest.fixture
def peer(tools):
    return tools.peer(tools.reply(UPLOADED, "202 Accepted"))


@pytest.fixture
def models(tools, peer):
    return Models(tools.session(peer), 10, Ledger())


def form(seen) -> dict[str, tuple[str | None, str, bytes]]:
    message = message_from_bytes(b"Content-Type: " + seen.headers["content-type"].encode() + b"\r\n\r\n" + seen.body)
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    }


def test_an_upload_is_sent_as_requests_does(models, peer):
    reply = models.upload(ONNX, name="api-sample-model", visibility="public", filename="api-sample-model")
    seen = peer.requests[0]
    assert (seen.method, seen.path) == ("POST", "/v1/api/models/upload_and_convert")
    parts = form(seen)
    assert list(parts) == ["metadata", "file"]
    filename, kind, content = parts["metadata"]
    assert (filename, kind) == (None, "application/json")
    assert json.loads(content) == {
        "name": "api-sample-model",
        "visibility": "public",
        "workspace_id": 10,
        "conversion": {"framework": "onnx", "python_version": "3.8", "requirements": []},
    }
    assert parts["file"] == ("api-sample-model", "application/octet-stream", b"onnx bytes")
    assert uploaded_version_id(reply) == 18
    assert reply.exchange.endpoint == "upload_and_convert"


def test_an_upload_is_sent_as_curl_does(models, peer):
    models.upload(TORCH, name="multi", client="curl")
    parts = form(peer.requests[0])
    assert parts["metadata"][:2] == ("metadata.json", "application/json")
    assert parts["file"][0] == "multi_io.pt"
    metadata = json.loads(parts["metadata"][2])
    assert (metadata["input_schema"], metadata["output_schema"]) == ("aW4=", "b3V0")
    assert metadata["visibility"] == "private"


def test_what_an_upload_sends_can_be_changed(models, peer):
    models.upload(TORCH, name="a", input_schema=None, output_schema="eA==", workspace_id=11, framework="custom")
    models.upload(TORCH, name="b", extra={"more": 1, "name": "c"})
    models.upload(TORCH, name="d", metadata={"only": "this"})
    sent = [json.loads(form(seen)["metadata"][2]) for seen in peer.requests]
    assert "input_schema" not in sent[0]
    assert (sent[0]["output_schema"], sent[0]["workspace_id"]) == ("eA==", 11)
    assert sent[0]["conversion"]["framework"] == "custom"
    assert (sent[1]["name"], sent[1]["more"]) == ("c", 1)
    assert sent[2] == {"only": "this"}


def test_arbitrary_parts_go_out_as_given(models, peer):
    models.upload_parts([FormPart("file", b"x", None, None)], token=None)
    assert form(peer.requests[0]) == {"file": (None, "text/plain", b"x")}
    assert "authorization" not in peer.requests[0].headers


def test_a_client_that_is_not_documented_is_refused(models):
    with pytest.raises(UsageError, match="choose requests or curl"):
        models.upload(ONNX, name="x", client="wget")


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        (lambda m: m.list(), "list", {"workspace_id": 10}),
        (lambda m: m.list(11), "list", {"workspace_id": 11}),
        (lambda m: m.get_by_id(15), "get_by_id", {"id": 15}),
        (lambda m: m.list_versions("name", 15), "list_versions", {"model_id": "name", "models_pk_id": 15}),
        (lambda m: m.list_versions(models_pk_id=15), "list_versions", {"models_pk_id": 15}),
        (lambda m: m.list_versions(model_id=None), "list_versions", {"model_id": None}),
        (lambda m: m.list_versions(), "list_versions", {}),
        (lambda m: m.get_config_by_id(15), "get_config_by_id", {"model_id": 15}),
        (lambda m: m.get(15), "get", {"id": 15}),
        (lambda m: m.call("get", [1]), "get", [1]),
    ],
)
def test_the_reading_endpoints_are_posts_of_json(models, peer, call, path, body):
    reply = call(models)
    seen = peer.requests[0]
    assert (seen.method, seen.path) == ("POST", f"/v1/api/models/{path}")
    assert json.loads(seen.body) == body
    assert reply.exchange.endpoint == path


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        (lambda m: m.get_version_by_id(18), "get_version_by_id", {"model_version_id": 18}),
        (lambda m: m.list_versions_for_model("x"), "list_versions_for_model", {"model_id": "x", "workspace_id": 10}),
        (
            lambda m: m.list_versions_for_model("x", 11),
            "list_versions_for_model",
            {"model_id": "x", "workspace_id": 11},
        ),
        (
            lambda m: m.delete_model("x"),
            "delete_model",
            {"model_id": "x", "workspace_id": 10, "confirm_delete": True},
        ),
        (
            lambda m: m.delete_model("7", 11, confirm=False),
            "delete_model",
            {"model_id": "7", "workspace_id": 11, "confirm_delete": False},
        ),
        (
            lambda m: m.delete_model_versions(("u",)),
            "delete_model_versions",
            {"model_versions": ["u"], "confirm_delete": True},
        ),
        (
            lambda m: m.delete_model_versions([], confirm=False),
            "delete_model_versions",
            {"model_versions": [], "confirm_delete": False},
        ),
        (lambda m: m.get_upload_logs(18), "get_upload_logs", {"model_version_id": 18}),
        (lambda m: m.get_upload_logs(18, 5), "get_upload_logs", {"model_version_id": 18, "lines": 5}),
    ],
)
def test_a_later_release_has_more_calls(tools, peer, call, path, body):
    reply = call(Models(tools.session(peer), 10, release=load_release("2025.2")))
    assert peer.requests[0].path == f"/v1/api/models/{path}"
    assert json.loads(peer.requests[0].body) == body
    assert reply.exchange.endpoint == path


def test_an_endpoint_of_a_later_release_is_refused(models):
    with pytest.raises(UsageError, match="there is no endpoint 'get_version_by_id'"):
        models.get_version_by_id(18)


def test_a_call_without_a_body_has_none(models, peer):
    models.call("list", UNSET)
    assert peer.requests[0].body == b""
    assert "content-type" not in peer.requests[0].headers


def test_an_unknown_endpoint_is_refused(models):
    with pytest.raises(UsageError, match="choose one of upload_and_convert, list"):
        models.call("delete", {})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{}", "202 A"),
        ("[]", "202 A"),
        ("<html>", "200 OK"),
        ('{"insert_models": {"returning": []}}', "200 OK"),
        ('{"insert_models": {"returning": [{"models": [{"id": "18"}]}]}}', "200 OK"),
        ('{"insert_models": {"returning": [{"models": [{"id": true}]}]}}', "200 OK"),
        (UPLOADED, "400 Bad"),
    ],
)
def test_a_reply_without_an_id_has_none(tools, body, status):
    models = Models(tools.session(tools.peer(tools.reply(body, status))), 1, Ledger())
    assert uploaded_version_id(models.upload(ONNX, name="x")) is None
    assert len(models.ledger) == 0


def test_what_an_upload_creates_is_in_the_ledger(models):
    models.upload(ONNX, name="x")
    models.upload_parts([FormPart("metadata", b"not json"), FormPart("file", b"")])
    versions = models.ledger.to_json()["versions"]
    assert versions == [{"id": 18, "name": "x", "workspace_id": 10, "exchange": "main-00001"}]


def test_workspaces_are_created_and_listed(tools):
    peer = tools.peer(tools.reply('{"workspace_id": 12}'))
    ledger = Ledger()
    workspaces = Workspaces(tools.session(peer), ledger)
    assert workspace_id(workspaces.create("run-1")) == 12
    workspaces.list()
    sent = [(seen.path, json.loads(seen.body)) for seen in peer.requests]
    assert sent == [("/v1/api/workspaces/create", {"workspace_name": "run-1"}), ("/v1/api/workspaces/list", {})]
    assert ledger.to_json()["workspaces"][0]["id"] == 12


@pytest.mark.parametrize(("body", "status"), [('{"workspace_id": "12"}', "200 OK"), ("[1]", "200 OK"), ("{}", "500 x")])
def test_a_workspace_reply_without_an_id_has_none(tools, body, status):
    session = tools.session(tools.peer(tools.reply(body, status)))
    assert workspace_id(Workspaces(session).create("x")) is None


def test_the_ledger_notes_each_thing_once_and_keeps_kinds_apart():
    ledger = Ledger()
    ledger.add("version", 1, name="a", workspace_id=2, exchange="e1")
    ledger.add("version", 1, name="b")
    ledger.add("model", 1, name="a", workspace_id=2)
    assert [(entry.kind, entry.id, entry.name) for entry in ledger.entries()] == [
        ("version", 1, "a"),
        ("model", 1, "a"),
    ]
    assert [entry.kind for entry in ledger.entries("model")] == ["model"]
    assert json.loads(json.dumps(ledger.to_json()))["models"][0]["workspace_id"] == 2
