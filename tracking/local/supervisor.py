"""Keeps services running: a crashed one comes back after a pause that grows with each crash."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from tracking.errors import StartError

log = structlog.get_logger(__name__)

FIRST_PAUSE = 0.5  # seconds before the first restart
LONGEST_PAUSE = 30.0
GOOD_RUN = 30.0  # seconds after which a crash counts as the first again


class Service(Protocol):
    """Something that runs until it is stopped, unless it crashes."""

    @property
    def name(self) -> str: ...

    async def start(self) -> None:
        """Return when it serves. Raises StartError when it ends instead."""

    async def wait(self) -> int:
        """Return when it has ended, with its exit code."""

    async def stop(self) -> None:
        """Return when it has ended. Stopping what does not run is no error."""


@asynccontextmanager
async def supervised(services: Sequence[Service], *, start_limit: float) -> AsyncIterator[None]:
    """Run the body while all services are kept running; stop them after it."""
    serving = [asyncio.Event() for _ in services]
    async with asyncio.TaskGroup() as group:
        keepers = [
            group.create_task(_keep(service, event), name=f"keep-{service.name}")
            for service, event in zip(services, serving, strict=True)
        ]
        try:
            await _all_set(services, serving, start_limit)
            yield
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*(service.stop() for service in services))


async def _all_set(
    services: Sequence[Service], serving: Sequence[asyncio.Event], limit: float
) -> None:
    try:
        async with asyncio.timeout(limit):
            for event in serving:
                await event.wait()
    except TimeoutError:
        pairs = zip(services, serving, strict=True)
        late = ", ".join(service.name for service, event in pairs if not event.is_set())
        raise StartError(f"not ready after {limit:.0f} s: {late}") from None


async def _keep(service: Service, serving: asyncio.Event) -> None:
    """Start the service, again whenever it ends. Before it has ever served, its error is final."""
    pause = None
    while True:
        began = time.monotonic()
        outcome = await _run_once(service, serving)
        pause = next_pause(pause, time.monotonic() - began)
        log.warning("child.ended", child=service.name, restart_in=pause, **outcome)
        await asyncio.sleep(pause)


def next_pause(previous: float | None, ran: float) -> float:
    """Seconds to wait before a restart, after the pause before the last one and what came of it."""
    if previous is None or ran >= GOOD_RUN:
        return FIRST_PAUSE
    return min(2 * previous, LONGEST_PAUSE)


async def _run_once(service: Service, serving: asyncio.Event) -> dict[str, str | int]:
    try:
        await service.start()
        log.info("child.serving", child=service.name)
        serving.set()
        return {"exit_code": await service.wait()}
    except StartError as error:
        if not serving.is_set():
            raise
        await service.stop()
        return {"error": str(error)}
