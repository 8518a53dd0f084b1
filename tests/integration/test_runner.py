"""Consumers under fire: real servers that die, messages that nobody can read."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime

import aiormq
import asyncpg
import pytest
from consuming import SEALER, Consumer, channel_to, consuming, event, publish, rows, until, waiting
from proxy import in_front_of
from rabbit import erlang

from consumers import runner, source
from consumers.runner import BATCH, TRIES
from consumers.topology import CARRIER_QUEUE
from tracking.decode import MAX_BODY
from tracking.ingest import Applied, Batch, ingest
from tracking.prefix import uuid_range
from tracking.store import pool as pools
from tracking.store.parked import Parked
from tracking.store.pool import connection, open_pool
from tracking.store.quarantine import find_quarantined, list_quarantine

# RabbitMQ 3.10 writes the table of its quorum queues some seconds after a queue was declared.
FLUSH = "[dets:sync(Table) || Table <- dets:all()]."


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pauses, shorter."""
    monkeypatch.setattr(runner, "_FIRST_PAUSE", 0.005)
    monkeypatch.setattr(runner, "_LAST_PAUSE", 0.05)
    monkeypatch.setattr(source, "_FIRST_RETRY", 0.02)
    monkeypatch.setattr(source, "_LAST_RETRY", 0.2)
    monkeypatch.setattr(source, "_CHECK_EVERY", 0.1)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


def applied(pool: asyncpg.Pool, shipments: int):
    async def holds() -> bool:
        return await pool.fetchval("SELECT count(*) FROM shipment") == shipments

    return holds


def done(consumer: Consumer, messages: int):
    """Settled and acknowledged."""

    async def holds() -> bool:
        return consumer.done >= messages

    return holds


async def test_a_backlog_is_taken_in_large_batches(pool, amqp_url):
    await publish(amqp_url, *(event(f"CE{n}") for n in range(1200)))
    async with consuming(amqp_url, pool) as consumer:
        await until(applied(pool, 1200))
    assert sum(consumer.batches) == 1200
    assert max(consumer.batches) == BATCH


async def test_killed_between_commit_and_acknowledgement_it_does_nothing_twice(
    pool, amqp_url, monkeypatch
):
    await publish(amqp_url, *(event("CE1", hour, event_id=f"a{hour}") for hour in range(20)))
    kept = ("shipment", "scan", "outbox", "quarantine", "parked_message")
    with monkeypatch.context() as patched:
        patched.setattr(source.Source, "done", _says_nothing)
        async with consuming(amqp_url, pool) as consumer:
            await until(done(consumer, 20))
    before = await rows(pool, *kept)
    await until(lambda: _is(waiting(amqp_url), 20))
    async with consuming(amqp_url, pool) as consumer:
        await until(done(consumer, 20))
    assert await rows(pool, *kept) == before
    assert await waiting(amqp_url) == 0


async def _says_nothing(*_) -> None:
    """Where the acknowledgement would be."""


async def _is(found, expected) -> bool:
    return await found == expected


async def test_a_poison_message_is_found_tried_five_times_and_parked(pool, amqp_url, caplog):
    tries = 0

    async def apply(batch: Batch, now: datetime) -> Applied:
        nonlocal tries
        if any(each.received.scan.tracking_number == "POISON" for each in batch.scans):
            tries += len(batch.scans) == 1
            raise ValueError("the words of an error may hold personal data")
        return await ingest(pool, batch, SEALER, now=now)

    healthy = [event(f"CE{n}") for n in range(60)]
    await publish(amqp_url, *healthy[:30])
    await publish(amqp_url, event("POISON"), headers={"x-received-at": "2026-11-03T08:00:00+00:00"})
    await publish(amqp_url, *healthy[30:])
    parked = Parked(pool, SEALER)
    async with consuming(amqp_url, pool, apply) as consumer:
        await until(done(consumer, 61))
        assert await applied(pool, 60)()
        await publish(amqp_url, event("AFTER"))
        await until(done(consumer, 62))
        assert await applied(pool, 61)()
    assert tries == TRIES
    (message,) = await parked.list_parked(10)
    assert (message.body, message.routing_key) == (event("POISON"), "carrier.omniva")
    assert message.headers == {"x-received-at": "2026-11-03T08:00:00+00:00"}
    assert (message.error, message.tries) == ("ValueError", TRIES)
    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    [parking] = [each for each in said if each["event"] == "message.parked"]
    assert parking["parked_id"] == str(message.parked_id)
    assert (parking["error"], parking["tries"]) == ("ValueError", TRIES)
    assert parking["queue"] == message.queue == CARRIER_QUEUE
    at_rest = await pool.fetchval("SELECT p::text FROM parked_message p")
    assert "POISON" not in at_rest
    assert "personal" not in at_rest
    sealed = await pool.fetchval("SELECT sealed FROM parked_message")
    assert b"POISON" not in sealed


UNREADABLE = {
    "no JSON": (b"{", "malformed"),
    "nothing at all": (b"", "malformed"),
    "invalid UTF-8": (b'{"carrier": "\xff\xfe"}', "malformed"),
    "half a surrogate": (event(description="X").replace(b'"X"', b'"\\ud800"'), "malformed"),
    "NUL in an id": (event(event_id="a\0b"), "malformed"),
    "NUL in the number": (event("CE\0"), "malformed"),
    "NUL in a code": (event(status=None, code="A\0"), "malformed"),
    "NUL in a text": (event(description="a\0b"), "malformed"),
    "NUL in a key": (event(**{"a\0": 1}), "malformed"),
    "a key nobody knows": (event(colour="red"), "malformed"),
    "another schema": (b'{"specversion": "1.0"}', "malformed"),
    "very deep": (b"[" * 100_000, "malformed"),
    "another carrier's": (event(carrier="venipak"), "malformed"),
    "a time that is none": (event(occurred_at="soon"), "malformed"),
    "too large": (b" " * MAX_BODY + event(), "too_large"),
}


async def test_what_cannot_be_read_is_kept_at_the_first_try(pool, amqp_url):
    for body, _ in UNREADABLE.values():
        await publish(amqp_url, body, headers={"x-received-at": "not a time"})
    await publish(amqp_url, event(), key="carrier.nobody", headers={"x-format": "native"})
    await publish(amqp_url, b"<a>", key="locker.omniva", headers={"x-format": "native"})
    await publish(amqp_url, event(), key="carrier")
    for odd in ("weird", "Native", "", ["native"], 1):
        await publish(amqp_url, event(), headers={"x-format": odd})
    messages = len(UNREADABLE) + 8
    async with consuming(amqp_url, pool) as consumer:
        await until(done(consumer, messages))
    assert sum(consumer.batches) == messages
    assert await Parked(pool, SEALER).count_parked() == 0
    assert await pool.fetchval("SELECT count(*) FROM scan") == 0
    found = {}
    async with connection(pool) as conn:
        for entry in await list_quarantine(conn, 100):
            [whole] = await find_quarantined(conn, uuid_range(str(entry.quarantine_id)), SEALER)
            found[whole.source, whole.body] = entry.why
    expected = {
        ("carrier.omniva", None if why == "too_large" else body): why
        for body, why in UNREADABLE.values()
    }
    assert found == expected | {
        ("carrier.omniva", event()): "unknown_format",
        ("carrier.nobody", event()): "malformed",
        ("locker.omniva", b"<a>"): "malformed",
        ("carrier", event()): "malformed",
    }


async def test_text_that_a_database_refuses_never_reaches_it(pool, amqp_url):
    """NUL is no text to PostgreSQL: of a carrier's own payload it is dropped where text is kept."""
    row = {"packetCode": "CE1", "eventCode": "STORING", "eventSource": "c\0\ud800d"}
    body = json.dumps({"events": [row | {"eventDate": "2026-11-02T08:00:00Z"}]}).encode()
    await publish(amqp_url, body, headers={"x-format": "native"})
    async with consuming(amqp_url, pool):
        await until(applied(pool, 1))
    body = await pool.fetchval("SELECT body::text FROM scan")
    assert '"name":"cd"' in body


HEADERS = [
    {"x-format": "native", "x-tracking-number": "CE\0"},
    {"x-format": "native", "x-tracking-number": "x" * 5000},
    {"x-tracking-number": {"a": 1}, "x-received-at": 7},
    {"x-received-at": "2026-11-03T08:00:00", "x-format": ["native"]},
    {"x-received-at": "0001-01-01T00:00:00+14:00"},
    {"x-received-at": "\0", "x-receipt": "\0"},
]


@pytest.mark.parametrize(
    "key", ["carrier.omniva\0", "carrier." + "x" * 240, "carrier.omniva.\u202e"]
)
async def test_nothing_in_an_envelope_stops_the_queue(pool, amqp_url, key):
    """Who may publish may write anything around a body too."""
    for number, headers in enumerate(HEADERS):
        await publish(amqp_url, event(f"ODD{number}"), b"{", headers=headers)
        await publish(amqp_url, event(f"ODD{number}"), b"{", key=key, headers=headers)
    async with consuming(amqp_url, pool) as consumer:
        await until(done(consumer, 4 * len(HEADERS)))
    assert await Parked(pool, SEALER).count_parked() == 0


async def test_while_the_database_is_away_nothing_is_acknowledged(database_url, pool, amqp_url):
    async with in_front_of(database_url) as proxy:
        through = await open_pool(proxy.url(database_url), size=2)
        await proxy.down()
        async with consuming(amqp_url, through) as consumer:
            await publish(amqp_url, *(event(f"CE{n}") for n in range(10)))
            await until(lambda: _tried(consumer, 3))
            assert await pool.fetchval("SELECT count(*) FROM scan") == 0
            assert consumer.runner.is_attached
            await proxy.up()
            await until(done(consumer, 10))
        assert await applied(pool, 10)()
        assert await Parked(pool, SEALER).count_parked() == 0
        await through.close()


async def _tried(consumer, times: int) -> bool:
    return len(consumer.batches) >= times


async def test_killed_while_the_database_is_away_it_has_lost_nothing(database_url, pool, amqp_url):
    async with in_front_of(database_url) as proxy:
        through = await open_pool(proxy.url(database_url), size=2)
        await proxy.down()
        await publish(amqp_url, *(event(f"CE{n}") for n in range(10)))
        async with consuming(amqp_url, through) as consumer:
            await until(lambda: _tried(consumer, 2))
        await until(lambda: _is(waiting(amqp_url), 10))
        await through.close()
    async with consuming(amqp_url, pool):
        await until(applied(pool, 10))


async def test_a_database_that_falls_silent_is_given_up_and_found_again(
    database_url, pool, amqp_url, monkeypatch
):
    """The line stands, nothing comes: a black hole between the two."""
    monkeypatch.setattr(pools, "COMMAND_TIMEOUT", 0.3)
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT", 0.3)
    async with in_front_of(database_url) as proxy:
        through = await open_pool(proxy.url(database_url), size=2)
        async with consuming(amqp_url, through) as consumer:
            await publish(amqp_url, event("BEFORE"))
            await until(applied(pool, 1))
            proxy.silent = True
            await publish(amqp_url, event("DURING"))
            await until(lambda: _tried(consumer, 4))
            proxy.silent = False
            proxy.reset()
            await until(applied(pool, 2))
        through.terminate()


async def test_a_queue_deleted_under_its_consumer_is_made_again(pool, amqp_url):
    async with consuming(amqp_url, pool) as consumer:
        await publish(amqp_url, event("CE1"))
        await until(applied(pool, 1))
        async with channel_to(amqp_url) as channel:
            await channel.queue_delete(CARRIER_QUEUE)
        await until(lambda: _has_consumer(amqp_url, CARRIER_QUEUE))
        await publish(amqp_url, event("CE2"))
        await until(applied(pool, 2))
        assert consumer.runner.is_attached


async def _has_consumer(url: str, queue: str) -> bool:
    async with channel_to(url) as channel:
        try:
            return bool((await channel.queue_declare(queue, passive=True)).consumer_count)
        except aiormq.exceptions.ChannelNotFoundEntity:
            return False


async def test_a_connection_cut_in_the_middle_of_a_backlog_costs_nothing(pool, amqp_url):
    await publish(amqp_url, *(event(f"CE{n}") for n in range(1000)))
    async with in_front_of(amqp_url) as proxy, consuming(proxy.url(amqp_url), pool):
        for least in (1, 300, 600):
            await until(lambda least=least: _at_least(pool, least))
            proxy.reset()
        await until(applied(pool, 1000))
        await until(lambda: _is(waiting(amqp_url), 0))
    assert await pool.fetchval("SELECT count(*) FROM scan") == 1000
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1000
    assert await Parked(pool, SEALER).count_parked() == 0


async def _at_least(pool, shipments: int) -> bool:
    return await pool.fetchval("SELECT count(*) FROM shipment") >= shipments


@pytest.mark.timeout(120)
async def test_a_broker_killed_and_started_again_loses_nothing(pool, amqp_url, rabbitmq):
    numbers = [f"CE{n}" for n in range(400)]
    gate = asyncio.Event()

    async def apply(batch: Batch, now: datetime) -> Applied:
        done = await ingest(pool, batch, SEALER, now=now)
        await gate.wait()
        return done

    await publish(amqp_url, *(event(number) for number in numbers))
    await erlang(rabbitmq, FLUSH)
    async with consuming(amqp_url, pool, apply) as consumer:
        await until(lambda: _at_least(pool, 1))  # applied, and nothing is acknowledged
        rabbitmq.kill()
        await rabbitmq.wait()
        gate.set()
        await until(lambda: _is_attached(consumer, expected=False))
        await rabbitmq.start()
        await until(lambda: _is_attached(consumer, expected=True))
        await until(applied(pool, 400))
        await until(lambda: _is(waiting(amqp_url), 0))
        await publish(amqp_url, event("AFTER"))
        await until(applied(pool, 401))
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 401


async def _is_attached(consumer, *, expected: bool) -> bool:
    return consumer.runner.is_attached is expected
