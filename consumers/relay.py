"""Outbox -> RabbitMQ: facts with confirms, frames for the tracking pages in one message.

One relay at a time holds the lease; should two overlap for a moment, a fact goes out twice with the
same id, which consumers drop. A row is deleted only after its confirm, so a kill at any point
loses nothing.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from consumers.connection import Publisher
from consumers.topology import FACTS, LIVE
from tracking.errors import BrokerUnavailable, StoreUnavailable
from tracking.store.outbox import Outbox, OutboxRow

log = structlog.get_logger()

BATCH = 500  # rows
LEASE = timedelta(seconds=10)
_LOOK_EVERY = 1.0  # seconds; a missed wake-up costs no more
_PAUSE = 1.0  # seconds after a fault
CLOUD_EVENTS = "application/cloudevents+json"


class RelayMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter("klat_facts_published", "Facts confirmed", registry=registry)
        self.depth = Gauge("klat_outbox_rows", "Rows that wait in the outbox", registry=registry)
        self.oldest = Gauge(
            "klat_outbox_oldest_seconds", "Age of the oldest row in the outbox", registry=registry
        )


class Relay:
    def __init__(
        self, outbox: Outbox, dsn: str, publisher: Publisher, metrics: RelayMetrics
    ) -> None:
        self._outbox, self._dsn, self._publisher = outbox, dsn, publisher
        self._metrics = metrics
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._leased_until = datetime.min.replace(tzinfo=UTC)
        self.is_ready = False
        self._leaving = False

    async def run(self) -> None:
        while True:
            try:
                await self._publish_forever()
            except (BrokerUnavailable, StoreUnavailable) as error:
                self.is_ready = False
                log.warning("relay.waits", error=type(error).__name__)
                await asyncio.sleep(_PAUSE)

    async def _publish_forever(self) -> None:
        async with self._outbox.woken(self._dsn) as woken:
            while True:
                woken.clear()
                more = await self._holds_lease() and await self.publish_once()
                self.is_ready = True
                if not more:
                    await _wait(woken, _LOOK_EVERY)

    async def _holds_lease(self) -> bool:
        if self._leaving:
            return False
        now = datetime.now(UTC)
        if self._leased_until - now < LEASE / 2:
            if not await self._outbox.take_lease("relay", self._holder, now, LEASE):
                return False
            self._leased_until = now + LEASE
            await self._measure(now)
        return True

    async def _measure(self, now: datetime) -> None:
        waiting, oldest = await self._outbox.outbox_depth()
        self._metrics.depth.set(waiting)
        self._metrics.oldest.set((now - oldest).total_seconds() if oldest else 0)

    async def publish_once(self) -> bool:
        """Publish what waits, up to a batch; True when there may be more."""
        rows = await self._outbox.next_outbox(BATCH)
        if rows:
            await self._publish_frames(rows)
            await self._publish_facts(rows)
            await self._outbox.delete_outbox(rows)
        return len(rows) == BATCH

    async def _publish_frames(self, rows: Sequence[OutboxRow]) -> None:
        frames = ",".join(f'["{row.shipment_id}",{row.version},{row.frame}]' for row in rows)
        # Nobody may be looking: a frame without a page to show it on is no fault.
        await self._publisher.publish(LIVE, "", f"[{frames}]".encode(), mandatory=False)

    async def _publish_facts(self, rows: Sequence[OutboxRow]) -> None:
        """In order on one channel, many in flight; raises when any was not confirmed."""
        facts = [(row.fact_type, row.fact) for row in rows if row.fact_type and row.fact]
        sent = [self._publish_fact(fact_type, fact) for fact_type, fact in facts]
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        self._metrics.published.inc(len(facts))

    async def _publish_fact(self, fact_type: str, fact: str) -> None:
        await self._publisher.publish(
            FACTS, fact_type, fact.encode(), content_type=CLOUD_EVENTS, mandatory=False
        )

    async def close(self) -> None:
        """Let another relay go on at once."""
        self._leaving = True
        await self._outbox.give_up_lease("relay", self._holder)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
