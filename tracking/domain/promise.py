"""By when a parcel is promised: told by the shop, or made by its rule. Pure.

A promise is an instant or a window, in UTC; days and hours are those of the place of delivery. The
first one is never forgotten: what is late is late against that, unless the shopper moved it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.base import Frozen, Instant
from schemas.promise import Mover
from tracking.domain.working_days import WorkingDays

_MIDNIGHT: Final = time(0)


class Promise(Frozen):
    """Delivered by `by`, not before `starts` where that is set. `at`: when it was made. UTC."""

    by: Instant
    starts: Instant | None = None
    mover: Mover
    at: Instant


class Promises(NamedTuple):
    """The one that was given first, the one that holds, and the one by which it is late: that is
    the first, unless the shopper moved it. A shop that moves its own promise is late all the same.
    """

    first: Promise
    now: Promise
    measure: Promise


class Service(NamedTuple):
    """How soon a shop delivers by one service: what is ordered until `cutoff` on a working day
    sets off on it, else on the next, and comes `days` working days later, between these hours.

    `closes` at or before `opens` is on the day after: a night service.
    """

    days: int
    cutoff: time
    closes: time
    opens: time | None = None


def promised(service: Service, ordered_at: datetime, zone: str, calendar: WorkingDays) -> Promise:
    """What would be over by then is promised for the next working day. Raises NoWorkingDayError."""
    local = ordered_at.astimezone(ZoneInfo(zone))
    sets_off = calendar.on_or_after(local.date())
    if sets_off == local.date() and local.time() > service.cutoff:
        sets_off = calendar.after(sets_off, 1)
    while True:
        starts, by = _hours(service, calendar.after(sets_off, service.days), ZoneInfo(zone))
        if by > ordered_at:
            return Promise(by=by, starts=starts, mover=Mover.RULE, at=ordered_at)
        sets_off = calendar.after(sets_off, 1)


def _hours(service: Service, day: date, zone: ZoneInfo) -> tuple[datetime | None, datetime]:
    starts = None if service.opens is None else _at(day, service.opens, zone)
    is_over_midnight = service.closes <= (service.opens or _MIDNIGHT)
    return starts, _at(day + timedelta(days=is_over_midnight), service.closes, zone)


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """An hour that the clocks skip is as much later; of one that comes twice it is the second: in
    doubt nobody is late.
    """
    local = datetime.combine(day, hour, zone)
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def promises_of(made: Sequence[Promise]) -> Promises | None:
    """Of all that were made, in any order and told as often as you like; None where there is none.

    A carrier's new date is an estimate and moves no promise: only shop and shopper do.
    """
    ours = sorted(
        (each for each in made if each.mover is not Mover.CARRIER),
        key=lambda each: (each.at, each.by, each.mover),
    )
    if not ours:
        return None
    moved = [each for each in ours if each.mover is Mover.SHOPPER]
    return Promises(ours[0], ours[-1], moved[-1] if moved else ours[0])


def told(starts: date | None, by: date, mover: Mover, at: datetime, zone: str) -> Promise:
    """As somebody says it at `at`: instants, or days from their beginning and to their end."""
    place = ZoneInfo(zone)
    return Promise(
        starts=None if starts is None else _instant(starts, place),
        by=by if isinstance(by, datetime) else _instant(by + timedelta(days=1), place),
        mover=mover,
        at=at,
    )


def _instant(value: date, zone: ZoneInfo) -> datetime:
    return value if isinstance(value, datetime) else _at(value, _MIDNIGHT, zone)


def is_same(one: Promise, other: Promise) -> bool:
    """Whether they promise the same, whoever made them."""
    return (one.starts, one.by) == (other.starts, other.by)
