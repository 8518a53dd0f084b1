"""Composition: which parts make up each role. The only place, with the CLI, that knows them all."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import aiohttp
import asyncpg
import structlog
import uvloop
from aiohttp import web
from prometheus_client import CollectorRegistry

from consumers.connection import Publisher
from consumers.courier_events import CourierEvents, IngestMetrics, courier_events_runner
from consumers.live_updates import LiveUpdates
from consumers.notices.deciding import Deciding, DecisionMetrics
from consumers.notices.limits import limits_of
from consumers.notices.parts import notice_parts, notices_runner
from consumers.notices.receipts import Callbacks, ReceiptMetrics
from consumers.notices.sending import Sending
from consumers.notices.ways import channels_of, ways_of
from consumers.parking import Parking
from consumers.relay import Relay, RelayMetrics
from consumers.topology import declare_first, topology
from notifier.deliver import Way
from tracking.backlog import Backlog
from tracking.decode import Decoder
from tracking.frames import Frames
from tracking.ingest import Applied, Batch, ingest
from tracking.links import LinkMaker
from tracking.live import LiveHub
from tracking.retention import keep_pruned
from tracking.role import Role
from tracking.sealing import Sealer
from tracking.settings import Settings
from tracking.spend import SpendAlerts
from tracking.store.migrate import load_migrations, pending
from tracking.store.notices import Notices
from tracking.store.outbox import Outbox
from tracking.store.parked import Parked
from tracking.store.pool import connection, open_pool
from tracking.store.receipts import Receipts
from tracking.vitals import Vitals
from tracking.web.app import make_app
from tracking.web.deps import Deps, Receive
from tracking.web.ops import Check, Readiness, make_ops_app
from tracking.web.serving import SHUTDOWN, serve

log = structlog.get_logger()

# Seconds that the steps of stopping may take, after web was given time to be taken out of rotation:
# web needs 0.5 + the answers in hand (serving.SHUTDOWN, 8) + 1 + 1, the relay 0.5 + 2 + 1 + 1,
# notices 0.5 + 8 (both senders stop at once) + 1 + 1 + 1.
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

    def parking(self) -> Parking:
        return Parking(Parked(self.pool, self.sealer).park_message, self.registry)

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


def run(role: Role, settings: Settings, *, ops_host: str, drain: float) -> None:
    """Run one role until SIGTERM or Ctrl-C. Raises what ended it otherwise.

    `drain` is how many seconds web still takes what comes while it says that it is not ready.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(role, settings, ops_host, drain))


async def _run(role: Role, settings: Settings, ops_host: str, drain: float) -> None:
    stopped = _stop_signal()
    tune_collector()
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database())
        stack.push_async_callback(_close, pool)
        running = Running(settings, pool, stack)
        stack.push_async_callback(_cancel, running.tasks)
        vitals = Vitals(pool, running.registry)
        running.start("vitals", vitals.keep_measured())
        readiness = await _ROLES[role](running)
        readiness.always = {"schema": running.schema_is_current}
        ops = make_ops_app(readiness, running.registry)
        await _serve(running, ops, ops_host, settings.ops_port, shutdown=OPS_SHUTDOWN)
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


async def _cancel(tasks: Mapping[str, asyncio.Task[None]]) -> None:
    for task in tasks.values():
        task.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(CANCEL_LIMIT):
            await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _serve(
    running: Running,
    app: web.Application,
    host: str,
    port: int,
    *,
    shutdown: float = SHUTDOWN,
) -> None:
    runner = await serve(app, host, port, shutdown=shutdown)
    running.stack.push_async_callback(runner.cleanup)


async def _start_web(running: Running) -> Readiness:
    settings, hub = running.settings, LiveHub()
    wanted = topology(settings.ingest_queues)
    publisher = Publisher(settings.broker(), "klat web", partial(declare_first, wanted=wanted))
    live = LiveUpdates(settings.broker(), hub)
    deps = Deps(
        pool=running.pool,
        sealer=running.sealer,
        settings=settings,
        publish=publisher.publish_event,
        hub=hub,
        frames=Frames(running.pool),
        receive=_receive(running),
        registry=running.registry,
    )
    running.start("publisher", publisher.run())
    running.start("live_updates", live.run())
    everywhere = "0.0.0.0"  # noqa: S104 - the public port
    await _serve(running, make_app(deps), everywhere, settings.http_port)
    running.stack.callback(hub.close)
    checks = {
        "database": running.database_answers,
        "broker": _check(lambda: publisher.is_connected and live.is_attached),
    }
    return Readiness(checks, need="any")


def _receive(running: Running) -> Receive | None:
    """Senders find by themselves, within seconds, what another process planned."""
    settings = running.settings
    if settings.sms_provider != "twilio":
        return None
    metrics, channels = DecisionMetrics(running.registry), channels_of(settings)
    deciding = Deciding(
        Notices(running.pool),
        running.sealer,
        channels,
        metrics,
        wake=lambda: None,
        limits=limits_of(settings),
    )
    receipts = Receipts(running.pool)
    told = ReceiptMetrics(running.registry)
    return Callbacks(receipts, settings, deciding.decide, told).take


async def _start_ingest(running: Running) -> Readiness:
    settings, sealer = running.settings, running.sealer
    decoder = Decoder(sealer)

    async def apply(batch: Batch, now: datetime) -> Applied:
        return await ingest(running.pool, batch, sealer, now=now)

    events = CourierEvents(decoder, apply, running.parking(), IngestMetrics(running.registry))
    runner = courier_events_runner(settings.broker(), settings.ingest_queues, events)
    running.start("courier_events", runner.run())
    backlog = Backlog(running.pool, sealer, running.registry)
    running.start("backlog", backlog.keep_measured())
    running.start("retention", keep_pruned(running.pool))
    checks = {"database": running.database_answers, "broker": _check(lambda: runner.is_attached)}
    return Readiness(checks)


async def _start_relay(running: Running) -> Readiness:
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
        "broker": _check(lambda: publisher.is_connected and relay.is_ready),
    }
    return Readiness(checks)


async def _start_notices(running: Running) -> Readiness:
    sealer, notices = running.sealer, Notices(running.pool)
    links = LinkMaker(running.pool, sealer, running.settings.public_url)
    http = await running.stack.enter_async_context(aiohttp.ClientSession())
    ways = ways_of(running.settings, http)
    running.stack.push_async_callback(_close_ways, ways)
    parts = notice_parts(notices, sealer, ways, links.issue, running.registry, running.settings)
    runner = notices_runner(running.settings.broker(), parts.deciding, running.parking())
    running.start("notices", runner.run())
    for sending in parts.sending:
        running.start(f"sending_{sending.channel}", sending.run())
    running.start("spend_alerts", SpendAlerts(running.pool, running.registry).keep_measured())
    running.stack.push_async_callback(_finish, parts.sending)
    checks = {"database": running.database_answers, "broker": _check(lambda: runner.is_attached)}
    return Readiness(checks)


async def _leave(relay: Relay) -> None:
    with suppress(Exception):  # without its connection it has the lead no more
        async with asyncio.timeout(LEAVE_LIMIT):
            await relay.close()


async def _finish(sending: Sequence[Sending]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(SHUTDOWN):
            await asyncio.gather(*(each.close() for each in sending))


async def _close_ways(ways: Sequence[Way]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CANCEL_LIMIT):
            await asyncio.gather(*(way.close() for way in ways))


def _check(holds: Callable[[], bool]) -> Check:
    async def check() -> bool:
        return holds()

    return check


_ROLES: Mapping[Role, Callable[[Running], Awaitable[Readiness]]] = {
    Role.WEB: _start_web,
    Role.INGEST: _start_ingest,
    Role.RELAY: _start_relay,
    Role.NOTICES: _start_notices,
}
