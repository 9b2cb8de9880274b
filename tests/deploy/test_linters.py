"""What we deploy, against the schemas and the habits of its field. A linter that isn't installed skips its test."""

from __future__ import annotations

import subprocess

import pytest

from tests.deploy.shell import ROOT, tool

SCRIPTS = ["deploy/github/install.sh", "deploy/github/run.sh", "deploy/sonobuoy/entry.sh", ".ci/run"]
RUNS = {
    "action": ("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"),
    "workflow": ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", ".github/workflows/ci.yml"),
    "gitlab": (
        "check-jsonschema",
        "--builtin-schema",
        "vendor.gitlab-ci",
        "deploy/gitlab/wallaroo-conformance.gitlab-ci.yml",
    ),
    "yaml": ("yamllint", "--strict", "--config-file", "deploy/yamllint.yaml", "action.yml", ".github", "deploy"),
    "scripts": ("shellcheck", "--severity=style", *SCRIPTS),
    "dockerfile": ("hadolint", "Dockerfile"),
    "audit": ("zizmor", "--offline", "--quiet", "--min-severity", "medium", "action.yml", ".github"),
}


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool(command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("name", RUNS)
def test_the_linter_has_nothing_to_say(name):
    done = ran(*RUNS[name])
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_script_of_ours_is_linted():
    assert sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("deploy/**/*.sh")) == sorted(SCRIPTS[:-1])


def test_a_script_that_can_be_executed_says_what_executes_it():
    for name in SCRIPTS:
        assert (ROOT / name).read_text().startswith(("#!/usr/bin/env bash\n", "#!/bin/sh\n"))
        assert (ROOT / name).stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("name", "file", "right", "wrong"),
    [
        ("action", "action.yml", "using: composite", "using: composit"),
        ("gitlab", "deploy/gitlab/wallaroo-conformance.gitlab-ci.yml", "when: always", "when: perhaps"),
        ("scripts", "deploy/github/run.sh", 'mktemp -d "$RUNNER_TEMP', 'mktemp -d $RUNNER_TEMP"'),
        ("dockerfile", "Dockerfile", "ARG BASE=python:3.11.14-slim-bookworm", "ARG BASE=python:latest\nMAINTAINER us"),
        (
            "audit",
            "action.yml",
            'run: bash "$GITHUB_ACTION_PATH',
            'run: echo "${{ inputs.target }}" "$GITHUB_ACTION_PATH',
        ),
    ],
)
def test_the_linter_sees_a_mistake(tmp_path, name, file, right, wrong):
    """A control: the same linter on the same file with one mistake in it."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert right in text
    mistaken = tmp_path / file
    mistaken.parent.mkdir(parents=True, exist_ok=True)
    mistaken.write_text(text.replace(right, wrong), encoding="utf-8")
    command = [word for word in RUNS[name] if not (ROOT / word).exists()]
    assert ran(*command, str(mistaken)).returncode != 0
