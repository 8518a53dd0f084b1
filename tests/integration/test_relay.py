"""The relay under fire: a database that dies or falls silent, rows too large for one message."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from consuming import channel_to, until
from prometheus_client import CollectorRegistry
from proxy import in_front_of

from consumers import relay as relays
from consumers.connection import Publisher
from consumers.relay import Relay, RelayMetrics
from consumers.topology import EXCHANGES, LIVE, declare
from tracking.store import pool as pools
from tracking.store.outbox import Outbox
from tracking.store.pool import open_pool

WRITE = "INSERT INTO outbox (shipment_id, version, frame, created_at) VALUES ($1, $2, $3, now())"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "_PAUSE", 0.02)
    monkeypatch.setattr(relays, "_LOOK_EVERY", 0.1)
    monkeypatch.setattr(pools, "COMMAND_TIMEOUT", 0.5)
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT", 0.5)


@pytest.fixture
async def pool(database_url):
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@asynccontextmanager
async def relaying(dsn: str, amqp_url: str) -> AsyncIterator[Relay]:
    through = await open_pool(dsn, size=2)
    publisher = Publisher(amqp_url, "relay of the tests")
    relay = Relay(Outbox(through), dsn, publisher, RelayMetrics(CollectorRegistry()))
    async with channel_to(amqp_url) as channel:
        await declare(channel, EXCHANGES)
    tasks = [asyncio.create_task(each.run()) for each in (publisher, relay)]
    try:
        yield relay
        assert not tasks[1].done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        through.terminate()


def emptied(pool):
    async def holds() -> bool:
        return not await pool.fetchval("SELECT count(*) FROM outbox")

    return holds


async def write(pool, frame="{}"):
    await pool.execute(WRITE, uuid.uuid4(), 1, frame)


async def test_it_outlives_a_database_that_falls_silent(database_url, amqp_url, pool):
    async with (
        in_front_of(database_url) as proxy,
        relaying(proxy.url(database_url), amqp_url) as relay,
    ):
        await write(pool)
        await until(emptied(pool))
        proxy.silent = True
        await write(pool)
        await until(lambda: _ready(relay, expected=False))
        proxy.silent = False
        proxy.reset()
        await until(emptied(pool))


async def _ready(relay, *, expected: bool) -> bool:
    return relay.is_ready is expected


async def test_it_listens_again_after_its_listening_connection_was_lost(
    database_url, amqp_url, pool
):
    async with relaying(database_url, amqp_url):
        first = await _listener(pool)
        await pool.execute("SELECT pg_terminate_backend($1)", first)
        await until(lambda: _another(pool, first))
        await write(pool)
        await until(emptied(pool))


async def _listener(pool) -> int | None:
    await until(lambda: _another(pool, None))
    return await pool.fetchval(LISTENING)


async def _another(pool, than) -> bool:
    return await pool.fetchval(LISTENING) not in (None, than)


LISTENING = """
SELECT pid FROM pg_stat_activity
WHERE query LIKE 'LISTEN%' AND datname = current_database() ORDER BY backend_start DESC
"""


async def test_large_frames_are_spread_over_messages_that_are_numbered(
    database_url, amqp_url, pool, monkeypatch
):
    monkeypatch.setattr(relays, "_LIVE_SIZE", 1000)
    for size in (10, 2000, 400, 400, 400):
        await write(pool, json.dumps("x" * size))
    async with channel_to(amqp_url) as channel:
        await declare(channel, EXCHANGES)
        queue = (await channel.queue_declare(exclusive=True)).queue
        await channel.queue_bind(queue, LIVE)
        async with relaying(database_url, amqp_url):
            await until(emptied(pool))
        messages = [await channel.basic_get(queue, no_ack=True) for _ in range(4)]
    read = [[len(frame) for _, _, frame in json.loads(message.body)] for message in messages]
    assert read == [[10], [2000], [400, 400], [400]]
    numbers = [each.header.properties.headers["x-live-number"] for each in messages]
    assert numbers == ["1", "2", "3", "4"]


async def test_rows_are_read_by_size_too_and_none_is_too_large(pool):
    for size in (2000, 300, 300):
        await write(pool, json.dumps("x" * size))
    outbox, found = Outbox(pool), []
    while rows := await outbox.next_outbox(500, 400):
        found.append([len(json.loads(row.frame)) for row in rows])
        await outbox.delete_outbox(rows)
    assert found == [[2000], [300, 300]]


async def test_two_relays_of_one_process_have_names_of_their_own(pool, amqp_url):
    publisher, metrics = Publisher(amqp_url, ""), RelayMetrics(CollectorRegistry())
    first, second = (Relay(Outbox(pool), "", publisher, metrics) for _ in range(2))
    assert first._holder != second._holder
