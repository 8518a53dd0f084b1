"""What is parked says of which queue it was, in the database, in the log and in numbers."""

import asyncio

import pytest
from consuming import SEALER, channel_to, until
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from consumers.parking import Parking
from consumers.runner import TRIES, Runner
from consumers.source import Source
from consumers.topology import (
    CARRIER_QUEUE,
    EVENTS,
    FACTS,
    LOCKER_QUEUE,
    NOTICES,
    NOTICES_QUEUE,
    WEBHOOKS,
    WEBHOOKS_QUEUE,
    Topology,
    declare,
    topology,
)
from tracking.store.parked import Parked
from tracking.store.pool import open_pool


async def breaks(_):
    raise ValueError


def runner_of(url: str, wanted: Topology, queue: str, parking: Parking) -> Runner:
    async def prepare(channel):
        await declare(channel, wanted)
        return [queue]

    return Runner(Source(url, "tests", prepare, prefetch=10), breaks, parking.park)


@pytest.mark.parametrize(
    ("wanted", "queue", "exchange", "key"),
    [
        (NOTICES, NOTICES_QUEUE, FACTS, "shipment.delivered"),
        (WEBHOOKS, WEBHOOKS_QUEUE, FACTS, "shipment.delivered"),
        (topology(), CARRIER_QUEUE, EVENTS, "carrier.omniva"),
        (topology(), LOCKER_QUEUE, EVENTS, "locker.omniva"),
        (topology(2), f"{CARRIER_QUEUE}.1", "", f"{CARRIER_QUEUE}.1"),
    ],
)
async def test_each_queue_has_its_own_label(database_url, amqp_url, wanted, queue, exchange, key):
    """Two of them hold the same facts: who could not handle one is known all the same."""
    pool, registry = await open_pool(database_url, size=2), CollectorRegistry()
    parked = Parked(pool, SEALER)
    parking = Parking(parked.park_message, registry, [queue])

    def count() -> float | None:
        return registry.get_sample_value("klat_parked_total", {"queue": queue})

    assert count() == 0, "there before the first"
    async with channel_to(amqp_url) as channel:
        await declare(channel, wanted)
        await channel.basic_publish(b"{}", exchange=exchange, routing_key=key, mandatory=True)
    runner = runner_of(amqp_url, wanted, queue, parking)
    with capture_logs() as lines:
        running = asyncio.create_task(runner.run())
        await until(parked.count_parked)
        await until(lambda: asyncio.sleep(0, count()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await runner.close()
    (message,) = await parked.list_parked(10)
    assert (message.queue, message.exchange, message.routing_key) == (queue, exchange, key)
    assert message.tries == TRIES
    assert count() == 1
    (said,) = [each for each in lines if each["event"] == "message.parked"]
    assert said["queue"] == queue
    await pool.close()
