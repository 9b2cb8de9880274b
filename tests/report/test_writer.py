"""Reports appear whole, or not at all with one clear line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError, UsageError
from conformance.evidence.exchange import Exchange
from conformance.report.writer import describe_recording, prepare_directory, write_reports


@pytest.fixture
def run(sample: Any) -> Any:
    check = sample.check("passed", "upload.id", exchanges=("x1", "x2"))
    exchanges = [sample.exchange("x1"), sample.exchange("x2", body="\ud800")]
    return sample.run([sample.requirement("upload.id")], [check], exchanges=exchanges)


def test_all_reports_are_written_into_a_new_directory(run: Any, tmp_path: Path) -> None:
    paths = write_reports(tmp_path / "a" / "b", run)
    names = ["exchanges.ndjson", "junit.xml", "report.html", "statement.json"]
    assert sorted(path.name for path in paths.directory.iterdir()) == names
    assert sorted(path.name for path in paths.files) == names


def test_the_statement_describes_the_recording(run: Any, tmp_path: Path) -> None:
    paths = write_reports(tmp_path, run)
    recording = (tmp_path / "exchanges.ndjson").read_bytes()
    said = json.loads(paths.statement.read_bytes())["exchanges"]
    assert said == {
        "file": "exchanges.ndjson",
        "sha256": hashlib.sha256(recording).hexdigest(),
        "count": 2,
    }
    assert [Exchange.from_json(json.loads(line)) for line in recording.splitlines()] == list(run.exchanges.values())


def test_a_recording_that_is_there_is_kept(run: Any, tmp_path: Path) -> None:
    (tmp_path / "exchanges.ndjson").write_text('{"id": "mine"}\n')
    write_reports(tmp_path, run)
    assert (tmp_path / "exchanges.ndjson").read_text() == '{"id": "mine"}\n'


def test_without_exchanges_there_is_no_recording(sample: Any, tmp_path: Path) -> None:
    paths = write_reports(tmp_path, sample.run([sample.requirement("upload.id")], []))
    assert paths.exchanges is None
    assert json.loads(paths.statement.read_bytes())["exchanges"] is None
    assert describe_recording(tmp_path / "exchanges.ndjson") is None


def test_an_older_report_is_replaced(run: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    write_reports(tmp_path, run)
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


def test_nothing_is_written_when_one_report_cannot_be_rendered(sample: Any, tmp_path: Path) -> None:
    with pytest.raises(ConformanceError):
        write_reports(tmp_path, sample.run([sample.requirement("upload.id", level="OUGHT")], []))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_is_no_directory_is_one_clear_line(run: Any, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as refused:
        write_reports(tmp_path / place, run)
    assert str(tmp_path / place) in str(refused.value)
    assert "--out" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_report_that_cannot_be_replaced_leaves_no_litter(run: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(UsageError, match=r"report\.html"):
        write_reports(tmp_path, run)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_preparing_leaves_nothing_behind(tmp_path: Path) -> None:
    assert list(prepare_directory(tmp_path / "new").iterdir()) == []
