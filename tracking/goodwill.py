"""Money that support grants by hand: kept with its reason, told to the shopper, once.

Under the lock of the parcel, as all that moves its compensations; counted in the shop's month.
"""

from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.compensation import BY_HAND
from schemas.policy import Bearer
from schemas.staff import StaffRole
from tracking.codes import issue_codes
from tracking.compensations import evidence_of, keep_moves
from tracking.domain.goodwill import at_once, grant, limit_of, next_tier
from tracking.domain.ledger import Entry
from tracking.errors import KlatError
from tracking.place import delivery_zone
from tracking.policies import policy_at
from tracking.sealing import Sealer
from tracking.shopper import shopper_hashes
from tracking.staff.audit import Noting
from tracking.store.clock import hold_shipments
from tracking.store.compensations import Case, CompensationRow, Moved, cases, compensations_of
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import connection, retried, transaction

BY_SUPPORT = "support"


class CannotGrant(KlatError):  # noqa: N818 - named for what was found
    """No shop registered the parcel, or it has no policy that says in which money it pays."""


class GrantedMeanwhile(KlatError):  # noqa: N818 - the same
    """Somebody has granted something by hand since this was offered."""


class Goodwilled(NamedTuple):
    """What may be granted now: as the tier `tier`, up to `left` cents without a yes."""

    tier: int
    left: int
    currency: str


class Wish(NamedTuple):
    """So many cents as this tier, and why: shown to colleagues and to the shop."""

    tier: int
    cents: int
    why: str


async def goodwill_for(
    pool: asyncpg.Pool, shipment_id: UUID, role: StaffRole, now: datetime
) -> Goodwilled | None:
    """None where nothing can be granted by hand. Raises StoreUnavailable."""
    async with connection(pool) as conn:
        found = await _read(conn, shipment_id, now)
    if found is None:
        return None
    _, held, rows = found
    entries, limit = _entries(rows), limit_of(role, held.policy.goodwill)
    return Goodwilled(next_tier(entries), at_once(entries, limit), held.policy.currency)


async def grant_by_hand(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    wish: Wish,
    role: StaffRole,
    noting: Noting,
    now: datetime,
) -> Entry:
    """As it stands then: granted, or waiting for a yes. The same wish again changes nothing.

    Raises CannotGrant, GrantedMeanwhile, StoreUnavailable.
    """
    return await retried(partial(_grant, pool, sealer, shipment_id, wish, role, noting, now))


async def _grant(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    wish: Wish,
    role: StaffRole,
    noting: Noting,
    now: datetime,
) -> Entry:
    async with transaction(pool) as conn:
        await hold_shipments(conn, [shipment_id])
        found = await _read(conn, shipment_id, now)
        if found is None:
            raise CannotGrant
        case, held, rows = found
        if wish.tier != next_tier(_entries(rows)):
            return _asked_before(rows, wish)
        entry = grant(wish.cents, _entries(rows), limit_of(role, held.policy.goodwill))
        row = _row(case, held, entry, now)
        who = shopper_hashes(sealer, shipment_id, case.contact)
        moved = Moved(row, None, wish.why, who[0] if who else None)
        await keep_moves(conn, [moved], by=BY_SUPPORT, now=now)
        await noting(conn)
        await issue_codes(conn, [row], sealer, now)
        return entry


async def _read(
    conn: asyncpg.Connection, shipment_id: UUID, now: datetime
) -> tuple[Case, PolicyVersion, list[CompensationRow]] | None:
    found = await cases(conn, [shipment_id])
    if not found:
        return None
    (case,) = found
    versions = (await policies_of(conn, {case.merchant_id})).get(case.merchant_id, ())
    held = policy_at(versions, now, delivery_zone(case.carrier, case.country))
    rows = list((await compensations_of(conn, [shipment_id])).get(shipment_id, ()))
    if held is None or any(row.currency != held.policy.currency for row in rows):
        return None  # a code is worth money of one currency
    return case, held, rows


def _entries(rows: list[CompensationRow]) -> list[Entry]:
    return [row.entry for row in rows]


def _asked_before(rows: list[CompensationRow], wish: Wish) -> Entry:
    """A form that is posted twice. Raises GrantedMeanwhile where it was another one."""
    same = (row for row in rows if row.entry.tier == wish.tier and row.entry.cents == wish.cents)
    row = next(same, None)
    if row is None:
        raise GrantedMeanwhile
    return row.entry


def _row(case: Case, held: PolicyVersion, entry: Entry, now: datetime) -> CompensationRow:
    return CompensationRow(
        shipment_id=case.shipment_id,
        merchant_id=case.merchant_id,
        policy_version=held.version,
        policy=held.policy.name,
        rule=BY_HAND,
        borne_by=Bearer.SHOP,
        currency=held.policy.currency,
        entry=entry,
        evidence=evidence_of(case, now),
        due_at=None,
        tries=0,
        created_at=now,
        changed_at=now,
    )
