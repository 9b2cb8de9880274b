"""Running the suite on one wrong or unusual embedded instance, in this process."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from conformance.contract import Release, Requirement, load_release
from conformance.errors import ConformanceError
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import catalogue
from conformance.mock.defects.probe import ProbeFailed, Prover
from conformance.mock.server import MockInstance
from conformance.running.assembly import Assembly
from conformance.running.means import Rehearsal
from conformance.running.runner import Chooses, Listener, collect_checks, run_suite
from conformance.selftest.case import DEFECT, HEALTHY, Case, Findings
from conformance.settings import Settings

if TYPE_CHECKING:
    from conformance.report.run import RunResult

READ_TIMEOUT = 5.0
REPLY_DEADLINE = 10.0
UPLOAD_TIMEOUT = 10.0
"""Seconds that an instance on this machine gets; a defect that never answers is found sooner so. Ours."""

LONGEST_SLEEP = 1.25
SHORT_SLEEP = 0.01
"""Seconds: a wait for a conversion that is longer than the first counts in full, but only takes the second. Ours."""


_ASIDE = ("fuzzing", "echo")
"""Topics that stand beside the endpoints whatever the contract says: what is sent to one comes back from others."""


class Runner:
    """Runs one case after the other; a context manager. Nothing is kept between two but the proofs' right instances."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._provers: dict[str, Prover] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, case: Case) -> Findings:
        """Start the instance, run the checks, stop it. What goes wrong on the way is part of the findings."""
        began = time.monotonic()
        try:
            found = self._defect(case) if case.kind == DEFECT else self._variant(case)
        except Exception as error:
            found = Findings.broken(f"{type(error).__name__}: {error}")
        # Cycles of a finished pytest session hold its exchanges; a hundred sessions would add up.
        gc.collect()
        return replace(found, seconds=time.monotonic() - began)

    def _defect(self, case: Case) -> Findings:
        defect = catalogue(case.release)[case.id]
        release = load_release(case.release)
        try:
            evidence = self._proofs(case.release).prove(defect)
        except ProbeFailed as nothing:
            return Findings(unproven=str(nothing))
        profile = "full" if case.all_checks else profile_of(release, defect.breaks)
        only = None if case.all_checks else neighbourhood(release, defect.breaks)
        found = run_on(defect.behaviour(), case.id, release.id, profile, only, sleep=impatient)
        return replace(found, evidence=evidence)

    def _variant(self, case: Case) -> Findings:
        from conformance.mock import variants

        known = variants.catalogue(case.release)
        behaviour = Behaviour() if case.id == HEALTHY else known[case.id].behaviour()
        return run_on(behaviour, case.id, case.release, "full", None)

    def _proofs(self, release_id: str) -> Prover:
        if release_id not in self._provers:
            self._provers[release_id] = self._stack.enter_context(Prover(release_id))
        return self._provers[release_id]


def run_on(
    behaviour: Behaviour,
    seed: str,
    release_id: str,
    profile: str,
    only: Collection[str] | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Findings:
    """Start an embedded instance of the release that behaves so, and run checks on it as `run_against` does."""
    with MockInstance(behaviour=behaviour, release=release_id) as mock:
        return run_against(mock, seed, release_id, profile, only, sleep)


def run_against(
    mock: MockInstance,
    seed: str,
    release_id: str,
    profile: str,
    only: Collection[str] | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Findings:
    """Run the profile's checks on a started embedded instance, or of them those of the promises `only`.

    `seed` makes the run's names.
    """
    settings = Settings(
        release=release_id,
        profile=profile,
        read_timeout=READ_TIMEOUT,
        reply_deadline=REPLY_DEADLINE,
        upload_timeout=UPLOAD_TIMEOUT,
    )
    run_id = hashlib.sha256(seed.encode()).hexdigest()[:8]
    assembly = Assembly.make(settings, {}, source=Rehearsal(mock, run_id, sleep))
    try:
        blocked = assembly.check_prerequisites()
        if blocked:
            return Findings(profile=profile, errors=(f"no check was run: {blocked}",))
        if only is None:
            return _found(run_suite(assembly, Listener()))
        return _found(run_suite(assembly, Listener(), select=choosing(only), modules=modules_of(release_id, only)))
    finally:
        assembly.close()
        # Caches of the fuzzer's packages outlive a run and hold its session; the replies needn't stay with it.
        assembly.recorder.exchanges.clear()


def impatient(seconds: float) -> None:
    """Sleep, but not through the long pauses between two looks at a conversion that never ends."""
    time.sleep(seconds if seconds <= LONGEST_SLEEP else SHORT_SLEEP)


def profile_of(release: Release, breaks: tuple[str, ...]) -> str:
    """The smallest profile that tests all that a defect breaks. Raises ConformanceError for an unknown id."""
    unknown = [name for name in breaks if name not in release.requirements]
    if unknown or not breaks:
        named = f"the unknown requirements {', '.join(unknown)}" if unknown else "no requirement"
        raise ConformanceError(f"the defect breaks {named}")
    return "full" if any(release.requirements[name].profile == "full" for name in breaks) else "core"


def neighbourhood(release: Release, breaks: tuple[str, ...]) -> frozenset[str]:
    """The requirements that a defect breaks, and all others about the same.

    About the same are the requirements of one endpoint and, of those of no endpoint, the ones of one topic: the
    first word of the id. Fuzzing is about everything, and costs more than all the rest.
    """
    about = {_subject(release.requirements[name]) for name in breaks}
    return frozenset(r.id for r in release.requirements.values() if _subject(r) in about) | set(breaks)


def choosing(wanted: Collection[str]) -> Chooses:
    """The checks that test one of the wanted requirements."""
    from conformance.running.checkrun import requirement_ids

    return lambda item: not frozenset(wanted).isdisjoint(requirement_ids(item))


def modules_of(release_id: str, wanted: Collection[str]) -> list[Path]:
    """The suite's files that hold the checks of these requirements."""
    known = _modules(release_id)
    return sorted({path for name in wanted for path in known.get(name, ())})


@lru_cache
def _modules(release_id: str) -> Mapping[str, Collection[Path]]:
    """The files by the requirements that their checks test; the whole suite is looked through only for this."""
    from conformance.running.checkrun import requirement_ids

    found: dict[str, set[Path]] = {}
    for item in collect_checks(Settings(release=release_id)):
        for name in requirement_ids(item):
            found.setdefault(name, set()).add(item.path)
    return found


def _subject(requirement: Requirement) -> str:
    topic = requirement.id.partition(".")[0]
    return topic if topic in _ASIDE else requirement.endpoint or topic


def _found(result: RunResult) -> Findings:
    tried = [v for v in result.requirements if v.checks]
    crashed = [v for v in tried if v.verdict == "inconclusive"]
    errors = [f"{v.id}: {v.reason}" for v in crashed]
    if result.verdict.verdict == "suite-error" and not errors:
        errors.append(result.verdict.reason)
    errors += [
        f"{o.nodeid}: {o.reason or 'crashed'}"
        for o in result.outcomes
        if o.verdict == "error" and not any(o.nodeid in v.checks for v in crashed)
    ]
    return Findings(
        profile=result.profile,
        checks=len(result.outcomes),
        requests=len(result.exchanges),
        passed=tuple(v.id for v in tried if v.verdict == "passed"),
        failed={v.id: v.reason or "" for v in tried if v.verdict == "failed"},
        not_testable={v.id: v.reason or "" for v in tried if v.verdict == "not-testable"},
        errors=tuple(errors),
    )
