"""What the present state of a parcel gives reason to say. Pure: a state and `now`, nothing else.

Nothing here asks which news came last: an occasion stands as long as it is true, so a late or
repeated fact changes nothing, and a stage that is past is not announced.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from notifier.said import place_of
from schemas.case import ANSWER_LASTS
from schemas.notice import Channel, Occasion
from schemas.shipment import ShipmentState
from schemas.status import HINDERED, Reason, Status
from tracking.domain.slip import expected_by

_SMS, _EMAIL, _PUSH = Channel.SMS, Channel.EMAIL, Channel.PUSH
_HALF_TIME_FROM = timedelta(hours=36)  # who has less time to collect is reminded once less
_LAST_HOURS = timedelta(hours=3)
_MORNING = 10  # o'clock on the last day
_SOON = timedelta(minutes=30)
_TIGHT = timedelta(minutes=90)  # a window that is worth a word of its own


class Night(StrEnum):
    """A notice that falls into the night waits for the morning, goes before, or wakes."""

    WAITS = "waits"
    BEFORE = "before"
    WAKES = "wakes"


@dataclass(frozen=True, slots=True)
class Rule:
    """`lasts`: how long after it began it is still news. `night`: what quiet hours do to it."""

    channels: tuple[Channel, ...]
    lasts: timedelta
    night: Night = Night.WAITS
    to_buyer: bool = False


_DAY = timedelta(days=1)
RULES: Mapping[Occasion, Rule] = {
    Occasion.REGISTERED: Rule((_EMAIL,), 2 * _DAY, to_buyer=True),
    Occasion.ACCEPTED: Rule((_EMAIL, _PUSH), 2 * _DAY),
    Occasion.OUT_FOR_DELIVERY: Rule((_SMS, _EMAIL, _PUSH), timedelta(hours=12)),
    Occasion.DELIVERY_TIME_CHANGED: Rule((_SMS, _EMAIL, _PUSH), timedelta(hours=12)),
    Occasion.ARRIVING_NEXT: Rule((_PUSH,), timedelta(hours=12), Night.WAKES),
    Occasion.READY_FOR_PICKUP: Rule((_SMS, _EMAIL, _PUSH), 3 * _DAY),
    Occasion.PICKUP_HALF_TIME: Rule((_EMAIL, _PUSH), 30 * _DAY),
    Occasion.PICKUP_LAST_DAY: Rule((_SMS, _EMAIL, _PUSH), 30 * _DAY),
    Occasion.PICKUP_LAST_HOURS: Rule((_SMS, _PUSH), 30 * _DAY, Night.BEFORE),
    Occasion.ATTEMPT_FAILED: Rule((_SMS, _EMAIL, _PUSH), _DAY),
    Occasion.HELD: Rule((_EMAIL, _PUSH), 2 * _DAY),
    Occasion.DELAYED: Rule((_EMAIL, _PUSH), 7 * _DAY, to_buyer=True),
    Occasion.DELIVERED: Rule((_EMAIL, _PUSH), _DAY, to_buyer=True),
    Occasion.RETURNING: Rule((_EMAIL, _PUSH), 3 * _DAY, to_buyer=True),
    Occasion.DELIVERY_RETRACTED: Rule((_SMS, _EMAIL, _PUSH), 3 * _DAY, to_buyer=True),
    Occasion.BONUS_GRANTED: Rule((_SMS, _EMAIL), 7 * _DAY, to_buyer=True),
    Occasion.BONUS_WITHDRAWN: Rule((_SMS, _EMAIL), 7 * _DAY, to_buyer=True),
    Occasion.CASE_REPLY: Rule((_SMS, _EMAIL), ANSWER_LASTS),  # planned with the answer (answers.py)
}
"""What is said by default, and by which ways: a text message only where somebody has to act, or
gets something for it.
"""
OF_BONUS = frozenset({Occasion.BONUS_GRANTED, Occasion.BONUS_WITHDRAWN})
IMPORTANT = frozenset(each for each, rule in RULES.items() if _SMS in rule.channels) - OF_BONUS
"""What is still told to who asked for less."""


class Wanted(NamedTuple):
    """An occasion that stands. `round` tells its second time from its first.

    `at` is when to say it, None at once; from `until` on it is not worth saying any more.
    """

    occasion: Occasion
    round: str
    at: datetime | None
    until: datetime


class BonusStanding(NamedTuple):
    """What a parcel's bonus code grants, and what of it is left, in cents; `at`: since when.

    `is_withdrawn`: it turned out not to be owed, and that is to be told.
    """

    granted: int
    left: int
    at: datetime
    is_withdrawn: bool = False
    valid_until: datetime | None = None


class Parcel(NamedTuple):
    """What the occasions depend on. `zone` is that of the place of delivery. `expected_at`: by when
    half of such parcels have come, where enough is known of them.
    """

    state: ShipmentState
    registered_at: datetime
    promise_by: datetime | None
    zone: str
    bonus: BonusStanding | None = None
    expected_at: datetime | None = None


def wanted(parcel: Parcel, now: datetime) -> list[Wanted]:
    """Everything that the state of now gives reason to say now or later, or gave before it was old.

    The round is that of the errand; which time it is told depends on what was told (rounds.py).
    """
    return [
        *_by_status(parcel),
        *_reminders(parcel),
        *_arriving(parcel),
        *_delayed(parcel, now),
        *_bonus(parcel),
    ]


def asked_for(parcel: Parcel, now: datetime) -> Iterator[Wanted]:
    """What somebody may want to be told of the state of now, however long it has been so."""
    limit = parcel.state.pickup_until
    for each in (*_by_status(parcel), *_delayed(parcel, now), *_bonus(parcel)):
        is_over = each.occasion is Occasion.READY_FOR_PICKUP and limit is not None and limit <= now
        if not is_over and each.occasion is not Occasion.BONUS_WITHDRAWN:
            yield each


def _by_status(parcel: Parcel) -> Iterator[Wanted]:
    state = parcel.state
    found = _OCCASION_OF.get(state.status)
    if found is not None:
        occasion, round_of = found
        is_own = occasion is Occasion.REGISTERED
        # A shop may register a parcel that has been under way for long: that is no news.
        began = parcel.registered_at if is_own else state.since or parcel.registered_at
        until = began + RULES[occasion].lasts
        if occasion is Occasion.READY_FOR_PICKUP and state.pickup_until is not None:
            until = min(until, state.pickup_until)
        yield Wanted(occasion, round_of(state), None, until)


def _once(_: ShipmentState) -> str:
    return ""


def _try_of(state: ShipmentState) -> str:
    return str(state.attempts)


# Where the shopper has to act, or must not wait any more. All others are one: it is held up.
_OWN_ROUND = frozenset(
    {
        Reason.CARRIER_DAMAGED,
        Reason.CARRIER_LOST,
        Reason.CARRIER_DESTROYED,
        Reason.RECIPIENT_ABSENT,
        Reason.RECIPIENT_CLOSED,
        Reason.RECIPIENT_REFUSED,
        Reason.RECIPIENT_ADDRESS,
        Reason.RECIPIENT_ACCESS,
        Reason.RECIPIENT_PAYMENT,
        Reason.RECIPIENT_IDENTITY,
        Reason.PICKUP_MISSED,
        Reason.CUSTOMS_DOCUMENTS,
        Reason.CUSTOMS_DUTIES,
        Reason.CUSTOMS_PROHIBITED,
    }
)


def _hold_of(state: ShipmentState) -> str:
    """Another reason is news where it asks for something else."""
    return state.reason.value if state.reason in _OWN_ROUND else ""


_OCCASION_OF: Mapping[Status, tuple[Occasion, Callable[[ShipmentState], str]]] = {
    Status.PENDING: (Occasion.REGISTERED, _once),
    Status.INFO_RECEIVED: (Occasion.REGISTERED, _once),
    Status.ACCEPTED: (Occasion.ACCEPTED, _once),
    Status.OUT_FOR_DELIVERY: (Occasion.OUT_FOR_DELIVERY, _try_of),
    Status.READY_FOR_PICKUP: (Occasion.READY_FOR_PICKUP, place_of),
    Status.ATTEMPT_FAILED: (Occasion.ATTEMPT_FAILED, _try_of),
    Status.HELD: (Occasion.HELD, _hold_of),
    Status.EXCEPTION: (Occasion.HELD, _hold_of),
    Status.DELIVERED: (Occasion.DELIVERED, _once),
    Status.RETURNING: (Occasion.RETURNING, _once),
    Status.RETURNED: (Occasion.RETURNING, _once),
}


def _reminders(parcel: Parcel) -> Iterator[Wanted]:
    """Half time, the morning of the last day, the last hours: fewer where there is little time."""
    state, limit = parcel.state, parcel.state.pickup_until
    if state.status is not Status.READY_FOR_PICKUP or limit is None or state.since is None:
        return
    place, span = place_of(state), limit - state.since
    last_hours = limit - _LAST_HOURS
    last_day = _morning_of_last_day(limit, parcel.zone)
    if span >= _HALF_TIME_FROM and state.since + span / 2 < last_day:
        yield Wanted(Occasion.PICKUP_HALF_TIME, place, state.since + span / 2, last_day)
    if state.since + timedelta(hours=12) < last_day < last_hours:
        yield Wanted(Occasion.PICKUP_LAST_DAY, place, last_day, last_hours)
    if state.since + timedelta(hours=6) < last_hours:
        yield Wanted(Occasion.PICKUP_LAST_HOURS, place, last_hours, limit)


def _morning_of_last_day(limit: datetime, zone: str) -> datetime:
    """Of the last day with an afternoon in it: a limit at noon is reminded of the day before."""
    local = (limit - timedelta(hours=14)).astimezone(ZoneInfo(zone))
    return local.replace(hour=_MORNING, minute=0, second=0, microsecond=0).astimezone(limit.tzinfo)


def _arriving(parcel: Parcel) -> Iterator[Wanted]:
    """Shortly before a window that is tight enough to stay at home for."""
    state, window = parcel.state, parcel.state.estimate
    if state.status is not Status.OUT_FOR_DELIVERY or window is None or window.day_only:
        return
    if window.starts and window.ends and window.ends - window.starts <= _TIGHT:
        at = window.starts - _SOON
        yield Wanted(Occasion.ARRIVING_NEXT, _try_of(state), at, window.ends)


def _delayed(parcel: Parcel, now: datetime) -> Iterator[Wanted]:
    """The carrier's own date lies behind the promise, or its time has passed, and it still comes.

    Where something else has stopped it, that was said.
    """
    state, promise = parcel.state, parcel.promise_by
    if promise is None or state.status not in _UNDER_WAY:
        return
    lasts, expected = RULES[Occasion.DELAYED].lasts, _expected(parcel, now)
    if expected is not None and expected > promise:
        yield Wanted(Occasion.DELAYED, "", None, max(promise, now) + lasts)
    elif now >= promise and state.status not in HINDERED:
        yield Wanted(Occasion.DELAYED, "", None, promise + lasts)


def _expected(parcel: Parcel, now: datetime) -> datetime | None:
    """The carrier's own time, as long as it lies ahead; else that of others like it."""
    theirs = expected_by(parcel.state.estimate)
    return theirs if theirs is not None and theirs > now else parcel.expected_at or theirs


def _bonus(parcel: Parcel) -> Iterator[Wanted]:
    """What it grants is the round: another sum is news."""
    bonus = parcel.bonus
    if bonus is None:
        return
    if bonus.left > 0:
        until = bonus.at + RULES[Occasion.BONUS_GRANTED].lasts
        until = min(until, bonus.valid_until or until)
        yield Wanted(Occasion.BONUS_GRANTED, str(bonus.granted), None, until)
    elif bonus.is_withdrawn:
        until = bonus.at + RULES[Occasion.BONUS_WITHDRAWN].lasts
        yield Wanted(Occasion.BONUS_WITHDRAWN, "", None, until)


_UNDER_WAY = frozenset(
    {
        Status.PENDING,
        Status.INFO_RECEIVED,
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.ATTEMPT_FAILED,
        Status.HELD,
        Status.EXCEPTION,
    }
)
