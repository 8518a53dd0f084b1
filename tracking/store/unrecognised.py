"""Scans with a code that nobody has mapped: where they are, and reading them anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from tracking.sql import SQL


@dataclass(frozen=True, slots=True)
class UnrecognisedScan:
    shipment_id: UUID
    key: bytes
    carrier: str
    code: str


async def insert_unrecognised(conn: asyncpg.Connection, scans: Sequence[UnrecognisedScan]) -> None:
    await conn.execute(
        SQL["insert_unrecognised"],
        [each.shipment_id for each in scans],
        [each.key for each in scans],
        [each.carrier for each in scans],
        [each.code for each in scans],
    )


async def unrecognised_by_code(
    conn: asyncpg.Connection, carrier: str, code: str, limit: int
) -> list[UnrecognisedScan]:
    rows = await conn.fetch(SQL["unrecognised_by_code"], carrier, code, limit)
    return [UnrecognisedScan(row["shipment_id"], row["scan_key"], carrier, code) for row in rows]


async def forget_unrecognised(conn: asyncpg.Connection, scans: Sequence[UnrecognisedScan]) -> None:
    ids, keys = [each.shipment_id for each in scans], [each.key for each in scans]
    await conn.execute(SQL["forget_unrecognised"], ids, keys)


async def reread_scans(
    conn: asyncpg.Connection, ids: Sequence[UUID], keys: Sequence[bytes], bodies: Sequence[str]
) -> None:
    await conn.execute(SQL["reread_scans"], ids, keys, bodies)
