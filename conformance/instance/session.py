"""One recorded, bounded conversation with an instance."""

from __future__ import annotations

import json as jsonlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Self

import conformance
from conformance.errors import UsageError
from conformance.evidence.playback import Playback
from conformance.evidence.recorder import Recorder
from conformance.instance.breaker import Breaker
from conformance.instance.credentials import Secret, TokenSource
from conformance.instance.multipart import MultipartBody
from conformance.instance.redirects import Hop
from conformance.instance.replaying import ReplayedWire
from conformance.instance.reply import Reply
from conformance.instance.sending import Limits, Outgoing, StaleConnection, Wire
from conformance.instance.target import Target
from conformance.instance.throttling import MAX_THROTTLED_SECONDS, MAX_THROTTLED_TRIES, retry_after

CONNECT_TIMEOUT: Final = 10.0  #: seconds for a connection, TLS included; ours
READ_TIMEOUT: Final = 30.0  #: seconds without a byte of a reply; ours
UPLOAD_TIMEOUT: Final = 120.0  #: seconds for 1 MiB of an upload to be taken, and without a byte of its reply; ours
REPLY_DEADLINE: Final = 60.0  #: seconds from the last byte of a request to the last byte of its reply; ours
MAX_REPLY_BYTES: Final = 64 * 1024 * 1024  #: bytes of one reply, on the wire and decoded; ours


class Unset:
    """The type of `UNSET` and `SESSION_TOKEN`, which stand for "not given" where None has a meaning."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


UNSET: Final = Unset("UNSET")
SESSION_TOKEN: Final = Unset("SESSION_TOKEN")

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_READING = frozenset(
    {
        *("list", "get_by_id", "list_versions", "get_config_by_id", "get"),
        *("get_version_by_id", "get_model_version_by_id", "list_versions_for_model", "get_upload_logs"),
    }
)
"""The endpoints of any release that change nothing."""
_MIN_LITERAL_SECRET = 16  #: characters; a shorter literal is a made-up one such as "malformed"


class Session:
    """Sends requests to one target, records every exchange, and lets no reply grow or last beyond its bounds.

    Times are in seconds. Proxies and REQUESTS_CA_BUNDLE come from the environment as requests users expect;
    ~/.netrc and cookies never do. `ca_bundle` is a file or directory of certificates and wins over the environment.
    Nothing is retried but a read whose pooled connection had been closed, and a 429 that says when to come back.
    `breaker` is shared by the sessions of a run: an instance that stopped answering isn't asked any more.
    With a `playback` nothing is sent: the recording answers, and `replayed` is what answers from it.
    """

    def __init__(
        self,
        target: Target,
        token_source: TokenSource | None,
        recorder: Recorder,
        ca_bundle: str | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        deadline: float = REPLY_DEADLINE,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        upload_timeout: float = UPLOAD_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        breaker: Breaker | None = None,
        playback: Playback | None = None,
    ) -> None:
        self.target = target
        self.recorder = recorder
        self.breaker = breaker or Breaker(clock)
        self._token_source = token_source
        self.sleep, self._now = sleep, now
        limits = Limits(connect_timeout, read_timeout, upload_timeout, deadline, max_reply_bytes)
        self.ca_bundle = None if ca_bundle is None else str(ca_bundle)
        self.replayed = None if playback is None else ReplayedWire(target, recorder, playback, _default_headers())
        self._wire = self.replayed or Wire(target, recorder, limits, self.ca_bundle, _default_headers(), clock, now)

    def request(
        self,
        method: str,
        path: str,
        *,
        endpoint: str | None = None,
        json: object = UNSET,
        data: bytes | str | MultipartBody | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | Unset | None = SESSION_TOKEN,
        idempotent: bool | None = None,
        follows: tuple[str, ...] = (),
    ) -> Reply:
        """Send one request to `path` (absolute, with its query) and read the whole reply.

        `json` is sent as requests sends it; `data` as it is. `token` is the session's, none, or a literal one.
        `idempotent` (by default: the reading endpoints and methods) allows a pooled connection, and a second try
        when that had been closed meanwhile. Any status is a reply, 4xx and 5xx too.
        `follows` are ids of exchanges that told what to ask for.

        Raises TargetUnreachable when nothing was exchanged, InstanceFailure when no usable reply came,
        StoppedAnswering when too many before had no answer, UsageError for missing credentials or a broken
        configuration.
        """
        if not path.startswith("/"):
            raise UsageError(f"the path {path!r} must begin with a slash")
        if idempotent is None:
            idempotent = method.upper() in _SAFE_METHODS or endpoint in _READING
        body, kind = _encoded(json, data)
        outgoing = Outgoing(
            method=method.upper(),
            url=self.target.url(path),
            path=path,
            endpoint=endpoint,
            body=body,
            headers=_with_content_type(headers, kind),
            token=self._token(token),
            own_token=isinstance(token, Unset),
            idempotent=idempotent,
            fresh=not idempotent,
            follows=follows,
        )
        with self.breaker.watch(path):
            return self._throttled(outgoing)

    def bearer_token(self) -> Secret | None:
        """The session's token as of now, for a client of its own such as curl; None for a session without one."""
        return self._token(SESSION_TOKEN)

    @property
    def certificate(self) -> bytes | None:
        """The instance's TLS certificate as the session met it, in DER; None without TLS, or without a reply yet."""
        return self._wire.certificate

    def close(self) -> None:
        """Close the pooled connections. The recorder is the caller's."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _token(self, token: str | Unset | None) -> Secret | None:
        if isinstance(token, Unset):
            if self._token_source is None:
                return None
            secret = Secret(self._token_source.token())
            self.recorder.redactor.add(secret)
            return secret
        if token is None:
            return None
        if len(token) >= _MIN_LITERAL_SECRET:
            self.recorder.redactor.add(token)
        return Secret(token)

    def _throttled(self, outgoing: Outgoing) -> Reply:
        """Send, and send again while the instance says 429 and when to come back."""
        waited = 0.0
        reply = self._redirected(outgoing)
        for _ in range(MAX_THROTTLED_TRIES - 1):
            assert reply.exchange.response is not None
            wait = retry_after(reply.exchange.response, self._now())
            if wait is None or waited + wait > MAX_THROTTLED_SECONDS:
                break
            self.sleep(wait)
            waited += wait
            if outgoing.own_token:
                outgoing = replace(outgoing, token=self._token(SESSION_TOKEN))
            reply = self._redirected(outgoing)
        return reply

    def _redirected(self, outgoing: Outgoing) -> Reply:
        """Send, and follow redirects on the same origin. The wire refuses the one too many."""
        hops = 0
        reply, hop = self._sent(outgoing, hops)
        while hop is not None:
            hops += 1
            body = outgoing.body if hop.keeps_body else None
            headers = outgoing.headers if hop.keeps_body else _without_content_type(outgoing.headers)
            outgoing = replace(outgoing, method=hop.method, url=hop.url, path=hop.path, body=body, headers=headers)
            reply, hop = self._sent(outgoing, hops)
        return reply

    def _sent(self, outgoing: Outgoing, hops: int) -> tuple[Reply, Hop | None]:
        try:
            return self._wire.send(outgoing, hops)
        except StaleConnection:
            return self._wire.send(replace(outgoing, fresh=True), hops)


def _default_headers() -> dict[str, str]:
    return {
        "User-Agent": f"wallaroo-conformance/{conformance.__version__}",
        "Accept": "*/*",
        # Only what BodyReader decodes within its bound.
        "Accept-Encoding": "gzip, deflate",
        "Connection": "keep-alive",
    }


def _encoded(json: object, data: bytes | str | MultipartBody | None) -> tuple[bytes | MultipartBody | None, str]:
    if json is not UNSET:
        return jsonlib.dumps(json, allow_nan=False).encode("utf-8"), "application/json"
    if isinstance(data, MultipartBody):
        return data, data.content_type
    return (data.encode("utf-8") if isinstance(data, str) else data), ""


def _with_content_type(headers: Mapping[str, str] | None, kind: str) -> dict[str, str]:
    sent = dict(headers or {})
    if kind and "content-type" not in {name.lower() for name in sent}:
        sent["Content-Type"] = kind
    return sent


def _without_content_type(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "content-type"}
