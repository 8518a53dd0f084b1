"""How parcels fared, how long others took, and what is expected of those on their way."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL
from tracking.store.pool import connection


class Outcome(NamedTuple):
    """In the order of its columns; instants are UTC."""

    shipment_id: UUID
    merchant_id: UUID
    carrier: str
    tracking_number: str
    order_ref: str | None
    service: str | None
    country: str
    region: str | None
    zone: str
    status: str
    reason: str | None
    promised_by: datetime | None
    slip: str | None
    info_received_at: datetime | None
    accepted_at: datetime | None
    in_transit_at: datetime | None
    out_for_delivery_at: datetime | None
    arrived_at: datetime | None
    collected_at: datetime | None
    attempts: int
    is_lost: bool
    was_silent: bool
    stopped_at: datetime | None
    estimate_by: datetime | None
    eta_p50: datetime | None
    eta_p90: datetime | None


class Eta(NamedTuple):
    """`starts` to `ends` is what is shown; `samples`: from how many parcels it is known."""

    starts: datetime
    ends: datetime
    p50: datetime
    p90: datetime
    samples: int


class HistogramRow(NamedTuple):
    """`bins` are places in tracking.domain.eta.EDGES, each with its count."""

    level: int
    stage: str
    carrier: str
    country: str | None
    service: str | None
    merchant_id: UUID | None
    region: str | None
    weekday: int | None
    bins: Sequence[int]
    counts: Sequence[int]


class EstimateErrors(NamedTuple):
    """In the middle, in hours, over so many parcels."""

    carrier: str
    parcels: int
    carrier_error: float
    our_error: float


async def keep_outcomes(
    conn: asyncpg.Connection, outcomes: Sequence[Outcome], now: datetime
) -> None:
    if outcomes:
        columns = zip(*outcomes, strict=True)
        await conn.execute(SQL["keep_outcomes"], *map(list, columns), now)


async def keep_etas(conn: asyncpg.Connection, etas: Mapping[UUID, Eta], now: datetime) -> None:
    if etas:
        columns = zip(*etas.values(), strict=True)
        await conn.execute(SQL["keep_etas"], list(etas), *map(list, columns), now)


async def drop_etas(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    if ids:
        await conn.execute(SQL["drop_etas"], list(ids))


async def eta_of(pool: asyncpg.Pool, shipment_id: UUID) -> Eta | None:
    async with connection(pool) as conn:
        row = await conn.fetchrow(SQL["eta_of"], shipment_id)
    return Eta(**dict(row)) if row else None


async def claim_histograms(conn: asyncpg.Connection, before: datetime, now: datetime) -> bool:
    return await conn.fetchval(SQL["claim_histograms"], before, now) is not None


async def forget_histograms(conn: asyncpg.Connection) -> None:
    await conn.execute(SQL["forget_histograms"])


async def make_histograms(
    conn: asyncpg.Connection, edges: Sequence[float], since: datetime
) -> None:
    await conn.execute(SQL["make_histograms"], [float(each) for each in edges], since)


async def all_histograms(conn: asyncpg.Connection) -> list[HistogramRow]:
    return [HistogramRow(**dict(row)) for row in await conn.fetch(SQL["all_histograms"])]


async def estimate_errors(conn: asyncpg.Connection, since: datetime) -> list[EstimateErrors]:
    return [EstimateErrors(**dict(row)) for row in await conn.fetch(SQL["estimate_errors"], since)]


def eta_in(row: asyncpg.Record) -> Eta | None:
    """Of a row in which its columns are called eta_…"""
    if row["eta_starts"] is None:
        return None
    return Eta(
        row["eta_starts"], row["eta_ends"], row["eta_p50"], row["eta_p90"], row["eta_samples"]
    )
