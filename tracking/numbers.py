"""The tracking numbers of one batch: what is known of each, locked, and what came new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from schemas.shipment import shipment_id
from tracking.domain.order import Received
from tracking.incoming import Incoming
from tracking.store.quarantine import Quarantined
from tracking.store.shipments import (
    LockedShipment,
    ScanRow,
    homes_of_scans,
    insert_scans,
    lock_shipments,
    reused_event_ids,
)


@dataclass(slots=True)
class Number:
    """One tracking number in a batch. `head` is the id of its journey 1, which stands for it."""

    head: UUID
    carrier: str
    tracking_number: str
    scans: dict[bytes, Incoming] = field(default_factory=dict)
    known: dict[int, LockedShipment] = field(default_factory=dict)
    homes: dict[bytes, UUID] = field(default_factory=dict)
    news: list[Received] = field(default_factory=list)
    replaced: bool = False  # an earlier receipt of a known scan changed it

    def id_of(self, journey: int) -> UUID:
        if journey == 1:
            return self.head
        return shipment_id(self.carrier, self.tracking_number, journey)

    def version_of(self, journey: int) -> int:
        known = self.known.get(journey)
        return known.journey.version if known else 0

    def home(self, key: bytes) -> UUID:
        """Where a scan is looked for and kept at first: with its equal, else in journey 1."""
        return self.homes.get(key, self.head)


def by_number(scans: Iterable[Incoming]) -> dict[UUID, Number]:
    """The batch by tracking number; of equal keys the first received."""
    names: dict[tuple[str, str], Number] = {}
    for each in scans:
        scan = each.received.scan
        name = (scan.carrier, scan.tracking_number)
        number = names.get(name)
        if number is None:
            number = names[name] = Number(shipment_id(*name), *name)
        earlier = number.scans.get(each.received.key)
        if earlier is None or each.order < earlier.order:
            number.scans[each.received.key] = each
    return {number.head: number for number in names.values()}


async def lock_numbers(conn: asyncpg.Connection, numbers: Mapping[UUID, Number]) -> None:
    """Lock and read every journey of these numbers, in one order for all processes."""
    reused: list[Number] = []
    for row in await lock_shipments(conn, numbers):
        number = numbers[row.shipment_id]
        number.known[row.journey.journey] = row
        if row.other_journeys:
            reused.append(number)
    if reused:
        await _lock_reused(conn, reused)


async def _lock_reused(conn: asyncpg.Connection, numbers: Sequence[Number]) -> None:
    others = {
        number.id_of(journey): number
        for number in numbers
        for journey in number.known[1].other_journeys
    }
    for row in await lock_shipments(conn, others):
        others[row.shipment_id].known[row.journey.journey] = row
    keys = [key for number in numbers for key in number.scans]
    homes = await homes_of_scans(conn, [*others, *(n.head for n in numbers)], keys)
    for number in numbers:
        ids = {row.shipment_id for row in number.known.values()}
        number.homes = {key: homes[key] for key in number.scans if homes.get(key) in ids}


async def keep_scans(conn: asyncpg.Connection, numbers: Mapping[UUID, Number]) -> list[Quarantined]:
    """Keep the scans and note on each number what was new.

    Returns what carries an event id that stands here already for something else.
    """
    kept = [
        (number, _row(number, number.scans[key]))
        for number in numbers.values()
        for key in sorted(number.scans)
    ]
    if not kept:
        return []
    written = await insert_scans(conn, [row for _, row in kept])
    repeats: list[tuple[Number, ScanRow]] = []
    for number, row in kept:
        match written.get((row.shipment_id, row.key)):
            case None:
                repeats.append((number, row))
            case True:
                number.news.append(number.scans[row.key].received)
            case False:
                number.replaced = True
    return await _reused(conn, repeats)


def _row(number: Number, each: Incoming) -> ScanRow:
    received = each.received
    return ScanRow(
        shipment_id=number.home(received.key),
        key=received.key,
        digest=each.digest,
        received_at=received.received_at,
        version=number.version_of(1) + 1,
        body=received.scan.model_dump_json(exclude_defaults=True),
        raw_digest=each.raw_digest,
    )


async def _reused(
    conn: asyncpg.Connection, repeats: Sequence[tuple[Number, ScanRow]]
) -> list[Quarantined]:
    named = [
        (number, row)
        for number, row in repeats
        if number.scans[row.key].received.scan.event_id is not None
    ]
    if not named:
        return []
    reused = await reused_event_ids(conn, [row for _, row in named])
    return [
        Quarantined.reused_event_id(number.carrier, row.body.encode())
        for number, row in named
        if row.key in reused
    ]
