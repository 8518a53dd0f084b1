"""What a notice cannot do without: said before it is planned, and held to when it is rendered."""

from types import MappingProxyType
from typing import Final

from notifier.outside import branded, named, tidy, typed
from notifier.values import Values
from schemas.notice import Occasion

_ALWAYS: Final = ("brand", "carrier", "link")
REQUIRED: Final = MappingProxyType(
    {
        Occasion.REGISTERED: (),
        Occasion.ACCEPTED: (),
        Occasion.OUT_FOR_DELIVERY: (),
        Occasion.DELIVERY_TIME_CHANGED: ("window",),
        Occasion.ARRIVING_NEXT: ("window",),
        Occasion.READY_FOR_PICKUP: ("place",),
        Occasion.PICKUP_HALF_TIME: ("place", "until"),
        Occasion.PICKUP_LAST_DAY: ("place", "until"),
        Occasion.PICKUP_LAST_HOURS: ("place", "until"),
        Occasion.ATTEMPT_FAILED: (),
        Occasion.HELD: (),
        Occasion.DELAYED: (),
        Occasion.DELIVERED: (),
        Occasion.RETURNING: (),
        Occasion.DELIVERY_RETRACTED: (),
        Occasion.BONUS_GRANTED: ("bonus",),
        Occasion.BONUS_WITHDRAWN: ("bonus",),
        Occasion.CASE_REPLY: ("answer",),
    }
)
"""Names of fields of `Values`, beside those that every notice needs."""


class MissingValueError(ValueError):
    """A notice lacks what it is about."""

    def __init__(self, occasion: Occasion, fields: list[str]) -> None:
        super().__init__(f"{occasion.value} cannot be said without: {', '.join(fields)}")
        self.occasion = occasion
        self.fields = fields


def missing(values: Values) -> list[str]:
    """The fields that are needed and say nothing; nor does text of which nothing can be shown."""
    known = {
        "brand": branded(values.brand.name, 1),
        "carrier": tidy(values.carrier, 1),
        "link": values.link,
        "window": values.window and values.window.or_none(),
        "place": named(values.place, 1),
        "until": values.until,
        "bonus": values.bonus and typed(values.bonus.code),
        "answer": values.answer,
    }
    return [name for name in (*_ALWAYS, *REQUIRED[values.occasion]) if not known[name]]


def complete(values: Values) -> Values:
    if lacking := missing(values):
        raise MissingValueError(values.occasion, lacking)
    return values
