"""Everything that is kept of some parcels, to be handed over."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.shipment import ShipmentState
from tracking.sql import SQL


class KeptRow(NamedTuple):
    """A row of the table `kind` as JSON; bytes in it are hex after a backslash and an x."""

    kind: str
    shipment_id: UUID
    row: str


async def rows_of_parcels(
    conn: asyncpg.Connection, ids: Collection[UUID], shops: Collection[UUID] | None
) -> list[KeptRow]:
    """`shops`: what staff wrote and did only of who works for no others; None: of all."""
    rows = await conn.fetch(
        SQL["rows_of_parcels"], list(ids), None if shops is None else list(shops)
    )
    return [KeptRow(row["kind"], row["shipment_id"], row["row"]) for row in rows]


async def states_of(conn: asyncpg.Connection, ids: Collection[UUID]) -> dict[UUID, ShipmentState]:
    rows = await conn.fetch(SQL["states_of"], list(ids))
    return {row["shipment_id"]: ShipmentState.kept(row["state"]) for row in rows}


async def raw_payloads_of(
    conn: asyncpg.Connection, digests: Collection[bytes]
) -> dict[bytes, tuple[str, bytes]]:
    """Carrier and sealed bytes by digest."""
    rows = await conn.fetch(SQL["raw_payloads_of"], list(digests))
    return {row["digest"]: (row["carrier"], row["sealed"]) for row in rows}


async def suppression_rows(conn: asyncpg.Connection, hashes: Sequence[bytes]) -> list[str]:
    return [row["row"] for row in await conn.fetch(SQL["suppression_rows"], hashes)]
