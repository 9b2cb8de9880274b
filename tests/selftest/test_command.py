"""The self-test from end to end, on a few defects: exit code, lines, files."""

from __future__ import annotations

import json

import pytest

from conformance.errors import UsageError
from conformance.mock.defects import catalogue
from conformance.selftest import command, selftest
from conformance.selftest.case import Findings
from conformance.selftest.document import validate

OPEN_LIST = next(d.id for d in catalogue().values() if d.breaks[0] == "list.requires-token")


def test_a_few_defects_are_run_in_workers_and_reported(tmp_path):
    lines: list[str] = []
    code = selftest([OPEN_LIST, OPEN_LIST], jobs=1, out=tmp_path / "new", report=lines.append)
    document = json.loads((tmp_path / "new" / "kill-matrix.json").read_text())
    validate(document)
    assert code == 0, lines
    assert lines[0] == "kill score 1/1 (100 %), each for its own reason; 0 survivors"
    assert [row["id"] for row in document["defects"]] == [OPEN_LIST]
    assert document["variants"] is document["null_targets"] is None
    assert document["run"]["whole"] is False
    assert OPEN_LIST in (tmp_path / "new" / "kill-matrix.html").read_text()


def pretend(monkeypatch, findings: Findings) -> None:
    def run(cases, jobs, on_found, seconds):
        for case in cases:
            on_found(case, findings)

    monkeypatch.setattr(command, "run_cases", run)


def test_a_survivor_is_exit_code_1_and_is_named(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="core", checks=3, passed=("list.requires-token",), evidence="200"))
    lines: list[str] = []
    assert selftest([OPEN_LIST], out=tmp_path, report=lines.append) == 1
    assert lines[0].startswith(f"defect {OPEN_LIST}: survived: list.requires-token passed")
    assert lines[1] == "kill score 0/1 (0 %); 1 survived"


def test_the_healthy_instance_is_among_the_variants_and_judged_most_strictly(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="full", checks=3, failed={"api.docs-page": "none"}))
    lines: list[str] = []
    code = selftest(matrix=False, null_targets=False, out=tmp_path, report=lines.append)
    assert code == 1
    assert lines[0] == "variant healthy: false-alarm: api.docs-page failed: none"
    assert lines[-2].startswith("1 false alarm over ")


def test_the_whole_catalogue_must_exercise_every_promise(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="core", checks=3, failed={"list.requires-token": "200"}))
    lines: list[str] = []
    assert selftest(variants=False, null_targets=False, out=tmp_path, report=lines.append) == 1
    assert "requirement get.requires-token: no defect exercises it" in lines
    assert "requirement list.requires-token: no defect exercises it" not in lines


@pytest.mark.parametrize(
    ("defects", "options", "said"),
    [
        (["list.requires-tokens"], {}, "no defect 'list.requires-tokens'"),
        (None, {"jobs": 0}, "--jobs"),
        (None, {"matrix": False, "variants": False, "null_targets": False}, "nothing"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, defects, options, said):
    with pytest.raises(UsageError, match=said):
        selftest(defects, out=tmp_path, report=lambda line: None, **options)


def test_a_folder_that_cant_be_used_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--out"):
        selftest([OPEN_LIST], out=tmp_path / "file", report=lambda line: None)
