"""A recording that answers: each exchange once, to the request that it recorded, and to no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.evidence import Exchange, Failure, Part, Request, Response
from conformance.evidence.playback import NotRecorded, Playback

CHECK = "test_list.py::test_it"


def request(body: str = '{"id": 1}', **fields) -> Request:
    return Request("POST", "/v1/api/models/list", [["Content-Type", "application/json"]], body, **fields)


def exchange(identifier: str, asked: Request | None = None, answer: str = "{}", check: str | None = CHECK) -> Exchange:
    response = Response(200, "OK", [], answer, None, len(answer))
    return Exchange(identifier, check, "list", "2026-11-23T10:00:00Z", 0.01, asked or request(), response, None)


def upload(digest: str) -> Request:
    parts = [
        Part("metadata", None, "application/json", 2, "a" * 64, "{}"),
        Part("file", "m.onnx", "application/octet-stream", 5, digest),
    ]
    return Request("POST", "/upload", [["Content-Type", "multipart/form-data; boundary=abc"]], parts=parts)


def test_equal_requests_are_answered_in_their_order():
    playback = Playback([exchange("1", answer="[1]"), exchange("2", answer="[2]")])
    assert [playback.take(CHECK, request()).id for _ in range(2)] == ["1", "2"]


def test_nothing_is_answered_twice():
    playback = Playback([exchange("1")])
    playback.take(CHECK, request())
    with pytest.raises(NotRecorded, match="no answer to POST /v1/api/models/list"):
        playback.take(CHECK, request())


@pytest.mark.parametrize(
    "other",
    [
        request('{"id": 2}'),
        replace(request(), method="PUT"),
        replace(request(), path="/v1/api/models/get"),
        replace(request(), credential="none"),
        replace(request(), headers=[["Content-Type", "text/plain"]]),
        replace(request(), body=None, body_base64="/w=="),
        replace(request(), sha256="a" * 64, truncated=True),
    ],
    ids=["body", "method", "path", "credential", "content-type", "bytes", "digest"],
)
def test_another_request_isn_t_answered(other):
    with pytest.raises(NotRecorded):
        Playback([exchange("1")]).take(CHECK, other)


def test_a_boundary_and_what_a_client_adds_tell_nothing():
    kept = replace(upload("b" * 64), headers=[["User-Agent", "x"], ["content-type", "multipart/form-data; boundary=q"]])
    assert Playback([exchange("1", kept)]).take(CHECK, upload("b" * 64)).id == "1"


def test_another_check_s_answer_serves_where_all_answers_are_the_same():
    playback = Playback([exchange("1", check="a"), exchange("2", check="b")])
    assert playback.take(CHECK, request()).id == "1"


@pytest.mark.parametrize(
    "second",
    [
        exchange("2", check="b", answer="[]"),
        replace(exchange("2", check="b"), response=None, error=Failure("reset", "broke off")),
        replace(exchange("2", check="b"), response=Response(201, "", [], "{}", None, 2)),
    ],
    ids=["body", "failure", "status"],
)
def test_another_check_s_answer_doesn_t_serve_where_they_differ(second):
    with pytest.raises(NotRecorded):
        Playback([exchange("1", check="a"), second]).take(CHECK, request())


def test_a_file_must_have_its_recorded_digest():
    with pytest.raises(NotRecorded):
        Playback([exchange("1", upload("b" * 64))]).take(CHECK, upload("c" * 64))


def test_a_stand_in_s_digest_counts_as_the_recorded_one():
    playback = Playback([exchange("1", upload("b" * 64))], exact_files=False)
    playback.take(CHECK, upload("c" * 64))
    assert playback.shown(f'{{"sha": "{"b" * 64}"}}') == f'{{"sha": "{"c" * 64}"}}'
    assert playback.restored("c" * 64) == "b" * 64
    assert playback.shown("d" * 64) == "d" * 64


@pytest.mark.parametrize(
    ("recorded", "sent"), [(("b", "d"), ("c", "c")), (("b", "b"), ("c", "d"))], ids=["one file", "one digest"]
)
def test_one_file_has_one_digest(recorded, sent):
    exchanges = [exchange(str(number), upload(digest * 64)) for number, digest in enumerate(recorded)]
    playback = Playback(exchanges, exact_files=False)
    playback.take(CHECK, upload(sent[0] * 64))
    with pytest.raises(NotRecorded, match="two digests"):
        playback.take(CHECK, upload(sent[1] * 64))


def test_what_nobody_asked_for_is_told():
    playback = Playback([exchange("1"), exchange("2", request("[]"))])
    playback.take(CHECK, request())
    assert [one.id for one in playback.untouched()] == ["2"]
