"""The token bucket: so many a second, in small bursts, whatever the clock does."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.bucket import TokenBucket

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("rate", "asked", "taken"),
    [
        # a burst of a fifth of a second, one at the least
        (30, [(0, 20)], [6]),
        (0.5, [(0, 20), (1, 20), (2, 20)], [1, 0, 1]),
        (1, [(0, 1), (0.5, 1), (1, 1)], [1, 0, 1]),
        (30, [(0, 4), (0, 4), (0.1, 20), (10, 20)], [4, 2, 3, 6]),
        (10_000, [(0, 20), (0, 20)], [20, 20]),
        (30, [(0, 0)], [0]),
        (30, [(5, 20), (0, 20), (5, 20)], [6, 0, 6]),  # a clock that was put back
    ],
)
def test_what_is_given(rate, asked, taken):
    bucket = TokenBucket(rate)
    assert [bucket.take(most, at(seconds)) for seconds, most in asked] == taken


def test_what_was_not_used_comes_back_and_is_never_more_than_a_burst():
    bucket = TokenBucket(30)
    assert bucket.take(6, NOW) == 6
    bucket.give_back(4)
    assert bucket.take(20, NOW) == 4
    bucket.give_back(50)
    assert bucket.take(20, NOW) == 6


def test_the_wait_is_until_half_a_burst_and_who_is_late_loses_nothing():
    bucket = TokenBucket(30)
    assert bucket.wait(NOW) == timedelta(0)
    bucket.take(6, NOW)
    wait = bucket.wait(NOW)
    assert wait == timedelta(seconds=0.1)
    assert bucket.count(NOW + wait) == 3
    late = timedelta(seconds=0.1)
    assert bucket.take(20, NOW + wait + late) == 6


def test_what_is_counted_stays():
    bucket = TokenBucket(30)
    assert [bucket.count(NOW), bucket.count(NOW), bucket.take(20, NOW)] == [6, 6, 6]
    assert bucket.count(NOW) == 0


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_of_nothing_is_refused(rate):
    with pytest.raises(ValueError, match="above 0"):
        TokenBucket(rate)


@given(
    st.floats(0.1, 1000),
    st.lists(st.tuples(st.floats(0, 2), st.integers(0, 50)), min_size=1, max_size=80),
)
def test_in_no_second_more_than_rate_and_burst(rate, asks):
    bucket = TokenBucket(rate)
    times = list(itertools.accumulate(pause for pause, _ in asks))
    taken = [bucket.take(most, at(time)) for time, (_, most) in zip(times, asks, strict=True)]
    for start in times:
        window = [n for time, n in zip(times, taken, strict=True) if start <= time <= start + 1]
        assert sum(window) <= rate + max(1, rate * 0.2) + 0.01
