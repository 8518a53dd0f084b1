"""The outbox: written with the change, read by the relay, emptied after the broker's confirm."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from tracking.errors import StoreUnavailable
from tracking.sql import SQL
from tracking.store.pool import COMMAND_TIMEOUT, connection, store_errors

_CHANNEL = "klat_outbox"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One version of one shipment. `fact` is a CloudEvent as JSON, `frame` a live update."""

    shipment_id: UUID
    version: int
    fact_type: str | None
    fact: str | None
    frame: str


@dataclass(slots=True)
class WakeUp:
    """`event` is set when there may be something to read, or when nothing will be told any more."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    def end(self) -> None:
        self.is_over = True
        self.event.set()


class Outbox:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        async with _any_error(), connection(self._pool) as conn:
            yield conn

    async def next_outbox(self, limit: int, size: int) -> list[OutboxRow]:
        """The oldest rows, up to `limit` and about `size` bytes, or one that alone is larger."""
        async with self._connection() as conn:
            return [OutboxRow(*row) for row in await conn.fetch(SQL["next_outbox"], limit, size)]

    async def delete_outbox(self, rows: Sequence[OutboxRow]) -> None:
        async with self._connection() as conn:
            await conn.execute(
                SQL["delete_outbox"],
                [row.shipment_id for row in rows],
                [row.version for row in rows],
            )

    async def outbox_depth(self) -> tuple[int, datetime | None]:
        """How many rows wait, counted to ten thousand, and since when the oldest."""
        async with self._connection() as conn:
            row = await conn.fetchrow(SQL["outbox_depth"])
        return row["waiting"], row["oldest"]

    async def take_lease(self, name: str, holder: str, now: datetime, life: timedelta) -> bool:
        async with self._connection() as conn:
            taken = await conn.fetchval(SQL["take_lease"], name, holder, now, now + life)
        return taken is not None

    async def give_up_lease(self, name: str, holder: str) -> None:
        async with self._connection() as conn:
            await conn.execute(SQL["give_up_lease"], name, holder)

    @asynccontextmanager
    async def woken(self, dsn: str) -> AsyncIterator[WakeUp]:
        """Wakes when something was written; on a connection of its own.

        A hint only: NOTIFY may be missed, so whoever waits also looks by itself now and then.
        """
        wake_up = WakeUp()
        async with _any_error():
            conn = await asyncpg.connect(dsn, timeout=5, command_timeout=COMMAND_TIMEOUT)
            try:
                conn.add_termination_listener(lambda *_: wake_up.end())
                await conn.add_listener(_CHANNEL, lambda *_: wake_up.event.set())
                yield wake_up
            finally:
                conn.terminate()  # a farewell could wait for a database that does not answer


@asynccontextmanager
async def _any_error() -> AsyncIterator[None]:
    """Whatever PostgreSQL says: these statements are right, so it can only be a matter of time."""
    try:
        async with store_errors():
            yield
    except asyncpg.PostgresError as error:
        raise StoreUnavailable(f"database failed: {type(error).__name__}") from error
