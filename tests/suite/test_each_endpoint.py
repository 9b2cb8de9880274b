"""The checks of a release are collected for its own endpoints and fields."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance import suite
from conformance.contract import load_release, release_ids
from conformance.suite.conftest import each_endpoint
from conformance.suite.context import RELEASE

FOLDER = Path(suite.__file__).parent


class Collecting:
    """Collects for a release, or for none that anybody named."""

    def __init__(self, release_id: str | None) -> None:
        self.release_id = release_id
        self.names: list[str] = []
        self.marks: dict[str, set[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "requirement(*ids): as the plugin declares it")
        if self.release_id is not None:
            release_id = self.release_id
            config.stash[RELEASE] = lambda: load_release(release_id)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            name = item.nodeid.rpartition("::")[2]
            self.names.append(name)
            self.marks[name] = {text for mark in item.iter_markers("requirement") for text in mark.args}


@pytest.fixture
def collect(monkeypatch, capsys):
    def collected(module: str, release_id: str | None) -> Collecting:
        monkeypatch.setitem(os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
        collecting = Collecting(release_id)
        arguments = [
            f"{FOLDER / module}",
            f"--rootdir={FOLDER}",
            f"--confcutdir={FOLDER}",
            "-c",
            str(FOLDER / "pytest.ini"),
        ]
        options = ["--collect-only", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", "--strict-markers"]
        assert pytest.main([*arguments, *options], plugins=[collecting]) == pytest.ExitCode.OK, capsys.readouterr().out
        return collecting

    return collected


@pytest.mark.parametrize("release_id", [None, *release_ids()])
def test_each_endpoint_of_the_release_has_its_check(collect, release_id):
    release = load_release(release_id) if release_id else load_release()
    found = collect("test_authentication.py", release_id)
    prefix = "test_request_without_token_is_refused"
    assert [name for name in found.names if name.startswith(prefix)] == [f"{prefix}[{e}]" for e in release.probed]
    reads = [name for name in found.names if name.startswith("test_private_model_is_hidden_from_a_stranger")]
    assert reads == [f"test_private_model_is_hidden_from_a_stranger[{endpoint}]" for endpoint in release.reads]


@pytest.mark.parametrize("release_id", release_ids())
def test_each_field_of_the_release_has_its_check(collect, release_id):
    found = collect("test_list.py", release_id)
    fields = load_release(release_id).fields("list")
    generated = {name: marks for name, marks in found.marks.items() if name.startswith("test_field[")}
    assert generated == {f"test_field[{field.id}]": {field.id} for field in fields}


def test_the_endpoints_of_the_first_release_keep_their_order():
    names = [parameter.id for parameter in each_endpoint(load_release("2023.4"), "probed")]
    assert names == ["upload_and_convert", "list", "get_by_id", "list_versions", "get_config_by_id", "get"]


def test_only_reads_that_need_a_parameter_are_asking():
    asking = {
        name: [p.id for p in each_endpoint(load_release(name), "asking")] for name in ("2023.4", "2024.1", "2025.2")
    }
    assert asking["2023.4"] == ["list", "get_by_id", "get_config_by_id", "get"]
    assert "list" not in asking["2024.1"]
    assert "get_upload_logs" in asking["2025.2"]
    assert not {"list_versions", "delete_model"} & set(asking["2025.2"])


@pytest.mark.parametrize("release_id", release_ids())
def test_each_endpoint_has_one_requirement_of_its_own(release_id):
    release = load_release(release_id)
    own = [mark.args for p in each_endpoint(release, "probed", own="requires-token") for mark in p.marks]
    assert len(own) == len(release.probed)
    with pytest.raises(ValueError, match=r"has 0 requirements of upload_and_convert that end in \.nothing"):
        each_endpoint(release, "probed", own="nothing")


def test_documented_reads_are_those_with_an_example():
    documented = {name: [p.id for p in each_endpoint(load_release(name), "documented")] for name in release_ids()}
    assert documented["2023.4"] == ["list", "get_by_id", "list_versions", "get_config_by_id", "get"]
    assert documented["2025.2"] == ["list", "list_versions", "get_config_by_id"]
