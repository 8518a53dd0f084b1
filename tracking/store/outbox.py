"""The outbox: written with the change, read by the relay, emptied after the broker's confirm."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import connection, store_errors

_CHANNEL = "klat_outbox"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One version of one shipment. `fact` is a CloudEvent as JSON, `frame` a live update."""

    shipment_id: UUID
    version: int
    fact_type: str | None
    fact: str | None
    frame: str


class Outbox:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def next_outbox(self, limit: int) -> list[OutboxRow]:
        async with connection(self._pool) as conn:
            return [OutboxRow(*row) for row in await conn.fetch(SQL["next_outbox"], limit)]

    async def delete_outbox(self, rows: Sequence[OutboxRow]) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(
                SQL["delete_outbox"],
                [row.shipment_id for row in rows],
                [row.version for row in rows],
            )

    async def outbox_depth(self) -> tuple[int, datetime | None]:
        """How many rows wait, and since when the oldest."""
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["outbox_depth"])
        return row["waiting"], row["oldest"]

    async def take_lease(self, name: str, holder: str, now: datetime, life: timedelta) -> bool:
        async with connection(self._pool) as conn:
            taken = await conn.fetchval(SQL["take_lease"], name, holder, now, now + life)
        return taken is not None

    async def give_up_lease(self, name: str, holder: str) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["give_up_lease"], name, holder)

    @asynccontextmanager
    async def woken(self, dsn: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when something was written; on a connection of its own.

        A hint only: NOTIFY may be missed, so whoever waits also looks by itself now and then.
        """
        event = asyncio.Event()
        async with store_errors():
            conn = await asyncpg.connect(dsn, timeout=5)
        try:
            await conn.add_listener(_CHANNEL, lambda *_: event.set())
            # A lost connection wakes the waiter, who finds out when it next asks the database.
            conn.add_termination_listener(lambda *_: event.set())
            yield event
        finally:
            await conn.close(timeout=2)
