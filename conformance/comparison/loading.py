"""A run as it was left behind: its statement, and its exchanges where there is a recording.

Statements of older formats are read as far as they say the same. Fields that a newer suite added are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from conformance.errors import ConformanceError, UsageError
from conformance.evidence.exchange import Exchange
from conformance.evidence.reading import read_exchanges
from conformance.report.writer import EXCHANGES

STATEMENT = "statement.json"
FORMATS = (2, 3)
"""The formats of a statement that can be compared."""

T = TypeVar("T")


@dataclass(frozen=True)
class RecordedRequirement:
    """One requirement with its verdict, as a statement has it."""

    id: str
    level: str
    basis: str
    verdict: str
    reason: str | None
    scored: bool

    @property
    def binding(self) -> bool:
        """Whether the run can't be conformant without it."""
        return self.level == "MUST" and self.basis != "inferred" and self.scored


@dataclass(frozen=True)
class RecordedCheck:
    """One check with its verdict; `said` is why it ended so."""

    nodeid: str
    verdict: str
    said: str


@dataclass(frozen=True)
class RecordedWaiver:
    """A gap that was accepted in a run, and until when."""

    requirement: str
    hides: str
    expires: str
    reason: str


@dataclass(frozen=True)
class RecordedDocument:
    """The instance's own OpenAPI document: where it was, its digest, its version."""

    url: str
    sha256: str
    version: str
    differences: int


@dataclass(frozen=True)
class RecordedRun:
    """What two runs are compared by. `exchanges` is None where no recording was beside the statement.

    `own_files` tells that the run uploaded files other than those of the package. `identity` has what was met at the
    target by name (headers as `header <name>`), as far as the run noted it.
    """

    source: str
    verdict: str
    reason: str
    release: str
    profile: str
    target: str
    suite_version: str
    run_id: str
    started_at: str
    requirements: Mapping[str, RecordedRequirement]
    checks: Mapping[str, RecordedCheck]
    readings: Mapping[str, tuple[str, ...]]
    waivers: Mapping[str, RecordedWaiver]
    document: RecordedDocument | None
    identity: Mapping[str, str]
    own_files: bool
    exchanges: tuple[Exchange, ...] | None


def load_run(path: Path, source: str | None = None) -> RecordedRun:
    """The run in the folder `path`, or in the statement `path`; `source` is what it is called (its path).

    Raises UsageError, in one line, where there is none or it can't be read.
    """
    name = source or str(path)
    statement = path / STATEMENT if path.is_dir() else path
    data = _parsed(statement, name)
    found = data.get("format") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(found, int):
        raise UsageError(f"{name} is no statement of a run; give a run's folder, its bundle or its {STATEMENT}")
    if found not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise UsageError(f"{name} has a statement of format {found}; formats {known} can be compared: run it again")
    try:
        return _run(data, name, _exchanges(path))
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        what = f"{wrong} is missing" if isinstance(wrong, KeyError) else str(wrong)
        raise UsageError(f"the statement of {name} can't be read: {what}; run it again") from None


def _parsed(statement: Path, name: str) -> Any:
    try:
        return json.loads(statement.read_bytes())
    except FileNotFoundError:
        what = f"has no {STATEMENT}" if statement.name == STATEMENT else "isn't there"
        raise UsageError(f"{name} {what}; give a run's folder, its bundle or its statement") from None
    except OSError as error:
        raise UsageError(f"can't read {name}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        what = "isn't JSON; give a run's folder, its bundle or its statement"
        raise UsageError(f"{name}: {statement.name} {what}") from None


def _exchanges(path: Path) -> tuple[Exchange, ...] | None:
    # A name inside the statement could lead out of the folder, so that the usual one is taken.
    recording = path / EXCHANGES
    if not path.is_dir() or not recording.is_file():
        return None
    try:
        return tuple(read_exchanges(recording))
    except UsageError:
        raise
    except ConformanceError as error:
        raise UsageError(str(error)) from None


def _run(data: Mapping[str, Any], name: str, exchanges: tuple[Exchange, ...] | None) -> RecordedRun:
    document = data.get("openapi")
    return RecordedRun(
        source=name,
        verdict=_text(data["verdict"]),
        reason=_text(data["reason"]),
        release=_text(data["release"]),
        profile=_text(data["profile"]),
        target=_text(data["target"]),
        suite_version=_text(data["suite"]["version"]),
        run_id=_text(data["run"]["id"]),
        started_at=_text(data["run"]["started_at"]),
        requirements=_by(_requirement, data["requirements"], lambda one: one.id),
        checks=_by(_check, data["checks"], lambda one: one.nodeid),
        readings=_readings(data["readings"]),
        waivers=_by(_waiver, data.get("waivers") or (), lambda one: one.requirement),
        document=_document(document) if document else None,
        identity=dict(_identity(data.get("identity") or {})),
        own_files=_own_files(data.get("circumstances") or {}),
        exchanges=exchanges,
    )


def _by(read: Callable[[Mapping[str, Any]], T], entries: Sequence[Any], key: Callable[[T], str]) -> dict[str, T]:
    return {key(one): one for one in map(read, entries)}


def _requirement(entry: Mapping[str, Any]) -> RecordedRequirement:
    return RecordedRequirement(
        id=_text(entry["id"]),
        level=_text(entry["level"]),
        basis=_text(entry["basis"]),
        verdict=_text(entry["verdict"]),
        reason=None if entry.get("reason") is None else _text(entry["reason"]),
        scored=entry.get("scored") is not False,
    )


def _check(entry: Mapping[str, Any]) -> RecordedCheck:
    said = entry.get("reason") or entry.get("actual") or ""
    return RecordedCheck(_text(entry["nodeid"]), _text(entry["verdict"]), _text(said))


def _waiver(entry: Mapping[str, Any]) -> RecordedWaiver:
    fields = ("requirement", "hides", "expires", "reason")
    return RecordedWaiver(*(_text(entry[field]) for field in fields))


def _readings(entries: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        name = _text(entry["requirement"])
        found[name] = (*found.get(name, ()), _text(entry["reading"]))
    return found


def _document(entry: Mapping[str, Any]) -> RecordedDocument:
    differences = len(entry.get("differences") or ()) + int(entry.get("omitted") or 0)
    return RecordedDocument(_text(entry["url"]), _text(entry["sha256"]), _text(entry.get("version") or ""), differences)


def _identity(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    # The URL is compared as the target, and the document by the run's own section about it.
    named = [(name.replace("_", " "), value) for name, value in entry.items() if name.startswith("certificate")]
    headers = [(f"header {_text(name).lower()}", value) for name, value in entry.get("headers") or ()]
    return [(name, _text(value)) for name, value in (*named, *headers) if value is not None]


def _own_files(circumstances: Mapping[str, Any]) -> bool:
    files = (circumstances.get(name) or {} for name in ("onnx_model", "pytorch_model"))
    return any(file.get("shipped") is False for file in files)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{json.dumps(value, default=str)[:40]} should be text")
    return value
