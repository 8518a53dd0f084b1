"""The demo's inbox: what would have been sent is kept, sealed, and opened for whoever tries it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.inbox import InboxMessage
from tracking.errors import StoreUnavailable
from tracking.sealing import SealBroken, Sealer
from tracking.store.inbox import Inbox, InboxRow, WaitingNotice

log = structlog.get_logger()

_SHOWN, _PARCELS, _WAITING = 60, 30, 20


class Received(NamedTuple):
    """A message and when it came."""

    message: InboxMessage
    at: datetime
    shipment_id: UUID
    tracking_number: str


class Contents(NamedTuple):
    """The newest messages first; what waits, the next first; tracking numbers to choose from."""

    received: Sequence[Received]
    waiting: Sequence[WaitingNotice]
    parcels: Mapping[UUID, str]


class InboxKeeper:
    """`keep` is what a way of the demo gives its messages to."""

    def __init__(self, pool: asyncpg.Pool, sealer: Sealer) -> None:
        self._inbox, self._sealer = Inbox(pool), sealer

    async def keep(self, message: InboxMessage) -> bool:
        """False where the database is away: then it may be given again, and stays one."""
        context, now = _context(message.notice_id), datetime.now(UTC)
        content = message.model_dump_json(exclude={"html"}, exclude_none=True)
        sealed = self._sealer.seal_text(content, context)
        html = self._sealer.seal_text(message.html, context) if message.html else None
        try:
            await self._inbox.keep_inbox_message(
                message.notice_id, message.channel, sealed, html, now=now
            )
            await self._inbox.prune_inbox()
        except StoreUnavailable:
            return False
        return True

    async def contents(self, shipment_id: UUID | None) -> Contents:
        """Of one parcel, or of all."""
        rows = await self._inbox.inbox_messages(shipment_id, _SHOWN)
        return Contents(
            [each for row in rows if (each := self._opened(row))],
            await self._inbox.waiting_notices(shipment_id, _WAITING),
            await self._inbox.inbox_parcels(_PARCELS),
        )

    async def html(self, notice_id: UUID) -> str | None:
        """The mail of a notice; None where none is kept that opens."""
        sealed = await self._inbox.inbox_html(notice_id)
        return self._text(sealed, notice_id) if sealed else None

    def _opened(self, row: InboxRow) -> Received | None:
        text = self._text(row.content, row.notice_id)
        if text is None:
            return None
        message = InboxMessage.kept(text)
        return Received(message, row.created_at, row.shipment_id, row.tracking_number)

    def _text(self, sealed: str, notice_id: UUID) -> str | None:
        try:
            return self._sealer.open_text(sealed, _context(notice_id))
        except SealBroken:
            log.warning("inbox.sealed_with_another_key", message_id=notice_id)
            return None


def _context(notice_id: UUID) -> str:
    """What a kept message is bound to."""
    return f"inbox:{notice_id}"
