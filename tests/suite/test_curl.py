"""The real curl: what it sends, what is kept of it, and how its failures read."""

from __future__ import annotations

import gzip
import os
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import load_release
from conformance.errors import NotTestable
from conformance.evidence.recorder import Recorder
from conformance.instance.credentials import EnvironmentToken
from conformance.instance.errors import InstanceFailure, TargetUnreachable
from conformance.instance.session import Session
from conformance.instance.target import Target
from conformance.suite import curl as module
from conformance.suite.curl import Curl, FormFile
from tests.servers import closed_port

TOKEN = "opaque-token-" + "4f1c" * 6
LIST = '{"workspace_id": 7}'
RELEASE = load_release()

needs_curl = pytest.mark.skipif(not module.shutil.which("curl"), reason="there is no curl on the PATH")


class Seen:
    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.path = handler.path
        self.headers = handler.headers
        self.body = body


@contextmanager
def instance(*replies: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, list[Seen]]]:
    """Answers the replies in turn, the last one for ever; a status of 0 closes the connection after the body's half."""
    seen: list[Seen] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            seen.append(Seen(self, self.rfile.read(int(self.headers.get("Content-Length", 0)))))
            status, headers, body = replies[min(len(seen), len(replies)) - 1]
            self.send_response(status or 200)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if status else body[: len(body) // 2])
            self.close_connection = self.close_connection or not status

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def session(url: str, token: str = TOKEN, **options: Any) -> Session:
    return Session(Target.parse(url), EnvironmentToken("T", {"T": token}), Recorder(), **options)


JSON = {"Content-Type": "application/json"}
FINE = (200, JSON, b'{"models": []}')


@needs_curl
def test_a_read_goes_out_as_documented_and_comes_back_as_a_reply(tmp_path: Path) -> None:
    with instance(FINE) as (url, seen):
        talking = session(url)
        reply = Curl(talking, RELEASE, tmp_path).post_json("list", LIST)

    assert (reply.status, reply.json(), reply.headers["content-type"]) == (200, {"models": []}, "application/json")
    request = seen[0]
    assert (request.path, request.body) == ("/v1/api/models/list", LIST.encode())
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("curl/")
    assert "Accept-Encoding" not in request.headers
    kept = talking.recorder.exchanges[0]
    assert (kept.endpoint, kept.request.body, kept.response.status) == ("list", LIST, 200)
    assert talking.recorder.used == [kept.id]
    assert TOKEN not in str(kept.to_json())


@needs_curl
def test_an_upload_sends_both_files_as_parts_with_names_and_types(tmp_path: Path) -> None:
    (tmp_path / "a;b.json").write_text('{"name": "m"}')
    (tmp_path / 'mo"del.onnx').write_bytes(bytes(range(256)) * 8000)
    forms = [
        FormFile("metadata", "./a;b.json", "application/json"),
        FormFile("file", './mo"del.onnx', "application/octet-stream"),
    ]
    with instance((202, JSON, b"{}")) as (url, seen):
        talking = session(url)
        reply = Curl(talking, RELEASE, tmp_path).post_forms("upload_and_convert", forms)

    assert (reply.status, reply.exchange.response.reason) == (202, "Accepted")
    sent = seen[0].body
    assert b'name="metadata"; filename="a;b.json"\r\nContent-Type: application/json\r\n\r\n{"name": "m"}\r\n' in sent
    assert bytes(range(256)) * 8000 in sent
    parts = talking.recorder.exchanges[0].request.parts
    assert [(p.name, p.filename, p.size, p.text) for p in parts] == [
        ("metadata", "a;b.json", 13, '{"name": "m"}'),
        ("file", 'mo"del.onnx', 2_048_000, None),
    ]


def test_the_token_is_in_neither_the_arguments_nor_the_environment(tmp_path: Path, monkeypatch: Any) -> None:
    program = tmp_path / "bin" / "curl"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys, pathlib\n"
        "arguments = sys.argv[1:]\n"
        "pathlib.Path(os.environ['SEEN']).write_text(repr(arguments) + repr(dict(os.environ)))\n"
        "pathlib.Path(os.environ['SEEN'] + '.stdin').write_text(sys.stdin.read())\n"
        "head = arguments[arguments.index('--dump-header') + 1]\n"
        "pathlib.Path(head).write_text('HTTP/1.1 200 OK\\r\\n\\r\\n')\n"
        "print('{}')\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.setenv("WALLAROO_CONFORMANCE_TOKEN", TOKEN)

    reply = Curl(session("http://127.0.0.1:1"), RELEASE, tmp_path).post_json("list", LIST)

    assert reply.json() == {}
    seen = (tmp_path / "seen").read_text()
    assert TOKEN not in seen
    assert "['-q', " in seen
    assert TOKEN in (tmp_path / "seen.stdin").read_text()


@needs_curl
def test_neither_a_curlrc_nor_a_proxy_comes_in_between(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / ".curlrc").write_text('user-agent = "from curlrc"\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, closed_port())
    monkeypatch.delenv("no_proxy", raising=False)
    with instance(FINE) as (url, seen):
        assert Curl(session(url), RELEASE, tmp_path).post_json("list", LIST).status == 200
    assert seen[0].headers["User-Agent"].startswith("curl/")


@needs_curl
def test_a_throttled_request_is_sent_again(tmp_path: Path) -> None:
    with instance((429, {"Retry-After": "0"}, b"slow down"), FINE) as (url, seen):
        reply = Curl(session(url), RELEASE, tmp_path).post_json("list", LIST)
    assert (reply.status, len(seen)) == (200, 2)


@needs_curl
def test_a_content_coding_that_nobody_asked_for_is_undone(tmp_path: Path) -> None:
    packed = (200, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}'))
    with instance(packed) as (url, _):
        assert Curl(session(url), RELEASE, tmp_path).post_json("list", LIST).json() == {"a": 1}


@needs_curl
def test_a_target_that_nobody_serves_is_unreachable(tmp_path: Path) -> None:
    talking = session(closed_port())
    with pytest.raises(TargetUnreachable) as caught:
        Curl(talking, RELEASE, tmp_path).post_json("list", LIST)
    assert caught.value.kind == "connect"
    assert talking.recorder.exchanges[0].response is None


@needs_curl
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((0, {}, b"x" * 1000), "reset"),
        ((200, {"Content-Encoding": "gzip"}, b"not gzip"), "decode"),
        ((200, {}, b"x" * 5000), "too-large"),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 100_000)), "too-large"),
    ],
    ids=["broken off", "damaged coding", "large", "large once decoded"],
)
def test_a_reply_that_is_no_use_is_the_instances_failure(
    tmp_path: Path, monkeypatch: Any, reply: tuple[int, dict[str, str], bytes], kind: str
) -> None:
    monkeypatch.setattr(module, "MAX_REPLY_BYTES", 4096)
    with instance(reply) as (url, _):
        talking = session(url)
        with pytest.raises(InstanceFailure) as caught:
            Curl(talking, RELEASE, tmp_path).post_json("list", LIST)
    assert caught.value.kind == kind
    assert str(caught.value).startswith("curl, POST /v1/api/models/list: ")
    assert talking.recorder.exchanges[0].error.kind == kind


@needs_curl
def test_a_reply_that_never_comes_is_waited_for_within_a_bound(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "TRANSFER_SECONDS", 1)
    with instance((200, {"Content-Length": "10"}, b"")) as (url, _), pytest.raises(InstanceFailure) as caught:
        Curl(session(url), RELEASE, tmp_path).post_json("list", LIST)
    assert caught.value.kind == "timeout"


def test_without_curl_the_check_says_what_is_missing(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(NotTestable, match="needs curl, but there is none on the PATH"):
        Curl(session("http://127.0.0.1:1"), RELEASE, tmp_path)


@needs_curl
def test_a_token_that_curls_configuration_cannot_hold_is_not_sent(tmp_path: Path) -> None:
    with instance(FINE) as (url, seen):
        talking = session(url, token='odd"token\\of-some-length')
        with pytest.raises(NotTestable, match="without quotes and backslashes"):
            Curl(talking, RELEASE, tmp_path).post_json("list", LIST)
    assert not seen
