"""The Sonobuoy plugin: its entry executed as Sonobuoy would, and its definition against what Sonobuoy knows."""

from __future__ import annotations

import re
import stat
import tarfile
from pathlib import Path

import pytest

from conformance.environment import ENVIRONMENT_PREFIX
from conformance.settings import NAMES
from tests.deploy.shell import ROOT, executed, loaded

ENTRY = ROOT / "deploy" / "sonobuoy" / "entry.sh"
PLUGIN = loaded("deploy/sonobuoy/wallaroo-conformance.yaml")[0]


def entered(folder: Path, *arguments: str, **environ: str):
    """The entry with Sonobuoy's environment; returns what it did and the folder of the results."""
    results = folder / "results"
    results.mkdir()
    done = executed(["sh", str(ENTRY), *arguments], folder, {"SONOBUOY_RESULTS_DIR": str(results)} | environ)
    return done, results


def told(results: Path) -> Path:
    """The file that `done` names, which Sonobuoy's worker, another user, must be able to read."""
    path = Path((results / "done").read_text())
    for file in (results / "done", path):
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
    return path


@pytest.mark.parametrize("conforms", [True, False], ids=["conformant", "not conformant"])
def test_the_results_are_packed_and_told_whatever_the_verdict(tmp_path, conforms, request):
    mock = request.getfixturevalue("instance" if conforms else "wrong_instance")
    token = tmp_path / "token"
    token.write_text(mock.token)
    settings = {"WALLAROO_CONFORMANCE_TARGET": mock.url, "WALLAROO_CONFORMANCE_TOKEN_FILE": str(token)}
    done, results = entered(tmp_path, **settings)
    assert done.returncode == (0 if conforms else 1), done.stdout + done.stderr
    with tarfile.open(told(results)) as packed:
        names = set(packed.getnames())
        code = packed.extractfile("./exit-code").read().decode().strip()
        screen = packed.extractfile("./output.txt").read().decode()
        junit = packed.extractfile("./evidence/junit.xml").read().decode()
    assert {"./bundle.tar.gz", "./evidence/statement.json"} <= names
    assert code == str(done.returncode)
    assert screen == done.stdout
    assert ("<failure" in junit) is not conforms
    assert mock.token not in screen + junit


def test_arguments_are_added_to_the_run(tmp_path, instance):
    settings = {"WALLAROO_CONFORMANCE_TARGET": instance.url, "WALLAROO_CONFORMANCE_TOKEN": instance.token}
    done, _ = entered(tmp_path, "-k", "test_no_such_check_as_this", **settings)
    assert done.returncode != 0
    assert "243 checks" not in done.stdout


def test_without_a_target_nothing_is_tested_and_sonobuoy_is_told(tmp_path):
    done, results = entered(tmp_path)
    with tarfile.open(told(results)) as packed:
        assert not [name for name in packed.getnames() if name.endswith("junit.xml")]
        assert "isn't set" in packed.extractfile("./output.txt").read().decode()
    assert done.returncode == 2


def test_sonobuoy_is_told_also_where_the_command_can_t_start(tmp_path):
    settings = {"WALLAROO_CONFORMANCE_TARGET": "http://127.0.0.1:1", "PATH": "/usr/bin:/bin"}
    done, results = entered(tmp_path, **settings)
    assert done.returncode == 127
    assert told(results).is_file()


def test_outside_of_sonobuoy_it_says_so(tmp_path):
    done = executed(["sh", str(ENTRY)], tmp_path, {})
    assert done.returncode != 0
    assert "SONOBUOY_RESULTS_DIR" in done.stderr


def test_the_definition_has_the_fields_that_sonobuoy_knows():
    """Source: Sonobuoy, pkg/plugin/manifest/manifest.go, Manifest and SonobuoyConfig."""
    assert set(PLUGIN) <= {"sonobuoy-config", "spec", "extra-volumes", "podSpec", "config-map"}
    config = PLUGIN["sonobuoy-config"]
    known = {"driver", "plugin-name", "skip-cleanup", "result-format", "result-files", "description", "source-url"}
    assert set(config) <= known | {"order"}
    assert config["driver"] == "Job"
    assert (config["result-format"], config["result-files"]) == ("junit", ["junit.xml"])
    assert re.fullmatch(r"[a-z][a-z0-9-]*", config["plugin-name"])


def test_each_variable_of_the_definition_is_a_setting():
    names = [variable["name"] for variable in PLUGIN["spec"]["env"]]
    assert [name for name in names if name.removeprefix(ENVIRONMENT_PREFIX).lower() not in NAMES] == []
    assert f"{ENVIRONMENT_PREFIX}TOKEN" not in names


def test_the_image_has_the_command_of_the_definition():
    (command,) = PLUGIN["spec"]["command"]
    copied = re.search(r"^COPY .*deploy/sonobuoy/entry\.sh (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert Path(copied.group(1)).name == command
