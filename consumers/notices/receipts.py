"""Receipts: held against their notices, in any order and however often they come."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter

from notifier.receipts.base import Receipt, settled
from schemas.notice import NoticeState
from tracking.errors import KlatError
from tracking.store.pool import retried
from tracking.store.receipts import Receipts, Settled, Told

log = structlog.get_logger()

KEPT = timedelta(hours=1)  # an early receipt; longer than it takes to note what was sent
_EVERY = 2.0  # seconds

Redecide = Callable[[Mapping[UUID, str], datetime], Awaitable[None]]


class ReceiptMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.taken = Counter(
            "klat_receipts",
            "Providers' receipts: the state they tell, early, unknown or unreadable",
            ["provider", "state"],
            registry=registry,
        )


class Settling:
    """`redecide` looks for another way after a failure."""

    def __init__(self, receipts: Receipts, redecide: Redecide, metrics: ReceiptMetrics) -> None:
        self._receipts, self._redecide, self._metrics = receipts, redecide, metrics

    async def apply(
        self, provider: str, receipts: Sequence[Receipt | None], now: datetime
    ) -> list[Settled | None]:
        """Those that could be read, one transaction; their notices, where they are known.

        Raises StoreUnavailable.
        """
        told = [_told(each) for each in receipts if each is not None]
        self._count(provider, "unreadable", len(receipts) - len(told))
        found = await self._receipts.apply(provider, told, settled, now)
        for each, notice in zip(told, found, strict=True):
            await self._applied(provider, each, notice, now)
        return found

    async def keep_early_settled(self) -> None:
        """Until cancelled: apply what came before its notice was known, forget what is nobody's."""
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.settle_early(datetime.now(UTC))
            except KlatError as error:
                log.warning("receipts.not_settled", error=type(error).__name__)

    async def settle_early(self, now: datetime) -> None:
        while matched := await self._receipts.apply_early(settled, now):
            for provider, told, notice in matched:
                await self._applied(provider, told, notice, now)
        forgotten = await retried(partial(self._receipts.forget_early_receipts, now - KEPT))
        for provider, many in forgotten.items():
            self._count(provider, "unknown", many)
            log.warning("receipt.unknown", provider=provider, receipts=many)

    async def _applied(
        self, provider: str, told: Told, notice: Settled | None, now: datetime
    ) -> None:
        if notice is None:
            early = told.provider_id is not None
            self._count(provider, "early" if early else "unknown", 1)
            if not early:
                log.warning("receipt.unknown", provider=provider, receipts=1)
            return
        self._count(provider, told.state, 1)
        if notice.after is not notice.before:
            log.info(
                "receipt.settled",
                message_id=notice.notice_id,
                shipment_id=notice.shipment_id,
                state=notice.after,
                reason=told.code,
            )
        # Also where it was known: whoever settled it may have died before another way was found.
        if told.state is NoticeState.FAILED is notice.after:
            await self._redecide({notice.shipment_id: f"failed:{notice.notice_id}"}, now)

    def _count(self, provider: str, state: str, many: int) -> None:
        self._metrics.taken.labels(provider, state).inc(many)


def _told(receipt: Receipt) -> Told:
    return Told(receipt.state, receipt.provider_id, _uuid(receipt.reference), receipt.code)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
