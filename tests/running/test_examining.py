"""The look at an instance before its first check, as a run takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import release_ids
from conformance.mock import MockInstance
from conformance.running import canary
from conformance.running.assembly import EXAMINATION, Assembly
from conformance.running.means import Rehearsal
from conformance.settings import Settings, resolve
from tests.altered import altered
from tests.servers import Answer, closed_port, constant, serving

OWN = Path(__file__).resolve().parents[3] / "shared" / "evidence" / "openapi-2025.2.0.json"
TOKEN = {"WALLAROO_CONFORMANCE_TOKEN": "a-token-that-nobody-may-see"}


@pytest.fixture(scope="module")
def mocks() -> Iterator[dict[str, MockInstance]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(MockInstance(release=name)) for name in release_ids()}


@contextmanager
def assembled(settings: Settings, environ: dict[str, str] = TOKEN, **more: Any) -> Iterator[Assembly]:
    assembly = Assembly.make(settings, environ, **more)
    try:
        yield assembly
    finally:
        assembly.close()


@contextmanager
def on(mock: MockInstance, **flags: Any) -> Iterator[Assembly]:
    with assembled(resolve({"target": mock.url, **flags}, {}), {"WALLAROO_CONFORMANCE_TOKEN": mock.token}) as assembly:
        yield assembly


def sent(assembly: Assembly) -> list[str]:
    return [exchange.request.path.rpartition("/")[2] for exchange in assembly.recorder.exchanges]


@pytest.mark.parametrize("workspace", ["given", "made"])
@pytest.mark.parametrize("name", release_ids())
def test_a_live_instances_release_is_found_in_at_most_twelve_requests(mocks, name: str, workspace: str) -> None:
    given = {"workspace_id": str(mocks[name].workspace_id)} if workspace == "given" else {}
    with on(mocks[name], **given) as assembly:
        assert assembly.release.id == "2023.4"
        assert assembly.examine()
        assert {assembly.release.id, assembly.context.release.id, assembly.checkrun.release.id} == {name}
        examining = [x for x in assembly.recorder.exchanges if x.check == EXAMINATION]
        assert 0 < len(examining) <= 12
        others = [x.check for x in assembly.recorder.exchanges if x.check != EXAMINATION]
        assert others == [None, *[canary.CHECK] * 3]
        assert assembly.recorder.current_check is None


def test_it_is_done_once(mocks) -> None:
    with on(mocks["2024.1"]) as assembly:
        assert [assembly.examine() for _ in range(3)] == [True, False, False]
        assert assembly.check_prerequisites() is None
        assert sent(assembly).count("upload_and_convert") == 1
        assert sent(assembly).count("create") == 1


def test_the_lines_that_tell_it_name_release_reasons_and_document(mocks) -> None:
    with on(mocks["2025.2"]) as assembly:
        assembly.examine()
        release, document = assembly.told()
    assert release.startswith("release 2025.2 (found out): ")
    assert "; created_on_version is 2025.2.1; OpenAPI document names get_upload_logs and vllm" in release
    assert document == "OpenAPI document at /v1/api/openapi.json says what the contract does"


def test_a_named_release_holds_whatever_the_instance_is_and_only_its_document_is_read(mocks) -> None:
    with on(mocks["2024.1"], release="2023.4") as assembly:
        assembly.examine()
        assert (assembly.release.id, assembly.identification) == ("2023.4", None)
        assert "upload_and_convert" not in sent(assembly)
        assert assembly.told() == [
            "OpenAPI document at /v1/api/openapi.json differs from the contract: "
            "2 endpoints more, 5 fields lacking, 5 fields more"
        ]


@pytest.mark.parametrize("name", ["auto", *release_ids()])
def test_the_embedded_instance_is_of_the_named_release_or_the_default(name: str) -> None:
    with assembled(Settings(release=name), {}) as assembly:
        assembly.examine()
        assert assembly.release.id == ("2023.4" if name == "auto" else name)
        assert assembly.identification is None
        assert assembly.document is not None
        assert assembly.document.differences == ()


def test_somebody_elses_instance_isnt_looked_at(mocks) -> None:
    mock = mocks["2023.4"]
    with assembled(Settings(), {}, source=Rehearsal(mock, "0badcafe")) as assembly:
        assert not assembly.examine()
        assert assembly.recorder.exchanges == []


def test_a_worker_is_told_what_the_controller_found(mocks) -> None:
    with on(mocks["2026.1"]) as controller:
        controller.examine()
        handed = controller.handover("gw0")
        with assembled(controller.settings, {"WALLAROO_CONFORMANCE_TOKEN": mocks["2026.1"].token}, handed=handed) as w:
            assert not w.examine()
            assert (w.release.id, w.checkrun.release.id, w.recorder.exchanges) == ("2026.1", "2026.1", [])
            assert w.context.workspace == controller.context.workspace


@pytest.mark.parametrize("workspace", [{"workspace_id": "1"}, {}], ids=["given", "made"])
def test_what_cant_be_tested_is_judged_by_the_default_after_one_request(workspace: dict[str, str]) -> None:
    with assembled(resolve({"target": closed_port(), **workspace}, {})) as assembly:
        assembly.examine()
        assert assembly.check_prerequisites() is not None
        assert len(assembly.recorder.exchanges) == 1
        assert assembly.told() == ["release 2023.4 (assumed; nothing tells): the instance can't be asked"]
        assert assembly.document is None


def test_refused_credentials_block_as_before() -> None:
    with (
        serving(constant(401, {"msg": "no", "code": 401})) as url,
        assembled(resolve({"target": url, "workspace_id": "1"}, {})) as assembly,
    ):
        assembly.examine()
        assert (assembly.context.prerequisite_failure or "").startswith("credentials refused: list answered 401")
        assert len(assembly.recorder.exchanges) == 1


def test_no_token_is_in_what_is_told(mocks) -> None:
    def echo(_path: str, body: bytes) -> tuple[int, str, bytes]:
        token = TOKEN["WALLAROO_CONFORMANCE_TOKEN"]
        return 200, "application/json", f'{{"models": [{{"id": "{token}", "name": "{token}"}}]}}'.encode()

    with serving(echo) as url, assembled(resolve({"target": url, "workspace_id": "1"}, {})) as assembly:
        assembly.examine()
        found = assembly.identification
    assert found is not None
    assert TOKEN["WALLAROO_CONFORMANCE_TOKEN"] not in repr((assembly.told(), found))


@pytest.mark.skipif(not OWN.exists(), reason="the instance's document (shared/evidence) isn't beside the project")
def test_a_live_instances_document_is_evidence_and_compared(mocks) -> None:
    """The document that an instance of 2025.2.0 serves, on the embedded instance of 2025.2."""

    def serving_it(path: str, _body: bytes, reply: Answer) -> Answer:
        return (200, "application/json", OWN.read_bytes()) if path == "/v1/api/docs" else reply

    mock = mocks["2025.2"]
    with altered(mock, serving_it) as url:
        settings = resolve({"target": url}, {})
        with assembled(settings, {"WALLAROO_CONFORMANCE_TOKEN": mock.token}) as assembly:
            assembly.examine()
            release, document = assembly.told()
            found = assembly.document
    assert release.startswith("release 2025.2 (found out): ")
    assert release.endswith("OpenAPI document knows versions up to 2025.2.0")
    assert document.startswith(
        "OpenAPI document at /v1/api/docs differs from the contract: 2 endpoints lacking, 22 endpoints more, "
    )
    assert found is not None
    assert (found.title, found.version, found.omitted) == ("Wallaroo MLOps API", "0.1", 0)


def test_what_was_met_at_the_target_is_part_of_the_result(mocks) -> None:
    with on(mocks["2025.2"]) as assembly:
        assembly.examine()
        found, document = assembly.result([]).identity, assembly.document
    assert found is not None
    assert document is not None
    assert found.url == mocks["2025.2"].url
    assert found.openapi_url == f"{mocks['2025.2'].url}/v1/api/openapi.json"
    assert found.openapi_sha256 == document.sha256
    assert found.certificate_sha256 is None


def test_a_target_that_isnt_there_has_no_identity() -> None:
    with assembled(resolve({"target": closed_port()}, {})) as assembly:
        assembly.examine()
        assert assembly.result([]).identity is None
