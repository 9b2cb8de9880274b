"""Free exploration: quiet on a healthy instance, tells each wrong thing once with a command, never a verdict."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from conformance.contract import ENDPOINTS
from conformance.mock import MockInstance
from conformance.running.exploring import CHECK, ExplorationResult, explore
from tests.altered import Alter, altered, assembled
from tests.servers import Answer

TICKS = 300  # a go at each task
"""How often the clock is looked at, once a request and task: an exploration that doesn't depend on the machine."""


@pytest.fixture(scope="module")
def mock() -> Iterator[MockInstance]:
    with MockInstance() as instance:
        yield instance


def explored(
    mock: MockInstance, alter: Alter = lambda _path, _body, reply: reply, ticks: int = TICKS
) -> tuple[ExplorationResult, SimpleNamespace]:
    seen = SimpleNamespace(lines=[], exchanges=[])
    clock = itertools.count().__next__
    with altered(mock, alter) as url, assembled(mock, url) as assembly:
        assembly.context.workspace_id()
        result = explore(assembly.context, ticks, seen.lines.append, seed=7, clock=clock)
        seen.exchanges = list(assembly.recorder.exchanges)
        seen.url = url
    return result, seen


def test_a_healthy_instance_has_no_findings(mock: MockInstance) -> None:
    result, seen = explored(mock)
    assert result.findings == []
    assert result.ended is None
    assert seen.lines == []
    assert {x.endpoint for x in seen.exchanges if x.check == CHECK} == set(ENDPOINTS)
    assert result.requests == len([x for x in seen.exchanges if x.check == CHECK])


def test_a_finding_is_told_once_with_the_smallest_command_that_shows_it(mock: MockInstance) -> None:
    def null_models(path: str, body: bytes, reply: Answer) -> Answer:
        wrong = path == ENDPOINTS["list"] and reply[0] == 200 and len(json.loads(body)) > 1
        return (200, "application/json", b'{"models": null}') if wrong else reply

    result, seen = explored(mock, null_models, 160)
    (finding,) = result.findings
    assert finding.title == "a success of list is as documented"
    assert finding.detail.startswith("models ")
    assert finding.curl.startswith("curl ")
    assert f"{seen.url}{ENDPOINTS['list']}" in finding.curl
    assert "$WALLAROO_CONFORMANCE_TOKEN" in finding.curl
    shown = json.loads(finding.curl.partition("--data '")[2].rpartition("'")[0])
    assert len(json.dumps(shown)) < 40
    assert mock.token not in repr(result)
    assert [finding.title in line and finding.curl in line for line in seen.lines] == [True]


def test_a_refused_schema_is_a_finding(mock: MockInstance) -> None:
    def choosy(path: str, body: bytes, reply: Answer) -> Answer:
        refused = path == ENDPOINTS["upload_and_convert"] and b"input_schema" in body and b"-pytorch-" not in body
        return (400, "application/json", b'{"msg": "unsupported schema", "code": 400}') if refused else reply

    result, _ = explored(mock, choosy, 40)
    assert [finding.title for finding in result.findings] == [
        "an upload with an Arrow schema of a documented kind is carried out"
    ]
    assert "unsupported schema" in result.findings[0].detail


def test_the_same_seed_explores_the_same(mock: MockInstance) -> None:
    def asked(seen: SimpleNamespace) -> list[tuple[str | None, int]]:
        return [(x.endpoint, x.response.status) for x in seen.exchanges if x.check == CHECK]

    assert asked(explored(mock, ticks=60)[1]) == asked(explored(mock, ticks=60)[1])


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
