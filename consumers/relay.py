"""Outbox -> RabbitMQ: facts with confirms; for the live pages, which shipments changed.

One relay at a time has the lead. A row is deleted only after its confirm, with the reading of the
next: a kill at any point loses nothing, and a fact that then goes out twice has the same id, by
which consumers drop it.
"""

import asyncio
import os
import socket
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from consumers.connection import Publisher
from consumers.topology import FACTS, LIVE, LIVE_NUMBER, LIVE_RELAY
from tracking.errors import KlatError
from tracking.store.outbox import Lead, Outbox, OutboxRow, is_set

log = structlog.get_logger()

BATCH = 500  # rows
_BATCH_BYTES = 4 * 1024 * 1024  # facts read at once
_LOOK_EVERY = 1.0  # seconds; a missed wake-up, or a relay that died, costs no more
_MEASURED_EVERY = 5.0  # seconds
_PACE = 0.01  # seconds at least from one batch to the next
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 5.0  # seconds after a fault
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
        # Process 1 of a container has the same name again after a restart: hence a random part.
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._live_messages = 0
        self._measured, self._published_at = -_MEASURED_EVERY, 0.0
        self.is_ready = False
        self._lead: Lead | None = None
        self._leaving = False
        self._left = asyncio.Event()

    async def run(self) -> None:
        """Until it is told to leave."""
        pause = _FIRST_PAUSE
        while not self._leaving:
            try:
                await self._publish_forever()
            except KlatError as error:
                pause = _FIRST_PAUSE if self.is_ready else min(2 * pause, _LAST_PAUSE)
                self.is_ready = False
                log.warning("relay.waits", error=type(error).__name__)
                await asyncio.sleep(pause)
        self._left.set()

    async def _publish_forever(self) -> None:
        """Returns when the connection that tells of new rows is lost."""
        async with self._outbox.lead(self._dsn) as lead:
            self._lead = lead
            while not (lead.is_over or self._leaving):
                await self._pace()
                lead.event.clear()
                more = await lead.is_ours() and await self._publish_and_measure(lead)
                self.is_ready = True
                if not more:
                    await is_set(lead.event, _LOOK_EVERY)
            await lead.forget()

    async def _pace(self) -> None:
        """In a steady flow a batch is worth waiting for: its price is paid for several facts."""
        await asyncio.sleep(self._published_at + _PACE - time.monotonic())
        self._published_at = time.monotonic()

    async def _publish_and_measure(self, lead: Lead) -> bool:
        if time.monotonic() - self._measured >= _MEASURED_EVERY:
            self._measured = time.monotonic()
            await self._measure(datetime.now(UTC))
        return await self.publish_once(lead)

    async def _measure(self, now: datetime) -> None:
        """For the operator; that it cannot be measured is no reason not to publish."""
        try:
            waiting, oldest = await self._outbox.outbox_depth()
        except KlatError as error:
            log.warning("outbox.not_measured", error=type(error).__name__)
            return
        self._metrics.depth.set(waiting)
        self._metrics.oldest.set((now - oldest).total_seconds() if oldest else 0)

    async def publish_once(self, lead: Lead) -> bool:
        """Publish what waits, up to a batch; False when nothing does."""
        rows = await lead.next_outbox(BATCH, _BATCH_BYTES)
        if rows:
            async with lead.kept():
                await self._publish_versions(rows)
                await self._publish_facts(rows)
            lead.confirmed(rows)
        return bool(rows)

    async def _publish_versions(self, rows: Sequence[OutboxRow]) -> None:
        """To which versions shipments have come; a page that shows one reads the rest itself."""
        self._live_messages += 1
        # By these a page's process sees that the broker dropped some on their way to it.
        headers = {LIVE_RELAY: self._name, LIVE_NUMBER: str(self._live_messages)}
        body = ",".join(f'["{row.shipment_id}",{row.version}]' for row in rows)
        # Nobody may be looking: news without a page to show it on is no fault.
        await self._publisher.publish(
            LIVE, "", f"[{body}]".encode(), headers=headers, mandatory=False
        )

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
        """Finish the batch in hand and let another relay go on at once."""
        self._leaving = True
        if self._lead is not None:
            self._lead.event.set()
        await self._left.wait()
