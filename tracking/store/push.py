"""Push subscriptions: which browsers asked to be told about a parcel."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import connection, transaction
from tracking.store.registrations import Registrations


class SealedSubscription(NamedTuple):
    """`sealed` opens with tracking.push; bound to the shipment."""

    subscription_id: bytes
    language: str
    sealed: str


class PushSubscriptions:
    """Links come here hashed, endpoints and their keys sealed."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def keep(
        self,
        shipment_id: UUID,
        new: SealedSubscription,
        token_hashes: Sequence[bytes],
        most: int,
        *,
        now: datetime,
    ) -> bool:
        """Keep it, and at the most so many of this parcel. False: the link is none any more.

        One at a time for a parcel: two at once would each leave the other's out of the count.
        """
        async with transaction(self._pool) as conn:
            await Registrations(self._pool).registration_for_update(conn, shipment_id)
            saved = await save_push_subscription(conn, shipment_id, new, token_hashes, now)
            if saved:
                await trim_push_subscriptions(conn, shipment_id, most)
        return saved

    async def push_language(self, shipment_id: UUID, subscription_id: bytes) -> str | None:
        """None where this browser is not told of the parcel."""
        async with connection(self._pool) as conn:
            return await conn.fetchval(SQL["push_language"], shipment_id, subscription_id)  # type: ignore[no-any-return]  # no types

    async def forget(self, shipment_id: UUID, subscription_id: bytes) -> None:
        async with connection(self._pool) as conn:
            await drop_push_subscriptions(conn, [(shipment_id, subscription_id)])


async def save_push_subscription(
    conn: asyncpg.Connection,
    shipment_id: UUID,
    new: SealedSubscription,
    token_hashes: Sequence[bytes],
    now: datetime,
) -> bool:
    saved = await conn.fetchval(
        SQL["save_push_subscription"],
        shipment_id,
        new.subscription_id,
        token_hashes,
        new.language,
        new.sealed,
        now,
    )
    return saved is not None


async def trim_push_subscriptions(conn: asyncpg.Connection, shipment_id: UUID, most: int) -> None:
    await conn.execute(SQL["trim_push_subscriptions"], shipment_id, most)


async def push_subscriptions_of(
    conn: asyncpg.Connection, ids: Sequence[UUID]
) -> dict[UUID, list[SealedSubscription]]:
    """By shipment, the latest first; a shipment without one is left out."""
    found: dict[UUID, list[SealedSubscription]] = {}
    for row in await conn.fetch(SQL["push_subscriptions_of"], ids):
        one = SealedSubscription(row["subscription_id"], row["language"], row["sealed"])
        found.setdefault(row["shipment_id"], []).append(one)
    return found


async def drop_push_subscriptions(
    conn: asyncpg.Connection, gone: Sequence[tuple[UUID, bytes]]
) -> None:
    await conn.execute(SQL["drop_push_subscriptions"], *zip(*gone, strict=True))
