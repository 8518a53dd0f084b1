"""A shop's new policy is kept as its next version, and what it is valid for is judged anew."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import asyncpg

from schemas.policy import BonusKind, ShopPolicy
from tracking.domain.ledger import CARRIED_OUT_THERE
from tracking.errors import KlatError
from tracking.policy_file import Fault, PolicyRefused, read_policy
from tracking.staff.audit import Noting
from tracking.store.clock import review_shipments
from tracking.store.compensations import payout_secrets
from tracking.store.policies import PolicyVersion, insert_policy, policies_of
from tracking.store.pool import connection, retried, transaction


@dataclass(frozen=True, slots=True)
class Loaded:
    """`warnings` hold nothing up."""

    policy: ShopPolicy
    version: int
    warnings: list[str]


class PolicyChanged(KlatError):  # noqa: N818 - named for what was found
    """Another version was loaded meanwhile."""


async def load_policy(
    pool: asyncpg.Pool,
    merchant_id: UUID,
    text: str,
    *,
    now: datetime,
    after: int | None = None,
    noting: Callable[[int], Noting] | None = None,
) -> Loaded:
    """`after`: the version that was seen last, 0 for none; where it is given it has to be the last.

    `noting`: what is written of the new version with it. Raises PolicyRefused, PolicyChanged,
    StoreUnavailable.
    """
    policy = await asyncio.to_thread(read_policy, text)

    async def load() -> int:
        async with transaction(pool) as conn:
            known = (await policies_of(conn, [merchant_id])).get(merchant_id, ())
            if after is not None and after != max((each.version for each in known), default=0):
                raise PolicyChanged
            refuse_other_currency(known, policy, text)
            version = await insert_policy(conn, merchant_id, policy, text, now)
            if noting is not None:
                await noting(version)(conn)
            # A day before, wherever it is delivered: one that is looked at in vain costs nothing.
            since = datetime.combine(policy.valid_from, time(0), UTC) - timedelta(days=1)
            await review_shipments(conn, merchant_id, since, now)
        return version

    version = await retried(load)
    async with connection(pool) as conn:
        has_secret = merchant_id in await payout_secrets(conn, [merchant_id])
    return Loaded(policy, version, _warnings(policy, has_secret=has_secret))


def refuse_other_currency(known: Sequence[PolicyVersion], policy: ShopPolicy, text: str) -> None:
    """What was granted in one currency cannot be topped up in another. Raises PolicyRefused."""
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
