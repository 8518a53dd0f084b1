"""Compensations as rows that move: what they stand on, who moved them, what is told of that."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from schemas.api import Money
from schemas.compensation import (
    CompensationBody,
    CompensationMove,
    Evidence,
)
from schemas.facts import cloud_event
from schemas.policy import BonusKind
from tracking.announce import compensated
from tracking.bonus_code import code_context
from tracking.domain.ledger import Entry
from tracking.domain.promise import promises_of
from tracking.domain.slip import arrived_at
from tracking.sealing import SealBroken, Sealer
from tracking.store.clock import News, write_news
from tracking.store.compensations import (
    BonusRow,
    Case,
    CompensationRow,
    Move,
    Moved,
    bonuses_of,
    cases,
    compensations_of,
    keep_compensations,
    moves_of,
)
from tracking.store.pool import connection

log = structlog.get_logger()

_SHOWN: Final = 4  # signs of a code, enough to know it again


def evidence_of(case: Case, now: datetime) -> Evidence:
    promises, state = promises_of(case.promises), case.state
    return Evidence(
        promised_by=promises.measure.by if promises else None,
        first_promised_by=promises.first.by if promises else None,
        promise_made_by=promises.measure.mover if promises else None,
        arrived_at=arrived_at(state),
        status=state.status,
        reason=state.reason,
        decided_by=state.decided_by,
        last_scan_at=state.last_scan_at,
        judged_at=now,
        version=case.version,
    )


def news_of(known: Mapping[UUID, Case], moved: Sequence[Moved], now: datetime) -> list[News]:
    """A fact for each, each a version of its parcel."""
    told: dict[UUID, int] = defaultdict(int)
    news = []
    for row, _, why, _ in moved:
        case = known[row.shipment_id]
        told[row.shipment_id] += 1
        fact = compensated(
            row.entry.state,
            case.version + told[row.shipment_id],
            case.state,
            shipment_id=row.shipment_id,
            carrier=case.carrier,
            tracking_number=case.tracking_number,
            merchant_id=row.merchant_id,
            order=case.order,
            compensation_id=row.compensation_id,
            tier=row.entry.tier,
            kind=row.entry.kind,
            amount=Money.from_cents(row.entry.cents, row.currency),
            used=Money.from_cents(row.entry.used, row.currency),
            why=why,
            now=now,
        )
        news.append(News(row.shipment_id, fact.version, fact.type, cloud_event(fact)))
    return news


def moves_to(
    rows: Sequence[CompensationRow], entries: Sequence[Entry], why: str | None
) -> list[Moved]:
    """The rows of these entries, as they are now."""
    known = {row.entry.tier: row for row in rows}
    return [
        Moved(replace(known[each.tier], entry=each), known[each.tier].entry, why)
        for each in entries
    ]


async def keep_moves(
    conn: asyncpg.Connection, moved: Sequence[Moved], *, by: str, now: datetime
) -> None:
    """Whoever calls holds the shipments of these."""
    found = await cases(conn, list({each.row.shipment_id for each in moved}))
    await keep_compensations(conn, moved, by, now)
    news = news_of({case.shipment_id: case for case in found}, moved, now)
    await write_news(conn, news, now)


async def compensations(
    pool: asyncpg.Pool, sealer: Sealer, shipment_id: UUID
) -> list[CompensationBody]:
    """What was granted for a parcel, with every move. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        rows = (await compensations_of(conn, [shipment_id])).get(shipment_id, ())
        moves = await moves_of(conn, shipment_id) if rows else []
        codes = await bonuses_of(conn, [shipment_id]) if rows else {}
    code = _shown(sealer, codes.get(shipment_id))
    return [
        _body(row, [each for each in moves if each.tier == row.entry.tier], code) for row in rows
    ]


def _shown(sealer: Sealer, bonus: BonusRow | None) -> str | None:
    if bonus is None:
        return None
    try:
        return "…" + sealer.open_text(bonus.code, code_context(bonus.shipment_id))[-_SHOWN:]
    except SealBroken:
        log.warning("bonus.sealed_with_another_key", shipment_id=bonus.shipment_id)
        return None


def _body(row: CompensationRow, moves: Sequence[Move], code: str | None) -> CompensationBody:
    entry, currency = row.entry, row.currency
    return CompensationBody(
        id=row.compensation_id,
        shipment_id=row.shipment_id,
        tier=entry.tier,
        state=entry.state,
        kind=entry.kind,
        amount=Money.from_cents(entry.cents, currency),
        used=Money.from_cents(entry.used - entry.in_hand, currency),
        code=code if entry.kind is BonusKind.CODE else None,
        policy=row.policy,
        policy_version=row.policy_version,
        rule=row.rule,
        borne_by=row.borne_by,
        reason=entry.reason,
        evidence=row.evidence,
        created_at=row.created_at,
        changed_at=row.changed_at,
        moves=[
            CompensationMove(
                at=each.at,
                state=each.state,
                amount=Money.from_cents(each.cents, currency),
                by=each.by,
                why=each.why,
            )
            for each in moves
        ],
    )
