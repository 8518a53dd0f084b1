"""Events over HTTP into a real RabbitMQ that comes and goes: a 202 is kept, all else is a 503."""

import asyncio
import json
from pathlib import Path

import aio_pika
import pytest
from staging import event

from consumers.connection import Publisher
from consumers.topology import CARRIER_QUEUE, LOCKER_QUEUE, declare, topology

SAMPLES = Path(__file__).parent.parent / "carriers" / "samples"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def courier(world, amqp_url):
    """A courier of a world whose broker is real, and a channel to look into its queues."""
    async with await aio_pika.connect_robust(amqp_url, reconnect_interval=0.2) as connection:
        channel = await connection.channel()
        await declare(await channel.get_underlay_channel(), topology())
        publisher = Publisher(amqp_url, "tests")
        running = asyncio.create_task(publisher.run())
        await publisher.connected()
        world.broker.real = publisher.publish_event
        yield await world.key("courier", carrier="omniva"), channel
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def taken(channel, name):
    """Every message that waits in this queue."""
    queue, found = await channel.get_queue(name), []
    while message := await queue.get(no_ack=True, fail=False):
        found.append(message)
    return found


async def test_what_was_accepted_waits_in_the_queues_with_its_headers(world, courier):
    key, channel = courier
    events = [event(event_id="a"), event(event_id="b", status=None, code="stored")]
    answer = await world.call("POST", "/v1/events", headers=key, json=events)
    assert answer.json["accepted"] == 2
    body = (SAMPLES / "omniva" / "feed.xml").read_bytes()
    headers = {**key, "Content-Type": "application/xml"}
    path = "/v1/carriers/omniva/events?tracking_number=CE1"
    assert (await world.call("POST", path, headers=headers, data=body)).status == 202
    own, native = await taken(channel, CARRIER_QUEUE)
    (locker,) = await taken(channel, LOCKER_QUEUE)
    assert (json.loads(own.body), json.loads(locker.body)) == ([events[0]], [events[1]])
    assert own.headers["x-received-at"] == world.clock().isoformat()
    assert own.headers["x-receipt"] == answer.json["receipt"]
    assert (own.content_type, native.content_type) == ("application/json", "application/xml")
    assert native.body == body
    assert (native.headers["x-format"], native.headers["x-tracking-number"]) == ("native", "CE1")
    assert own.delivery_mode is aio_pika.DeliveryMode.PERSISTENT


async def test_while_the_broker_is_gone_nothing_is_accepted_and_then_it_is(
    world, courier, rabbitmq
):
    key, channel = courier

    async def post(number):
        body = event(event_id=str(number))
        return await world.call("POST", "/v1/events", headers=key, json=body)

    assert (await post(0)).status == 202
    await rabbitmq.stop()
    away = await post(1)
    assert (away.status, 3 <= int(away.headers["Retry-After"]) <= 8) == (503, True)
    await rabbitmq.start()
    accepted = {0}
    for number in range(2, 1000):
        if (await post(number)).status == 202:
            accepted.add(number)
            break
        await asyncio.sleep(0.05)
    assert len(accepted) == 2
    kept = {
        int(json.loads(message.body)["event_id"]) for message in await taken(channel, CARRIER_QUEUE)
    }
    assert accepted <= kept
