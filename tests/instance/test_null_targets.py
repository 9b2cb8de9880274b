"""Peers that are no instance at all: every request ends, within its bounds, with one line that says what happened."""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import time
import zlib

import pytest

from conformance.errors import Unreachable
from conformance.instance import FormPart, InstanceFailure, MultipartBody

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LIST = "/v1/api/models/list"
MIB = 1024 * 1024


def failing(session, **options) -> InstanceFailure:
    with pytest.raises(InstanceFailure) as caught:
        session.request("POST", LIST, endpoint="list", **({"json": {}} | options))
    failure = caught.value
    assert "\n" not in str(failure)
    assert str(failure).startswith(f"POST {LIST}: ")
    assert session.recorder.exchanges[-1] is failure.exchange
    assert failure.exchange.error.kind == failure.kind
    return failure


def test_a_closed_port_is_unreachable(tools):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    session = tools.session(f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port} refuses the connection") as caught:
        session.request("POST", LIST, json={})
    exchange = session.recorder.exchanges[0]
    assert (exchange.error.kind, exchange.response, exchange.request.body) == ("connect", None, "{}")
    assert caught.value.exchange is exchange


def test_an_unknown_host_is_unreachable(tools):
    with pytest.raises(Unreachable, match=r"instance\.invalid can't be resolved"):
        tools.session("http://instance.invalid").request("POST", LIST, json={})


def test_a_proxy_that_refuses_is_unreachable(tools, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-password@127.0.0.1:{port}")
    session = tools.session("https://instance.example")
    with pytest.raises(Unreachable, match=r"proxy.*HTTPS_PROXY") as caught:
        session.request("POST", LIST, json={})
    assert session.recorder.exchanges[0].error.kind == "proxy"
    assert "proxy-password" not in str(caught.value)


def test_accepting_and_never_answering_times_out(tools):
    peer = tools.peer(lambda connection, seen: peer.wait())
    failure = failing(tools.session(peer, read_timeout=0.2))
    assert failure.kind == "timeout"
    assert "sent no reply for 0.2 s" in str(failure)


def test_a_listener_that_never_accepts_times_out(tools):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        session = tools.session(f"http://127.0.0.1:{listener.getsockname()[1]}", read_timeout=0.2)
        assert failing(session).kind == "timeout"


def test_stopping_in_the_middle_times_out_with_what_came(tools):
    def script(connection, seen):
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        peer.wait()

    peer = tools.peer(script)
    failure = failing(tools.session(peer, read_timeout=0.2))
    assert failure.kind == "timeout"
    assert "no more of the reply" in str(failure)
    assert (failure.exchange.response.status, failure.exchange.response.body) == (200, "{")


@pytest.mark.parametrize(
    "start",
    [b"", HEAD + b"X-Slow: ", HEAD + b"Content-Length: 100000\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"],
    ids=["status line", "headers", "body", "chunk size"],
)
def test_a_drip_is_too_slow_though_bytes_keep_coming(tools, start):
    def script(connection, seen):
        connection.sendall(start)
        while not peer.closing:
            connection.sendall(b"0")
            time.sleep(0.01)

    peer = tools.peer(script)
    failure = failing(tools.session(peer, deadline=0.3))
    assert failure.kind == "too-slow"
    assert "wasn't complete 0.3 s after" in str(failure)


def test_the_deadline_follows_the_clock_it_is_given(tools):
    ticks = itertools.count(step=10)
    peer = tools.peer(tools.reply())
    failure = failing(tools.session(peer, deadline=5.0, clock=lambda: float(next(ticks))))
    assert failure.kind == "too-slow"


def endless(connection, seen):
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def endless_chunks(connection, seen):
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def endless_gzip(connection, seen):
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\n")
    while True:
        connection.sendall(packer.compress(b"\0" * 4 * MIB) + packer.flush(zlib.Z_SYNC_FLUSH))


def gzip_bomb(connection, seen):
    body = gzip.compress(b"\0" * 100 * MIB)
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def nested_bomb(connection, seen):
    body = gzip.compress(gzip.compress(b"\0" * 100 * MIB))
    head = HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    connection.sendall(head + body)


def hundred_megabytes(connection, seen):
    connection.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x" * 1_000_000)


@pytest.mark.parametrize("script", [endless, endless_chunks, endless_gzip, gzip_bomb, nested_bomb, hundred_megabytes])
def test_a_body_beyond_the_bound_is_cut_off(tools, script):
    session = tools.session(tools.peer(script), max_reply_bytes=8 * MIB)
    failure = failing(session)
    assert failure.kind == "too-large"
    assert f"over the {8 * MIB} bytes" in str(failure)
    kept = failure.exchange.response
    assert kept.truncated
    assert len(kept.body.encode()) == 64 * 1024


def test_a_body_at_the_bound_is_whole(tools):
    body = b"x" * MIB
    reply = tools.session(tools.peer(tools.reply(body)), max_reply_bytes=MIB).request("GET", "/")
    assert reply.content == body
    assert failing(tools.session(tools.peer(tools.reply(body + b"x")), max_reply_bytes=MIB)).kind == "too-large"


def test_an_endless_redirect_body_is_cut_off(tools):
    def script(connection, seen):
        connection.sendall(b"HTTP/1.1 307 Move\r\nLocation: /x\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    assert failing(tools.session(tools.peer(script), max_reply_bytes=MIB)).kind == "too-large"


class TestCodings:
    BODY = b'{"models": ' + b"[1, 2, 3]" * 20_000 + b"}"

    @pytest.mark.parametrize(
        ("coding", "packed"),
        [
            ("gzip", gzip.compress(BODY)),
            ("GZIP", gzip.compress(BODY[:10]) + gzip.compress(BODY[10:])),
            ("deflate", zlib.compress(BODY)),
            ("deflate", zlib.compress(BODY, wbits=-15)),
            ("deflate, gzip", gzip.compress(zlib.compress(BODY))),
            ("identity", BODY),
        ],
        ids=["gzip", "two members", "zlib", "raw deflate", "two codings", "identity"],
    )
    @pytest.mark.parametrize("piece", [1, 4096], ids=["byte by byte", "in pieces"])
    def test_a_coded_body_is_decoded(self, tools, coding, packed, piece):
        def script(connection, seen):
            head = HEAD + f"Content-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            split = itertools.batched(packed, piece) if hasattr(itertools, "batched") else _batched(packed, piece)
            body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), bytes(chunk)) for chunk in split)
            connection.sendall(head + body + b"0\r\n\r\n")

        assert tools.session(tools.peer(script)).request("GET", "/").content == self.BODY

    @pytest.mark.parametrize(
        ("coding", "body", "problem"),
        [
            ("gzip", b"not gzip at all", "damaged"),
            ("gzip", gzip.compress(BODY)[:-9], "ends before its end mark"),
            ("deflate", zlib.compress(BODY) + b"more", "bytes follow"),
            ("deflate", b"x", "ends before its end mark"),
            ("br", b"whatever", "'br' wasn't asked for"),
            ("gzip, gzip, gzip, gzip", b"x", "over 3 content codings"),
        ],
    )
    def test_a_body_that_is_not_what_it_says_is_a_failure(self, tools, coding, body, problem):
        peer = tools.peer(tools.reply(body, headers={"Content-Encoding": coding}))
        failure = failing(tools.session(peer))
        assert failure.kind == "decode"
        assert problem in str(failure)

    def test_an_empty_coded_body_is_empty(self, tools):
        peer = tools.peer(tools.reply(b"", headers={"Content-Encoding": "gzip"}))
        assert tools.session(peer).request("GET", "/").content == b""


def _batched(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 20",
        HEAD,
        HEAD + b"Content-Length: 100\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
    ids=["nothing", "status line", "headers", "body", "chunk"],
)
@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_connection_that_ends_in_mid_reply_is_a_failure(tools, start, how):
    def script(connection, seen):
        connection.sendall(start)
        # Let the bytes arrive before the reset discards what is under way.
        time.sleep(0.05)
        if how == "reset":
            _reset(connection)
        return False

    failure = failing(tools.session(tools.peer(script)))
    assert failure.kind in ("reset", "malformed")
    if start == b"":
        assert str(failure).endswith("the instance closed the connection without a reply")


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 abc OK\r\n\r\n",
        HEAD + b"X: y\r\n" * 5000 + b"\r\n",
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ],
    ids=["ssh", "tls", "no status", "5000 headers", "two lengths"],
)
def test_what_is_no_http_is_malformed(tools, answer):
    def script(connection, seen):
        connection.sendall(answer)
        return False

    assert failing(tools.session(tools.peer(script))).kind in ("malformed", "reset")


class TestUploads:
    BODY = MultipartBody([FormPart("file", b"x" * 20 * MIB, "m.onnx", "application/octet-stream")])

    def test_an_early_refusal_is_read_though_the_upload_was_cut_off(self, tools):
        def script(connection, seen):
            connection.sendall(tools.reply('{"msg": "too big", "code": 413}', "413 Too Large", {"Connection": "close"}))
            connection.shutdown(socket.SHUT_WR)
            # Drain a little so that the reply arrives before the reset.
            connection.recv(65536)
            time.sleep(0.2)
            return False

        session = tools.session(tools.peer(script, read_body=False))
        try:
            reply = session.request("POST", LIST, data=self.BODY)
        except InstanceFailure as failure:
            assert failure.kind == "reset"  # noqa: PT017  (which of the two is the kernel's choice)
        else:
            assert (reply.status, reply.json()["code"]) == (413, 413)
        kept = session.recorder.exchanges[0].request
        assert (kept.parts[0].size, kept.size) == (20 * MIB, len(self.BODY))

    def test_a_reset_in_mid_upload_is_no_unreachable_instance(self, tools):
        def script(connection, seen):
            _reset(connection)
            return False

        session = tools.session(tools.peer(script, read_body=False))
        with pytest.raises(InstanceFailure) as caught:
            session.request("POST", LIST, data=self.BODY)
        assert caught.value.kind == "reset"

    def test_a_peer_that_takes_no_bytes_times_out(self, tools):
        peer = tools.peer(lambda connection, seen: peer.wait(), read_body=False)
        session = tools.session(peer, upload_timeout=0.3)
        with pytest.raises(InstanceFailure, match=r"took no bytes of the request for 0\.3 s") as caught:
            session.request("POST", LIST, data=self.BODY)
        assert caught.value.kind == "timeout"

    def test_a_slow_answer_to_an_upload_has_the_uploads_patience(self, tools):
        def script(connection, seen):
            time.sleep(0.3)
            connection.sendall(tools.reply())

        session = tools.session(tools.peer(script), read_timeout=0.05, deadline=0.1, upload_timeout=10.0)
        assert session.request("POST", LIST, data=self.BODY).status == 200
