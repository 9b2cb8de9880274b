"""Giving up: after three unanswered requests in a row nothing more is sent."""

from __future__ import annotations

import itertools
import socket

import pytest

from conformance.errors import NotTestable, Unreachable
from conformance.evidence import Exchange, Failure, Request
from conformance.instance import InstanceFailure
from conformance.instance.breaker import MAX_SILENT, Breaker, StoppedAnswering


def failure(kind: str) -> InstanceFailure:
    request = Request("POST", "/a", [])
    return InstanceFailure(kind, Exchange("1", None, None, "t", 0.0, request, None, Failure(kind, kind)))


@pytest.fixture
def breaker() -> Breaker:
    ticks = itertools.count()
    return Breaker(lambda: float(next(ticks)))


def fail(breaker: Breaker, path: str, kind: str = "timeout") -> None:
    with pytest.raises(InstanceFailure), breaker.watch(path):
        raise failure(kind)


def answer(breaker: Breaker, path: str) -> None:
    with breaker.watch(path):
        pass


def test_a_silent_instance_is_given_up(breaker):
    for path in ("/a", "/b", "/c"):
        fail(breaker, path)
    with pytest.raises(StoppedAnswering, match="the instance stopped answering: 3 requests"):
        answer(breaker, "/d")


def test_a_silent_path_is_given_up_alone(breaker):
    for _ in range(MAX_SILENT):
        fail(breaker, "/a?x=1", "too-slow")
        answer(breaker, "/b")
    with pytest.raises(StoppedAnswering, match=r"^/a stopped answering"):
        answer(breaker, "/a")
    answer(breaker, "/b")


def test_an_answer_begins_the_count_anew(breaker):
    for _ in range(5):
        fail(breaker, "/a")
        fail(breaker, "/a")
        answer(breaker, "/a")


@pytest.mark.parametrize("kind", ["reset", "too-large", "decode", "malformed", "redirect"])
def test_a_failure_that_costs_no_time_never_counts(breaker, kind):
    for _ in range(5):
        fail(breaker, "/a", kind)


def test_requests_side_by_side_that_fail_together_count_once(breaker):
    watches = [breaker.watch("/a") for _ in range(5)]
    for watch in watches:
        watch.__enter__()
    for watch in watches:
        error = failure("timeout")
        assert not watch.__exit__(type(error), error, None)
    answer(breaker, "/a")


def test_it_stays_open_once_it_is(breaker):
    late = breaker.watch("/a")
    late.__enter__()
    for _ in range(MAX_SILENT):
        fail(breaker, "/b")
    late.__exit__(None, None, None)
    with pytest.raises(NotTestable):
        answer(breaker, "/a")


def test_a_session_sends_nothing_more_to_a_silent_peer(tools):
    peer = tools.peer(lambda connection, seen: peer.wait())
    session = tools.session(peer, read_timeout=0.05)
    for _ in range(MAX_SILENT):
        with pytest.raises(InstanceFailure):
            session.request("POST", "/a", json={})
    with pytest.raises(StoppedAnswering):
        session.request("POST", "/a", json={})
    assert len(session.recorder.exchanges) == MAX_SILENT


def test_sessions_of_a_run_share_what_they_learnt(tools):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    first = tools.session(url)
    second = tools.session(url, breaker=first.breaker)
    for _ in range(MAX_SILENT):
        with pytest.raises(Unreachable):
            first.request("POST", "/a", json={})
    with pytest.raises(StoppedAnswering):
        second.request("POST", "/b", json={})
