"""The bonus code of a parcel: made with its first grant of that kind; later ones are worth more."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from schemas.compensation import CompensationState
from schemas.policy import BonusKind, ShopPolicy
from tracking.bonus_code import code_context, code_hashes, new_code
from tracking.sealing import Sealer
from tracking.store.compensations import CompensationRow, NewBonus, keep_bonuses
from tracking.store.policies import PolicyVersion, policies_of


async def issue_codes(
    conn: asyncpg.Connection, rows: Sequence[CompensationRow], sealer: Sealer, now: datetime
) -> None:
    """For those of them whose parcel has none; where it has one, that is valid for longer now.

    Whoever calls holds their shipments.
    """
    issued = {row.shipment_id: row for row in rows if _is_code(row)}
    if not issued:
        return
    policies = await policies_of(conn, {row.merchant_id for row in issued.values()})
    bonuses = [_new_bonus(row, _policy_of(row, policies), sealer, now) for row in issued.values()]
    await keep_bonuses(conn, bonuses, now)


def _is_code(row: CompensationRow) -> bool:
    return row.entry.kind is BonusKind.CODE and row.entry.state is CompensationState.ISSUED


def _policy_of(
    row: CompensationRow, policies: Mapping[UUID, Sequence[PolicyVersion]]
) -> ShopPolicy:
    """That by which it was granted first."""
    versions = policies[row.merchant_id]
    return next(each.policy for each in versions if each.version == row.policy_version)


def _new_bonus(row: CompensationRow, policy: ShopPolicy, sealer: Sealer, now: datetime) -> NewBonus:
    code = new_code()
    return NewBonus(
        shipment_id=row.shipment_id,
        merchant_id=row.merchant_id,
        code_hash=code_hashes(sealer, code)[0],
        code=sealer.seal_text(code, code_context(row.shipment_id)),
        currency=row.currency,
        valid_until=now + timedelta(days=policy.bonus_valid_days),
        tell=policy.tell_withdrawn,
    )
