import pytest

from conformance.comparison.timings import MIN_REPLIES, Spread, compare_timings
from tests.comparison.replies import exchange


def timing(old, new):
    found = compare_timings(*([exchange({}, seconds=one) for one in run] for run in (old, new)))
    return found[0]


def steady(seconds, number=20):
    return [seconds * (1 + i / 100) for i in range(number)]


def test_three_times_as_slow_is_marked():
    found = timing(steady(0.1), steady(0.3))
    assert found.mark == "slower"
    assert found.ratio == pytest.approx(3)


def test_the_other_way_round_is_faster():
    assert timing(steady(0.3), steady(0.1)).mark == "faster"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (steady(0.1), steady(0.14)),
        (steady(0.001), steady(0.003)),
        (steady(0.1, MIN_REPLIES - 1), steady(0.3, MIN_REPLIES - 1)),
        ([0.01, 0.5] * 10, [0.02, 0.02, 0.9, 0.9] * 5),
    ],
    ids=["a small factor", "a few milliseconds", "few replies", "middle halves that overlap"],
)
def test_what_may_be_noise_is_not_marked(old, new):
    assert timing(old, new).mark is None


def test_the_spread_of_known_durations():
    spread = Spread.of([i / 100 for i in range(101)])
    assert (spread.lower, spread.median, spread.upper, spread.p95) == pytest.approx((0.25, 0.5, 0.75, 0.95))
    assert Spread.of([0.2]).p95 == 0.2


def test_only_successful_replies_of_checks_that_both_ran_count():
    old = [exchange({}, seconds=0.1), exchange({}, seconds=9, status=400), exchange({}, seconds=9, check="other")]
    new = [exchange({}, seconds=0.2), exchange({}, seconds=9, failed="timeout")]
    (found,) = compare_timings(old, new)
    assert (found.old.count, found.new.count, found.ratio) == (1, 1, pytest.approx(2))
