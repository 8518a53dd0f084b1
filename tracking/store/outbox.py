"""The outbox: written with the change, read by the relay, emptied after the broker's confirm."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.errors import StoreUnavailable
from tracking.sql import SQL
from tracking.store.pool import connection, store_errors

LEAD_IDLE = "10s"  # without a word PostgreSQL ends the connection, and with it the lead
_ANSWER_LIMIT = 10.0  # seconds; the other side of the same
_LOCK = 8117251105  # of the database; no other process of Klāt uses this number
_CHANNEL = "klat_outbox"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One version of one shipment. `fact` is a CloudEvent as JSON."""

    shipment_id: UUID
    version: int
    fact_type: str | None
    fact: str | None


@dataclass(slots=True)
class Lead:
    """A connection of one's own: it tells that something was written, and may hold the lead.

    `event` is set when there may be something to read, or when nothing will be told any more.
    The lead goes with the connection: PostgreSQL gives it to another at once when this process
    dies, and after LEAD_IDLE when it stalls or cannot be reached.
    """

    conn: asyncpg.Connection
    event: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False
    is_held: bool = False

    def end(self) -> None:
        self.is_over = True
        self.event.set()

    async def is_ours(self) -> bool:
        """Ask before each batch: who was cut off must not go on where another has taken over."""
        async with _any_error():
            if self.is_held:
                await self.keep_lead()
            else:
                self.is_held = await self.take_lead()
        return self.is_held and not self.is_over

    async def take_lead(self) -> bool:
        return await self.conn.fetchval(SQL["take_lead"], _LOCK) is True

    async def keep_lead(self) -> None:
        await self.conn.fetchval(SQL["keep_lead"])


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

    @asynccontextmanager
    async def lead(self, dsn: str) -> AsyncIterator[Lead]:
        """That something was written is a hint only: NOTIFY may be missed, so whoever waits also
        looks by itself now and then.
        """
        async with _any_error():
            conn = await asyncpg.connect(
                dsn,
                timeout=5,
                command_timeout=_ANSWER_LIMIT,
                server_settings={
                    "application_name": "klat relay",
                    "idle_session_timeout": LEAD_IDLE,
                },
            )
            lead = Lead(conn)
            try:
                conn.add_termination_listener(lambda *_: lead.end())
                await conn.add_listener(_CHANNEL, lambda *_: lead.event.set())
                yield lead
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
