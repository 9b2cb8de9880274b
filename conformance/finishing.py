"""The end of a run: what it leaves in its folder, in the order in which nothing can be lost or leak."""

from __future__ import annotations

from pathlib import Path

from conformance.report.run import RunResult
from conformance.report.writer import ReportPaths, paths_in, prepare_directory, rendered, write_files, write_recording


def finish(directory: Path, run: RunResult) -> ReportPaths:
    """Render everything that the run leaves, then write it. Raises UsageError where it can't be written."""
    prepare_directory(directory)
    recording = write_recording(directory, run)
    files = rendered(run, recording)
    write_files(directory, files)
    return paths_in(directory, recorded=recording is not None)
