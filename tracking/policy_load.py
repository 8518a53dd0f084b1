"""A shop's new policy is kept as its next version, and what it is valid for is judged anew."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import asyncpg

from schemas.policy import BonusKind, ShopPolicy
from tracking.domain.ledger import CARRIED_OUT_THERE
from tracking.policy_file import Fault, PolicyRefused, read_policy
from tracking.store.clock import review_shipments
from tracking.store.compensations import payout_secrets
from tracking.store.policies import insert_policy, policies_of
from tracking.store.pool import connection, retried, transaction


@dataclass(frozen=True, slots=True)
class Loaded:
    """`warnings` hold nothing up."""

    policy: ShopPolicy
    version: int
    warnings: list[str]


async def load_policy(pool: asyncpg.Pool, merchant_id: UUID, text: str, *, now: datetime) -> Loaded:
    """Raises PolicyRefused, StoreUnavailable."""
    policy = read_policy(text)

    async def load() -> int:
        async with transaction(pool) as conn:
            await _refuse_other_currency(conn, merchant_id, policy, text)
            version = await insert_policy(conn, merchant_id, policy, text, now)
            # A day before, wherever it is delivered: one that is looked at in vain costs nothing.
            since = datetime.combine(policy.valid_from, time(0), UTC) - timedelta(days=1)
            await review_shipments(conn, merchant_id, since, now)
        return version

    version = await retried(load)
    async with connection(pool) as conn:
        has_secret = merchant_id in await payout_secrets(conn, [merchant_id])
    return Loaded(policy, version, _warnings(policy, has_secret=has_secret))


async def _refuse_other_currency(
    conn: asyncpg.Connection, merchant_id: UUID, policy: ShopPolicy, text: str
) -> None:
    """What was granted in one currency cannot be topped up in another."""
    known = (await policies_of(conn, [merchant_id])).get(merchant_id, ())
    other = next((k.policy.currency for k in known if k.policy.currency != policy.currency), None)
    if other is not None:
        lines = text.splitlines()
        line = next((n for n, each in enumerate(lines, 1) if each.startswith("currency")), 1)
        why = f"differs from {other}, in which this shop has promised before"
        raise PolicyRefused([Fault(line, "currency", why)])


def _warnings(policy: ShopPolicy, *, has_secret: bool) -> list[str]:
    kinds: set[BonusKind] = {tier.bonus.kind for tier in policy.tiers}
    if policy.endpoint is None and kinds & CARRIED_OUT_THERE:
        return ["refunds and points wait: no 'endpoint' of the shop is named that carries them out"]
    if policy.endpoint and not has_secret and kinds & CARRIED_OUT_THERE:
        return ["refunds and points wait: the endpoint has no secret yet; see klat policy secret"]
    return []
