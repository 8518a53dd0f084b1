"""The relay under fire: a database that dies or falls silent, rows too large for one message."""

import asyncio
import json
import os
import sys
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
from tracking.errors import StoreUnavailable
from tracking.local.child import Child
from tracking.local.endpoint import free_port
from tracking.store import outbox as outboxes
from tracking.store import pool as pools
from tracking.store.outbox import Outbox
from tracking.store.pool import open_pool

WRITE = """
INSERT INTO outbox (shipment_id, version, fact_type, fact, created_at)
VALUES ($1, $2, 'shipment.tested', $3, now())
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(relays, "_LAST_PAUSE", 0.1)
    monkeypatch.setattr(relays, "_LOOK_EVERY", 0.1)
    monkeypatch.setattr(pools, "COMMAND_TIMEOUT", 0.5)
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT", 0.5)
    monkeypatch.setattr(outboxes, "_ANSWER_LIMIT", 0.5)


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


async def write(pool, fact="{}", version=1):
    shipment = uuid.uuid4()
    await pool.execute(WRITE, shipment, version, fact)
    return shipment


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
WHERE application_name = 'klat relay' AND datname = current_database() ORDER BY backend_start DESC
"""


async def test_live_pages_are_told_the_versions_in_messages_that_are_numbered(
    database_url, amqp_url, pool
):
    async with channel_to(amqp_url) as channel:
        await declare(channel, EXCHANGES)
        queue = (await channel.queue_declare(exclusive=True)).queue
        await channel.queue_bind(queue, LIVE)
        written = [[str(await write(pool, version=version)), version] for version in (1, 2, 7)]
        async with relaying(database_url, amqp_url):
            await until(emptied(pool))
            written.append([str(await write(pool, version=3)), 3])
            await until(emptied(pool))
        messages = [await channel.basic_get(queue, no_ack=True) for _ in range(2)]
    assert [json.loads(message.body) for message in messages] == [written[:3], written[3:]]
    # What it tried before it was connected counts too: a page's process then reads once more.
    first, second = (int(each.header.properties.headers["x-live-number"]) for each in messages)
    assert second == first + 1


async def test_rows_are_read_by_size_too_and_none_is_too_large(pool, database_url):
    for size in (2000, 300, 300):
        await write(pool, json.dumps("x" * size))
    found = []
    async with Outbox(pool).lead(database_url) as lead:
        while rows := await lead.next_outbox(500, 400):
            found.append([len(json.loads(row.fact)) for row in rows])
            lead.confirmed(rows)
    assert found == [[2000], [300, 300]]
    assert await emptied(pool)()


async def test_what_was_written_before_but_committed_after_is_not_passed_over(pool, database_url):
    """Rows are numbered when they are written, and seen when they are committed."""
    outbox, late = Outbox(pool), uuid.uuid4()
    async with outbox.lead(database_url) as lead, pool.acquire() as writer:
        slow = writer.transaction()
        await slow.start()
        await writer.execute(WRITE, late, 1, "{}")
        await write(pool)
        lead.confirmed(await lead.next_outbox(500, 400))
        await slow.commit()
        assert [row.shipment_id for row in await lead.next_outbox(500, 400)] == [late]


async def test_a_broker_that_takes_its_time_does_not_cost_the_lead(database_url, pool, monkeypatch):
    monkeypatch.setattr(outboxes, "LEAD_IDLE", "1s")
    monkeypatch.setattr(outboxes, "_SPEAK_EVERY", 0.05)
    await write(pool)
    async with Outbox(pool).lead(database_url) as lead:
        assert await lead.is_ours()
        rows = await lead.next_outbox(500, 400)
        async with lead.kept():
            await asyncio.sleep(1.5)  # longer than PostgreSQL lets it be silent
        lead.confirmed(rows)
        await lead.forget()
    assert await emptied(pool)()


async def test_two_relays_of_one_process_have_names_of_their_own(pool, amqp_url):
    publisher, metrics = Publisher(amqp_url, ""), RelayMetrics(CollectorRegistry())
    first, second = (Relay(Outbox(pool), "", publisher, metrics) for _ in range(2))
    assert first._name != second._name


async def leads(pool) -> int | None:
    """The process of PostgreSQL that holds the lead."""
    return await pool.fetchval(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )


async def test_who_is_cut_off_stops_and_another_takes_over(
    database_url, amqp_url, pool, monkeypatch
):
    """Its machine is gone from the network: nobody says goodbye, also not the kernel."""
    monkeypatch.setattr(outboxes, "LEAD_IDLE", "500ms")
    async with (
        in_front_of(database_url) as proxy,
        relaying(proxy.url(database_url), amqp_url) as cut_off,
    ):
        await write(pool)
        await until(emptied(pool))
        first = await leads(pool)
        proxy.silent = True
        async with relaying(database_url, amqp_url) as other:
            await write(pool)
            await until(emptied(pool))
            assert await leads(pool) not in (None, first)
            proxy.silent = False
            proxy.reset()
            await until(lambda: _ready(cut_off, expected=True))
            before = cut_off._live_messages
            for _ in range(20):
                await write(pool)
            await until(emptied(pool))
            assert cut_off._live_messages == before
            assert other._live_messages > 0


async def test_who_stalls_loses_the_lead_and_is_told(database_url, pool, monkeypatch):
    monkeypatch.setattr(outboxes, "LEAD_IDLE", "300ms")
    outbox = Outbox(pool)
    async with outbox.lead(database_url) as stalled, outbox.lead(database_url) as waiting:
        assert await stalled.is_ours()
        assert not await waiting.is_ours()
        await until(waiting.is_ours)
        assert stalled.is_over
        assert not await stalled.is_ours()
        with pytest.raises(StoreUnavailable):
            await stalled.next_outbox(500, 400)
        assert await waiting.is_ours()


async def test_who_works_is_never_idle(database_url, amqp_url, pool, monkeypatch):
    monkeypatch.setattr(outboxes, "LEAD_IDLE", "1s")
    async with relaying(database_url, amqp_url):
        await write(pool)
        await until(emptied(pool))  # before its publisher is connected it begins anew
        first, until_then = await leads(pool), asyncio.get_running_loop().time() + 2.5
        while asyncio.get_running_loop().time() < until_then:
            await write(pool)
            await until(emptied(pool))
        assert await leads(pool) == first


async def test_after_a_kill_another_takes_over_within_seconds(database_url, amqp_url, pool):
    """Two processes: the kernel of the dead one closes its connections, and with them its lead."""
    env = os.environ | {
        "KLAT_DATABASE_URL": database_url,
        "KLAT_AMQP_URL": amqp_url,
        "KLAT_LOG_FORMAT": "json",
    }
    async with channel_to(amqp_url) as channel:
        await declare(channel, EXCHANGES)
    first, second = [child(env, free_port()) for _ in range(2)]
    try:
        await first.start()
        await until(lambda: leads(pool))
        await second.start()
        await write(pool)
        await until(emptied(pool))
        first._process.kill()
        await write(pool)
        await until(emptied(pool), seconds=5)
    finally:
        await asyncio.gather(first.stop(), second.stop())


def child(env: dict[str, str], port: int) -> Child:
    command = [sys.executable, "-P", "-m", "tracking", "serve", "relay"]
    return Child("relay", command, env | {"KLAT_OPS_PORT": str(port)}, ops_port=port)
