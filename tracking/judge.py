"""Late and lost parcels judged by their shop's policy: what is owed is granted, or taken back.

Whatever news led here, the truth of now decides, in one transaction that holds the parcels and,
where money is granted, their shops: so caps and budgets hold however many judge at once.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg

from schemas.compensation import CompensationState
from tracking.books import Books, Shopper, Wanting
from tracking.codes import issue_codes
from tracking.compensations import evidence_of, news_of
from tracking.domain.compensation import Owed, Room, Waits
from tracking.domain.goodwill import is_by_hand
from tracking.domain.ledger import Entry, settle
from tracking.dues import due_now, needs_a_look, policy_of
from tracking.sealing import Sealer
from tracking.shopper import shopper_hashes
from tracking.store.clock import hold_shipments, write_news
from tracking.store.compensations import (
    Case,
    CompensationRow,
    Moved,
    cases,
    compensations_of,
    keep_compensations,
    worth_judging,
)
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import retried, transaction

BY_POLICY: Final = "policy"


@dataclass(frozen=True, slots=True)
class _Owing:
    """A parcel for which something is or was owed, and under which policy."""

    case: Case
    held: PolicyVersion | None
    owed: Owed | None
    rows: Sequence[CompensationRow]
    shopper: Shopper


async def judge(
    pool: asyncpg.Pool, ids: Collection[UUID], sealer: Sealer, *, now: datetime
) -> list[Moved]:
    """Of these parcels, those that there is something to judge of. Raises StoreUnavailable."""
    return await retried(partial(_judge, pool, ids, sealer, now))


async def _judge(
    pool: asyncpg.Pool, ids: Collection[UUID], sealer: Sealer, now: datetime
) -> list[Moved]:
    async with transaction(pool) as conn:
        concerned = await worth_judging(conn, ids)
        if not concerned:
            return []
        await hold_shipments(conn, concerned)
        return await judge_held(conn, concerned, sealer, now)


async def judge_held(
    conn: asyncpg.Connection, ids: Sequence[UUID], sealer: Sealer, now: datetime
) -> list[Moved]:
    """Whoever calls holds these shipments. Money is counted only where some is to be granted."""
    owing = await _owing(conn, ids, sealer, now)
    wanting = [each for each in owing if each.held and _wants_money(each)]
    books = await _books(conn, wanting, now)
    moved = [one for each in owing for one in _settled(each, books, now)]
    await keep_compensations(conn, moved, BY_POLICY, now)
    await issue_codes(conn, [each.row for each in moved], sealer, now)
    states = {each.case.shipment_id: each.case for each in owing}
    await write_news(conn, news_of(states, moved, now), now)
    return moved


def _wants_money(owing: _Owing) -> bool:
    """More than it has, if there were room."""
    entries = [row.entry for row in owing.rows]
    known = {each.tier: each.committed for each in entries}
    return any(
        each.committed > known.get(each.tier, 0) for each in settle(owing.owed, entries, Room())
    )


async def _books(conn: asyncpg.Connection, owing: Sequence[_Owing], now: datetime) -> Books:
    wanting: dict[tuple[UUID, int], Wanting] = {}
    for each in owing:
        assert each.held is not None  # without a policy nothing is granted
        key = each.case.merchant_id, each.held.version
        known = wanting.get(key) or Wanting(key[0], each.held.policy, set())
        wanting[key] = known._replace(shoppers={*known.shoppers, *each.shopper})
    return await Books.open(conn, list(wanting.values()), now)


async def _owing(
    conn: asyncpg.Connection, ids: Sequence[UUID], sealer: Sealer, now: datetime
) -> list[_Owing]:
    found, rows = await cases(conn, ids), await compensations_of(conn, ids)
    policies = await policies_of(conn, {each.merchant_id for each in found})
    owing = []
    for case in found:
        versions = policies.get(case.merchant_id, ())
        held = policy_of(case, versions)
        own = [row for row in rows.get(case.shipment_id, ()) if not is_by_hand(row.entry)]
        due = due_now(case, held, versions, own, now)
        if due is not None or own:
            who = shopper_hashes(sealer, case.shipment_id, case.contact)
            owing.append(_Owing(case, held, due, own, who))
    return owing


def _settled(owing: _Owing, books: Books, now: datetime) -> Iterator[Moved]:
    case, rows = owing.case, {row.entry.tier: row for row in owing.rows}
    for entry in settle(owing.owed, [row.entry for row in owing.rows], _room(owing, books)):
        known = rows.get(entry.tier)
        before = known.entry if known else None
        row = _changed(owing, known, entry, now)
        books.note(case.merchant_id, row.currency, owing.shopper, before, entry)
        who = owing.shopper[0] if owing.shopper else None
        yield Moved(row, before, _why(before, entry), who)


def _room(owing: _Owing, books: Books) -> Room:
    if owing.held is None:
        return Room()
    room = books.room(owing.case.merchant_id, owing.held.policy, owing.shopper)
    looked_at = owing.owed is not None and needs_a_look(owing.case, owing.held.policy, owing.owed)
    return room._replace(waits=Waits.OVER) if looked_at else room


def _changed(
    owing: _Owing, before: CompensationRow | None, entry: Entry, now: datetime
) -> CompensationRow:
    """What it stands on is what it is judged by now."""
    due_at = now if entry.state is CompensationState.APPROVED else None
    evidence = evidence_of(owing.case, now)
    held = owing.held
    if before is not None:
        row = replace(before, entry=entry, evidence=evidence, due_at=due_at, tries=0)
        if held is None or entry.tier >= len(held.policy.tiers) or _is_kept(before.entry, entry):
            return row
        rule = held.policy.tiers[entry.tier].rule
        return replace(row, policy_version=held.version, policy=held.policy.name, rule=rule)
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
        due_at=due_at,
        tries=0,
        created_at=now,
        changed_at=now,
    )


def _is_kept(before: Entry, after: Entry) -> bool:
    """What is left was granted by the version before, which judges it further."""
    return 0 < before.granted >= after.granted


def _why(before: Entry | None, after: Entry) -> str:
    if before is not None and after.cents < before.cents:
        return "not_owed_used_is_kept" if after.used else "not_owed"
    return after.reason or "owed"
