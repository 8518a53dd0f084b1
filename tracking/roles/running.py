"""A role while it runs, and what its parts need to start and to stop in good order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Protocol

import asyncpg
from aiohttp import web
from prometheus_client import CollectorRegistry

from consumers.notices.suppressing import Suppressing
from consumers.parking import Parking
from tracking.sealing import Sealer
from tracking.settings import Settings
from tracking.store.migrate import load_migrations, pending
from tracking.store.parked import Parked
from tracking.store.pool import connection
from tracking.store.suppressions import Suppressions
from tracking.web.ops import Check
from tracking.web.serving import SHUTDOWN, serve

# Seconds that the steps of stopping may take, after web was given time to be taken out of rotation:
# web needs 0.5 + the answers in hand (serving.SHUTDOWN, 8) + 1 + 1, the relay 0.5 + 2 + 1 + 1,
# notices 0.5 + 8 (both senders stop at once) + 1 + 1 + 1, webhooks 0.5 + 8 + 1 + 1.
OPS_SHUTDOWN = 0.5
LEAVE_LIMIT = 2.0
CANCEL_LIMIT = 1.0
POOL_LIMIT = 1.0


@dataclass(slots=True)
class Running:
    """A role while it runs: its background work by name, and what undoes it."""

    settings: Settings
    pool: asyncpg.Pool
    stack: AsyncExitStack
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    is_migrated: bool = False

    @property
    def sealer(self) -> Sealer:
        return Sealer(self.settings.keys())

    def parking(self, queues: Iterable[str]) -> Parking:
        """For what these hold and cannot be handled."""
        return Parking(Parked(self.pool, self.sealer).park_message, self.registry, queues)

    def suppressing(self) -> Suppressing:
        return Suppressing(Suppressions(self.pool), self.sealer, self.registry)

    def start(self, name: str, work: Awaitable[None]) -> None:
        """Run until the role ends; its failure ends the role, and the supervisor starts another."""
        self.tasks[name] = asyncio.ensure_future(work)

    async def database_answers(self) -> bool:
        async with connection(self.pool) as conn:
            return await conn.fetchval("SELECT true") is True

    async def schema_is_current(self) -> bool:
        """Asked until it is: nobody undoes a migration."""
        if not self.is_migrated:
            async with connection(self.pool) as conn:
                self.is_migrated = not await pending(conn, load_migrations())
        return self.is_migrated

    async def serve(
        self, app: web.Application, host: str, port: int, *, shutdown: float = SHUTDOWN
    ) -> None:
        runner = await serve(app, host, port, shutdown=shutdown)
        self.stack.push_async_callback(runner.cleanup)


async def cancel(tasks: Mapping[str, asyncio.Task[None]]) -> None:
    for task in tasks.values():
        task.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(CANCEL_LIMIT):
            await asyncio.gather(*tasks.values(), return_exceptions=True)


class Closing(Protocol):
    """What has to be told that it is over."""

    async def close(self) -> None: ...


async def finish(parts: Sequence[Closing]) -> None:
    """What they have in hand is finished, in the time that there is."""
    await _closed(parts, SHUTDOWN)


async def take_leave(parts: Sequence[Closing]) -> None:
    """Of those on the other side, who will not be waited for long."""
    await _closed(parts, CANCEL_LIMIT)


async def _closed(parts: Sequence[Closing], limit: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(limit):
            await asyncio.gather(*(each.close() for each in parts))


def check(holds: Callable[[], bool]) -> Check:
    async def checked() -> bool:
        return holds()

    return checked
