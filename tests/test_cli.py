"""The command as its users meet it: exit codes, one line for each mistake, and the files it leaves."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import signal
import subprocess
import sys

import pytest
import requests

from conformance.contract import load_release, release_ids
from conformance.mock import MockInstance
from conformance.running.assembly import Assembly
from conformance.running.runner import Listener, run_suite
from conformance.settings import Settings
from tests.commands import command
from tests.servers import closed_port, constant, serving

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture(scope="module")
def conformant_run(tmp_path_factory):
    """One run of the core profile on the embedded instance."""
    folder = tmp_path_factory.mktemp("conformant")
    done = command("run", "--out", "out", cwd=folder)
    return done, folder / "out"


def test_the_embedded_instance_conforms_and_the_exit_code_is_0(conformant_run):
    done, out = conformant_run
    statement = json.loads((out / "statement.json").read_text())
    failed = [r for r in statement["requirements"] if r["verdict"] not in ("passed", "not-applicable")]
    assert done.returncode == 0, (failed, done.stdout, done.stderr)
    assert statement["verdict"] == "conformant"
    assert not [r["id"] for r in failed if r["level"] == "MUST"]


def test_a_run_leaves_a_bundle_and_says_that_it_is_unsigned(conformant_run):
    done, out = conformant_run
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md",
        "exchanges.ndjson",
        "junit.xml",
        "kill-score.json",
        "manifest.json",
        "report.html",
        "statement.json",
    ]
    assert len([line for line in done.stdout.splitlines() if line.startswith("Bundle out, unsigned")]) == 1


def test_the_core_profile_stays_within_its_budget_of_requests(conformant_run):
    _, out = conformant_run
    assert 50 < len((out / "exchanges.ndjson").read_text().splitlines()) <= 400


def test_the_last_line_of_the_screen_is_the_verdict(conformant_run):
    done, _ = conformant_run
    assert "conformant" in done.stdout.strip().splitlines()[-1].lower()
    assert "Traceback" not in done.stdout + done.stderr


def test_no_token_of_the_run_is_in_any_file_or_output(conformant_run):
    done, out = conformant_run
    everything = done.stdout + done.stderr + "".join(p.read_text() for p in out.iterdir())
    assert "eyJ" not in everything


def test_a_failed_must_is_exit_code_1(tmp_path):
    answer = constant(200, {"workspace_id": 7, "models": []})
    with serving(answer) as url:
        done = command("run", "--target", url, "--out", "out", cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=TOKEN)
    statement = json.loads((tmp_path / "out" / "statement.json").read_text())
    assert done.returncode == 1, done.stderr
    assert statement["verdict"] == "not-conformant"
    assert not [r["id"] for r in statement["requirements"] if r["level"] == "MUST" and r["verdict"] == "passed"]
    assert TOKEN not in done.stdout + done.stderr + "".join(p.read_text() for p in (tmp_path / "out").iterdir())
    assert "Expected  " in done.stdout
    assert "curl" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (["run", "--colour"], {}, "--colour"),
        (["run", "--workspace-id", "ten"], {}, "--workspace-id"),
        (["run", "--profile", "huge"], {}, "core, full"),
        (["run", "--target", "https://example.com"], {}, "WALLAROO_CONFORMANCE_TOKEN"),
        (["run", "--target", "ftp://example.com"], {"WALLAROO_CONFORMANCE_TOKEN": TOKEN}, "http"),
        (
            ["run", "--target", f"https://user:{TOKEN}@example.com"],
            {"WALLAROO_CONFORMANCE_TOKEN": TOKEN},
            "holds credentials",
        ),
        (["run", "--onnx-model", "absent.onnx"], {}, "absent.onnx"),
        (["run", "--token-file", "absent"], {}, "absent"),
        (["check", "delete", "-"], {}, "delete"),
        (["check", "list", "absent.json"], {}, "absent.json"),
        (
            ["check", "get_upload_logs", "-", "--release", "2024.4"],
            {},
            "release 2024.4 has no endpoint get_upload_logs",
        ),
        (["requirements", "--format", "pdf"], {}, "pdf"),
        (["run", "--release", "3.4"], {}, "no contract for release '3.4'; known: auto, 2023.4"),
        (["mock", "--release", "3.4"], {}, "no contract for release '3.4'; known: auto, 2023.4"),
        (["requirements", "--release", "../2023.4"], {}, "no contract for release '../2023.4'"),
        (["check", "list", "-", "--release", "3.4"], {}, "no contract for release '3.4'"),
        (["contract", "diff", "2023.4", "3.4"], {}, "no contract for release '3.4'"),
        (["contract", "diff", "2023.4"], {}, "NEW"),
        (["contract", "list", "--format", "pdf"], {}, "pdf"),
        (["run"], {"WALLAROO_CONFORMANCE_RELEASE": "newest"}, "no contract for release 'newest'"),
        (["mock", "--port", "99999"], {}, "99999"),
        (["sing"], {}, "sing"),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_usage_is_one_line_and_exit_code_2(tmp_path, arguments, environ, said):
    done = command(*arguments, cwd=tmp_path, **environ)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert said in done.stderr
    assert TOKEN not in done.stderr
    assert done.stdout == ""


def test_an_unreachable_instance_is_exit_code_3_and_says_so(tmp_path):
    done = command("run", "--target", closed_port(), "--out", "out", cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=TOKEN)
    assert done.returncode == 3
    assert "Traceback" not in done.stdout + done.stderr
    statement = json.loads((tmp_path / "out" / "statement.json").read_text())
    assert statement["verdict"] == "not-testable"
    assert not [r for r in statement["requirements"] if r["verdict"] == "passed"]


def test_refused_credentials_are_exit_code_3(tmp_path):
    with serving(constant(401, {"msg": "no", "code": 401})) as url:
        done = command("run", "--target", url, "--out", "out", cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=TOKEN)
    assert done.returncode == 3
    assert "credentials refused" in done.stdout


@pytest.mark.parametrize(
    ("expression", "said"), [("no_such_check_anywhere", "selects none of the checks"), ("(", "isn't an expression")]
)
def test_a_selection_of_nothing_is_bad_usage_and_leaves_nothing_on_the_instance(tmp_path, expression, said):
    with MockInstance(release="2024.4") as instance:
        arguments = ["run", "--target", instance.url, "-k", expression, "--out", "out"]
        done = command(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=instance.token)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr.splitlines()[-1]
    assert "delete_model" in (tmp_path / "out" / "exchanges.ndjson").read_text()


def test_a_crash_of_the_suite_is_exit_code_4():
    def crash(_total: int) -> None:
        raise ZeroDivisionError

    assembly = Assembly.make(Settings(), {})
    try:
        result = run_suite(assembly, Listener(on_collected=crash))
    finally:
        assembly.close()
    assert (result.verdict.verdict, result.verdict.exit_code) == ("suite-error", 4)
    assert "ZeroDivisionError" in result.verdict.reason


def test_a_folder_that_is_used_again_holds_the_last_run_alone(tmp_path):
    arguments = ["run", "-k", "documentation_page", "--out", "out"]
    counts = []
    for _ in range(2):
        command(*arguments, cwd=tmp_path)
        statement = json.loads((tmp_path / "out" / "statement.json").read_text())
        recorded = (tmp_path / "out" / "exchanges.ndjson").read_bytes()
        assert statement["exchanges"]["sha256"] == hashlib.sha256(recorded).hexdigest()
        counts.append(len(recorded.splitlines()))
    assert counts[0] == counts[1]


def test_reports_go_to_a_folder_named_after_time_and_run(tmp_path):
    command("run", "-k", "documentation_page", cwd=tmp_path)
    (folder,) = (tmp_path / "reports").iterdir()
    statement = json.loads((folder / "statement.json").read_text())
    assert folder.name.endswith(statement["run"]["id"])


def test_exploration_is_told_apart_and_decides_nothing(tmp_path):
    done = command("run", "-k", "documentation_page", "--explore", "2", "--out", "out", cwd=tmp_path)
    assert "Exploration, apart from the verdict: 0 findings" in done.stdout
    found = json.loads((tmp_path / "out" / "exploration.json").read_text())
    assert found["requests"] > 0
    assert found["findings"] == []


def test_the_mock_can_be_made_wrong_and_says_which_defects_it_knows_nothing_of(tmp_path):
    done = command("mock", "--defect", "list.owner-id.mising", cwd=tmp_path)
    assert done.returncode == 2
    assert "list.owner-id.missing" in done.stderr


def test_the_selftest_kills_a_defect_for_its_own_reason(tmp_path):
    done = command("selftest", "--defect", "list.owner-id.missing", "--jobs", "1", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    for name in release_ids():
        matrix = json.loads((tmp_path / "out" / f"kill-matrix-{name}.json").read_text())
        assert [(d["id"], d["verdict"]) for d in matrix["defects"]] == [("list.owner-id.missing", "killed")]


def test_on_a_terminal_the_verdict_stays_when_the_bar_is_gone(tmp_path):
    screen, side = pty.openpty()
    environ = {k: v for k, v in os.environ.items() if k != "CI" and not k.startswith("WALLAROO_CONFORMANCE")}
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "run", "-k", "documentation_page", "--out", "out"],
        cwd=tmp_path,
        env=environ | {"TERM": "xterm"},
        stdout=side,
        stderr=side,
    )
    os.close(side)
    shown = b""
    try:
        while chunk := os.read(screen, 1 << 16):
            shown += chunk
    except OSError:  # Linux says so when the last writer is gone.
        pass
    finally:
        os.close(screen)
    assert process.wait(60) == 3
    assert b"\x1b[" in shown
    assert b"NOT TESTABLE" in shown.strip().splitlines()[-1]


def test_strict_makes_a_failed_should_fatal(tmp_path):
    with serving(constant(200, {"workspace_id": 7})) as url:
        arguments = ["run", "--target", url, "-k", "documentation_page", "--out", "out"]
        environ = {"WALLAROO_CONFORMANCE_TOKEN": TOKEN}
        lenient = command(*arguments, cwd=tmp_path, **environ)
        strict = command(*arguments, "--strict", cwd=tmp_path, **environ)
    assert (lenient.returncode, strict.returncode) == (3, 1)


@pytest.fixture(scope="module")
def live_run(tmp_path_factory):
    """One run of the core profile on a live instance of 2025.2 whose release nobody names."""
    folder = tmp_path_factory.mktemp("live")
    with MockInstance(release="2025.2") as mock:
        done = command("run", "--target", mock.url, "--out", "out", cwd=folder, WALLAROO_CONFORMANCE_TOKEN=mock.token)
        headers = {"Authorization": f"Bearer {mock.token}"}
        listed = requests.post(
            f"{mock.url}/v1/api/models/list", json={"workspace_id": None}, headers=headers, timeout=10
        )
    return done, json.loads((folder / "out" / "statement.json").read_text()), listed


def test_a_live_instances_release_is_found_and_told_before_the_checks(live_run):
    done, statement, _ = live_run
    assert done.returncode == 0, done.stdout
    first = done.stderr.splitlines()[0]
    assert first.startswith("release 2025.2 (found out): list and get_version_by_id fit 2025.2 and 2026.1; ")
    assert "created_on_version is 2025.2.1" in first
    assert "release 2025.2 (found out)" in done.stdout
    assert statement["release"] == "2025.2"
    assert "created_on_version is 2025.2.1" in statement["identification"]["reasons"]
    assert "2024.4" in statement["identification"]["differences"]
    assert {r["verdict"] for r in statement["requirements"]} == {"passed", "not-applicable"}


def test_its_own_document_is_compared_and_its_models_are_gone(live_run):
    done, statement, listed = live_run
    assert statement["openapi"]["url"] == "/v1/api/openapi.json"
    assert statement["openapi"]["differences"] == []
    assert "OpenAPI document at /v1/api/openapi.json says what the contract does" in done.stderr
    assert statement["cleaning"]["deleted"] > 20
    assert statement["cleaning"]["left_behind"] == []
    assert f"Cleaned up: {statement['cleaning']['deleted']} models deleted" in done.stdout
    assert listed.status_code < 300
    assert listed.json() == {"models": []}


def test_what_fits_no_release_is_told_the_nearest_and_what_differs(tmp_path):
    """A target that lists 2024.1's models without their workspace."""
    example = next(e.body for e in load_release("2024.1").examples if e.endpoint == "list")
    rows = [{key: value for key, value in row.items() if key != "workspace"} for row in example["models"]]

    def answer(path: str, _body: bytes) -> tuple[int, str, bytes]:
        body = {"models": rows} if path.endswith("models/list") else {"msg": "no", "code": 400}
        return (200 if "models" in body else 400), "application/json", json.dumps(body).encode()

    with serving(answer) as url:
        arguments = ["run", "--target", url, "--workspace-id", "1", "-k", "documentation_page", "--out", "out"]
        done = command(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=TOKEN)
    assert done.stderr.startswith(
        "release 2024.1 (the nearest; none fits): no release fits, this one differs least (1 difference); "
    )
    statement = json.loads((tmp_path / "out" / "statement.json").read_text())
    assert statement["identification"]["how"] == "nearest"
    assert statement["identification"]["differences"]["2024.1"] == ["list: models[0].workspace: missing"]
    assert "release 2024.1 (the nearest; none fits)" in done.stdout


def test_a_named_release_is_the_embedded_instances(tmp_path):
    done = command("run", "--release", "2026.1", "--out", "out", cwd=tmp_path)
    statement = json.loads((tmp_path / "out" / "statement.json").read_text())
    assert done.returncode == 0, done.stdout
    assert (statement["release"], statement["identification"], statement["cleaning"]) == ("2026.1", None, None)
    assert {r["id"] for r in statement["requirements"]} == set(load_release("2026.1").requirements)


def test_check_says_which_releases_a_reply_fits_and_why_not_the_others(tmp_path):
    body = next(e.body for e in load_release("2024.1").examples if e.endpoint == "list")
    (tmp_path / "reply.json").write_text(json.dumps(body))
    found = command("check", "list", "reply.json", cwd=tmp_path)
    named = command("check", "list", "reply.json", "--release", "2025.2", cwd=tmp_path)
    assert (found.returncode, named.returncode) == (0, 1)
    assert found.stdout.splitlines()[0] == "list: fits releases 2024.1 and 2024.4 as a successful reply"
    assert "not 2023.4: models[0].id: missing" in found.stdout
    assert "violations of release 2025.2" in named.stdout


def test_contract_lists_the_releases_and_what_changes_between_two(tmp_path):
    listed = command("contract", "list", cwd=tmp_path)
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["release", *release_ids()]
    for style in ("table", "markdown", "json"):
        changed = command("contract", "diff", "2024.4", "2025.2", "--format", style, cwd=tmp_path)
        assert changed.returncode == 0
        assert "get_upload_logs" in changed.stdout


def test_the_mock_speaks_the_release_that_it_is_asked_for(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "mock", "--json", "--release", "2024.1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["release"] == "2024.1"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("name", release_ids())
def test_the_requirements_of_each_release_have_checks_or_reasons(tmp_path, name):
    done = command("requirements", "--release", name, "--format", "json", cwd=tmp_path)
    listed = json.loads(done.stdout)
    assert listed["release"] == name
    assert [r["id"] for r in listed["requirements"]] == list(load_release(name).requirements)
    for requirement in listed["requirements"]:
        assert bool(requirement["checks"]) != bool(requirement["excluded"]), requirement["id"]


def test_listing_requirements_asks_no_target(tmp_path):
    environ = {"WALLAROO_CONFORMANCE_TARGET": closed_port()}
    done = command("requirements", "--format", "json", cwd=tmp_path, **environ)
    assert (done.returncode, json.loads(done.stdout)["release"]) == (0, "2023.4")


def test_check_judges_a_saved_reply(tmp_path):
    (tmp_path / "reply.json").write_text('{"models": [{"id": 0}]}')
    done = command("check", "list", "reply.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "models[0].id" in done.stdout
    (tmp_path / "reply.json").write_text('{"models": []}')
    assert command("check", "list", "reply.json", cwd=tmp_path).returncode == 0


def test_the_mock_says_where_it_is_and_ends_cleanly(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "mock", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        headers = {"Authorization": f"Bearer {said['token']}"}
        body = {"workspace_id": said["workspace_id"]}
        reply = requests.post(f"{said['url']}/v1/api/models/list", json=body, headers=headers, timeout=10)
        assert reply.json() == {"models": []}
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_the_users_own_pytest_configuration_has_no_say(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not asked')\n")
    done = command("run", "-k", "documentation_page", "--out", "out", cwd=tmp_path, PYTEST_ADDOPTS="--nonsense")
    statement = json.loads((tmp_path / "out" / "statement.json").read_text())
    assert {r["id"]: r["verdict"] for r in statement["requirements"]}["api.docs-page"] == "passed", done.stdout
