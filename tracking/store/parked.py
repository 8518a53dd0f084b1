"""Messages whose handling failed again and again: kept sealed until somebody replays them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.prefix import UuidRange
from tracking.sealing import SealBroken, Sealer
from tracking.sql import SQL
from tracking.store.pool import connection


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message as it came. `error` is the name of what went wrong, never its text.

    `body` None: none of the keys opens it.
    """

    parked_id: UUID
    queue: str
    exchange: str
    routing_key: str
    headers: Mapping[str, str]
    body: bytes | None
    error: str
    tries: int
    parked_at: datetime


class Parked:
    def __init__(self, pool: asyncpg.Pool, sealer: Sealer) -> None:
        self._pool, self._sealer = pool, sealer

    async def park_message(self, message: ParkedMessage) -> None:
        assert message.body is not None
        async with connection(self._pool) as conn:
            await conn.execute(
                SQL["park_message"],
                message.parked_id,
                message.queue,
                message.exchange,
                message.routing_key,
                json.dumps(dict(message.headers)),
                self._sealer.seal(message.body, _context(message.parked_id)),
                message.error,
                message.tries,
                message.parked_at,
            )

    async def list_parked(self, limit: int) -> list[ParkedMessage]:
        async with connection(self._pool) as conn:
            return [self._message(row) for row in await conn.fetch(SQL["list_parked"], limit)]

    async def find_parked(self, ids: UuidRange) -> list[ParkedMessage]:
        """What waits and begins like this; of more than one, two."""
        async with connection(self._pool) as conn:
            return [self._message(row) for row in await conn.fetch(SQL["find_parked"], *ids)]

    def _message(self, row: asyncpg.Record) -> ParkedMessage:
        return ParkedMessage(
            parked_id=row["parked_id"],
            queue=row["queue"],
            exchange=row["exchange"],
            routing_key=row["routing_key"],
            headers=json.loads(row["headers"]),
            body=self._body(row),
            error=row["error"],
            tries=row["tries"],
            parked_at=row["parked_at"],
        )

    def _body(self, row: asyncpg.Record) -> bytes | None:
        try:
            return self._sealer.open(row["sealed"], _context(row["parked_id"]))
        except SealBroken:  # the others still open
            return None

    async def mark_replayed(self, parked_id: UUID, now: datetime) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["mark_replayed"], parked_id, now)

    async def count_parked(self) -> int:
        async with connection(self._pool) as conn:
            return int(await conn.fetchval(SQL["count_parked"]))


def _context(parked_id: UUID) -> str:
    return f"parked:{parked_id}"
