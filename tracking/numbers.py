"""The tracking numbers of one batch: what is known of each, locked, and what came new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from schemas.shipment import shipment_id
from tracking.domain.journeys import REST
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
    rivals: list[Incoming] = field(default_factory=list)  # another content under the same event id
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

    def add(self, each: Incoming) -> None:
        """One that came in the batch; of equal keys the first received stands."""
        key = each.received.key
        known = self.scans.setdefault(key, each)
        if known is not each:
            self.scans[key], other = sorted((known, each), key=lambda one: one.order)
            if other.digest != self.scans[key].digest:
                self.rivals.append(other)

    def ids(self) -> list[UUID]:
        """Of every journey that is known, of the first in any case."""
        return [self.id_of(journey) for journey in {1, *self.known}]

    def possible_keys(self) -> list[bytes]:
        """Every key under which a scan of this batch may stand: its own, or its content's."""
        scans = [*self.scans.values(), *self.rivals]
        return [key for each in scans for key in (each.received.key, each.digest)]

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
        number.add(each)
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
    keys = [key for number in numbers for key in number.possible_keys()]
    homes = await homes_of_scans(conn, [*others, *(n.head for n in numbers)], keys)
    for number in numbers:
        number.homes = {key: home for home in number.ids() for key in homes[home]}


async def keep_scans(conn: asyncpg.Connection, numbers: Mapping[UUID, Number]) -> list[Quarantined]:
    """Keep the scans and note on each number what was new.

    Returns what carries an event id that stands here already for something else.
    """
    scans = [(number, number.scans[key]) for number in numbers.values() for key in number.scans]
    if not scans:
        return []
    known = await _insert(conn, scans)
    rivals = [(number, each) for number in numbers.values() for each in number.rivals]
    named = [each for each in known if each[1].received.scan.event_id is not None]
    return await _keep_rivals(conn, [*named, *rivals])


_Scans = Sequence[tuple[Number, Incoming]]


async def _insert(conn: asyncpg.Connection, scans: _Scans) -> list[tuple[Number, Incoming]]:
    """Insert them and note the new ones; returns those that stood there already."""
    rows = [_row(number, each) for number, each in scans]
    written = await insert_scans(conn, rows)
    known: list[tuple[Number, Incoming]] = []
    for (number, each), row in zip(scans, rows, strict=True):
        match written.get((row.shipment_id, row.key)):
            case None:
                known.append((number, each))
            case True:
                number.news.append(each.received)
            case False:
                number.replaced = True
    return known


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


async def _keep_rivals(conn: asyncpg.Connection, scans: _Scans) -> list[Quarantined]:
    """An event id used for two events: for the next parcel of a number, or by mistake.

    Some couriers count the events of each parcel (1, 2, 3): once the number names another parcel
    they come again, and are told apart by what they say. Otherwise the first content stands.
    """
    if not scans:
        return []
    standing = await reused_event_ids(conn, [_row(number, each) for number, each in scans])
    other_parcels: dict[tuple[UUID, bytes], tuple[Number, Incoming]] = {}
    quarantined: list[Quarantined] = []
    for place, stands in standing.items():
        number, each = scans[place]
        scan = each.received.scan
        if abs(scan.time.at - stands.time.at) > REST:
            renamed = each._replace(received=each.received._replace(key=each.digest))
            other_parcels[number.head, each.digest] = (number, renamed)
        else:
            body = scan.model_dump_json(exclude_defaults=True).encode()
            quarantined.append(Quarantined.reused_event_id(number.carrier, body))
    if other_parcels:
        await _insert(conn, list(other_parcels.values()))
    return quarantined
