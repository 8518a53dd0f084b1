"""What time has made of a parcel, what of that is news, and when to look again. Pure.

Read from the truth of now whatever woke us: looking twice, too late or too early says nothing
twice and nothing wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.promise import Slip
from schemas.shipment import ShipmentState
from schemas.status import Status
from tracking.domain.slip import arrived_at, fact_of, slip_of
from tracking.domain.statutory import Statutory, stage

STALLED: Final = "shipment.stalled"
PICKUP_EXPIRED: Final = "shipment.pickup_expired"
OVERDUE: Final = "promise.overdue"
REVIEWED: Final = "promise.reviewed"
STATUTORY: Final = ("", "statutory.delivery_overdue", "statutory.withdrawal_possible")
_AGAIN: Final = timedelta(days=1)  # after what was to be written of it did not change it


class DeadlineKind(StrEnum):
    """Why to look again. REVIEW: somebody asked, as the rules have changed."""

    PROMISE = "promise"
    OVERDUE = "overdue"
    PICKUP = "pickup"
    STALLED = "stalled"
    EXPIRED = "expired"
    ESTIMATE = "estimate"
    STATUTORY = "statutory"
    REVIEW = "review"


class Published(NamedTuple):
    """What was told of it: how its promise stood, how many tiers of lateness, of the silence since
    when, of the limit of which pickup, how far it is by law. `place`: words of where it waits, by
    which it is found.
    """

    slip: Slip | None = None
    tiers: int = 0
    silent_since: datetime | None = None
    pickup_until: datetime | None = None
    statutory: int = 0
    place: str | None = None


class Watched(NamedTuple):
    """`deadline`: of the promise, None where there is none. `thresholds`: when a tier of the shop's
    policy is reached if it goes on being late, in order. `expected_by`: by when it comes as far as
    can be reckoned.
    """

    state: ShipmentState
    deadline: datetime | None = None
    expected_by: datetime | None = None
    thresholds: Sequence[datetime] = ()
    stalls_at: datetime | None = None
    expires_at: datetime | None = None
    estimate_over: datetime | None = None
    statutory: Statutory | None = None
    is_registered: bool = False
    place: str | None = None


class Standing(NamedTuple):
    """`news`: types of facts to publish. `deadlines`: when to look again, all there are."""

    news: Sequence[str]
    published: Published
    deadlines: Mapping[DeadlineKind, datetime]
    is_expired: bool


def standing(
    watched: Watched, before: Published, now: datetime, *, is_review: bool = False
) -> Standing:
    """`is_review`: it is told that it was looked at anew, whatever comes of that."""
    arrived = arrived_at(watched.state)
    slip = _slip(watched, arrived, now)
    is_broken = slip is Slip.BROKEN
    tiers = _reached(watched, arrived or now) if is_broken else 0
    told = fact_of(before.slip, slip) if slip else None
    news = [told] if told else []
    if tiers > before.tiers and told is None:
        news.append(OVERDUE)
    silent, pickup = _silent_since(watched, now), _pickup_over(watched.state, now)
    if silent is not None and silent != before.silent_since:
        news.append(STALLED)
    if pickup is not None and pickup != before.pickup_until:
        news.append(PICKUP_EXPIRED)
    by_law = _by_law(watched, arrived, now)
    if by_law > before.statutory:
        news.append(STATUTORY[by_law])
    if is_review and watched.is_registered and not news:
        news.append(REVIEWED)
    published = Published(
        slip,
        tiers,
        silent or before.silent_since,
        pickup or before.pickup_until,
        by_law,
        watched.place,
    )
    expires = watched.expires_at
    is_expired = expires is not None and expires <= now
    overdue = _next_tier(watched, now) if is_broken and arrived is None else None
    promise = watched.deadline if slip in _PENDING else None
    law = _next_by_law(watched, arrived, now)
    deadlines = dict(_deadlines(watched, promise, overdue, law, now))
    return Standing(news, published, deadlines, is_expired)


def _by_law(watched: Watched, arrived: datetime | None, now: datetime) -> int:
    is_over = arrived is not None or watched.state.status in _NOT_OWED
    return 0 if is_over or watched.statutory is None else stage(watched.statutory, now)


def _next_by_law(watched: Watched, arrived: datetime | None, now: datetime) -> datetime | None:
    law = watched.statutory
    if law is None or arrived is not None or watched.state.status in _NOT_OWED:
        return None
    ahead = [at for at in (law.overdue_at, law.withdrawal_at) if at is not None and at > now]
    return min(ahead, default=None)


def _slip(watched: Watched, arrived: datetime | None, now: datetime) -> Slip | None:
    if watched.deadline is None:
        return None
    return slip_of(watched.deadline, watched.state.status, arrived, watched.expected_by, now)


def _reached(watched: Watched, ended: datetime) -> int:
    """How many tiers of lateness."""
    return sum(each <= ended for each in watched.thresholds)


def _next_tier(watched: Watched, now: datetime) -> datetime | None:
    return min((each for each in watched.thresholds if each > now), default=None)


def _silent_since(watched: Watched, now: datetime) -> datetime | None:
    is_stalled = watched.stalls_at is not None and watched.stalls_at <= now
    return watched.state.last_scan_at if is_stalled else None


def _pickup_over(state: ShipmentState, now: datetime) -> datetime | None:
    until = _pickup_until(state)
    return until if until is not None and until <= now else None


def _pickup_until(state: ShipmentState) -> datetime | None:
    return state.pickup_until if state.status is Status.READY_FOR_PICKUP else None


def _deadlines(
    watched: Watched,
    promise: datetime | None,
    overdue: datetime | None,
    law: datetime | None,
    now: datetime,
) -> Iterator[tuple[DeadlineKind, datetime]]:
    found = (
        (DeadlineKind.PROMISE, promise),
        (DeadlineKind.OVERDUE, overdue),
        (DeadlineKind.PICKUP, _pickup_until(watched.state)),
        (DeadlineKind.STALLED, watched.stalls_at),
        (DeadlineKind.EXPIRED, _expiry(watched, now)),
        (DeadlineKind.ESTIMATE, watched.estimate_over),
        (DeadlineKind.STATUTORY, law),
    )
    for kind, due in found:
        if due is not None and due > now:
            yield kind, due


def _expiry(watched: Watched, now: datetime) -> datetime | None:
    """What is expired is looked at again, until its status says so."""
    expires = watched.expires_at
    return now + _AGAIN if expires is not None and expires <= now else expires


_NOT_OWED: Final = frozenset({Status.CANCELLED, Status.RETURNING, Status.RETURNED})
_PENDING: Final = frozenset({Slip.AWAITED, Slip.AT_RISK})
