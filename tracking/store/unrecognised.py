"""Scans with a code that the release does not know: as they were told, and how they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.scan import Scan
from tracking.domain.order import Received
from tracking.sql import SQL


@dataclass(frozen=True, slots=True)
class UnrecognisedScan:
    """A scan as it was told, before any map was asked. `digest` is that of its content.

    `revision` is that of the meaning by which it is read, 0 where there is none.
    """

    shipment_id: UUID
    received: Received
    digest: bytes
    revision: int = 0

    @property
    def key(self) -> bytes:
        return self.received.key

    @property
    def told(self) -> Scan:
        return self.received.scan


class Misread(NamedTuple):
    """Where a scan is kept that is read by another meaning than the one of now."""

    shipment_id: UUID
    key: bytes
    tracking_number: str


async def insert_unrecognised(
    conn: asyncpg.Connection, scans: Sequence[UnrecognisedScan]
) -> set[bytes]:
    """The keys of those that are kept: of some an earlier receipt may stand, with another text."""
    rows = await conn.fetch(
        SQL["insert_unrecognised"],
        [each.shipment_id for each in scans],
        [each.key for each in scans],
        [each.received.received_at for each in scans],
        [each.digest for each in scans],
        [each.told.carrier for each in scans],
        [each.told.code for each in scans],
        [each.told.model_dump_json(exclude_defaults=True) for each in scans],
        [each.revision for each in scans],
    )
    return {row["scan_key"] for row in rows}


async def note_reading(
    conn: asyncpg.Connection, scans: Sequence[UnrecognisedScan], revision: int
) -> None:
    await conn.execute(
        SQL["note_reading"],
        [each.shipment_id for each in scans],
        [each.key for each in scans],
        [each.digest for each in scans],
        [each.told.model_dump_json(exclude_defaults=True) for each in scans],
        revision,
    )


async def misread_by_code(
    conn: asyncpg.Connection, carrier: str, code: str, revision: int, *, own: bool, limit: int
) -> list[Misread]:
    rows = await conn.fetch(SQL["misread_by_code"], carrier, code, revision, own, limit)
    return [Misread(*row) for row in rows]


async def misread_of(
    conn: asyncpg.Connection, places: Sequence[Misread], code: str, revision: int
) -> list[UnrecognisedScan]:
    """What of these still has the code and is still read by another meaning."""
    ids, keys = [each.shipment_id for each in places], [each.key for each in places]
    rows = await conn.fetch(SQL["misread_of"], ids, keys, revision)
    found = [
        UnrecognisedScan(
            row["shipment_id"],
            Received(Scan.kept(row["told"]), row["scan_key"], row["received_at"]),
            row["digest"],
        )
        for row in rows
    ]
    return [each for each in found if each.told.code == code]


async def count_by_code(conn: asyncpg.Connection, carrier: str, code: str) -> int:
    return int(await conn.fetchval(SQL["count_by_code"], carrier, code))


async def parcels_by_code(conn: asyncpg.Connection, carrier: str, code: str) -> int:
    return int(await conn.fetchval(SQL["parcels_by_code"], carrier, code))


async def has_told(conn: asyncpg.Connection, carrier: str) -> bool:
    return await conn.fetchval(SQL["has_told"], carrier) is not None


async def forget_unrecognised(conn: asyncpg.Connection, scans: Sequence[UnrecognisedScan]) -> None:
    ids, keys = [each.shipment_id for each in scans], [each.key for each in scans]
    await conn.execute(SQL["forget_unrecognised"], ids, keys)


async def reread_scans(
    conn: asyncpg.Connection, read: Sequence[tuple[UnrecognisedScan, Scan]]
) -> None:
    """Keep each as it is read now, where it still has the content that was read."""
    await conn.execute(
        SQL["reread_scans"],
        [each.shipment_id for each, _ in read],
        [each.key for each, _ in read],
        [each.digest for each, _ in read],
        [scan.model_dump_json(exclude_defaults=True) for _, scan in read],
    )
