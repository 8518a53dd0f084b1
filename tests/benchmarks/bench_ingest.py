"""Applied events per second of one ingest process, beside two yardsticks on the same queue.

(a) aio-pika draining it and doing nothing: the limit. (b) the obvious handler: a message, a
transaction, a row at a time.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

import aio_pika
import asyncpg
from prometheus_client import CollectorRegistry
from stack import Stack
from workload import events

from consumers.courier_events import CourierEvents, IngestMetrics, courier_events_runner
from consumers.parking import Parking
from consumers.topology import CARRIER_QUEUE
from tracking.decode import Decoder
from tracking.ingest import Applied, Batch, ingest
from tracking.sealing import Sealer
from tracking.store.pool import open_pool

COUNT = 30_000
SEALER = Sealer(["benchmark"])


async def drain_doing_nothing(stack: Stack, count: int) -> float:
    """(a) aio-pika's consume, prefetch 1,000, one acknowledgement for 200 messages."""
    connection = await aio_pika.connect(stack.amqp_url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=1000)
    queue = await channel.get_queue(CARRIER_QUEUE)
    done, seen = asyncio.Event(), 0

    async def on_message(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal seen
        seen += 1
        if seen % 200 == 0 or seen == count:
            await message.ack(multiple=True)
        if seen == count:
            done.set()

    started = time.perf_counter()
    await queue.consume(on_message)
    await done.wait()
    seconds = time.perf_counter() - started
    await connection.close()
    return seconds


_SCHEMA = """
CREATE TABLE parcel (carrier text, number text, status text, at timestamptz,
                     PRIMARY KEY (carrier, number));
CREATE TABLE event (id text PRIMARY KEY, carrier text, number text, status text,
                    at timestamptz, body jsonb);
CREATE TABLE message (id uuid PRIMARY KEY, body jsonb);
"""


async def obvious_handler(stack: Stack, count: int) -> float:
    """(b) prefetch 50; insert the event, upsert the parcel, write the outgoing message, commit."""
    pool = await asyncpg.create_pool(await stack.database(), min_size=10, max_size=10)
    await pool.execute(_SCHEMA)
    connection = await aio_pika.connect(stack.amqp_url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=50)
    queue = await channel.get_queue(CARRIER_QUEUE)
    done, seen = asyncio.Event(), 0

    async def on_message(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal seen
        await _apply_one(pool, message.body)
        await message.ack()
        seen += 1
        if seen == count:
            done.set()

    started = time.perf_counter()
    await queue.consume(on_message)
    await done.wait()
    seconds = time.perf_counter() - started
    await connection.close()
    await pool.close()
    return seconds


async def _apply_one(pool: asyncpg.Pool, body: bytes) -> None:
    event = json.loads(body)
    at = datetime.fromisoformat(event["occurred_at"])
    name = event["carrier"], event["tracking_number"]
    async with pool.acquire() as conn, conn.transaction():
        new = await conn.fetchval(
            "INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING 1",
            event["event_id"], *name, event["status"], at, body.decode(),
        )  # fmt: skip
        if not new:
            return
        moved = await conn.fetchval(
            "INSERT INTO parcel VALUES ($1, $2, $3, $4) ON CONFLICT (carrier, number) DO UPDATE "
            "SET status = EXCLUDED.status, at = EXCLUDED.at WHERE parcel.at < EXCLUDED.at "
            "RETURNING 1",
            *name, event["status"], at,
        )  # fmt: skip
        if moved:
            await conn.execute("INSERT INTO message VALUES ($1, $2)", uuid.uuid4(), body.decode())


async def klat(stack: Stack, count: int) -> float:
    """Klāt's ingest role, whole: decode, fold, states, outbox, acknowledgement."""
    pool = await open_pool(await stack.database())
    metrics = IngestMetrics(CollectorRegistry())
    applied, done = 0, asyncio.Event()

    async def apply(batch: Batch, now: datetime) -> Applied:
        nonlocal applied
        result = await ingest(pool, batch, SEALER, now=now)
        applied += len(batch.scans)
        if applied == count:
            done.set()
        return result

    parking = Parking(_never_parks, CollectorRegistry())
    events_handler = CourierEvents(Decoder(SEALER), apply, parking, metrics)
    runner = courier_events_runner(stack.amqp_url, 1, events_handler)
    started = time.perf_counter()
    task = asyncio.create_task(runner.run())
    await done.wait()
    seconds = time.perf_counter() - started
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await runner.close()
    assert await pool.fetchval("SELECT count(*) FROM quarantine") == 0
    await pool.close()
    return seconds


async def _never_parks(message: object) -> None:
    raise AssertionError("nothing of the workload should be parked")


async def measured(
    stack: Stack,
    bodies: list[bytes],
    run: Callable[[Stack, int], Awaitable[float]],
    events_in_all: int | None = None,
) -> float:
    await stack.fill(bodies)
    return len(bodies) / await run(stack, events_in_all or len(bodies))


async def one_event_a_message(stack: Stack, count: int = COUNT) -> list[tuple[str, float, float]]:
    """Rows: name, events per second, ratio to (a)."""
    clean, messy = events(count), events(count, repeats=0.1, late=0.1)
    small = clean[: count // 6]
    limit = await measured(stack, clean, drain_doing_nothing)
    obvious = await measured(stack, small, obvious_handler)
    ours = await measured(stack, clean, klat)
    again = await measured(stack, clean, drain_doing_nothing)
    untidy = await measured(stack, messy, klat)
    limit = (limit + again) / 2
    return [
        ("(a) aio-pika, nothing done", limit, 1.0),
        ("(b) the obvious handler", obvious, obvious / limit),
        ("klat ingest", ours, ours / limit),
        ("klat ingest, 10 % repeats, 10 % out of order", untidy, untidy / limit),
    ]
