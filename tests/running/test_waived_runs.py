"""Waivers as the command and the plugin take them, on a live instance that breaks one MUST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.contract import load_release
from conformance.mock import MockInstance
from conformance.mock.defects import catalogue
from tests.commands import command, run_pytest
from tests.servers import closed_port

BROKEN, KEPT = "list-versions.file-name-verbatim", "list.models"
DEFECT = "upload.file-name.shortened"


@pytest.fixture(scope="module")
def instance() -> Iterator[MockInstance]:
    with MockInstance(behaviour=catalogue("2023.4")[DEFECT].behaviour()) as mock:
        yield mock


def waiving(folder: Path, requirement: str = BROKEN, **fields: str) -> str:
    """A file with one waiver in the folder; its name."""
    entry = {
        "requirement": requirement,
        "reason": "the vendor's own store cuts names",
        "owner": "models team",
        "issue": "https://example.com/issues/7",
        "expires": "2999-12-31",
        **fields,
    }
    (folder / "waivers.toml").write_text("[[waiver]]\n" + "".join(f"{k} = {v!r}\n" for k, v in entry.items()))
    return "waivers.toml"


def stated(folder: Path) -> dict:
    return json.loads((folder / "out" / "statement.json").read_text())


def run(folder: Path, instance: MockInstance, *arguments: str, release: str | None = "2023.4"):
    named = ["--release", release] if release else []
    return command(
        *("run", "--target", instance.url, "--out", "out", *named, *arguments),
        cwd=folder,
        WALLAROO_CONFORMANCE_TOKEN=instance.token,
    )


def test_a_waived_must_is_success_only_where_that_is_allowed(tmp_path, instance):
    file = waiving(tmp_path)
    done = run(tmp_path, instance, "--waivers", file)
    assert done.returncode == 1, done.stderr
    assert "CONFORMANT WITH WAIVERS" in done.stdout.strip().splitlines()[-1]
    assert f"MUST {BROKEN} (failed), models team until 2999-12-31" in done.stdout
    allowed = run(tmp_path, instance, "--waivers", file, "--allow-waivers", release=None)
    assert allowed.returncode == 0, allowed.stderr
    statement = stated(tmp_path)
    assert (statement["verdict"], statement["exit_code"]) == ("conformant-with-waivers", 0)
    assert "never certifies" in statement["reason"]
    assert [(waiver["requirement"], waiver["hides"]) for waiver in statement["waivers"]] == [(BROKEN, "failed")]
    assert 'type="waived"' in (tmp_path / "out" / "junit.xml").read_text()
    same_afterwards(tmp_path)


def same_afterwards(folder: Path) -> None:
    """A stranger who judges the recording again, and verifies the bundle, comes to the same."""
    judged = command("judge", "out", cwd=folder)
    assert "The run's own statement says the same." in judged.stdout
    verified = command("verify", "out", cwd=folder)
    assert "refused" not in verified.stdout.lower(), verified.stdout


def test_the_environment_and_the_file_name_waivers_too(tmp_path, instance):
    waiving(tmp_path)
    (tmp_path / "wallaroo-conformance.toml").write_text("allow-waivers = true\n")
    done = command(
        *("run", "--target", instance.url, "--release", "2023.4", "--out", "out"),
        cwd=tmp_path,
        WALLAROO_CONFORMANCE_TOKEN=instance.token,
        WALLAROO_CONFORMANCE_WAIVERS="waivers.toml",
    )
    assert (done.returncode, stated(tmp_path)["verdict"]) == (0, "conformant-with-waivers")


def test_a_waiver_for_another_target_hides_nothing_and_is_told(tmp_path, instance):
    done = run(tmp_path, instance, "--waivers", waiving(tmp_path, target="https://staging.*"), "--allow-waivers")
    assert done.returncode == 1
    assert stated(tmp_path)["verdict"] == "not-conformant"
    assert "not in force: it is for https://staging.*" in done.stdout


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"expires": "2020-01-01"}, "expired on 2020-01-01"), ({"requirement": KEPT}, "its requirement passes now")],
    ids=["expired", "stale"],
)
def test_a_waiver_that_does_not_hold_fails_even_a_conformant_run(tmp_path, fields, said):
    arguments = ["run", "--out", "out", "--allow-waivers", "--waivers", waiving(tmp_path, **fields)]
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "NOT CONFORMANT: a waiver doesn't hold" in done.stdout.strip().splitlines()[-1]
    assert said in done.stdout
    assert stated(tmp_path)["counts"]["MUST"]["failed"] == 0
    same_afterwards(tmp_path)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": " "}, "reason is empty"),
        ({"requirement": "list.modles"}, "is list.models meant?"),
        ({"colour": "blue"}, "unknown key 'colour'"),
    ],
)
def test_a_wrong_waiver_is_bad_usage_before_anything_is_sent(tmp_path, fields, said):
    arguments = ["--waivers", waiving(tmp_path, **fields)]
    done = command("run", "--target", closed_port(), *arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN="a-token")
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("release", ["2023.4", None], ids=["named", "found out"])
def test_what_the_release_does_not_promise_is_bad_usage_before_any_check(tmp_path, instance, release):
    old, new = load_release("2023.4"), load_release("2025.2")
    only_new = next(name for name in new.requirements if name not in old.requirements)
    done = run(tmp_path, instance, "--waivers", waiving(tmp_path, only_new), release=release)
    assert done.returncode == 2
    assert "release 2023.4 has no such requirement" in done.stderr
    recorded = [json.loads(line) for line in (tmp_path / "out" / "exchanges.ndjson").read_text().splitlines()]
    assert not [exchange for exchange in recorded if "::" in (exchange["check"] or "")]
    assert not (tmp_path / "out" / "statement.json").exists()


def test_the_look_at_an_instance_that_led_to_a_refusal_leaves_no_model_on_it(tmp_path):
    old, new = load_release("2023.4"), load_release("2025.2")
    only_old = next(name for name in old.requirements if name not in new.requirements)
    with MockInstance(release="2025.2") as mock:
        done = run(tmp_path, mock, "--waivers", waiving(tmp_path, only_old), release=None)
    assert done.returncode == 2
    assert "release 2025.2 has no such requirement" in done.stderr
    assert "delete_model" in (tmp_path / "out" / "exchanges.ndjson").read_text()


def test_an_instance_out_of_reach_stays_out_of_reach(tmp_path):
    arguments = ["--waivers", waiving(tmp_path), "--allow-waivers", "--out", "out"]
    done = command("run", "--target", closed_port(), *arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN="a-token")
    assert done.returncode == 3
    assert stated(tmp_path)["waivers"] == []


@pytest.mark.parametrize("allowed", [[], ["--allow-waivers"]], ids=["not allowed", "allowed"])
def test_the_plugin_fails_what_is_waived_unless_that_is_allowed(tmp_path, instance, allowed):
    arguments = ["-q", "--target", instance.url, "--release", "2023.4", "--conformance-out", "out"]
    arguments += ["--waivers", waiving(tmp_path), *allowed]
    done = run_pytest(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=instance.token)
    assert done.returncode == (0 if allowed else 1), done.stdout[-2000:]
    assert stated(tmp_path)["verdict"] == "conformant-with-waivers"
    assert "verdict: conformant-with-waivers" in done.stdout


def test_the_plugin_fails_for_a_stale_waiver(tmp_path):
    arguments = ["-q", "-n", "2", "--waivers", waiving(tmp_path, KEPT), "--conformance-out", "out"]
    done = run_pytest(*arguments, cwd=tmp_path, autoload=True)
    assert done.returncode == 1
    assert f"waiver of {KEPT}: stale" in done.stdout
    assert stated(tmp_path)["verdict"] == "not-conformant"


def test_the_plugin_refuses_a_wrong_waiver_in_one_line(tmp_path):
    done = run_pytest("-q", "--waivers", waiving(tmp_path, reason=""), cwd=tmp_path)
    assert done.returncode == 4
    assert "reason is empty" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
