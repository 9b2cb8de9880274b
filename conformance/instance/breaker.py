"""Giving up on an instance that has stopped answering, so that a run doesn't wait once for each of its requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from conformance.errors import NotTestable
from conformance.instance.errors import InstanceFailure, TargetUnreachable
from conformance.instance.failures import NOT_REACHED

MAX_SILENT = 3
"""Requests in a row without an answer, after which no more are sent. Ours."""

SILENT = NOT_REACHED | {"timeout", "too-slow"}
"""The kinds of failure that mean waiting. A reply that breaks off or is too large costs no time and never counts."""


class StoppedAnswering(NotTestable):
    """Nothing more is sent: the last requests to the instance, or to this path of it, all went unanswered."""


@dataclass
class _Streak:
    count: int = 0
    last_failed_at: float = float("-inf")


class Breaker:
    """Counts requests in a row that went unanswered: of the whole instance, and of each path. Thread-safe.

    One breaker serves all sessions of a run. Once open it stays open.
    """

    def __init__(self, clock: Callable[[], float], limit: int = MAX_SILENT) -> None:
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._whole = _Streak()
        self._paths: dict[str, _Streak] = {}

    @contextmanager
    def watch(self, path: str) -> Iterator[None]:
        """Send one request to `path` inside. Raises StoppedAnswering in its place where that is of no use."""
        path = path.partition("?")[0]
        self._refuse(path)
        began = self._clock()
        try:
            yield
        except (InstanceFailure, TargetUnreachable) as failure:
            self._note(path, began, silent=failure.kind in SILENT)
            raise
        self._note(path, began, silent=False)

    def _refuse(self, path: str) -> None:
        with self._lock:
            if self._whole.count >= self._limit:
                what = "the instance"
            elif self._streak(path).count >= self._limit:
                what = path
            else:
                return
        raise StoppedAnswering(f"{what} stopped answering: {self._limit} requests in a row went unanswered")

    def _note(self, path: str, began: float, *, silent: bool) -> None:
        with self._lock:
            for streak in (self._whole, self._streak(path)):
                if not silent:
                    if streak.count < self._limit:
                        streak.count = 0
                elif began >= streak.last_failed_at:
                    # Requests side by side that fail together are one silence, not several.
                    streak.count += 1
                    streak.last_failed_at = self._clock()

    def _streak(self, path: str) -> _Streak:
        return self._paths.setdefault(path, _Streak())
