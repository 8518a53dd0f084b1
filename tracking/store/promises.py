"""What was promised for a parcel, by whom, and how that stands."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from schemas.base import trusted
from schemas.promise import Mover, Slip
from tracking.domain.promise import Promise
from tracking.sql import SQL
from tracking.store.pool import connection


async def promise_rows(
    pool: asyncpg.Pool, shipment_id: UUID
) -> tuple[Sequence[Promise], Slip | None]:
    """What was promised, and how that stands as it was published."""
    async with connection(pool) as conn:
        return await promises_of(conn, shipment_id), await standing_of(conn, shipment_id)


async def promises_of(conn: asyncpg.Connection, shipment_id: UUID) -> Sequence[Promise]:
    rows = await conn.fetch(SQL["promises_of"], shipment_id)
    return [
        Promise(by=row["by"], starts=row["starts"], mover=Mover(row["mover"]), at=row["at"])
        for row in rows
    ]


async def insert_promise(conn: asyncpg.Connection, shipment_id: UUID, promise: Promise) -> None:
    await conn.execute(
        SQL["insert_promise"],
        shipment_id,
        promise.at,
        promise.mover,
        promise.starts,
        promise.by,
    )


async def standing_of(conn: asyncpg.Connection, shipment_id: UUID) -> Slip | None:
    slip = await conn.fetchval(SQL["standing_of"], shipment_id)
    return Slip(slip) if slip else None


def promises_in(row: asyncpg.Record) -> list[Promise]:
    """Of a row in which they stand as arrays."""
    if row["at"] is None:
        return []
    columns = (row["at"], row["mover"], row["starts"], row["by"])
    return [
        trusted(Promise, {"by": by, "starts": starts, "mover": Mover(mover), "at": at})
        for at, mover, starts, by in zip(*columns, strict=True)
    ]
