"""How many caps of today are near or reached, as gauges."""

import asyncio
from datetime import UTC, datetime
from typing import Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from tracking.errors import KlatError
from tracking.store.quotas import spend_alerts

MEASURED_EVERY: Final = 15.0  # seconds
log = structlog.get_logger()


class SpendAlerts:
    def __init__(self, pool: asyncpg.Pool, registry: CollectorRegistry) -> None:
        self._pool = pool
        self._near = Gauge(
            "klat_spend_cap_near",
            "Daily caps of which 80 % are spent, but not all",
            ["scope"],
            registry=registry,
        )
        self._reached = Gauge(
            "klat_spend_cap_reached",
            "Daily caps that stop text messages now",
            ["scope"],
            registry=registry,
        )

    async def measure(self, now: datetime) -> None:
        for (scope, level), count in (await spend_alerts(self._pool, now)).items():
            gauge = self._near if level == "near" else self._reached
            gauge.labels(scope).set(count)

    async def keep_measured(self) -> None:
        while True:
            try:
                await self.measure(datetime.now(UTC))
            except (KlatError, asyncpg.PostgresError) as error:
                log.warning("spend.not_measured", error=type(error).__name__)
            await asyncio.sleep(MEASURED_EVERY)
