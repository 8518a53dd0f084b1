"""The demo's inbox: messages that reached nobody, and the notices that still wait."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import Channel, Occasion
from tracking.sql import SQL
from tracking.store.pool import connection

KEPT = 500
"""Messages; older ones go. While several are kept at once it may be a few more."""


class InboxRow(NamedTuple):
    """`content` is sealed."""

    shipment_id: UUID
    notice_id: UUID
    content: str
    created_at: datetime
    tracking_number: str


class WaitingNotice(NamedTuple):
    """Decided, and not due yet."""

    shipment_id: UUID
    occasion: Occasion
    channel: Channel
    due_at: datetime
    tracking_number: str


class Inbox:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def keep_inbox_message(
        self, notice_id: UUID, channel: Channel, content: str, html: str | None, *, now: datetime
    ) -> None:
        """Both texts are sealed."""
        async with connection(self._pool) as conn:
            await conn.execute(SQL["keep_inbox_message"], notice_id, channel, content, html, now)

    async def prune_inbox(self, kept: int = KEPT) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["prune_inbox"], kept)

    async def inbox_messages(self, shipment_id: UUID | None, limit: int) -> list[InboxRow]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["inbox_messages"], shipment_id, limit)
        return [InboxRow(*row) for row in rows]

    async def inbox_parcels(self, limit: int) -> dict[UUID, str]:
        """Tracking numbers by shipment."""
        async with connection(self._pool) as conn:
            return dict(await conn.fetch(SQL["inbox_parcels"], limit))

    async def inbox_html(self, notice_id: UUID) -> str | None:
        async with connection(self._pool) as conn:
            return await conn.fetchval(SQL["inbox_html"], notice_id)  # type: ignore[no-any-return]  # no types

    async def waiting_notices(self, shipment_id: UUID | None, limit: int) -> list[WaitingNotice]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["waiting_notices"], shipment_id, limit)
        return [
            WaitingNotice(
                row["shipment_id"],
                Occasion(row["occasion"]),
                Channel(row["channel"]),
                row["due_at"],
                row["tracking_number"],
            )
            for row in rows
        ]
