"""What stands beside a parcel: what was posted of it, when it is looked at again, what its shopper
did, and the payload of a scan. Read for support only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from schemas.webhook import DeliveryState
from tracking.domain.standing import DeadlineKind
from tracking.sql import SQL
from tracking.store.pool import connection

_MOST = 200  # deliveries


class Posted(NamedTuple):
    """`url` None: the webhook is gone; `status` is that of HTTP."""

    type: str
    state: DeliveryState
    due_at: datetime
    tries: int
    tried_at: datetime | None
    outcome: str | None
    status: int | None
    response_ms: int | None
    created_at: datetime
    url: str | None


class Deadline(NamedTuple):
    kind: DeadlineKind
    due_at: datetime


class Subscribed(NamedTuple):
    at: datetime
    language: str


class Guesses(NamedTuple):
    """Wrong answers to the second factor; until `paused_until` nobody may try."""

    wrong: int
    paused_until: datetime | None


class Wish(NamedTuple):
    channel: Channel
    reason: SuppressionReason
    level: Level
    since: datetime


@dataclass(frozen=True, slots=True)
class Beside:
    posted: Sequence[Posted] = ()
    deadlines: Sequence[Deadline] = ()
    subscribed: Sequence[Subscribed] = ()
    guesses: Guesses | None = None
    wishes: Sequence[Wish] = ()


class RawScan(NamedTuple):
    """`body` is a Scan as JSON; `sealed` the payload, None where there is none or none any more."""

    body: str
    received_at: datetime
    digest: bytes | None
    sealed: bytes | None


async def read_beside(
    pool: asyncpg.Pool, shipment_id: UUID, merchant_id: UUID | None, hashes: Sequence[bytes]
) -> Beside:
    """`hashes` are those of the addresses of its people. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        shop = merchant_id is not None
        return Beside(
            await deliveries_of_parcel(conn, merchant_id, shipment_id) if shop else (),
            await deadlines_of(conn, shipment_id),
            await subscribed_at(conn, shipment_id),
            await guesses_at(conn, shipment_id),
            await wishes_since(conn, hashes, merchant_id) if shop and hashes else (),
        )


async def besides(pool: asyncpg.Pool, ids: Sequence[UUID]) -> dict[UUID, str]:
    """By parcel, 32 hexadecimal digits: others as soon as a message, bonus, case or deed of staff
    is another one. Raises StoreUnavailable.
    """
    async with connection(pool) as conn:
        rows = await conn.fetch(SQL["besides"], ids)
    return {row["shipment_id"]: row["sign"] for row in rows}


async def deliveries_of_parcel(
    conn: asyncpg.Connection, merchant_id: UUID | None, shipment_id: UUID
) -> list[Posted]:
    rows = await conn.fetch(SQL["deliveries_of_parcel"], merchant_id, str(shipment_id), _MOST)
    return [Posted(**{**dict(row), "state": DeliveryState(row["state"])}) for row in rows]


async def deadlines_of(conn: asyncpg.Connection, shipment_id: UUID) -> list[Deadline]:
    rows = await conn.fetch(SQL["deadlines_of"], shipment_id)
    known = [row for row in rows if row["kind"] in list(DeadlineKind)]
    return [Deadline(DeadlineKind(row["kind"]), row["due_at"]) for row in known]


async def subscribed_at(conn: asyncpg.Connection, shipment_id: UUID) -> list[Subscribed]:
    rows = await conn.fetch(SQL["subscribed_at"], shipment_id)
    return [Subscribed(row["created_at"], row["language"]) for row in rows]


async def guesses_at(conn: asyncpg.Connection, shipment_id: UUID) -> Guesses | None:
    row = await conn.fetchrow(SQL["guesses_at"], shipment_id)
    return Guesses(**dict(row)) if row else None


async def wishes_since(
    conn: asyncpg.Connection, hashes: Sequence[bytes], merchant_id: UUID | None
) -> list[Wish]:
    rows = await conn.fetch(SQL["wishes_since"], list(hashes), merchant_id)
    return [
        Wish(
            Channel(row["channel"]),
            SuppressionReason(row["reason"]),
            Level(row["level"]),
            row["since"],
        )
        for row in rows
    ]


async def raw_of_scan(pool: asyncpg.Pool, shipment_id: UUID, key: bytes) -> RawScan | None:
    """None where this parcel has no such scan. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        row = await conn.fetchrow(SQL["raw_of_scan"], shipment_id, key)
    return (
        RawScan(row["body"], row["received_at"], row["raw_digest"], row["sealed"]) if row else None
    )
