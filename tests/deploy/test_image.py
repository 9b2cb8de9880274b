"""The image's recipe, held against the project: versions, users, and what the build gets to see."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.deploy.shell import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = [
    line
    for line in (ROOT / "deploy" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PINS = {canonicalize_name(line.split("==")[0]): Version(line.split("==")[1]) for line in LINES}


def instructions(name: str) -> list[str]:
    """What follows each instruction of that name, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return [line.split(None, 1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_base_is_pinned_to_a_version_that_the_project_supports():
    (base,) = [value for value in instructions("ARG") if value.startswith("BASE=")]
    found = re.fullmatch(r"BASE=python:(\d+\.\d+)\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", base)
    assert found
    assert f"Programming Language :: Python :: {found.group(1)}" in PROJECT["classifiers"]
    assert set(re.findall(r"python3\.\d+", DOCKERFILE)) == {f"python{found.group(1)}"}
    assert {line.split()[0] for line in instructions("FROM")} == {"${BASE}"}


def test_the_image_runs_as_a_number_that_is_not_root_and_writes_to_one_folder():
    assert [re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) is not None for user in instructions("USER")] == [True]
    assert instructions("VOLUME") == ["/evidence"]
    assert instructions("WORKDIR")[-1] == "/evidence"
    assert instructions("ENTRYPOINT") == ['["wallaroo-conformance"]']


def test_the_build_sees_what_it_copies_and_nothing_else():
    """.dockerignore refuses everything and lets in again, by name, what a COPY takes from the repository."""
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[0] == "*"
    copied = set()
    for line in instructions("COPY"):
        if "--from=" not in line:
            copied |= {word for word in line.split()[:-1] if not word.startswith("--")}
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    assert fnmatch.filter(ignored, "[*][*]/__pycache__")


def test_a_constraint_is_an_exact_version():
    assert [line for line in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert sorted(PINS) == [canonicalize_name(line.split("==")[0]) for line in LINES]


def test_every_dependency_of_the_project_is_pinned_within_its_bounds():
    wanted = [Requirement(line) for line in PROJECT["dependencies"]]
    assert [str(r) for r in wanted if canonicalize_name(r.name) not in PINS] == []
    assert [str(r) for r in wanted if PINS[canonicalize_name(r.name)] not in r.specifier] == []


def test_what_the_pinned_versions_need_is_pinned_too():
    """Of the pinned versions that are installed here: another version may need something else."""
    compared = 0
    for name, version in PINS.items():
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        if Version(installed.version) != version:
            continue
        compared += 1
        for needed in map(Requirement, installed.requires or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert PINS.get(canonicalize_name(needed.name)) in needed.specifier, (name, str(needed))
    assert compared


def test_nothing_is_pinned_that_nothing_needs():
    """Where each pinned version is the installed one; else what it needed can't be known here."""
    needed = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    for name, version in PINS.items():
        installed = distribution(name)
        if Version(installed.version) != version:
            return
        needed |= {canonicalize_name(Requirement(line).name) for line in installed.requires or []}
    assert set(PINS) <= needed
