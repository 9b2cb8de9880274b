"""Free exploration: quiet on a healthy instance, tells each wrong thing once with a command, never a verdict."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from conformance.contract import ENDPOINTS
from conformance.exploring import CHECK, ExplorationResult, explore
from conformance.mock import MockInstance
from tests.altered import Alter, altered, assembled
from tests.servers import Answer

TICKS = 700
"""How often the clock is looked at, once a request and task: an exploration that doesn't depend on the machine."""


@pytest.fixture(scope="module")
def mock() -> Iterator[MockInstance]:
    with MockInstance() as instance:
        yield instance


def explored(mock: MockInstance, alter: Alter | None = None, ticks: int = TICKS) -> tuple[ExplorationResult, SimpleNamespace]:
    seen = SimpleNamespace(lines=[], exchanges=[])
    clock = itertools.count().__next__
    with altered(mock, alter or (lambda _path, _body, reply: reply)) as url, assembled(mock, url) as assembly:
        assembly.context.workspace_id()
        result = explore(assembly.context, ticks, seen.lines.append, seed=7, clock=clock)
        seen.exchanges = list(assembly.recorder.exchanges)
        seen.url = url
    return result, seen


def page_for_unknown(path: str, body: bytes, reply: Answer) -> Answer:
    """`get_by_id` refuses an unknown model with a page."""
    wrong = path == ENDPOINTS["get_by_id"] and reply[0] == 400 and b"not found" in reply[2]
    return (500, "text/html", b"<html>Internal Server Error</html>") if wrong else reply


def test_a_healthy_instance_has_no_findings(mock: MockInstance) -> None:
    result, seen = explored(mock)
    assert result.findings == []
    assert result.ended is None
    assert seen.lines == []
    assert result.requests > 300
    assert {x.endpoint for x in seen.exchanges if x.check == CHECK} == set(ENDPOINTS)


def test_a_finding_is_told_once_with_the_smallest_command_that_shows_it(mock: MockInstance) -> None:
    result, seen = explored(mock, page_for_unknown, 3 * TICKS)
    (finding,) = result.findings
    assert finding.title.startswith("get_by_id serves a request or refuses it")
    assert "<html>" in finding.detail
    assert finding.curl.startswith("curl ")
    assert f"{seen.url}{ENDPOINTS['get_by_id']}" in finding.curl
    assert """--data '{"id": 0}'""" in finding.curl
    assert "$WALLAROO_CONFORMANCE_TOKEN" in finding.curl
    assert mock.token not in repr(result)
    assert [finding.title in line and finding.curl in line for line in seen.lines] == [True]


def test_a_refused_schema_is_a_finding(mock: MockInstance) -> None:
    def no_lists(path: str, body: bytes, reply: Answer) -> Answer:
        refused = path == ENDPOINTS["upload_and_convert"] and b"input_schema" in body and b'"file": ' not in body
        generated = refused and b"exploration" not in body and b"-model-" in body
        return (400, "application/json", b'{"msg": "unsupported schema", "code": 400}') if generated else reply

    result, _ = explored(mock, no_lists)
    assert "an upload with an Arrow schema of a documented kind is carried out" in {f.title for f in result.findings}


def test_the_same_seed_explores_the_same(mock: MockInstance) -> None:
    def asked(seen: SimpleNamespace) -> list[tuple[str | None, int]]:
        return [(x.endpoint, x.response.status) for x in seen.exchanges if x.check == CHECK]

    assert asked(explored(mock, ticks=150)[1]) == asked(explored(mock, ticks=150)[1])


def test_an_instance_that_shows_no_uploads_ends_it_with_the_reason(mock: MockInstance) -> None:
    def forgetful(path: str, body: bytes, reply: Answer) -> Answer:
        return (200, "application/json", b'{"models": []}') if path == ENDPOINTS["list"] else reply

    def useless(path: str, body: bytes, reply: Answer) -> Answer:
        return (200, "application/json", b"[]") if path == ENDPOINTS["list_versions"] else forgetful(path, body, reply)

    result, _ = explored(mock, useless)
    assert result.findings == []
    assert "neither list nor list_versions shows" in (result.ended or "")


def test_a_lost_instance_ends_it_with_the_reason(mock: MockInstance) -> None:
    with altered(mock, lambda _path, _body, reply: reply) as url, assembled(mock, url) as assembly:
        assembly.context.workspace_id()
    with assembled(mock, url) as assembly:
        assembly.context.workspace = 1
        result = explore(assembly.context, TICKS, clock=itertools.count().__next__)
    assert result.ended
    assert result.findings == []
