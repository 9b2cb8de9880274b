"""`keygen`, `run --bundle` and `verify` as their users meet them: exit codes, lines, and what each leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.mock import MockInstance
from conformance.mock.defects import behaviour_for
from tests import commands

PRODUCT = """vendor = "Example Corp"
product = "Model platform"
version = "4.2"
contact_url = "https://example.com/contact"
"""
PHRASE = "correct horse battery"


def command(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    # A proxy that isn't there: whoever asks the network for anything fails.
    unreachable = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}
    return commands.command(*arguments, cwd=cwd, **unreachable, **environ)


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:
    """A vendor's folder after keygen and one run, and a reviewer's with the archive and the public key."""
    room = tmp_path_factory.mktemp("vendor")
    (room / "product.toml").write_text(PRODUCT)
    environ = {"WALLAROO_CONFORMANCE_SIGN_KEY_PASSPHRASE": PHRASE, "WALLAROO_CONFORMANCE_PRODUCT": "product.toml"}
    made = command("keygen", "--out", "vendor.key", cwd=room, **environ)
    assert made.returncode == 0, made.stderr
    done = command("run", "--out", "out", "--bundle", "x.tar.gz", "--sign-key", "vendor.key", cwd=room, **environ)
    assert done.returncode == 0, done.stderr
    (room / "keygen.txt").write_text(made.stdout)
    (room / "run.txt").write_text(done.stdout + done.stderr)
    return room


def test_a_vendor_makes_a_key_and_a_bundle_and_a_reviewer_verifies_it(room):
    key_id = re.search(r"key id +([0-9a-f]{64})", (room / "keygen.txt").read_text())
    assert key_id is not None
    assert f"Bundle x.tar.gz, signed with key {key_id[1]}" in (room / "run.txt").read_text()
    done = command("verify", "x.tar.gz", "--key", "vendor.key.pub", cwd=room)
    assert done.returncode == 0, done.stdout
    last = done.stdout.splitlines()[-1]
    assert last == "VERIFIED: x.tar.gz (every digest fits, and judged again it is conformant)"
    assert f"signed with key {key_id[1]}, the one that was given" in done.stdout
    assert done.stderr == ""


def test_as_json_it_says_the_same(room):
    done = command("verify", "out", "--key", "vendor.key.pub", "--format", "json", cwd=room)
    told = json.loads(done.stdout)
    assert (done.returncode, told["verified"], told["problems"], told["recomputed"]) == (0, True, [], True)
    assert told["checked_key"] == told["signed_by"][0]
    assert told["run"]["verdict"] == "conformant"


def test_the_passphrase_and_the_key_are_nowhere(room):
    assert (room / "vendor.key").read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    for path in (*(room / "out").iterdir(), room / "run.txt", room / "keygen.txt"):
        assert PHRASE not in path.read_text()
        assert "PRIVATE KEY" not in path.read_text()


def test_a_refused_bundle_is_exit_code_1_and_each_problem_a_line(room, tmp_path):
    made = command("keygen", "--out", "other.key", cwd=tmp_path)
    assert made.returncode == 0
    done = command("verify", str(room / "out"), "--key", "other.key.pub", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len([line for line in lines if line.startswith("refused: it is signed with key")]) == 1
    assert lines[-1].startswith("REFUSED: ")
    assert lines[-1].endswith("(1 problem)")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "absent"], "there is no bundle 'absent'"),
        (["verify", "x.tar.gz", "--key", "absent.pub"], "can't read the public key absent.pub"),
        (["verify", "x.tar.gz", "--key", "vendor.key"], "vendor.key is a private key; give the public one"),
        (["verify", "x.tar.gz", "--key", "product.toml"], "product.toml holds no public key"),
        (["keygen", "--out", "vendor.key"], "is there already and isn't overwritten"),
        (["run", "--out", "new", "--bundle", "x.tar.gz"], "is there already and isn't overwritten"),
        (["run", "--out", "new", "--bundle", "new/x.tar.gz"], "lies in the run's own folder"),
        (["run", "--out", "new", "--sign-key", "vendor.key"], "is encrypted; put its passphrase into"),
        (["run", "--out", "new", "--sign-key", "vendor.key.pub"], "chmod 600 vendor.key.pub"),
        (["run", "--out", "new", "--sign-key", "absent"], "--sign-key: there is no file 'absent'"),
        (["run", "--out", "new", "--product", "absent"], "--product: there is no file 'absent'"),
        (["run", "--out", "new", "--product", "run.txt"], "run.txt: it isn't TOML"),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_usage_is_one_line_and_exit_code_2(room, arguments, said):
    done = command(*arguments, cwd=room)
    assert done.returncode == 2, done.stdout
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert said in done.stderr
    assert PHRASE not in done.stderr


def test_the_plugin_leaves_the_same_bundle(room, tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"),
            *("--pyargs", "conformance.suite", "--conformance-out", "out", "--release", "2023.4"),
            *("--conformance-product", str(room / "product.toml"), "--conformance-bundle", "x.tar.gz"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "Bundle x.tar.gz, unsigned" in done.stdout, done.stdout + done.stderr
    verified = command("verify", "x.tar.gz", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout
    assert "note: UNSIGNED" in verified.stdout
    assert verified.stdout.splitlines()[-1].endswith("; unsigned)")
    assert (tmp_path / "out" / "product.toml").read_text() == PRODUCT


def test_a_folder_that_is_used_again_verifies_as_the_last_run_alone(tmp_path):
    arguments = ("run", "-k", "documentation_page", "--out", "out")
    command(*arguments, "--explore", "1", "--format", "badge", cwd=tmp_path)
    assert (tmp_path / "out" / "exploration.json").exists()
    first = command("verify", "out", cwd=tmp_path)
    command(*arguments, cwd=tmp_path)
    second = command("verify", "out", cwd=tmp_path)
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + second.stdout
    assert not (tmp_path / "out" / "exploration.json").exists()


def test_a_bundle_that_says_not_conformant_verifies_too_and_says_it(tmp_path):
    with MockInstance(behaviour=behaviour_for(["list.owner-id.missing"], "2023.4")) as mock:
        arguments = ("run", "--target", mock.url, "--out", "out", "--bundle", "x.tar.gz")
        done = command(*arguments, cwd=tmp_path, WALLAROO_CONFORMANCE_TOKEN=mock.token)
        token = mock.token
    assert done.returncode == 1, done.stderr
    verified = command("verify", "x.tar.gz", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout
    last = "VERIFIED: x.tar.gz (every digest fits, and judged again it is not-conformant; unsigned)"
    assert verified.stdout.splitlines()[-1] == last
    manifest = json.loads(command("verify", "out", "--format", "json", cwd=tmp_path).stdout)
    assert manifest["run"]["result"] == "FAILED"
    for path in (tmp_path / "out").iterdir():
        assert token not in path.read_text()
