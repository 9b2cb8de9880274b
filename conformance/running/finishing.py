"""The end of a run: what it leaves in its folder, in the order in which nothing can be lost or leak."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.bundle.certification import Certification
from conformance.report.formats.rendering import render as render_formats
from conformance.report.run import RunResult
from conformance.report.writer import ReportPaths, paths_in, prepare_directory, rendered, write_files, write_recording
from conformance.running.guarding import Guard


def finish(
    directory: Path,
    run: RunResult,
    chosen: Sequence[str] = (),
    certification: Certification | None = None,
    present: Collection[str] = (),
    guard: Guard | None = None,
) -> ReportPaths:
    """Render everything that the run leaves, then write it; `chosen` are further formats (`report.formats`).

    `present` are files of the run that lie in the folder already. The manifest, which names every file, comes last.
    Nothing is written where `guard` finds a secret in any of it. Raises UsageError where something can't be written,
    ConformanceError where a secret would leave.
    """
    certification = certification or Certification()
    prepare_directory(directory)
    recording = write_recording(directory, run)
    further = render_formats(run, recording, chosen)
    files = {**further, **rendered(run, recording)}
    names = {*files, *present, *((recording.file,) if recording else ())}
    files = {**certification.companions(run, names), **files}
    (guard or Guard()).check(directory, {*present, *((recording.file,) if recording else ())}, files)
    write_files(directory, files)
    sealed = certification.seal(directory, {*names, *files})
    return replace(paths_in(directory, recorded=recording is not None, further=further), bundle=sealed.line)
