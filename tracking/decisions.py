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
        if role is not None and tier not in await _approvable(conn, shipment_id, role):
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


async def approvable(pool: asyncpg.Pool, shipment_id: UUID, role: StaffRole) -> set[int]:
    """The tiers to which this role may say yes. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        return await _approvable(conn, shipment_id, role)


async def _approvable(conn: asyncpg.Connection, shipment_id: UUID, role: StaffRole) -> set[int]:
    """By the limits of the policies under which they were asked for, or are owed."""
    rows = (await compensations_of(conn, [shipment_id])).get(shipment_id, ())
    versions = await policies_of(conn, {row.merchant_id for row in rows}) if rows else {}
    rules = {
        (shop, each.version): each.policy.goodwill for shop in versions for each in versions[shop]
    }
    entries = [row.entry for row in rows]

    def may(row: CompensationRow) -> bool:
        held = rules.get((row.merchant_id, row.policy_version), Goodwill())
        return may_approve(row.entry, entries, role, held)

    return {row.entry.tier for row in rows if may(row)}


async def _row(conn: asyncpg.Connection, shipment_id: UUID, tier: int) -> CompensationRow:
    rows = (await compensations_of(conn, [shipment_id])).get(shipment_id, ())
    found = next((row for row in rows if row.entry.tier == tier), None)
    if found is None:
        raise NoSuchCompensation
    return found
