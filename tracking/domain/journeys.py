"""One tracking number, several parcels: carriers reuse their numbers.

A number opens its next journey when something new happens more than 60 days after the previous
journey ended. The split is a function of the set of scans and of the registrations' dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.status import TERMINAL, Status
from tracking.domain.order import Placed, retracted

REST = timedelta(days=60)  # a number rests this long before it may name another parcel

# What may be the first news of another parcel. A late return, bill or notice is not.
_OPENING = frozenset(
    {
        Status.PENDING,
        Status.INFO_RECEIVED,
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.READY_FOR_PICKUP,
        Status.ATTEMPT_FAILED,
        Status.HELD,
        Status.DELIVERED,
    }
)


@dataclass(frozen=True, slots=True)
class Registration:
    """The merchant registered this number for this journey at this instant; the pair is kept."""

    journey: int
    at: datetime


@dataclass(slots=True)
class _Run:
    """What one parcel did under this number: its scans, in order."""

    scans: list[Placed]
    ended: datetime | None = None

    def rests(self, at: datetime) -> bool:
        """Whether at that instant the number was free for another parcel."""
        return self.ended is not None and at > self.ended + REST


def split(
    ordered: Sequence[Placed], registrations: Sequence[Registration] = ()
) -> dict[int, list[Placed]]:
    """The scans of each journey, in order; journeys are counted from 1.

    A registered journey keeps its number for ever, since its link and id are out in the world; a
    parcel that used the number before it is counted downwards from there (0, -1, ...).
    """
    runs = _runs(ordered)
    return {
        number: run.scans for number, run in zip(_numbers(runs, registrations), runs, strict=True)
    }


def journey_for_registration(
    ordered: Sequence[Placed], registrations: Sequence[Registration], at: datetime
) -> int:
    """The journey that a registration at this instant means: the present one, or the next."""
    runs = _runs(ordered)
    numbers = _numbers(runs, registrations)
    taken = [*numbers, *(each.journey for each in registrations)]
    if not taken:
        return 1
    if runs and runs[-1].rests(at) and not _registered_since(registrations, runs[-1]):
        return max(taken) + 1
    return numbers[-1] if not registrations else max(taken)


def _registered_since(registrations: Sequence[Registration], run: _Run) -> bool:
    return any(run.rests(each.at) for each in registrations)


def _runs(ordered: Sequence[Placed]) -> list[_Run]:
    gone = retracted(ordered)
    runs: list[_Run] = []
    for placed in ordered:
        if not runs or opens_journey(placed, runs[-1].ended):
            runs.append(_Run([]))
        runs[-1].scans.append(placed)
        if placed.scan.status in TERMINAL and placed.key not in gone:
            runs[-1].ended = placed.at
    return runs


def opens_journey(placed: Placed, ended: datetime | None) -> bool:
    """Whether this scan is the first of another parcel, the previous one having ended then."""
    return ended is not None and placed.scan.status in _OPENING and placed.at > ended + REST


def _numbers(runs: Sequence[_Run], registrations: Sequence[Registration]) -> list[int]:
    pinned: dict[int, int] = {}
    for each in sorted(registrations, key=lambda r: r.at):
        index = next((i for i, run in enumerate(runs) if not run.rests(each.at)), len(runs))
        pinned.setdefault(index, each.journey)
    if not pinned:
        return [index + 1 for index in range(len(runs))]
    first = min(pinned)
    numbers = [pinned[first] - first + index for index in range(min(first, len(runs)))]
    used = set(pinned.values()) | set(numbers)
    for index in range(first, len(runs)):
        number = pinned.get(index) or _next_free(numbers[-1], used)
        numbers.append(number)
        used.add(number)
    return numbers


def _next_free(after: int, used: set[int]) -> int:
    return after + 1 if after + 1 not in used else max(used) + 1
