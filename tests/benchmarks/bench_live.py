"""From a courier's POST to the frame in a browser's stream, beside the bare way there and back.

The yardstick: the same body published to a quorum queue with a confirm and taken by a consumer,
at the same rate. Everything beyond it is Klāt's own.
"""

import asyncio
import json
import statistics
import time
from datetime import UTC, datetime, timedelta

import aio_pika
import aiohttp
from roles import role
from stack import Stack

from tracking.keys import Role as KeyRole
from tracking.store.keys import Keys
from tracking.store.pool import open_pool

RATES = (100, 200, 300)  # events a second
SECONDS = 20
PATIENCE = 45  # seconds after which a courier that is turned away gives up
PARCELS = 300
START = datetime(2026, 11, 1, tzinfo=UTC)
STEPS = ("accepted", "in_transit")


async def there_and_back(stack: Stack, rate: int) -> list[float]:
    """Seconds from publish to delivery, confirm included in the path of the publisher."""
    connection = await aio_pika.connect(stack.amqp_url)
    channel = await connection.channel(publisher_confirms=True)
    queue = await channel.declare_queue(
        "bench.live", durable=True, arguments={"x-queue-type": "quorum"}
    )
    taken: list[float] = []

    async def on_message(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        taken.append(time.perf_counter() - float(message.body))
        await message.ack()

    await channel.set_qos(prefetch_count=100)
    await queue.consume(on_message)

    async def publish() -> None:
        body = str(time.perf_counter()).encode()
        await channel.default_exchange.publish(
            aio_pika.Message(body, delivery_mode=2), routing_key="bench.live"
        )

    await _paced(publish, rate * 5, rate)
    await asyncio.sleep(1)
    await queue.delete(if_unused=False, if_empty=False)
    await connection.close()
    return taken


async def _paced(work, count: int, rate: int) -> None:
    """Start `count` calls, `rate` a second, whatever each of them takes."""
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0, started + number / rate - time.perf_counter()))
            group.create_task(work())


async def post_to_stream(stack: Stack, rate: int) -> list[float]:
    database = await stack.database()
    async with (
        role(stack, database, "ingest"),
        role(stack, database, "relay"),
        role(stack, database, "web") as web,
    ):
        pool = await open_pool(database, size=2)
        now = datetime.now(UTC)
        keys = Keys(pool)
        courier = await keys.create(KeyRole.COURIER, "bench", now=now, carrier="omniva")
        merchant = await keys.create(KeyRole.MERCHANT, "bench", now=now, carrier=None)
        await asyncio.sleep(3)  # the web role refreshes its keys every two seconds
        await pool.close()
        return await Drive(web.http, courier, merchant, rate).run()


class Drive:
    def __init__(self, http: str, courier: str, merchant: str, rate: int) -> None:
        self._http, self._courier, self._merchant = http, courier, merchant
        self._rate = rate
        self._sent: dict[tuple[str, datetime], float] = {}
        self._taken: list[float] = []
        self._next = 0
        self.turned_away = self.given_up = 0
        self._until = time.perf_counter() + PATIENCE

    async def run(self) -> list[float]:
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            links = [await self._register(session, number) for number in range(PARCELS)]
            async with asyncio.TaskGroup() as group:
                streams = [group.create_task(self._watch(session, *link)) for link in links]
                await asyncio.sleep(2)
                await _paced(lambda: self._post(session), self._rate * SECONDS, self._rate)
                await self._until_shown()
                for stream in streams:
                    stream.cancel()
        if self.turned_away:
            print(
                f"  (at {self._rate}/s it did not keep up: {self.turned_away} times 503, "
                f"{self.given_up} events given up)"
            )
        return self._taken

    async def _until_shown(self) -> None:
        async with asyncio.timeout(60):
            while self._sent:  # noqa: ASYNC110 - the streams of the browsers decide
                await asyncio.sleep(0.1)

    async def _register(self, session: aiohttp.ClientSession, number: int) -> tuple[str, str]:
        name = f"CE{number:09d}EE"
        async with session.post(
            f"{self._http}/v1/shipments",
            headers={"Authorization": f"Bearer {self._merchant}", "Idempotency-Key": name},
            json={"carrier": "omniva", "tracking_number": name},
        ) as answer:
            assert answer.status == 201, await answer.text()
            token = (await answer.json())["tracking_url"].rpartition("/")[2]
        return name, f"{self._http}/t/{token}/stream"

    async def _watch(self, session: aiohttp.ClientSession, name: str, url: str) -> None:
        visitor = {"X-Forwarded-For": f"fd00:{name[-6:-2]}::1"}  # one address may not watch all
        async with session.get(url, headers=visitor) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    now = time.perf_counter()
                    for entry in json.loads(line[6:])["history"]:
                        sent = self._sent.pop((name, datetime.fromisoformat(entry["at"])), None)
                        if sent is not None:
                            self._taken.append(now - sent)

    async def _post(self, session: aiohttp.ClientSession) -> None:
        number, step = self._next % PARCELS, self._next // PARCELS
        self._next += 1
        at = START + timedelta(minutes=step)
        name = f"CE{number:09d}EE"
        event = {
            "event_id": f"{number}-{step}",
            "carrier": "omniva",
            "tracking_number": name,
            "occurred_at": at.isoformat(),
            "status": STEPS[min(step, 1)],
        }
        self._sent[name, at] = time.perf_counter()
        while wait := await self._turned_away(session, event):
            if time.perf_counter() > self._until:
                del self._sent[name, at]
                self.given_up += 1
                return
            await asyncio.sleep(wait)

    async def _turned_away(self, session: aiohttp.ClientSession, event: dict) -> float:
        """Seconds until a courier may try again, 0 when it was accepted. The clock goes on."""
        async with session.post(
            f"{self._http}/v1/events",
            headers={"Authorization": f"Bearer {self._courier}"},
            json=event,
        ) as answer:
            assert answer.status in {202, 503}, await answer.text()
            self.turned_away += answer.status == 503
            return float(answer.headers.get("Retry-After", 0))


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


async def live(stack: Stack) -> list[tuple[str, float, float]]:
    """Rows: name, milliseconds, ratio to the bare way."""
    rows: list[tuple[str, float, float]] = []
    for rate in RATES:
        bare = _percentiles(await there_and_back(stack, rate))
        ours = _percentiles(await post_to_stream(stack, rate))
        for place, yardstick, figure in zip(("p50", "p99"), bare, ours, strict=True):
            rows.append((f"{rate}/s: publish, confirm, consume: {place}", yardstick, 1.0))
            rows.append((f"{rate}/s: klat, POST to stream: {place}", figure, figure / yardstick))
    return rows
