"""The null targets: peers on which nothing may be proven, and how the command must end on each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.contract import DEFAULT_RELEASE, Release, load_release
from conformance.selftest.authority import Authority
from conformance.selftest.null_servers import Answer, Call, RawServer, closed_port, reply
from conformance.selftest.schema_samples import sample

NOT_CONFORMANT, NOT_TESTABLE = 1, 3
MIB = 1024 * 1024
DEPTH = 100_000

FAILED = r"^NOT CONFORMANT: \d+ MUST requirements failed \(exit code 1\)$"


@dataclass(frozen=True)
class Ending:
    """How the command must end: its exit code, and a pattern of its last line."""

    exit_code: int
    line: str


@dataclass(frozen=True)
class Served:
    """A null target that is up: where, the authority to trust, and the server that must not see the token."""

    url: str
    ca_bundle: Path | None = None
    elsewhere: RawServer | None = None


@dataclass(frozen=True)
class NullTarget:
    """One null target.

    `serve` starts it within a stack, with a folder of its own. `given` is the ending with `--workspace-id`, `made`
    that without, where the run has to make its workspace first. `body` is what it always answers, where it does so.
    """

    id: str
    says: str
    serve: Callable[[ExitStack, Path], Served]
    given: Ending
    made: Ending
    body: Any = None


@lru_cache
def catalogue(release_id: str = DEFAULT_RELEASE) -> dict[str, NullTarget]:
    """All null targets by id; those that always answer what an endpoint answers are of a release."""
    constant = _constant(load_release(release_id))
    targets = [*_silent(), *_endless(), *_not_json(), *constant, *_elsewhere(), *_tls()]
    return {target.id: target for target in targets}


def _untestable(reason: str) -> Ending:
    return Ending(NOT_TESTABLE, rf"^NOT TESTABLE: .*{reason}.* \(exit code 3\)$")


NO_WORKSPACE = _untestable("no workspace could be made: .*; give --workspace-id")


def _answering(answer: Answer) -> Callable[[ExitStack, Path], Served]:
    return lambda stack, folder: Served(stack.enter_context(RawServer(answer)).url)


def _unusable(id: str, says: str, answer: Answer, reason: str) -> NullTarget:
    """A peer whose first reply already can't be used."""
    return NullTarget(id, says, _answering(answer), _untestable(reason), _untestable(reason))


def _failing(id: str, says: str, answer: Answer) -> NullTarget:
    """A peer whose replies come, but say nothing that is right."""
    return NullTarget(id, says, _answering(answer), Ending(NOT_CONFORMANT, FAILED), NO_WORKSPACE)


# no reply


def _silent() -> list[NullTarget]:
    refused = _untestable("refuses the connection")
    return [
        NullTarget("closed-port", "Nothing listens.", lambda *_: Served(closed_port()), refused, refused),
        _unusable("silent", "Accepts and never answers.", _never, r"sent no reply for \d"),
        _unusable("drip", "Answers one byte a second.", _drip, r"wasn't complete \d+ s after"),
        NullTarget(
            "falls-silent",
            "Answers the first request and never another.",
            lambda stack, folder: Served(stack.enter_context(RawServer(_FallsSilent())).url),
            Ending(NOT_CONFORMANT, FAILED),
            Ending(NOT_CONFORMANT, FAILED),
        ),
        _unusable("reset", "Breaks off in the middle of each reply.", _reset, "closed the connection"),
    ]


def _never(call: Call) -> None:
    call.closing.wait()


def _drip(call: Call) -> None:
    for byte in reply(b"[]" * 1000):
        call.send(bytes([byte]))
        if call.closing.wait(1.0):
            return


class _FallsSilent:
    def __init__(self) -> None:
        self._answered = False

    def __call__(self, call: Call) -> None:
        if self._answered:
            call.closing.wait()
        self._answered = True
        call.send(reply(b'{"workspace_id": 1, "models": []}'))


def _reset(call: Call) -> None:
    call.send(reply(b'{"models": []}')[:-5])
    call.abort()


# too much


def _endless() -> list[NullTarget]:
    return [
        _unusable("endless-body", "Sends a body without an end.", _without_end, "over the 67108864 bytes"),
        _unusable("large-body", "Sends a body of 100 MB.", _hundred_megabytes, "over the 67108864 bytes"),
        _unusable("gzip-bomb", "Sends 100 kB of gzip that are 100 MB.", _Bomb(), "over the 67108864 bytes"),
    ]


def _without_end(call: Call) -> None:
    call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not call.closing.is_set():
        call.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def _hundred_megabytes(call: Call) -> None:
    call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n")
    for _ in range(100):
        call.send(b" " * 1_000_000)


class _Bomb:
    def __init__(self) -> None:
        self._reply = reply(gzip.compress(b" " * 100_000_000), Content_Encoding="gzip")

    def __call__(self, call: Call) -> None:
        call.send(self._reply)


# what isn't JSON, or only just


def _not_json() -> list[NullTarget]:
    invalid = reply(b'{"models": [{"name": "\xff\xfe\xc3"}]}')
    nested = reply(b'{"models": ' + b"[" * DEPTH + b"]" * DEPTH + b"}")
    page = reply(b"<!doctype html><title>Sign in</title><h1>Sign in</h1>", content_type="text/html")
    return [
        _failing("invalid-utf-8", "Answers JSON that isn't UTF-8.", lambda call: call.send(invalid)),
        _failing("nested-json", "Answers JSON nested 100,000 deep.", lambda call: call.send(nested)),
        _failing("html", "Answers everything with a page.", lambda call: call.send(page)),
        _failing("echo", "Answers each request with its own body, and with its token.", _echo),
    ]


def _echo(call: Call) -> None:
    content_type = call.headers.get("content-type", "application/json")
    token = call.headers.get("authorization", "")
    call.send(reply(call.body or token.encode(), content_type=content_type, X_Authorization=token))


# always the same


def _constant(release: Release) -> list[NullTarget]:
    targets = []
    for endpoint in release.endpoints:
        body = _documented(release, endpoint)
        says = f"Answers everything as {endpoint} is described to."
        targets.append(_same(f"constant-{endpoint.replace('_', '-')}", says, body))
    targets.append(_same("constant-workspace", "Always answers that it made a workspace.", {"workspace_id": 1}))
    refusal = reply(b'{"msg": "Bad request.", "code": 400}', status="400 Bad Request")
    targets.append(_failing("constant-400", "Refuses everything with 400.", _always(refusal)))
    return targets


def _same(id: str, says: str, body: Any) -> NullTarget:
    """A peer that always answers `body`, which may hold what the run takes for the id of its new workspace."""
    target = replace(_failing(id, says, _always(reply(json.dumps(body).encode()))), body=body)
    return replace(target, made=target.given) if isinstance(body, dict) and "workspace_id" in body else target


def _always(content: bytes) -> Answer:
    return lambda call: call.send(content)


def _documented(release: Release, endpoint: str) -> Any:
    """An endpoint's first documented reply (source: documentation, its example), else one that fits its schema."""
    found = [example.body for example in release.examples if example.endpoint == endpoint]
    return found[0] if found else sample(release.schemas.response_schema(endpoint))


# somewhere else


def _elsewhere() -> list[NullTarget]:
    away = _untestable("the instance redirects to http://localhost:.*the token was not sent there")
    loop = _untestable("redirects more than 5 times")
    return [
        NullTarget("redirect-away", "Redirects to another host.", _redirecting, away, away),
        _unusable("redirect-loop", "Redirects to itself for ever.", _loop, "redirects more than 5 times"),
        NullTarget("redirect-back", "Redirects between two paths of its own.", _answering(_back), loop, loop),
    ]


def _redirecting(stack: ExitStack, folder: Path) -> Served:
    other = stack.enter_context(RawServer(lambda call: call.send(reply(b'{"models": []}')), host="localhost"))
    content = reply(b"", status="307 Temporary Redirect", Location=f"{other.url}/v1/api/models/list")
    here = stack.enter_context(RawServer(_always(content)))
    return Served(here.url, elsewhere=other)


def _loop(call: Call) -> None:
    call.send(reply(b"", status="308 Permanent Redirect", Location=call.path))


def _back(call: Call) -> None:
    path = "/there" if call.path != "/there" else "/v1/api/models/list"
    call.send(reply(b"", status="302 Found", Location=path))


# TLS


def _tls() -> list[NullTarget]:
    unknown = _untestable("signed by an unknown authority .*--ca-bundle")
    misnamed = _untestable("certificate is for another name than 127.0.0.1")
    return [
        NullTarget("unknown-authority", "Has a certificate of an unknown authority.", _untrusted, unknown, unknown),
        NullTarget("other-name", "Has a certificate for another name.", _misnamed, misnamed, misnamed),
    ]


def _untrusted(stack: ExitStack, folder: Path) -> Served:
    context = Authority().context("127.0.0.1")
    return Served(stack.enter_context(RawServer(_always(reply(b'{"models": []}')), context)).url)


def _misnamed(stack: ExitStack, folder: Path) -> Served:
    authority = Authority()
    bundle = folder / "authority.pem"
    authority.write_bundle(bundle)
    context = authority.context("instance.example")
    return Served(stack.enter_context(RawServer(_always(reply(b'{"models": []}')), context)).url, bundle)
