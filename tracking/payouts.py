"""What the endpoint of a shop carries out: taken in hand, and settled by what it answered.

While it is in hand it counts as used: whether the endpoint did it is not known before it answers,
so nothing takes it back meanwhile. Whoever dies with it in hand is followed by the next after a
while, with the same id: the endpoint does it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.api import Money
from schemas.compensation import CompensationState, Payout
from tracking.compensations import keep_moves
from tracking.domain.ledger import Entry, carried_out, failed, taken_in_hand
from tracking.sealing import SealBroken, Sealer
from tracking.store.clock import hold_shipments
from tracking.store.compensations import (
    Case,
    CompensationRow,
    Moved,
    cases,
    compensations_of,
    due_payouts,
    payout_secrets,
    put_off_payouts,
)
from tracking.store.policies import PolicyVersion, policies_of
from tracking.store.pool import retried, transaction

log = structlog.get_logger()

BY_ENDPOINT: Final = "endpoint"
LEASE: Final = timedelta(minutes=2)  # longer than any answer takes
_WITHOUT_ENDPOINT: Final = timedelta(hours=1)  # until somebody may have named one


class Asking(NamedTuple):
    """To be posted there, signed with this. `payout_id` is the same at each try."""

    row: CompensationRow
    payout_id: str
    url: str
    secret: str
    body: str


class Answered(NamedTuple):
    """How a try ended. `due_at`: when to try again; None and not `is_done`: never."""

    row: CompensationRow
    is_done: bool
    due_at: datetime | None
    outcome: str


def payout_context(merchant_id: UUID) -> str:
    """What the secret of a shop's endpoint is sealed to."""
    return f"payout_secret:{merchant_id}"


class Taken(NamedTuple):
    """`waiting`: so many more were due, and have nobody who could be asked."""

    asking: Sequence[Asking] = ()
    waiting: int = 0


async def take_payouts(pool: asyncpg.Pool, sealer: Sealer, most: int, *, now: datetime) -> Taken:
    """Raises StoreUnavailable."""
    return await retried(partial(_take, pool, sealer, most, now))


async def _take(pool: asyncpg.Pool, sealer: Sealer, most: int, now: datetime) -> Taken:
    async with transaction(pool) as conn:
        due = set(await due_payouts(conn, now, most))
        ids = sorted({key for key, _ in due})
        if not ids:
            return Taken()
        await hold_shipments(conn, ids)
        found = await compensations_of(conn, ids)
        rows = [row for each in found.values() for row in each if _is_due(row, due, now)]
        known = {case.shipment_id: case for case in await cases(conn, ids)}
        asking, waiting = await _addressed(conn, rows, known, sealer, now)
        await put_off_payouts(conn, [*(each.row for each in asking), *waiting])
    return Taken(asking, len(waiting))


def _is_due(row: CompensationRow, due: set[tuple[UUID, int]], now: datetime) -> bool:
    """Another one may have been faster."""
    return (row.shipment_id, row.entry.tier) in due and row.due_at is not None and row.due_at <= now


async def _addressed(
    conn: asyncpg.Connection,
    rows: Sequence[CompensationRow],
    known: Mapping[UUID, Case],
    sealer: Sealer,
    now: datetime,
) -> tuple[list[Asking], list[CompensationRow]]:
    """Those that can be asked for, and those that wait for an endpoint or its secret."""
    merchants = {row.merchant_id for row in rows}
    policies, sealed = await policies_of(conn, merchants), await payout_secrets(conn, merchants)
    asking, waiting = [], []
    for row in rows:
        url = _endpoint(policies.get(row.merchant_id, ()))
        secret = _secret(sealer, row.merchant_id, sealed.get(row.merchant_id))
        if url is None or secret is None:
            waiting.append(replace(row, due_at=now + _WITHOUT_ENDPOINT))
        else:
            asking.append(_asking(row, known[row.shipment_id], url, secret, now))
    return asking, waiting


def _endpoint(versions: Sequence[PolicyVersion]) -> str | None:
    """That of the latest version, whichever it was granted by: shops move."""
    return versions[-1].policy.endpoint if versions else None


def _secret(sealer: Sealer, merchant_id: UUID, sealed: str | None) -> str | None:
    if sealed is None:
        return None
    try:
        return sealer.open_text(sealed, payout_context(merchant_id))
    except SealBroken:
        log.warning("payout.sealed_with_another_key", merchant_id=merchant_id)
        return None


def _asking(row: CompensationRow, case: Case, url: str, secret: str, now: datetime) -> Asking:
    """What is in hand already is asked for again, as it was."""
    entry = row.entry if row.entry.in_hand else taken_in_hand(row.entry)
    taken = replace(row, entry=entry, due_at=now + LEASE, tries=row.tries + 1)
    body = Payout(
        compensation_id=row.compensation_id,
        shipment_id=row.shipment_id,
        carrier=case.carrier,
        tracking_number=case.tracking_number,
        order=case.order,
        kind=entry.kind,
        amount=Money.from_cents(entry.in_hand, row.currency),
        total=Money.from_cents(entry.used, row.currency),
        rule=row.rule,
    )
    before = entry.used - entry.in_hand
    return Asking(taken, f"{row.compensation_id}:{before}", url, secret, body.model_dump_json())


async def settle_payouts(pool: asyncpg.Pool, answers: Sequence[Answered], *, now: datetime) -> None:
    """Raises StoreUnavailable: it is asked for again then, and the endpoint does it once."""
    if answers:
        await retried(partial(_settle, pool, answers, now))


async def _settle(pool: asyncpg.Pool, answers: Sequence[Answered], now: datetime) -> None:
    told = {(each.row.shipment_id, each.row.entry.tier): each for each in answers}
    async with transaction(pool) as conn:
        ids = sorted({key for key, _ in told})
        await hold_shipments(conn, ids)
        found = await compensations_of(conn, ids)
        for row in [row for each in found.values() for row in each]:
            answer = told.get((row.shipment_id, row.entry.tier))
            if answer is not None and _is_ours(row.entry, answer.row.entry):
                await _note(conn, row, answer, now)


def _is_ours(entry: Entry, asked: Entry) -> bool:
    """The very part that was asked for, unless it was settled by another one in the meantime."""
    is_same = (entry.used, entry.in_hand) == (asked.used, asked.in_hand)
    return is_same and entry.in_hand > 0 and entry.state is CompensationState.APPROVED


async def _note(
    conn: asyncpg.Connection, row: CompensationRow, answer: Answered, now: datetime
) -> None:
    if answer.due_at is not None and not answer.is_done:
        await put_off_payouts(conn, [replace(row, due_at=answer.due_at)])
        return
    done = answer.is_done
    entry = carried_out(row.entry) if done else failed(row.entry, answer.outcome)
    ended = replace(row, entry=entry, due_at=None, tries=0)
    await keep_moves(conn, [Moved(ended, row.entry, answer.outcome)], by=BY_ENDPOINT, now=now)
