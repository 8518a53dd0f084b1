"""In which order things happened, whatever order they were told in.

Every function here depends on the set of scans only, never on the order of the list it is given.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import NamedTuple

from schemas.scan import LAST_DELIVERY, SCAN, Confidence, Scan
from schemas.status import RANK, TERMINAL

FUTURE_TOLERANCE = timedelta(minutes=5)  # a courier's clock may be this far ahead
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before this a clock was never set
_INFORMATIONAL_RANK = -1
_RETRACTION_RANK = 100  # at the same instant the retraction comes after what it retracts
_MAX_DOUBTFUL = 40  # repeated-hour scans of one parcel; beyond that the first pass stands


class Received(NamedTuple):
    """A scan with its key (16 bytes) and the instant at which it was first received."""

    scan: Scan
    key: bytes
    received_at: datetime


class Placed(NamedTuple):
    """A scan at its place in the life of the parcel; sorts by instant, life-cycle rank and key."""

    at: datetime
    rank: int
    key: bytes
    confidence: Confidence
    scan: Scan


def rank_of(scan: Scan) -> int:
    if scan.retracts is not None:
        return _RETRACTION_RANK
    return _INFORMATIONAL_RANK if scan.status is None else RANK[scan.status]


def place_alone(received: Received) -> Placed:
    """The place of a scan that needs no other scan to be understood (see `is_doubtful`)."""
    scan = received.scan
    at, confidence = scan.time.at, scan.time.confidence
    if at > received.received_at + FUTURE_TOLERANCE or at < EARLIEST:
        at, confidence = received.received_at, Confidence.CLAMPED
    return Placed(at, rank_of(scan), received.key, confidence, scan)


def is_doubtful(scan: Scan) -> bool:
    """Whether the scan's instant depends on the others: a repeated hour, or only a day."""
    return scan.time.alternative is not None


def in_order(received: Iterable[Received]) -> list[Placed]:
    """All scans, each at its effective instant, in the order in which they happened."""
    certain: list[Placed] = []
    days: list[Placed] = []
    twice: list[tuple[Placed, datetime]] = []
    for each in received:
        placed, second = place_alone(each), each.scan.time.alternative
        if placed.confidence is Confidence.DATE_ONLY:
            days.append(placed)
        elif second is None or placed.confidence is Confidence.CLAMPED:
            certain.append(placed)
        else:
            twice.append((placed, second))
    certain += _choose_passes(twice, certain)
    return sorted([*certain, *_within_their_days(days, sorted(certain))])


def _choose_passes(
    doubtful: list[tuple[Placed, datetime]], certain: Sequence[Placed]
) -> list[Placed]:
    """Which pass of a repeated hour each scan means: the reading that contradicts life least.

    A parcel does not go back from the locker to the road, so in life-cycle order the first few
    scans fall into the first pass and the rest into the second; the split with the fewest
    inversions wins, the later split on a tie (a lone scan is read as the first pass).
    """
    doubtful = sorted(doubtful, key=lambda each: (each[0].rank, each[0].at, each[0].key))
    count = len(doubtful)
    if count > _MAX_DOUBTFUL:
        return [first for first, _ in doubtful]
    early = [first for first, _ in doubtful]
    late = [first._replace(at=second) for first, second in doubtful]
    against_early = [_contradicted(each, certain) for each in early]
    against_late = [_contradicted(each, certain) for each in late]

    def contradictions(split: int) -> int:
        among = sum(_inverted(*pair) for pair in permutations(early[:split] + late[split:], 2))
        return sum(against_early[:split]) + sum(against_late[split:]) + among

    best = min(range(count + 1), key=lambda split: (contradictions(split), -split))
    return early[:best] + late[best:]


def _contradicted(chosen: Placed, certain: Sequence[Placed]) -> int:
    return sum(_inverted(chosen, other) or _inverted(other, chosen) for other in certain)


def _inverted(one: Placed, other: Placed) -> bool:
    """Whether the earlier stage of life is dated later."""
    return 0 <= one.rank < other.rank and one.at > other.at


def _within_their_days(days: Sequence[Placed], certain: Sequence[Placed]) -> list[Placed]:
    """Scans that name only a day: each after whatever of that day comes before it in life."""
    lives: dict[tuple[datetime, datetime], dict[int, datetime]] = {}
    for day in days:
        bounds = _bounds(day)
        if bounds not in lives:
            lives[bounds] = _latest_by_rank(bounds, certain)
    return [day._replace(at=_after(day, lives[_bounds(day)])) for day in days]


def _bounds(day: Placed) -> tuple[datetime, datetime]:
    ends = day.scan.time.alternative
    assert ends is not None
    return day.at, ends


def _latest_by_rank(
    bounds: tuple[datetime, datetime], certain: Sequence[Placed]
) -> dict[int, datetime]:
    """Of the scans of this day (`certain` is sorted), the latest of each rank."""
    first, last = (bisect_left(certain, at, key=lambda placed: placed.at) for at in bounds)
    return {placed.rank: placed.at for placed in certain[first:last]}


def _after(day: Placed, latest: Mapping[int, datetime]) -> datetime:
    return max((at for rank, at in latest.items() if rank <= day.rank), default=day.at)


def twins(ordered: Sequence[Placed], gone: AbstractSet[bytes]) -> set[bytes]:
    """Keys of scans that tell again what another one tells: same instant, same code, same status.

    Carriers send one event under several ids. The fullest telling stands; the others add what
    they know and are not counted again. One that was taken back (`gone`) has no say in the others.
    """
    told: dict[tuple[datetime, str | None, str | None, str | None, bool], Placed] = {}
    again: set[bytes] = set()
    for placed in ordered:
        scan = placed.scan
        meaning = (placed.at, scan.code, scan.status, scan.retracts, placed.key in gone)
        known = told.setdefault(meaning, placed)
        if known is not placed:
            fuller, other = sorted((known, placed), key=_fullness)
            told[meaning] = fuller
            again.add(other.key)
    return again


def _fullness(placed: Placed) -> tuple[int, bytes]:
    fields = placed.scan
    said = (fields.handover, fields.reason, fields.location, fields.pickup, fields.signed_by)
    return -sum(each is not None for each in said), placed.key


def retracted(ordered: Sequence[Placed]) -> set[bytes]:
    """Keys of scans that a retraction takes back.

    `last_delivery` takes back every delivery that happened before it; an event id takes back the
    events of that id, `scan:` and a key that one event. A retraction may itself be taken back by a
    later one.
    """
    named = _by_event_id(ordered)
    gone: set[bytes] = set()
    deliveries_gone = False
    for index in range(len(ordered) - 1, -1, -1):
        taker = ordered[index]
        target = taker.scan.retracts
        if target is None or taker.key in gone:
            continue
        if target != LAST_DELIVERY:
            gone.update(_taken_back([*named.get(target, ()), *_of_key(target, ordered)], index))
        elif not deliveries_gone:
            # What an earlier retraction of this kind takes back is among these.
            gone.update(p.key for p in ordered[:index] if p.scan.status in TERMINAL)
            deliveries_gone = True
    return gone


def _by_event_id(ordered: Sequence[Placed]) -> Mapping[str, list[tuple[int, Placed]]]:
    named: dict[str, list[tuple[int, Placed]]] = {}
    for index, placed in enumerate(ordered):
        if placed.scan.event_id is not None:
            named.setdefault(placed.scan.event_id, []).append((index, placed))
    return named


def _of_key(target: str, ordered: Sequence[Placed]) -> list[tuple[int, Placed]]:
    key = target.removeprefix(SCAN)
    if key == target:
        return []
    return [(index, p) for index, p in enumerate(ordered) if p.key.hex() == key]


def _taken_back(named: Iterable[tuple[int, Placed]], taker: int) -> Iterable[bytes]:
    # Of two retractions only the later can take back the other, or both would.
    return [p.key for index, p in named if p.scan.retracts is None or index < taker]
