"""A shop with webhooks, facts about its parcels, and a sender whose clock the test holds."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
from consuming import SEALER
from prometheus_client import CollectorRegistry

from consumers.webhooks.feeding import read_fact
from consumers.webhooks.metrics import SendingMetrics
from consumers.webhooks.posting import Posting
from consumers.webhooks.sending import PLACES, Sending
from notifier.channels.webhook import LIMITS, Limits, post_webhook
from schemas.facts import ShipmentDelivered, ShipmentInTransit, cloud_event
from schemas.shipment import shipment_id
from schemas.status import Status
from schemas.webhook import WebhookWanted, WebhookWithSecret
from tracking.domain.places import Places
from tracking.feed import Fed, NewFact, feed
from tracking.log import Page, read_log
from tracking.sealing import Sealer
from tracking.store.keys import Keys
from tracking.store.pool import transaction
from tracking.turns import Deliveries
from tracking.webhooks import ShopWebhooks

NOON = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
IMPATIENT = Limits(total=1.0, connect=0.7, rest=0.2)
"""For shops that hang. Where none does, a busy machine must not look like one that does."""

KINDS = {Status.IN_TRANSIT: ShipmentInTransit, Status.DELIVERED: ShipmentDelivered}


def fact(
    merchant_id: UUID | None,
    number: int = 1,
    version: int = 1,
    status: Status = Status.DELIVERED,
) -> bytes:
    """A fact as it is published."""
    made = KINDS[status](
        shipment_id=shipment_id("omniva", f"CE{number}"),
        version=version,
        carrier="omniva",
        tracking_number=f"CE{number}",
        merchant_id=merchant_id,
        order=str(number),
        status=status,
        recorded_at=NOON,
    )
    return cloud_event(made).encode()


def new_fact(merchant_id: UUID, number: int = 1, version: int = 1, **told: Any) -> NewFact:
    found = read_fact(fact(merchant_id, number, version, **told))
    assert found is not None
    return found


@dataclass
class Shop:
    """Everything happens at `now`."""

    pool: asyncpg.Pool
    merchant_id: UUID
    now: datetime = NOON
    sealer: Sealer = SEALER
    limits: Limits = LIMITS
    places: Places = PLACES
    senders: list[Sending] = field(default_factory=list)

    @classmethod
    async def open(cls, pool: asyncpg.Pool, name: str = "Veikals") -> "Shop":
        async with transaction(pool) as conn:
            return cls(pool, await Keys(pool).ensure_merchant(conn, name, NOON))

    @property
    def webhooks(self) -> ShopWebhooks:
        return ShopWebhooks(self.pool, self.sealer, self.merchant_id)

    async def webhook(self, url: str, types: Sequence[str] | None = None) -> WebhookWithSecret:
        wanted = WebhookWanted(url=url, types=list(types) if types else None)
        return await self.webhooks.create(wanted, now=self.now)

    async def tell(self, *numbers: int, version: int = 1) -> Fed:
        """Something became true of these parcels."""
        facts = [new_fact(self.merchant_id, number, version) for number in numbers]
        return await feed(self.pool, facts, now=self.now)

    async def log(self, after: int | None = None, limit: int = 500) -> Page:
        return await read_log(self.pool, self.merchant_id, after, limit)

    def _seconds(self) -> float:
        return self.now.timestamp()

    def sending(
        self, session: aiohttp.ClientSession, clock: Callable[[], datetime] | None = None
    ) -> Sending:
        posting = Posting(partial(post_webhook, session, limits=self.limits), self.sealer)
        metrics = SendingMetrics(CollectorRegistry())
        made = Sending(
            Deliveries(self.pool),
            posting,
            metrics,
            places=self.places,
            clock=clock or (lambda: self.now),
            timer=time.monotonic if clock else self._seconds,
            spread=lambda: 0.0,
        )
        self.senders.append(made)
        return made

    async def send(self, session: aiohttp.ClientSession) -> Sending:
        """Everything that is due at `now` is tried and noted."""
        sending = self.sending(session)
        await sending.take_over()
        await drain(sending)
        return sending

    async def rows(self) -> list[Any]:
        return await self.pool.fetch("SELECT * FROM webhook_delivery ORDER BY delivery_id")

    async def row(self) -> Any:
        (found,) = await self.rows()
        return found

    async def fares(self, made: WebhookWithSecret) -> Any:
        return await self.webhooks.one(made.webhook_id, self.now)

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


async def drain(sending: Sending) -> None:
    """Turns until nothing is due and nothing in hand."""
    while await sending.turn() or sending._running or sending._ended:
        if sending._running:
            await asyncio.wait(sending._running, return_when=asyncio.FIRST_COMPLETED)
