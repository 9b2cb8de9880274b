"""The suite as plain pytest runs it, beside the user's own options and plugins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.mock import MockInstance
from conformance.mock.behaviour import Behaviour
from tests.commands import run_pytest
from tests.servers import closed_port, serving


def verdicts(folder: Path) -> dict[str, str]:
    statement = json.loads((folder / "statement.json").read_text())
    return {r["id"]: r["verdict"] for r in statement["requirements"]}


def test_the_options_stand_in_a_group_of_their_own(tmp_path):
    done = run_pytest("--help", cwd=tmp_path)
    group = done.stdout.partition("Wallaroo conformance, for the checks of conformance.suite:")[2]
    for option in ("--target", "--token-file", "--workspace-id", "--profile", "--conformance-out", "--strict-levels"):
        assert option in group


def test_two_workers_in_random_order_give_the_verdicts_of_one_in_order(tmp_path):
    alone = run_pytest("-q", "-p", "no:randomly", "--conformance-out", "alone", cwd=tmp_path)
    both = run_pytest("-q", "-n", "2", "--conformance-out", "both", cwd=tmp_path, autoload=True)
    assert (alone.returncode, both.returncode) == (0, 0), alone.stdout[-2000:] + both.stdout[-2000:]
    assert verdicts(tmp_path / "alone") == verdicts(tmp_path / "both")
    assert set(verdicts(tmp_path / "alone").values()) == {"passed", "not-applicable"}


def test_a_failed_should_is_an_expected_failure_until_it_is_asked_for(tmp_path):
    class NoDocs(Behaviour):
        def application(self, app):
            async def without_docs(scope, receive, send):
                if scope["type"] == "http" and scope["path"].startswith("/v1/api/docs"):
                    scope = scope | {"path": "/nowhere", "raw_path": b"/nowhere"}
                await app(scope, receive, send)

            return without_docs

    with MockInstance(behaviour=NoDocs()) as mock:
        arguments = ["-q", "-k", "documentation_page", "--target", mock.url]
        lenient = run_pytest(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=mock.token)
        strict = run_pytest(*arguments, "--strict-levels", cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=mock.token)
    assert lenient.returncode == 0, lenient.stdout
    assert "1 xfailed" in lenient.stdout
    assert strict.returncode == 1
    assert "Expected: /v1/api/docs" in strict.stdout
    assert mock.token not in lenient.stdout + strict.stdout


def test_a_closed_port_fails_every_must_as_not_testable(tmp_path):
    arguments = ["-q", "--target", closed_port(), "--conformance-out", "out"]
    done = run_pytest(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN="nothing-to-see-here")
    assert done.returncode == 1
    assert "passed" not in set(verdicts(tmp_path / "out").values())


def test_an_html_target_passes_nothing(tmp_path):
    with serving(lambda _path, _body: (200, "text/html", b"<html><h1>Welcome</h1></html>")) as url:
        arguments = ["-q", "--target", url, "--workspace-id", "1", "--conformance-out", "out"]
        done = run_pytest(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN="nothing-to-see-here")
    assert done.returncode == 1
    assert "passed" not in set(verdicts(tmp_path / "out").values())


def exchanges(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "exchanges.ndjson").read_text().splitlines()]


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two-workers"])
def test_the_release_is_found_once_and_its_checks_are_run_and_its_models_deleted(tmp_path, workers):
    with MockInstance(release="2025.2") as mock:
        arguments = ["-q", "-k", "documentation_page or test_get_upload_logs", "--target", mock.url, *workers]
        environ = {"WALLAROO_CONFORMANCE_TOKEN": mock.token}
        done = run_pytest(*arguments, "--conformance-out", "out", cwd=tmp_path, autoload=bool(workers), **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("release 2025.2 (found out): ") == 1
    assert "release 2025.2" in done.stdout.partition("Wallaroo conformance =")[2]
    assert verdicts(tmp_path / "out")["get-upload-logs.logs"] == "passed"
    statement = json.loads((tmp_path / "out" / "statement.json").read_text())
    assert statement["release"] == "2025.2"
    assert statement["identification"]["reasons"]
    probes = [x for x in exchanges(tmp_path / "out") if x["check"] == "identification" and x["endpoint"]]
    assert len([x for x in probes if x["endpoint"] == "upload_and_convert"]) == 1
    assert statement["cleaning"]["deleted"] > 1
    assert statement["cleaning"]["left_behind"] == []
    assert "Cleaned up: " in done.stdout


def test_models_are_kept_when_asked(tmp_path):
    with MockInstance(release="2024.4") as mock:
        arguments = ["-q", "-k", "documentation_page", "--target", mock.url, "--keep-models"]
        done = run_pytest(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=mock.token)
    assert "Left behind: 1 model, named conf-" in done.stdout
    assert "kept as asked" in done.stdout


def test_the_checks_of_other_releases_are_deselected(tmp_path):
    counts = {}
    for name in ("2023.4", "2024.4"):
        done = run_pytest("-q", "--collect-only", "--release", name, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        counts[name] = "test_delete_model.py" in done.stdout
    assert counts == {"2023.4": False, "2024.4": True}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workspace-id", "ten"], "--workspace-id takes a workspace's number"),
        (["--profile", "huge"], "no profile 'huge'"),
        (["--release", "3.4"], "no contract for release '3.4'; known: auto, 2023.4"),
        (["--release", "3.4", "--target", "https://example.com"], "no contract for release '3.4'"),
        (["--target", "https://example.com"], "WALLAROO_CONFORMANCE_TOKEN"),
    ],
)
def test_a_mistake_is_a_usage_error_of_pytest(tmp_path, arguments, said):
    done = run_pytest("-q", *arguments, cwd=tmp_path)
    assert done.returncode == 4
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_plugin_is_idle_in_somebody_elses_tests(tmp_path):
    (tmp_path / "test_theirs.py").write_text("def test_one():\n    assert True\n")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pytest", "-q", "test_theirs.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    for heavy in ("pyarrow", "schemathesis", "requests", "starlette", "conformance.running.assembly"):
        assert f"| {heavy}\n" not in done.stderr
