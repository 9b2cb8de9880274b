"""A recording in a file, judged: a HAR, or exchanges one a line."""

from __future__ import annotations

from pathlib import Path

from conformance.contract import AUTO, load_release
from conformance.errors import ConformanceError, UsageError
from conformance.evidence.exchange import Exchange
from conformance.evidence.har import is_har, read_har
from conformance.evidence.reading import iter_exchanges
from conformance.exchange_judging.judging import judge_recording
from conformance.exchange_judging.releases import release_of
from conformance.exchange_judging.result import JudgedRecording
from conformance.exchange_judging.telling import lines

__all__ = ["is_har", "judge_file", "judged_file"]

MAX_BYTES = 1024 * 2**20


def judge_file(path: str | Path, release: str = AUTO) -> tuple[list[str], int]:
    """Judge the recording in a file; lines to print, and the command's exit code. Raises as `judged_file` does."""
    judged = judged_file(path, release)
    return list(lines(judged, str(path))), judged.exit_code


def judged_file(path: str | Path, release: str = AUTO) -> JudgedRecording:
    """Judge the recording in a HAR file or in an `exchanges.ndjson`, by a release or by the one that it fits best.

    Raises UsageError when it can't be read or is too large, for an unknown release, and, with the place, for what is no
    recording.
    """
    contract = None if release == AUTO else load_release(release)
    path = Path(path)
    if is_har(path):
        har = read_har(path)
        exchanges, origins, skipped = har.exchanges, har.origins, har.skipped
    else:
        _check_size(path)
        exchanges, origins, skipped = _exchanges(path), {}, None
    reasons: tuple[str, ...] = ()
    if contract is None:
        contract, reasons = release_of(exchanges)
    return judge_recording(exchanges, contract, origins=origins, skipped=skipped, reasons=reasons)


def _exchanges(path: Path) -> list[Exchange]:
    try:
        return list(iter_exchanges(path))
    except ConformanceError as error:
        raise UsageError(str(error)) from None


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from None
    if size > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES // 2**20} MiB; record less at a time")
