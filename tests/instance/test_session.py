"""What goes over the wire, what comes back, and what is kept of both."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest

from conformance.contract import load_release, release_ids
from conformance.errors import UsageError
from conformance.instance import InstanceFailure, Models
from conformance.instance.errors import NotJSON

LIST = "/v1/api/models/list"


def test_a_request_is_sent_as_requests_sends_it(tools, token):
    peer = tools.peer(tools.reply('{"models": []}'))
    reply = tools.session(peer).request("POST", LIST, endpoint="list", json={"workspace_id": 10})

    seen = peer.requests[0]
    assert (seen.method, seen.path) == ("POST", LIST)
    assert seen.body == b'{"workspace_id": 10}'
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["authorization"] == f"Bearer {token}"
    assert (reply.status, reply.is_success, reply.json()) == (200, True, {"models": []})
    assert reply.elapsed >= 0


def test_an_exchange_is_recorded_without_the_token(tools, token, kept):
    peer = tools.peer(tools.reply(f'{{"echo": "{token}"}}', "401 No", {"X-Echo": token}))
    session = tools.session(peer)
    reply = session.request("POST", f"{LIST}?t={token}", endpoint="list", json={"t": token})

    assert token in reply.text
    exchange = session.recorder.exchanges[0]
    assert exchange.request.credential == "session"
    assert ["Authorization", "[redacted]"] in exchange.request.headers
    assert (exchange.response.status, exchange.response.reason) == (401, "No")
    assert exchange.response.body == '{"echo": "[redacted]"}'
    assert token not in kept(session)


@pytest.mark.parametrize(
    ("sent", "expected", "credential"),
    [
        ({"token": None}, None, "none"),
        ({"token": "malformed"}, "Bearer malformed", "other"),
        ({"token": None, "headers": {"Authorization": "Basic eA=="}}, "Basic eA==", "other"),
    ],
    ids=["no token", "another token", "another scheme"],
)
def test_a_check_chooses_the_credentials(tools, sent, expected, credential):
    peer = tools.peer(tools.reply())
    session = tools.session(peer)
    session.request("POST", LIST, json={}, **sent)

    assert peer.requests[0].headers.get("authorization") == expected
    assert session.recorder.exchanges[0].request.credential == credential


def test_netrc_never_stands_in_for_the_token(tools, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password netrc-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    peer = tools.peer(tools.reply())
    session = tools.session(peer)
    session.request("POST", LIST, json={}, token=None)
    session.request("POST", LIST, json={})

    assert "authorization" not in peer.requests[0].headers
    assert peer.requests[1].headers["authorization"].startswith("Bearer ")


def test_cookies_are_never_sent_back(tools):
    peer = tools.peer(tools.reply(headers={"Set-Cookie": "session=cookie-secret; Path=/"}))
    session = tools.session(peer)
    session.request("POST", LIST, endpoint="list", json={})
    session.request("POST", LIST, endpoint="list", json={})

    assert "cookie" not in peer.requests[1].headers
    assert "cookie-secret" not in str(session.recorder.exchanges[0].to_json())


def test_reads_share_a_connection_and_writes_take_a_new_one(tools):
    peer = tools.peer(tools.reply())
    session = tools.session(peer)
    for _ in range(3):
        session.request("POST", LIST, endpoint="list", json={})
    assert peer.connections == 1
    session.request("POST", "/v1/api/workspaces/create", json={})
    assert peer.connections == 2


@pytest.mark.parametrize("release_id", release_ids())
def test_the_reads_of_each_release_share_a_connection_and_nothing_else_does(tools, release_id):
    release = load_release(release_id)
    peer = tools.peer(tools.reply())
    models = Models(tools.session(peer), 10, release=release)
    for endpoint in release.reads:
        models.call(endpoint, {})
    assert peer.connections == 1
    others = [name for name, kind in release.kinds.items() if kind != "read"]
    for endpoint in others:
        models.call(endpoint, {})
    assert peer.connections == 1 + len(others)


def test_a_read_is_sent_again_when_its_pooled_connection_was_closed(tools):
    def script(connection, seen):
        # The second request on the first connection meets a peer that has just given up on it.
        if seen.connection == 1 and len(peer.requests) == 2:
            return False
        connection.sendall(tools.reply())
        return True

    peer = tools.peer(script)
    session = tools.session(peer)
    session.request("POST", LIST, endpoint="list", json={})
    reply = session.request("POST", LIST, endpoint="list", json={})

    assert reply.status == 200
    assert [e.error.kind if e.error else None for e in session.recorder.exchanges] == [None, "stale", None]


def test_a_write_is_never_sent_again(tools):
    peer = tools.peer(lambda connection, seen: False)
    session = tools.session(peer)
    with pytest.raises(InstanceFailure) as caught:
        session.request("POST", "/v1/api/workspaces/create", json={})
    assert caught.value.kind == "reset"
    assert len(peer.requests) == 1


def test_a_fresh_read_is_not_sent_again(tools):
    peer = tools.peer(lambda connection, seen: False)
    with pytest.raises(InstanceFailure):
        tools.session(peer).request("POST", LIST, endpoint="list", json={})
    assert len(peer.requests) == 1


class TestThrottling:
    def test_a_429_is_waited_out(self, tools):
        replies = iter([("429 Slow down", {"Retry-After": "3"})] * 2)

        def script(connection, seen):
            status, headers = next(replies, ("200 OK", {}))
            connection.sendall(tools.reply(status=status, headers=headers))

        waits: list[float] = []
        session = tools.session(tools.peer(script), sleep=waits.append)
        assert session.request("POST", LIST, endpoint="list", json={}).status == 200
        assert waits == [3.0, 3.0]
        assert [e.response.status for e in session.recorder.exchanges] == [429, 429, 200]

    def test_a_date_counts_from_now(self, tools):
        now = datetime(2024, 1, 1, tzinfo=UTC)
        when = (now + timedelta(seconds=7)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        waits: list[float] = []
        peer = tools.peer(tools.reply(status="429 Slow down", headers={"Retry-After": when}))
        tools.session(peer, sleep=waits.append, now=lambda: now).request("POST", LIST, json={})
        assert waits == [7.0] * 4, "30 s in all leave room for four waits of 7 s"

    @pytest.mark.parametrize("value", ["31", "9999999999999", "soon", "-1", "²", None])
    def test_what_cannot_be_waited_for_is_the_reply(self, tools, value):
        headers = {} if value is None else {"Retry-After": value}
        waits: list[float] = []
        peer = tools.peer(lambda c, s: c.sendall(tools.reply(status="429 x").replace(b"\r\n\r\n", _head(headers))))
        session = tools.session(peer, sleep=waits.append)
        assert session.request("POST", LIST, json={}).status == 429
        assert waits == []

    def test_a_wait_of_nothing_ends_too(self, tools):
        peer = tools.peer(tools.reply(status="429 x", headers={"Retry-After": "0"}))
        assert tools.session(peer, sleep=lambda _: None).request("POST", LIST, json={}).status == 429
        assert len(peer.requests) == 10


def _head(headers: dict[str, str]) -> bytes:
    lines = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
    return lines.encode("utf-8") + b"\r\n\r\n"


class TestRedirects:
    @pytest.mark.parametrize(
        ("status", "method", "body"),
        [(307, "POST", b"{}"), (308, "POST", b"{}"), (302, "GET", b""), (303, "GET", b"")],
    )
    def test_the_same_origin_is_followed_with_the_token(self, tools, token, status, method, body):
        def script(connection, seen):
            if seen.path == LIST:
                connection.sendall(tools.reply(status=f"{status} Move", headers={"Location": "/elsewhere?x=1"}))
            else:
                connection.sendall(tools.reply('{"here": 1}'))

        peer = tools.peer(script)
        session = tools.session(peer)
        assert session.request("POST", LIST, endpoint="list", json={}).json() == {"here": 1}
        second = peer.requests[1]
        assert (second.method, second.path, second.body) == (method, "/elsewhere?x=1", body)
        assert second.headers["authorization"] == f"Bearer {token}"
        assert ("content-type" in second.headers) is bool(body)
        assert [e.response.status for e in session.recorder.exchanges] == [status, 200]

    @pytest.mark.parametrize(
        "location",
        ["{other}/x", "//127.0.0.1:{port}/x", "http://someone@127.0.0.1:{same}/", "https://127.0.0.1:{same}/"],
        ids=["another port", "scheme-relative", "with credentials", "another scheme"],
    )
    def test_another_origin_gets_nothing(self, tools, location, kept, token):
        other = tools.peer(tools.reply())
        peer = tools.peer(
            lambda c, s: c.sendall(
                tools.reply(
                    status="307 Move",
                    headers={"Location": location.format(other=other.url, port=other.port, same=peer.port)},
                )
            )
        )
        session = tools.session(peer)
        with pytest.raises(InstanceFailure, match="the token was not sent there") as caught:
            session.request("POST", LIST, json={})

        assert caught.value.kind == "redirect"
        assert (len(peer.requests), other.connections) == (1, 0)
        assert caught.value.exchange.response.status == 307
        assert token not in kept(session) + str(caught.value)

    @pytest.mark.parametrize("location", ["http://[::1", "http://host:port/", "\\\\other\\share", "http://"])
    def test_a_location_that_is_no_url_is_a_failure(self, tools, location):
        peer = tools.peer(tools.reply(status="302 Move", headers={"Location": location}))
        session = tools.session(peer)
        with pytest.raises(InstanceFailure) as caught:
            session.request("POST", LIST, json={})
        assert caught.value.kind == "redirect"
        assert all(seen.headers.get("host") == f"127.0.0.1:{peer.port}" for seen in peer.requests)

    def test_a_loop_ends(self, tools):
        peer = tools.peer(tools.reply(status="307 Move", headers={"Location": LIST}))
        with pytest.raises(InstanceFailure, match="more than 5 times"):
            tools.session(peer).request("POST", LIST, json={})
        assert len(peer.requests) == 6

    def test_a_target_with_a_path_is_kept(self, tools):
        def script(connection, seen):
            target = "/gateway/b" if seen.path == "/gateway/a" else None
            if target:
                connection.sendall(tools.reply(status="307 Move", headers={"Location": "b"}))
            else:
                connection.sendall(tools.reply())

        peer = tools.peer(script)
        session = tools.session(f"{peer.url}/gateway/")
        session.request("POST", "/a", json={})
        assert [seen.path for seen in peer.requests] == ["/gateway/a", "/gateway/b"]
        assert [e.request.path for e in session.recorder.exchanges] == ["/a", "/b"]


class TestJSON:
    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (b"", "the body is empty"),
            (b"<html>", "Expecting value"),
            (b'{"a": "\xff"}', "isn't UTF-8"),
            (b"[" * 100_000 + b"]" * 100_000, "nests more than 128 levels"),
            (b'{"a":' * 100_000, "nests more than 128 levels"),
            (b'{"a": NaN}', "NaN isn't a JSON value"),
            (b"9" * 5000, "digits"),
            (b"{} {}", "Extra data"),
        ],
        ids=["empty", "html", "utf-8", "deep", "deep and cut", "nan", "huge number", "two"],
    )
    def test_what_is_no_json_says_so_in_one_line(self, tools, body, problem):
        reply = tools.session(tools.peer(tools.reply(body))).request("POST", LIST, json={})
        with pytest.raises(NotJSON, match=problem) as caught:
            reply.json()
        assert "\n" not in str(caught.value)
        assert caught.value.exchange is reply.exchange

    def test_brackets_in_strings_are_no_depth(self, tools):
        text = '{"a": "' + "[{" * 500 + '\\"", "b": [1]}'
        reply = tools.session(tools.peer(tools.reply(text))).request("POST", LIST, json={})
        assert reply.json()["b"] == [1]


def test_reading_a_reply_touches_its_exchange(tools):
    session = tools.session(tools.peer(tools.reply()))
    reply = session.request("POST", LIST, json={})
    session.recorder.begin("test_other")
    assert session.recorder.used == []
    assert reply.status == 200
    assert session.recorder.used == [reply.exchange.id]


def test_requests_from_several_threads_are_all_recorded(tools):
    peer = tools.peer(tools.reply())
    session = tools.session(peer)
    threads = [
        threading.Thread(target=lambda: session.request("POST", LIST, endpoint="list", json={})) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({exchange.id for exchange in session.recorder.exchanges}) == 8


@pytest.mark.parametrize("path", ["v1/api", "http://other.example/", ""])
def test_a_path_is_absolute(tools, path):
    with pytest.raises(UsageError, match="must begin with a slash"):
        tools.session("http://127.0.0.1:9").request("GET", path)


def test_a_path_with_two_slashes_stays_on_the_target(tools):
    other = tools.peer(tools.reply())
    peer = tools.peer(tools.reply())
    tools.session(peer).request("GET", f"//127.0.0.1:{other.port}/x")
    assert (other.connections, peer.connections) == (0, 1)


def test_a_header_that_http_cannot_carry_is_a_usage_error(tools):
    with pytest.raises(UsageError, match="can't be sent"):
        tools.session("http://127.0.0.1:9").request("GET", "/", headers={"X-A": "a\nb"})


def test_the_environments_proxy_is_used(tools, monkeypatch):
    proxy = tools.peer(tools.reply('{"via": "proxy"}'))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    reply = tools.session("http://instance.example:8080").request("GET", "/v1/api/docs")
    assert reply.json() == {"via": "proxy"}
    assert proxy.requests[0].path == "http://instance.example:8080/v1/api/docs"


def test_ids_in_the_evidence_are_in_order(tools):
    session = tools.session(tools.peer(tools.reply()))
    for _ in range(3):
        session.request("GET", "/")
    assert [e.id for e in session.recorder.exchanges] == ["main-00001", "main-00002", "main-00003"]


def test_the_peer_sees_a_socket_closed_with_the_session(tools):
    closed = threading.Event()

    def script(connection: socket.socket, seen):
        connection.sendall(tools.reply())
        if connection.recv(1) == b"":
            closed.set()
        return False

    session = tools.session(tools.peer(script))
    session.request("GET", "/")
    session.close()
    assert closed.wait(10)
