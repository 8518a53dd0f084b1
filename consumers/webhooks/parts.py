"""The parts of the role `webhooks`: who logs and plans, who posts, who measures."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import aiohttp
from aiormq.abc import AbstractChannel
from prometheus_client import CollectorRegistry

from consumers.parking import Parking
from consumers.runner import BATCH, Runner
from consumers.source import Source
from consumers.topology import WEBHOOKS, WEBHOOKS_QUEUE, declare
from consumers.webhooks.feeding import Feed, Feeding, FeedingMetrics
from consumers.webhooks.metrics import SendingMetrics, Waits
from consumers.webhooks.posting import Posting
from consumers.webhooks.sending import PLACES, Sending
from notifier.channels.webhook import post_webhook
from notifier.outgoing import safe_session
from tracking.sealing import Sealer
from tracking.turns import Deliveries


class Parts(NamedTuple):
    feeding: Feeding
    sending: Sending
    waits: Waits


def outgoing_session(*, allow_private: bool) -> aiohttp.ClientSession:
    """By which webhooks are reached."""
    return safe_session(allow_private=allow_private, limit=PLACES.most)


def webhook_parts(
    deliveries: Deliveries,
    feed: Feed,
    sealer: Sealer,
    session: aiohttp.ClientSession,
    registry: CollectorRegistry,
) -> Parts:
    """Whoever logs facts wakes the sender beside it."""
    posting = Posting(partial(post_webhook, session), sealer)
    sending = Sending(deliveries, posting, SendingMetrics(registry))
    feeding = Feeding(feed, FeedingMetrics(registry), sending.woken.set)
    return Parts(feeding, sending, Waits(deliveries, registry))


def webhooks_runner(url: str, feeding: Feeding, parking: Parking) -> Runner:
    async def prepare(channel: AbstractChannel) -> Sequence[str]:
        await declare(channel, WEBHOOKS)
        return [WEBHOOKS_QUEUE]

    source = Source(url, "webhooks", prepare, prefetch=2 * BATCH)
    return Runner(source, feeding.handle, parking.park)
