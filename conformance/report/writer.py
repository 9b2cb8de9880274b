"""Writing a run's reports into its folder: each file appears whole or not at all, `statement.json` last."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.report import html, junit, statement
from conformance.report.run import ExchangesFile, RunResult

EXCHANGES = "exchanges.ndjson"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ReportPaths:
    """Where the reports of a run are. `exchanges` is None when nothing was recorded."""

    directory: Path
    statement: Path
    junit: Path
    html: Path
    exchanges: Path | None

    @property
    def files(self) -> tuple[Path, ...]:
        files = (self.html, self.statement, self.junit)
        return files if self.exchanges is None else (*files, self.exchanges)


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


def write_reports(directory: Path, run: RunResult) -> ReportPaths:
    """Write `junit.xml`, `report.html` and `statement.json`; also `exchanges.ndjson` unless the recorder has.

    All are rendered before the first is written. Raises UsageError, in one line, when one can't be written.
    """
    prepare_directory(directory)
    recording = directory / EXCHANGES
    if run.exchanges and not recording.exists():
        lines = (json.dumps(exchange.to_json(), ensure_ascii=False) for exchange in run.exchanges.values())
        _write(recording, "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    described = describe_recording(recording)
    rendered: Mapping[str, bytes] = {
        "junit.xml": junit.render(run),
        "report.html": html.render(run),
        "statement.json": statement.render(run, described),
    }
    for name, content in rendered.items():
        _write(directory / name, content)
    return ReportPaths(
        directory=directory,
        statement=directory / "statement.json",
        junit=directory / "junit.xml",
        html=directory / "report.html",
        exchanges=recording if described else None,
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
