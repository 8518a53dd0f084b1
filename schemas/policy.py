"""What a shop promises, and pays by itself for a parcel that comes late or never: data, checked
when it is read.

Sums are text, as everywhere: "3.00". How late: `45s 30m 4h 1d 2bd`; a `d` is 24 hours, a `bd` a
working day of the place of delivery.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from schemas.api import Amount
from schemas.base import CountryCode, CurrencyCode, Frozen, ShortText
from schemas.promise_rules import PromiseRules

_LATE: Final = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d|bd)")
_UNIT: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_LONGEST: Final = timedelta(days=365)
SHARE: Final = r"^(100|[1-9]?[0-9])(\.[0-9]{1,2})?%$"


class LateBy(NamedTuple):
    """A span, or so many working days; never both."""

    span: timedelta = timedelta(0)
    working_days: int = 0

    def __str__(self) -> str:
        if self.working_days:
            return f"{self.working_days}bd"
        seconds = int(self.span.total_seconds())
        for unit in ("d", "h", "m"):
            size = int(_UNIT[unit].total_seconds())
            if seconds % size == 0:
                return f"{seconds // size}{unit}"
        return f"{seconds}s"


def _late_by(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _LATE.fullmatch(value.strip())
    if found is None:
        raise ValueError('is no span such as "4h", "1d" or "2bd"')
    number, unit = int(found[1]), found[2]
    late = LateBy(working_days=number) if unit == "bd" else LateBy(number * _UNIT[unit])
    if late.span > _LONGEST or late.working_days > _LONGEST.days:
        raise ValueError("is longer than a year")
    return late


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username:
        raise ValueError("must be like https://shop.example.com/klat/compensations")
    return value


Endpoint = Annotated[str, StringConstraints(max_length=500), AfterValidator(_endpoint)]
Late = Annotated[LateBy, BeforeValidator(_late_by), PlainSerializer(str)]
Share = Annotated[str, StringConstraints(pattern=SHARE)]


class BonusKind(StrEnum):
    """CODE is made here and redeemed at the shop; the shop's endpoint carries out REFUND and
    POINTS; APOLOGY costs nothing.
    """

    CODE = "code"
    REFUND = "refund"
    POINTS = "points"
    APOLOGY = "apology"


class Bearer(StrEnum):
    """Who pays for it in the end."""

    SHOP = "shop"
    CARRIER = "carrier"


class Exclusion(StrEnum):
    """From when on it is the shopper's own doing that it is late; no time after that counts."""

    SHOPPER_HELD = "shopper_held"  # held for a reason of the recipient: absent, address, payment
    SHOPPER_MOVED = "shopper_moved"
    REFUSED = "refused"


class PromiseOver(StrEnum):
    """What a promise brings that was over when it was told: a wrong month in a file, or a parcel
    that was registered late.
    """

    WAITS = "waits"  # for somebody's yes
    PAYS = "pays"


class Bonus(Frozen):
    """`amount`, or a `share` of the value that the shop registered, such as "50%"."""

    kind: BonusKind
    amount: Amount | None = None
    share: Share | None = None

    @model_validator(mode="after")
    def _is_one_sum(self) -> Self:
        sums = [each for each in (self.amount, self.share) if each is not None]
        if self.kind is BonusKind.APOLOGY and sums:
            raise ValueError("an apology has no sum")
        if self.kind is not BonusKind.APOLOGY and len(sums) != 1:
            raise ValueError("needs one of 'amount' and 'share'")
        if any(Decimal(each.rstrip("%")) == 0 for each in sums):
            raise ValueError('is nothing: that is kind = "apology"')
        return self


class Tier(Frozen):
    """What is owed from so late on, or for a parcel that is `lost`. Not beside, but instead of the
    tiers before: who got 3.00 is topped up to 5.00.
    """

    late_by: Late | None = None
    lost: bool = False
    bonus: Bonus

    @property
    def rule(self) -> str:
        """As it stands beside what was granted by it."""
        return f"late_by {self.late_by}" if self.late_by else "lost"

    @model_validator(mode="after")
    def _is_one_case(self) -> Self:
        if (self.late_by is None) is not self.lost:
            raise ValueError("needs one of 'late_by' and 'lost'")
        return self


class Caps(Frozen):
    """No more than this for a parcel, and for a shopper in a calendar month."""

    shipment: Amount | None = None
    shopper_month: Amount | None = None


class Goodwill(Frozen):
    """What each role of staff may grant by hand for one parcel, and say yes to, without asking
    anybody; what is more waits for the yes of a role that may. "0.00": nothing.
    """

    support: Amount = "5.00"
    lead: Amount = "50.00"
    admin: Amount = "500.00"

    @model_validator(mode="after")
    def _rises(self) -> Self:
        sums = [Decimal(each) for each in (self.support, self.lead, self.admin)]
        if sums != sorted(sums):
            raise ValueError(
                "'support', 'lead' and 'admin' may each grant more than the one before"
            )
        return self


class ForceMajeure(Frozen):
    """Days, the last included, on which nobody is late in these countries; in all where none is
    named.
    """

    starts: date
    ends: date
    countries: tuple[CountryCode, ...] = ()
    reason: ShortText

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts > self.ends:
            raise ValueError("'starts' is later than 'ends'")
        return self


class ShopPolicy(Frozen):
    """One version of a shop's rules, which holds for parcels promised from `valid_from` on.

    `approval_above`: more than this waits for somebody's yes. `budget_month`: no more is granted by
    itself in a calendar month. `tiers` in the order in which they are reached. `endpoint`: who at
    the shop carries out refunds and points; without one they wait. `tell_withdrawn`: whether the
    shopper is told when a code that was told turns out not to be owed. `extra_term_days`: what the
    shop takes for an appropriate extra term (tracking.domain.statutory), of which it is warned.
    """

    name: ShortText
    currency: CurrencyCode
    valid_from: date
    approval_above: Amount | None = None
    budget_month: Amount | None = None
    borne_by: Bearer = Bearer.SHOP
    promise_over: PromiseOver = PromiseOver.WAITS
    bonus_valid_days: int = Field(default=365, ge=1, le=3650)
    tell_withdrawn: bool = True
    extra_term_days: int | None = Field(default=None, ge=1, le=365)
    endpoint: Endpoint | None = None
    caps: Caps = Caps()
    goodwill: Goodwill = Goodwill()
    exclude: tuple[Exclusion, ...] = tuple(Exclusion)
    force_majeure: tuple[ForceMajeure, ...] = ()
    promise: PromiseRules = PromiseRules()
    tiers: tuple[Tier, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.tiers and not self.promise.services:
            raise ValueError("needs 'tiers' or 'promise.services': it says nothing without one")
        return self

    @model_validator(mode="after")
    def _tiers_rise(self) -> Self:
        late = [each.late_by for each in self.tiers if each.late_by is not None]
        if len({bool(each.working_days) for each in late}) > 1:
            raise ValueError(
                "'tiers' count in hours and in working days: which is more nobody knows"
            )
        if any(before >= then for before, then in pairwise(late)):
            raise ValueError("each of 'tiers' must be later than the one before")
        sums = [Decimal(each.bonus.amount) for each in self.tiers if each.bonus.amount]
        if any(before > then for before, then in pairwise(sums)):
            raise ValueError("a later one of 'tiers' pays less than the one before")
        if sum(each.lost for each in self.tiers) > 1 or any(each.lost for each in self.tiers[:-1]):
            raise ValueError("'lost' is said once, by the last of 'tiers'")
        return self
