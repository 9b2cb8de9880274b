"""Redirects: followed on the same scheme, host and port only, so that the token goes nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from conformance.evidence.exchange import Response
from conformance.instance.target import Target

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Hop:
    """Where a redirect leads on the same instance, and whether the body goes along."""

    url: str
    path: str
    method: str
    keeps_body: bool


class Refused(Exception):
    """A redirect that isn't followed. The message says why and what to do."""


def next_hop(response: Response, url: str, method: str, target: Target, hops: int) -> Hop | None:
    """The request that `response` to `method url` asks for, None when it isn't a redirect.

    `hops` is the number of redirects already followed. 301, 302 and 303 turn POST into GET, as requests does
    (RFC 9110, section 15.4). Raises Refused for another origin, no valid Location, or over MAX_REDIRECTS hops.
    """
    location = response.header("Location")
    if response.status not in _REDIRECTS or location is None:
        return None
    try:
        parts = parse_url(urljoin(url, location))
    except (LocationParseError, ValueError):
        raise Refused("the instance redirects to an address that isn't a URL") from None
    scheme = (parts.scheme or "").lower()
    host = (parts.host or "").strip("[]").lower()
    origin = (scheme, host, parts.port or _DEFAULT_PORTS.get(scheme, 0))
    if origin != target.origin or parts.auth is not None:
        raise Refused(
            f"the instance redirects to {scheme}://{parts.netloc.rpartition('@')[2] if parts.netloc else ''}; "
            "the token was not sent there; if that is the instance, make it the target"
        )
    if hops >= MAX_REDIRECTS:
        raise Refused(f"the instance redirects more than {MAX_REDIRECTS} times in a row")
    keeps = response.status in (307, 308) or method in ("GET", "HEAD")
    path = parts.request_uri
    base = target.base_url.removesuffix("/")
    root = f"{base.partition('://')[0]}://{base.partition('://')[2].partition('/')[0]}"
    prefix = base.removeprefix(root)
    shown = path.removeprefix(prefix) if prefix and path.startswith(prefix + "/") else path
    return Hop(root + path, shown, method if keeps else "GET", keeps)
