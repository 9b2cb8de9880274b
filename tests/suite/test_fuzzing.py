"""The fuzzer finds wrong replies and nothing else, repeats itself, and stays in the run's own place."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.contract import ENDPOINTS, load_release, release_ids
from conformance.errors import NotTestable
from conformance.instance.errors import InstanceFailure
from conformance.instance.modelfile import ModelFile
from conformance.instance.models import Models
from conformance.instance.multipart import MultipartBody
from conformance.mock import MockInstance
from conformance.suite.assertions import Nonconformity
from conformance.suite.context import SuiteContext
from conformance.suite.fuzzed_requests import Known, confined, narrowed, wire
from conformance.suite.fuzzing import Fuzzer
from conformance.suite.uploads import upload
from tests.altered import Alter, altered, assembled
from tests.servers import Answer

RELEASE = load_release("2023.4")
UPLOAD = "upload_and_convert"
KNOWN = Known(7, (3, 4), (13, 14), ("conf-a", "conf-b"), "conf-fuzz", ModelFile.from_bytes(b"x", "onnx", "x.onnx"), ())


@pytest.fixture(scope="module")
def mock() -> Iterator[MockInstance]:
    with MockInstance() as instance:
        yield instance


@contextmanager
def fuzzing(mock: MockInstance, alter: Alter | None = None) -> Iterator[tuple[Fuzzer, SuiteContext]]:
    """A fuzzer of an instance that turns wrong once two models are there."""
    if alter is None:
        with assembled(mock) as assembly:
            yield _fuzzer(assembly.context), assembly.context
        return
    ready: list[Fuzzer] = []

    def once_ready(path: str, body: bytes, reply: Answer) -> Answer:
        return alter(path, body, reply) if ready else reply

    with altered(mock, once_ready) as url, assembled(mock, url) as assembly:
        ready.append(_fuzzer(assembly.context))
        yield ready[0], assembly.context


def _fuzzer(context: SuiteContext) -> Fuzzer:
    models = context.models()
    uploads = [upload(models, context.onnx_model, context.name("test", label)) for label in ("a", "b")]
    known = Known.of(uploads, context.name("test", "fuzz"), context.onnx_model, [context.pytorch_model.input_schema])
    return Fuzzer(context.session, context.release, known)


def test_a_healthy_instance_is_quiet_and_nothing_lands_elsewhere(mock: MockInstance) -> None:
    with fuzzing(mock) as (fuzzer, context):
        elsewhere = Models(context.session, mock.workspace_id)
        before = elsewhere.list().json()
        for endpoint in ENDPOINTS:
            fuzzer.documented(endpoint, examples=8)
            fuzzer.arbitrary(endpoint, examples=12)
        fuzzer.linked(walks=8)
        assert set(fuzzer.served) == set(ENDPOINTS)
        assert fuzzer.links > 5
        assert elsewhere.list().json() == before
        made = {row["name"] for row in context.models().list().json()["models"]} - set(fuzzer.known.names)
        assert made
        assert all(name.startswith(fuzzer.known.prefix) for name in made)


@pytest.mark.parametrize("release_id", ["2024.1", "2026.1"])
def test_a_later_release_is_quiet_too_and_nothing_is_deleted(release_id: str) -> None:
    release = load_release(release_id)
    with MockInstance(release=release_id) as mock, fuzzing(mock) as (fuzzer, context):
        for endpoint in release.probed:
            fuzzer.documented(endpoint, examples=4)
            fuzzer.arbitrary(endpoint, examples=8)
        fuzzer.linked(walks=6)
        assert set(fuzzer.served) == set(release.probed)
        assert fuzzer.links > 5
        asked = {exchange.endpoint for exchange in context.recorder.exchanges if exchange.endpoint}
        assert asked <= set(release.probed)


def another_version(path: str, body: bytes, reply: Answer) -> Answer:
    """`get_version_by_id` shows the version before the one asked for."""

    def change(told: Any) -> Any:
        told["model_version"]["model_version"]["id"] -= 1
        return told

    return _rewritten(reply, change) if path.endswith("/get_version_by_id") and reply[0] == 200 else reply


def test_another_version_than_the_linked_one_is_found_out() -> None:
    with MockInstance(release="2024.1") as mock, fuzzing(mock, another_version) as (fuzzer, _):
        with pytest.raises(Nonconformity) as found:
            fuzzer.linked(walks=10)
        assert found.value.expected == "get_version_by_id answers about what it was asked for"


def test_strangers_models_are_not_judged_where_no_workspace_is_asked_for() -> None:
    shown = []

    def older_rows(path: str, body: bytes, reply: Answer) -> Answer:
        asked = json.loads(body) if path == ENDPOINTS["list"] and body.startswith(b"{") else {"workspace_id": 1}
        if reply[0] != 200 or asked.get("workspace_id") is not None:
            return reply
        shown.append(body)
        return (200, "application/json", b'{"models": [{"id": 1, "name": "of a release before this one"}]}')

    with MockInstance(release="2024.1") as mock, fuzzing(mock, older_rows) as (fuzzer, _):
        fuzzer.arbitrary("list", examples=24)
    assert shown


def _rewritten(reply: Answer, change: Any) -> Answer:
    status, content_type, content = reply
    return status, content_type, json.dumps(change(json.loads(content))).encode()


def null_models(path: str, body: bytes, reply: Answer) -> Answer:
    """`list` shows null for a request with keys of its own."""
    wrong = path == ENDPOINTS["list"] and reply[0] == 200 and len(json.loads(body)) > 1
    return _rewritten(reply, lambda told: {**told, "models": None}) if wrong else reply


def page_for_unknown(path: str, body: bytes, reply: Answer) -> Answer:
    """`get_by_id` refuses an unknown model with a page."""
    wrong = path == ENDPOINTS["get_by_id"] and reply[0] == 400 and b"not found" in reply[2]
    return (500, "text/html", b"<html>Internal Server Error</html>") if wrong else reply


def another_model(path: str, body: bytes, reply: Answer) -> Answer:
    """`get` shows the model before the one asked for."""
    wrong = path == ENDPOINTS["get"] and reply[0] == 200
    return _rewritten(reply, lambda told: {**told, "id": told["id"] - 1}) if wrong else reply


def lost_model(path: str, body: bytes, reply: Answer) -> Answer:
    """`get_by_id` knows no model."""
    refusal = b'{"msg": "The provided model id was not found.", "code": 400}'
    return (400, "application/json", refusal) if path == ENDPOINTS["get_by_id"] else reply


def other_rows(path: str, body: bytes, reply: Answer) -> Answer:
    """`list_versions` shows the rows of a model that wasn't asked for."""
    wrong = path == ENDPOINTS["list_versions"] and reply[0] == 200
    strange = {"model_id": "somebody-elses", "models_pk_id": 10**6}
    return _rewritten(reply, lambda told: [{**row, **strange} for row in told]) if wrong else reply


@pytest.mark.parametrize(
    ("alter", "search", "expected", "actual"),
    [
        (null_models, lambda f: f.documented("list", examples=12), "a success of list is as documented", "models"),
        (page_for_unknown, lambda f: f.arbitrary("get_by_id", examples=24), "get_by_id serves a request or", "<html>"),
        (another_model, lambda f: f.linked(walks=10), "get answers about what it was asked", "the reply has the id"),
        (lost_model, lambda f: f.linked(walks=10), "get_by_id finds what an earlier reply named", "400"),
        (other_rows, lambda f: f.linked(walks=10), "list_versions answers about", "somebody-elses"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_instance_is_found_out(
    mock: MockInstance, alter: Alter, search: Any, expected: str, actual: str
) -> None:
    with fuzzing(mock, alter) as (fuzzer, context):
        with pytest.raises(Nonconformity) as found:
            search(fuzzer)
        assert found.value.expected.startswith(expected)
        assert actual in found.value.actual
        assert set(found.value.exchanges) <= {exchange.id for exchange in context.recorder.exchanges}


def test_a_counterexample_is_shrunk(mock: MockInstance) -> None:
    with fuzzing(mock, page_for_unknown) as (fuzzer, context):
        with pytest.raises(Nonconformity) as found:
            fuzzer.arbitrary("get_by_id", examples=24)
        (shown,) = [x for x in context.recorder.exchanges if x.id in found.value.exchanges]
        assert json.loads(shown.request.body or "") == {"id": 0}


def test_a_walk_that_went_wrong_is_shown_from_its_start(mock: MockInstance) -> None:
    with fuzzing(mock, another_model) as (fuzzer, context):
        with pytest.raises(Nonconformity) as found:
            fuzzer.linked(walks=10)
        walk = [x.endpoint for x in context.recorder.exchanges if x.id in found.value.exchanges]
        assert len(walk) >= 2
        assert walk[-1] == "get"


def test_a_search_sends_a_bounded_number_of_requests(mock: MockInstance) -> None:
    with fuzzing(mock, lambda *_: (500, "text/html", b"<html/>")) as (fuzzer, context):
        before = len(context.recorder.exchanges)
        with pytest.raises(Nonconformity):
            fuzzer.arbitrary("list", examples=10)
        assert len(context.recorder.exchanges) - before <= 50


def test_an_instance_that_refuses_everything_proves_nothing(mock: MockInstance) -> None:
    refusal = (400, "application/json", b'{"msg": "no", "code": 400}')
    with fuzzing(mock, lambda *_: refusal) as (fuzzer, _):
        with pytest.raises(NotTestable, match="serves none of the documented requests"):
            fuzzer.documented("get", examples=5)
        with pytest.raises(NotTestable, match="could be followed"):
            fuzzer.linked(walks=3)


def test_a_reply_that_cannot_be_read_ends_the_search_at_once(mock: MockInstance) -> None:
    def cut(path: str, body: bytes, reply: Answer) -> Answer:
        return reply[0], f"{reply[1]}\r\nContent-Encoding: gzip", reply[2]

    with fuzzing(mock, cut) as (fuzzer, context):
        before = len(context.recorder.exchanges)
        with pytest.raises(InstanceFailure):
            fuzzer.arbitrary("list", examples=24)
        assert len(context.recorder.exchanges) - before == 1


def generated() -> str:
    """A digest of the requests that the fuzzer makes for models of fixed ids."""
    import schemathesis
    from schemathesis.generation.feedback import NO_FEEDBACK

    from conformance.suite.searching import search

    schema = schemathesis.openapi.from_dict(narrowed(RELEASE, KNOWN), config=schemathesis.Config())
    bodies: list[str] = []
    for operation in schema.get_all_operations():
        for mode in schemathesis.GenerationMode:
            strategy = operation.ok().as_strategy(mode, feedback=NO_FEEDBACK)
            search(strategy, lambda case: bodies.append(repr(case.body)), examples=8)
    return hashlib.sha256("\n".join(bodies).encode()).hexdigest()


def test_another_process_makes_the_same_requests() -> None:
    code = "from tests.suite.test_fuzzing import generated; print(generated())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert other.stdout.strip() == generated()


def test_the_contract_is_narrowed_in_a_copy() -> None:
    before = copy.deepcopy(RELEASE.openapi)
    document = narrowed(RELEASE, KNOWN)
    assert RELEASE.openapi == before
    assert "security" not in document
    content = document["paths"][ENDPOINTS["get_by_id"]]["post"]["requestBody"]["content"]["application/json"]
    assert content["schema"]["properties"]["id"] == {"enum": [3, 4]}
    assert "examples" not in content["schema"]


@pytest.mark.parametrize("release_id", release_ids())
def test_nothing_is_deleted_and_nothing_of_strangers_is_asked_for(release_id: str) -> None:
    release = load_release(release_id)
    document = narrowed(release, KNOWN)
    assert set(document["paths"]) == {release.endpoints[name] for name in release.probed}
    for name in release.reads:
        content = document["paths"][release.endpoints[name]]["post"]["requestBody"]["content"]
        schema = content["application/json"]["schema"]
        known = {tuple(p.get("enum", ())) for key, p in schema["properties"].items() if key != "lines"}
        assert known <= {(7,), (3, 4), (13, 14), (13, 14, 3, 4), ("conf-a", "conf-b"), (None,)}
        assert schema.get("required") or schema.get("anyOf")


def test_only_the_named_endpoints_are_narrowed() -> None:
    content = narrowed(RELEASE, KNOWN, (UPLOAD,))["paths"][ENDPOINTS["list"]]["post"]["requestBody"]["content"]
    assert content["application/json"]["schema"]["properties"]["workspace_id"]["type"] == "integer"


@pytest.mark.parametrize(
    ("sent", "confined_to"),
    [
        *((9, 7), ("9", "7"), (" 0x9", "7"), (9.0, 7.0), (True, False)),
        *((None, None), (9.5, 9.5), ("none", "none"), ([9], [9])),
    ],
    ids=repr,
)
def test_no_upload_names_another_workspace(sent: Any, confined_to: Any) -> None:
    body = {"metadata": {"workspace_id": sent}}
    made = confined(body, KNOWN, genuine=False)["metadata"]["workspace_id"]
    assert (made, type(made)) == (confined_to, type(confined_to))
    assert body["metadata"]["workspace_id"] == sent


@pytest.mark.parametrize(
    ("sent", "made"), [("conf-a", "conf-fuzz-conf-a"), ("conf-fuzz-x", "conf-fuzz-x"), ("", ""), (5, 5)], ids=repr
)
def test_no_upload_names_a_model_of_another_check(sent: Any, made: Any) -> None:
    assert confined({"metadata": {"name": sent}}, KNOWN, genuine=False)["metadata"]["name"] == made


@pytest.mark.parametrize("body", [None, 5, "text", [], {}, {"metadata": [1]}, {"metadata": "text"}], ids=repr)
def test_a_body_of_another_shape_is_left_as_it_is(body: Any) -> None:
    assert confined(body, KNOWN, genuine=True) == body


def test_a_part_cannot_add_headers_of_its_own() -> None:
    data, headers = wire(UPLOAD, {'a"\r\nX-Injected: 1\r\n\r\n': "b"}, "x.onnx")
    assert isinstance(data, MultipartBody)
    assert headers == {}
    assert b"\r\nX-Injected" not in b"".join(data)


def test_bytes_are_sent_as_they_are_where_json_is_documented() -> None:
    assert wire("list", b"\xff", "") == (b"\xff", {"Content-Type": "application/json"})
    assert wire("list", {"a": None}, "") == (b'{"a": null}', {"Content-Type": "application/json"})
