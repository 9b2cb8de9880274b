"""Searches for counterexamples that two runs repeat: the same examples, bounded requests, one shrunk result."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar
from unittest import mock

import hypothesis
from hypothesis.errors import Flaky
from hypothesis.reporting import with_reporter

from conformance.errors import ConformanceError

T = TypeVar("T")

SHRINKING: Final = 40
"""Requests beyond its examples that a search may send to make a counterexample smaller. Ours."""

SMALLER: Final = 200
"""Judgements after the first counterexample, for making it smaller. Ours: most are answered from memory."""


class Spent(BaseException):
    """The search may ask no more. Not an Exception, which hypothesis would take for a counterexample."""


class Answers(Generic[T]):
    """What was answered, by what was asked. Nothing is asked twice, so that shrinking is bounded and never flaky.

    At most `limit` questions are put, none after `stop()` holds, and none after one had no answer at all.
    """

    def __init__(self, limit: int, stop: Callable[[], bool] = lambda: False) -> None:
        self.limit = limit
        self._stop = stop
        self._answers: dict[Hashable, T | ConformanceError] = {}
        self._broken = False

    def ask(self, question: Hashable, put: Callable[[], T]) -> T:
        """The answer to `question`; `put` asks it. Raises what `put` raised, each time anew, and Spent."""
        if question not in self._answers:
            if self._broken or len(self._answers) >= self.limit or self._stop():
                raise Spent
            try:
                self._answers[question] = put()
            except ConformanceError as failure:
                # A hanging instance would take its whole timeout for each smaller example.
                self._answers[question] = failure
                self._broken = True
        answer = self._answers[question]
        if isinstance(answer, ConformanceError):
            raise answer
        return answer


def search(
    strategy: hypothesis.strategies.SearchStrategy[T],
    judge: Callable[[T], None],
    *,
    examples: int,
    seed: int | None = None,
) -> None:
    """Judge up to `examples` values. What `judge` raises for the smallest value found comes out of it again.

    Without a seed the values are the same in each run.
    """
    failures = Failures()

    def judged(example: T) -> None:
        with failures.noted():
            judge(example)

    test = settings(examples, seed)(hypothesis.given(strategy)(judged))
    if seed is not None:
        test = hypothesis.seed(seed)(test)
    failures.conclude(test)


class Failures:
    """What a search found so far, so that it isn't lost where the search may ask no more."""

    def __init__(self) -> None:
        self._last: Exception | None = None
        self._since = 0

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep the exception that comes out of one judgement. Raises Spent where enough was tried since the first."""
        self._since += self._last is not None
        if self._since > SMALLER:
            raise Spent
        try:
            yield
        except Exception as failure:
            self._last = failure
            raise

    def conclude(self, run: Callable[[], None]) -> None:
        """Run the search to its end. Raises what it found: the smallest, or the last where it couldn't go on."""
        with reproducible():
            try:
                run()
            except (Spent, Flaky):
                # Flaky: the judge answers from memory, so it is generation that didn't repeat itself while shrinking.
                self._tell()
            except AssertionError as error:
                if error is self._last or not _is_inconsistent_replay(error):
                    raise
                self._tell()

    def _tell(self) -> None:
        if self._last is not None:
            raise self._last from None


def _is_inconsistent_replay(error: AssertionError) -> bool:
    """Whether hypothesis' own bookkeeping failed, which asserts where a replay draws other values than before."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__")).startswith("hypothesis.internal.")


def settings(examples: int, seed: int | None = None, *, steps: int = 1) -> hypothesis.settings:
    """hypothesis' settings for a search: nothing read from or written to the user's own."""
    return hypothesis.settings(
        max_examples=examples,
        derandomize=seed is None,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        stateful_step_count=steps,
        print_blob=False,
        verbosity=hypothesis.Verbosity.normal,
    )


@contextmanager
def reproducible() -> Iterator[None]:
    """Examples that depend on nothing but strategy and seed, and no output of hypothesis' own."""
    with with_reporter(_ignore), _without_local_constants():
        yield


def _ignore(_: object) -> None:
    pass


@contextmanager
def _without_local_constants() -> Iterator[None]:
    # hypothesis tries literals out of all modules loaded so far, so examples would depend on what ran before.
    # There is no public switch; where the private one moves, only this last bit of repeatability is lost.
    providers: Any = importlib.import_module("hypothesis.internal.conjecture.providers")
    cache = getattr(getattr(providers, "CONSTANTS_CACHE", None), "cache", None)
    if cache is None or not hasattr(getattr(providers, "HypothesisProvider", None), "_local_constants"):
        yield
        return
    with mock.patch.object(providers.HypothesisProvider, "_local_constants", providers.Constants()):
        cache.clear()
        try:
            yield
        finally:
            cache.clear()
