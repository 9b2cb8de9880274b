"""The self-test from end to end, on a few defects: exit code, lines, files."""

from __future__ import annotations

import json

import pytest

from conformance.contract import release_ids
from conformance.errors import UsageError
from conformance.mock.defects import catalogue
from conformance.selftest import judged_cases, overview, selftest
from conformance.selftest.case import Findings
from conformance.selftest.document import check, validate

OPEN_LIST = next(d.id for d in catalogue().values() if d.breaks[0] == "list.requires-token")


def test_a_few_defects_are_run_in_workers_and_reported(tmp_path):
    lines: list[str] = []
    code = selftest([OPEN_LIST, OPEN_LIST], releases=["2024.1"], jobs=1, out=tmp_path / "new", report=lines.append)
    document = json.loads((tmp_path / "new" / "kill-matrix-2024.1.json").read_text())
    validate(document)
    assert code == 0, lines
    assert lines[0] == "2024.1: kill score 1/1 (100 %), each for its own reason; 0 survivors"
    assert lines[-1].endswith(f"s; {tmp_path / 'new' / 'kill-matrix-2024.1.html'}")
    assert [row["id"] for row in document["defects"]] == [OPEN_LIST]
    assert document["variants"] is document["null_targets"] is None
    assert document["release"] == "2024.1"
    assert document["run"]["scope"] == "named"
    assert OPEN_LIST in (tmp_path / "new" / "kill-matrix-2024.1.html").read_text()
    assert not (tmp_path / "new" / "kill-matrix.json").exists()


def pretend(monkeypatch, findings: Findings) -> None:
    def run(cases, jobs, on_found, seconds):
        for case in cases:
            on_found(case, findings)

    monkeypatch.setattr(judged_cases, "run_cases", run)


def test_every_release_has_its_report_and_one_table_has_them_all(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="core", checks=3, failed={"list.requires-token": "200"}, evidence="200"))
    lines: list[str] = []
    assert selftest([OPEN_LIST], out=tmp_path, report=lines.append) == 0
    document = json.loads((tmp_path / "kill-matrix.json").read_text())
    check(document, overview.schema(), overview.SCHEMA_FILE)
    assert [row["release"] for row in document["releases"]] == list(release_ids())
    assert all(row["defects"] == {"total": 1, "killed": 1, "unexercised": 0} for row in document["releases"])
    page = (tmp_path / "kill-matrix.html").read_text()
    for name in release_ids():
        assert f'href="kill-matrix-{name}.html"' in page
        assert json.loads((tmp_path / f"kill-matrix-{name}.json").read_text())["release"] == name
        assert (tmp_path / f"kill-matrix-{name}.html").exists()
    assert lines[-1].endswith(f"s; {tmp_path / 'kill-matrix.html'}")


def test_a_defect_is_run_in_the_releases_that_have_it(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="core", checks=3, failed={"get.workspace": "gone"}, evidence="null"))
    assert selftest(["get.workspace.null"], out=tmp_path, report=lambda line: None) == 0
    document = json.loads((tmp_path / "kill-matrix.json").read_text())
    assert [row["release"] for row in document["releases"]] == [name for name in release_ids() if name >= "2024.4"]


def test_of_a_later_release_what_it_changes_is_run_or_all_of_it(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="core", checks=3))
    numbers = {}
    for whole in (False, True):
        selftest(releases=["2024.4"], whole=whole, null_targets=False, out=tmp_path, report=lambda line: None)
        document = json.loads((tmp_path / "kill-matrix-2024.4.json").read_text())
        assert document["run"]["scope"] == ("whole" if whole else "own")
        numbers[whole] = (document["score"]["total"], len(document["variants"]["rows"]), len(document["requirements"]))
    assert all(few < many for few, many in zip(numbers[False], numbers[True], strict=True))
    assert numbers[True][0] == len(catalogue("2024.4"))


def test_a_survivor_is_exit_code_1_and_is_named(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="core", checks=3, passed=("list.requires-token",), evidence="200"))
    lines: list[str] = []
    assert selftest([OPEN_LIST], releases=["2023.4"], out=tmp_path, report=lines.append) == 1
    assert lines[0].startswith(f"2023.4: defect {OPEN_LIST}: survived: list.requires-token passed")
    assert lines[1] == "2023.4: kill score 0/1 (0 %); 1 survived"


def test_the_healthy_instance_is_among_the_variants_and_judged_most_strictly(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="full", checks=3, failed={"api.docs-page": "none"}))
    lines: list[str] = []
    code = selftest(releases=["2023.4"], matrix=False, null_targets=False, out=tmp_path, report=lines.append)
    assert code == 1
    assert lines[0] == "2023.4: variant healthy: false-alarm: api.docs-page failed: none"
    assert lines[-2].startswith("2023.4: 1 false alarm over ")


def test_the_whole_catalogue_must_exercise_every_promise(tmp_path, monkeypatch):
    pretend(monkeypatch, Findings(profile="core", checks=3, failed={"list.requires-token": "200"}))
    lines: list[str] = []
    parts = {"variants": False, "null_targets": False}
    assert selftest(releases=["2023.4"], **parts, out=tmp_path, report=lines.append) == 1
    assert "2023.4: requirement get.requires-token: no defect exercises it" in lines
    assert "2023.4: requirement list.requires-token: no defect exercises it" not in lines


@pytest.mark.parametrize(
    ("defects", "options", "said"),
    [
        (["list.requires-tokens"], {}, "no defect 'list.requires-tokens'"),
        ([OPEN_LIST], {"releases": ["1999.1"]}, "no contract for release '1999.1'"),
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
