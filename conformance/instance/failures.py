"""What an exception of requests means for whoever runs the suite: a kind and one clear line."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import TypeVar

import requests
import urllib3.exceptions
from urllib3.exceptions import HTTPError

from conformance.evidence.exchange import Failure
from conformance.instance.content import BadCoding, TooLarge
from conformance.instance.transport import Attempt

NOT_REACHED = frozenset({"connect", "tls", "proxy"})
"""The kinds after which nothing was exchanged with the instance."""

# X509_V_ERR_*: certificate signature failure (an authority of the same name), self-signed, no issuer found.
_UNKNOWN_AUTHORITY = frozenset({2, 7, 18, 19, 20, 21})
_OTHER_NAME = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH

_E = TypeVar("_E", bound=BaseException)

TRANSPORT_ERRORS = (requests.RequestException, HTTPError, OSError, TooLarge, BadCoding)


def classify(error: BaseException, attempt: Attempt, host: str, limit: int) -> Failure:
    """The failure of one request to `host`; `limit` is the bound on a reply in bytes."""
    if isinstance(error, TooLarge):
        return Failure("too-large", f"the reply is over the {limit} bytes that are read")
    if isinstance(error, BadCoding):
        return Failure("decode", str(error))
    causes = list(_causes(error))
    if not attempt.connected:
        return _unreached(causes, host)
    if attempt.too_slow:
        return Failure("too-slow", f"the reply wasn't complete {attempt.reply_time:g} s after the request was sent")
    if any(isinstance(cause, TimeoutError | urllib3.exceptions.ReadTimeoutError) for cause in causes):
        return _timeout(attempt)
    return _broken(causes, attempt)


def _timeout(attempt: Attempt) -> Failure:
    if attempt.deadline is None:
        return Failure("timeout", f"the instance took no bytes of the request for {attempt.send_timeout:g} s")
    seconds = min(attempt.read_timeout, attempt.reply_time)
    what = "no more of the reply" if attempt.replied else "no reply"
    return Failure("timeout", f"the instance accepted the connection and sent {what} for {seconds:g} s")


def _broken(causes: list[BaseException], attempt: Attempt) -> Failure:
    import http.client

    for cause in causes:
        if isinstance(cause, http.client.RemoteDisconnected | ConnectionError):
            break
        if isinstance(cause, http.client.IncompleteRead | urllib3.exceptions.IncompleteRead):
            return Failure("reset", "the connection was closed before the reply was complete")
        if isinstance(cause, http.client.HTTPException | urllib3.exceptions.HeaderParsingError):
            return Failure("malformed", f"the reply isn't HTTP/1.1 ({_described(cause)})")
    when = "in the middle of the reply" if attempt.replied else "without a reply"
    return Failure("reset", f"the instance closed the connection {when}")


def _unreached(causes: list[BaseException], host: str) -> Failure:
    """The first of these that is among the causes; urllib3 derives some of its errors from others."""
    system = next((cause for cause in reversed(causes) if isinstance(cause, OSError) and cause.strerror), causes[-1])
    if _first(causes, requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        return Failure("proxy", f"the proxy for {host} can't be used ({_described(system)}); check HTTPS_PROXY")
    if certificate := _first(causes, ssl.SSLCertVerificationError):
        return Failure("tls", _certificate(certificate, host))
    if handshake := _first(causes, ssl.SSLError):
        return Failure("tls", _handshake(handshake, host))
    if _first(causes, urllib3.exceptions.NameResolutionError):
        return Failure("connect", f"the host name {host} can't be resolved; check the target")
    if _first(causes, ConnectionRefusedError):
        return Failure("connect", f"{host} refuses the connection; check the target's host and port")
    if _first(causes, TimeoutError):
        return Failure("connect", f"no connection to {host} within the time allowed; check the target")
    return Failure("connect", f"no connection to {host} ({_described(system)}); check the target")


def _first(causes: list[BaseException], *kinds: type[_E]) -> _E | None:
    return next((cause for cause in causes if isinstance(cause, kinds)), None)


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    reason = error.verify_message or _described(error)
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return (
            f"the certificate of {host} is signed by an unknown authority ({reason}); "
            "name the authority's certificates with --ca-bundle"
        )
    if error.verify_code in _OTHER_NAME:
        return f"the certificate is for another name than {host} ({reason}); check the target"
    return f"the certificate of {host} isn't valid ({reason})"


def _handshake(error: BaseException, host: str) -> str:
    text = str(error)
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text.lower():
        return f"{host} doesn't speak TLS on this port; check the port, or write http:// if it is plain HTTP"
    return f"the TLS handshake with {host} failed ({_described(error)})"


def _described(error: BaseException) -> str:
    """The shortest text of an error, without the objects that urllib3 prints."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps, outermost first."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        current = queue.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        reason = getattr(current, "reason", None)
        inner = [arg for arg in (*current.args, reason) if isinstance(arg, BaseException)]
        queue += [*inner, current.__cause__, current.__context__]
