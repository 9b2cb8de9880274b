"""One request on the wire: sent, read within its bounds, recorded whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from requests.auth import AuthBase
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from requests.structures import CaseInsensitiveDict

from conformance.errors import UsageError
from conformance.evidence.exchange import (
    BODY_LIMIT,
    FAILED_BODY_LIMIT,
    Body,
    Credential,
    Exchange,
    Failure,
    Request,
    Response,
)
from conformance.evidence.recorder import Recorder
from conformance.instance.authority import checked_bundle
from conformance.instance.content import BodyReader
from conformance.instance.credentials import Secret
from conformance.instance.errors import InstanceFailure, TargetUnreachable
from conformance.instance.failures import NOT_REACHED, TRANSPORT_ERRORS, classify
from conformance.instance.multipart import MultipartBody
from conformance.instance.redirects import Hop, Refused, next_hop
from conformance.instance.reply import Reply
from conformance.instance.target import Target
from conformance.instance.transport import Attempt, BoundedAdapter, current_attempt


@dataclass(frozen=True)
class Limits:
    """Bounds on one exchange: seconds, and bytes for `max_reply_bytes`."""

    connect_timeout: float
    read_timeout: float
    upload_timeout: float
    deadline: float
    max_reply_bytes: int


@dataclass(frozen=True)
class Outgoing:
    """A request about to be sent. `path` is what the evidence shows of `url`."""

    method: str
    url: str
    path: str
    endpoint: str | None
    body: bytes | MultipartBody | None
    headers: dict[str, str]
    token: Secret | None
    own_token: bool
    idempotent: bool
    fresh: bool
    follows: tuple[str, ...] = ()


class StaleConnection(Exception):
    """The pooled connection had been closed before the request arrived; it may be sent again."""


@dataclass
class _Seen:
    """What a request has led to so far."""

    id: str
    started_at: str
    start: float
    request: requests.PreparedRequest | None = None
    response: requests.Response | None = None
    content: bytes = b""


class Wire:
    """Carries requests to one target and records them. `certificate` is the first one shown with a reply, in DER."""

    def __init__(
        self,
        target: Target,
        recorder: Recorder,
        limits: Limits,
        ca_bundle: str | None,
        default_headers: dict[str, str],
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._recorder = recorder
        self._limits = limits
        self._ca_bundle = None if ca_bundle is None else checked_bundle(ca_bundle, "--ca-bundle")
        self._clock, self._now = clock, now
        self.certificate: bytes | None = None
        self._http = requests.Session()
        self._http.headers = CaseInsensitiveDict(default_headers)
        self._http.mount("http://", BoundedAdapter(pool_maxsize=16))
        self._http.mount("https://", BoundedAdapter(pool_maxsize=16))

    def close(self) -> None:
        self._http.close()

    def send(self, outgoing: Outgoing, hops: int) -> tuple[Reply, Hop | None]:
        """The recorded reply and, for a redirect that may be followed, where it leads (`hops` lie behind).

        Raises TargetUnreachable, InstanceFailure, StaleConnection, and UsageError for what can't be sent at all.
        """
        attempt = self._attempt(outgoing)
        seen = _Seen(self._recorder.next_id(), self._timestamp(), self._clock())
        current = current_attempt.set(attempt)
        try:
            self._perform(outgoing, seen)
        except (InvalidURL, InvalidSchema, InvalidHeader, MissingSchema) as error:
            if isinstance(error, InvalidHeader) and seen.request is not None:
                # The request was well-formed: it is the reply whose Content-Length headers contradict each other.
                failure = Failure("malformed", f"the reply's headers can't be read: {error}")
                raise self._failed(outgoing, seen, attempt, failure) from None
            raise UsageError(f"the request can't be sent: {self._clean(str(error))}") from None
        except TRANSPORT_ERRORS as error:
            failure = classify(error, attempt, self._host(), self._limits.max_reply_bytes)
            raise self._failed(outgoing, seen, attempt, failure) from None
        finally:
            current_attempt.reset(current)
        self.certificate = self.certificate or attempt.certificate
        return self._answered(outgoing, seen, hops)

    def _attempt(self, outgoing: Outgoing) -> Attempt:
        limits = self._limits
        upload = isinstance(outgoing.body, MultipartBody)
        return Attempt(
            clock=self._clock,
            send_timeout=limits.upload_timeout,
            read_timeout=limits.upload_timeout if upload else limits.read_timeout,
            reply_time=max(limits.deadline, limits.upload_timeout) if upload else limits.deadline,
            fresh=outgoing.fresh,
        )

    def _perform(self, outgoing: Outgoing, seen: _Seen) -> None:
        """Send and read, noting each step in `seen`."""
        prepared = self._http.prepare_request(
            requests.Request(
                outgoing.method,
                outgoing.url,
                headers=outgoing.headers,
                data=outgoing.body,
                auth=_Bearer(outgoing.token),
            )
        )
        seen.request = prepared
        url = str(prepared.url)
        settings = self._http.merge_environment_settings(url, {}, True, self._ca_bundle, None)
        verify = settings["verify"]
        if isinstance(verify, str) and self._ca_bundle is None:
            checked_bundle(verify, "REQUESTS_CA_BUNDLE")
        # Not Session.send: it reads the whole body of a redirect, endless or not, and keeps cookies.
        response = self._http.get_adapter(url).send(
            prepared,
            stream=True,
            timeout=(self._limits.connect_timeout, self._limits.read_timeout),
            verify=True if verify is None else verify,
            proxies=dict(settings["proxies"]),
        )
        seen.response = response
        coding = response.headers.get("Content-Encoding", "")
        reader = BodyReader(response.raw, coding, self._limits.max_reply_bytes)
        try:
            seen.content = reader.read()
        except BaseException:
            seen.content = bytes(reader.content)
            response.raw.close()
            raise
        response.raw.release_conn()

    def _answered(self, outgoing: Outgoing, seen: _Seen, hops: int) -> tuple[Reply, Hop | None]:
        response = _kept(seen)
        assert response is not None
        assert seen.response is not None
        try:
            hop = next_hop(response, outgoing.url, outgoing.method, self._target, hops)
        except Refused as refused:
            failure = Failure("redirect", str(refused))
            exchange = self._record(outgoing, seen, response, failure)
            raise InstanceFailure(self._line(outgoing, failure), exchange) from None
        exchange = self._record(outgoing, seen, response, None)
        return Reply(exchange, seen.content, seen.response.headers, self._recorder), hop

    def _failed(self, outgoing: Outgoing, seen: _Seen, attempt: Attempt, failure: Failure) -> Exception:
        stale = failure.kind == "reset" and attempt.reused and not attempt.replied and outgoing.idempotent
        if stale:
            failure = Failure("stale", "the pooled connection had been closed; the request is sent again")
        exchange = self._record(outgoing, seen, _kept(seen, FAILED_BODY_LIMIT), failure)
        if stale:
            return StaleConnection()
        line = self._line(outgoing, failure)
        if failure.kind in NOT_REACHED:
            return TargetUnreachable(line, exchange)
        return InstanceFailure(line, exchange)

    def _record(self, outgoing: Outgoing, seen: _Seen, response: Response | None, failure: Failure | None) -> Exchange:
        return self._recorder.record(
            Exchange(
                id=seen.id,
                check=None,
                endpoint=outgoing.endpoint,
                started_at=seen.started_at,
                elapsed_seconds=round(max(0.0, self._clock() - seen.start), 6),
                request=described_request(outgoing, outgoing.headers if seen.request is None else seen.request.headers),
                response=response,
                error=failure,
                follows=outgoing.follows,
            )
        )

    def _line(self, outgoing: Outgoing, failure: Failure) -> str:
        return self._clean(f"{outgoing.method} {outgoing.path}: {failure.message}")

    def _clean(self, text: str) -> str:
        return self._recorder.redactor.text(" ".join(text.split()))

    def _host(self) -> str:
        return self._target.base_url.partition("://")[2].partition("/")[0]

    def _timestamp(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class _Bearer(AuthBase):
    """Sets the token, or nothing. Being there keeps requests from looking into ~/.netrc."""

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = Secret(f"Bearer {self._token}")
        return request


def described_request(outgoing: Outgoing, sent: Mapping[str, str | bytes]) -> Request:
    """The request as evidence, with the headers that were `sent`."""
    headers = [[str(name), str(value)] for name, value in sent.items()]
    has_token = any(name.lower() == "authorization" for name, _ in headers)
    own = outgoing.own_token and outgoing.token is not None
    credential: Credential = "session" if own else "other" if has_token else "none"
    if isinstance(outgoing.body, MultipartBody):
        return Request(
            outgoing.method,
            outgoing.path,
            headers,
            parts=outgoing.body.describe(),
            size=len(outgoing.body),
            credential=credential,
        )
    body = Body(None, None, 0, None, False) if outgoing.body is None else Body.of(outgoing.body)
    return Request(
        outgoing.method,
        outgoing.path,
        headers,
        body=body.text,
        body_base64=body.base64,
        size=body.size,
        sha256=body.sha256,
        truncated=body.truncated,
        credential=credential,
    )


def _kept(seen: _Seen, limit: int = BODY_LIMIT) -> Response | None:
    if seen.response is None:
        return None
    raw = seen.response.raw
    return Response.of(raw.status, str(raw.reason or ""), list(raw.headers.items()), seen.content, limit)
