"""What a shop owes for a parcel, and what has to be moved so that just this is granted. Pure.

`owed` reads the truth of now, whichever news led to it. `moves` compares that with what was
granted, and the difference is granted or taken back: order and repetition of news change nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.compensation_policy import (
    BonusKind,
    CompensationPolicy,
    Exclusion,
    ForceMajeure,
    Tier,
)
from tracking.domain.working_days import WorkingDays


class Truth(NamedTuple):
    """A parcel as far as its promise goes. Instants are aware; `value` in cents, of the policy's
    currency, None where the shop told none. `excluded`: what of its life was the shopper's doing.
    """

    deadline: datetime
    delivered_at: datetime | None
    is_lost: bool
    value: int | None
    country: str
    zone: str
    excluded: frozenset[Exclusion] = frozenset()


class Owed(NamedTuple):
    """By which tier, counted from 0, how much in cents, and as what."""

    tier: int
    cents: int
    kind: BonusKind


class Granted(NamedTuple):
    """What was granted by a tier, and how much of it the shopper has used."""

    tier: int
    cents: int
    used: int = 0


class Grant(NamedTuple):
    """So much more, by this tier."""

    tier: int
    cents: int
    kind: BonusKind


class Revoke(NamedTuple):
    """So much of what this tier granted is taken back; what is used is not."""

    tier: int
    cents: int


class Room(NamedTuple):
    """How much more may be granted this month, in cents, to this shopper and by this shop.

    None: any sum.
    """

    shopper: int | None = None
    budget: int | None = None


def owed(
    policy: CompensationPolicy, truth: Truth, calendar: WorkingDays, now: datetime
) -> Owed | None:
    """The dearest tier that is reached: a share of little, or of a value that nobody told, takes
    back nothing of a tier before. None where nothing is owed: in time, not late enough, or not the
    shop's to pay.
    """
    if truth.excluded & set(policy.exclude) or _is_force_majeure(policy, truth):
        return None
    reached = [
        (_sum(tier, truth), number)
        for number, tier in enumerate(policy.tiers)
        if _is_reached(tier, truth, calendar, now)
    ]
    if not reached:
        return None
    cents, number = max(reached)
    if policy.caps.shipment is not None:
        cents = min(cents, _cents(policy.caps.shipment))
    return Owed(number, cents, policy.tiers[number].bonus.kind)


def _is_reached(tier: Tier, truth: Truth, calendar: WorkingDays, now: datetime) -> bool:
    if tier.late_by is None:
        return truth.is_lost
    ended = truth.delivered_at or now
    if not tier.late_by.working_days:
        return ended >= truth.deadline + tier.late_by.span
    return _working_days_late(truth, calendar, ended) >= tier.late_by.working_days


def _working_days_late(truth: Truth, calendar: WorkingDays, ended: datetime) -> int:
    zone = ZoneInfo(truth.zone)
    first, last = truth.deadline.astimezone(zone).date(), ended.astimezone(zone).date()
    return calendar.between(first, last) if ended > truth.deadline else 0


def _is_force_majeure(policy: CompensationPolicy, truth: Truth) -> bool:
    day = truth.deadline.astimezone(ZoneInfo(truth.zone)).date()
    return any(
        _holds(each, truth.country) and each.starts <= day <= each.ends
        for each in policy.force_majeure
    )


def _holds(period: ForceMajeure, country: str) -> bool:
    return not period.countries or country in period.countries


def _sum(tier: Tier, truth: Truth) -> int:
    """A share of a value that nobody told is nothing; half a cent is a cent."""
    if tier.bonus.amount is not None:
        return _cents(tier.bonus.amount)
    if tier.bonus.share is None or truth.value is None:
        return 0
    share = Decimal(tier.bonus.share.rstrip("%")) / 100
    return int((truth.value * share).to_integral_value(ROUND_HALF_UP))


def _cents(amount: str) -> int:
    return int(Decimal(amount).scaleb(2))


def moves(owed: Owed | None, granted: Sequence[Granted], room: Room) -> Iterator[Grant | Revoke]:
    """So that in the end what is owed is granted, as far as there is room, and not a cent beside.

    What is used stays. The latest tiers give back first.
    """
    standing = sum(each.cents for each in granted)
    due = owed.cents if owed else 0
    if owed and due > standing:
        more = min([due - standing, *_limits(room)])
        if more > 0:
            yield Grant(owed.tier, more, owed.kind)
        return
    surplus = standing - due
    for each in sorted(granted, key=lambda one: one.tier, reverse=True):
        back = min(surplus, each.cents - each.used)
        if back > 0:
            yield Revoke(each.tier, back)
            surplus -= back


def _limits(room: Room) -> Collection[int]:
    return [max(0, each) for each in room if each is not None]
