"""A carrier is silent where it was never so silent at this hour of the week."""

from datetime import UTC, datetime, timedelta

import pytest

from tracking.domain.pulse import Heard, hours_around, pulse, slot_of

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)  # a Friday
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def weeks(events: int, gap: timedelta, slots: int = 12) -> list[Heard]:
    """The same hours of four Fridays."""
    begin = slot_of(NOW) - 90 * MINUTE
    return [
        Heard(begin - 7 * week * DAY + slot * 15 * MINUTE, events, gap)
        for week in range(1, 5)
        for slot in range(slots)
    ]


BUSY = weeks(events=8, gap=4 * MINUTE)  # one in about two minutes
HALF_HOURLY = weeks(events=50, gap=30 * MINUTE)


@pytest.mark.parametrize(
    ("heard", "silent_for", "is_silent"),
    [
        (BUSY, 9, False),
        (BUSY, 11, False),
        (BUSY, 13, True),
        (BUSY, 40, True),
        (HALF_HOURLY, 40, False),
        (HALF_HOURLY, 89, False),
        (HALF_HOURLY, 91, True),
        ([], 10_000, False),
        (weeks(events=1, gap=15 * MINUTE, slots=1), 10_000, False),  # too little is known
    ],
)
def test_silence_is_held_against_what_was_usual(heard, silent_for, is_silent):
    found = pulse(heard, NOW - silent_for * MINUTE, NOW)
    assert found.is_silent is is_silent
    assert found.silent_for == silent_for * MINUTE


def test_it_says_what_is_usual():
    usual = pulse(BUSY, NOW, NOW).usual
    assert usual is not None
    assert 1.8 * MINUTE < usual < 2 * MINUTE


def test_one_long_pause_of_a_month_ago_does_not_hide_this_one():
    once = [*BUSY, Heard(BUSY[0].slot - DAY, 1, 600 * MINUTE)]
    assert pulse(once, NOW - 40 * MINUTE, NOW).is_silent


def test_what_is_silent_today_is_not_what_is_usual():
    today = [Heard(slot_of(NOW), 1, 300 * MINUTE)] * 40
    assert pulse([*BUSY, *today], NOW - 40 * MINUTE, NOW).is_silent


def test_the_hours_of_the_week():
    assert hours_around(datetime(2026, 11, 16, 0, 30, tzinfo=UTC)) == [167, 0, 1]
    assert hours_around(datetime(2026, 11, 22, 23, 59, tzinfo=UTC)) == [166, 167, 0]
    assert slot_of(datetime(2026, 11, 16, 9, 44, 59, tzinfo=UTC)).minute == 30
