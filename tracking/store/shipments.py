"""Shipments and their scans: locked, kept, read. Methods on a connection run in its transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.scan import Scan
from schemas.shipment import HistoryEntry, ShipmentState, shipment_id
from tracking.domain.order import Received, in_order
from tracking.domain.reckon import Journey
from tracking.domain.shipment import fold_ordered
from tracking.sql import SQL
from tracking.store.pool import connection


class LockedShipment(NamedTuple):
    """A shipment as found under its lock, with what a fact about it must name."""

    shipment_id: UUID
    carrier: str
    tracking_number: str
    journey: Journey
    other_journeys: Sequence[int]
    merchant_id: UUID | None
    order: str | None
    is_erased: bool = False  # it names nobody, nor shall it


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """A shipment as it stands."""

    shipment_id: UUID
    carrier: str
    tracking_number: str
    journey: int
    version: int
    state: ShipmentState
    simple: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StoredScan:
    shipment_id: UUID
    version: int
    received: Received


@dataclass(frozen=True, slots=True)
class Life:
    """A shipment as it stands, with its latest scans; with all where they explain each other."""

    row: ShipmentRow
    scans: Sequence[StoredScan]

    def entries(self) -> list[HistoryEntry]:
        """The lines of the history that these scans make, newest first."""
        return history_of(self.scans)


@dataclass(frozen=True, slots=True)
class ScanMove:
    """A scan that turned out to belong to another journey, which it brings to this version."""

    source: UUID
    target: UUID
    key: bytes
    version: int


class ScanRow(NamedTuple):
    """A scan to be kept. `body` is the scan as JSON, its pickup secrets sealed."""

    shipment_id: UUID
    key: bytes
    digest: bytes
    received_at: datetime
    version: int
    body: str
    raw_digest: bytes | None


async def lock_shipments(conn: asyncpg.Connection, ids: Iterable[UUID]) -> list[LockedShipment]:
    rows = await conn.fetch(SQL["lock_shipments"], sorted(ids))
    if not rows:
        return []
    registered = await registrations_of(conn, [row["shipment_id"] for row in rows])
    return [_locked(row, registered.get(row["shipment_id"])) for row in rows]


async def registrations_of(
    conn: asyncpg.Connection, ids: Sequence[UUID]
) -> dict[UUID, asyncpg.Record]:
    rows = await conn.fetch(SQL["registrations_of"], ids)
    return {row["shipment_id"]: row for row in rows}


def _locked(row: asyncpg.Record, registered: asyncpg.Record | None) -> LockedShipment:
    journey = Journey(
        journey=row["journey"],
        version=row["version"],
        state=ShipmentState.kept(row["state"]),
        last_at=row["last_at"],
        simple=row["simple"],
        registered_at=registered["registered_at"] if registered else None,
    )
    return LockedShipment(
        shipment_id=row["shipment_id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        journey=journey,
        other_journeys=row["other_journeys"] or (),
        merchant_id=registered["merchant_id"] if registered else None,
        order=registered["order_ref"] if registered else None,
        is_erased=row["is_erased"],
    )


async def homes_of_scans(
    conn: asyncpg.Connection, ids: Sequence[UUID], keys: Sequence[bytes]
) -> dict[UUID, set[bytes]]:
    """Which of these keys stand in which of these shipments: one key may, in several numbers."""
    homes: dict[UUID, set[bytes]] = {key: set() for key in ids}
    for row in await conn.fetch(SQL["homes_of_scans"], ids, keys):
        homes[row["shipment_id"]].add(row["scan_key"])
    return homes


async def insert_scans(
    conn: asyncpg.Connection, rows: Sequence[ScanRow]
) -> dict[tuple[UUID, bytes], bool]:
    """Which of them changed something: True where new, False where an earlier receipt replaced."""
    columns = (
        [row.shipment_id for row in rows],
        [row.key for row in rows],
        [row.digest for row in rows],
        [row.received_at for row in rows],
        [row.version for row in rows],
        [row.body for row in rows],
        [row.raw_digest for row in rows],
    )
    written = await conn.fetch(SQL["insert_scans"], *columns)
    return {(row[0], row[1]): row[2] for row in written}


async def reused_event_ids(conn: asyncpg.Connection, rows: Sequence[ScanRow]) -> dict[int, Scan]:
    """By place in `rows`: what stands under this key where that is something else."""
    found = await conn.fetch(
        SQL["reused_event_ids"],
        [row.shipment_id for row in rows],
        [row.key for row in rows],
        [row.digest for row in rows],
    )
    return {row["place"] - 1: Scan.kept(row["body"]) for row in found}


async def scans_of(conn: asyncpg.Connection, ids: Sequence[UUID]) -> list[StoredScan]:
    return [_stored(row) for row in await conn.fetch(SQL["scans_of"], ids)]


def _stored(row: asyncpg.Record) -> StoredScan:
    scan = Scan.kept(row["body"])
    received = Received(scan, row["scan_key"], row["received_at"])
    return StoredScan(row["shipment_id"], row["version"], received)


async def move_scans(conn: asyncpg.Connection, moves: Sequence[ScanMove]) -> None:
    await conn.execute(
        SQL["move_scans"],
        [each.source for each in moves],
        [each.target for each in moves],
        [each.key for each in moves],
        [each.version for each in moves],
    )


async def note_journeys(conn: asyncpg.Connection, head: UUID, journeys: Sequence[int]) -> None:
    await conn.execute(SQL["note_journeys"], head, journeys)


async def find_shipment(conn: asyncpg.Connection, key: UUID) -> asyncpg.Record | None:
    return await conn.fetchrow(SQL["find_shipment"], key)


async def find_shipments(conn: asyncpg.Connection, ids: Sequence[UUID]) -> list[ShipmentRow]:
    return [_row(row) for row in await conn.fetch(SQL["find_shipments"], ids)]


class Shipments:
    """Reads for the web; each method is one round trip or two."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, key: UUID) -> ShipmentRow | None:
        async with connection(self._pool) as conn:
            row = await find_shipment(conn, key)
        return _row(row) if row else None

    async def by_number(self, carrier: str, tracking_number: str) -> list[ShipmentRow]:
        """Every journey of the number, the newest first."""
        head = shipment_id(carrier, tracking_number)
        async with connection(self._pool) as conn:
            row = await find_shipment(conn, head)
            if row is None or not row["other_journeys"]:
                return [_row(row)] if row else []
            others = [shipment_id(carrier, tracking_number, j) for j in row["other_journeys"]]
            return await find_shipments(conn, [head, *others])

    async def shipments_by_number(self, tracking_number: str) -> list[ShipmentRow]:
        """Whatever carries this number, of any carrier, the latest change first."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["shipments_by_number"], tracking_number)
        return [_row(row) for row in rows]

    async def lives(self, seen: Mapping[UUID, int]) -> dict[UUID, Life]:
        """Of all of them that exist, by id: as they stand, with what came after these versions."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["lives"], list(seen), list(seen.values()))
        return {row["shipment_id"]: Life(_row(row), _news(row)) for row in rows}

    async def history(self, key: UUID) -> list[HistoryEntry]:
        """Every scan of the shipment as it counts, newest first; a repeated telling once."""
        async with connection(self._pool) as conn:
            stored = await scans_of(conn, [key])
        return history_of(stored)


def _news(row: asyncpg.Record) -> list[StoredScan]:
    columns = (row["scan_version"], row["body"], row["scan_key"], row["received_at"])
    if columns[0] is None:
        return []
    return [
        StoredScan(row["shipment_id"], version, Received(Scan.kept(body), key, at))
        for version, body, key, at in zip(*columns, strict=True)
    ]


def history_of(stored: Sequence[StoredScan]) -> list[HistoryEntry]:
    by_key = {each.received.key: each for each in stored}
    folded = fold_ordered(in_order(each.received for each in stored))
    return [
        HistoryEntry(
            key=placed.key.hex(),
            kind=folded.kind_of(placed),
            at=placed.at,
            confidence=placed.confidence,
            received_at=by_key[placed.key].received.received_at,
            version=by_key[placed.key].version,
            scan=placed.scan,
        )
        for placed in reversed(folded.ordered)
        if placed.key not in folded.twins
    ]


def _row(row: asyncpg.Record) -> ShipmentRow:
    return ShipmentRow(
        shipment_id=row["shipment_id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        journey=row["journey"],
        version=row["version"],
        state=ShipmentState.kept(row["state"]),
        simple=row["simple"],
        changed_at=row["changed_at"],
    )
