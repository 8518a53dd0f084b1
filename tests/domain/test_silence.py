"""How long is too long: hours of working days, and thirty days for good."""

from datetime import UTC, datetime, timedelta

import pytest
from lives import START, scan
from telling import truth

from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.domain.silence import (
    EXPIRED_AFTER,
    after_working_hours,
    expires_at,
    is_silence,
    silence,
    stalls_at,
)
from tracking.domain.working_days import WorkingDays

LATVIA, RIGA = WorkingDays("LV"), "Europe/Riga"
MOVING, DELIVERED, RETURNING = Status.IN_TRANSIT, Status.DELIVERED, Status.RETURNING
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def riga(day: int, hour: int, month: int = 11) -> datetime:
    """Of 2026; in winter, two hours before UTC."""
    return datetime(2026, month, day, hour - 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        (riga(23, 10), 48 * HOUR, riga(25, 10)),  # Monday to Wednesday
        (riga(20, 10), 48 * HOUR, riga(24, 10)),  # over a weekend
        (riga(21, 10), 48 * HOUR, riga(24, 23) + HOUR),  # a Saturday itself counts nothing
        (riga(17, 10), 24 * HOUR, riga(19, 10)),  # the 18th is a public holiday
        (riga(23, 10), 14 * HOUR, riga(23, 23) + HOUR),
        (riga(23, 10), timedelta(0), riga(23, 10)),
    ],
)
def test_hours_of_working_days(start, span, expected):
    assert after_working_hours(start, span, RIGA, LATVIA) == expected


def test_the_night_of_the_clock_change_has_an_hour_more():
    every_day = WorkingDays("LV", weekdays=range(7))
    saturday_noon = datetime(2026, 10, 24, 9, tzinfo=UTC)
    assert after_working_hours(saturday_noon, DAY, RIGA, every_day) == saturday_noon + DAY


@pytest.mark.parametrize("status", Status)
def test_only_what_should_move_stalls(status):
    state = ShipmentState(status=status, last_scan_at=riga(23, 10))
    moving = {"accepted", "in_transit", "out_for_delivery", "attempt_failed", "returning"}
    assert (stalls_at(state, RIGA, LATVIA) is not None) == (status in moving)


def test_thirty_days_after_the_last_that_was_heard():
    told = ShipmentState(status=Status.IN_TRANSIT, last_scan_at=riga(1, 10))
    assert expires_at(told, riga(3, 10)) == riga(3, 10) + 30 * DAY
    assert expires_at(told, riga(1, 2)) == riga(1, 10) + 30 * DAY
    assert expires_at(ShipmentState(), riga(1, 10)) == riga(1, 10) + 30 * DAY
    for over in (Status.DELIVERED, Status.RETURNED, Status.CANCELLED, Status.EXPIRED):
        assert expires_at(ShipmentState(status=over), riga(1, 10)) is None


def test_a_scan_that_comes_late_takes_the_silence_back_in_any_order():
    first, late, after = scan(0, MOVING), scan(24 * 20, MOVING), scan(24 * 31, DELIVERED)
    ours = silence("omniva", "CE1", START + EXPIRED_AFTER)
    assert is_silence(ours)
    assert truth(first, ours).status is Status.EXPIRED
    assert truth(first, ours, ours).last_scan_at == START
    assert truth(first, ours, late).status is MOVING
    assert truth(first, ours, after).status is DELIVERED
    assert truth(first, ours, scan(24 * 31, RETURNING), scan(24 * 70)).status is RETURNING


def test_what_was_never_scanned_expires_too():
    assert truth(silence("omniva", "CE1", START)).status is Status.EXPIRED
