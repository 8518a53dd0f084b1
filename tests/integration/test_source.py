"""What a source does about trouble: large messages, unreadable ones, queues of other kinds."""

import asyncio
from urllib.parse import urlsplit

import pytest
from consuming import SEALER, channel_to, consuming, event, publish, until, waiting
from rabbit import erlang
from structlog.testing import capture_logs

from consumers import source as sources
from consumers.prefetch import BUFFER_BYTES, Prefetch
from consumers.source import Source
from tracking.store.parked import Parked
from tracking.store.pool import open_pool


def test_after_large_messages_the_full_prefetch_comes_back():
    prefetch = Prefetch(100)
    prefetch.too_large(BUFFER_BYTES, 20)
    assert prefetch.count == 10
    assert not prefetch.passed(BUFFER_BYTES // 2, 10)
    assert not prefetch.passed(99, 99)
    assert prefetch.passed(1, 1)
    assert prefetch.count == 100


@pytest.mark.parametrize(("seconds", "count"), [(1, 1), (60, 100)])
def test_two_losses_soon_after_attaching_make_it_take_one_at_a_time(seconds, count):
    prefetch = Prefetch(100)
    for attached in (0, 100):
        prefetch.attached(attached)
        prefetch.lost(attached + seconds)
    assert prefetch.count == count


def test_leaving_on_purpose_is_no_loss():
    prefetch = Prefetch(100)
    for attached in (0, 100):
        prefetch.attached(attached)
        prefetch.too_large(BUFFER_BYTES, 20)
        prefetch.lost(attached + 1)
    assert prefetch.count == 10


async def test_a_queue_of_another_kind_is_said_loudly(amqp_url):
    async def prepare(channel):
        await channel.queue_declare("parcels", durable=False)
        return ["parcels"]

    async with channel_to(amqp_url) as channel:
        await channel.queue_declare("parcels", durable=True)
        source = Source(amqp_url, "test", prepare, prefetch=1)
        with capture_logs() as logs:
            taking = asyncio.create_task(source.take(1))
            await until(lambda: _any(logs))
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
        await source.close()
    assert (logs[0]["event"], logs[0]["log_level"]) == ("topology.mismatch", "error")
    assert "parcels" in logs[0]["reason"]


async def _any(logs) -> bool:
    return bool(logs)


async def test_the_full_prefetch_is_asked_for_again_on_a_real_queue(amqp_url):
    async def prepare(channel):
        await channel.queue_declare("parcels", durable=True)
        return ["parcels"]

    source = Source(amqp_url, "test", prepare, prefetch=4)
    source._prefetch.count = 2
    async with channel_to(amqp_url) as channel:
        await prepare(channel)
        for _ in range(8):
            await channel.basic_publish(b"x", routing_key="parcels")
    seen = 0
    async with asyncio.timeout(20):
        while seen < 8:
            messages = await source.take(4)
            await source.done(messages)
            seen += len(messages)
    assert source._prefetch.count == 4
    await source.close()


async def test_a_routing_key_that_cannot_be_read_parks_itself_and_nobody_else(
    amqp_url, rabbitmq, database_url, monkeypatch
):
    monkeypatch.setattr(sources, "_LAST_RETRY", 0.2)
    pool = await open_pool(database_url, size=4)
    await publish(amqp_url, *(event(f"CE{n}") for n in range(30)))
    await erlang(rabbitmq, UNREADABLE_KEY % urlsplit(amqp_url).path[1:])
    await publish(amqp_url, *(event(f"CE{n}") for n in range(30, 60)))
    parked = Parked(pool, SEALER)

    async def settled() -> bool:
        shipments = await pool.fetchval("SELECT count(*) FROM shipment")
        return bool(shipments == 60 and await parked.count_parked())

    async with consuming(amqp_url, pool):
        await until(settled)
        await until(lambda: _none(amqp_url))
    (message,) = await parked.list_parked(10)
    assert message.body == b"{}"
    await pool.close()


async def _none(amqp_url) -> bool:
    return not await waiting(amqp_url)


UNREADABLE_KEY = """
rabbit_basic:publish(rabbit_misc:r(<<"%s">>, exchange, <<"courier.events">>),
    <<"carrier.", 255>>, [{delivery_mode, 2}], <<"{}">>).
"""
