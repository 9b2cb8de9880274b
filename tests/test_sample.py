"""The committed sample is a bundle that this suite verifies: what a reader opens first is what a run leaves today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import command

REPORTS = Path(__file__).parents[1] / "reports"
SAMPLE, KEY = REPORTS / "sample", REPORTS / "sample.pub"

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample lies in the repository alone")


def test_the_sample_is_verified_with_its_key(tmp_path):
    done = command("verify", str(SAMPLE), "--key", str(KEY), cwd=tmp_path)
    assert done.returncode == 0, f"{done.stdout}; make it anew as reports/README.md says"
    assert "the one that was given" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("VERIFIED")


def test_the_sample_is_judged_as_it_says(tmp_path):
    done = command("judge", str(SAMPLE), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "The run's own statement says the same." in done.stdout
