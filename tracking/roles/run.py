"""Run one role, whichever, until it is told to stop."""

import asyncio
import gc
import signal
from contextlib import AsyncExitStack, suppress
from importlib import import_module

import asyncpg
import structlog
import uvloop

from tracking.role import Role
from tracking.roles.running import OPS_SHUTDOWN, POOL_LIMIT, Running, cancel
from tracking.settings import Settings
from tracking.store.pool import open_pool
from tracking.vitals import Vitals
from tracking.web.ops import make_ops_app

log = structlog.get_logger()


def run(role: Role, settings: Settings, *, ops_host: str, drain: float) -> None:
    """Run one role until SIGTERM or Ctrl-C. Raises what ended it otherwise.

    `drain` is how many seconds web still takes what comes while it says that it is not ready.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(role, settings, ops_host, drain))


async def _run(role: Role, settings: Settings, ops_host: str, drain: float) -> None:
    part = import_module(f"tracking.roles.{role}")  # the one: none waits for what others need
    if hasattr(part, "check_settings"):  # what cannot work does not wait for the database to say so
        part.check_settings(settings)
    stopped = _stop_signal()
    tune_collector()
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database())
        stack.push_async_callback(_close, pool)
        running = Running(settings, pool, stack)
        stack.push_async_callback(cancel, running.tasks)
        vitals = Vitals(pool, running.registry)
        running.start("vitals", vitals.keep_measured())
        readiness = await part.start(running)
        readiness.always = {"schema": running.schema_is_current}
        ops = make_ops_app(readiness, running.registry)
        await running.serve(ops, ops_host, settings.ops_port, shutdown=OPS_SHUTDOWN)
        log.info("role.started")
        await _until(stopped, running)
        readiness.draining = True
        if role is Role.WEB:  # nobody sends the others anything
            await asyncio.sleep(drain)
    log.info("role.stopped")


def tune_collector() -> None:
    """What is loaded now stays, and little of what comes forms cycles: look for them rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def _close(pool: asyncpg.Pool) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(POOL_LIMIT):
            await pool.close()


def _stop_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def _until(stopped: asyncio.Event, running: Running) -> None:
    """Wait for the signal; a background task that ends on its own is a fault."""
    stop = asyncio.create_task(stopped.wait())
    await asyncio.wait({stop, *running.tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.done():
        stop.cancel()
        for name, task in running.tasks.items():
            if task.done():
                log.error("task.ended", task=name)
                task.result()
