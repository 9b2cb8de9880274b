"""One check's way from a pytest item to an outcome: which exchanges it used, what it asserted, how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from conformance.contract import Release, is_known_anywhere, load_release, release_ids
from conformance.errors import NotTestable, UsageError
from conformance.evidence.curl import curl_command
from conformance.evidence.recorder import Recorder
from conformance.instance.errors import InstanceFailure, NotJSON
from conformance.report.outcome import CheckOutcome
from conformance.suite.assertions import TALLY, Nonconformity
from conformance.suite.places import Place


def check_id(item: pytest.Item) -> str:
    """A check's name that is the same wherever the suite is installed: `test_list.py::test_name[case]`."""
    return item.nodeid.rpartition("/")[2]


def requirement_ids(item: pytest.Item) -> tuple[str, ...]:
    """The ids on the check's `requirement` marks."""
    return tuple(dict.fromkeys(name for mark in item.iter_markers("requirement") for name in mark.args))


def own_ids(release: Release, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of the ids that a check of this release tests: what only other releases promise doesn't count here."""
    return tuple(name for name in ids if name in release.requirements and not release.requirements[name].excluded)


def unknown_anywhere(ids: Iterable[str]) -> list[str]:
    """The ids that no release's contract has."""
    return [name for name in ids if not is_known_anywhere(name)]


def untraceable(release: Release, items: Iterable[pytest.Item]) -> list[str]:
    """What breaks the tie between contract and checks: a line a problem, none where each promise has its check.

    `items` are the checks that are run for the release, of all profiles. A check may name what only another release
    promises, or excludes; what every release that has it excludes isn't tested by anything.
    """
    problems = []
    tested: set[str] = set()
    for item in items:
        ids = requirement_ids(item)
        tested.update(own_ids(release, ids))
        if not ids:
            problems.append(f"check {check_id(item)} names no requirement")
        problems += [f"check {check_id(item)} names {name!r}, which no contract has" for name in unknown_anywhere(ids)]
        problems += [
            f"check {check_id(item)} names {name}, which the contract excludes from testing"
            for name in ids
            if is_known_anywhere(name) and _is_excluded_everywhere(name)
        ]
    problems += [
        f"requirement {name} has no check and no reason for that"
        for name, requirement in release.requirements.items()
        if name not in tested and not requirement.excluded
    ]
    return problems


def _is_excluded_everywhere(name: str) -> bool:
    releases = map(load_release, release_ids())
    return all(release.requirements[name].excluded for release in releases if name in release.requirements)


class CheckRun:
    """Follows the running check. One object serves a whole session, one check at a time."""

    def __init__(self, release: Release, recorder: Recorder, base_url: str) -> None:
        self.release = release
        self.recorder = recorder
        self.base_url = base_url
        self.waived: frozenset[str] = frozenset()
        """The requirements whose failing was allowed."""
        self._began = 0.0
        self._turn = 0

    def begin(self, item: pytest.Item) -> None:
        """A check starts: exchanges and assertions from here on are its own."""
        TALLY.reset()
        self.recorder.begin(check_id(item))
        self._turn += 1
        self._began = time.monotonic()

    def require_substance(self) -> None:
        """Fail a check that passed without having asked the instance, or without having asserted anything."""
        if not self.recorder.used:
            raise UsageError("the check passed without looking at a single reply of the instance")
        if not TALLY.assertions:
            raise UsageError("the check passed without asserting anything")

    def outcome(self, item: pytest.Item, error: BaseException | None) -> CheckOutcome:
        """What the finished check found; `error` is what ended it, None where it passed."""
        verdict, expected, actual, reason, shown = _classify(error)
        place = _place(error)
        used = tuple(self.recorder.used)
        decisive = [x for x in self.recorder.exchanges if x.id in (shown or used[-1:])]
        curl = curl_command(decisive[-1], self.base_url) if decisive and verdict == "failed" else None
        title = (getattr(item, "obj", None).__doc__ or "").strip().split("\n")[0]
        redact = self._redacted
        return CheckOutcome(
            nodeid=check_id(item),
            title=title,
            requirements=own_ids(self.release, requirement_ids(item)),
            verdict=verdict,
            expected=redact(expected),
            actual=redact(actual),
            reason=redact(reason),
            exchanges=tuple(dict.fromkeys((*used, *shown))),
            seconds=time.monotonic() - self._began,
            observations=tuple(f"reading: {reading}" for reading in dict.fromkeys(TALLY.readings)),
            curl=curl,
            process=self.recorder.prefix,
            turn=self._turn,
            decisive=decisive[-1].id if decisive and verdict == "failed" else None,
            path=redact(place.path) if place else None,
            wanted=redact(place.wanted) if place else None,
        )

    def _redacted(self, text: str | None) -> str | None:
        return None if text is None else self.recorder.redactor.text(text)

    def decides(self, outcome: CheckOutcome, *, strict: bool) -> bool:
        """Whether the outcome counts against the run: a MUST is at stake, or a SHOULD under `strict`."""
        at_stake = [self.release.requirements[name] for name in outcome.requirements if name not in self.waived]
        return any(r.fatal or (strict and r.level == "SHOULD" and r.basis != "inferred" and r.scored) for r in at_stake)


def _classify(
    error: BaseException | None,
) -> tuple[str, str | None, str | None, str | None, tuple[str, ...]]:
    """Verdict, expected, actual, reason and the ids of the exchanges that show it."""
    if error is None:
        return "passed", None, None, None, ()
    if isinstance(error, BaseExceptionGroup):
        return _classify(_most_telling(error))
    if isinstance(error, Nonconformity):
        return "failed", error.expected, error.actual, None, error.exchanges
    if isinstance(error, InstanceFailure | NotJSON):
        expected = "a JSON reply" if isinstance(error, NotJSON) else "a complete reply within its bounds"
        exchange = getattr(error, "exchange", None)
        return "failed", expected, str(error), None, (exchange.id,) if exchange else ()
    if isinstance(error, NotTestable | pytest.skip.Exception):
        return "not-testable", None, None, str(error), ()
    return "error", None, None, f"the check itself failed: {type(error).__name__}: {error}", ()


def _place(error: BaseException | None) -> Place | None:
    if isinstance(error, BaseExceptionGroup):
        return _place(_most_telling(error))
    return error.place if isinstance(error, Nonconformity) else None


def _most_telling(group: BaseExceptionGroup[BaseException]) -> BaseException:
    failures = [e for e in group.exceptions if isinstance(e, Nonconformity | InstanceFailure | NotJSON)]
    return failures[0] if failures else group.exceptions[0]
