"""A recorded run judged again: the same verdict from the same exchanges, and another from others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import fixtures
from conformance.errors import UsageError
from conformance.mock import MockInstance
from conformance.mock.defects import behaviour_for
from conformance.running.assembly import Assembly
from conformance.running.finishing import finish
from conformance.running.rejudging import rejudge
from conformance.running.runner import Listener, run_suite
from conformance.settings import resolve
from tests.commands import run_pytest

SHORTENED = "upload.file-name.shortened"


def recorded_run(folder: Path, instance: MockInstance | None = None, select: str | None = None, **flags: Any) -> Path:
    """Run as the command does and leave the run's files in `folder`; without an instance, on an embedded one."""
    environ = {"WALLAROO_CONFORMANCE_TOKEN": instance.token} if instance else {}
    target = {"target": instance.url} if instance else {}
    assembly = Assembly.make(resolve({**target, "out": folder, **flags}, {}), environ)
    try:
        assembly.examine()
        assert assembly.check_prerequisites() is None
        finish(folder, run_suite(assembly, Listener(), select=select))
    finally:
        assembly.close()
    return folder


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> Path:
    return recorded_run(tmp_path_factory.mktemp("healthy"), release="2025.2")


@pytest.fixture(scope="module")
def defective(tmp_path_factory) -> Path:
    with MockInstance(behaviour=behaviour_for([SHORTENED], "2023.4")) as instance:
        return recorded_run(tmp_path_factory.mktemp("defective"), instance, release="2023.4")


@pytest.fixture
def copied(tmp_path) -> Callable[[Path], Path]:
    """A folder of one's own with the same files."""
    return lambda folder: Path(shutil.copytree(folder, tmp_path / "copy"))


def altered_statement(folder: Path, alter: Callable[[dict[str, Any]], object]) -> Path:
    path = folder / "statement.json"
    stated = json.loads(path.read_bytes())
    alter(stated)
    path.write_text(json.dumps(stated))
    return folder


def altered_file(folder: Path, **facts: Any) -> Path:
    """What the statement says of the ONNX file, otherwise."""
    return altered_statement(folder, lambda one: one["circumstances"]["onnx_model"].update(facts))


def in_processes_of_their_own(stated: dict[str, Any]) -> None:
    for number, check in enumerate(stated["checks"]):
        check["process"] = f"gw{number}"


def altered_recording(folder: Path, alter: Callable[[list[dict[str, Any]]], object]) -> Path:
    path = folder / "exchanges.ndjson"
    exchanges = [json.loads(line) for line in path.read_text().splitlines()]
    alter(exchanges)
    path.write_text("".join(json.dumps(one) + "\n" for one in exchanges))
    return folder


def test_a_healthy_run_is_judged_the_same(healthy):
    again = rejudge(healthy)
    assert again.differences == ()
    assert again.result.verdict.verdict == "conformant"
    assert len(again.result.outcomes) == len(again.stated["checks"])


def test_a_failure_fails_again_with_the_same_words(defective):
    again = rejudge(defective)
    assert again.differences == ()
    assert again.result.verdict.verdict == "not-conformant"
    told = [(check["expected"], check["actual"]) for check in again.stated["checks"] if check["verdict"] == "failed"]
    assert [(one.outcome.expected, one.outcome.actual) for one in again.result.failures()] == told


def test_no_request_leaves_and_no_instance_is_started(healthy, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refused)
    monkeypatch.setattr("socket.socket.bind", refused)
    assert rejudge(healthy).differences == ()


@pytest.mark.parametrize("release", ["2023.4", "2024.1", "2024.4", "2026.1"])
def test_the_full_profile_of_each_release_is_judged_the_same(release, tmp_path):
    assert rejudge(recorded_run(tmp_path, release=release, profile="full")).differences == ()


def test_the_release_is_found_out_again(tmp_path):
    with MockInstance(release="2024.4") as instance:
        again = rejudge(recorded_run(tmp_path, instance))
    assert again.differences == ()
    assert again.result.release == "2024.4"
    assert again.result.identification is not None
    assert again.result.identification.how == again.stated["identification"]["how"]


def test_a_given_workspace_is_kept_to(tmp_path):
    with MockInstance() as instance:
        again = rejudge(recorded_run(tmp_path, instance, release="2023.4", workspace_id=str(instance.workspace_id)))
    assert again.differences == ()
    assert again.result.workspace_id == instance.workspace_id


def test_model_files_of_one_s_own_needn_t_be_at_hand(tmp_path):
    own = tmp_path / "own.onnx"
    own.write_bytes(fixtures.load("fraud_classifier").path.read_bytes() + b"\x32\x03own")
    with MockInstance(release="2024.4") as instance:
        folder = recorded_run(tmp_path / "run", instance, release="2024.4", onnx_model=own)
    own.unlink()
    again = rejudge(folder)
    assert not again.stated["circumstances"]["onnx_model"]["shipped"]
    assert again.differences == ()


def test_the_wrong_digest_of_an_own_file_is_still_found(tmp_path):
    own = tmp_path / "own.onnx"
    own.write_bytes(fixtures.load("fraud_classifier").path.read_bytes() + b"\x32\x03own")
    folder = recorded_run(tmp_path / "run", onnx_model=own)

    def other_digests(exchanges: list[dict[str, Any]]) -> None:
        for exchange in exchanges:
            for part in exchange["request"]["parts"]:
                if part["text"] is None:
                    part["sha256"] = part["sha256"][::-1]

    again = rejudge(altered_recording(folder, other_digests))
    assert "requirement list-versions.sha-is-sha256: verdict is failed, the statement says passed" in "\n".join(
        again.differences
    )


def test_a_part_of_the_suite_is_judged_as_that_part(tmp_path):
    again = rejudge(recorded_run(tmp_path, select="test_list_times"))
    assert again.stated["circumstances"]["select"] == "test_list_times"
    assert again.differences == ()
    assert again.result.verdict.verdict == "not-testable"


@pytest.mark.parametrize("options", [[], ["-n", "2", "--dist", "worksteal"]], ids=["one process", "two processes"])
def test_a_run_by_pytest_is_judged_the_same(options, tmp_path):
    done = run_pytest("-q", *options, "--release", "2024.1", "--conformance-out", "out", cwd=tmp_path, autoload=True)
    assert done.returncode == 0, done.stdout[-2000:]
    again = rejudge(tmp_path / "out")
    processes = {check["process"] for check in again.stated["checks"]}
    assert processes == ({"gw0", "gw1"} if options else {"main"})
    assert again.stated["circumstances"]["select"] is None
    assert again.differences == ()


def test_an_edited_verdict_is_found(defective, copied):
    def whitewash(stated: dict[str, Any]) -> None:
        stated["verdict"], stated["exit_code"] = "conformant", 0
        for one in (*stated["requirements"], *stated["checks"]):
            one["verdict"] = "passed" if one["verdict"] == "failed" else one["verdict"]

    told = "\n".join(rejudge(altered_statement(copied(defective), whitewash)).differences)
    assert "the verdict is 'not-conformant', the statement says 'conformant'" in told
    assert "requirement list-versions.file-name-verbatim: verdict is failed, the statement says passed" in told
    assert "check test_list_versions.py::test_file_name_is_the_parts_filename: verdict is failed" in told


def test_a_check_that_was_left_out_of_the_statement_is_found(defective, copied):
    def leave_out(stated: dict[str, Any]) -> None:
        stated["checks"] = [check for check in stated["checks"] if check["verdict"] != "failed"]

    told = "\n".join(rejudge(altered_statement(copied(defective), leave_out)).differences)
    assert "test_file_name_is_the_parts_filename is failed, the statement doesn't list it" in told


def test_an_invented_check_and_a_lower_level_are_found(healthy, copied):
    def invent(stated: dict[str, Any]) -> None:
        stated["checks"].append({**stated["checks"][0], "nodeid": "test_x.py::test_invented"})
        next(one for one in stated["requirements"] if one["level"] == "MUST")["level"] = "MAY"

    told = "\n".join(rejudge(altered_statement(copied(healthy), invent)).differences)
    assert "check test_x.py::test_invented is passed in the statement, but isn't part of this suite" in told
    assert "level is MUST, the statement says MAY" in told


def test_a_removed_exchange_is_found(healthy, copied):
    def remove(exchanges: list[dict[str, Any]]) -> None:
        exchanges.remove(next(one for one in exchanges if one["endpoint"] == "upload_and_convert" and one["check"]))

    told = "\n".join(rejudge(altered_recording(copied(healthy), remove)).differences)
    assert "the recording has no answer to POST /v1/api/models/upload_and_convert" in told


def test_an_altered_reply_is_found(healthy, copied):
    def alter(exchanges: list[dict[str, Any]]) -> None:
        for one in exchanges:
            if one["endpoint"] == "list_versions" and one["response"]["body"]:
                one["response"]["body"] = one["response"]["body"].replace('"sha"', '"sah"')

    told = "\n".join(rejudge(altered_recording(copied(healthy), alter)).differences)
    assert "list-versions.sha: verdict is failed, the statement says passed" in told


def test_a_reply_that_isn_t_whole_proves_nothing(healthy, copied):
    def cut(exchanges: list[dict[str, Any]]) -> None:
        for one in exchanges:
            if one["endpoint"] == "get_by_id":
                one["response"] |= {"truncated": True, "sha256": "a" * 64}

    told = "\n".join(rejudge(altered_recording(copied(healthy), cut)).differences)
    assert "the recording holds only the beginning of a reply" in told


def test_another_release_judges_by_its_own_contract(healthy):
    again = rejudge(healthy, "2023.4")
    assert again.result.release == "2023.4"
    assert "the release is '2023.4', the statement says '2025.2'" in again.differences


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "statement.json").unlink(), "can't read .*give the folder of a run"),
        (lambda folder: (folder / "exchanges.ndjson").unlink(), "can't read .*exchanges.ndjson"),
        (lambda folder: (folder / "statement.json").write_text("{"), "isn't JSON"),
        (lambda folder: (folder / "statement.json").write_text("[" * 100_000), "isn't JSON"),
        (lambda folder: altered_statement(folder, lambda one: one.update(format=2)), "can't be judged again"),
        (
            lambda folder: altered_statement(folder, lambda one: one.update(circumstances=None)),
            "doesn't say what its run was given",
        ),
        (lambda folder: altered_file(folder, file_name="../../evil.onnx"), "'../../evil.onnx' isn't one of a file"),
        (lambda folder: altered_file(folder, file_name=".."), "isn't one of a file"),
        (lambda folder: altered_file(folder, size=10**15, sha256="a" * 64), "is larger than"),
        (
            lambda folder: altered_statement(folder, lambda one: one["run"].update(started_at="2026-99-01T00:00:00Z")),
            "month",
        ),
        (lambda folder: altered_statement(folder, lambda one: one.update(target="https://a:b@c")), "holds credentials"),
        (lambda folder: altered_statement(folder, in_processes_of_their_own), "processes, more than 64"),
    ],
    ids=[
        *("no statement", "no recording", "not JSON", "too deep", "older format", "no circumstances"),
        *("a path as a name", "a folder as a name", "too large a file", "no time", "no target", "too many processes"),
    ],
)
def test_what_is_no_run_is_one_clear_line(healthy, copied, spoil, said):
    folder = copied(healthy)
    spoil(folder)
    with pytest.raises(UsageError, match=said) as raised:
        rejudge(folder)
    assert "\n" not in str(raised.value)


def test_what_was_generated_isn_t_generated_anew(tmp_path, monkeypatch):
    folder = recorded_run(tmp_path, release="2025.2", profile="full")

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("something was generated")

    monkeypatch.setattr("conformance.suite.searching.search", refused)
    monkeypatch.setattr("conformance.suite.fuzzing.Fuzzer._search", refused)
    monkeypatch.setattr("conformance.suite.fuzzing.Fuzzer._walk", refused)
    again = rejudge(folder)
    assert again.differences == ()
    used = {name for check in again.result.outcomes for name in check.exchanges if "test_fuzzing" in check.nodeid}
    assert len(used) > 100


def test_a_reply_to_a_generated_request_is_judged_again(tmp_path):
    folder = recorded_run(tmp_path, release="2023.4", profile="full")

    def bare_refusals(exchanges: list[dict[str, Any]]) -> None:
        for one in exchanges:
            generated = "test_undocumented_requests" in (one["check"] or "")
            if generated and one["response"]["status"] == 400:
                one["response"]["body"] = "no"

    def other_models(exchanges: list[dict[str, Any]]) -> None:
        for one in exchanges:
            if one["follows"] and one["endpoint"] == "get_by_id":
                one["response"]["body"] = one["response"]["body"].replace('{"id":', '{"id":9')

    altered_recording(folder, lambda exchanges: (bare_refusals(exchanges), other_models(exchanges)))
    told = "\n".join(rejudge(folder).differences)
    assert "requirement fuzzing.negative-data-refused-cleanly: verdict is failed" in told
    assert "requirement fuzzing.stateful-links: verdict is failed" in told


@pytest.mark.parametrize("allowed", [False, True])
def test_waivers_hide_again_what_they_hid(tmp_path, allowed):
    waivers = tmp_path / "waivers.toml"
    entry = 'reason = "r"\nowner = "platform"\nissue = "https://issues.example.com/1"\nexpires = 9999-12-31\n'
    waivers.write_text(
        f'[[waiver]]\nrequirement = "list-versions.file-name-verbatim"\n{entry}'
        f'[[waiver]]\nrequirement = "list.id"\ntarget = "https://elsewhere.example.com"\n{entry}'
    )
    with MockInstance(behaviour=behaviour_for([SHORTENED], "2023.4")) as instance:
        folder = recorded_run(tmp_path / "run", instance, release="2023.4", waivers=waivers, allow_waivers=allowed)
    waivers.unlink()
    again = rejudge(folder)
    assert again.differences == ()
    assert again.result.verdict.verdict == "conformant-with-waivers"
    assert again.result.verdict.exit_code == (0 if allowed else 1)
    assert [one.why for one in again.result.idle_waivers] == ["other-target"]
