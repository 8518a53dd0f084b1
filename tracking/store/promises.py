"""What was promised for a parcel, by whom, and how that stands."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from tracking.domain.promise import Mover, Promise
from tracking.domain.slip import Slip
from tracking.sql import SQL


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
