"""Addresses that are written to less or not at all; no table knows an address, only its hash."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from tracking.sql import SQL
from tracking.store.pool import connection

EVERYBODY = UUID(int=0)
"""Stands for the shop where it holds for all of them."""


class Suppression(NamedTuple):
    """One reason against one address, of one shop or of EVERYBODY."""

    address_hash: bytes
    channel: Channel
    merchant_id: UUID
    reason: SuppressionReason
    level: Level


async def suppressions_of(conn: asyncpg.Connection, hashes: Sequence[bytes]) -> list[Suppression]:
    return [_row(row) for row in await conn.fetch(SQL["suppressions_of"], hashes)]


def _row(row: asyncpg.Record) -> Suppression:
    return Suppression(
        row["address_hash"],
        Channel(row["channel"]),
        row["merchant_id"],
        SuppressionReason(row["reason"]),
        Level(row["level"]),
    )


class Suppressions:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, hashes: Sequence[bytes]) -> list[Suppression]:
        async with connection(self._pool) as conn:
            return await suppressions_of(conn, hashes)

    async def suppress(self, new: Iterable[Suppression], *, now: datetime) -> None:
        """Twice is once; the level that comes last counts."""
        if columns := list(zip(*new, strict=True)):
            async with connection(self._pool) as conn:
                await conn.execute(SQL["suppress"], *columns, now)

    async def suppress_further(self, new: Suppression, *, now: datetime) -> None:
        """Twice is once; "nothing" stays, whatever comes later."""
        async with connection(self._pool) as conn:
            await conn.execute(SQL["suppress_further"], *new, now)

    async def lift_suppressions(
        self,
        hashes: Sequence[bytes],
        channel: Channel,
        merchant_id: UUID,
        reasons: Collection[SuppressionReason],
    ) -> list[SuppressionReason]:
        """Which of the reasons stood."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(
                SQL["lift_suppressions"], hashes, channel, merchant_id, list(reasons)
            )
        return [SuppressionReason(row["reason"]) for row in rows]

    async def lift_all_suppressions(self, hashes: Sequence[bytes]) -> int:
        """How many stood."""
        async with connection(self._pool) as conn:
            status = await conn.execute(SQL["lift_all_suppressions"], hashes)
        return int(status.rpartition(" ")[2])
