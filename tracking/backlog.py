"""What waits for the operator, as gauges."""

import asyncio

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from tracking.errors import KlatError
from tracking.sealing import Sealer
from tracking.store.parked import Parked
from tracking.store.pool import connection
from tracking.store.quarantine import count_quarantine

MEASURED_EVERY = 15.0  # seconds
log = structlog.get_logger()


class Backlog:
    def __init__(self, pool: asyncpg.Pool, sealer: Sealer, registry: CollectorRegistry) -> None:
        self._pool, self._parked = pool, Parked(pool, sealer)
        self._quarantine = Gauge(
            "klat_quarantine_entries", "Entries in quarantine", ["reason"], registry=registry
        )
        self._messages = Gauge("klat_parked_messages", "Parked messages", registry=registry)

    async def measure(self) -> None:
        async with connection(self._pool) as conn:
            entries = await count_quarantine(conn)
        for why, count in entries.items():
            self._quarantine.labels(why).set(count)
        self._messages.set(await self._parked.count_parked())

    async def keep_measured(self) -> None:
        while True:
            try:
                await self.measure()
            except (KlatError, asyncpg.PostgresError) as error:
                log.warning("backlog.not_measured", error=type(error).__name__)
            await asyncio.sleep(MEASURED_EVERY)
