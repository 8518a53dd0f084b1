"""Keeps services serving: one that crashed, or serves no more, is started again after a pause.

The pause grows with each time. One that hangs when it is started again is given up likewise.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog

from tracking.errors import StartError
from tracking.local.health import PATIENCE, Disk, until_given_up

log = structlog.get_logger(__name__)
T = TypeVar("T")

FIRST_PAUSE = 0.5  # seconds before the first restart
LONGEST_PAUSE = 30.0
GOOD_RUN = 30.0  # seconds after which a crash counts as the first again
START_GRACE = 120.0  # seconds more to start again than to answer: as long as a server itself takes


class Service(Protocol):
    """Something that runs until it is stopped, unless it crashes."""

    @property
    def name(self) -> str: ...

    async def start(self) -> None:
        """Return when it serves. Raises StartError when it ends instead."""

    async def wait(self) -> int:
        """Return when it has ended, with its exit code."""

    async def look(self) -> str | None:
        """Return what keeps it from serving, in a few words, or None while it serves."""

    async def stop(self) -> None:
        """Return when it has ended. Stopping what does not run is no error."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, as the log says it, and how many seconds of it were a service."""

    said: Mapping[str, str | int]
    served: float = 0.0


class _GivenUp(Exception):  # noqa: N818 - named for what was done
    """What was wrong with it, in a few words."""


@asynccontextmanager
async def supervised(
    services: Sequence[Service], disk: Disk, *, start_limit: float
) -> AsyncIterator[None]:
    """Run the body while all services are kept serving; stop them after it. They use this disk."""
    serving = [asyncio.Event() for _ in services]
    async with asyncio.TaskGroup() as group:
        keepers = [
            group.create_task(_keep(service, event, disk), name=f"keep-{service.name}")
            for service, event in zip(services, serving, strict=True)
        ]
        try:
            await _all_set(services, serving, start_limit)
            yield
        finally:
            for keeper in keepers:
                keeper.cancel()
            # Stopped before its keeper has ended, a child that is just being started would stay.
            await asyncio.gather(*keepers, return_exceptions=True)
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


async def _keep(service: Service, serving: asyncio.Event, disk: Disk) -> None:
    """Start the service, again whenever it ends. Before it has ever served, its error is final."""
    pause = None
    while True:
        outcome = await _run_once(service, serving, disk)
        pause = next_pause(pause, outcome.served)
        log.warning("child.ended", child=service.name, restart_in=pause, **outcome.said)
        await asyncio.sleep(pause)


def next_pause(previous: float | None, ran: float) -> float:
    """Seconds to wait before a restart, after the pause before the last one and how long it served
    then.
    """
    if previous is None or ran >= GOOD_RUN:
        return FIRST_PAUSE
    return min(2 * previous, LONGEST_PAUSE)


async def _run_once(service: Service, serving: asyncio.Event, disk: Disk) -> Outcome:
    try:
        await _start(service, serving, disk)
        return await _until_over(service, disk)
    except _GivenUp as fault:
        return await _put_away(service, fault)
    except (StartError, OSError) as error:
        if not serving.is_set():
            raise
        await service.stop()
        return Outcome({"error": _plain(error)})


async def _start(service: Service, serving: asyncio.Event, disk: Disk) -> None:
    """The first start has a limit of its own, which ends everything."""
    if serving.is_set():
        await _unless_given_up(service.start(), service, disk, START_GRACE)
    else:
        await service.start()
    log.info("child.serving", child=service.name)
    serving.set()


def _plain(error: StartError | OSError) -> str:
    """A disk that is full now, or a process too many, is nothing that lasts."""
    return error.strerror or "OSError" if isinstance(error, OSError) else str(error)


async def _until_over(service: Service, disk: Disk) -> Outcome:
    """Return when it has ended, by itself or because it did not serve for too long."""
    began = time.monotonic()
    try:
        code = await _unless_given_up(service.wait(), service, disk)
    except _GivenUp as fault:
        return await _put_away(service, fault, time.monotonic() - began - PATIENCE)
    return Outcome({"exit_code": code}, time.monotonic() - began)


async def _put_away(service: Service, fault: _GivenUp, served: float = 0.0) -> Outcome:
    log.warning("child.not_serving", child=service.name, error=str(fault))
    await service.stop()
    return Outcome({"error": str(fault)}, served)


async def _unless_given_up(
    work: Coroutine[Any, Any, T], service: Service, disk: Disk, grace: float = 0.0
) -> T:
    """What the work returns. Raises _GivenUp where it takes too long and nothing serves meanwhile.

    What only waits for others answers when it is looked at, and may wait for ever.
    """
    working = asyncio.ensure_future(work)
    given_up = asyncio.ensure_future(until_given_up(service, disk, grace=grace))
    try:
        await asyncio.wait({working, given_up}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise _GivenUp(given_up.result())
    finally:
        working.cancel()
        given_up.cancel()
        await asyncio.gather(working, given_up, return_exceptions=True)
