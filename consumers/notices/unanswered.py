"""Texts that ended without having been sent, and after which nobody looked for another way.

Whoever noted the end does so at once, but in another transaction: it may be killed before, or the
database may have been away. Nor does it, where the person wrote STOP after the text was planned.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from consumers.notices.deciding import Deciding
from tracking.errors import KlatError
from tracking.store.notices import Notices
from tracking.store.pool import retried

log = structlog.get_logger()

_EVERY: Final = 5.0  # seconds
_AT_ONCE: Final = 100
AFTER: Final = timedelta(seconds=10)  # time for who noted the end


class Unanswered:
    def __init__(self, notices: Notices, deciding: Deciding) -> None:
        self._notices, self._deciding = notices, deciding

    async def keep_answering(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.answer(datetime.now(UTC))
            except KlatError as error:
                log.warning("notices.not_decided", error=type(error).__name__)

    async def answer(self, now: datetime) -> None:
        find = partial(self._notices.unanswered_notices, now - AFTER, _AT_ONCE)
        while found := await retried(find):
            await self._deciding.decide(
                {shipment: f"failed:{notice}" for shipment, notice in found}, now
            )
