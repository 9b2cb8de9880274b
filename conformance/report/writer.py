"""Writing a run's reports into its folder: each file appears whole or not at all, `statement.json` last."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.report import html, junit, statement
from conformance.report.run import ExchangesFile, RunResult

EXCHANGES = "exchanges.ndjson"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ReportPaths:
    """Where the reports of a run are. `exchanges` is None when nothing was recorded; `further` are those of formats."""

    directory: Path
    statement: Path
    junit: Path
    html: Path
    exchanges: Path | None
    bundle: str | None = None
    further: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        files = (self.html, self.statement, self.junit)
        return (*(files if self.exchanges is None else (*files, self.exchanges)), *self.further)


def prepare_directory(directory: Path) -> Path:
    """Create `directory` and prove that files can be made in it, before a run does its work.

    Raises UsageError, in one line, when it can't be used.
    """
    probe = directory / f".probe-{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise _unwritable(directory, error) from None
    return directory


def write_reports(directory: Path, run: RunResult, further: Mapping[str, bytes] | None = None) -> ReportPaths:
    """Write `junit.xml`, `report.html` and `statement.json`; also `exchanges.ndjson` unless the recorder has.

    `further` are more files by their names, written before the statement. All are rendered before the first is
    written. Raises UsageError, in one line, when one can't be written.
    """
    prepare_directory(directory)
    described = write_recording(directory, run)
    write_files(directory, {**(further or {}), **rendered(run, described)})
    return paths_in(directory, recorded=described is not None)


def rendered(run: RunResult, recording: ExchangesFile | None) -> dict[str, bytes]:
    """The three reports by their names, the statement last."""
    return {
        "junit.xml": junit.render(run),
        "report.html": html.render(run),
        "statement.json": statement.render(run, recording),
    }


def write_recording(directory: Path, run: RunResult) -> ExchangesFile | None:
    """Write `exchanges.ndjson` unless the recorder has; its description, None where nothing was recorded."""
    recording = directory / EXCHANGES
    if run.exchanges and not recording.exists():
        lines = (json.dumps(exchange.to_json(), ensure_ascii=False) for exchange in run.exchanges.values())
        _write(recording, "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    return describe_recording(recording)


def write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write each file whole or not at all, in the order given."""
    for name, content in files.items():
        _write(directory / name, content)


def paths_in(directory: Path, *, recorded: bool, further: Iterable[str] = ()) -> ReportPaths:
    """Where the reports in `directory` are."""
    return ReportPaths(
        directory=directory,
        statement=directory / "statement.json",
        junit=directory / "junit.xml",
        html=directory / "report.html",
        exchanges=directory / EXCHANGES if recorded else None,
        further=tuple(directory / name for name in further),
    )


def describe_recording(path: Path) -> ExchangesFile | None:
    """The digest and the number of lines of a recording; None when there is no such file."""
    digest = hashlib.sha256()
    lines = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                lines += chunk.count(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritable(path, error, "read") from None
    return ExchangesFile(path.name, digest.hexdigest(), lines)


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError, verb: str = "write") -> UsageError:
    cause = error.strerror or type(error).__name__
    return UsageError(f"can't {verb} the reports at {path}: {cause}; choose another folder with --out")
