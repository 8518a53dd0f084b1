"""How a shop promises a delivery for a parcel that it registers without a date, and its calendar.

Times are local times of the place of delivery.
"""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, PlainSerializer, model_validator

from schemas.api import Reference
from schemas.base import Frozen


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Weekday)
_MOST_DAYS = 60
LocalTime = Annotated[time, PlainSerializer(lambda value: value.strftime("%H:%M"))]


class ServiceRule(Frozen):
    """Ordered until `cutoff` on a working day, it comes `days` working days later, `opens` to
    `closes`; a service that closes before it opens closes on the day after.

    `service` as it is registered; none: whatever has no rule of its own. `weekdays` are those of
    this service, where it has others.
    """

    service: Reference | None = None
    days: int = Field(ge=0, le=_MOST_DAYS)
    cutoff: LocalTime = time(14)
    opens: LocalTime | None = None
    closes: LocalTime = time(20)
    weekdays: tuple[Weekday, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _local(self) -> Self:
        if any(each and each.tzinfo for each in (self.cutoff, self.opens, self.closes)):
            raise ValueError("hours are local times such as 14:00, without an offset")
        return self


class PromiseRules(Frozen):
    """`closed` and `opened`: days on which the shop delivers against what the calendar says.

    Public holidays of the country of delivery are no working days.
    """

    weekdays: tuple[Weekday, ...] = Field(default=WEEK[:5], min_length=1)
    closed: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()
    services: tuple[ServiceRule, ...] = ()

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        names = [each.service for each in self.services]
        if len(set(names)) < len(names):
            raise ValueError("one 'service' has two rules")
        if set(self.closed) & set(self.opened):
            raise ValueError("a day is both 'closed' and 'opened'")
        return self

    def rule_for(self, service: str | None) -> ServiceRule | None:
        """Its own rule, else that of all others."""
        found = {each.service: each for each in self.services}
        return found.get(service) or found.get(None)
