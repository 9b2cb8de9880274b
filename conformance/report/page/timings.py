"""How long the instance took, by endpoint: a small picture a row, beside the numbers that say the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.evidence.exchange import Exchange

WIDTH = 240
HEIGHT = 24
"""Of a picture, in its own units; the page stretches it."""
BINS = 60

_FLOOR = 0.0001  # seconds; a logarithm needs a beginning
_CEILING = 1_000.0
_OTHER = "other requests"


@dataclass(frozen=True)
class Row:
    """The times of one endpoint, in seconds. `bars` is an SVG path; the marks are places along its width."""

    endpoint: str
    number: int
    median: float
    late: float
    slowest: float
    bars: str
    median_at: float
    late_at: float


@dataclass(frozen=True)
class Timings:
    """All rows on one logarithmic scale, whose `ticks` are whole powers of ten, at equal distances."""

    rows: tuple[Row, ...]
    ticks: tuple[str, ...]
    tick_places: tuple[float, ...]


def timings(exchanges: Iterable[Exchange]) -> Timings | None:
    """The times of all exchanges until the last byte, those without a reply included; None where there are none."""
    times: dict[str, list[float]] = {}
    for exchange in exchanges:
        seconds = exchange.elapsed_seconds
        if math.isfinite(seconds):
            times.setdefault(exchange.endpoint or _OTHER, []).append(min(max(seconds, _FLOOR), _CEILING))
    if not times:
        return None
    every = [seconds for values in times.values() for seconds in values]
    low = math.floor(math.log10(min(every)))
    high = max(math.ceil(math.log10(max(every))), low + 1)
    ordered = sorted(times.items(), key=lambda item: (item[0] == _OTHER, item[0]))
    powers = range(low, high + 1)
    return Timings(
        rows=tuple(_row(name, sorted(values), low, high) for name, values in ordered),
        ticks=tuple(shown_time(10.0**power) for power in powers),
        tick_places=tuple(round(WIDTH * (power - low) / (high - low), 1) for power in powers),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the ordered values that at least `share` of them don't exceed (nearest rank)."""
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def shown_time(seconds: float) -> str:
    """Seconds as people read them: two digits that count, in ms below a second."""
    value, unit = (seconds, "s") if seconds >= 0.9995 else (seconds * 1000, "ms")
    return f"{value:,.0f} {unit}" if value >= 10 else f"{float(f'{value:.2g}'):g} {unit}"


def _row(name: str, ordered: list[float], low: int, high: int) -> Row:
    def place(seconds: float) -> float:
        return (math.log10(seconds) - low) / (high - low)

    median, late = percentile(ordered, 0.5), percentile(ordered, 0.95)
    return Row(
        endpoint=name,
        number=len(ordered),
        median=median,
        late=late,
        slowest=ordered[-1],
        bars=_bars([place(seconds) for seconds in ordered]),
        median_at=round(WIDTH * place(median), 1),
        late_at=round(WIDTH * place(late), 1),
    )


def _bars(places: Iterable[float]) -> str:
    """A histogram as one path; the fullest bin is as high as the picture, and no bin that holds one is invisible."""
    bins = [0] * BINS
    for place in places:
        bins[min(int(place * BINS), BINS - 1)] += 1
    fullest, width = max(bins), WIDTH / BINS
    pieces = []
    for number, held in enumerate(bins):
        if held:
            height = round(2 + (HEIGHT - 2) * held / fullest, 1)
            pieces.append(f"M{number * width:g} {HEIGHT}v-{height:g}h{width - 1:g}v{height:g}z")
    return "".join(pieces)
