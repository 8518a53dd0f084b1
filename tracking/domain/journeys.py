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
    journey: int | None = None  # known from a registration
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
    runs = _runs(ordered, registrations)
    return {number: run.scans for number, run in zip(_numbers(runs), runs, strict=True)}


def journey_for_registration(
    ordered: Sequence[Placed], registrations: Sequence[Registration], at: datetime
) -> int:
    """The journey that a registration at this instant means: the present one, or the next."""
    runs = _runs(ordered, registrations)
    taken = [*_numbers(runs), *(each.journey for each in registrations)]
    if not taken:
        return 1
    latest = max(taken)
    registered_since = any(each.journey == latest for each in registrations)
    present = runs[-1] if runs and _numbers(runs)[-1] == latest else None
    rests = present is not None and present.rests(at)
    return latest + 1 if rests else latest if present or registered_since else latest + 1


def _runs(ordered: Sequence[Placed], registrations: Sequence[Registration]) -> list[_Run]:
    gone = retracted(ordered)
    registered = sorted(registrations, key=lambda each: (each.at, each.journey))
    # Whoever registered journey 1 found no other parcel there; the others found one that had ended.
    first = registered[0] if registered and registered[0].journey == 1 else None
    later = registered[1:] if first else registered
    runs: list[_Run] = []
    for placed in ordered:
        begun = _begun(later, placed.at)
        if begun is not None:
            later = [each for each in later if each.journey > begun.journey]
        if begun is not None or not runs or opens_journey(placed, runs[-1].ended):
            runs.append(_Run([], begun.journey if begun else None))
        runs[-1].scans.append(placed)
        if placed.key not in gone:
            runs[-1].ended = _ended(runs[-1].ended, placed)
    if first is not None:
        _claim(runs, first)
    return runs


def _begun(later: Sequence[Registration], at: datetime) -> Registration | None:
    """The latest registration whose parcel a scan of this instant belongs to.

    The number had rested for 60 days when a second parcel was registered under it, so what comes
    from 30 days before that registration on is the second parcel's, whatever is learnt later.
    """
    begun = [each for each in later if at >= each.at - REST / 2]
    return begun[-1] if begun else None


def _claim(runs: Sequence[_Run], first: Registration) -> None:
    """Its parcel is the first that had not rested by then, before that of any later one."""
    for run in runs:
        if run.journey is not None:
            return
        if not run.rests(first.at):
            run.journey = first.journey
            return


def opens_journey(placed: Placed, ended: datetime | None) -> bool:
    """Whether this scan is the first of another parcel, the previous one having ended then."""
    return ended is not None and placed.scan.status in _OPENING and placed.at > ended + REST


def _ended(ended: datetime | None, placed: Placed) -> datetime | None:
    if placed.scan.status in TERMINAL:
        return placed.at
    # On its way back it is under way again, however long that takes.
    return None if placed.scan.status is Status.RETURNING else ended


def _numbers(runs: Sequence[_Run]) -> list[int]:
    known = [run.journey for run in runs]
    used = {number for number in known if number is not None}
    anchor = next((index for index, number in enumerate(known) if number is not None), None)
    numbers: list[int] = []
    for index, number in enumerate(known):
        free = _free_number(index, anchor, known, numbers, used) if number is None else number
        numbers.append(free)
        used.add(free)
    return numbers


def _free_number(
    index: int,
    anchor: int | None,
    known: Sequence[int | None],
    numbers: Sequence[int],
    used: set[int],
) -> int:
    if anchor is None:
        return index + 1
    if index < anchor:
        return (known[anchor] or 0) - (anchor - index)
    return numbers[-1] + 1 if numbers[-1] + 1 not in used else max(used) + 1
