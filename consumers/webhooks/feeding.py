"""Facts of klat.facts -> the logs of shops, a batch at a time."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

import structlog
from aiormq.abc import DeliveredMessage
from prometheus_client import CollectorRegistry, Counter

from schemas.webhook import webhook_event
from tracking.feed import Fed, NewFact

log = structlog.get_logger()

MOST_BYTES: Final = 20_000  # Standard Webhooks: receivers need not take more


class Feed(Protocol):
    """Append facts to the logs of their shops. Raises StoreUnavailable."""

    async def __call__(self, facts: Sequence[NewFact], *, now: datetime) -> Fed: ...


class FeedingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.facts = Counter(
            "klat_shop_facts", "Facts for shops: new or repeats", ["outcome"], registry=registry
        )
        self.planned = Counter(
            "klat_webhooks_planned", "Deliveries planned with new facts", registry=registry
        )

    def noted(self, fed: Fed) -> None:
        self.facts.labels("new").inc(fed.appended)
        self.facts.labels("repeat").inc(fed.repeats)
        self.planned.inc(fed.deliveries)


class Feeding:
    """`handle` is what a Runner asks for. `wake` tells the senders of this process."""

    def __init__(self, feed: Feed, metrics: FeedingMetrics, wake: Callable[[], None]) -> None:
        self._feed, self._metrics, self._wake = feed, metrics, wake

    async def handle(self, messages: Sequence[DeliveredMessage]) -> None:
        facts = [fact for message in messages if (fact := read_fact(message.body)) is not None]
        fed = await self._feed(facts, now=datetime.now(UTC))
        self._metrics.noted(fed)
        if fed.deliveries:
            self._wake()
        log.debug("facts.logged", facts=fed.appended, deliveries=fed.deliveries)


def read_fact(body: bytes) -> NewFact | None:
    """None where no shop registered the parcel: there is nobody to tell.

    Raises ValueError, KeyError, TypeError on what is no fact, or too large for one: it is parked.
    """
    if len(body) > MOST_BYTES:
        raise ValueError("longer than a fact can be")
    text = body.decode()
    fact = json.loads(text)
    merchant = fact["data"].get("merchant_id")
    if merchant is None:
        return None
    time = datetime.fromisoformat(fact["time"])
    if time.tzinfo is None or "timestamp" in fact:
        raise ValueError("no fact of ours")
    event = webhook_event(text, fact["time"])
    return NewFact(UUID(merchant), str(fact["id"]), str(fact["type"]), event)
