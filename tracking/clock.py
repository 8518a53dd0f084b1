"""The clock: sleeps until the next deadline, and looks at what is due, until nothing is.

Any number of clocks may run; each takes what no other has in hand. Whoever sets an earlier deadline
in this process calls `expect`; other processes that want something looked at now say so by NOTIFY.
Should that be missed, it is seen after `_LONGEST` at the latest.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tracking.errors import KlatError
from tracking.estimates import Learned
from tracking.sealing import Sealer
from tracking.store.clock import deadlines_waiting, next_deadline, wakened
from tracking.store.pool import connection
from tracking.watch import Looked, look_at_due, note_expired

log = structlog.get_logger()

BATCH: Final = 500
_LONGEST: Final = 60.0  # seconds
_AFTER_ERROR: Final = 2.0
_LAGS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 600, 3600, 86400)


class ClockMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.looked = Counter(
            "klat_deadlines_looked_at", "Parcels looked at as they were due", registry=registry
        )
        self.facts = Counter(
            "klat_clock_facts", "Facts that time has brought", ["type"], registry=registry
        )
        self.lag = Histogram(
            "klat_deadline_lag_seconds",
            "How late the longest overdue of a batch was looked at",
            buckets=_LAGS,
            registry=registry,
        )
        self.overdue = Gauge("klat_deadlines_overdue", "Deadlines that wait", registry=registry)

    def noted(self, looked: Looked) -> None:
        for each in looked.news:
            self.facts.labels(each).inc()


class Clock:
    """`learned` is what is known of how long parcels take; `now` is handed in by tests."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        sealer: Sealer,
        metrics: ClockMetrics,
        learned: Learned | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._sealer, self._metrics, self._now = pool, sealer, metrics, now
        self._learned = learned or Learned(pool)
        self._next: datetime | None = None
        self._told: datetime | None = None  # earliest that was told since it was read
        self._earlier = asyncio.Event()

    def expect(self, due: datetime | None) -> None:
        """Something is due then: no later than that it looks again."""
        if due is None:
            return
        self._told = min(due, self._told or due)
        if self._next is None or due < self._next:
            self._next = due
            self._earlier.set()

    def wake(self) -> None:
        self._earlier.set()

    async def keep_listening(self, dsn: str) -> None:
        """Until cancelled: another process asks to be looked at something now."""
        while True:
            try:
                await wakened(dsn, self.wake)
            except KlatError as error:
                log.warning("clock.not_listening", error=type(error).__name__)
            await asyncio.sleep(_AFTER_ERROR)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.catch_up()
                await self._sleep()
            except KlatError as error:
                log.warning("clock.not_run", error=type(error).__name__)
                await asyncio.sleep(_AFTER_ERROR)

    async def catch_up(self) -> None:
        """Look at all that is due, in order; then it is known when the next is.

        Raises StoreUnavailable.
        """
        at_once = 1
        while await self._is_due():
            looked = await asyncio.gather(*(self.look() for _ in range(at_once)))
            if not any(each.shipments for each in looked):
                return
            # While the database works on one batch, the other is decided.
            at_once = 2 if looked[0].shipments >= BATCH else 1

    async def _is_due(self) -> bool:
        """What is set earlier while it is read may not be in it: it is told apart from that."""
        self._earlier.clear()
        self._told = None
        async with connection(self._pool) as conn:
            found = await next_deadline(conn)
        known = [due for due in (found, self._told) if due is not None]
        self._next = min(known, default=None)
        return self._next is not None and self._next <= self._now()

    async def look(self) -> Looked:
        """At a batch of what is due. Raises StoreUnavailable."""
        now = self._now()
        if self._next is not None:
            self._metrics.lag.observe(max(0.0, (now - self._next).total_seconds()))
        looked = await look_at_due(self._pool, BATCH, self._learned.histograms, now=now)
        await note_expired(self._pool, looked.expired, self._sealer, now=now)
        log.debug("clock.looked", shipments=looked.shipments, facts=len(looked.news))
        self._metrics.looked.inc(looked.shipments)
        self._metrics.noted(looked)
        return looked

    async def _sleep(self) -> None:
        """What is due at once and was not found is in the hands of another clock."""
        left = _LONGEST
        if self._next is not None:
            left = max(0.05, min(left, (self._next - self._now()).total_seconds()))
        try:
            async with asyncio.timeout(left):
                await self._earlier.wait()
        except TimeoutError:
            return

    async def keep_measured(self, every: float = 15.0) -> None:
        while True:
            try:
                async with connection(self._pool) as conn:
                    waiting, _ = await deadlines_waiting(conn, self._now())
                self._metrics.overdue.set(waiting)
            except KlatError as error:
                log.warning("clock.not_measured", error=type(error).__name__)
            await asyncio.sleep(every)
