"""Parcels looked at as time goes by: what is news is published, and when to look again is kept.

One transaction and a handful of statements for a batch. Who looks holds the shipments, so it does
not matter how often or how late: what was told is known, and what is told now is true.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.facts import cloud_event
from schemas.scan import Scan
from tracking.announce import brought_by_time
from tracking.domain.compensation import thresholds
from tracking.domain.promise import Promises, promises_of
from tracking.domain.silence import expires_at, silence, stalls_at
from tracking.domain.slip import expected_by
from tracking.domain.standing import DeadlineKind, Published, Watched, standing
from tracking.domain.truth import truth_of
from tracking.incoming import incoming
from tracking.ingest import Batch, ingest
from tracking.place import delivery_country, delivery_zone
from tracking.policies import calendar_of, policy_at
from tracking.sealing import Sealer
from tracking.store.clock import (
    News,
    WatchedRow,
    due_shipments,
    hold_shipments,
    keep_deadlines,
    keep_standing,
    watched,
    watched_row,
    write_news,
)
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import retried, transaction

log = structlog.get_logger()

_LATER: Final = timedelta(hours=1)


@dataclass(slots=True)
class Looked:
    """What came of it. `earliest`: when one of these is due again; `news` are types of facts;
    `expired` is to be written into the histories of those of which there was no news for long.
    """

    shipments: int = 0
    news: Sequence[str] = ()
    earliest: datetime | None = None
    expired: Sequence[Scan] = ()


async def look_at(pool: asyncpg.Pool, ids: Collection[UUID], *, now: datetime) -> Looked:
    """At these, whatever happened to them. Raises StoreUnavailable."""
    return await retried(partial(_look_at, pool, ids, now))


async def look_at_due(pool: asyncpg.Pool, most: int, *, now: datetime) -> Looked:
    """At those whose time has come, the longest overdue first. Raises StoreUnavailable."""
    return await retried(partial(_look_at_due, pool, most, now))


async def note_expired(
    pool: asyncpg.Pool, scans: Sequence[Scan], sealer: Sealer, *, now: datetime
) -> None:
    """Once for each silence, however often it is called. Raises StoreUnavailable."""
    if scans:
        batch = Batch(scans=[incoming(each, now, sealer) for each in scans])
        await ingest(pool, batch, sealer, now=now)


async def _look_at(pool: asyncpg.Pool, ids: Collection[UUID], now: datetime) -> Looked:
    async with transaction(pool) as conn:
        await hold_shipments(conn, ids)
        return await _look(conn, list(ids), now)


async def _look_at_due(pool: asyncpg.Pool, most: int, now: datetime) -> Looked:
    async with transaction(pool) as conn:
        found = await due_shipments(conn, now, most)
        return await _look(conn, found, now) if found else Looked()


async def _look(conn: asyncpg.Connection, ids: Sequence[UUID], now: datetime) -> Looked:
    rows = await watched(conn, ids, now)
    merchants = {row["merchant_id"] for row in rows if row["merchant_id"] and row["at"]}
    policies = await policies_of(conn, merchants) if merchants else {}
    looks = [_looked_at(row, policies, now) for row in rows]
    news = [each for look in looks for each in look.news]
    await write_news(conn, news, now)
    await keep_standing(
        conn, {look.shipment_id: look.published for look in looks if look.published}
    )
    await keep_deadlines(conn, {look.shipment_id: look.deadlines for look in looks})
    return Looked(
        shipments=len(rows),
        news=[each.fact_type for each in news],
        earliest=min((due for look in looks for due in look.deadlines.values()), default=None),
        expired=[look.expired for look in looks if look.expired],
    )


class _Look(NamedTuple):
    """At one parcel. `published` is None where it is as before."""

    shipment_id: UUID
    news: Sequence[News]
    published: Published | None
    deadlines: Mapping[DeadlineKind, datetime]
    expired: Scan | None


def _looked_at(
    row: asyncpg.Record, policies: Mapping[UUID, Sequence[PolicyVersion]], now: datetime
) -> _Look:
    """What breaks us costs only itself, and is looked at again later."""
    try:
        return _decided(watched_row(row), policies, now)
    except Exception as error:
        log.exception(
            "clock.not_understood",
            shipment_id=row["shipment_id"],
            error_type=type(error).__name__,
        )
        return _Look(row["shipment_id"], (), None, {DeadlineKind.REVIEW: now + _LATER}, None)


def _decided(
    row: WatchedRow, policies: Mapping[UUID, Sequence[PolicyVersion]], now: datetime
) -> _Look:
    promises = promises_of(row.promises)
    versions = policies.get(row.merchant_id, ()) if row.merchant_id else ()
    watching = _watching(row, promises, versions)
    stands = standing(watching, row.published, now, is_review=row.is_review)
    expired = None
    if stands.is_expired and watching.expires_at is not None:
        expired = silence(row.carrier, row.tracking_number, watching.expires_at)
    return _Look(
        row.shipment_id,
        _news(row, promises, stands.news, now),
        stands.published if stands.published != row.published else None,
        stands.deadlines,
        expired,
    )


def _watching(
    row: WatchedRow, promises: Promises | None, versions: Sequence[PolicyVersion]
) -> Watched:
    zone = delivery_zone(row.carrier, row.country)
    country = delivery_country(row.carrier, row.country)
    held = policy_at(versions, promises.first.at, zone) if promises else None
    policy = held.policy if held else None
    calendar = calendar_of(policy, country)
    late: Sequence[datetime] = ()
    if promises and policy:
        late = thresholds(policy, truth_of(promises, row.state, None, country, zone), calendar)
    return Watched(
        state=row.state,
        deadline=promises.measure.by if promises else None,
        expected_by=expected_by(row.state.estimate),
        thresholds=late,
        stalls_at=stalls_at(row.state, zone, calendar) if row.merchant_id else None,
        expires_at=expires_at(row.state, row.registered_at or row.created_at),
    )


def _news(
    row: WatchedRow, promises: Promises | None, types: Sequence[str], now: datetime
) -> list[News]:
    facts = [
        brought_by_time(
            fact_type,
            version,
            row.state,
            promises,
            shipment_id=row.shipment_id,
            carrier=row.carrier,
            tracking_number=row.tracking_number,
            merchant_id=row.merchant_id,
            order=row.order,
            now=now,
        )
        for version, fact_type in enumerate(types, start=row.version + 1)
    ]
    return [News(row.shipment_id, fact.version, fact.type, cloud_event(fact)) for fact in facts]
