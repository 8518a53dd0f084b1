"""Late and lost parcels judged by their shop's policy: what is owed is granted, or taken back.

Whatever news led here, the truth of now decides, in one transaction that holds the parcels and,
where money is granted, their shops: so caps and budgets hold however many judge at once.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.compensation import CompensationState
from tracking.books import Books
from tracking.codes import issue_codes
from tracking.compensations import evidence_of, news_of
from tracking.domain.compensation import Owed, Room, owed
from tracking.domain.ledger import Entry, settle
from tracking.domain.promise import promises_of
from tracking.domain.truth import truth_of
from tracking.place import delivery_country, delivery_zone
from tracking.policies import calendar_of, policy_at
from tracking.sealing import Sealer
from tracking.shopper import shopper_hash
from tracking.store.clock import hold_shipments, write_news
from tracking.store.compensations import (
    Case,
    CompensationRow,
    cases,
    compensations_of,
    keep_compensations,
    worth_judging,
)
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import retried, transaction

log = structlog.get_logger()

BY_POLICY: Final = "policy"


class Judged(NamedTuple):
    """A compensation that moved, and why."""

    row: CompensationRow
    why: str | None


async def judge(
    pool: asyncpg.Pool, ids: Collection[UUID], sealer: Sealer, *, now: datetime
) -> list[Judged]:
    """Of these parcels, those that there is something to judge of. Raises StoreUnavailable."""
    return await retried(partial(_judge, pool, ids, sealer, now))


async def _judge(
    pool: asyncpg.Pool, ids: Collection[UUID], sealer: Sealer, now: datetime
) -> list[Judged]:
    async with transaction(pool) as conn:
        concerned = await worth_judging(conn, ids)
        if not concerned:
            return []
        await hold_shipments(conn, concerned)
        owing = await _owing(conn, concerned, now)
        if not owing:
            return []
        books = await Books.open(conn, {each.case.merchant_id for each in owing}, now)
        judged = [one for each in owing for one in _settled(each, books, sealer, now)]
        await keep_compensations(conn, judged, BY_POLICY, now)
        await issue_codes(conn, [row for row, _ in judged], sealer, now)
        states = {each.case.shipment_id: each.case for each in owing}
        await write_news(conn, news_of(states, judged, now), now)
        return judged


@dataclass(frozen=True, slots=True)
class _Owing:
    """A parcel for which something is or was owed, and under which policy."""

    case: Case
    held: PolicyVersion | None
    owed: Owed | None
    rows: Sequence[CompensationRow]


async def _owing(conn: asyncpg.Connection, ids: Sequence[UUID], now: datetime) -> list[_Owing]:
    found, rows = await cases(conn, ids), await compensations_of(conn, ids)
    policies = await policies_of(conn, {each.merchant_id for each in found})
    owing = []
    for case in found:
        held = _policy_of(case, policies.get(case.merchant_id, ()))
        due = _owed(case, held, now) if held else None
        if due is not None or rows.get(case.shipment_id):
            owing.append(_Owing(case, held, due, rows.get(case.shipment_id, ())))
    return owing


def _policy_of(case: Case, versions: Sequence[PolicyVersion]) -> PolicyVersion | None:
    promises = promises_of(case.promises)
    began = promises.first.at if promises else case.registered_at
    return policy_at(versions, began, delivery_zone(case.carrier, case.country))


def _owed(case: Case, held: PolicyVersion, now: datetime) -> Owed | None:
    policy, country = held.policy, delivery_country(case.carrier, case.country)
    value = case.value_cents if case.value_currency == policy.currency else None
    zone = delivery_zone(case.carrier, case.country)
    truth = truth_of(promises_of(case.promises), case.state, value, country, zone)
    return owed(policy, truth, calendar_of(policy, country), now)


def _settled(owing: _Owing, books: Books, sealer: Sealer, now: datetime) -> Iterator[Judged]:
    case, rows = owing.case, {row.entry.tier: row for row in owing.rows}
    shopper = shopper_hash(sealer, case.shipment_id, case.contact)
    policy = owing.held.policy if owing.held else None
    room = books.room(case.merchant_id, policy, shopper) if policy else Room()
    for entry in settle(owing.owed, [row.entry for row in owing.rows], room):
        before = rows.get(entry.tier)
        row = _changed(owing, before, entry, books.month, now)
        row = replace(row, shopper=shopper or row.shopper)
        books.note(row, before.entry if before else None)
        yield Judged(row, _why(before.entry if before else None, entry))


def _changed(
    owing: _Owing, before: CompensationRow | None, entry: Entry, month: date, now: datetime
) -> CompensationRow:
    """What it stands on is what it is judged by now."""
    due_at = now if entry.state is CompensationState.APPROVED else None
    evidence = evidence_of(owing.case, now)
    if before is not None:
        return replace(before, entry=entry, evidence=evidence, due_at=due_at, tries=0)
    held = owing.held
    assert held is not None  # without a policy nothing is granted
    return CompensationRow(
        shipment_id=owing.case.shipment_id,
        merchant_id=owing.case.merchant_id,
        policy_version=held.version,
        policy=held.policy.name,
        rule=held.policy.tiers[entry.tier].rule,
        borne_by=held.policy.borne_by,
        currency=held.policy.currency,
        entry=entry,
        evidence=evidence,
        shopper=None,
        month=month,
        due_at=due_at,
        tries=0,
        created_at=now,
        changed_at=now,
    )


def _why(before: Entry | None, after: Entry) -> str:
    if before is not None and after.cents < before.cents:
        return "not_owed_used_is_kept" if after.used else "not_owed"
    return after.reason or "owed"
