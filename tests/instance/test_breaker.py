"""An instance that stops answering is waited for three times, not once for each request of a run."""

from __future__ import annotations

import contextlib
import itertools
import threading

import pytest

from conformance.errors import NotTestable
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.instance import InstanceFailure
from conformance.instance.breaker import MAX_SILENT, Breaker, StoppedAnswering
from conformance.instance.errors import TargetUnreachable

LIST = "/v1/api/models/list"
UPLOAD = "/v1/api/models/upload_and_convert"


def failure(kind: str) -> Exception:
    request = Request("POST", LIST, [], body=None, parts=[], size=0)
    exchange = Exchange("x", None, "list", "2024-01-01T00:00:00Z", 0.1, request, None, Failure(kind, "said so"))
    made = TargetUnreachable if kind in ("connect", "tls", "proxy") else InstanceFailure
    return made("said so", exchange)


def ticking() -> Breaker:
    moments = itertools.count()
    return Breaker(lambda: float(next(moments)))


def send(breaker: Breaker, path: str = LIST, kind: str | None = None) -> None:
    with breaker.watch(path):
        if kind:
            raise failure(kind)


def fail(breaker: Breaker, path: str, kind: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises((InstanceFailure, TargetUnreachable), match="said so"):
            send(breaker, path, kind)


@pytest.mark.parametrize("kind", ["connect", "tls", "proxy", "timeout", "too-slow"])
def test_three_requests_in_a_row_without_an_answer_are_enough(kind):
    breaker = ticking()
    fail(breaker, LIST, kind, MAX_SILENT)
    with pytest.raises(StoppedAnswering, match="the instance stopped answering: 3 requests in a row"):
        send(breaker, UPLOAD)
    assert issubclass(StoppedAnswering, NotTestable)


def test_once_open_it_stays_open():
    breaker = ticking()
    fail(breaker, LIST, "timeout", MAX_SILENT)
    for _ in range(2):
        with pytest.raises(StoppedAnswering):
            send(breaker)


@pytest.mark.parametrize("kind", ["reset", "too-large", "decode", "malformed", "redirect"])
def test_a_reply_that_is_no_use_but_costs_no_time_never_counts(kind):
    breaker = ticking()
    fail(breaker, LIST, kind, 2 * MAX_SILENT)
    send(breaker)


def test_an_answer_in_between_starts_the_count_anew():
    breaker = ticking()
    for _ in range(3):
        fail(breaker, LIST, "timeout", MAX_SILENT - 1)
        send(breaker)
    send(breaker)


def test_a_path_that_never_answers_is_given_up_though_others_do():
    breaker = ticking()
    for _ in range(MAX_SILENT):
        fail(breaker, UPLOAD, "timeout", 1)
        send(breaker, LIST)
    with pytest.raises(StoppedAnswering, match=f"{UPLOAD} stopped answering"):
        send(breaker, UPLOAD + "?again")
    send(breaker, LIST)


def test_requests_side_by_side_that_fail_together_are_one_silence():
    breaker = ticking()
    together = threading.Barrier(5)

    def one() -> None:
        with contextlib.suppress(InstanceFailure), breaker.watch(LIST):
            together.wait()
            raise failure("timeout")

    threads = [threading.Thread(target=one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send(breaker)


def test_an_error_that_is_no_exchange_passes_through_and_counts_for_nothing():
    breaker = ticking()
    for _ in range(2 * MAX_SILENT):
        with pytest.raises(NotTestable, match="something else"), breaker.watch(LIST):
            raise NotTestable("something else")
    send(breaker)


def test_sessions_that_share_a_breaker_give_up_together(tools):
    peer = tools.peer(lambda connection, seen: peer.wait())
    first = tools.session(peer, read_timeout=0.05)
    second = tools.session(peer, read_timeout=0.05, breaker=first.breaker)
    for _ in range(MAX_SILENT):
        with pytest.raises(InstanceFailure):
            first.request("POST", LIST, json={})
    with pytest.raises(StoppedAnswering):
        second.request("POST", LIST, json={})
    assert len(peer.requests) == MAX_SILENT
