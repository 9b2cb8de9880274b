"""By what an instance is told from another: headers, certificate, its own document."""

from __future__ import annotations

import hashlib
import ssl

import pytest

from conformance.instance.identity import MAX_EXCHANGES, MAX_HEADERS, identity_of
from tests.instance.test_tls import Authority

URL = "https://api.example.com"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def asked(tools, peer, times: int = 1, **options):
    """A session that has asked, and what it met."""
    session = tools.session(peer, **options)
    for _ in range(times):
        session.request("GET", "/")
    return identity_of(URL, session, session.recorder.exchanges, f"{URL}/docs", "d" * 64)


def test_the_certificate_is_the_one_that_the_session_itself_was_shown(tools, authority):
    peer = tools.peer(tools.reply(), authority.context("127.0.0.1"))
    found = asked(tools, peer, ca_bundle=str(authority.bundle))
    host, _, port = peer.url.removeprefix("https://").rpartition(":")
    pem = ssl.get_server_certificate((host, int(port)))
    assert found is not None
    assert found.certificate_sha256 == hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    assert found.certificate_subject == "CN=127.0.0.1"
    assert found.certificate_not_after is not None
    assert found.certificate_not_after.endswith("Z")
    assert (found.url, found.openapi_url, found.openapi_sha256) == (URL, f"{URL}/docs", "d" * 64)


def test_two_instances_with_certificates_of_their_own_differ(tools, authority, tmp_path):
    prints = set()
    for one in (authority, Authority(tmp_path)):
        peer = tools.peer(tools.reply(), one.context("127.0.0.1"))
        found = asked(tools, peer, ca_bundle=str(one.bundle))
        assert found is not None
        prints.add(found.certificate_sha256)
    assert len(prints) == 2


def test_a_certificate_that_isnt_trusted_is_nobodys_identity(tools, authority):
    peer = tools.peer(tools.reply(), authority.context("127.0.0.1"))
    session = tools.session(peer)
    with pytest.raises(Exception, match="unknown authority"):
        session.request("GET", "/")
    assert session.certificate is None
    assert identity_of(URL, session, session.recorder.exchanges) is None


def test_plain_http_has_no_certificate(tools):
    found = asked(tools, tools.peer(tools.reply()))
    assert found is not None
    assert (found.certificate_sha256, found.certificate_subject, found.certificate_not_after) == (None, None, None)


def replying(*headers: str):
    lines = "".join(f"{header}\r\n" for header in headers)

    def script(connection, _seen):
        connection.sendall(f"HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n".encode("latin-1"))

    return script


def test_telling_headers_are_kept_once_and_no_others(tools):
    peer = tools.peer(replying("Server: envoy", "VIA: 1.1 gateway", "Date: today", "X-Request-Id: 5", "server: envoy"))
    found = asked(tools, peer, times=3)
    assert found is not None
    assert found.headers == (("server", "envoy"), ("via", "1.1 gateway"))


def test_a_token_that_comes_back_in_a_header_is_in_no_identity(tools, token):
    peer = tools.peer(replying(f"Server: saw {token}"))
    found = asked(tools, peer)
    assert found is not None
    assert found.headers == (("server", "saw [redacted]"),)


def test_hostile_headers_are_bounded_and_fit_to_be_shown(tools):
    many = [f"Server: {number} \x1b[31m{'x' * 1000}" for number in range(MAX_HEADERS + 5)]
    found = asked(tools, tools.peer(replying(*many)))
    assert found is not None
    assert len(found.headers) == MAX_HEADERS
    assert all(len(value) <= 300 and "\x1b" not in value for _, value in found.headers)


def test_only_the_first_replies_are_looked_at(tools):
    session = tools.session(tools.peer(replying("Server: one")))
    session.request("GET", "/")
    first = session.recorder.exchanges * MAX_EXCHANGES
    late = tools.session(tools.peer(replying("Server: another")))
    late.request("GET", "/")
    found = identity_of(URL, session, [*first, *late.recorder.exchanges])
    assert found is not None
    assert found.headers == (("server", "one"),)


def test_what_was_never_reached_has_no_identity(tools):
    session = tools.session("http://127.0.0.1:9")
    with pytest.raises(Exception, match="GET /"):
        session.request("GET", "/")
    assert identity_of(URL, session, session.recorder.exchanges) is None
