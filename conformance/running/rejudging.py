"""A recorded run judged again, offline: the same checks run, and the recording answers in place of the instance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import AUTO, release_ids
from conformance.errors import ConformanceError, UsageError
from conformance.evidence.exchange import Exchange
from conformance.evidence.reading import read_exchanges
from conformance.report import statement
from conformance.report.circumstances import Circumstances
from conformance.report.outcome import CheckOutcome
from conformance.report.run import RunResult
from conformance.report.text import one_line, shorten
from conformance.report.verdict import WITH_WAIVERS
from conformance.report.writer import EXCHANGES
from conformance.running.assembly import Assembly
from conformance.running.checkrun import check_id
from conformance.running.replay import Replay
from conformance.running.runner import Listener, run_suite
from conformance.settings import Settings

STATEMENT = "statement.json"

MAX_PROCESSES = 64
"""Processes of a run, each of which is judged again by itself. Ours."""


@dataclass(frozen=True)
class Rejudged:
    """A run as it is judged today, beside what its statement says.

    `differences` are lines, none where both say the same. `untouched` counts the recorded exchanges that no check asked
    for: those of cleaning up and of exploring, and whatever doesn't belong.
    """

    result: RunResult
    stated: Mapping[str, Any]
    differences: tuple[str, ...]
    untouched: int


def rejudge(folder: Path, release: str | None = None) -> Rejudged:
    """Judge the run in `folder` again, by `release` or as the run itself was told.

    Raises UsageError for a folder without a statement and a recording of this format, ConformanceError for a recording
    that can't be read.
    """
    stated = read_statement(folder / STATEMENT)
    exchanges = read_exchanges(folder / EXCHANGES)
    try:
        replay = Replay.of(stated, exchanges)
        settings = _settings(stated, replay.circumstances, release)
        result = _judged(settings, replay, _schedule(stated))
    except ValueError as wrong:
        raise UsageError(f"{folder / STATEMENT} can't be judged again: {wrong}") from None
    result = replace(result, ended_at=stated["run"]["ended_at"], seconds=stated["run"]["seconds"])
    return Rejudged(result, stated, tuple(differences(stated, result)), len(replay.playback.untouched()))


def read_statement(path: Path) -> dict[str, Any]:
    """A run's statement. Raises UsageError where it can't be read, or is of another format."""
    try:
        read = json.loads(path.read_bytes())
        statement.validate(read)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}; give the folder of a run") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} isn't JSON; give the folder of a run") from None
    except ConformanceError as error:
        raise UsageError(f"{path} can't be judged again: {error}") from None
    if read["circumstances"] is None:
        raise UsageError(f"{path} doesn't say what its run was given, so it can't be judged again")
    stated: dict[str, Any] = read
    return stated


def _settings(stated: Mapping[str, Any], had: Circumstances, release: str | None) -> Settings:
    named = release or had.release or AUTO
    if named not in (AUTO, *release_ids()):
        raise UsageError(f"no contract for release {named!r}; known: {AUTO}, {', '.join(release_ids())}")
    # A target keeps an embedded instance from being started; where it lies is the replay's to say.
    return Settings(
        target="recorded",
        release=named,
        profile=stated["profile"],
        strict=stated["strict"],
        workspace_id=had.workspace_id,
        allow_waivers=stated["verdict"] == WITH_WAIVERS and stated["exit_code"] == 0,
    )


@dataclass(frozen=True)
class _Schedule:
    """Which checks each process of the run carried out, and in which order.

    The order is kept since the first check that needs a shared model uploads it. `selected` is None where the run chose
    no checks: then all are run, whatever the statement lists.
    """

    positions: Mapping[str, Mapping[str, int]]
    selected: frozenset[str] | None

    @property
    def processes(self) -> list[str]:
        return list(self.positions) or ["main"]

    def process_of(self, check: str) -> str:
        """The process that carried out a check; the first where nothing tells."""
        return next((name for name, checks in self.positions.items() if check in checks), self.processes[0])

    def ordered(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """The checks of one process as it carried them out; one that isn't listed stays behind its neighbour."""
        turns: dict[pytest.Item, int] = {}
        turn = 0
        for item in items:
            check = check_id(item)
            turn = turns[item] = self.positions.get(self.process_of(check), {}).get(check, turn)
        return sorted(items, key=turns.__getitem__)


def _schedule(stated: Mapping[str, Any]) -> _Schedule:
    positions: dict[str, dict[str, int]] = {}
    for check in stated["checks"]:
        positions.setdefault(check["process"], {})[check["nodeid"]] = check["turn"]
    if len(positions) > MAX_PROCESSES:
        raise ValueError(f"its checks ran in {len(positions)} processes, more than {MAX_PROCESSES}")
    chosen = stated["circumstances"]["select"] is not None
    return _Schedule(positions, frozenset(check["nodeid"] for check in stated["checks"]) if chosen else None)


def _judged(settings: Settings, replay: Replay, schedule: _Schedule) -> RunResult:
    whole = Assembly.make(settings, {}, source=replay)
    try:
        whole.examine()
        outcomes: list[CheckOutcome] = []
        errors: list[str] = []
        exchanges: dict[str, Exchange] = {}
        if not whole.check_prerequisites():
            for process in schedule.processes:
                part = _carried_out(whole, settings, replay, schedule, process)
                outcomes += part.outcomes
                exchanges.update(part.exchanges)
                # A process may have had no check of this release; that is no error.
                if part.outcomes and part.verdict.verdict == "suite-error":
                    errors.append(part.verdict.reason)
        restored = [outcome.redacted(replay.playback.restored) for outcome in outcomes]
        result = whole.result(restored, errors)
        return replace(result, exchanges={**result.exchanges, **exchanges})
    finally:
        whole.close()


def _carried_out(whole: Assembly, settings: Settings, replay: Replay, schedule: _Schedule, process: str) -> RunResult:
    """The checks of one process of the run, in its order."""

    def chooses(item: pytest.Item) -> bool:
        name = check_id(item)
        listed = schedule.selected is None or name in schedule.selected
        return listed and schedule.process_of(name) == process

    if process == whole.recorder.prefix:
        return run_suite(whole, Listener(), select=chooses, order=schedule.ordered)
    worker = Assembly.make(settings, {}, whole.handover(process), source=replay)
    try:
        return run_suite(worker, Listener(), select=chooses, order=schedule.ordered)
    finally:
        worker.close()


def differences(stated: Mapping[str, Any], result: RunResult) -> Iterator[str]:
    """What the statement says otherwise than the run judged again, a line each; texts and times aren't compared."""
    again = statement.build(result)
    for name in ("verdict", "exit_code", "release"):
        if stated[name] != again[name]:
            yield f"the {name.replace('_', ' ')} is {again[name]!r}, the statement says {stated[name]!r}"
    yield from _listed_differences("requirement", "id", stated["requirements"], again["requirements"])
    yield from _listed_differences("check", "nodeid", stated["checks"], again["checks"])
    read, seen = ({(one["requirement"], one["reading"]) for one in said["readings"]} for said in (stated, again))
    for requirement, reading in sorted(read ^ seen):
        whose = "only the statement has" if (requirement, reading) in read else "the statement lacks"
        yield f"{whose} the reading {reading} of {requirement}"


_COMPARED = ("verdict", "level", "basis", "scored")


def _listed_differences(
    noun: str, key: str, stated: Sequence[Mapping[str, Any]], again: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    said = {one[key]: one for one in stated}
    if len(said) != len(stated):
        yield f"the statement lists a {noun} twice"
    judged = {one[key]: one for one in again}
    for name in [*judged, *(said.keys() - judged.keys())]:
        if name not in said:
            yield f"{noun} {name} is {judged[name]['verdict']}, the statement doesn't list it"
        elif name not in judged:
            yield f"{noun} {name} is {said[name]['verdict']} in the statement, but isn't part of this suite"
        else:
            for field in _COMPARED:
                was, now = said[name].get(field), judged[name].get(field)
                if was != now:
                    reason = judged[name].get("reason") or judged[name].get("actual")
                    why = f" ({shorten(one_line(reason), 200)})" if reason and field == "verdict" else ""
                    yield f"{noun} {name}: {field} is {now}, the statement says {was}{why}"
