"""A secret in any place of a real exchange stays out of what the recorder keeps and out of what is told."""

from __future__ import annotations

import base64
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError
from conformance.evidence import Recorder
from conformance.evidence.leaks import Scanner
from conformance.evidence.redaction import Redactor
from conformance.instance.multipart import FormPart, MultipartBody
from tests.evidence.spellings import SPELLINGS, jwt, private_key
from tests.instance.conftest import Seen, Tools

SECRET = "hush-hush-opaque-0f1e2d3c"


def echoing(connection: socket.socket, seen: Seen) -> None:
    """Say back, in each place that a reply has, what stood in X-Say."""
    say = base64.b64decode(seen.headers["x-say"])
    line = b" ".join(say.split())[:2000]
    head = b"HTTP/1.1 400 Not " + line + b"\r\n"
    head += b"X-Debug: " + line + b"\r\nX-Session-Token: anything at all\r\nTransfer-Encoding: chunked\r\n"
    head += b"Location: /next?q=" + line.replace(b" ", b"%20") + b"\r\nTrailer: X-Late\r\n\r\n"
    body = json.dumps({"msg": say.decode("utf-8", "replace"), "path": seen.path}).encode() + b" raw " + say
    chunk = b"%x\r\n%s\r\n0\r\nX-Late: %s\r\n\r\n" % (len(body), body, line)
    connection.sendall(head + chunk)


def recorded(tmp_path: Path, tools: Tools, say: str, *known: str, **sent: Any) -> str:
    """What is recorded of one request with `sent` whose reply says `say`."""
    path = tmp_path / "exchanges.ndjson"
    with Recorder(path, Redactor(known)) as recorder:
        session = tools.session(tools.peer(echoing), recorder=recorder)
        headers = {**sent.pop("headers", {}), "X-Say": base64.b64encode(say.encode()).decode()}
        arguments = {"path": "/v1/api/models/list", "json": {}, **sent}
        if "data" in arguments:
            del arguments["json"]
        reply = session.request("POST", arguments.pop("path"), headers=headers, **arguments)
        assert reply.status == 400
        line = path.read_text()
        exchange = json.loads(line)
        # What the request carries for this test's peer only isn't what is tested.
        exchange["request"]["headers"] = [pair for pair in exchange["request"]["headers"] if pair[0] != "X-Say"]
    return json.dumps(exchange)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize("secret", [SECRET, jwt()], ids=["known", "jwt"])
def test_no_spelling_that_a_reply_gives_a_secret_is_kept(tmp_path, tools, spelling, secret):
    known = [secret] if secret == SECRET else []
    line = recorded(tmp_path, tools, spelling(secret), *known)
    assert Scanner(Redactor([secret])).content("exchanges.ndjson", line.encode()) is None
    assert secret not in line
    assert "[redacted]" in line


@pytest.mark.parametrize(
    "say",
    [
        "-" * 5 + "BEGIN PRIVATE KEY" + "-" * 5 + "\nMIIEvQIBADANBgkq\n" + "-" * 5 + "END PRIVATE KEY" + "-" * 5,
        "see https://me:hush-hush@example.com/x",
        "you sent Authorization: Bearer abcdefgh12345678",
        '{"Authorization": "Basic bWU6aHVzaA=="}',
        '{"access_token": "hush-hush", "password": "hush-hush"}',
    ],
)
def test_no_secret_that_nobody_told_of_is_kept(tmp_path, tools, say):
    line = recorded(tmp_path, tools, say)
    assert Scanner().content("exchanges.ndjson", line.encode()) is None
    for part in ("hush", "MIIEvQ", "abcdefgh12345678", "bWU6aHVzaA"):
        assert part not in line


PLACES: dict[str, dict[str, Any]] = {
    "query": {"path": f"/v1/api/models/list?q={SECRET}"},
    "path": {"path": f"/v1/{SECRET}/list"},
    "header of no special name": {"headers": {"X-Note": f"is {SECRET}"}},
    "cookie": {"headers": {"Cookie": f"session={SECRET}"}},
    "name of a header": {"headers": {f"X-{SECRET}": "1"}},
    "field": {"json": {"note": SECRET, "password": SECRET, SECRET: 1}},
    "field with escapes": {"data": '{"note": "\\u0068ush-hush-opaque-0f1e2d3c"}'},
    "form": {"data": f"note={SECRET}&password={SECRET}"},
    "binary body": {"data": b"\xff\xfe" + SECRET.encode()},
    "UTF-16 body": {"data": b"\xff\xfe" + SECRET.encode("utf-16-le") + b"\x00\xd8"},
    "metadata of a form": {
        "data": MultipartBody(
            [FormPart("metadata", json.dumps({"a": SECRET, "password": SECRET}).encode(), None, "application/json")]
        )
    },
    "names in a form": {
        "data": MultipartBody([FormPart(f"a{SECRET}", b"x", f"{SECRET}.onnx", f"text/{SECRET}")], boundary=SECRET)
    },
}


@pytest.mark.parametrize("sent", PLACES.values(), ids=PLACES.keys())
def test_no_place_of_a_request_keeps_a_known_secret(tmp_path, tools, sent):
    line = recorded(tmp_path, tools, "fine", SECRET, **dict(sent))
    assert SECRET not in line
    assert SECRET not in base64.b64decode(json.loads(line)["request"]["body_base64"] or "").decode("latin-1")
    assert Scanner(Redactor([SECRET])).content("exchanges.ndjson", line.encode()) is None
    assert "redacted" in line or json.loads(line)["request"]["body_base64"]


@pytest.mark.parametrize(
    "name", ["X-Session-Token", "Set-Cookie", "X-Client-Secret", "Api-Key", "X-Forwarded-Authorization"]
)
def test_headers_that_carry_secrets_by_their_name_lose_their_value(name):
    assert Redactor().header(name, "anything at all") == "[redacted]"


@pytest.mark.parametrize("path", [f"/v1/{SECRET}", f"/v1?q={SECRET}", "/v1/%68ush-hush-opaque-0f1e2d3c"])
@pytest.mark.parametrize(
    "script",
    [b"", b"nonsense " + SECRET.encode() + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxx"],
    ids=["no reply", "no HTTP", "cut off"],
)
def test_the_text_of_a_failure_tells_no_secret(tools, path, script):
    def answer(connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(script)
        return False

    recorder = Recorder(redactor=Redactor([SECRET]))
    session = tools.session(tools.peer(answer), recorder=recorder)
    with pytest.raises(ConformanceError) as failed:
        session.request("POST", path, json={})
    kept = json.dumps([exchange.to_json() for exchange in recorder.exchanges])
    for text in (str(failed.value), repr(failed.value), kept):
        assert Scanner(Redactor([SECRET])).content("exchanges.ndjson", text.encode()) is None
        assert "[redacted]" in text


def test_a_request_that_cannot_be_sent_tells_no_secret(tools):
    recorder = Recorder(redactor=Redactor([SECRET]))
    session = tools.session("http://127.0.0.1:9", recorder=recorder)
    with pytest.raises(ConformanceError) as failed:
        session.request("POST", "/", json={}, headers={"X-Note": f"{SECRET}\n"})
    assert SECRET not in str(failed.value)


def test_a_key_in_the_metadata_of_a_form_is_not_kept(tmp_path, tools):
    text = json.dumps({"key": private_key("RSA PRIVATE KEY")}).encode()
    body = MultipartBody([FormPart("metadata", text, None, "application/json")])
    assert "MIIEvQ" not in recorded(tmp_path, tools, "fine", data=body)
