"""By when a parcel is promised: as a shop tells it, and as it is answered."""

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, PlainSerializer, WithJsonSchema, WrapValidator, model_validator

from schemas.base import Frozen, Instant, PlausibleInstant, is_plausible

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Mover(StrEnum):
    """Who said so. RULE: the shop's rule, as it registered no promise of its own."""

    SHOP = "shop"
    RULE = "rule"
    SHOPPER = "shopper"
    CARRIER = "carrier"


class Slip(StrEnum):
    """How a promise stands. AWAITED: still to come, and in time as far as anybody knows. VOID:
    there is nothing to keep any more, as it was cancelled.
    """

    AWAITED = "awaited"
    AT_RISK = "at_risk"
    BROKEN = "broken"
    KEPT = "kept"
    VOID = "void"


def _day_or_instant(value: Any, as_instant: Callable[[Any], datetime]) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        day = date.fromisoformat(value.strip())
        if not is_plausible(day):
            raise ValueError("not between the years 2000 and 2100")
        return day
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return as_instant(value)


DayOrInstant = Annotated[
    PlausibleInstant,
    WrapValidator(_day_or_instant),
    PlainSerializer(lambda value: value.isoformat(), return_type=str),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": each} for each in ("date-time", "date")]}
    ),
]
"""A `datetime` with its offset, or a whole `date` at the place of delivery."""


class PromiseTold(Frozen):
    """What the shop promises: delivered by then, perhaps not before. A day is meant to its end.

    `moved_by`: who asked for another time than was promised before. What is late is late against
    the first promise, unless the shopper moved it.
    """

    starts: DayOrInstant | None = Field(default=None, alias="from")
    by: DayOrInstant
    moved_by: Literal["shop", "shopper"] = "shop"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts, by = self.starts, self.by
        if starts is not None and _order(starts, by) > _order(by, starts):
            raise ValueError("promise 'from' is later than 'by'")
        return self


def _order(value: date, other: date) -> date:
    """Instants as they are; where one of them is a day, both as days."""
    if isinstance(value, datetime) and isinstance(other, datetime):
        return value
    return value.date() if isinstance(value, datetime) else value


class ExpectedBody(Frozen):
    """When it comes by what is known of others: by `p50` half of such parcels have come, by `p90`
    nine of ten. `from` and `to` are what its page shows, and move only when it matters. `parcels`:
    of how many it knows. Instants are UTC.
    """

    starts: Instant = Field(alias="from")
    ends: Instant = Field(alias="to")
    p50: Instant
    p90: Instant
    parcels: int


class PromiseBody(Frozen):
    """What is promised now. `first_by`: what was promised first; `standing`: null as long as nobody
    has looked. Instants are UTC.
    """

    starts: Instant | None = Field(default=None, alias="from")
    by: Instant
    first_by: Instant
    made_by: Mover
    standing: Slip | None = None
