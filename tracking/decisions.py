"""What people decide of a compensation: yes, no, done by hand, try again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from schemas.compensation import CompensationState
from schemas.policy import Goodwill
from schemas.staff import StaffRole
from tracking.codes import issue_codes
from tracking.compensations import keep_moves
from tracking.domain.goodwill import may_approve
from tracking.domain.ledger import Entry
from tracking.errors import KlatError
from tracking.judge import judge_held
from tracking.sealing import Sealer
from tracking.staff.audit import Noting
from tracking.store.clock import hold_shipments
from tracking.store.compensations import CompensationRow, Moved, compensations_of
from tracking.store.policies import policies_of
from tracking.store.pool import connection, retried, transaction


class NoSuchCompensation(KlatError):  # noqa: N818 - named for what was found
    """No tier of this parcel has granted anything."""


class AboveRole(KlatError):  # noqa: N818 - the same
    """More than this role may say yes to."""


async def move(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    tier: int,
    make: Callable[[Entry], Entry],
    *,
    by: str,
    why: str | None = None,
    now: datetime,
    noting: Noting | None = None,
    role: StaffRole | None = None,
) -> CompensationRow:
    """Somebody's own move, and what follows: a yes to what is owed no more gives nothing.

    `noting` writes down who it was, in the same transaction; of `role` they are, where that limits
    what they may say yes to.

    Raises NoSuchCompensation, AboveRole, IllegalMove, StoreUnavailable.
    """
    return await retried(
        partial(_move, pool, sealer, shipment_id, tier, make, by, why, now, noting, role)
    )


async def _move(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    tier: int,
    make: Callable[[Entry], Entry],
    by: str,
    why: str | None,
    now: datetime,
    noting: Noting | None,
    role: StaffRole | None,
) -> CompensationRow:
    async with transaction(pool) as conn:
        await hold_shipments(conn, [shipment_id])
        before = await _row(conn, shipment_id, tier)
        if role is not None and not await _may_approve(conn, before, role):
            raise AboveRole
        entry = make(before.entry)
        due_at = now if entry.state is CompensationState.APPROVED else None
        row = replace(before, entry=entry, due_at=due_at, tries=0)
        await keep_moves(conn, [Moved(row, before.entry, why)], by=by, now=now)
        if noting is not None:
            await noting(conn)
        await issue_codes(conn, [row], sealer, now)
        await judge_held(conn, [shipment_id], sealer, now)
        return await _row(conn, shipment_id, tier)


async def _may_approve(conn: asyncpg.Connection, row: CompensationRow, role: StaffRole) -> bool:
    """By the limits of the policy under which it was asked for, or is owed."""
    versions = (await policies_of(conn, {row.merchant_id})).get(row.merchant_id, ())
    held = next((each.policy for each in versions if each.version == row.policy_version), None)
    rules = held.goodwill if held else Goodwill()
    rows = (await compensations_of(conn, [row.shipment_id])).get(row.shipment_id, ())
    return may_approve(row.entry, [each.entry for each in rows], role, rules)


async def approvable(pool: asyncpg.Pool, shipment_id: UUID, role: StaffRole) -> set[int]:
    """The tiers that wait for a yes and may have it from this role. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        rows = (await compensations_of(conn, [shipment_id])).get(shipment_id, ())
        waiting = [row for row in rows if row.entry.state is CompensationState.PROPOSED]
        return {row.entry.tier for row in waiting if await _may_approve(conn, row, role)}


async def _row(conn: asyncpg.Connection, shipment_id: UUID, tier: int) -> CompensationRow:
    rows = (await compensations_of(conn, [shipment_id])).get(shipment_id, ())
    found = next((row for row in rows if row.entry.tier == tier), None)
    if found is None:
        raise NoSuchCompensation
    return found
