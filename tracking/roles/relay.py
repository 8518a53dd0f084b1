"""The role `relay`: what is owed leaves the outbox."""

import asyncio
from contextlib import suppress

from consumers.connection import Publisher
from consumers.relay import Relay, RelayMetrics
from tracking.roles.running import LEAVE_LIMIT, Running, check
from tracking.store.outbox import Outbox
from tracking.web.ops import Readiness


async def start(running: Running) -> Readiness:
    settings = running.settings
    publisher = Publisher(settings.broker(), "klat relay")
    relay = Relay(
        Outbox(running.pool), settings.database(), publisher, RelayMetrics(running.registry)
    )
    running.start("publisher", publisher.run())
    running.start("relay", relay.run())
    running.stack.push_async_callback(_leave, relay)
    checks = {
        "database": running.database_answers,
        "broker": check(lambda: publisher.is_connected and relay.is_ready),
    }
    return Readiness(checks)


async def _leave(relay: Relay) -> None:
    with suppress(Exception):  # without its connection it has the lead no more
        async with asyncio.timeout(LEAVE_LIMIT):
            await relay.close()
