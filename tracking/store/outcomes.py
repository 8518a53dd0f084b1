"""How carriers kept their word: parcel by parcel for the bill, and in sum."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import connection

_AT_ONCE: Final = 500


class Claim(NamedTuple):
    """A parcel that was late or lost by its carrier. `cents`: what its shop has paid for that."""

    shipment_id: UUID
    tracking_number: str
    merchant_name: str
    order_ref: str | None
    service: str | None
    country: str
    status: str
    reason: str | None
    promised_by: datetime | None
    arrived_at: datetime | None
    accepted_at: datetime | None
    in_transit_at: datetime | None
    out_for_delivery_at: datetime | None
    attempts: int
    is_lost: bool
    stopped_at: datetime | None
    estimate_by: datetime | None
    value_cents: int | None
    value_currency: str | None
    cents: int | None
    currency: str | None


class Score(NamedTuple):
    """Of one carrier and service. `late_…` in hours, of those that came late; `judged` had a
    promise that is kept or broken.
    """

    carrier: str
    service: str
    parcels: int
    judged: int
    on_time: int
    late_p50: float | None
    late_p90: float | None
    arrived: int
    first_try: int
    locker_days: float | None
    silent: int
    lost: int


async def claims(
    pool: asyncpg.Pool, carrier: str, since: datetime, before: datetime, merchant: UUID | None
) -> AsyncIterator[Claim]:
    """Due in this time, however many."""
    behind = UUID(int=0)
    while True:
        async with connection(pool) as conn:
            rows = await conn.fetch(
                SQL["claims"], carrier, since, before, merchant, behind, _AT_ONCE
            )
        for row in rows:
            yield Claim(**dict(row))
        if len(rows) < _AT_ONCE:
            return
        behind = rows[-1]["shipment_id"]


async def scorecard(
    pool: asyncpg.Pool, since: datetime, before: datetime, merchant: UUID | None
) -> list[Score]:
    async with connection(pool) as conn:
        rows = await conn.fetch(SQL["scorecard"], since, before, merchant)
    return [Score(**dict(row)) for row in rows]
