"""The process itself in numbers: what it uses, how late its loop is, how its pool is taken."""

import asyncio

import asyncpg
from prometheus_client import CollectorRegistry, Gauge, GCCollector, Histogram, ProcessCollector

from tracking.store.pool import POOL_WAIT

_EVERY = 0.5  # seconds
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Vitals:
    def __init__(self, pool: asyncpg.Pool, registry: CollectorRegistry) -> None:
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        registry.register(POOL_WAIT)
        connections = Gauge(
            "klat_pool_connections", "Connections to the database", ["state"], registry=registry
        )
        connections.labels("idle").set_function(pool.get_idle_size)
        connections.labels("used").set_function(lambda: pool.get_size() - pool.get_idle_size())
        self._lag = Histogram(
            "klat_loop_lag_seconds",
            "How late the event loop is",
            buckets=_BUCKETS,
            registry=registry,
        )

    async def keep_measured(self) -> None:
        """What was due and waited for the loop: the same wait that every answer had."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY
            await asyncio.sleep(_EVERY)
            self._lag.observe(max(0.0, loop.time() - due))
