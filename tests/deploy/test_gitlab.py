"""The GitLab job: its script executed line by line, as GitLab's runner does."""

from __future__ import annotations

import pytest

from tests.deploy.shell import COMMAND, executed, loaded

JOB = loaded("deploy/gitlab/wallaroo-conformance.gitlab-ci.yml")[0]["wallaroo-conformance"]


def job(folder, **variables: str):
    """The script in one shell that stops at the first line that fails, on standard input as the runner gives it."""
    return executed(["sh", "-e"], folder, {"CI": "true", "GITLAB_CI": "true"} | variables, "\n".join(JOB["script"]))


@pytest.mark.parametrize("conforms", [True, False], ids=["conformant", "not conformant"])
def test_the_job_ends_as_the_run_does_and_leaves_its_artifacts(tmp_path, conforms, request):
    mock = request.getfixturevalue("instance" if conforms else "wrong_instance")
    done = job(tmp_path, WALLAROO_CONFORMANCE_TARGET=mock.url, WALLAROO_CONFORMANCE_TOKEN=mock.token)
    assert done.returncode == (0 if conforms else 1), done.stdout + done.stderr
    for path in (*JOB["artifacts"]["paths"], JOB["artifacts"]["reports"]["junit"]):
        assert (tmp_path / path).exists(), path
    assert JOB["artifacts"]["when"] == "always"
    assert mock.token not in done.stdout + done.stderr


def test_without_a_target_nothing_is_tested(tmp_path):
    done = job(tmp_path)
    assert done.returncode == 2
    assert "WALLAROO_CONFORMANCE_TARGET" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_gitlab_lets_everybody_read_signs_the_bundle(tmp_path, instance):
    made = executed([str(COMMAND), "keygen", "--out", "signing.key"], tmp_path, {})
    assert made.returncode == 0, made.stderr
    (tmp_path / "signing.key").chmod(0o644)
    given = {"WALLAROO_CONFORMANCE_TARGET": instance.url, "WALLAROO_CONFORMANCE_TOKEN": instance.token}
    done = job(tmp_path, WALLAROO_CONFORMANCE_SIGN_KEY=str(tmp_path / "signing.key"), **given)
    assert done.returncode == 0, done.stdout + done.stderr
    verified = executed([str(COMMAND), "verify", "evidence.tar.gz", "--key", "signing.key.pub"], tmp_path, {})
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_no_token_stands_in_the_job():
    assert "TOKEN" not in str(JOB)
