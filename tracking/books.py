"""What shops have granted in a month, held while more is granted: caps and budgets are kept."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Self
from uuid import UUID

import asyncpg

from schemas.policy import ShopPolicy
from tracking.domain.compensation import Room, cents_of
from tracking.domain.ledger import Entry
from tracking.store.compensations import CompensationRow, granted_in_month, hold_merchants


class Books:
    """Of the calendar month of `now`, UTC; counted on as it is granted."""

    def __init__(self, granted: Mapping[tuple[UUID, str, bytes | None], int], month: date) -> None:
        self._granted, self.month = dict(granted), month

    @classmethod
    async def open(
        cls, conn: asyncpg.Connection, merchants: Collection[UUID], now: datetime
    ) -> Self:
        """Until the transaction ends nobody else opens those of these shops."""
        month = now.astimezone(UTC).date().replace(day=1)
        await hold_merchants(conn, merchants)
        return cls(await granted_in_month(conn, merchants, month), month)

    def room(self, merchant_id: UUID, policy: ShopPolicy, shopper: bytes | None) -> Room:
        theirs = self._granted.get((merchant_id, policy.currency, shopper), 0)
        return Room(
            shopper=_left(policy.caps.shopper_month, theirs) if shopper else None,
            budget=_left(policy.budget_month, self.spent(merchant_id, policy.currency)),
            alone=cents_of(policy.approval_above) if policy.approval_above else None,
        )

    def spent(self, merchant_id: UUID, currency: str) -> int:
        return sum(
            cents
            for (shop, of_currency, _), cents in self._granted.items()
            if (shop, of_currency) == (merchant_id, currency)
        )

    def note(self, row: CompensationRow, before: Entry | None) -> None:
        """What was granted in another month counts there."""
        if row.month == self.month:
            key = row.merchant_id, row.currency, row.shopper
            more = row.entry.granted - (before.granted if before else 0)
            self._granted[key] = self._granted.get(key, 0) + more


def _left(limit: str | None, spent: int) -> int | None:
    return None if limit is None else cents_of(limit) - spent
