"""The base URL of the instance under test."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from conformance.errors import UsageError

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXAMPLE = "https://api.example.wallaroo.ai"


@dataclass(frozen=True, slots=True)
class Target:
    """An instance's base URL: scheme, host, port where it isn't the scheme's own, and perhaps a path; no last slash."""

    base_url: str

    @classmethod
    def parse(cls, url: str) -> Target:
        """A target from a URL as a user writes it. Raises UsageError naming what is wrong with it."""
        text = url.strip()
        if not text:
            raise UsageError(f"the target is empty; give a URL such as {_EXAMPLE}")
        if re.search(r"[\s\x00-\x1f\x7f\\]", text):
            raise UsageError(f"the target {_hidden(text)!r} has a space, backslash or control character; remove it")
        scheme = text.partition("://")[0].lower() if "://" in text else ""
        if scheme not in _DEFAULT_PORTS:
            hint = f"write https://{_hidden(text)}" if not scheme else f"give a URL such as {_EXAMPLE}"
            raise UsageError(f"the target {_hidden(text)!r} isn't an http or https URL; {hint}")
        parts = _split(text)
        path = _path(parts, text)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = parts.port
        suffix = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
        return cls(f"{scheme}://{host}{suffix}{path}")

    @classmethod
    def from_prefix_suffix(cls, prefix: str | None, suffix: str) -> Target:
        """`https://{prefix.}api.{suffix}`, the dot belonging to the prefix; it may be left out here.

        Source: documentation, References.
        """
        before, after = (prefix or "").strip().removesuffix("."), suffix.strip().strip(".")
        if not after:
            raise UsageError("--suffix is empty; give the instance's domain, such as example.wallaroo.ai")
        for flag, text in (("--prefix", before), ("--suffix", after)):
            if text and not all(_LABEL.fullmatch(label) for label in text.split(".")):
                raise UsageError(
                    f"{flag} {text!r} isn't a host name; give only names and dots (a whole URL goes into --target)"
                )
        return cls.parse(f"https://{before}.api.{after}" if before else f"https://api.{after}")

    def __str__(self) -> str:
        return self.base_url

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, lower-case host and port: what a redirect has to share to be followed."""
        parts = urlsplit(self.base_url)
        return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its name or address."""
        host = self.origin[1]
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    def url(self, path: str) -> str:
        """The URL of an absolute path (with its query) on the instance."""
        return f"{self.base_url}/{path.lstrip('/')}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UsageError(f"the target {_hidden(text)!r} has no valid host or port; correct it") from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"the target {_hidden(text)!r} holds credentials; remove them and put a token into the environment "
            "or a file"
        )
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise UsageError(f"the target {_hidden(text)!r} has a query or fragment; give the base URL alone")
    if not parts.hostname or port == 0 or not _is_host(parts.hostname):
        raise UsageError(f"the target {_hidden(text)!r} has no valid host or port; give a URL such as {_EXAMPLE}")
    return parts


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return True
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return False
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))


def _path(parts: SplitResult, text: str) -> str:
    path = parts.path.rstrip("/")
    if re.search(r"(?:^|/)v1(?:/|$)", path):
        raise UsageError(
            f"the target {text!r} goes on into the API; give the base URL alone, what comes before /v1/api"
        )
    return path


def _hidden(text: str) -> str:
    """`text` without what may be a secret: a password before the host, a query, a fragment."""
    return re.sub(r"(?<=://).*@|^.*@", "…@", re.split(r"[?#]", text)[0])
