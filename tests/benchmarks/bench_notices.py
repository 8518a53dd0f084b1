"""Text messages to a gateway on loopback: how many a second, and how long after the event.

The yardstick: a bare aiohttp loop that posts bodies of the same size to the same gateway, as many
at once, a connection each as Klāt does. It reads no parcel, words nothing and remembers nothing.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import aiohttp
import aiormq
import asyncpg
from aiohttp import web
from prometheus_client import CollectorRegistry
from roles import KEY, role
from stack import Stack

from consumers.notices.deciding import Deciding, DecisionMetrics
from consumers.topology import EVENTS
from notifier.quiet import Quiet
from schemas.api import ShipmentRegistration
from schemas.notice import Channel
from schemas.scan import Scan, ScanTime
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.carriers.zones import zone_for
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.register import register
from tracking.sealing import Sealer
from tracking.store.keys import Keys
from tracking.store.notices import Notices
from tracking.store.pool import open_pool, transaction

COUNT = 10_000
SPREAD = 2_000  # events of which the way to the gateway is timed
AT_ONCE = 20  # posts, of both
RATE = 100  # events a second
SEALER = Sealer([KEY])
BODY = b"To=%2B37120000000&From=Shop&Body=" + b"x" * 200


@dataclass
class Gateway:
    """Takes everything; by phone number when."""

    url: str = ""
    taken: dict[str, float] = field(default_factory=dict)
    posts: int = 0

    async def take(self, request: web.Request) -> web.Response:
        form = parse_qs(await request.text())
        self.posts += 1
        self.taken.setdefault(form["To"][0], time.perf_counter())
        return web.json_response({"sid": f"SM{self.posts:032x}"}, status=201)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def bare(url: str, count: int) -> float:
    """Posts a second."""
    left = iter(range(count))
    headers = {"Connection": "close", "Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession() as session:

        async def post() -> None:
            for _ in left:
                async with session.post(url, data=BODY, headers=headers) as answer:
                    await answer.read()

        started = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(AT_ONCE)))
    return count / (time.perf_counter() - started)


def somewhere_by_day() -> str:
    """At night a phone is silent, and there is nothing to measure."""
    for country in ("LV", "GB", "JP"):
        zone = zone_for(country)
        if zone and not Quiet().holds(datetime.now(ZoneInfo(zone)).time()):
            return country
    raise SystemExit("it is night in Latvia, Britain and Japan: measure notices at another hour")


def phone(number: int) -> str:
    """Spread over a country's ranges: many in one would look like SMS pumping."""
    return f"+3712{number % 1000:03d}{number // 1000:04d}"


async def registered(pool: asyncpg.Pool, count: int) -> None:
    async with transaction(pool) as conn:
        shop = await Keys(pool).ensure_merchant(conn, "Bench", datetime.now(UTC))
    country, numbers = somewhere_by_day(), iter(range(count))

    async def work() -> None:
        for number in numbers:
            body = ShipmentRegistration.model_validate(
                {
                    "carrier": "omniva",
                    "tracking_number": f"CE{number:09d}EE",
                    "recipient": {"phone": phone(number), "language": "lv", "country": country},
                }
            )
            await register(pool, SEALER, shop, body, now=datetime.now(UTC))

    await asyncio.gather(*(work() for _ in range(8)))


async def all_due(pool: asyncpg.Pool, count: int) -> None:
    """Every parcel is out for delivery, and that is decided to be said."""
    now = datetime.now(UTC)
    scans = [
        Scan(
            carrier="omniva",
            tracking_number=f"CE{number:09d}EE",
            time=ScanTime(raw=now.isoformat(), at=now),
            status=Status.OUT_FOR_DELIVERY,
        )
        for number in range(count)
    ]
    await ingest(pool, Batch([incoming(each, now, SEALER) for each in scans]), SEALER, now=now)
    ids = [shipment_id("omniva", each.tracking_number) for each in scans]
    metrics = DecisionMetrics(CollectorRegistry())
    deciding = Deciding(Notices(pool), SEALER, {Channel.SMS}, metrics, lambda: None)
    await deciding.decide(dict.fromkeys(ids, "bench"), now)
    await pool.execute("ANALYZE")


def twilio(url: str) -> dict[str, str]:
    return {
        "KLAT_SMS_PROVIDER": "twilio",
        "KLAT_TWILIO_API_URL": url,
        "KLAT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "KLAT_TWILIO_AUTH_TOKEN": "bench",
        "KLAT_TWILIO_FROM": "Shop",
        "KLAT_SMS_RATE": "100000",
        "KLAT_SMS_CONCURRENCY": str(AT_ONCE),
        "KLAT_SMS_PRICES": "*=0.045",
        "KLAT_SMS_DAILY_CAP": "10000",
    }


async def drained(stack: Stack, taking: Gateway, count: int, processes: int = 1) -> float:
    """Notices a second while `count` are due and so many processes share them."""
    database = await stack.database()
    pool = await open_pool(database, size=8)
    await registered(pool, count)
    await all_due(pool, count)
    await pool.close()
    taking.taken.clear()
    async with AsyncExitStack() as running:
        for _ in range(processes):
            await running.enter_async_context(role(stack, database, "notices", twilio(taking.url)))
        async with asyncio.timeout(120):
            while len(taking.taken) < count:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)
    times = sorted(taking.taken.values())
    return (count - 1) / (times[-1] - times[0])


async def handed_over(stack: Stack, taking: Gateway, count: int) -> list[float]:
    """Seconds from publishing an event to the gateway's reading of its text."""
    database = await stack.database()
    pool = await open_pool(database, size=8)
    await registered(pool, count)
    await pool.close()
    taking.taken.clear()
    sent: dict[str, float] = {}
    async with (
        role(stack, database, "ingest"),
        role(stack, database, "relay"),
        role(stack, database, "notices", twilio(taking.url)),
        stack.channel() as channel,
    ):
        await asyncio.sleep(5)  # the relay first tells of the registrations
        started = time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0, started + number / RATE - time.perf_counter()))
            sent[phone(number)] = time.perf_counter()
            await _publish(channel, number)
        async with asyncio.timeout(60):
            while len(taking.taken) < count:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.05)
    return [taking.taken[to] - at for to, at in sent.items()]


async def _publish(channel: aiormq.abc.AbstractChannel, number: int) -> None:
    at = datetime.now(UTC).isoformat()
    body = (
        f'{{"carrier": "omniva", "tracking_number": "CE{number:09d}EE",'
        f' "occurred_at": "{at}", "status": "out_for_delivery"}}'
    )
    properties = aiormq.spec.Basic.Properties(delivery_mode=2)
    await channel.basic_publish(
        body.encode(), exchange=EVENTS, routing_key="carrier.omniva", properties=properties
    )


async def notices(stack: Stack, count: int = COUNT) -> list[tuple[str, float, float]]:
    """Rows: name, notices per second or milliseconds, ratio to the bare loop or the goal."""
    async with gateway() as taking:
        yardstick = await bare(taking.url, count)
        ours = await drained(stack, taking, count)
        two = await drained(stack, taking, count, processes=2)
        cuts = statistics.quantiles(await handed_over(stack, taking, min(count, SPREAD)), n=100)
    p50, p99 = cuts[49] * 1000, cuts[98] * 1000
    return [
        ("a bare aiohttp loop, notices/s", yardstick, 1.0),
        ("klat, notices/s", ours, ours / yardstick),
        ("klat, two processes, notices/s", two, two / yardstick),
        (f"event to gateway at {RATE}/s, p50 (of 500 ms)", p50, p50 / 500),
        (f"event to gateway at {RATE}/s, p99 (of 500 ms)", p99, p99 / 500),
    ]
