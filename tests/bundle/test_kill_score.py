"""The kill score that every bundle holds: what the self-test published, for every release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.bundle import kill_score
from conformance.contract import release_ids
from conformance.errors import UsageError

OVERVIEW = Path(__file__).resolve().parents[2] / "reports" / "kill-matrix.json"


def test_the_package_has_what_the_self_test_published():
    """Else: python -m conformance.bundle.kill_score reports/kill-matrix.json"""
    assert kill_score.packaged() == kill_score.document_of(json.loads(OVERVIEW.read_bytes()))


@pytest.mark.parametrize("release", release_ids())
def test_every_release_has_a_score(release):
    found = kill_score.published(release)
    row = next(row for row in json.loads(OVERVIEW.read_bytes())["releases"] if row["release"] == release)
    assert found is not None
    assert (found.defects, found.killed) == (row["defects"]["total"], row["defects"]["killed"])
    assert (found.variants, found.false_alarms) == (row["variants"]["total"], row["variants"]["false_alarms"])
    assert (found.null_runs, found.null_passes) == (row["null_runs"]["total"], row["null_runs"]["wrong"])
    assert found.whole == (row["scope"] == "whole")


def test_a_release_that_wasnt_published_has_none():
    assert kill_score.published("1999.1") is None


def test_a_self_test_without_one_of_its_parts_isnt_published():
    overview = json.loads(OVERVIEW.read_bytes())
    overview["releases"][1]["variants"] = overview["releases"][1]["null_runs"] = None
    with pytest.raises(UsageError, match=r"the self-test of 2024\.1 ran without its variants and null_runs"):
        kill_score.document_of(overview)


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_another_file_isnt_published(tmp_path, content):
    before = kill_score.packaged()
    (tmp_path / "overview.json").write_text(content)
    with pytest.raises(UsageError, match=r"is no kill-matrix\.json"):
        kill_score.publish(tmp_path / "overview.json")
    assert Path(kill_score.__file__).with_name(kill_score.FILE).read_bytes() == before
