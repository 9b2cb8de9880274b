"""Which release an instance is of: found out from its replies and its document, whatever else it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from conformance.contract import load_release, release_ids
from conformance.evidence.recorder import Recorder
from conformance.evidence.redaction import Redactor
from conformance.instance.credentials import EnvironmentToken
from conformance.instance.session import Session
from conformance.instance.target import Target
from conformance.mock import MockInstance
from conformance.report.findings import Identification
from conformance.running.identification import identify
from conformance.running.provisions import shipped_onnx_model
from tests.altered import Alter, altered
from tests.servers import Answer, closed_port, constant, serving

TOKEN = "a-token-that-nobody-may-see"
MODEL = shipped_onnx_model()


@pytest.fixture(scope="module")
def mocks() -> Iterator[dict[str, MockInstance]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(MockInstance(release=name)) for name in release_ids()}


def asked(
    url: str, token: str = TOKEN, workspace_id: int = 1, document: dict | None = None, **times: float
) -> tuple[Identification, Recorder]:
    recorder = Recorder(None, Redactor([token]))
    with Session(Target.parse(url), EnvironmentToken("T", {"T": token}), recorder, **times) as session:
        name = f"conf-probe-{id(recorder):x}"
        return identify(session, workspace_id, MODEL, name, document), recorder


def of(mock: MockInstance, alter: Alter | None = None, document: dict | None = None) -> Identification:
    with ExitStack() as stack:
        url = stack.enter_context(altered(mock, alter)) if alter else mock.url
        return asked(url, mock.token, mock.workspace_id, document)[0]


def replacing(old: str, new: str) -> Alter:
    return lambda _path, _body, reply: (*reply[:2], reply[2].replace(old.encode(), new.encode()))


def without(field: str) -> Alter:
    def alter(_path: str, _body: bytes, reply: Answer) -> Answer:
        return (*reply[:2], json.dumps(_dropped(json.loads(reply[2]), field)).encode())

    return alter


def _dropped(node: object, field: str) -> object:
    if isinstance(node, dict):
        return {key: _dropped(value, field) for key, value in node.items() if key != field}
    return [_dropped(value, field) for value in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", release_ids())
def test_each_release_is_found_with_its_reasons_in_a_few_requests(mocks, name: str) -> None:
    mock = mocks[name]
    found, recorder = asked(mock.url, mock.token, mock.workspace_id)
    assert (found.release, found.how) == (name, "found")
    assert name not in found.differences
    assert found.reasons
    assert len(recorder.exchanges) <= 8


@pytest.mark.parametrize("name", release_ids())
def test_nothing_is_deleted_to_find_it_out(mocks, name: str) -> None:
    mock = mocks[name]
    _, recorder = asked(mock.url, mock.token, mock.workspace_id)
    deleting = {path for one, path in load_release("2026.1").endpoints.items() if "delete" in one}
    assert deleting
    assert not deleting & {exchange.request.path for exchange in recorder.exchanges}
    uploads = [x for x in recorder.exchanges if x.endpoint == "upload_and_convert"]
    assert len(uploads) == 1


def test_the_reasons_name_replies_neighbours_and_version(mocks) -> None:
    said = "\n".join(of(mocks["2024.4"], document=load_release("2024.4").openapi).reasons)
    assert "list and get_version_by_id fit 2024.4" in said
    assert "not 2024.1: list: models[0]" in said
    assert "not 2025.2: get_upload_logs: not there" in said
    assert "created_on_version is 2024.4.4" in said
    assert "OpenAPI document names delete_model, delete_model_versions and list_versions_for_model" in said


def test_of_two_that_fit_it_is_the_one_that_the_version_was_made_on(mocks) -> None:
    assert of(mocks["2026.1"]).release == "2026.1"
    assert of(mocks["2026.1"], replacing("2026.1.3", "2025.3.0")).release == "2025.2"
    assert of(mocks["2025.2"], replacing("2025.2.1", "2026.2.0")).release == "2026.1"


def test_of_two_that_fit_it_is_the_one_that_the_document_names(mocks) -> None:
    unnamed = replacing("2026.1.3", "2021.1.0")
    for name in ("2025.2", "2026.1"):
        assert of(mocks["2026.1"], unnamed, load_release(name).openapi).release == name
    enumeration = {"components": {"schemas": {"AppVersion": {"enum": ["2024.1.0", "2026.1.0", "2025.2.3"]}}}}
    found = of(mocks["2026.1"], unnamed, enumeration)
    assert found.release == "2026.1"
    assert "OpenAPI document knows versions up to 2026.1.0" in found.reasons


def test_of_two_that_fit_alike_it_is_the_older_and_that_is_said(mocks) -> None:
    found = of(mocks["2026.1"], replacing("2026.1.3", "2021.1.0"))
    assert found.release == "2025.2"
    assert "2026.1 would fit too, and the oldest promises least" in found.reasons


def test_what_version_and_document_name_doesnt_outweigh_the_replies(mocks) -> None:
    document = load_release("2026.1").openapi
    assert of(mocks["2023.4"], document=document).release == "2023.4"
    assert of(mocks["2024.1"], replacing("2024.1.0", "2026.1.3"), document).release == "2024.1"


def test_an_endpoint_more_than_the_contract_has_speaks_against_nothing(mocks) -> None:
    def serving_logs(path: str, _body: bytes, reply: Answer) -> Answer:
        return (200, "application/json", b'{"logs": []}') if path.endswith("get_upload_logs") else reply

    found = of(mocks["2024.4"], serving_logs)
    assert (found.release, found.how) == ("2024.4", "found")


def test_where_none_fits_the_nearest_is_told_with_what_differs(mocks) -> None:
    found = of(mocks["2025.2"], without("error_summary"))
    assert (found.release, found.how) == ("2025.2", "nearest")
    assert found.reasons[0] == "no release fits, this one differs least (2 differences)"
    assert [line.rpartition(": ")[2] for line in found.differences["2025.2"]] == ["missing", "missing"]
    assert all("error_summary" in line for line in found.differences["2025.2"])
    assert set(found.differences) == set(release_ids())


@pytest.mark.parametrize("body", [None, [], {}, "text", 7, {"models": 3}, {"models": [None, [], 0]}], ids=repr)
def test_a_target_that_answers_anything_the_same_is_taken_for_the_default(body: object) -> None:
    with serving(constant(200, body)) as url:
        found, recorder = asked(url)
    assert found.release == "2023.4"
    assert len(recorder.exchanges) <= 8


def test_of_equally_far_releases_the_default_is_taken() -> None:
    with serving(constant(200, {"models": 3})) as url:
        found, _ = asked(url)
    assert (found.release, found.how) == ("2023.4", "nearest")
    assert {len(lines) for lines in found.differences.values()} == {2}


@pytest.mark.parametrize("status", [400, 401, 500, 503])
def test_a_target_that_refuses_everything_tells_nothing(status: int) -> None:
    with serving(constant(status, {"msg": "no", "code": status})) as url:
        found, _ = asked(url)
    assert (found.release, found.how) == ("2023.4", "assumed")
    assert found.reasons[-1].endswith("would fit too, and the oldest promises least")


def test_a_target_that_has_nothing_is_nearest_to_the_smallest_contract() -> None:
    with serving(constant(404, {"msg": "not found", "code": 404})) as url:
        found, _ = asked(url)
    assert (found.release, found.how) == ("2023.4", "nearest")
    assert "list: not there" in found.differences["2023.4"]


HOSTILE = "\x1b[2J\u202e\x00<script>" + "x" * 10_000


def test_hostile_replies_are_judged_within_bounds_and_shown_harmless() -> None:
    def answer(path: str, _body: bytes) -> Answer:
        row = {"id": 1, "name": HOSTILE, "owner_id": HOSTILE, "created_at": HOSTILE, "model_id": TOKEN, HOSTILE: TOKEN}
        rows = [row | {"id": TOKEN}] * 50
        return 200, "application/json", json.dumps(rows if "versions" in path else {"models": rows}).encode()

    with serving(answer) as url:
        found, _ = asked(url)
    everything = [*found.reasons, *(line for lines in found.differences.values() for line in lines)]
    assert found.release in release_ids()
    assert max(map(len, everything)) <= 200
    assert TOKEN not in "".join(everything)
    assert not any(character in "".join(everything) for character in "\x1b\u202e\x00\n")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        json.dumps({"models": [{"id": n, "x": [n] * 50} for n in range(40_000)]}).encode(),
        json.dumps({"models": [{f"k{n}": n for n in range(60_000)}]}).encode(),
        b'{"models": [{"model": {"id": ' + b"9" * 5000 + b"}}]}",
        b"\xff\xfe not text",
        b"",
    ],
    ids=["deep", "many-rows", "wide", "long-number", "binary", "empty"],
)
def test_replies_that_are_too_much_are_no_evidence_or_little(body: bytes) -> None:
    with serving(lambda _path, _body: (200, "application/json", body)) as url:
        assert asked(url)[0].release in release_ids()


@pytest.mark.parametrize(
    "version", ["2024.1" + "9" * 5000, "2024.1.0; rm", "9" * 4 + ".1", "", "\u0662\u0660\u0662\u0664.\u0661"]
)
def test_a_version_that_is_none_names_nothing(mocks, version: str) -> None:
    found = of(mocks["2026.1"], replacing('"2026.1.3"', json.dumps(version)))
    assert found.release in ("2025.2", "2026.1")


def test_an_unreachable_target_is_asked_once() -> None:
    found, recorder = asked(closed_port())
    assert found.release == "2023.4"
    assert len(recorder.exchanges) == 1


def test_a_silent_target_is_asked_once(closing: Callable[[], threading.Event]) -> None:
    gate = closing()

    def answer(_path: str, _body: bytes) -> Answer:
        gate.wait(20)
        return 200, "application/json", b"{}"

    with serving(answer) as url:
        found, recorder = asked(url, upload_timeout=0.5, read_timeout=0.5, deadline=0.5)
        gate.set()
    assert found.release == "2023.4"
    assert len(recorder.exchanges) == 1


@pytest.fixture
def closing() -> Iterator[Callable[[], threading.Event]]:
    gates: list[threading.Event] = []

    def make() -> threading.Event:
        gates.append(threading.Event())
        return gates[-1]

    yield make
    for gate in gates:
        gate.set()


def test_without_an_upload_the_workspaces_own_models_are_judged(mocks) -> None:
    """The probe is refused, but the workspace lists a model of somebody else's."""
    mock = mocks["2025.2"]
    asked(mock.url, mock.token, mock.workspace_id)

    def refusing(path: str, _body: bytes, reply: Answer) -> Answer:
        return (403, "application/json", b'{"msg": "no", "code": 403}') if "upload_and" in path else reply

    found = of(mock, refusing)
    assert (found.release, found.how) == ("2025.2", "found")
    assert found.reasons[0] == "list and get_version_by_id fit 2025.2 and 2026.1"
