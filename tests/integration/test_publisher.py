"""Who publishes, on a broker that is new, refuses, goes away or comes back as another one."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest
from consuming import channel_to, until, waiting
from proxy import in_front_of
from structlog.testing import capture_logs

from consumers import declaration
from consumers.connection import Publisher
from consumers.topology import CARRIER_QUEUE, DEAD, EXCHANGES, declare, declare_first, topology
from tracking.errors import BrokerUnavailable

FIRST = partial(declare_first, wanted=topology())


@asynccontextmanager
async def running(url, prepare=FIRST):
    publisher = Publisher(url, "tests", prepare)
    task = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(30):
            await publisher.connected()
        yield publisher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def publish(publisher):
    await publisher.publish_event("carrier.omniva", b"{}", headers={})


async def test_on_an_empty_broker_the_first_event_is_kept(amqp_url):
    async with running(amqp_url) as publisher:
        await publish(publisher)
    assert await waiting(amqp_url) == 1


async def test_without_queues_nothing_is_accepted(amqp_url):
    async with channel_to(amqp_url) as channel:
        await declare(channel, EXCHANGES)
    async with running(amqp_url, None) as publisher:
        with pytest.raises(BrokerUnavailable, match="PublishError"):
            await publish(publisher)


async def test_after_each_loss_the_queues_are_looked_after_again(amqp_url):
    async with in_front_of(amqp_url) as proxy, running(proxy.url(amqp_url)) as publisher:
        await publish(publisher)
        async with channel_to(amqp_url) as channel:
            for queue in topology().ingest_queues:
                await channel.queue_delete(queue)
        with capture_logs() as logs:
            proxy.reset()
            await until(lambda: _said(logs, "publisher.connected"))
        await publish(publisher)
    assert [line["event"] for line in logs] == ["broker.unreachable", "publisher.connected"]
    assert {line["source"] for line in logs} == {"tests"}
    assert await waiting(amqp_url) == 1


async def _said(logs, event):
    return any(line["event"] == event for line in logs)


async def test_a_queue_of_another_kind_is_said_and_keeps_nobody_from_publishing(amqp_url):
    async with channel_to(amqp_url) as channel:
        await declare(channel, EXCHANGES)
        await channel.queue_declare("klat.dead.v1", durable=False)
        await channel.queue_declare(CARRIER_QUEUE, durable=True)
        await channel.queue_bind(CARRIER_QUEUE, "courier.events", routing_key="carrier.#")
    with capture_logs() as logs:
        async with running(amqp_url) as publisher:
            await publish(publisher)
    assert [line["event"] for line in logs] == ["topology.mismatch", "publisher.connected"]
    assert "klat.dead.v1" in logs[0]["reason"]


async def _of_another_kind(channel):
    """Whoever made it has other arguments, and takes it away again."""
    await channel.queue_declare(DEAD, durable=True)


async def _gone(channel):
    """As where somebody else takes down what is being bound."""
    await channel.queue_bind("gone", "courier.events", routing_key="carrier.#")


@pytest.mark.parametrize(
    ("spoilt", "said_first"),
    [(_of_another_kind, "topology.mismatch"), (_gone, "topology.not_declared")],
)
async def test_what_was_refused_is_declared_without_another_connection(
    amqp_url, monkeypatch, spoilt, said_first
):
    monkeypatch.setattr(declaration, "_FIRST_RETRY", 0.05)
    mended, tries = asyncio.Event(), []

    async def prepare(channel):
        tries.append(1)
        if not mended.is_set():
            await spoilt(await channel.connection.channel())
        await FIRST(channel)

    with capture_logs() as logs:
        async with running(amqp_url, prepare) as publisher:
            await until(lambda: _enough(tries))
            with pytest.raises(BrokerUnavailable):
                await publish(publisher)
            async with channel_to(amqp_url) as channel:
                await channel.queue_delete(DEAD)
            mended.set()
            await until(lambda: _said(logs, "topology.declared"))
            await publish(publisher)
    assert [line["event"] for line in logs] == [
        said_first,
        "publisher.connected",
        "topology.declared",
    ]
    assert await waiting(amqp_url) == 1


async def test_a_loss_is_said_once_however_long_it_lasts(amqp_url):
    async with in_front_of(amqp_url) as proxy, running(proxy.url(amqp_url)) as publisher:
        tries = []
        publisher._connection.close_callbacks.add(lambda *_: tries.append(1))
        with capture_logs() as logs:
            await proxy.down()
            await until(lambda: _enough(tries))
            await proxy.up()
            await until(lambda: _said(logs, "publisher.connected"))
    assert [line["event"] for line in logs] == ["broker.unreachable", "publisher.connected"]


async def _enough(tries):
    return len(tries) >= 3


async def test_while_the_broker_is_away_it_is_said_at_each_try_and_then_it_connects(amqp_url):
    async with in_front_of(amqp_url) as proxy:
        url = proxy.url(amqp_url)
        await proxy.down()
        with capture_logs() as logs:
            connecting = asyncio.create_task(_once(url))
            await until(lambda: _said(logs, "broker.unreachable"))
            await proxy.up()
            await connecting
    assert logs[-1]["event"] == "publisher.connected"


async def _once(url):
    async with running(url) as publisher:
        await publish(publisher)
