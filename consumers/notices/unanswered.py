"""Texts that ended without having been sent, and after which nobody looked for another way.

Whoever noted the end does so at once, but in another transaction: it may be killed before, or the
database may have been away. Nor does it, where the person wrote STOP after the text was planned.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from consumers.notices.deciding import Deciding
from tracking.apart import apart
from tracking.errors import KlatError
from tracking.store.notices import Notices
from tracking.store.pool import retried

log = structlog.get_logger()

_EVERY: Final = 5.0  # seconds
_AT_ONCE: Final = 100
_MOST_BROKEN: Final = 1000
AFTER: Final = timedelta(seconds=10)  # time for who noted the end


class Unanswered:
    """What cannot be read is told of once, and tried again by the next process."""

    def __init__(self, notices: Notices, deciding: Deciding) -> None:
        self._notices, self._deciding = notices, deciding
        self._broken: set[UUID] = set()

    async def keep_answering(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.answer(datetime.now(UTC))
            except KlatError as error:
                log.warning("notices.not_decided", error=type(error).__name__)

    async def answer(self, now: datetime) -> None:
        while len(self._broken) < _MOST_BROKEN:
            found = await retried(
                partial(self._notices.unanswered_notices, now - AFTER, _AT_ONCE, self._broken)
            )
            if not found:
                return
            await apart(partial(self._decide, now), found, self._leave)

    async def _decide(self, now: datetime, found: Sequence[tuple[UUID, UUID]]) -> None:
        facts = {shipment: f"failed:{notice}" for shipment, notice in found}
        await self._deciding.decide(facts, now)

    def _leave(self, found: tuple[UUID, UUID], error: Exception) -> None:
        shipment, notice = found
        self._broken.add(notice)
        log.error(
            "notice.not_answered",
            shipment_id=shipment,
            message_id=notice,
            error_type=type(error).__name__,
            exc_info=error,
        )
