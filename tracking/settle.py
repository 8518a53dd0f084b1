"""What the new scans of a batch do to their shipments: decided by the domain, ready to write."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.announce import announced
from tracking.domain.reckon import Change, Journey, follow, reckon
from tracking.numbers import Number
from tracking.store.changes import ShipmentChange, write_changes
from tracking.store.clock import ask_reviews
from tracking.store.shipments import (
    ScanMove,
    StoredScan,
    move_scans,
    note_journeys,
    scans_of,
)


@dataclass(slots=True)
class Settled:
    """Changes to write; `journeys` are numbers that name more parcels than was known."""

    changes: list[ShipmentChange] = field(default_factory=list)
    journeys: dict[UUID, list[int]] = field(default_factory=dict)


async def settle(
    conn: asyncpg.Connection, numbers: Mapping[UUID, Number], now: datetime
) -> Settled:
    """Decide every number that has news: most simply follow, the others are read whole."""
    settled = Settled()
    unsettled: list[Number] = []
    for number in numbers.values():
        if number.news or number.replaced:
            change = _followed(number)
            if change is None:
                unsettled.append(number)
            else:
                settled.changes.append(_told(number, change, now))
    if unsettled:
        await _read_whole(conn, unsettled, settled, now)
    return settled


def _followed(number: Number) -> Change | None:
    if number.replaced or set(number.known) - {1}:
        return None
    known = number.known.get(1)
    return follow(known.journey if known else Journey(1), number.news)


async def _read_whole(
    conn: asyncpg.Connection, numbers: Sequence[Number], settled: Settled, now: datetime
) -> None:
    ids = [key for number in numbers for key in number.ids()]
    stored: dict[tuple[str, str], list[StoredScan]] = defaultdict(list)
    for each in await scans_of(conn, ids):
        scan = each.received.scan
        stored[scan.carrier, scan.tracking_number].append(each)
    moves: list[ScanMove] = []
    for number in numbers:
        moves += _reckoned(number, stored[number.carrier, number.tracking_number], settled, now)
    if moves:
        await move_scans(conn, moves)


def _reckoned(
    number: Number, stored: Sequence[StoredScan], settled: Settled, now: datetime
) -> list[ScanMove]:
    known = {journey: row.journey for journey, row in number.known.items()}
    result = reckon(known, [each.received for each in stored], {each.key for each in number.news})
    settled.changes += [_told(number, change, now) for change in result.changes]
    journeys = {change.journey for change in result.changes} | set(known)
    if journeys - set(known) - {1}:
        settled.journeys[number.head] = sorted(journeys - {1})
    return [
        ScanMove(
            each.shipment_id, number.id_of(journey), each.received.key, _version(number, journey)
        )
        for each in stored
        for journey in (result.homes[each.received.key],)
        if number.id_of(journey) != each.shipment_id
    ]


def _version(number: Number, journey: int) -> int:
    return number.version_of(journey) + 1


def _told(number: Number, change: Change, now: datetime) -> ShipmentChange:
    known = number.known.get(change.journey)
    return announced(
        number.id_of(change.journey),
        number.carrier,
        number.tracking_number,
        change,
        is_new=known is None,
        now=now,
        merchant_id=known.merchant_id if known else None,
        order=known.order if known else None,
    )


async def write_settled(conn: asyncpg.Connection, settled: Settled, now: datetime) -> None:
    if settled.changes:
        await write_changes(conn, settled.changes, now)
        reviews = [each.shipment_id for each in settled.changes if each.change.is_review]
        await ask_reviews(conn, reviews, now)
    for head, journeys in settled.journeys.items():
        await note_journeys(conn, head, journeys)
