"""Deliveries to webhooks on loopback: how many a second, and how long after the fact.

The yardstick: a bare aiohttp loop that posts the same bodies to the same server, as many at once, a
connection each as Klāt does. It signs nothing, and forgets everything when it ends.
"""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import aiormq
import asyncpg
from aiohttp import web
from roles import KEY, role
from stack import Stack

from consumers.topology import FACTS
from consumers.webhooks.feeding import read_fact
from consumers.webhooks.sending import PLACES
from schemas.facts import ShipmentDelivered, cloud_event
from schemas.shipment import shipment_id
from schemas.status import Status
from schemas.webhook import WebhookWanted
from tracking.feed import feed
from tracking.sealing import Sealer
from tracking.store.keys import Keys
from tracking.store.pool import open_pool, transaction
from tracking.webhooks import ShopWebhooks

COUNT = 4_000
SHOPS = PLACES.at_once // PLACES.of_webhook  # so many that all places are taken
RATE = 100  # facts a second
ALLOWED = {"KLAT_WEBHOOK_ALLOW_PRIVATE": "true"}


@dataclass
class Receiver:
    """Takes everything; by fact when."""

    url: str = ""
    taken: dict[str, float] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        told = json.loads(await request.read())
        self.taken.setdefault(told["id"], time.perf_counter())
        return web.Response(status=204)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


async def shops(database: str, url: str) -> Sequence[UUID]:
    """Each with a webhook."""
    pool = await open_pool(database, size=2)
    made = []
    for number in range(SHOPS):
        async with transaction(pool) as conn:
            name = f"Shop {number}"
            made.append(await Keys(pool).ensure_merchant(conn, name, datetime.now(UTC)))
        webhooks = ShopWebhooks(pool, Sealer([KEY]), made[-1])
        await webhooks.create(WebhookWanted(url=url), now=datetime.now(UTC))
    await pool.close()
    return made


def facts(merchants: Sequence[UUID], count: int) -> list[bytes]:
    return [
        cloud_event(
            ShipmentDelivered(
                shipment_id=shipment_id("omniva", f"CE{number:09d}EE"),
                version=3,
                carrier="omniva",
                tracking_number=f"CE{number:09d}EE",
                merchant_id=merchants[number % len(merchants)],
                order=str(number),
                status=Status.DELIVERED,
                recorded_at=datetime.now(UTC),
            )
        ).encode()
        for number in range(count)
    ]


async def bare(url: str, bodies: Sequence[bytes]) -> float:
    """Posts a second."""
    left = iter(bodies)
    headers = {"Connection": "close", "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session:

        async def post() -> None:
            for body in left:
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()

        started = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(PLACES.at_once)))
    return len(bodies) / (time.perf_counter() - started)


async def planned(pool: asyncpg.Pool, bodies: Sequence[bytes]) -> None:
    """All of them are in the logs and due."""
    for start in range(0, len(bodies), 500):
        read = [read_fact(body) for body in bodies[start : start + 500]]
        await feed(pool, [fact for fact in read if fact], now=datetime.now(UTC))
    await pool.execute("ANALYZE")


async def drained(stack: Stack, taking: Receiver, count: int) -> float:
    """Deliveries a second while `count` are due."""
    database = await stack.database()
    pool = await open_pool(database, size=2)
    await planned(pool, facts(await shops(database, taking.url), count))
    taking.taken.clear()
    async with role(stack, database, "webhooks", ALLOWED):
        async with asyncio.timeout(120):
            while len(taking.taken) < count:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)
    await pool.close()
    times = sorted(taking.taken.values())
    return (count - 1) / (times[-1] - times[0])


async def told(stack: Stack, taking: Receiver, count: int) -> list[float]:
    """Seconds from the publishing of a fact to its arrival at the shop."""
    database = await stack.database()
    bodies = facts(await shops(database, taking.url), count)
    taking.taken.clear()
    sent: dict[str, float] = {}
    async with role(stack, database, "webhooks", ALLOWED), stack.channel() as channel:
        started = time.perf_counter()
        for number, body in enumerate(bodies):
            await asyncio.sleep(max(0, started + number / RATE - time.perf_counter()))
            sent[json.loads(body)["id"]] = time.perf_counter()
            await _publish(channel, body)
        async with asyncio.timeout(60):
            while len(taking.taken) < count:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
    return [taking.taken[fact_id] - at for fact_id, at in sent.items()]


async def _publish(channel: aiormq.abc.AbstractChannel, body: bytes) -> None:
    properties = aiormq.spec.Basic.Properties(delivery_mode=2)
    await channel.basic_publish(
        body, exchange=FACTS, routing_key="shipment.delivered", properties=properties
    )


async def webhooks(stack: Stack, count: int = COUNT) -> list[tuple[str, float, float]]:
    """Rows: name, deliveries per second or milliseconds, ratio to the bare loop or the goal."""
    async with receiver() as taking:
        yardstick = await bare(taking.url, facts([UUID(int=1)], count))
        ours = await drained(stack, taking, count)
        cuts = statistics.quantiles(await told(stack, taking, count // 2), n=100)
    p50, p99 = cuts[49] * 1000, cuts[98] * 1000
    return [
        ("a bare aiohttp loop, deliveries/s", yardstick, 1.0),
        ("klat, deliveries/s", ours, ours / yardstick),
        (f"fact to shop at {RATE}/s, p50 (of 500 ms)", p50, p50 / 500),
        (f"fact to shop at {RATE}/s, p99 (of 500 ms)", p99, p99 / 500),
    ]
