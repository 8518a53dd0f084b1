"""What the broker gives up on is parked, and can be replayed as it first came."""

import asyncio
from datetime import UTC, datetime

import aiormq
import pytest
from prometheus_client import CollectorRegistry

from consumers.courier_events import CourierEvents, IngestMetrics, courier_events_runner
from consumers.parking import Parking
from consumers.topology import CARRIER_QUEUE, DEAD, EVENTS, declare, topology
from tracking.decode import Decoder
from tracking.ingest import Applied, Batch
from tracking.sealing import Sealer
from tracking.store.parked import Parked
from tracking.store.pool import open_pool

BODY = b'{"carrier": "omniva"}'


async def test_a_message_over_the_delivery_limit_is_parked_with_its_origin(
    amqp_url: str, database_url: str, caplog: pytest.LogCaptureFixture
):
    await _kill(amqp_url)
    pool, sealer = await open_pool(database_url, size=2), Sealer(["a key of the tests"])
    parked = Parked(pool, sealer)

    async def apply(batch: Batch, _: datetime) -> Applied:
        assert not batch.scans
        return Applied()

    metrics = IngestMetrics(CollectorRegistry())
    events = CourierEvents(
        Decoder(sealer), apply, Parking(parked.park_message, CollectorRegistry()), metrics
    )
    runner = courier_events_runner(amqp_url, 1, events)
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(20):
        while not (messages := await parked.list_parked(10)):  # noqa: ASYNC110 - two servers away
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await runner.close()

    [message] = messages
    assert (message.exchange, message.routing_key) == (EVENTS, "carrier.omniva")
    assert (message.body, message.error) == (BODY, "DeliveryLimit")
    assert message.headers == {"x-format": "native"}
    assert message.queue == CARRIER_QUEUE, "where it was before, not where it died"
    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert str(message.parked_id) in {each.get("parked_id") for each in said}
    again = message.__class__(**{name: getattr(message, name) for name in message.__slots__})
    await parked.mark_replayed(message.parked_id, datetime.now(UTC))
    assert await parked.list_parked(10) == []
    await parked.park_message(again)
    assert len(await parked.list_parked(10)) == 1
    await pool.close()


async def _kill(amqp_url: str) -> None:
    """Reject one message until the broker has had enough of it."""
    connection = await aiormq.connect(amqp_url)
    channel = await connection.channel()
    await declare(channel, topology())
    properties = aiormq.spec.Basic.Properties(delivery_mode=2, headers={"x-format": "native"})
    await channel.basic_publish(
        BODY, exchange=EVENTS, routing_key="carrier.omniva", properties=properties
    )
    async with asyncio.timeout(30):
        # A requeued message is away for a moment, and so is one on its way to the dead.
        while not (await channel.queue_declare(DEAD, passive=True)).message_count:
            got = await channel.basic_get(CARRIER_QUEUE)
            if got.delivery_tag is not None:
                await channel.basic_reject(got.delivery_tag, requeue=True)
    await connection.close()
