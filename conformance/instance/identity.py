"""By what an instance can be told from another: telling headers, its TLS certificate, where its own document is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from conformance.evidence.exchange import Exchange
from conformance.report.certificate import TargetIdentity
from conformance.report.text import one_line, shorten

if TYPE_CHECKING:
    from conformance.instance.session import Session

TELLING_HEADERS = ("server", "via", "x-powered-by", "x-served-by", "x-aspnet-version", "x-envoy-decorator-operation")
"""Headers that name what answered, in lower case. Ours."""

MAX_EXCHANGES = 20
"""Exchanges, from the first on, whose replies are looked at. Ours."""

MAX_HEADERS = 20
MAX_TEXT = 300


def identity_of(
    url: str,
    session: Session,
    exchanges: Iterable[Exchange],
    openapi_url: str | None = None,
    openapi_sha256: str | None = None,
) -> TargetIdentity | None:
    """What was met at `url`, the target as the reports name it. None where nothing answered.

    `exchanges` are recorded ones, so without secrets. The certificate is that of the session's own connection, so
    there is none under plain http, and what a proxy shows in the instance's place is told as it was met.
    """
    replies = [exchange.response for exchange in exchanges if exchange.response is not None][:MAX_EXCHANGES]
    if not replies:
        return None
    pairs = [
        (name.lower(), shorten(one_line(value), MAX_TEXT))
        for reply in replies
        for name, value in reply.headers
        if name.lower() in TELLING_HEADERS
    ]
    identity = TargetIdentity(
        url=url,
        headers=tuple(dict.fromkeys(pairs))[:MAX_HEADERS],
        openapi_url=openapi_url,
        openapi_sha256=openapi_sha256,
    )
    return identity if session.certificate is None else _with_certificate(identity, session.certificate)


def _with_certificate(identity: TargetIdentity, certificate: bytes) -> TargetIdentity:
    from cryptography import x509

    identity = replace(identity, certificate_sha256=hashlib.sha256(certificate).hexdigest())
    try:
        read = x509.load_der_x509_certificate(certificate)
        subject, ends = read.subject.rfc4514_string(), read.not_valid_after_utc
    except ValueError:
        # OpenSSL took it, and a stricter reader needn't; the fingerprint is what counts.
        return identity
    return replace(
        identity,
        certificate_subject=shorten(one_line(subject), MAX_TEXT),
        certificate_not_after=ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
