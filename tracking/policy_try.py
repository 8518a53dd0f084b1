"""What a policy would have cost: replayed over the parcels of a shop, before it is switched on."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from schemas.policy import ShopPolicy
from tracking.domain.compensation import cents_of, owed, thresholds
from tracking.domain.promise import promises_of
from tracking.domain.truth import truth_of
from tracking.dues import needs_a_look
from tracking.place import delivery_country, delivery_zone
from tracking.policies import calendar_of
from tracking.sealing import Sealer
from tracking.shopper import shopper_hashes
from tracking.store.compensations import Case, cases, registered_since
from tracking.store.pool import connection

_AT_ONCE: Final = 500


class Due(NamedTuple):
    """What a parcel would have owed, and when it came to that. `waits`: not without a look."""

    tier: int
    cents: int
    at: datetime
    shopper: bytes | None
    waits: bool


@dataclass(slots=True)
class Tried:
    """In cents of the policy's currency. `waiting`: what would have needed somebody's yes."""

    parcels: int = 0
    promised: int = 0
    late: int = 0
    without_value: int = 0
    granted: int = 0
    waiting: int = 0
    capped: int = 0
    tiers: Counter[int] = field(default_factory=Counter)
    months: Counter[date] = field(default_factory=Counter)


async def try_policy(
    pool: asyncpg.Pool,
    sealer: Sealer,
    merchant_id: UUID,
    policy: ShopPolicy,
    since: datetime,
    *,
    now: datetime,
) -> Tried:
    """Over what was registered since then, whatever day it is valid from. Nothing is paid.

    Raises StoreUnavailable.
    """
    tried, dues = Tried(), list[Due]()
    async for case in _cases(pool, merchant_id, since):
        due = _looked_at(case, policy, sealer, tried, now)
        if due is not None:
            dues.append(due)
    _count(dues, policy, tried)
    return tried


async def _cases(pool: asyncpg.Pool, merchant_id: UUID, since: datetime) -> AsyncIterator[Case]:
    after = UUID(int=0)
    while True:
        async with connection(pool) as conn:
            page = await registered_since(conn, merchant_id, since, after, _AT_ONCE)
            found = await cases(conn, [key for key, _ in page])
        for case in found:
            yield case
        if len(page) < _AT_ONCE:
            return
        after, since = page[-1]


def _looked_at(
    case: Case, policy: ShopPolicy, sealer: Sealer, tried: Tried, now: datetime
) -> Due | None:
    promises = promises_of(case.promises)
    zone, country = (
        delivery_zone(case.carrier, case.country),
        delivery_country(case.carrier, case.country),
    )
    value = case.value_cents if case.value_currency == policy.currency else None
    truth, calendar = (
        truth_of(promises, case.state, value, country, zone),
        calendar_of(policy, country),
    )
    tried.parcels += 1
    tried.promised += promises is not None
    tried.late += bool(promises and (truth.arrived_at or now) > promises.measure.by)
    due = owed(policy, truth, calendar, now)
    if due is None:
        return None
    tried.without_value += policy.tiers[due.tier].bonus.share is not None and value is None
    reached = thresholds(policy, truth, calendar)
    at = reached[due.tier] if due.tier < len(reached) else case.state.since or now
    who = shopper_hashes(sealer, case.shipment_id, case.contact)
    waits = needs_a_look(case, policy, due)
    return Due(due.tier, due.cents, at, who[0] if who else None, waits)


def _count(dues: Sequence[Due], policy: ShopPolicy, tried: Tried) -> None:
    """In the order in which it came to them, as caps and budget of a month would have had it."""
    shoppers: defaultdict[tuple[date, bytes], int] = defaultdict(int)
    for due in sorted(dues, key=lambda each: each.at):
        month = due.at.astimezone(UTC).date().replace(day=1)
        cents = due.cents
        if due.shopper is not None and policy.caps.shopper_month:
            cents = max(
                0, min(cents, cents_of(policy.caps.shopper_month) - shoppers[month, due.shopper])
            )
            shoppers[month, due.shopper] += cents
        tried.capped += due.cents - cents
        tried.tiers[due.tier] += 1
        if due.waits or _waits(cents, tried.months[month], policy):
            tried.waiting += cents
        else:
            tried.granted += cents
            tried.months[month] += cents


def _waits(cents: int, spent: int, policy: ShopPolicy) -> bool:
    if policy.approval_above and cents > cents_of(policy.approval_above):
        return True
    return bool(policy.budget_month and spent + cents > cents_of(policy.budget_month))


def tried_lines(tried: Tried, policy: ShopPolicy) -> Iterator[str]:
    def money(cents: int) -> str:
        return f"{cents // 100}.{cents % 100:02d} {policy.currency}"

    yield f"{tried.parcels} parcels, {tried.promised} of them promised, {tried.late} late"
    for number, tier in enumerate(policy.tiers):
        yield f"  {tier.rule}: {tried.tiers[number]} parcels"
    yield f"granted: {money(tried.granted)}"
    for month, cents in sorted(tried.months.items()):
        yield f"  {month:%Y-%m}: {money(cents)}"
    if tried.waiting:
        yield f"waiting for your yes: {money(tried.waiting)}"
    if tried.capped:
        yield f"not granted, above the cap of a shopper: {money(tried.capped)}"
    if tried.without_value:
        yield f"{tried.without_value} parcels have no value registered: a share of it is nothing"
