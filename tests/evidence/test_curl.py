"""The curl command repeats the exchange: the shell and curl themselves say what would be sent."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.evidence import Exchange, Part, Recorder, Redactor, Request, curl_command
from conformance.evidence.exchange import Body

BASE = "https://api.example.wallaroo.ai"
LIST = "/v1/api/models/list"
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl isn't installed")


def sent(request: Request) -> Exchange:
    return Exchange("1", None, None, "2024-01-01T00:00:00Z", 0.1, request, None, None)


def json_request(body: str, **options) -> Request:
    headers = [["Authorization", "[redacted]"], ["Content-Type", "application/json"], ["Content-Length", "3"]]
    return Request("POST", LIST, headers, body=body, size=len(body.encode()), **options)


def test_a_call_is_the_documented_command():
    assert curl_command(sent(json_request('{"workspace_id": 10}')), BASE + "/") == (
        "curl --silent --show-error --include \\\n"
        f"    {BASE}{LIST} \\\n"
        '    --header "Authorization: Bearer $WALLAROO_CONFORMANCE_TOKEN" \\\n'
        "    --header 'Content-Type: application/json' \\\n"
        "    --data '{\"workspace_id\": 10}'"
    )


def test_another_token_has_a_place_of_its_own():
    command = curl_command(sent(json_request("{}", credential="other")), BASE)
    assert command.startswith("# sent with another token")
    assert '"Authorization: Bearer $WALLAROO_CONFORMANCE_OTHER_TOKEN"' in command


def test_no_token_is_no_header():
    request = Request("POST", LIST, [["Content-Type", "application/json"]], body="{}", size=2, credential="none")
    assert "Authorization" not in curl_command(sent(request), BASE)


def test_a_recorded_token_is_never_in_the_command():
    token = "a-session-token-of-some-length"
    request = Request("POST", f"{LIST}?t={token}", [["Authorization", f"Bearer {token}"]], body=token, size=3)
    kept = Recorder(redactor=Redactor([token])).record(sent(request))
    assert token not in curl_command(kept, BASE)


class Echo(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    def do_POST(self):
        self.server.seen.append(
            (self.command, self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"] or 0)))
        )
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_POST

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def echo():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def run(echo, request: Request, folder=None):
    """Run the command in a shell; what arrived."""
    environ = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    environ["WALLAROO_CONFORMANCE_TOKEN"] = "t0ken"
    command = curl_command(sent(request), f"http://127.0.0.1:{echo.server_address[1]}")
    echo.seen.clear()
    # As a script, not an argument: the longest commands are over an argument's limit.
    script = command.encode() + b"\n"
    subprocess.run(["sh"], input=script, check=True, env=environ, cwd=folder, capture_output=True, timeout=60)
    return echo.seen[-1]


@needs_curl
@given(st.binary(max_size=50) | st.text(st.characters(exclude_categories=["Cs"]), max_size=50).map(str.encode))
@example(b"")
@example(b"@/etc/hostname")
@example(b"a\0b")
@example(b"\xff\xfe")
@example(b'\'; echo "$HOME" `id` \\\n')
@example(b"x" * 300_000)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_arrives_as_it_was_sent(echo, content):
    body = Body.of(content)
    headers = [["Authorization", "[redacted]"], ["Content-Type", "application/json"]]
    request = Request("POST", LIST, headers, body=body.text, body_base64=body.base64, size=body.size)
    method, path, got, arrived = run(echo, request)
    assert (method, path, arrived) == ("POST", LIST, content)
    assert got["Authorization"] == "Bearer t0ken"
    assert got["Content-Type"] == "application/json"


@needs_curl
def test_headers_arrive_as_they_were_sent(echo):
    request = Request("PUT", "/x?a=b&c='d'", [["X-Empty", ""], ["X-Quote", 'it\'s "$HOME"']], body="b", size=1)
    method, path, got, _ = run(echo, request)
    assert (method, path) == ("PUT", "/x?a=b&c='d'")
    assert (got["X-Empty"], got["X-Quote"]) == ("", 'it\'s "$HOME"')
    assert "Content-Type" not in got


@needs_curl
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_without_a_body_has_none(echo, method):
    got = run(echo, Request(method, "/x", []))
    assert (got[0], got[3]) == (method, b"")


FILE = b"\x00onnx bytes\r\n\xff"


def file_part(filename: str | None = "ccfraud.onnx", name: str = "file", content: bytes = FILE) -> Part:
    kind = "application/octet-stream"
    return Part(name, filename, kind, len(content), hashlib.sha256(content).hexdigest())


def text_part(text: str, filename: str | None = None, name: str = "metadata") -> Part:
    content = text.encode()
    return Part(name, filename, "application/json", len(content), hashlib.sha256(content).hexdigest(), text)


def form(got) -> list[tuple[str, str | None, str, bytes]]:
    _, _, headers, body = got
    message = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    ]


def upload(*parts: Part) -> Request:
    headers = [["Authorization", "[redacted]"], ["Content-Type", "multipart/form-data; boundary=gone"]]
    return Request("POST", "/upload", headers, parts=list(parts), size=1000)


METADATA = json.dumps({"name": 'a;b "quoted" \\ back', "requirements": [], "note": "it's @x"})


def test_an_upload_is_the_documented_command():
    lines = curl_command(sent(upload(text_part('{"name": "n"}'), file_part())), BASE).splitlines()
    assert lines[0] == f"# ccfraud.onnx: {len(FILE)} bytes, SHA-256 {hashlib.sha256(FILE).hexdigest()}"
    assert lines[-1].strip() == ("--form 'file=@ccfraud.onnx;filename=\"ccfraud.onnx\";type=application/octet-stream'")
    assert not any("boundary" in line for line in lines)


@needs_curl
@pytest.mark.parametrize("metadata_name", [None, "onnx_file_upload.json"], ids=["requests", "curl"])
@pytest.mark.parametrize("text", [METADATA, "@not-a-file", "<not-a-file", "", ' "x" ', "ä\n" * 3])
def test_an_upload_arrives_as_it_was_sent(echo, tmp_path, metadata_name, text):
    (tmp_path / "ccfraud.onnx").write_bytes(FILE)
    got = run(echo, upload(text_part(text, metadata_name), file_part("./models/ccfraud.onnx")), tmp_path)
    metadata, file = form(got)
    assert metadata == ("metadata", metadata_name, "application/json", text.encode())
    assert file == ("file", "./models/ccfraud.onnx", "application/octet-stream", FILE)


@needs_curl
def test_a_file_part_without_a_name_has_none(echo, tmp_path):
    (tmp_path / "FILE").write_bytes(FILE)
    got = run(echo, upload(file_part(None)), tmp_path)
    assert form(got)[0][:2] == ("file", None)


@pytest.mark.parametrize(
    ("filename", "placeholder"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\models\\m.onnx", "m.onnx"),
        ("a b;c'd\".onnx", "a b_c_d_.onnx"),
        ("--output", "output"),
        ("new\nline\r", "new_line_"),
        ("", "FILE"),
        ("/", "FILE"),
        ("modèle.onnx", "modèle.onnx"),
    ],
)
@needs_curl
def test_a_strange_file_name_is_sent_as_it_was_and_read_from_a_harmless_place(echo, tmp_path, filename, placeholder):
    (tmp_path / placeholder).write_bytes(FILE)
    command = curl_command(sent(upload(file_part(filename))), BASE)
    assert command.splitlines()[0].startswith(f"# {placeholder}: ")
    _, _, _, body = run(echo, upload(file_part(filename)), tmp_path)
    assert FILE in body
    if filename and filename.isprintable() and '"' not in filename and "\\" not in filename:
        assert f'filename="{filename}"'.encode() in body


def test_files_of_one_name_and_other_bytes_have_other_places():
    request = upload(file_part("f"), file_part("f", content=b"other"), file_part("f"))
    notes = [line.split(":")[0] for line in curl_command(sent(request), BASE).splitlines() if line[0] == "#"]
    assert notes[:2] == ["# f", "# 2-f"]


def test_what_is_not_kept_is_said():
    request = json_request("{", truncated=True)
    assert "isn't kept whole" in curl_command(sent(request), BASE).splitlines()[0]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
@settings(max_examples=50, deadline=None)
def test_any_text_is_one_word_to_the_shell(text):
    command = curl_command(sent(upload(text_part(text))), BASE)
    words = shlex.split(command, comments=False)
    assert any(word.startswith("metadata=") and word.endswith(";type=application/json") for word in words)
