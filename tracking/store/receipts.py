"""What providers say became of a notice, applied under its row's lock."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import NoticeState
from tracking.sql import SQL
from tracking.store.pool import transaction


class Told(NamedTuple):
    """By what a provider names a notice; `reference` is ours, where it came back."""

    provider: str
    provider_id: str
    reference: UUID | None
    code: str | None


class Settled(NamedTuple):
    shipment_id: UUID
    notice_id: UUID
    before: NoticeState
    after: NoticeState


class Receipts:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def apply(
        self, told: Told, settle: Callable[[NoticeState], NoticeState], now: datetime
    ) -> Settled | None:
        """None where no notice of ours is meant. `settle` says what the state becomes."""
        async with transaction(self._pool) as conn:
            row = await notice_for_receipt(conn, told)
            if row is None:
                return None
            before = NoticeState(row["state"])
            found = Settled(row["shipment_id"], row["notice_id"], before, settle(before))
            if found.after is not before:
                await note_receipt(conn, found, told, now)
        return found


async def notice_for_receipt(conn: asyncpg.Connection, told: Told) -> asyncpg.Record | None:
    return await conn.fetchrow(
        SQL["notice_for_receipt"], told.provider, told.provider_id, told.reference
    )


async def note_receipt(conn: asyncpg.Connection, found: Settled, told: Told, now: datetime) -> None:
    await conn.execute(
        SQL["note_receipt"],
        found.shipment_id,
        found.notice_id,
        found.after,
        told.code,
        told.provider_id,
        now,
    )
