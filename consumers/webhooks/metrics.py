"""Webhooks in numbers, and what waits for them as gauges."""

import asyncio
from datetime import UTC, datetime
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.webhook import DisabledReason, WebhookState
from tracking.errors import KlatError
from tracking.turns import Deliveries

log = structlog.get_logger()

MEASURED_EVERY: Final = 15.0  # seconds
MOST_COUNTED: Final = 1_000  # for each webhook


class SendingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.tries = Counter(
            "klat_webhook_tries", "Posts to webhooks by outcome", ["outcome"], registry=registry
        )
        self.seconds = Histogram(
            "klat_webhook_seconds",
            "A webhook's time to answer",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
            registry=registry,
        )
        self.given_up = Counter(
            "klat_webhook_given_up", "Deliveries whose last try failed", registry=registry
        )
        self.disabled = Counter(
            "klat_webhooks_disabled", "Webhooks disabled", ["reason"], registry=registry
        )
        for reason in (DisabledReason.GONE, DisabledReason.FAILING):
            self.disabled.labels(reason)


class Waits:
    """Gauges of what waits; every process says the same."""

    def __init__(self, deliveries: Deliveries, registry: CollectorRegistry) -> None:
        self._deliveries = deliveries
        self._webhooks = Gauge("klat_webhooks", "Webhooks", ["state"], registry=registry)
        self._waiting = Gauge("klat_webhook_waiting", "Deliveries that wait", registry=registry)
        self._oldest = Gauge(
            "klat_webhook_oldest_seconds", "Age of the oldest of them", registry=registry
        )
        self._late = Gauge(
            "klat_webhook_late_seconds",
            "How long one is due to a webhook that takes what it is sent",
            registry=registry,
        )

    async def measure(self, now: datetime) -> None:
        found = await self._deliveries.waiting(MOST_COUNTED, now)
        counts = await self._deliveries.webhooks()
        self._waiting.set(found.deliveries)
        self._oldest.set(_seconds_since(found.oldest, now))
        self._late.set(_seconds_since(found.due, now))
        for state in WebhookState:
            self._webhooks.labels(state).set(counts.get(state, 0))

    async def keep_measured(self) -> None:
        while True:
            try:
                await self.measure(datetime.now(UTC))
            except KlatError as error:
                log.warning("webhooks.not_measured", error=type(error).__name__)
            await asyncio.sleep(MEASURED_EVERY)


def _seconds_since(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
