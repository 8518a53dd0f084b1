"""Real servers for the benchmarks: a PostgreSQL that syncs to disk and a RabbitMQ node."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import aiormq
import asyncpg
from aiormq.abc import AbstractChannel

from consumers.topology import CARRIER_QUEUE, EVENTS, declare, topology
from tracking.local.postgres import PrivatePostgres
from tracking.local.rabbitmq import PrivateRabbitMQ
from tracking.store.migrate import load_migrations, migrate

_NUMBERS = count(1)


@dataclass
class Stack:
    postgres: PrivatePostgres
    amqp_url: str

    async def database(self) -> str:
        """A migrated database of its own, so that no run sees the rows of another."""
        name = f"bench_{next(_NUMBERS)}"
        conn = await asyncpg.connect(self.postgres.url)
        await conn.execute(f"CREATE DATABASE {name}")
        await conn.close()
        url = self.postgres.url_of(name)
        await migrate(url, load_migrations())
        return url

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        conn = await aiormq.connect(self.amqp_url)
        channel = await conn.channel()
        yield channel
        await conn.close()

    async def fill(self, bodies: Sequence[bytes]) -> None:
        """Put just these messages into the carrier queue; not part of any measurement."""
        async with self.channel() as channel:
            await declare(channel, topology())
            await channel.queue_purge(CARRIER_QUEUE)
            await self._publish(channel, bodies)
            await self.until_filled(channel, len(bodies))

    async def add(self, bodies: Sequence[bytes]) -> None:
        """Put these messages behind what waits already."""
        async with self.channel() as channel:
            await declare(channel, topology())
            await self._publish(channel, bodies)

    async def _publish(self, channel: AbstractChannel, bodies: Sequence[bytes]) -> None:
        properties = aiormq.spec.Basic.Properties(delivery_mode=2, content_type="application/json")
        for start in range(0, len(bodies), 500):
            async with asyncio.TaskGroup() as group:
                for body in bodies[start : start + 500]:
                    group.create_task(
                        channel.basic_publish(
                            body,
                            exchange=EVENTS,
                            routing_key="carrier.omniva",
                            properties=properties,
                        )
                    )

    async def until_filled(self, channel: AbstractChannel, wanted: int) -> None:
        while True:
            declared = await channel.queue_declare(CARRIER_QUEUE, passive=True)
            if declared.message_count == wanted:
                return


@asynccontextmanager
async def stack() -> AsyncIterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="klat-bench-"))
    postgres = PrivatePostgres(folder / "pg", durable=True)
    rabbitmq = PrivateRabbitMQ(folder / "mq")
    try:
        await postgres.start()
        await rabbitmq.start()
        yield Stack(postgres, rabbitmq.url)
    finally:
        await rabbitmq.stop()
        await postgres.stop()
        shutil.rmtree(folder)
