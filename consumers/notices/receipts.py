"""Receipts: held against their notices, in any order and however often they come."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
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
        self._note(provider, told, found)
        await self._look_again(zip(told, found, strict=True), now)
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
                self._note(provider, [told], [notice])
            await self._look_again(((told, notice) for _, told, notice in matched), now)
        forgotten = await retried(partial(self._receipts.forget_early_receipts, now - KEPT))
        for provider, many in forgotten.items():
            self._count(provider, "unknown", many)
            log.warning("receipt.unknown", provider=provider, receipts=many)

    async def _look_again(self, ends: Iterable[tuple[Told, Settled | None]], now: datetime) -> None:
        """At what failed, for another way: one decision for all of it."""
        failed = {
            notice.shipment_id: f"failed:{notice.notice_id}"
            for told, notice in ends
            if notice is not None and told.state is NoticeState.FAILED is notice.after
        }
        if failed:
            await self._redecide(failed, now)

    def _note(self, provider: str, told: Sequence[Told], found: Sequence[Settled | None]) -> None:
        for each, notice in zip(told, found, strict=True):
            self._count(provider, _meaning(each, notice), 1)
            if notice is None and each.provider_id is None:
                log.warning("receipt.unknown", provider=provider, receipts=1)
            elif notice is not None and notice.after is not notice.before:
                log.info(
                    "receipt.settled",
                    message_id=notice.notice_id,
                    shipment_id=notice.shipment_id,
                    state=notice.after,
                    reason=each.code,
                )

    def _count(self, provider: str, state: str, many: int) -> None:
        self._metrics.taken.labels(provider, state).inc(many)


def _meaning(told: Told, notice: Settled | None) -> str:
    if notice is not None:
        return told.state
    return "unknown" if told.provider_id is None else "early"


def _told(receipt: Receipt) -> Told:
    return Told(receipt.state, receipt.provider_id, _uuid(receipt.reference), receipt.code)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
