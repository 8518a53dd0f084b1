"""All roles as real processes on a database and a vhost of the test's own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aio_pika
import aiohttp
import asyncpg
import pytest
from cryptography.fernet import Fernet

from consumers.connection import Publisher
from consumers.topology import FACTS
from tracking.local.child import Child
from tracking.local.endpoint import free_port
from tracking.local.simulate.sending import LIMIT, Sender
from tracking.local.simulate.shop import live_keys
from tracking.local.simulate.voices import VOICES
from tracking.role import Role
from tracking.store.pool import open_pool


@dataclass
class Stack:
    """The running roles, and everybody's way to them."""

    environment: dict[str, str]
    url: str
    pool: asyncpg.Pool
    http: aiohttp.ClientSession
    keys: dict[str, str]
    sender: Sender
    facts: list[str] = field(default_factory=list)
    roles: dict[Role, Child] = field(default_factory=dict)

    async def start(self, role: Role) -> None:
        ops = free_port()
        command = [sys.executable, "-P", "-m", "tracking", "serve", role, "--drain", "0"]
        env = self.environment | {"KLAT_OPS_PORT": str(ops)}
        self.roles[role] = Child(role, command, env, ops_port=ops)
        await self.roles[role].start()

    async def kill(self, role: Role) -> None:
        """SIGKILL, then another process in its place."""
        process = self.roles[role]._process
        assert process is not None
        process.kill()
        await process.wait()
        await self.start(role)

    async def stop(self) -> None:
        await asyncio.gather(*(child.stop() for child in self.roles.values()))

    async def scans(self) -> set[tuple[str, str, bytes]]:
        rows = await self.pool.fetch(
            "SELECT carrier, tracking_number, scan_key FROM scan JOIN shipment USING (shipment_id)"
        )
        return {tuple(row) for row in rows}

    async def settled(self, scans: int, seconds: float) -> None:
        """Wait until so many scans are applied and everything owed has left the outbox."""
        done = "SELECT (SELECT count(*) FROM scan) >= $1 AND NOT EXISTS (SELECT FROM outbox)"
        async with asyncio.timeout(seconds):
            while not await self.pool.fetchval(done, scans):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)


@pytest.fixture
def environment(database_url: str, amqp_url: str, tmp_path: Path) -> dict[str, str]:
    port = free_port()
    return os.environ | {
        "KLAT_DATABASE_URL": database_url,
        "KLAT_AMQP_URL": amqp_url,
        "KLAT_DATA_DIR": str(tmp_path),
        "KLAT_HTTP_PORT": str(port),
        "KLAT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "KLAT_SECRET_KEYS": Fernet.generate_key().decode(),
        "KLAT_LOG_FORMAT": "json",
    }


@pytest.fixture
async def stack(environment: dict[str, str]) -> AsyncIterator[Stack]:
    url, dsn = environment["KLAT_PUBLIC_URL"], environment["KLAT_DATABASE_URL"]
    publisher = Publisher(environment["KLAT_AMQP_URL"], "tests")
    async with AsyncExitStack() as leaving:
        http = await leaving.enter_async_context(aiohttp.ClientSession(timeout=LIMIT))
        pool = await open_pool(dsn, size=2)
        leaving.push_async_callback(pool.close)
        keys = await live_keys(dsn, {}, {code for v in VOICES for code in (v.sender, v.carrier)})
        sender = Sender(http, url, keys, publisher.publish_event)
        stack = Stack(environment, url, pool, http, keys, sender)
        leaving.push_async_callback(stack.stop)
        await leaving.enter_async_context(_listening(environment["KLAT_AMQP_URL"], stack.facts))
        await asyncio.gather(*(stack.start(role) for role in Role))
        publishing = asyncio.create_task(publisher.run())
        leaving.push_async_callback(asyncio.wait, {publishing})
        leaving.callback(publishing.cancel)
        yield stack


class _listening:  # noqa: N801 - reads as what it is
    """Collects every fact that is published."""

    def __init__(self, url: str, facts: list[str]) -> None:
        self._url, self._facts = url, facts

    async def __aenter__(self) -> None:
        self._connection = await aio_pika.connect(self._url)
        channel = await self._connection.channel()
        exchange = await channel.declare_exchange(FACTS, "topic", durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")
        await queue.consume(self._collect, no_ack=True)

    async def _collect(self, message: aio_pika.abc.AbstractIncomingMessage) -> None:
        self._facts.append(message.body.decode())

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
