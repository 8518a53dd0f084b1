"""Staff who look at a parcel are told what changes beside its scans: messages, bonuses, cases, and
deeds of colleagues.

Few look and many write, so who writes tells nobody: one statement asks for all that are looked at.
"""

import asyncio
from typing import Final

import asyncpg
import structlog

from tracking.errors import KlatError
from tracking.live import LiveHub
from tracking.store.beside import besides

log = structlog.get_logger()

_EVERY: Final = 1.5  # seconds


class Besides:
    """For the viewers of one process."""

    def __init__(self, pool: asyncpg.Pool, hub: LiveHub) -> None:
        self._pool, self._hub = pool, hub

    async def keep_telling(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.tell()
            except KlatError as error:
                log.warning("besides.not_read", error=type(error).__name__)

    async def tell(self) -> None:
        """Whoever sees another sign than they had. Raises StoreUnavailable."""
        viewers = self._hub.beside()
        if not viewers:
            return
        signs = await besides(self._pool, list({each.shipment_id for each in viewers}))
        for each in viewers:
            each.hear_beside(signs[each.shipment_id])
