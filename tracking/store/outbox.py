"""The outbox: written with the change, read by the relay, emptied after the broker's confirm."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.errors import StoreUnavailable
from tracking.sql import SQL
from tracking.store.pool import connection, store_errors

LEAD_IDLE = "10s"  # without a word PostgreSQL ends the connection, and with it the lead
_ANSWER_LIMIT = 10.0  # seconds; the other side of the same
_SPEAK_EVERY = 2.5  # seconds
_LOCK = 8117251105  # of the database; no other process of Klāt uses this number
_CHANNEL = "klat_outbox"


class OutboxRow(NamedTuple):
    """One version of one shipment; `row` is its place in the outbox. `fact` is a CloudEvent."""

    row: int
    shipment_id: UUID
    version: int
    fact_type: str | None
    fact: str | None


@dataclass(slots=True)
class Lead:
    """A connection of one's own: it tells that something was written, and may hold the lead.

    `event` is set when there may be something to read, or when nothing will be told any more.
    The lead goes with the connection: PostgreSQL gives it to another at once when this process
    dies, and after LEAD_IDLE when it stalls or cannot be reached. The outbox is read and emptied
    by this connection only, so whoever was cut off can do neither.
    """

    conn: asyncpg.Connection
    event: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False
    is_held: bool = False
    _done: list[int] = field(default_factory=list)

    def end(self) -> None:
        self.is_over = True
        self.event.set()

    async def is_ours(self) -> bool:
        async with _any_error():
            self.is_held = self.is_held or await self.take_lead()
        return self.is_held and not self.is_over

    async def take_lead(self) -> bool:
        return await self.conn.fetchval(SQL["take_lead"], _LOCK) is True

    async def keep_lead(self) -> None:
        await self.conn.fetchval(SQL["keep_lead"])

    async def next_outbox(self, limit: int, size: int) -> list[OutboxRow]:
        """The oldest rows, up to `limit` and about `size` bytes, or one that alone is larger.

        What was confirmed before is deleted in the same statement.
        """
        async with _any_error():
            rows = await self.conn.fetch(SQL["next_outbox"], limit, size, self._done)
        self._done = []
        return [OutboxRow(*row) for row in rows]

    def confirmed(self, rows: Sequence[OutboxRow]) -> None:
        """These are published; they are deleted when the next are read, or by `forget`."""
        self._done += [row.row for row in rows]

    async def forget(self) -> None:
        if self._done:
            await self.next_outbox(0, 0)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Meanwhile say a word now and then: a broker that takes its time costs nobody the lead."""
        finished = asyncio.Event()
        speaking = asyncio.create_task(self._speak_until(finished))
        try:
            yield
        finally:
            finished.set()
            await speaking

    async def _speak_until(self, finished: asyncio.Event) -> None:
        with suppress(StoreUnavailable):  # the next statement of whoever holds it says so too
            while not await is_set(finished, _SPEAK_EVERY):
                async with _any_error():
                    await self.keep_lead()


async def is_set(event: asyncio.Event, seconds: float) -> bool:
    """Wait for it, so long at the most."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


class Outbox:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def outbox_depth(self) -> tuple[int, datetime | None]:
        """How many rows wait, counted to ten thousand, and since when the oldest."""
        async with _any_error(), connection(self._pool) as conn:
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
