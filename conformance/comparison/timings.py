"""How long an endpoint's replies took in each run, and whether the difference is more than noise.

A change is marked where all of these hold: both runs have at least `MIN_REPLIES` successful replies of the endpoint,
the medians differ by a factor of `MIN_RATIO` and by `MIN_DIFFERENCE` seconds, and the middle halves don't touch: the
slower run's quickest quarter ends after the quicker run's slowest quarter begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Literal

from conformance.evidence.exchange import Exchange

MIN_REPLIES = 10
MIN_RATIO = 1.5
MIN_DIFFERENCE = 0.005
"""Seconds. Two runs on a quiet machine differ by 1 to 3 ms."""


@dataclass(frozen=True)
class Spread:
    """Of the seconds that replies took: their number, quartiles and 95th percentile."""

    count: int
    lower: float
    median: float
    upper: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """The spread of at least one duration."""
        cuts = quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 19
        return cls(len(seconds), cuts[4], cuts[9], cuts[14], cuts[18])


@dataclass(frozen=True)
class TimingChange:
    """One endpoint's successful replies in both runs."""

    endpoint: str
    old: Spread
    new: Spread

    @property
    def ratio(self) -> float:
        """How many times as long the new median is."""
        return self.new.median / self.old.median if self.old.median > 0 else 1.0

    @property
    def mark(self) -> Literal["slower", "faster"] | None:
        """Which way it changed, None where that may be noise."""
        if _longer(self.new, self.old):
            return "slower"
        return "faster" if _longer(self.old, self.new) else None


def compare_timings(old: Iterable[Exchange], new: Iterable[Exchange]) -> tuple[TimingChange, ...]:
    """The endpoints that answered successfully in both runs; only checks that both ran have a say."""
    old, new = tuple(old), tuple(new)
    shared = {one.check for one in old} & {one.check for one in new}
    before, after = (_durations(one for one in run if one.check in shared) for run in (old, new))
    return tuple(
        TimingChange(name, Spread.of(before[name]), Spread.of(after[name])) for name in before if name in after
    )


def _durations(exchanges: Iterable[Exchange]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for one in exchanges:
        if one.endpoint is not None and one.response is not None and one.error is None and one.response.status < 300:
            found.setdefault(one.endpoint, []).append(one.elapsed_seconds)
    return found


def _longer(slow: Spread, quick: Spread) -> bool:
    return (
        min(slow.count, quick.count) >= MIN_REPLIES
        and slow.median >= MIN_RATIO * quick.median
        and slow.median - quick.median >= MIN_DIFFERENCE
        and slow.lower > quick.upper
    )
