"""Exchanges as calls of the API: which endpoint, what was asked, what was answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final
from urllib.parse import unquote

from conformance.contract import Release, load_release, release_ids
from conformance.contract.companions import companions
from conformance.evidence.exchange import Exchange, Part, Response

UPLOAD: Final = "upload_and_convert"
MAX_SHOWN = 160


class _NotJSON:
    """Stands for a body that isn't JSON, or isn't all there."""

    def __repr__(self) -> str:
        return "not JSON"


NOT_JSON: Final = _NotJSON()


@dataclass(frozen=True)
class Call:
    """An exchange with an endpoint of the API, or with a companion of its, that got a final reply."""

    exchange: Exchange
    endpoint: str
    companion: bool
    origin: str

    @cached_property
    def response(self) -> Response:
        """The reply."""
        assert self.exchange.response is not None
        return self.exchange.response

    @property
    def status(self) -> int:
        """The reply's status."""
        return self.response.status

    @property
    def is_success(self) -> bool:
        """Whether the request was served."""
        return 200 <= self.status < 300

    @cached_property
    def asked(self) -> Any:
        """The request's JSON, of an upload its metadata's; NOT_JSON where it has none."""
        request = self.exchange.request
        if self.endpoint == UPLOAD:
            metadata = self.part("metadata")
            return NOT_JSON if metadata is None or metadata.text is None else parsed(metadata.text)
        return NOT_JSON if request.body is None else parsed(request.body)

    @cached_property
    def answer(self) -> Any:
        """The reply's JSON; NOT_JSON where it is none, or was cut off in the recording."""
        body = self.response.body
        return NOT_JSON if body is None or self.response.truncated else parsed(body)

    @cached_property
    def began(self) -> datetime:
        """When the request was sent."""
        try:
            told = datetime.fromisoformat(self.exchange.started_at)
        except ValueError:
            return datetime.fromtimestamp(0, UTC)
        return told if told.tzinfo else told.replace(tzinfo=UTC)

    @property
    def ended(self) -> datetime:
        """When the reply had come."""
        return self.began + timedelta(seconds=min(max(self.exchange.elapsed_seconds, 0), 10**8))

    def part(self, name: str) -> Part | None:
        """The part of an upload's form, None where it has none or more than one of the name."""
        found = [part for part in self.exchange.request.parts if part.name == name]
        return found[0] if len(found) == 1 else None

    def described(self) -> str:
        """The reply on one line: status and the start of its body."""
        body = " ".join((self.response.body or "").split())
        shown = body if len(body) <= MAX_SHOWN else f"{body[: MAX_SHOWN - 1]}…"
        return f"{self.status} {shown}" if shown else f"{self.status} with an empty body"


def call_of(exchange: Exchange, release: Release, origin: str) -> Call | str:
    """The call that an exchange is, or why it is none that can be judged."""
    endpoint = endpoint_at(exchange.request.path)
    if endpoint is None:
        return "not of the API"
    if exchange.request.method == "OPTIONS":
        return "a browser's preflight"
    if exchange.request.method != "POST":
        return "not a POST"
    companion = endpoint in companions()
    if not companion and endpoint not in release.endpoints:
        return f"an endpoint that release {release.id} doesn't have"
    if exchange.response is None:
        return "no reply"
    if exchange.error is not None:
        return "a reply that was broken off"
    if exchange.response.status < 200:
        return "not a final reply"
    if 300 <= exchange.response.status < 400:
        return "a redirect"
    return Call(exchange, endpoint, companion, origin)


def endpoint_at(path: str) -> str | None:
    """The endpoint that a path leads to, also behind a gateway's prefix; None where it is none of any release."""
    plain = unquote(path.partition("?")[0].partition("#")[0])
    # No known path ends in another one, and each begins with a slash.
    return next((name for known, name in _paths().items() if plain.endswith(known)), None)


def origin_of(exchange: Exchange) -> str:
    """Where an exchange was sent, as far as its own headers tell."""
    return next((value.lower() for name, value in exchange.request.headers if name.lower() == "host"), "")


def parsed(text: str) -> Any:
    """The JSON in a text; NOT_JSON where it is none. Source: RFC 8259, which knows no NaN."""
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NOT_JSON


def _refuse(name: str) -> None:
    raise ValueError(f"{name} isn't JSON")


@lru_cache(maxsize=1)
def _paths() -> Mapping[str, str]:
    endpoints = {name: path for each in release_ids() for name, path in load_release(each).endpoints.items()}
    return {path: name for name, path in {**companions(), **endpoints}.items()}
