"""A run that was left behind, done again on the embedded instance: the same checks, names and files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.comparison import RecordedRun, load_run
from conformance.contract import load_release
from conformance.errors import UsageError
from conformance.report import statement
from conformance.report.writer import prepare_directory
from conformance.running.assembly import Assembly
from conformance.running.checkrun import check_id
from conformance.running.runner import Listener, run_suite
from conformance.settings import Settings

_RUN_ID = re.compile(r"[0-9a-z]{1,32}")
MOCK = "the embedded instance"


def mirror(run: RecordedRun, folder: Path, listener: Listener | None = None) -> RecordedRun:
    """Run the checks of `run` on the embedded instance of its release, under its run id, and record it in `folder`.

    Raises UsageError for a run without a recording, of a release that has no contract here, or of an unusable id.
    """
    if not run.exchanges:
        raise UsageError(
            f"{run.source} has no recording of exchanges, which are what is compared; give the whole folder"
        )
    if not _RUN_ID.fullmatch(run.run_id):
        raise UsageError(f"the run id of {run.source} can't be used again: it must be of digits and small letters")
    release = load_release(run.release)
    prepare_directory(folder)
    settings = Settings(release=release.id, profile=run.profile, out=folder)
    assembly = Assembly.make(settings, {}, run_id=run.run_id)
    try:
        assembly.check_prerequisites()
        result = run_suite(assembly, listener or Listener(), select=_chosen(run))
        (folder / "statement.json").write_bytes(statement.render(result))
    finally:
        assembly.close()
    return load_run(folder, MOCK)


def limits(run: RecordedRun) -> Iterator[str]:
    """Why some of the run's requests can't be paired with those of a run on the embedded instance; a line each."""
    if any(not exchange.id.startswith("main") for exchange in run.exchanges or ()):
        yield "the run had several workers, whose names for models differ from those of a run in one"
    if run.own_files:
        yield "the run uploaded files of its own, the mock got the shipped ones"


def _chosen(run: RecordedRun) -> Callable[[pytest.Item], bool]:
    return lambda item: check_id(item) in run.checks
