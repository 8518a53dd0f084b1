"""The private RabbitMQ node: apart from the system's own, and back after a crash."""

import asyncio
import signal

import aio_pika
import psutil
import pytest
from rabbit import erlang

from tracking.errors import ConfigurationError
from tracking.local import rabbitmq as module
from tracking.local.rabbitmq import find_server

QUORUM = {"x-queue-type": "quorum"}
# RabbitMQ 3.10 writes the table of its quorum queues some seconds after a queue was declared.
FLUSH = "[dets:sync(Table) || Table <- dets:all()]."


async def test_an_accepted_message_is_there_after_the_node_was_killed(rabbitmq, amqp_url):
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("parcels", durable=True, arguments=QUORUM)
        message = aio_pika.Message(b"CE123", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "parcels")
        await erlang(rabbitmq, FLUSH)
        rabbitmq.kill()
        assert await rabbitmq.wait() == -signal.SIGKILL
    await rabbitmq.start()
    async with await aio_pika.connect(amqp_url) as connection:
        queue = await (await connection.channel()).get_queue("parcels")
        async with queue.iterator(timeout=20) as messages:
            kept = await anext(messages)
            await kept.ack()
    assert kept.body == b"CE123"


async def test_its_port_mapper_comes_back(rabbitmq):
    mapper = the_mapper(rabbitmq)
    mapper.kill()
    await asyncio.to_thread(mapper.wait, 10)
    async with asyncio.timeout(10):
        while not await accepts(rabbitmq.endpoint.ports["epmd"]):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0)
    assert the_mapper(rabbitmq).pid != mapper.pid


def the_mapper(rabbitmq):
    port = str(rabbitmq.endpoint.ports["epmd"])
    (mapper,) = [
        child
        for child in psutil.Process().children()
        if child.name() == "epmd" and child.environ()["ERL_EPMD_PORT"] == port
    ]
    return mapper


async def accepts(port):
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_all_of_it_listens_on_loopback_only(rabbitmq):
    ports = set(rabbitmq.endpoint.ports.values())
    listening = {
        where.laddr.ip
        for where in psutil.net_connections()
        if where.status == psutil.CONN_LISTEN and where.laddr.port in ports
    }
    assert "127.0.0.1" in listening
    assert listening <= {"127.0.0.1", "::1"}


async def test_events_can_be_spread_by_hash(amqp_url):
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("spread", "x-consistent-hash", durable=True)
        assert exchange.name == "spread"


def test_a_missing_package_is_one_line_that_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "_SCRIPTS", (tmp_path,))
    with pytest.raises(ConfigurationError, match=r"apt-get install rabbitmq-server.*KLAT_AMQP_URL"):
        find_server()
