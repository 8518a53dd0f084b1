"""Promises: cut-off, working days, hours over midnight and over the change of the clocks."""

from datetime import UTC, datetime, time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.promise import Mover
from tracking.domain.promise import Promise, Service, promised, promises_of
from tracking.domain.working_days import MONDAY_TO_SATURDAY, WorkingDays

RIGA, TALLINN = "Europe/Riga", "Europe/Tallinn"
LATVIA = WorkingDays("LV")
NEXT_DAY = Service(days=1, cutoff=time(14), closes=time(18))
TODAY = Service(days=0, cutoff=time(11), closes=time(22), opens=time(18))
NIGHT = Service(days=0, cutoff=time(20), closes=time(2), opens=time(22))
BY_MIDNIGHT = Service(days=1, cutoff=time(14), closes=time(0), opens=time(9))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("service", "ordered", "starts", "by"),
    [
        (NEXT_DAY, "2026-11-16T13:59+02:00", None, "2026-11-17T18:00+02:00"),
        (NEXT_DAY, "2026-11-16T14:00+02:00", None, "2026-11-17T18:00+02:00"),
        (NEXT_DAY, "2026-11-16T14:01+02:00", None, "2026-11-19T18:00+02:00"),  # 18th: closed
        (NEXT_DAY, "2026-11-20T09:00+02:00", None, "2026-11-23T18:00+02:00"),  # a Friday
        (NEXT_DAY, "2026-11-21T09:00+02:00", None, "2026-11-24T18:00+02:00"),  # a Saturday
        (NEXT_DAY, "2026-11-16T23:30+00:00", None, "2026-11-19T18:00+02:00"),  # it is the 17th
        (TODAY, "2026-11-16T10:00+02:00", "2026-11-16T18:00+02:00", "2026-11-16T22:00+02:00"),
        (TODAY, "2026-11-16T12:00+02:00", "2026-11-17T18:00+02:00", "2026-11-17T22:00+02:00"),
        (NIGHT, "2026-11-16T12:00+02:00", "2026-11-16T22:00+02:00", "2026-11-17T02:00+02:00"),
        (BY_MIDNIGHT, "2026-11-16T09:00+02:00", "2026-11-17T09:00+02:00", "2026-11-18T00:00+02:00"),
    ],
)
def test_what_is_ordered_now_is_promised_then(service, ordered, starts, by):
    found = promised(service, at(ordered), RIGA, LATVIA)
    assert (found.starts, found.by) == (starts and at(starts), at(by))
    assert (found.mover, found.at) == (Mover.RULE, at(ordered))


@pytest.mark.parametrize(
    ("hour", "by"),
    [
        # 25 October 2026: 04:00 summer time is 03:00 winter time again, so 03:30 comes twice.
        (time(3, 30), "2026-10-25T03:30+02:00"),
        (time(2, 30), "2026-10-25T02:30+03:00"),
        (time(18), "2026-10-25T18:00+02:00"),
    ],
)
def test_an_hour_that_comes_twice_is_the_second(hour, by):
    every_day = WorkingDays("LV", weekdays=range(7))
    service = Service(days=1, cutoff=time(14), closes=hour)
    assert promised(service, at("2026-10-24T10:00+03:00"), RIGA, every_day).by == at(by)


def test_an_hour_that_the_clocks_skip_is_as_much_later():
    """29 March 2026: after 02:59:59 it is 04:00."""
    every_day = WorkingDays("EE", weekdays=range(7))
    service = Service(days=1, cutoff=time(14), closes=time(3, 30))
    found = promised(service, at("2026-03-28T10:00+02:00"), TALLINN, every_day)
    assert found.by == at("2026-03-29T04:30+03:00")


def test_what_is_over_today_is_promised_for_the_next_day():
    """A rule whose cut-off lies behind its hours."""
    service = Service(days=0, cutoff=time(23), closes=time(18))
    found = promised(service, at("2026-11-16T20:00+02:00"), RIGA, LATVIA)
    assert found.by == at("2026-11-17T18:00+02:00")


def test_evening_services_deliver_on_saturdays_until_ten():
    calendar = WorkingDays("LV", weekdays=MONDAY_TO_SATURDAY)
    found = promised(TODAY, at("2026-11-21T10:00+02:00"), RIGA, calendar)
    assert found.by == at("2026-11-21T22:00+02:00")


SERVICES = st.builds(
    Service,
    days=st.integers(0, 10),
    cutoff=st.times().map(lambda each: each.replace(tzinfo=None)),
    closes=st.times().map(lambda each: each.replace(tzinfo=None)),
    opens=st.one_of(st.none(), st.times().map(lambda each: each.replace(tzinfo=None))),
)


@given(
    SERVICES,
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.sampled_from([("LV", RIGA), ("EE", TALLINN), ("LT", "Europe/Vilnius")]),
)
def test_a_promise_lies_ahead_of_its_order_and_ends_after_it_begins(service, ordered, place):
    country, zone = place
    found = promised(service, ordered, zone, WorkingDays(country))
    assert found.by > ordered
    assert found.starts is None or found.starts < found.by


def made(by: str, mover: Mover, hour: int) -> Promise:
    return Promise(by=at(by), mover=mover, at=at(f"2026-11-16T{hour:02d}:00+02:00"))


FIRST = made("2026-11-18T18:00+02:00", Mover.SHOP, 9)
LATER = made("2026-11-19T18:00+02:00", Mover.SHOP, 10)
MOVED = made("2026-11-20T18:00+02:00", Mover.SHOPPER, 11)
CARRIER = made("2026-11-25T18:00+02:00", Mover.CARRIER, 12)


@pytest.mark.parametrize(
    ("told", "now", "measure"),
    [
        ([FIRST], FIRST, FIRST),
        ([FIRST, CARRIER], FIRST, FIRST),
        ([FIRST, LATER], LATER, FIRST),
        ([FIRST, MOVED], MOVED, MOVED),
        ([FIRST, LATER, MOVED, CARRIER], MOVED, MOVED),
    ],
)
def test_the_first_is_never_forgotten_whatever_the_order(told, now, measure):
    for order in permutations([*told, told[0]]):
        assert promises_of(order) == (FIRST, now, measure)


def test_a_shop_that_moves_it_again_is_held_to_what_the_shopper_agreed():
    again = made("2026-11-24T18:00+02:00", Mover.SHOP, 13)
    assert promises_of([FIRST, MOVED, again]) == (FIRST, again, MOVED)


def test_a_carrier_alone_promises_nothing():
    assert promises_of([CARRIER]) is None
    assert promises_of([]) is None
