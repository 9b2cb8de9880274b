"""`exchanges.har` as a library for HAR files reads it, and as this suite reads it back."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from haralyzer import HarParser

from conformance.evidence.exchange import Exchange, Failure, Request, Response
from conformance.evidence.har import read_har
from conformance.evidence.reading import read_exchanges
from conformance.report.formats import har


def exported(sample: Any, *exchanges: Exchange, **fields: Any) -> dict[str, Any]:
    content = har.render(sample.run([], [], exchanges=exchanges, **fields))
    log: dict[str, Any] = json.loads(content)["log"]
    assert len(HarParser(json.loads(content)).har_data["entries"]) == len(exchanges)
    for entry in log["entries"]:
        well_formed(entry)
    return log


def well_formed(entry: dict[str, Any]) -> None:
    """What HTTP Archive 1.2 says that each entry has, and of which kind."""
    request, response, timings = entry["request"], entry["response"], entry["timings"]
    assert {type(request[name]) for name in ("method", "url", "httpVersion")} == {str}
    assert request["url"].startswith(("http://", "https://"))
    assert {type(response[name]) for name in ("statusText", "httpVersion", "redirectURL")} == {str}
    assert type(response["status"]) is int
    for message in (request, response):
        assert all({"name", "value"} <= header.keys() for header in message["headers"])
        assert message["cookies"] == []
        assert {type(message[name]) for name in ("headersSize", "bodySize")} == {int}
    assert type(response["content"]["size"]) is int
    assert type(response["content"]["mimeType"]) is str
    assert all(timings[name] >= 0 for name in ("send", "wait", "receive"))
    assert entry["time"] == sum(value for value in timings.values() if not isinstance(value, str) and value >= 0)
    assert "cache" in entry
    post = request.get("postData")
    assert post is None or (type(post["mimeType"]) is str and ("text" in post) != ("params" in post))


def test_an_exchange_is_an_entry(sample: Any) -> None:
    log = exported(sample, replace(sample.exchange("x1"), check="test_list.py::test_id"))
    assert (log["version"], log["creator"]) == ("1.2", {"name": "wallaroo-conformance", "version": "0.1.0"})
    assert "browser" not in log
    (entry,) = log["entries"]
    assert entry["request"]["url"] == "https://api.example.com/v1/api/models/list"
    assert entry["request"]["postData"] == {"mimeType": "application/json", "text": '{"id": 1}'}
    assert (entry["response"]["status"], entry["response"]["content"]["text"]) == (202, '{"id": 1}')
    assert entry["comment"] == "test_list.py::test_id, exchange x1"
    assert entry["time"] == 12.3
    assert [entry["timings"][name] for name in ("blocked", "dns", "connect", "ssl")] == [-1] * 4
    assert (entry["_wallaroo"]["exchange"], entry["_wallaroo"]["credential"]) == ("x1", "session")


def test_a_form_has_its_parts_without_the_files_bytes(sample: Any) -> None:
    (entry,) = exported(sample, sample.upload("x1"))["entries"]
    metadata, file = entry["request"]["postData"]["params"]
    assert (metadata["name"], metadata["value"]) == ("metadata", '{"name":"fraud"}')
    assert (file["fileName"], "value" in file) == ("fraud.onnx", False)
    assert file["comment"] == f"1234 bytes, SHA-256 {'b' * 64}"
    assert entry["_wallaroo"]["parts"][1] == {"name": "file", "size": 1234, "sha256": "b" * 64}


def test_bytes_are_base64(sample: Any) -> None:
    content = b"\xff\x00\xfe"
    encoded = base64.b64encode(content).decode()
    request = Request("PUT", "/x?a=1&b=", [], body_base64=encoded, size=3)
    response = Response.of(200, "OK", [("Location", "/y")], content)
    (entry,) = exported(sample, sample.exchange("x1", request=request, response=response))["entries"]
    assert (entry["request"]["postData"]["text"], entry["request"]["postData"]["_encoding"]) == (encoded, "base64")
    assert entry["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert (entry["response"]["content"]["text"], entry["response"]["content"]["encoding"]) == (encoded, "base64")
    assert entry["response"]["redirectURL"] == "/y"


@pytest.mark.parametrize("answered", [False, True])
def test_a_failure_is_told(sample: Any, answered: bool) -> None:
    failure = Failure("reset", "connection reset by peer")
    more = {} if answered else {"response": None}
    (entry,) = exported(sample, sample.exchange("x1", error=failure, **more))["entries"]
    assert entry["_wallaroo"]["error"] == {"kind": "reset", "message": "connection reset by peer"}
    assert entry["response"]["status"] == (202 if answered else 0)
    assert entry["response"].get("_error") == (None if answered else "reset: connection reset by peer")


def test_the_embedded_instance_has_no_host_that_could_be_another(sample: Any) -> None:
    (entry,) = exported(sample, sample.exchange("x1"), target="embedded instance")["entries"]
    assert entry["request"]["url"] == "http://embedded-instance.invalid/v1/api/models/list"


def test_no_exchange_is_an_empty_archive(sample: Any) -> None:
    assert exported(sample)["entries"] == []


def test_hostile_text_stays_data(sample: Any) -> None:
    run = sample.hostile_run()
    log = json.loads(har.render(run))["log"]
    assert len(log["entries"]) == len(run.exchanges)
    assert log["entries"][0]["response"]["content"]["text"] == sample.hostile
    for entry in log["entries"]:
        well_formed(entry)
        assert entry["request"]["url"].isascii()
        assert " " not in entry["request"]["url"]


@pytest.mark.parametrize("path", ["/v1/[", "/v1/x?a=[&b=%zz", "//v1//?", "/a?b=;c", "/v1/\ud800?x"])
def test_odd_paths_are_exported(sample: Any, path: str) -> None:
    request = Request("GET", path, [])
    (entry,) = exported(sample, sample.exchange("x1", request=request))["entries"]
    assert entry["request"]["url"].startswith("https://api.example.com/")


def test_a_real_run_reads_back_as_it_was_recorded(real: Any) -> None:
    path = Path(real.out) / "exchanges.har"
    assert real.token not in path.read_text()
    parser = HarParser.from_file(path)
    # What deletes the run's models afterwards is recorded, and no part of what was judged.
    recorded = [one for one in read_exchanges(real.out / "exchanges.ndjson") if one.check != "cleaning"]
    assert len(parser.har_data["entries"]) == len(recorded)
    back = read_har(path).exchanges
    assert len(back) == len(recorded)
    for one, other in zip(recorded, back, strict=True):
        assert one.request.method == other.request.method
        assert one.request.path == other.request.path
        assert one.request.credential == other.request.credential
        assert [(part.name, part.size, part.sha256) for part in one.request.parts] == [
            (part.name, part.size, part.sha256) for part in other.request.parts
        ]
        assert (one.response is None) == (other.response is None)
        if one.response is not None and other.response is not None:
            assert (one.response.status, one.response.body) == (other.response.status, other.response.body)
        if not one.request.parts and not one.request.truncated:
            assert (one.request.body or "", one.request.body_base64) == (
                other.request.body or "",
                other.request.body_base64,
            )
        assert (one.error and one.error.kind) == (other.error and other.error.kind)
        assert abs(one.elapsed_seconds - other.elapsed_seconds) < 1e-6
