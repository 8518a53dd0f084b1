"""Answers kept for their Idempotency-Key, so that a call sent twice happens once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import connection

KEPT = timedelta(hours=48)
DEAD_AFTER = timedelta(seconds=60)  # a call still running then was lost with its process


@dataclass(frozen=True, slots=True)
class EarlierCall:
    """`status` is None while the call is running; `body` is sealed."""

    request_hash: bytes
    status: int | None
    body: str | None


class Calls:
    """One row per (merchant, key)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def claim_call(
        self, merchant_id: UUID, key: str, request_hash: bytes, *, now: datetime
    ) -> bool:
        """True when the caller may go on; False when there is an earlier call."""
        async with connection(self._pool) as conn:
            mine = await conn.fetchval(
                SQL["claim_call"], merchant_id, key, request_hash, now, now - DEAD_AFTER
            )
        return mine is not None

    async def earlier_call(self, merchant_id: UUID, key: str) -> EarlierCall | None:
        async with connection(self._pool) as conn:
            row = await conn.fetchrow(SQL["earlier_call"], merchant_id, key)
        return EarlierCall(**dict(row)) if row else None

    async def finish_call(self, merchant_id: UUID, key: str, status: int, body: str) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["finish_call"], merchant_id, key, status, body)

    async def drop_call(self, merchant_id: UUID, key: str) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["drop_call"], merchant_id, key)

    async def prune_calls(self, *, now: datetime) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["prune_calls"], now - KEPT)
