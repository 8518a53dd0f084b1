"""From the outbox to whoever listens: in order, at least once, by one relay at a time."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from consuming import SEALER, START, channel_to, until
from prometheus_client import CollectorRegistry
from proxy import in_front_of

from consumers import relay as relays
from consumers.connection import Publisher
from consumers.relay import CLOUD_EVENTS, Relay, RelayMetrics
from consumers.topology import CARRIER_QUEUE, EVENTS, FACTS, declare, topology
from schemas.facts import FACT
from schemas.scan import Scan, ScanTime
from schemas.status import Status
from tracking.errors import BrokerUnavailable
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.store.outbox import Outbox
from tracking.store.pool import open_pool


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(relays, "_LAST_PAUSE", 0.1)
    monkeypatch.setattr(relays, "_LOOK_EVERY", 0.1)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def publisher(amqp_url: str) -> AsyncIterator[Publisher]:
    async with publishing(amqp_url) as publisher:
        yield publisher


@asynccontextmanager
async def publishing(url: str) -> AsyncIterator[Publisher]:
    publisher = Publisher(url, "tests")
    running = asyncio.create_task(publisher.run())
    await publisher.connected()
    try:
        yield publisher
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def heard(amqp_url: str) -> AsyncIterator[list]:
    """Every message on klat.facts, as it comes."""
    messages: list = []

    async def collect(message) -> None:
        messages.append(message)

    async with channel_to(amqp_url) as channel:
        await declare(channel, topology())
        queue = (await channel.queue_declare(exclusive=True)).queue
        await channel.queue_bind(queue, FACTS, routing_key="#")
        await channel.basic_consume(queue, collect, no_ack=True)
        yield messages


def relay(pool: asyncpg.Pool, publisher: Publisher, dsn: str = "") -> Relay:
    return Relay(Outbox(pool), dsn, publisher, RelayMetrics(CollectorRegistry()))


async def happen(pool: asyncpg.Pool, *numbers: str, hours: int = 1, first: int = 0) -> None:
    """Every hour each parcel is held up or goes on: one fact each."""
    for hour in range(first, first + hours):
        at = START + timedelta(hours=hour)
        scans = [
            Scan(
                carrier="omniva",
                tracking_number=number,
                time=ScanTime(raw=at.isoformat(), at=at),
                status=Status.HELD if hour % 2 else Status.IN_TRANSIT,
            )
            for number in numbers
        ]
        batch = Batch([incoming(each, datetime.now(UTC), SEALER) for each in scans])
        await ingest(pool, batch, SEALER, now=datetime.now(UTC))


def left(pool: asyncpg.Pool):
    async def none() -> bool:
        return not await pool.fetchval("SELECT count(*) FROM outbox")

    return none


def came(heard: list, messages: int):
    async def holds() -> bool:
        return len(heard) >= messages

    return holds


def versions(heard: list) -> dict[str, list[int]]:
    """By shipment, in the order in which they came."""
    found = defaultdict(list)
    for message in heard:
        event = json.loads(message.body)
        found[event["subject"]].append(event["data"]["version"])
    return dict(found)


async def publish(publishing: Relay, dsn: str) -> bool:
    """One batch; whether there was any. What was confirmed is deleted, unless it dies before."""
    async with publishing._outbox.lead(dsn) as lead:
        found = await publishing.publish_once(lead)
        await lead.forget()
    return found


async def test_the_facts_of_a_parcel_leave_in_order_as_cloud_events(
    pool, publisher, heard, database_url
):
    await happen(pool, "CE1", "CE2", "CE3", hours=60)
    await publish(relay(pool, publisher), database_url)
    await until(came(heard, 180))
    assert await left(pool)()
    assert list(versions(heard).values()) == [list(range(1, 61))] * 3
    for message in heard:
        event, properties = json.loads(message.body), message.header.properties
        assert (properties.content_type, properties.delivery_mode) == (CLOUD_EVENTS, 2)
        assert message.routing_key == event["type"] == event["data"]["type"]
        FACT.validate_python(event["data"])


@pytest.mark.usefixtures("heard")
async def test_what_does_not_fit_a_batch_leaves_with_the_next(
    pool, publisher, database_url, monkeypatch
):
    monkeypatch.setattr(relays, "BATCH", 3)
    await happen(pool, *(f"CE{n}" for n in range(4)), hours=1)
    leaving = relay(pool, publisher)
    found = [await publish(leaving, database_url) for _ in range(3)]
    assert found == [True, True, False]
    assert published(leaving) == 4
    assert await left(pool)()


async def test_killed_between_publishing_and_deleting_it_says_the_same_once_more(
    pool, publisher, heard, database_url
):
    await happen(pool, "CE1", "CE2", hours=3)
    async with Outbox(pool).lead(database_url) as lost:  # the facts are confirmed, the rows stand
        await relay(pool, publisher).publish_once(lost)
    await publish(relay(pool, publisher), database_url)
    await until(came(heard, 12))
    assert await left(pool)()
    bodies = [message.body for message in heard]
    assert bodies[6:] == bodies[:6]
    assert len({json.loads(body)["id"] for body in bodies}) == 6


async def test_what_was_written_while_nobody_listened_leaves_at_once(
    pool, publisher, heard, database_url, monkeypatch
):
    """NOTIFY tells only who is there; nobody waits for the next one."""
    monkeypatch.setattr(relays, "_LOOK_EVERY", 600)
    await happen(pool, "CE1")
    async with running(relay(pool, publisher, database_url)):
        await until(came(heard, 1))
        await until(left(pool))
        await happen(pool, "CE2")  # and of this one it is told
        await until(came(heard, 2))


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.run()) for each in relays]
    yield
    assert all(each._leaving or not task.done() for each, task in zip(relays, tasks, strict=True))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_of_two_relays_one_publishes_until_it_leaves_or_dies(
    pool, publisher, heard, database_url
):
    first, second = (relay(pool, publisher, database_url) for _ in range(2))
    async with running(first):
        await until(lambda: _leads(first))
        async with running(second):
            await happen(pool, "CE1", hours=20)
            await until(left(pool))
            assert (published(first), published(second)) == (20, 0)
            await first.close()
            await happen(pool, "CE1", hours=20, first=20)
            await until(left(pool))
            assert (published(first), published(second)) == (20, 20)
    third = relay(pool, publisher, database_url)  # the second died in the middle of its work
    async with running(third):
        await happen(pool, "CE1", hours=1, first=40)
        await until(left(pool))
        assert published(third) == 1
    await until(came(heard, 41))
    assert versions(heard).popitem()[1] == list(range(1, 42))


async def _leads(who: Relay) -> bool:
    return who._lead is not None and who._lead.is_held


def published(who: Relay) -> float:
    return who._metrics.published._value.get()


async def test_without_a_broker_nothing_leaves_and_nothing_is_lost(
    pool, amqp_url, heard, database_url
):
    await happen(pool, "CE1", hours=2)
    async with in_front_of(amqp_url) as proxy, publishing(proxy.url(amqp_url)) as publisher:
        leaving = relay(pool, publisher)
        await proxy.down()
        with pytest.raises(BrokerUnavailable):
            await publish(leaving, database_url)
        assert await pool.fetchval("SELECT count(*) FROM outbox") == 2
        await proxy.up()
        await until(lambda: _left_by(leaving, pool, database_url))
    await until(came(heard, 2))


async def _left_by(leaving: Relay, pool: asyncpg.Pool, dsn: str) -> bool:
    """As its loop does: tried until the broker is back."""
    try:
        await publish(leaving, dsn)
    except BrokerUnavailable:
        return False
    return await left(pool)()


async def test_it_may_come_before_whoever_makes_the_exchanges(
    pool, amqp_url, publisher, database_url
):
    await happen(pool, "CE1")
    early = relay(pool, publisher)
    with pytest.raises(BrokerUnavailable):
        await publish(early, database_url)
    async with channel_to(amqp_url) as channel:
        await declare(channel, topology())
    await until(lambda: _left_by(early, pool, database_url))


async def test_a_line_that_breaks_accepts_only_what_was_confirmed(amqp_url):
    """Whoever waits for a confirm is told that none came; nobody is cancelled."""
    async with channel_to(amqp_url) as channel:
        await declare(channel, topology())
        async with in_front_of(amqp_url) as proxy, publishing(proxy.url(amqp_url)) as publisher:
            accepted: list[bytes] = []

            async def courier(number: int) -> None:
                for event in range(10):
                    body = f"{number}/{event}".encode()
                    while not await _accepted(publisher, body):  # noqa: ASYNC110 - a broker away
                        await asyncio.sleep(0.01)
                    accepted.append(body)

            async def vandal() -> None:
                for least in (50, 150, 250):
                    await until(lambda least=least: _enough(accepted, least))
                    proxy.reset()

            await asyncio.gather(vandal(), *map(courier, range(40)))
        kept = set()
        while (got := await channel.basic_get(CARRIER_QUEUE, no_ack=True)).delivery_tag:
            kept.add(got.body)
    assert kept == set(accepted)
    assert len(accepted) == 400


async def _accepted(publisher: Publisher, body: bytes) -> bool:
    try:
        await publisher.publish(EVENTS, "carrier.omniva", body)
    except BrokerUnavailable:
        return False
    return True


async def _enough(accepted: list[bytes], least: int) -> bool:
    return len(accepted) >= least
