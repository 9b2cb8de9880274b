"""Streaming multipart: the bytes are those of requests, the memory is flat, the evidence is what was sent."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.errors import ConformanceError, UsageError
from conformance.instance import FormPart, MultipartBody

MIB = 1024 * 1024
FILE_BYTES = bytes(range(256)) * 5000


class Chunks:
    """Content in chunks of odd lengths."""

    def __init__(self, content: bytes, size: int | None = None, step: int = 70_001) -> None:
        self._content = content
        self._step = step
        self.size = len(content) if size is None else size

    def chunks(self):
        for start in range(0, len(self._content), self._step):
            yield self._content[start : start + self._step]
            yield b""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def as_requests_sends(parts, boundary: str) -> bytes:
    files = [(p.name, (p.filename, p.content, p.content_type)) for p in parts]
    request = requests.Request("POST", "http://x", files=files).prepare()
    own = request.headers["Content-Type"].partition("boundary=")[2]
    return request.body.replace(own.encode(), boundary.encode())


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.builds(
            FormPart,
            name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10),
            content=st.binary(max_size=200),
            filename=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
            content_type=st.none() | st.sampled_from(["application/json", "text/plain; charset=utf-8"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_bytes_are_those_that_requests_sends(parts):
    body = MultipartBody(parts, boundary="b0undary")
    sent = b"".join(body)
    assert sent == as_requests_sends(parts, "b0undary")
    assert len(body) == len(sent)


@pytest.mark.parametrize("kind", ["bytes", "path", "chunks"])
def test_every_kind_of_content_is_sent_whole_and_described(tmp_path, kind):
    path = tmp_path / "model.onnx"
    path.write_bytes(FILE_BYTES)
    content = {"bytes": FILE_BYTES, "path": path, "chunks": Chunks(FILE_BYTES)}[kind]
    body = MultipartBody(
        [
            FormPart("metadata", b'{"name": "n"}', None, "application/json"),
            FormPart("file", content, "model.onnx", "application/octet-stream"),
        ]
    )
    expected = as_requests_sends(
        [
            FormPart("metadata", b'{"name": "n"}', None, "application/json"),
            FormPart("file", FILE_BYTES, "model.onnx", "application/octet-stream"),
        ],
        body.boundary,
    )
    assert b"".join(body) == expected
    assert b"".join(body) == expected, "it can be sent again"
    metadata, file = body.describe()
    assert (metadata.text, metadata.filename, metadata.size) == ('{"name": "n"}', None, 13)
    assert (file.text, file.filename) == (None, "model.onnx")
    assert (file.size, file.sha256) == (len(FILE_BYTES), digest(FILE_BYTES))


def test_chunks_are_a_mebibyte():
    body = MultipartBody([FormPart("file", Chunks(b"x" * 5 * MIB), "f", None)])
    sizes = [len(chunk) for chunk in body]
    assert sizes[:-1] == [MIB] * 5


def test_a_body_has_no_read_that_urllib3_would_cut_small():
    assert not hasattr(MultipartBody([]), "read")


def test_no_parts_are_an_empty_form():
    body = MultipartBody([], boundary="b")
    sent = b"".join(body)
    assert sent.strip() == b"--b--"
    assert len(body) == len(sent)


def test_digests_are_those_of_all_of_a_file_that_was_sent_in_part():
    body = MultipartBody([FormPart("file", Chunks(FILE_BYTES * 3), "f", None)])
    next(iter(body))
    assert body.describe()[0].sha256 == digest(FILE_BYTES * 3)


@pytest.mark.parametrize("size", [-1, 1], ids=["grown", "shrunk"])
def test_a_file_that_changes_its_size_is_an_error_not_a_hang(size):
    body = MultipartBody([FormPart("file", Chunks(b"abc", size=3 + size, step=2), "f", None)])
    with pytest.raises(ConformanceError, match=r"isn't .* bytes long any more"):
        list(body)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"can't read .*missing"):
        MultipartBody([FormPart("file", tmp_path / "missing", "f", None)])


def test_only_json_parts_are_kept_as_text():
    parts = [
        FormPart("metadata", b"not json", None, "text/plain"),
        FormPart("metadata", b"\xff", None, "application/json"),
        FormPart("file", b"secret model bytes", "m.onnx", "application/octet-stream"),
        FormPart("extra", b"{}", None, "application/json; charset=utf-8"),
    ]
    assert [p.text for p in MultipartBody(parts).describe()] == ["not json", None, None, "{}"]


def test_progress_counts_the_files_bytes():
    counted: list[int] = []
    parts = [FormPart("metadata", b"{}"), FormPart("file", Chunks(FILE_BYTES), "f", None)]
    list(MultipartBody(parts, progress=counted.append))
    assert sum(counted) == len(FILE_BYTES)


def test_a_session_sends_it_with_its_length(tools):
    peer = tools.peer(tools.reply())
    session = tools.session(peer)
    body = MultipartBody([FormPart("file", Chunks(FILE_BYTES), "f.onnx", "application/octet-stream")])
    session.request("POST", "/upload", data=body)
    seen = peer.requests[0]
    assert seen.headers["content-type"] == f"multipart/form-data; boundary={body.boundary}"
    assert "transfer-encoding" not in seen.headers
    assert seen.body == b"".join(body)
    kept = session.recorder.exchanges[0].request
    assert (kept.body, kept.size) == (None, len(body))
    assert kept.parts[0].sha256 == digest(FILE_BYTES)


UPLOAD = """
    import sys
    from pathlib import Path
    from conformance.evidence import Recorder
    from conformance.instance import FormPart, MultipartBody, Session, Target

    class Zeros:
        size = 512 * 1024 * 1024
        def chunks(self):
            for _ in range(512):
                yield bytes(1024 * 1024)

    session = Session(Target.parse(sys.argv[1]), None, Recorder())
    body = MultipartBody([FormPart("file", Zeros(), "large.onnx", "application/octet-stream")])
    reply = session.request("POST", "/upload", data=body)
    part = reply.exchange.request.parts[0]
    # Not getrusage: Linux carries the parent's peak over into a new process.
    status = Path("/proc/self/status").read_text()
    kilobytes = status.partition("VmHWM:")[2].split()[0]
    print(reply.status, part.size, part.sha256, kilobytes)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read the peak memory from")
def test_512_mebibytes_take_flat_memory(tools):
    """The client's resident memory stays under 200 MB (measured by the kernel in a process of its own)."""
    received = hashlib.sha256()

    def script(connection, seen):
        left = int(seen.headers["content-length"])
        while left:
            data = connection.recv(min(left, MIB))
            received.update(data)
            left -= len(data)
        connection.sendall(tools.reply())

    peer = tools.peer(script, read_body=False, unbuffered=True)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(UPLOAD), peer.url],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    status, size, sha256, kilobytes = run.stdout.split()
    zeros = hashlib.sha256()
    for _ in range(512):
        zeros.update(bytes(MIB))
    assert (int(status), int(size), sha256) == (200, 512 * MIB, zeros.hexdigest())
    assert int(kilobytes) * 1024 < 200_000_000, json.dumps({"resident kilobytes": kilobytes})
