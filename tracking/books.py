"""What shops have granted in a month, held while more is granted: caps and budgets are kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Self
from uuid import UUID

import asyncpg

from schemas.policy import ShopPolicy
from tracking.domain.compensation import Room, cents_of
from tracking.domain.ledger import Entry
from tracking.store.compensations import (
    committed_to_shoppers,
    granted_in_month,
    hold_merchants,
)

Shopper = Sequence[bytes]
"""Hashes of who somebody is, under every key."""


class Wanting(NamedTuple):
    """A shop in whose name something may be granted, by this policy, to these shoppers."""

    merchant_id: UUID
    policy: ShopPolicy
    shoppers: Collection[bytes]


class Books:
    """Of the calendar month of `now`, UTC; counted on as it is granted."""

    def __init__(
        self, spent: Mapping[tuple[UUID, str], int], theirs: Mapping[tuple[UUID, str, bytes], int]
    ) -> None:
        self._spent, self._theirs = dict(spent), dict(theirs)

    @classmethod
    async def open(
        cls, conn: asyncpg.Connection, wanting: Sequence[Wanting], now: datetime
    ) -> Self:
        """Until the transaction ends nobody else opens those of these shops."""
        month, spent, theirs = _month(now), {}, {}
        await hold_merchants(conn, {each.merchant_id for each in wanting})
        for each in wanting:
            shop = each.merchant_id, each.policy.currency
            if each.policy.budget_month is not None:
                spent[shop] = await granted_in_month(conn, *shop, month)
            if each.policy.caps.shopper_month is not None and each.shoppers:
                found = await committed_to_shoppers(conn, *shop, list(each.shoppers), month)
                theirs.update({(*shop, who): cents for who, cents in found.items()})
        return cls(spent, theirs)

    def room(self, merchant_id: UUID, policy: ShopPolicy, shopper: Shopper) -> Room:
        shop = merchant_id, policy.currency
        theirs = sum(self._theirs.get((*shop, who), 0) for who in shopper)
        return Room(
            shopper=_left(policy.caps.shopper_month, theirs) if shopper else None,
            budget=_left(policy.budget_month, self._spent.get(shop, 0)),
            alone=cents_of(policy.approval_above) if policy.approval_above else None,
        )

    def note(
        self, merchant_id: UUID, currency: str, shopper: Shopper, before: Entry | None, after: Entry
    ) -> None:
        shop = merchant_id, currency
        more = after.granted - (before.granted if before else 0)
        self._spent[shop] = self._spent.get(shop, 0) + max(0, more)
        if shopper:
            key = (*shop, shopper[0])
            more = after.committed - (before.committed if before else 0)
            self._theirs[key] = self._theirs.get(key, 0) + max(0, more)


def _month(now: datetime) -> tuple[datetime, datetime]:
    """Its beginning and its end."""
    begins = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (begins.year + begins.month // 12, begins.month % 12 + 1)
    return begins, begins.replace(year=following[0], month=following[1])


def _left(limit: str | None, spent: int) -> int | None:
    return None if limit is None else cents_of(limit) - spent
