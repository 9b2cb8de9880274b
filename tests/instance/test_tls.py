"""TLS: whom a session trusts, and what it says when it doesn't."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.errors import Unreachable, UsageError

NOW = datetime.datetime.now(datetime.UTC)


@dataclass
class Authority:
    """A certificate authority made for one test run."""

    folder: Path

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        builder = self._builder(self._name, self._key).issuer_name(self._name)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
        builder = builder.add_extension(_may_sign(), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), False)
        certificate = builder.sign(self._key, hashes.SHA256())
        self.bundle = self.folder / "authority.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str, *, expired: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = [x509.IPAddress(ipaddress.ip_address(host))] if host[0].isdigit() else [x509.DNSName(host)]
        builder = self._builder(name, key, expired=expired).issuer_name(self._name)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        # Python 3.13 verifies strictly by RFC 5280, which asks for this.
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        path = self.folder / f"{host}-{expired}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    @staticmethod
    def _builder(name: x509.Name, key: ec.EllipticCurvePrivateKey, *, expired: bool = False):
        start = NOW - datetime.timedelta(days=30)
        end = NOW + datetime.timedelta(days=-1 if expired else 30)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )


def _may_sign() -> x509.KeyUsage:
    uses = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    rest = dict.fromkeys((*uses, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **rest)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def unreachable(session) -> str:
    with pytest.raises(Unreachable) as caught:
        session.request("POST", "/v1/api/models/list", json={})
    assert session.recorder.exchanges[-1].error.kind == "tls"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_unknown_authority_is_refused_and_the_line_says_how_to_trust_it(tools, authority, token):
    peer = tools.peer(tools.reply(), authority.context("127.0.0.1"))
    line = unreachable(tools.session(peer))
    assert "signed by an unknown authority" in line
    assert "--ca-bundle" in line
    assert peer.requests == [], "nothing may be sent, the token least of all"


def test_a_certificate_for_another_name_is_refused(tools, authority):
    peer = tools.peer(tools.reply(), authority.context("other.example"))
    line = unreachable(tools.session(peer, ca_bundle=str(authority.bundle)))
    assert "for another name than 127.0.0.1" in line
    assert peer.requests == []


def test_an_expired_certificate_is_refused(tools, authority):
    peer = tools.peer(tools.reply(), authority.context("127.0.0.1", expired=True))
    assert "certificate has expired" in unreachable(tools.session(peer, ca_bundle=str(authority.bundle)))


def test_the_bundle_makes_the_authority_known(tools, authority):
    peer = tools.peer(tools.reply('{"a": 1}'), authority.context("127.0.0.1"))
    session = tools.session(peer, ca_bundle=str(authority.bundle))
    for _ in range(2):
        assert session.request("POST", "/v1/api/models/list", endpoint="list", json={}).json() == {"a": 1}
    assert peer.connections == 1


def test_the_environments_bundle_is_used_and_the_flag_wins(tools, authority, monkeypatch, tmp_path):
    other = Authority(tmp_path)
    peer = tools.peer(tools.reply(), authority.context("127.0.0.1"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    assert tools.session(peer).request("GET", "/").status == 200
    assert "unknown authority" in unreachable(tools.session(peer, ca_bundle=str(other.bundle)))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.bundle))
    assert tools.session(peer, ca_bundle=str(authority.bundle)).request("GET", "/").status == 200


def test_plain_http_on_the_port_says_so(tools):
    peer = tools.peer(tools.reply())
    line = unreachable(tools.session(peer.url.replace("http://", "https://")))
    assert "doesn't speak TLS" in line


def test_a_bound_holds_under_tls_too(tools, authority):
    def script(connection, seen):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    peer = tools.peer(script, authority.context("127.0.0.1"))
    session = tools.session(peer, ca_bundle=str(authority.bundle), max_reply_bytes=1 << 20)
    with pytest.raises(Exception, match="over the 1048576 bytes"):
        session.request("GET", "/")


@pytest.mark.parametrize("content", [b"no certificate", b""], ids=["text", "empty"])
def test_a_bundle_without_certificates_is_a_usage_error(tools, tmp_path, content, monkeypatch):
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(content)
    with pytest.raises(UsageError, match=r"--ca-bundle .* holds no PEM certificates"):
        tools.session("https://127.0.0.1:9", ca_bundle=str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with pytest.raises(UsageError, match="REQUESTS_CA_BUNDLE"):
        tools.session("https://127.0.0.1:9").request("GET", "/")


def test_a_bundle_that_is_not_there_is_a_usage_error(tools, tmp_path, monkeypatch):
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(UsageError, match="No such file"):
        tools.session("https://127.0.0.1:9", ca_bundle=missing)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", missing)
    with pytest.raises(UsageError, match="No such file"):
        tools.session("https://127.0.0.1:9").request("GET", "/")
