"""A canary is planted in each run, in requests that change nothing, and the recording must show that it was removed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from conformance.evidence.exchange import Exchange
from conformance.instance.session import Session
from conformance.mock import MockInstance
from conformance.running.assembly import EXAMINATION, Assembly
from conformance.running.canary import CHECK, Canary
from conformance.running.means import Rehearsal
from conformance.settings import Settings
from tests.servers import closed_port, constant, serving


@pytest.fixture(scope="module")
def examined():
    with MockInstance() as mock:
        settings = Settings(target=mock.url, release="2023.4")
        with closing(Assembly.make(settings, {"WALLAROO_CONFORMANCE_TOKEN": mock.token})) as assembly:
            workspace_id = assembly.context.workspace_id()
            before = assembly.context.models().list(workspace_id).json()
            assembly.examine()
            after = assembly.context.models().list(workspace_id).json()
            yield assembly, before, after


def planted(assembly: Assembly) -> list[Exchange]:
    return [exchange for exchange in assembly.recorder.exchanges if exchange.check == CHECK]


def test_it_takes_three_requests_none_of_which_succeeds_in_changing_anything(examined):
    assembly, before, after = examined
    exchanges = planted(assembly)
    assert len(exchanges) == 3
    assert {exchange.request.path.partition("?")[0].partition("[")[0].rstrip("/") for exchange in exchanges} == {
        assembly.release.endpoints["list_versions"]
    }
    assert before == after


def test_it_is_nowhere_in_the_recording_but_was_everywhere(examined):
    assembly, *_ = examined
    exchanges = planted(assembly)
    assert assembly.canary.missing(exchanges) is None
    assert assembly.canary.secret not in str([exchange.to_json() for exchange in assembly.recorder.exchanges])
    assert "[redacted]" in assembly.canary.failure
    assert assembly.canary.secret not in repr(assembly.canary)


def test_each_run_has_its_own():
    assert Canary.new().secret != Canary.new().secret


def test_an_exchange_that_the_recorder_dropped_proves_nothing(examined):
    assembly, *_ = examined
    exchanges = planted(assembly)
    for number, place in enumerate(["a URL's query", "a form", "a path"]):
        rest = [exchange for index, exchange in enumerate(exchanges) if index != number]
        assert assembly.canary.missing(rest) == place
    others = [replace(exchange, check="test_list.py::test_it") for exchange in exchanges]
    assert assembly.canary.missing(others) is not None


def test_a_place_that_shows_nothing_was_removed_is_named(examined):
    assembly, *_ = examined
    asked, sent, failed = planted(assembly)

    def without(exchange: Exchange, **fields: object) -> Exchange:
        return replace(exchange, request=replace(exchange.request, **fields))

    cookies = [[name, value] for name, value in asked.request.headers if name != "Cookie"]
    missing = assembly.canary.missing
    assert missing([without(asked, headers=cookies), sent, failed]) == "the header Cookie"
    assert missing([without(asked, body='{"model_id": "[redacted]"}'), sent, failed]) == "the field password of a body"
    assert missing([without(asked, body="{"), sent, failed]) == "the field model_id of a body"
    metadata, file = sent.request.parts
    gone = [replace(metadata, text="{}"), file]
    assert missing([asked, without(sent, parts=gone), failed]) == "the field model_id of a form's metadata"
    named = [metadata, replace(file, filename="x.txt")]
    assert missing([asked, without(sent, parts=named), failed]) == "a file's name"
    silent = Canary(assembly.canary.secret, planted=True, failure="GET /: no")
    assert silent.missing([asked, sent, failed]) == "the text of a failure"


def test_it_has_no_part_in_finding_out_the_release():
    with MockInstance(release="2025.2") as mock:
        settings = Settings(target=mock.url)
        with closing(Assembly.make(settings, {"WALLAROO_CONFORMANCE_TOKEN": mock.token})) as assembly:
            assembly.examine()
            checks = [exchange.check for exchange in assembly.recorder.exchanges]
            assert assembly.identification.release == "2025.2"
    assert len(checks) - 1 - checks[::-1].index(EXAMINATION) < checks.index(CHECK)


def test_an_instance_that_refuses_it_is_no_worse_for_it():
    with serving(constant(500, {"msg": "no", "code": 500})) as url:
        settings = Settings(target=url, workspace_id=1, release="2023.4")
        with closing(Assembly.make(settings, {"WALLAROO_CONFORMANCE_TOKEN": "a-token-of-somebody"})) as assembly:
            assembly.examine()
            assert assembly.canary.missing(planted(assembly)) is None
            assert assembly.check_prerequisites() is None


def test_it_is_not_planted_where_nothing_can_be_reached():
    with closing(Assembly.make(Settings(target=closed_port()), {"WALLAROO_CONFORMANCE_TOKEN": "a-token"})) as assembly:
        assembly.examine()
        assert not assembly.canary.planted
        assert assembly.canary.missing(planted(assembly)) is None


def test_it_is_not_planted_in_a_rehearsal():
    with MockInstance() as mock, closing(Assembly.make(Settings(), {}, source=Rehearsal(mock, "0badcafe"))) as assembly:
        assembly.examine()
        assert planted(assembly) == []


def test_workers_know_it_and_do_not_plant_it_again():
    with closing(Assembly.make(Settings(), {})) as controller:
        controller.examine()
        with closing(Assembly.make(Settings(), {}, controller.handover("gw0"))) as worker:
            assert not worker.examine()
            assert worker.redactor.text(f"so {controller.canary.secret}") == "so [redacted]"


def test_it_asks_with_a_breaker_of_its_own(examined):
    assembly, *_ = examined
    session = assembly.sessions.apart(1.0)
    assert isinstance(session, Session)
    assert session.breaker is not assembly.context.session.breaker
    session.close()
