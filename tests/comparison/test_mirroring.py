"""A run done again on the embedded instance, and the command around it."""

import io
import json
import re
import tarfile

import pytest

from conformance.cli import cli
from conformance.comparison import compare_answers
from conformance.errors import UsageError
from conformance.running.mirroring import limits, mirror


def diff(capsys, *arguments):
    """The exit code and the output of the command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff", *map(str, arguments)], standalone_mode=False)
    return ended.value.code, capsys.readouterr().out


def packed(folder, path):
    """A bundle of the folder's files."""
    with tarfile.open(path, "w:gz") as archive:
        for file in sorted(folder.iterdir()):
            archive.add(file, f"bundle/{file.name}")
    return path


def test_a_run_on_the_mock_done_again_on_the_mock_does_not_differ(healthy, tmp_path):
    found = compare_answers(healthy, mirror(healthy, tmp_path))
    assert not found.differences
    assert not found.checks
    assert (found.only_live, found.only_mock) == (0, 0)
    assert found.pairs > 200


def test_only_the_checks_of_the_run_are_done_again(altered, healthy, tmp_path):
    few = {name: one for name, one in healthy.checks.items() if name.startswith("test_get_by_id")}
    assert mirror(altered(checks=few), tmp_path).checks.keys() == few.keys()


def test_a_run_without_a_recording_is_refused(altered, tmp_path):
    with pytest.raises(UsageError, match="no recording"):
        mirror(altered(exchanges=None), tmp_path)


@pytest.mark.parametrize("run_id", ["../x", "", "A B", 'a"b'])
def test_a_hostile_run_id_is_refused(altered, tmp_path, run_id):
    with pytest.raises(UsageError, match="run id"):
        mirror(altered(run_id=run_id), tmp_path)


def test_an_unknown_release_is_refused(altered, tmp_path):
    with pytest.raises(UsageError, match="1999"):
        mirror(altered(release="1999"), tmp_path)


def test_own_files_and_several_workers_are_told(altered, healthy):
    assert not list(limits(healthy))
    assert "files of its own" in next(limits(altered(own_files=True)))


def test_the_command_compares_with_the_mock(capsys, recorded):
    code, out = diff(capsys, "--mock", recorded("owner.uuid"), "--format", "json")
    data = json.loads(out)
    assert code == 0
    assert {one["field"] for one in data["differences"]} == {"owner_id"}


def test_the_command_compares_two_runs_and_a_bundle(capsys, recorded, tmp_path):
    bundle = packed(recorded("list-versions.sha.missing"), tmp_path / "new.tar.gz")
    code, out = diff(capsys, recorded("healthy"), bundle, "--format", "markdown")
    assert code == 1
    assert re.match(r"\*\*worse&#58; \d+ MUST", out)
    code, out = diff(capsys, bundle, recorded("healthy"))
    assert code == 0
    assert out.startswith("better")


def test_what_is_no_bundle_is_refused(tmp_path, recorded):
    (tmp_path / "x.tar.gz").write_bytes(io.BytesIO(b"PK").read())
    with pytest.raises(UsageError, match=r"x\.tar\.gz is no bundle"):
        cli.main(["diff", str(recorded("healthy")), str(tmp_path / "x.tar.gz")], standalone_mode=False)


@pytest.mark.parametrize("arguments", [["old"], ["old", "new", "--mock"]], ids=["one run", "two and the mock"])
def test_wrong_usage_is_refused(arguments):
    with pytest.raises(UsageError, match="--mock"):
        cli.main(["diff", *arguments], standalone_mode=False)
