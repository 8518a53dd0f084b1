"""Live messages that are unreadable or missing: whoever looks reads the store."""

import asyncio
import json
from contextlib import suppress
from uuid import uuid4

import aiormq
import pytest
from consuming import channel_to, until

from consumers.live_updates import LiveUpdates
from consumers.topology import EXCHANGES, LIVE, declare
from tracking.live import LiveHub


@pytest.fixture
async def live(amqp_url):
    """What a viewer is told after messages, and who publishes them."""
    hub, shipment = LiveHub(), uuid4()
    updates = LiveUpdates(amqp_url, hub)
    task = asyncio.create_task(updates.run())
    await until(lambda: _is(updates))
    async with channel_to(amqp_url) as channel:
        await declare(channel, EXCHANGES)
        yield hub.join(shipment, "192.0.2.1"), channel
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await updates.close()


async def _is(updates) -> bool:
    return updates.is_attached


async def tell(channel, viewer, number, relay="a", body=None):
    headers = {"x-live-relay": relay, "x-live-number": str(number)}
    told = body or json.dumps([[str(viewer.shipment_id), number]]).encode()
    properties = aiormq.spec.Basic.Properties(headers=headers)
    viewer.woken.clear()
    await channel.basic_publish(told, exchange=LIVE, routing_key="", properties=properties)
    async with asyncio.timeout(10):
        await viewer.woken.wait()


async def test_the_next_message_is_heard(live):
    viewer, channel = live
    for number in (7, 8):
        await tell(channel, viewer, number)
        assert viewer.latest == number
    assert not viewer.behind


@pytest.mark.parametrize(("relay", "number"), [("a", 9), ("a", 7), ("b", 8)])
async def test_after_a_gap_viewers_read_the_store(live, relay, number):
    viewer, channel = live
    await tell(channel, viewer, 7)
    await tell(channel, viewer, number, relay)
    assert viewer.behind


@pytest.mark.parametrize("body", [b"[[5,1]]", b"[[]]", b"[5]", b"{", b"[" * 100_000, b"5"])
async def test_what_is_unreadable_stops_nothing(live, body):
    viewer, channel = live
    await tell(channel, viewer, 7, body=body)
    assert viewer.behind
    viewer.behind = False
    await tell(channel, viewer, 8)
    assert viewer.latest == 8
    assert not viewer.behind
