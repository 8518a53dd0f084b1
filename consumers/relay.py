"""Outbox -> RabbitMQ: facts with confirms, frames for the tracking pages in one message.

One relay at a time holds the lease; should two overlap for a moment, a fact goes out twice with the
same id, which consumers drop. A row is deleted only after its confirm, so a kill at any point
loses nothing.
"""

import asyncio
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from consumers.connection import Publisher
from consumers.topology import FACTS, LIVE, LIVE_NUMBER, LIVE_RELAY
from tracking.errors import KlatError
from tracking.store.outbox import Outbox, OutboxRow

log = structlog.get_logger()

BATCH = 500  # rows
_BATCH_BYTES = 4 * 1024 * 1024  # facts and frames read at once
_LIVE_SIZE = 512 * 1024  # characters of frames in one message
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
        # Process 1 of a container has the same name again after a restart: hence a random part.
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._live_messages = 0
        self._leased_until = datetime.min.replace(tzinfo=UTC)
        self.is_ready = False
        self._leaving = False

    async def run(self) -> None:
        while True:
            try:
                await self._publish_forever()
            except KlatError as error:
                self.is_ready = False
                log.warning("relay.waits", error=type(error).__name__)
                await asyncio.sleep(_PAUSE)

    async def _publish_forever(self) -> None:
        """Returns when the connection that tells of new rows is lost."""
        async with self._outbox.woken(self._dsn) as wake_up:
            while not wake_up.is_over:
                wake_up.event.clear()
                more = await self._holds_lease() and await self.publish_once()
                self.is_ready = True
                if not more:
                    await _wait(wake_up.event, _LOOK_EVERY)

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
        """For the operator; that it cannot be measured is no reason not to publish."""
        try:
            waiting, oldest = await self._outbox.outbox_depth()
        except KlatError as error:
            log.warning("outbox.not_measured", error=type(error).__name__)
            return
        self._metrics.depth.set(waiting)
        self._metrics.oldest.set((now - oldest).total_seconds() if oldest else 0)

    async def publish_once(self) -> bool:
        """Publish what waits, up to a batch; True when there may be more."""
        rows = await self._outbox.next_outbox(BATCH, _BATCH_BYTES)
        if rows:
            await self._publish_frames(rows)
            await self._publish_facts(rows)
            await self._outbox.delete_outbox(rows)
        return bool(rows)

    async def _publish_frames(self, rows: Sequence[OutboxRow]) -> None:
        for body in _live_messages(rows):
            self._live_messages += 1
            # By these a page's process sees that the broker dropped some on their way to it.
            headers = {LIVE_RELAY: self._holder, LIVE_NUMBER: str(self._live_messages)}
            # Nobody may be looking: a frame without a page to show it on is no fault.
            await self._publisher.publish(LIVE, "", body, headers=headers, mandatory=False)

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


def _live_messages(rows: Sequence[OutboxRow]) -> Iterator[bytes]:
    """Their frames in as few messages as may be; a frame that is too large has one alone."""
    frames: list[str] = []
    size = 0
    for row in rows:
        frame = f'["{row.shipment_id}",{row.version},{row.frame}]'
        if frames and size + len(frame) > _LIVE_SIZE:
            yield f"[{','.join(frames)}]".encode()
            frames, size = [], 0
        frames.append(frame)
        size += len(frame)
    yield f"[{','.join(frames)}]".encode()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
