"""Compensations, their moves, and the codes by which they are redeemed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

import asyncpg

from schemas.compensation import CompensationState, Evidence
from schemas.policy import Bearer, BonusKind
from schemas.shipment import ShipmentState
from tracking.domain.ledger import Entry
from tracking.domain.promise import Promise
from tracking.sql import SQL
from tracking.store.promises import promises_in


@dataclass(frozen=True, slots=True)
class Case:
    """A shop's parcel as it is judged. `contact` is sealed."""

    shipment_id: UUID
    carrier: str
    tracking_number: str
    version: int
    state: ShipmentState
    merchant_id: UUID
    order: str | None
    country: str | None
    contact: str | None
    registered_at: datetime
    value_cents: int | None
    value_currency: str | None
    promises: Sequence[Promise]


@dataclass(frozen=True, slots=True)
class CompensationRow:
    """One tier of one parcel. `due_at`: when the shop's endpoint is asked, None where it is not."""

    shipment_id: UUID
    merchant_id: UUID
    policy_version: int
    policy: str
    rule: str
    borne_by: Bearer
    currency: str
    entry: Entry
    evidence: Evidence
    due_at: datetime | None
    tries: int
    created_at: datetime
    changed_at: datetime

    @property
    def compensation_id(self) -> UUID:
        return compensation_id(self.shipment_id, self.entry.tier)


def compensation_id(shipment_id: UUID, tier: int) -> UUID:
    """One id for one tier of one parcel, however often it is decided."""
    return uuid5(shipment_id, f"compensation\x1f{tier}")


class Move(NamedTuple):
    tier: int
    at: datetime
    state: CompensationState
    cents: int
    by: str
    why: str | None


class Open(NamedTuple):
    """What waits for somebody."""

    shipment_id: UUID
    tier: int
    carrier: str
    tracking_number: str
    merchant_name: str
    currency: str
    cents: int
    rule: str
    state: str
    reason: str | None
    created_at: datetime


class BonusRow(NamedTuple):
    """`code` is sealed."""

    shipment_id: UUID
    merchant_id: UUID
    code: str
    currency: str
    valid_until: datetime
    created_at: datetime


class NewBonus(NamedTuple):
    shipment_id: UUID
    merchant_id: UUID
    code_hash: bytes
    code: str
    currency: str
    valid_until: datetime
    tell: bool


class FoundBonus(NamedTuple):
    shipment_id: UUID
    merchant_id: UUID
    currency: str
    valid_until: datetime


class Moved(NamedTuple):
    """A row as it is now, and as it was; why it moved, and whose shopper it is."""

    row: CompensationRow
    before: Entry | None
    why: str | None
    shopper: bytes | None = None


async def worth_judging(conn: asyncpg.Connection, ids: Collection[UUID]) -> list[UUID]:
    rows = await conn.fetch(SQL["worth_judging"], list(ids))
    return [row["shipment_id"] for row in rows]


async def cases(conn: asyncpg.Connection, ids: Sequence[UUID]) -> list[Case]:
    return [_case(row) for row in await conn.fetch(SQL["cases"], ids)]


async def registered_since(
    conn: asyncpg.Connection, merchant_id: UUID, since: datetime, after: UUID, most: int
) -> list[tuple[UUID, datetime]]:
    """In the order of registration, behind this one."""
    rows = await conn.fetch(SQL["registered_since"], merchant_id, since, after, most)
    return [(row["shipment_id"], row["registered_at"]) for row in rows]


async def compensations_of(
    conn: asyncpg.Connection, ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[CompensationRow]]:
    found: dict[UUID, list[CompensationRow]] = defaultdict(list)
    for row in await conn.fetch(SQL["compensations_of"], ids):
        found[row["shipment_id"]].append(_row(row))
    return found


async def hold_merchants(conn: asyncpg.Connection, merchants: Iterable[UUID]) -> None:
    await conn.fetchval(SQL["hold_merchants"], sorted(merchants))


async def granted_in_month(
    conn: asyncpg.Connection, merchant_id: UUID, currency: str, month: tuple[datetime, datetime]
) -> int:
    """In cents."""
    found: int = await conn.fetchval(SQL["granted_in_month"], merchant_id, currency, *month)
    return found


async def committed_to_shoppers(
    conn: asyncpg.Connection,
    merchant_id: UUID,
    currency: str,
    shoppers: Sequence[bytes],
    month: tuple[datetime, datetime],
) -> Mapping[bytes, int]:
    """In cents, with what waits for a yes."""
    rows = await conn.fetch(SQL["committed_to_shoppers"], merchant_id, currency, shoppers, *month)
    return {row["shopper"]: row["cents"] for row in rows}


async def keep_compensations(
    conn: asyncpg.Connection, moved: Sequence[Moved], by: str, now: datetime
) -> None:
    if moved:
        columns = zip(*map(_columns, moved), strict=True)
        await conn.execute(SQL["keep_compensations"], *map(list, columns), by, now)


async def moves_of(conn: asyncpg.Connection, shipment_id: UUID) -> list[Move]:
    rows = await conn.fetch(SQL["moves_of"], shipment_id)
    return [Move(**{**dict(row), "state": CompensationState(row["state"])}) for row in rows]


async def open_compensations(
    conn: asyncpg.Connection, merchant_id: UUID | None, most: int
) -> list[Open]:
    rows = await conn.fetch(SQL["open_compensations"], merchant_id, most)
    return [Open(**dict(row)) for row in rows]


async def bonuses_of(conn: asyncpg.Connection, ids: Sequence[UUID]) -> Mapping[UUID, BonusRow]:
    rows = await conn.fetch(SQL["bonuses_of"], ids)
    return {row["shipment_id"]: BonusRow(**dict(row)) for row in rows}


async def keep_bonuses(
    conn: asyncpg.Connection, bonuses: Sequence[NewBonus], now: datetime
) -> None:
    if bonuses:
        columns = zip(*bonuses, strict=True)
        await conn.execute(SQL["keep_bonuses"], *map(list, columns), now)


async def bonus_by_code(conn: asyncpg.Connection, hashes: Sequence[bytes]) -> FoundBonus | None:
    row = await conn.fetchrow(SQL["bonus_by_code"], hashes)
    return FoundBonus(**dict(row)) if row else None


async def insert_redemption(
    conn: asyncpg.Connection,
    shipment_id: UUID,
    redemption_id: UUID,
    cents: int,
    order: str,
    now: datetime,
) -> bool:
    """False where it was inserted before."""
    new = await conn.fetchval(
        SQL["insert_redemption"], shipment_id, redemption_id, cents, order, now
    )
    return new is not None


def _columns(moved: Moved) -> tuple[object, ...]:
    row, entry = moved.row, moved.row.entry
    before = moved.before
    return (
        row.shipment_id,
        entry.tier,
        row.compensation_id,
        row.merchant_id,
        row.policy_version,
        row.policy,
        row.rule,
        entry.kind,
        row.borne_by,
        row.currency,
        entry.cents,
        entry.used,
        entry.in_hand,
        entry.barred,
        entry.state,
        entry.reason,
        row.evidence.model_dump_json(),
        row.due_at,
        row.tries,
        moved.why,
        moved.shopper,
        entry.granted - (before.granted if before else 0),
        entry.committed - (before.committed if before else 0),
    )


def _row(row: asyncpg.Record) -> CompensationRow:
    entry = Entry(
        tier=row["tier"],
        kind=BonusKind(row["kind"]),
        cents=row["cents"],
        state=CompensationState(row["state"]),
        used=row["used"],
        reason=row["reason"],
        barred=row["barred"],
        in_hand=row["in_hand"],
    )
    same = ("shipment_id", "merchant_id", "policy_version", "policy", "rule", "currency")
    times = ("due_at", "tries", "created_at", "changed_at")
    return CompensationRow(
        **{name: row[name] for name in (*same, *times)},
        borne_by=Bearer(row["borne_by"]),
        entry=entry,
        evidence=Evidence.kept(row["evidence"]),
    )


def _case(row: asyncpg.Record) -> Case:
    same = ("shipment_id", "carrier", "tracking_number", "version", "merchant_id", "country")
    more = ("contact", "registered_at", "value_cents", "value_currency")
    return Case(
        **{name: row[name] for name in (*same, *more)},
        state=ShipmentState.kept(row["state"]),
        order=row["order_ref"],
        promises=promises_in(row),
    )


async def redeemed_by(
    conn: asyncpg.Connection, shipment_id: UUID, redemption_id: UUID
) -> int | None:
    """In cents; None where there was none."""
    found: int | None = await conn.fetchval(SQL["redeemed_by"], shipment_id, redemption_id)
    return found


async def due_payouts(conn: asyncpg.Connection, now: datetime, most: int) -> list[tuple[UUID, int]]:
    """Parcel and tier of each; whoever claims them holds the parcel and reads anew."""
    rows = await conn.fetch(SQL["due_payouts"], now, most)
    return [(row["shipment_id"], row["tier"]) for row in rows]


async def put_off_payouts(conn: asyncpg.Connection, rows: Sequence[CompensationRow]) -> None:
    """That is no move: only when it is tried again, and what is in hand."""
    if rows:
        columns = [
            [row.shipment_id for row in rows],
            [row.entry.tier for row in rows],
            [row.due_at for row in rows],
            [row.tries for row in rows],
            [row.entry.used for row in rows],
            [row.entry.in_hand for row in rows],
        ]
        await conn.execute(SQL["put_off_payouts"], *columns)


async def payout_secrets(
    conn: asyncpg.Connection, merchants: Collection[UUID]
) -> Mapping[UUID, str]:
    rows = await conn.fetch(SQL["payout_secrets"], list(merchants))
    return {row["merchant_id"]: row["secret"] for row in rows}


async def save_payout_secret(
    conn: asyncpg.Connection, merchant_id: UUID, sealed: str, now: datetime
) -> None:
    await conn.execute(SQL["save_payout_secret"], merchant_id, sealed, now)
