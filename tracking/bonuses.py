"""Bonus codes as their shop knows them: what each is worth, and used in part or whole."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

import asyncpg

from schemas.api import Money
from schemas.compensation import BonusBody, Redemption
from tracking.bonus_code import code_hashes
from tracking.compensations import keep_moves, moves_to
from tracking.domain.ledger import is_taken_back, left_of, redeem, used_of
from tracking.errors import KlatError
from tracking.sealing import Sealer
from tracking.store.clock import hold_shipments
from tracking.store.compensations import (
    CompensationRow,
    FoundBonus,
    bonus_by_code,
    compensations_of,
    insert_redemption,
    redeemed_by,
)
from tracking.store.pool import connection, retried, transaction

BY_SHOP = "shop"


class NoSuchBonus(KlatError):  # noqa: N818 - named for what was found
    """No bonus of this shop has this code."""


class BonusRefused(KlatError):  # noqa: N818 - named for what was decided
    """It cannot be redeemed so. `left` is what it is worth."""

    def __init__(self, why: str, left: Money) -> None:
        super().__init__(why)
        self.left = left


async def find_bonus(pool: asyncpg.Pool, sealer: Sealer, merchant_id: UUID, code: str) -> BonusBody:
    """What it is worth. Raises NoSuchBonus, StoreUnavailable."""
    async with connection(pool) as conn:
        found = await _found(conn, sealer, merchant_id, code)
        rows = (await compensations_of(conn, [found.shipment_id])).get(found.shipment_id, ())
    return _body(found, rows)


async def redeem_bonus(
    pool: asyncpg.Pool,
    sealer: Sealer,
    merchant_id: UUID,
    code: str,
    asked: Redemption,
    *,
    call: str,
    now: datetime,
) -> BonusBody:
    """Use so much of it for an order; for a call of the same name only once.

    Raises NoSuchBonus, BonusRefused, StoreUnavailable.
    """
    named = f"redemption\x1f{merchant_id}\x1f{call}"
    return await retried(partial(_redeem, pool, sealer, merchant_id, code, asked, named, now))


async def _redeem(
    pool: asyncpg.Pool,
    sealer: Sealer,
    merchant_id: UUID,
    code: str,
    asked: Redemption,
    call: str,
    now: datetime,
) -> BonusBody:
    async with transaction(pool) as conn:
        found = await _found(conn, sealer, merchant_id, code)
        await hold_shipments(conn, [found.shipment_id])
        rows = (await compensations_of(conn, [found.shipment_id])).get(found.shipment_id, ())
        key, cents = uuid5(found.shipment_id, call), asked.amount.cents
        if not await insert_redemption(conn, found.shipment_id, key, cents, asked.order, now):
            return await _told_before(conn, found, rows, key, cents)
        _refuse(found, rows, asked.amount, now)
        changed = moves_to(rows, redeem([row.entry for row in rows], cents), "redeemed")
        await keep_moves(conn, changed, by=BY_SHOP, now=now)
        standing = {row.entry.tier: row for row in (*rows, *(each.row for each in changed))}
        return _body(found, list(standing.values()))


async def _told_before(
    conn: asyncpg.Connection,
    found: FoundBonus,
    rows: Sequence[CompensationRow],
    key: UUID,
    asked: int,
) -> BonusBody:
    """Raises BonusRefused where the same call took another sum."""
    took = await redeemed_by(conn, found.shipment_id, key)
    if took != asked:
        raise BonusRefused("this call took another sum before", _left(found, rows))
    return _body(found, rows)


async def _found(
    conn: asyncpg.Connection, sealer: Sealer, merchant_id: UUID, code: str
) -> FoundBonus:
    found = await bonus_by_code(conn, code_hashes(sealer, code))
    if found is None or found.merchant_id != merchant_id:
        raise NoSuchBonus
    return found


def _refuse(
    found: FoundBonus, rows: Sequence[CompensationRow], asked: Money, now: datetime
) -> None:
    """Raises BonusRefused where it cannot be so."""
    left = _left(found, rows)
    if asked.currency != found.currency:
        raise BonusRefused(f"it is worth {found.currency}", left)
    if asked.cents == 0:
        raise BonusRefused("nothing is asked for", left)
    if now >= found.valid_until:
        raise BonusRefused("its time is over", left)
    if left.cents == 0 and is_taken_back([row.entry for row in rows]):
        raise BonusRefused("it was taken back, as it was not owed", left)
    if asked.cents > left.cents:
        raise BonusRefused("there is not so much left of it", left)


def _left(found: FoundBonus, rows: Sequence[CompensationRow]) -> Money:
    return Money.from_cents(left_of([row.entry for row in rows]), found.currency)


def _body(found: FoundBonus, rows: Sequence[CompensationRow]) -> BonusBody:
    return BonusBody(
        left=_left(found, rows),
        redeemed=Money.from_cents(used_of([row.entry for row in rows]), found.currency),
        valid_until=found.valid_until,
    )
