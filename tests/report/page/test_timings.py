"""The timings tell the right numbers, and each picture puts them where its scale says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.page.timings import HEIGHT, WIDTH, Timings, percentile, shown_time, timings

BAR = re.compile(r"M([\d.]+) \d+v-([\d.]+)h[\d.]+v[\d.]+z")


@pytest.fixture
def exchanges(sample: Any):
    def make(*seconds: float, endpoint: str | None = "list") -> list[Any]:
        return [sample.timed(f"x{number}", elapsed, endpoint) for number, elapsed in enumerate(seconds)]

    return make


def bars(found: Timings) -> list[tuple[float, float]]:
    (row,) = found.rows
    return [(float(x), float(height)) for x, height in BAR.findall(row.bars)]


def test_median_percentile_and_slowest_are_of_each_endpoint(exchanges):
    found = timings([*exchanges(*[n / 1000 for n in range(1, 101)]), *exchanges(2.0, endpoint="get")])
    assert found is not None
    assert [(row.endpoint, row.number, row.median, row.late, row.slowest) for row in found.rows] == [
        ("get", 1, 2.0, 2.0, 2.0),
        ("list", 100, 0.05, 0.095, 0.1),
    ]


def test_requests_of_no_endpoint_come_last(exchanges):
    found = timings([*exchanges(0.1, endpoint=None), *exchanges(0.1, endpoint="upload")])
    assert found is not None
    assert [row.endpoint for row in found.rows] == ["upload", "other requests"]


def test_the_scale_is_whole_powers_of_ten_at_equal_distances(exchanges):
    found = timings(exchanges(0.002, 3.0))
    assert found is not None
    assert found.ticks == ("1 ms", "10 ms", "100 ms", "1 s", "10 s")
    assert found.tick_places == (0, 60, 120, 180, 240)


def test_a_time_stands_at_its_place_and_the_fullest_bin_is_the_highest(exchanges):
    found = timings(exchanges(0.01, *[0.1] * 9, 1.0))
    assert found is not None
    assert bars(found) == [(0.0, 4.4), (120.0, HEIGHT), (WIDTH - 4, 4.4)]
    assert found.rows[0].median_at == 120


def test_without_exchanges_there_are_no_timings():
    assert timings([]) is None


@given(st.lists(st.floats(allow_infinity=True, allow_nan=True), min_size=1))
def test_no_time_breaks_the_picture(sample, seconds):
    found = timings([sample.timed("x", elapsed, "list") for elapsed in seconds])
    if found is not None:
        drawn = bars(found)
        assert drawn
        assert all(0 <= x < WIDTH and 2 <= height <= HEIGHT for x, height in drawn)
        assert 0 <= found.rows[0].median_at <= found.rows[0].late_at <= WIDTH


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0001, "0.1 ms"), (0.00123, "1.2 ms"), (0.0096, "9.6 ms"), (0.0123, "12 ms"), (0.9994, "999 ms"),
     (0.9999, "1 s"), (1.26, "1.3 s"), (42.4, "42 s"), (1000, "1,000 s")],
)  # fmt: skip
def test_a_time_reads_with_two_digits(seconds, text):
    assert shown_time(seconds) == text


@given(st.lists(st.integers(0, 50), min_size=1).map(sorted), st.floats(0.01, 1))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(ordered, share):
    found = percentile(ordered, share)
    assert sum(value <= found for value in ordered) >= share * len(ordered)
    assert sum(value < found for value in ordered) < share * len(ordered)
