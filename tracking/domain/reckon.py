"""What a batch of new scans does to the journeys of one tracking number. Pure.

`follow` is the quick way for the everyday case: scans later than all others. `reckon` reads the
whole set. Both end in the same state; which one ran can only be told by the time it took.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from schemas.shipment import ShipmentState
from schemas.status import TERMINAL
from tracking.domain.changes import Owed, owed
from tracking.domain.journeys import Registration, opens_journey, split
from tracking.domain.order import Placed, Received, in_order, place_alone
from tracking.domain.shipment import Folded, advance, fold_ordered, needs_the_set
from tracking.domain.slip import arrived_at


class Journey(NamedTuple):
    """A journey as stored. `last_at` and `simple` are those of its last fold."""

    journey: int
    version: int = 0
    state: ShipmentState = ShipmentState()
    last_at: datetime | None = None
    simple: bool = True
    registered_at: datetime | None = None


class Change(NamedTuple):
    """A journey after the batch: its next version, and what that owes to the world.

    `is_review`: it owes nothing, and yet what lies behind it is other than was known.
    """

    journey: int
    version: int
    state: ShipmentState
    last_at: datetime | None
    simple: bool
    owed: Owed | None
    is_review: bool = False


def follow(known: Journey, news: Sequence[Received]) -> Change | None:
    """The journey after scans that simply follow; None when the whole set must be read."""
    if not known.simple or any(needs_the_set(each.scan) for each in news):
        return None
    placed = sorted(map(place_alone, news))
    state, last_at = known.state, known.last_at
    for each in placed:
        if (last_at is not None and each.at <= last_at) or _may_open(state, each):
            return None
        state, last_at = advance(state, each), each.at
    debt = owed(known.state, state)
    return Change(
        journey=known.journey,
        version=known.version + 1,
        state=state,
        last_at=last_at,
        simple=True,
        owed=debt,
        is_review=debt is None and _is_another_course(known.state, state),
    )


def _is_another_course(before: ShipmentState, after: ShipmentState) -> bool:
    """When it arrived, or what held it up: a promise may have been kept after all, or not."""
    return before.reasons != after.reasons or (
        before.stages != after.stages and arrived_at(before) != arrived_at(after)
    )


def _may_open(state: ShipmentState, placed: Placed) -> bool:
    """Whether this could be another parcel's first scan; in doubt the whole set decides."""
    ended = [state.stages[stage] for stage in TERMINAL if stage in state.stages]
    return any(opens_journey(placed, at) for at in ended)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """`changes` of the journeys that changed; `homes` says in which journey each scan belongs."""

    changes: Sequence[Change]
    homes: Mapping[bytes, int]


def reckon(
    known: Mapping[int, Journey], received: Sequence[Received], news: AbstractSet[bytes]
) -> Reckoning:
    """Read the whole set of one number's scans. `news` holds the keys that came with this batch."""
    journeys = split(in_order(received), _registrations(known))
    changes, homes = [], {}
    for number in sorted({*known, *journeys}):
        scans = journeys.get(number, [])
        homes.update({placed.key: number for placed in scans})
        change = _refolded(known.get(number) or Journey(number), scans, news)
        if change is not None:
            changes.append(change)
    return Reckoning(changes, homes)


def join(
    known: Mapping[int, Journey], received: Sequence[Received], journey: int, at: datetime
) -> Reckoning:
    """The number's journeys once this one is registered: it changes always, others as that says.

    A registration draws a line in time: what came from 30 days before it on is its own parcel's.
    """
    mine = (known.get(journey) or Journey(journey))._replace(registered_at=at)
    result = reckon({**known, journey: mine}, received, frozenset())
    if any(change.journey == journey for change in result.changes):
        return result
    same = Change(journey, mine.version + 1, mine.state, mine.last_at, mine.simple, None)
    return Reckoning([*result.changes, same], result.homes)


def _registrations(known: Mapping[int, Journey]) -> list[Registration]:
    return [
        Registration(each.journey, each.registered_at)
        for each in known.values()
        if each.registered_at is not None
    ]


def _refolded(known: Journey, scans: Sequence[Placed], news: AbstractSet[bytes]) -> Change | None:
    folded = fold_ordered(scans)
    is_told = any(placed.key in news for placed in scans)
    if not is_told and folded.state == known.state and folded.last_at == known.last_at:
        return None
    debt = _owed(known, folded)
    return Change(
        journey=known.journey,
        version=known.version + 1,
        state=folded.state,
        last_at=folded.last_at,
        simple=folded.simple,
        owed=debt,
        is_review=debt is None and _is_another_course(known.state, folded.state),
    )


def _owed(known: Journey, folded: Folded) -> Owed | None:
    gone = {key.hex() for key in folded.retracted}
    return owed(known.state, folded.state, gone)
