"""The role `web`: the public port."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from consumers.connection import Publisher
from consumers.live_updates import LiveUpdates
from consumers.notices.by_hand import Saying
from consumers.notices.callbacks import admitting, callbacks_of
from consumers.notices.deciding import Deciding, DecisionMetrics
from consumers.notices.limits import limits_of
from consumers.notices.parts import coming_back
from consumers.notices.subject import Means, beyond_important
from consumers.notices.ways import channels_of
from consumers.topology import declare_first, topology
from notifier.preview import preview
from tracking.besides import Besides
from tracking.frames import Frames
from tracking.live import LiveHub
from tracking.roles.running import Running, check
from tracking.staff.oidc.setting import client_of
from tracking.store.notices import Notices
from tracking.store.receipts import Receipts
from tracking.web.app import make_app
from tracking.web.deps import Deps, Take
from tracking.web.ops import Readiness
from tracking.words.catalog import read_languages

log = structlog.get_logger()

_JOIN_LIMIT = 2.0  # seconds


async def start(running: Running) -> Readiness:
    settings, hub = running.settings, LiveHub()
    client_of(settings)  # what is missing is said before anything is opened
    read_languages()
    wanted = topology(settings.ingest_queues)
    publisher = Publisher(settings.broker(), "klat web", partial(declare_first, wanted=wanted))
    live = LiveUpdates(settings.broker(), hub)
    deciding = deciding_of(running)
    deps = Deps(
        pool=running.pool,
        sealer=running.sealer,
        settings=settings,
        publish=publisher.publish_event,
        hub=hub,
        frames=Frames(running.pool),
        callbacks=_callbacks(running, deciding),
        admit=admitting(settings),
        preview=partial(preview, public_url=settings.public_url),
        redecide=partial(look_again, deciding),
        by_hand=saying_of(running),
        says_more=beyond_important,
        registry=running.registry,
    )
    if settings.demo:
        log.warning("demo.is_open")
    running.start("publisher", publisher.run())
    running.start("live_updates", live.run())
    running.start("besides", Besides(running.pool, hub).keep_telling())
    await _joined(publisher, running)
    everywhere = "0.0.0.0"  # noqa: S104 - the public port
    await running.serve(make_app(deps), everywhere, settings.http_port)
    running.stack.callback(hub.close)
    checks = {
        "database": running.database_answers,
        "broker": check(lambda: publisher.is_connected and live.is_attached),
    }
    return Readiness(checks, need="any")


async def _joined(publisher: Publisher, running: Running) -> None:
    """Events are not refused because the broker answers a moment later; pages do not wait for it
    for long.
    """
    joined = asyncio.create_task(publisher.connected())
    either = {joined, running.tasks["publisher"]}
    await asyncio.wait(either, timeout=_JOIN_LIMIT, return_when=asyncio.FIRST_COMPLETED)
    joined.cancel()


def deciding_of(running: Running) -> Deciding:
    """Senders find by themselves, within seconds, what another process planned."""
    return Deciding(
        Notices(running.pool),
        running.sealer,
        channels_of(running.settings),
        DecisionMetrics(running.registry),
        wake=lambda: None,
        limits=limits_of(running.settings),
    )


def saying_of(running: Running) -> Saying:
    means = Means(channels_of(running.settings), limits_of(running.settings))
    return Saying(Notices(running.pool), running.sealer, means)


async def look_again(deciding: Deciding, ids: Collection[UUID], why: str, now: datetime) -> None:
    await deciding.decide(dict.fromkeys(ids, why), now)


def _callbacks(running: Running, deciding: Deciding) -> Mapping[str, Take]:
    receipts, suppressing = Receipts(running.pool), running.suppressing()
    ends = coming_back(receipts, deciding, suppressing, running.sealer, running.registry)
    return callbacks_of(running.settings, ends)
