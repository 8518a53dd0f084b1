"""A consumer of courier events as it runs in the ingest role, and hands to feed and watch it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiormq
import asyncpg
from prometheus_client import CollectorRegistry

from consumers.courier_events import CourierEvents, IngestMetrics, courier_events_runner
from consumers.parking import Parking
from consumers.runner import Runner
from consumers.topology import EVENTS, declare, topology
from tracking.decode import Decoder
from tracking.ingest import Applied, Batch, ingest
from tracking.sealing import Sealer
from tracking.store.parked import Parked

SEALER = Sealer(["a key of the tests"])
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
KEY = "carrier.omniva"


def event(number: str = "CE1", hours: float = 0, **fields: Any) -> bytes:
    at = (START + timedelta(hours=hours)).isoformat()
    told = {"carrier": "omniva", "tracking_number": number, "occurred_at": at}
    return json.dumps({**told, "status": "in_transit", **fields}).encode()


async def publish(
    url: str, *bodies: bytes, key: str = KEY, headers: dict[str, Any] | None = None
) -> None:
    """Accepted by the broker when this returns."""
    properties = aiormq.spec.Basic.Properties(delivery_mode=2, headers=headers)
    async with channel_to(url) as channel:
        await declare(channel, topology())
        await asyncio.gather(
            *(
                channel.basic_publish(
                    body, exchange=EVENTS, routing_key=key, properties=properties, mandatory=True
                )
                for body in bodies
            )
        )


@asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    connection = await aiormq.connect(url)
    try:
        yield await connection.channel()
    finally:
        await connection.close()


async def waiting(url: str) -> int:
    """How many messages are in the ingest queues and in nobody's hands."""
    async with channel_to(url) as channel:
        found = [
            await channel.queue_declare(queue, passive=True) for queue in topology().ingest_queues
        ]
    return sum(each.message_count or 0 for each in found)


@dataclass
class Consumer:
    """A running consumer; `batches` are the sizes of what was handed to the use case, `done` is
    how many messages it has settled and acknowledged.
    """

    runner: Runner
    running: asyncio.Task[None]
    batches: list[int] = field(default_factory=list)
    done: int = 0

    async def kill(self) -> None:
        """Its process is gone: nothing more is said to the broker or the database."""
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.runner.close()


Apply = Callable[[Batch, datetime], Awaitable[Applied]]


@asynccontextmanager
async def consuming(
    url: str, pool: asyncpg.Pool, apply: Apply | None = None
) -> AsyncIterator[Consumer]:
    async def use_case(batch: Batch, now: datetime) -> Applied:
        return await ingest(pool, batch, SEALER, now=now)

    chosen, batches = apply or use_case, []
    metrics = IngestMetrics(CollectorRegistry())
    park = Parking(Parked(pool, SEALER).park_message, CollectorRegistry())

    class Counted(CourierEvents):
        async def handle(self, messages: Sequence[aiormq.abc.DeliveredMessage]) -> None:
            batches.append(len(messages))
            await super().handle(messages)

    events = Counted(Decoder(SEALER), chosen, park, metrics)
    runner = courier_events_runner(url, 1, events)
    acknowledge = runner._source.done

    async def done(messages: Sequence[aiormq.abc.DeliveredMessage]) -> None:
        await acknowledge(messages)
        consumer.done += len(messages)

    runner._source.done = done
    consumer = Consumer(runner, asyncio.create_task(runner.run()), batches)
    try:
        yield consumer
    finally:
        await consumer.kill()


async def until(holds: Callable[[], Awaitable[Any]], seconds: float = 30) -> None:
    """Wait for what other processes do."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - two servers away
            await asyncio.sleep(0.02)


async def rows(pool: asyncpg.Pool, *tables: str) -> list[list[asyncpg.Record]]:
    return [await pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]
