"""Courier and locker events: RabbitMQ -> scans -> tracking.ingest, a batch at a time."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog
from aiormq.abc import AbstractChannel, DeliveredMessage
from prometheus_client import CollectorRegistry, Counter, Histogram

from consumers.envelope import envelope
from consumers.parking import Parking
from consumers.runner import BATCH, Runner
from consumers.source import Source
from consumers.topology import DEAD, DELIVERY_LIMIT, declare, retire, topology
from tracking.decode import Decoded, Decoder
from tracking.ingest import Applied, Batch

log = structlog.get_logger()

PREFETCH = 3 * BATCH  # one batch in hand, one waiting, one on its way

Ingest = Callable[[Batch, datetime], Awaitable[Applied]]


class IngestMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.scans = Counter(
            "klat_scans", "Scans read from messages", ["outcome"], registry=registry
        )
        self.quarantined = Counter(
            "klat_quarantined", "Inputs put into quarantine", registry=registry
        )
        self.batch = Histogram(
            "klat_ingest_batch_seconds", "Time to apply a batch", registry=registry
        )
        self.lag = Histogram(
            "klat_ingest_lag_seconds",
            "From receipt to applied",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600),
            registry=registry,
        )

    def applied(self, done: Applied) -> None:
        self.scans.labels("new").inc(done.new)
        self.scans.labels("repeat").inc(done.scans - done.new)
        self.scans.labels("unrecognised").inc(done.unrecognised)
        self.quarantined.inc(done.quarantined)


class CourierEvents:
    """Applies batches of messages. `handle` is what a Runner asks for."""

    def __init__(
        self, decoder: Decoder, ingest: Ingest, parking: Parking, metrics: IngestMetrics
    ) -> None:
        self._decoder, self._ingest, self._metrics = decoder, ingest, metrics
        self.parking = parking

    async def handle(self, messages: Sequence[DeliveredMessage]) -> None:
        started, now = time.perf_counter(), datetime.now(UTC)
        await self._park_dead(messages)
        decoded = [self._decode(each, now) for each in messages if each.routing_key != DEAD]
        batch = Batch(
            scans=[scan for each in decoded for scan in each.scans],
            raw=[each.raw for each in decoded if each.raw],
            quarantined=[each.quarantined for each in decoded if each.quarantined],
        )
        applied = await self._ingest(batch, now)
        self._metrics.applied(applied)
        self._metrics.batch.observe(time.perf_counter() - started)
        if batch.scans:
            oldest = min(scan.received.received_at for scan in batch.scans)
            self._metrics.lag.observe((datetime.now(UTC) - oldest).total_seconds())
        log.debug("batch.applied", messages=len(messages), new=applied.new, scans=applied.scans)

    def _decode(self, message: DeliveredMessage, now: datetime) -> Decoded:
        return self._decoder.decode(message.body, envelope(message, now))

    async def _park_dead(self, messages: Sequence[DeliveredMessage]) -> None:
        for message in messages:
            if message.routing_key == DEAD:
                await self.parking.park(message, "DeliveryLimit", DELIVERY_LIMIT)


def courier_events_runner(url: str, queues: int, events: CourierEvents) -> Runner:
    """The runner over every ingest queue, and over those of before until they are deleted.

    Declares what is missing when it attaches.
    """
    wanted = topology(queues)

    async def prepare(channel: AbstractChannel) -> Sequence[str]:
        await declare(channel, wanted)
        return [*wanted.ingest_queues, *await retire(channel, wanted)]

    source = Source(url, "courier_events", prepare, prefetch=PREFETCH)
    return Runner(source, events.handle, events.parking.park)
