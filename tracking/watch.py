"""Parcels looked at as time goes by: what is news is published, and when to look again is kept.

One transaction and a handful of statements for a batch. Who looks holds the shipments, so it does
not matter how often or how late: what was told is known, and what is told now is true.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from schemas.scan import Scan
from tracking.domain.standing import DeadlineKind
from tracking.estimates import Histograms
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.look import Look, Policies, look_at_row
from tracking.sealing import Sealer
from tracking.store.clock import (
    due_shipments,
    hold_shipments,
    keep_deadlines,
    keep_standing,
    watched,
    watched_row,
    write_news,
)
from tracking.store.estimates import drop_etas, keep_etas, keep_outcomes
from tracking.store.policies import policies_of
from tracking.store.pool import retried, transaction

log = structlog.get_logger()

_LATER: Final = timedelta(hours=1)
_NOTHING: Final = Histograms()


@dataclass(slots=True)
class Looked:
    """What came of it. `earliest`: when one of these is due again; `news` are types of facts;
    `expired` is to be written into the histories of those of which there was no news for long.
    """

    shipments: int = 0
    news: Sequence[str] = ()
    earliest: datetime | None = None
    expired: Sequence[Scan] = ()


async def look_at(
    pool: asyncpg.Pool, ids: Collection[UUID], known: Histograms = _NOTHING, *, now: datetime
) -> Looked:
    """At these, whatever happened to them. Raises StoreUnavailable."""
    return await retried(partial(_look_at, pool, ids, known, now))


async def look_at_due(
    pool: asyncpg.Pool, most: int, known: Histograms = _NOTHING, *, now: datetime
) -> Looked:
    """At those whose time has come, the longest overdue first. Raises StoreUnavailable."""
    return await retried(partial(_look_at_due, pool, most, known, now))


async def note_expired(
    pool: asyncpg.Pool, scans: Sequence[Scan], sealer: Sealer, *, now: datetime
) -> None:
    """Once for each silence, however often it is called. Raises StoreUnavailable."""
    if scans:
        batch = Batch(scans=[incoming(each, now, sealer) for each in scans])
        await ingest(pool, batch, sealer, now=now)


async def _look_at(
    pool: asyncpg.Pool, ids: Collection[UUID], known: Histograms, now: datetime
) -> Looked:
    async with transaction(pool) as conn:
        await hold_shipments(conn, ids)
        return await _look(conn, list(ids), known, now)


async def _look_at_due(pool: asyncpg.Pool, most: int, known: Histograms, now: datetime) -> Looked:
    async with transaction(pool) as conn:
        found = await due_shipments(conn, now, most)
        return await _look(conn, found, known, now) if found else Looked()


async def _look(
    conn: asyncpg.Connection, ids: Sequence[UUID], known: Histograms, now: datetime
) -> Looked:
    rows = await watched(conn, ids)
    merchants = {row["merchant_id"] for row in rows if row["merchant_id"] and row["at"]}
    policies = await policies_of(conn, merchants) if merchants else {}
    looks = [looked_at(row, policies, known, now) for row in rows]
    await keep_looks(conn, looks, rows, now)
    return Looked(
        shipments=len(rows),
        news=[each.fact_type for look in looks for each in look.news],
        earliest=min((due for look in looks for due in look.deadlines.values()), default=None),
        expired=[look.expired for look in looks if look.expired],
    )


def looked_at(row: asyncpg.Record, policies: Policies, known: Histograms, now: datetime) -> Look:
    """A row of `watched`. What breaks us costs only itself, and is looked at again later."""
    try:
        return look_at_row(watched_row(row), policies, known, now)
    except Exception as error:
        log.exception(
            "clock.not_understood",
            shipment_id=row["shipment_id"],
            error_type=type(error).__name__,
        )
        return Look(row["shipment_id"], {DeadlineKind.REVIEW: now + _LATER})


async def keep_looks(
    conn: asyncpg.Connection, looks: Sequence[Look], rows: Sequence[asyncpg.Record], now: datetime
) -> None:
    """What came of looks at these rows of `watched`, whose shipments the caller holds."""
    published = {look.shipment_id: look.published for look in looks if look.published}
    shown = {row["shipment_id"]: row["eta_starts"] for row in rows}
    etas = {
        look.shipment_id: look.eta
        for look in looks
        if look.eta and look.eta.starts != shown[look.shipment_id]
    }
    gone = [look.shipment_id for look in looks if not look.eta and shown[look.shipment_id]]
    await write_news(conn, [each for look in looks for each in look.news], now)
    await keep_standing(conn, published)
    reviewed = {row["shipment_id"]: row["review_at"] for row in rows if row["review_at"]}
    await keep_deadlines(conn, {look.shipment_id: look.deadlines for look in looks}, reviewed)
    await keep_outcomes(conn, [look.outcome for look in looks if look.outcome], now)
    await keep_etas(conn, etas, now)
    await drop_etas(conn, gone)
