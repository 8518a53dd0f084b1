"""Days on which a carrier delivers: of a week, without public holidays and the shop's closed days.

Public holidays are those of the package `holidays`, which follows the law of each country; what a
shop knows better goes before it, as `closed` or `opened`.
"""

from collections.abc import Collection
from datetime import date, timedelta
from functools import cache
from typing import Final

import holidays

MONDAY_TO_FRIDAY: Final = frozenset(range(5))
MONDAY_TO_SATURDAY: Final = frozenset(range(6))
_DAY: Final = timedelta(days=1)
_LONGEST_PAUSE: Final = 60  # days; a calendar without a working day in so many is a slip


class NoWorkingDayError(ValueError):
    """The calendar has no working day for two months: nothing can be promised by it."""


class WorkingDays:
    """Of one country, ISO 3166-1 alpha-2. A country whose holidays nobody knows has none.

    `weekdays` as `date.weekday` counts them, Monday is 0. A day is said to be `closed` or `opened`
    by the shop whatever the law says, and `closed` beats `opened`.
    """

    def __init__(
        self,
        country: str,
        *,
        weekdays: Collection[int] = MONDAY_TO_FRIDAY,
        closed: Collection[date] = (),
        opened: Collection[date] = (),
    ) -> None:
        self._country, self._weekdays = country, frozenset(weekdays)
        self._closed, self._opened = frozenset(closed), frozenset(opened)

    def works(self, day: date) -> bool:
        if day in self._closed:
            return False
        if day in self._opened:
            return True
        return day.weekday() in self._weekdays and day not in _holidays(self._country, day.year)

    def on_or_after(self, day: date) -> date:
        """Raises NoWorkingDayError."""
        for ahead in range(_LONGEST_PAUSE):
            if self.works(day + ahead * _DAY):
                return day + ahead * _DAY
        raise NoWorkingDayError(self._country)

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; with 0 the first from `day` on.

        Raises NoWorkingDayError.
        """
        found = self.on_or_after(day) if count == 0 else day
        for _ in range(count):
            found = self.on_or_after(found + _DAY)
        return found

    def between(self, first: date, last: date) -> int:
        """How many working days lie after `first`, up to and with `last`; 0 where it is earlier."""
        span = max(0, (last - first).days)
        return sum(self.works(first + ahead * _DAY) for ahead in range(1, span + 1))


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))
