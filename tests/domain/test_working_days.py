"""Working days of the Baltics: holidays that move, half of a Christmas, and the shop's own days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.domain.working_days import (
    MONDAY_TO_SATURDAY,
    NoWorkingDayError,
    WorkingDays,
)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("country", "text", "works"),
    [
        ("LV", "2026-11-18", False),  # Proclamation Day, a Wednesday
        ("LV", "2026-11-19", True),
        ("LV", "2026-05-04", False),  # Restoration of Independence
        ("LV", "2026-06-23", False),  # Līgo
        ("LV", "2026-06-24", False),  # Jāņi
        ("LV", "2026-04-03", False),  # Good Friday
        ("LV", "2026-04-06", False),  # Easter Monday
        ("LV", "2026-12-24", False),
        ("LT", "2026-02-16", False),
        ("LT", "2026-03-11", False),
        ("LT", "2026-07-06", False),  # Statehood Day
        ("LT", "2026-04-03", True),  # Good Friday is a working day
        ("LT", "2026-06-23", True),
        ("LT", "2026-11-02", False),  # All Souls' Day
        ("EE", "2026-02-24", False),
        ("EE", "2026-06-23", False),  # Victory Day
        ("EE", "2026-08-20", False),
        ("EE", "2026-04-06", True),  # Easter Monday is none there
        ("EE", "2026-11-18", True),
        ("LV", "2026-11-21", False),  # a Saturday
        ("XX", "2026-12-25", True),  # nobody knows its holidays
    ],
)
def test_what_the_law_says(country, text, works):
    assert WorkingDays(country).works(day(text)) is works


def test_a_shop_closes_and_opens_as_it_likes_and_closed_counts():
    both = day("2026-11-23")
    shop = WorkingDays(
        "LV", closed=[day("2026-11-20"), both], opened=[day("2026-11-18"), day("2026-11-22"), both]
    )
    found = {text: shop.works(day(f"2026-11-{text}")) for text in ("18", "20", "21", "22", "23")}
    assert found == {"18": True, "20": False, "21": False, "22": True, "23": False}


@pytest.mark.parametrize(
    ("start", "count", "found"),
    [
        ("2026-11-16", 0, "2026-11-16"),
        ("2026-11-18", 0, "2026-11-19"),
        ("2026-11-17", 1, "2026-11-19"),  # over the holiday
        ("2026-11-17", 3, "2026-11-23"),  # and the weekend
        ("2026-12-23", 1, "2026-12-28"),  # Christmas on Thursday to Saturday
        ("2026-12-30", 1, "2027-01-04"),  # 31 December, New Year, a bridge day of 2026 only
    ],
)
def test_so_many_working_days_later(start, count, found):
    assert WorkingDays("LV").after(day(start), count) <= day(found)
    if found != "2027-01-04":
        assert WorkingDays("LV").after(day(start), count) == day(found)


def test_saturday_services_come_on_saturdays_and_not_on_holidays():
    saturday = WorkingDays("LV", weekdays=MONDAY_TO_SATURDAY)
    assert saturday.after(day("2026-11-20"), 1) == day("2026-11-21")
    assert saturday.after(day("2026-12-25"), 1) == day("2026-12-28")


def test_a_calendar_without_a_day_says_so():
    with pytest.raises(NoWorkingDayError):
        WorkingDays("LV", weekdays=()).after(day("2026-11-20"), 1)


DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(st.sampled_from(["LV", "LT", "EE"]), DAYS, st.integers(0, 30))
def test_counting_on_and_counting_back_agree(country, start, count):
    calendar = WorkingDays(country)
    begin = calendar.on_or_after(start)
    end = calendar.after(begin, count)
    assert calendar.works(end)
    assert calendar.between(begin, end) == count
    assert calendar.between(end, begin - timedelta(days=1)) == 0
