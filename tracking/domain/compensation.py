"""What a shop owes for a parcel, and what has to be moved so that just this is granted. Pure.

`owed` reads the truth of now, whichever news led to it. `moves` compares that with what was
granted, and the difference is granted or taken back: order and repetition of news change nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.policy import (
    BonusKind,
    Exclusion,
    ForceMajeure,
    LateBy,
    ShopPolicy,
    Tier,
)
from tracking.domain.truth import Truth
from tracking.domain.working_days import WorkingDays

_TICK: Final = timedelta(microseconds=1)


class Waits(StrEnum):
    """APPROVAL: it is more than the shop grants without looking. BUDGET: of this month is spent.
    OVER: the promise was over when it was told, which may be a slip. CAP: of this shopper for this
    month is reached; that nobody's yes changes.
    """

    APPROVAL = "above_approval"
    BUDGET = "budget_spent"
    OVER = "promise_over"
    CAP = "shopper_cap"


class Owed(NamedTuple):
    """By which tier, counted from 0, how much in cents, and as what."""

    tier: int
    cents: int
    kind: BonusKind


class Granted(NamedTuple):
    """What was granted by a tier, and how much of it the shopper has used. `barred`: so much more
    is not granted by it, as somebody has said no, or a cap has. `waits`: for somebody's yes.
    """

    tier: int
    cents: int
    used: int = 0
    barred: int = 0
    waits: bool = False


class Grant(NamedTuple):
    """So much more, by this tier. `waits`: why it needs somebody's yes first. `barred`: so much of
    it is not granted, as the shopper's cap is reached.
    """

    tier: int
    cents: int
    kind: BonusKind
    waits: Waits | None = None
    barred: int = 0


class Revoke(NamedTuple):
    """So much of what this tier granted is taken back; what is used is not."""

    tier: int
    cents: int


class Room(NamedTuple):
    """In cents; None: any sum. `shopper`: how much more this shopper may get this month. `budget`:
    how much more is granted by itself this month. `alone`: as much as one parcel gets by itself.
    `waits`: why nothing is, whatever it comes to.
    """

    shopper: int | None = None
    budget: int | None = None
    alone: int | None = None
    waits: Waits | None = None


def owed(policy: ShopPolicy, truth: Truth, calendar: WorkingDays, now: datetime) -> Owed | None:
    """The dearest tier that is reached: a share of little, or of a value that nobody told, takes
    back nothing of a tier before. None where nothing is owed: in time, not late enough, cancelled,
    or not the shop's to pay. What is lost is owed for, whoever was at home; not what was refused.
    """
    if truth.is_void or _is_force_majeure(policy, truth):
        return None
    ended = _ended(policy, truth, now)
    lost = truth.is_lost and Exclusion.REFUSED not in set(truth.stopped) & set(policy.exclude)
    reached = [
        (_sum(tier, truth), number)
        for number, tier in enumerate(policy.tiers)
        if (lost if tier.late_by is None else _is_so_late(tier.late_by, truth, calendar, ended))
    ]
    if not reached:
        return None
    cents, number = max(reached)
    if policy.caps.shipment is not None:
        cents = min(cents, cents_of(policy.caps.shipment))
    return Owed(number, cents, policy.tiers[number].bonus.kind)


def thresholds(policy: ShopPolicy, truth: Truth, calendar: WorkingDays) -> list[datetime]:
    """When each tier is reached if it goes on being late, in order. UTC."""
    late = [each.late_by for each in policy.tiers if each.late_by is not None]
    deadline = truth.deadline
    return [_threshold(each, deadline, truth.zone, calendar) for each in late] if deadline else []


def _threshold(late: LateBy, deadline: datetime, place: str, calendar: WorkingDays) -> datetime:
    if not late.working_days:
        return deadline + late.span
    # A promise for a day ends at its midnight, which is the day before's.
    last = (deadline - _TICK).astimezone(ZoneInfo(place))
    day = calendar.after(last.date(), late.working_days)
    return (datetime.combine(day, last.time(), last.tzinfo) + _TICK).astimezone(UTC)


def _ended(policy: ShopPolicy, truth: Truth, now: datetime) -> datetime:
    """Up to when it is late for other reasons than the shopper's."""
    stopped = [at for why, at in truth.stopped.items() if why in policy.exclude]
    return min([truth.arrived_at or now, *stopped])


def _is_so_late(late: LateBy, truth: Truth, calendar: WorkingDays, ended: datetime) -> bool:
    if truth.deadline is None:
        return False
    return ended >= _threshold(late, truth.deadline, truth.zone, calendar)


def _is_force_majeure(policy: ShopPolicy, truth: Truth) -> bool:
    if truth.deadline is None:
        return False
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
        return cents_of(tier.bonus.amount)
    if tier.bonus.share is None or truth.value is None:
        return 0
    share = Decimal(tier.bonus.share.rstrip("%")) / 100
    return int((truth.value * share).to_integral_value(ROUND_HALF_UP))


def cents_of(amount: str) -> int:
    return int(Decimal(amount).scaleb(2))


def moves(owed: Owed | None, granted: Sequence[Granted], room: Room) -> Iterator[Grant | Revoke]:
    """So that in the end what is owed is granted, as far as there is room, and not a cent beside.

    What is used stays. What nobody was told of gives back first, then the latest tiers.
    """
    standing = sum(each.cents for each in granted)
    due = owed.cents if owed else 0
    if owed is not None:
        barred = sum(each.barred for each in granted if each.tier <= owed.tier)
        wanted = due - standing - barred
        more = wanted if room.shopper is None else max(0, min(wanted, room.shopper))
        if wanted > 0:
            waits = _waits(standing + more, more, room) if more else None
            yield Grant(owed.tier, more, owed.kind, waits, wanted - more)
    surplus = standing - due
    for each in sorted(granted, key=lambda one: (one.waits, one.tier), reverse=True):
        back = min(surplus, each.cents - each.used)
        if back > 0:
            yield Revoke(each.tier, back)
            surplus -= back


def _waits(whole: int, more: int, room: Room) -> Waits | None:
    if room.waits is not None:
        return room.waits
    if room.alone is not None and whole > room.alone:
        return Waits.APPROVAL
    return Waits.BUDGET if room.budget is not None and more > room.budget else None
