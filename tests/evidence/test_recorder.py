"""The recorder writes what happened the moment it happened, and the reader gets it back."""

from __future__ import annotations

import json
import threading

import pytest

from conformance.errors import ConformanceError, UsageError
from conformance.evidence import Exchange, Recorder, Request, Response, iter_exchanges, read_exchanges


def exchange(id: str, check: str | None = None) -> Exchange:
    response = Response.of(200, "OK", [], b"{}")
    return Exchange(id, check, "list", "2024-01-01T00:00:00Z", 0.1, Request("POST", "/", []), response, None)


def test_each_exchange_is_a_line_that_is_there_at_once(tmp_path):
    path = tmp_path / "new" / "folder" / "exchanges.ndjson"
    recorder = Recorder(path)
    first = recorder.record(exchange("a"))
    assert read_exchanges(path) == [first]
    recorder.record(exchange("b"))
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["a", "b"]
    recorder.close()
    recorder.close()
    recorder.record(exchange("c"))
    assert len(recorder.exchanges) == 3
    assert len(read_exchanges(path)) == 2


def test_a_second_recorder_adds_to_the_file(tmp_path):
    path = tmp_path / "exchanges.ndjson"
    for prefix in ("gw0", "gw1"):
        with Recorder(path, prefix=prefix) as recorder:
            recorder.record(exchange(recorder.next_id()))
    assert [e.id for e in iter_exchanges(path)] == ["gw0-00001", "gw1-00001"]


def test_exchanges_belong_to_the_current_check():
    recorder = Recorder()
    recorder.begin("test_a")
    recorder.record(exchange("1"))
    recorder.record(exchange("2", check="test_own"))
    assert [e.check for e in recorder.exchanges] == ["test_a", "test_own"]
    assert recorder.current_check == "test_a"


def test_used_are_the_exchanges_sent_or_read_since_the_check_began():
    recorder = Recorder()
    recorder.record(exchange("1"))
    recorder.begin("test_a")
    recorder.record(exchange("2"))
    recorder.touch("1")
    recorder.touch("2")
    recorder.touch("1")
    assert recorder.used == ["2", "1"]
    recorder.begin("test_b")
    assert recorder.used == []


def test_threads_share_a_recorder(tmp_path):
    path = tmp_path / "exchanges.ndjson"
    recorder = Recorder(path)

    def work():
        for _ in range(50):
            recorder.record(exchange(recorder.next_id()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert len({e.id for e in read_exchanges(path)}) == 200


def test_text_of_any_kind_stays_one_line(tmp_path):
    path = tmp_path / "exchanges.ndjson"
    body = "a\nb\u2028c\u0085d\x00\ufffe😀"
    response = Response.of(200, "OK", [], body.encode())
    with Recorder(path) as recorder:
        recorder.record(Exchange("1", None, None, "t", 0.0, Request("GET", "/", []), response, None))
    assert path.read_bytes().count(b"\n") == 1
    assert read_exchanges(path)[0].response.body == body


def test_a_path_that_cannot_be_written_is_a_usage_error(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "x.ndjson"):
        with pytest.raises(UsageError, match=r"can't write .*; choose another --out"):
            Recorder(path)


class TestReading:
    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            (b"{", "not JSON"),
            (b"[]", "exchange must be an object"),
            (b"{}", "exchange.request is missing"),
            (b"\xff", "isn't UTF-8"),
            (b"[" * 100_000, "nested too deep|not JSON"),
        ],
        ids=["cut", "list", "empty object", "bytes", "deep"],
    )
    def test_a_bad_line_is_named(self, tmp_path, line, problem):
        path = tmp_path / "exchanges.ndjson"
        with Recorder(path) as recorder:
            recorder.record(exchange("1"))
        with path.open("ab") as file:
            file.write(b"\n" + line + b"\n")
        with pytest.raises(ConformanceError, match=rf"line 3.*({problem})") as caught:
            read_exchanges(path)
        assert "\n" not in str(caught.value)

    def test_a_missing_file_is_a_usage_error(self, tmp_path):
        with pytest.raises(UsageError, match="can't read"):
            read_exchanges(tmp_path / "missing")
