"""What providers say became of notices, applied under their rows' locks."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from schemas.notice import Addressee, Channel, NoticeState
from tracking.sql import SQL
from tracking.store.pool import connection, retried, transaction

AT_ONCE = 500  # early receipts in one transaction
_ID_LASTS = timedelta(days=14)  # some centres count from 1 again after a restart

Settle: TypeAlias = Callable[[NoticeState, NoticeState], NoticeState]
"""The state of now and the one that is told: the state after."""


class Told(NamedTuple):
    """By what a provider names a notice; `reference` is ours, where it came back."""

    state: NoticeState
    provider_id: str | None
    reference: UUID | None = None
    code: str | None = None


class Settled(NamedTuple):
    """A notice that was told of, and what became of it; the keyed hash of where it went."""

    shipment_id: UUID
    notice_id: UUID
    channel: Channel
    addressee: Addressee
    before: NoticeState
    after: NoticeState
    merchant_id: UUID
    address_hash: bytes | None = None


class Matched(NamedTuple):
    provider: str
    told: Told
    settled: Settled


class Receipts:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def apply(
        self, provider: str, told: Sequence[Told], settle: Settle, now: datetime
    ) -> list[Settled | None]:
        """One for each; None where no notice is known. Those that name a message are kept then.

        One transaction. Raises StoreUnavailable.
        """
        return await retried(partial(self._applied, provider, told, settle, now))

    async def _applied(
        self, provider: str, told: Sequence[Told], settle: Settle, now: datetime
    ) -> list[Settled | None]:
        async with transaction(self._pool) as conn:
            found = await _settled(conn, provider, told, settle, now)
            early = [
                each
                for each, notice in zip(told, found, strict=True)
                if notice is None and each.provider_id is not None
            ]
            if early:
                await keep_early_receipts(conn, provider, early, now)
        return found

    async def apply_early(self, settle: Settle, now: datetime) -> list[Matched]:
        """Those that were kept and whose notices are known by now, up to AT_ONCE."""
        return await retried(partial(self._applied_early, settle, now))

    async def _applied_early(self, settle: Settle, now: datetime) -> list[Matched]:
        matched: list[Matched] = []
        async with transaction(self._pool) as conn:
            rows = sorted(await take_early_receipts(conn, AT_ONCE, now), key=itemgetter("provider"))
            for provider, group in groupby(rows, key=itemgetter("provider")):
                told = [
                    Told(NoticeState(row["state"]), row["provider_id"], None, row["code"])
                    for row in group
                ]
                found = await _settled(conn, provider, told, settle, now)
                matched += [
                    Matched(provider, each, notice)
                    for each, notice in zip(told, found, strict=True)
                    if notice is not None
                ]
        return matched

    async def forget_early_receipts(self, before: datetime) -> dict[str, int]:
        """How many of each provider were of nobody's message."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["forget_early_receipts"], before)
        return {row["provider"]: row["receipts"] for row in rows}


async def _settled(
    conn: asyncpg.Connection, provider: str, told: Sequence[Told], settle: Settle, now: datetime
) -> list[Settled | None]:
    """In the order in which they were told; each notice that changed is written once."""
    if not told:
        return []
    rows = await notices_for_receipts(conn, provider, told, now)
    by_ours = {row["notice_id"]: row for row in rows}
    by_theirs = {row["provider_id"]: row for row in sorted(rows, key=itemgetter("changed_at"))}
    states = {row["notice_id"]: NoticeState(row["state"]) for row in rows}
    changes: dict[UUID, tuple[Settled, Told]] = {}
    found: list[Settled | None] = []
    for each in told:
        row = by_ours.get(each.reference) or by_theirs.get(each.provider_id or "")
        if row is None:
            found.append(None)
            continue
        before = states[row["notice_id"]]
        notice = Settled(
            row["shipment_id"],
            row["notice_id"],
            Channel(row["channel"]),
            Addressee(row["addressee"]),
            before,
            settle(before, each.state),
            row["merchant_id"],
            row["address_hash"],
        )
        found.append(notice)
        states[notice.notice_id] = notice.after
        if notice.after is not before:
            changes[notice.notice_id] = (notice, each)
    if changes:
        await note_receipts(conn, list(changes.values()), now)
    return found


async def notices_for_receipts(
    conn: asyncpg.Connection, provider: str, told: Sequence[Told], now: datetime
) -> list[asyncpg.Record]:
    theirs = [each.provider_id for each in told if each.provider_id is not None]
    ours = [each.reference for each in told if each.reference is not None]
    return await conn.fetch(SQL["notices_for_receipts"], provider, theirs, ours, now - _ID_LASTS)  # type: ignore[no-any-return]  # no types


async def note_receipts(
    conn: asyncpg.Connection, changes: Sequence[tuple[Settled, Told]], now: datetime
) -> None:
    await conn.execute(
        SQL["note_receipts"],
        [notice.shipment_id for notice, _ in changes],
        [notice.notice_id for notice, _ in changes],
        [notice.after for notice, _ in changes],
        [told.code for _, told in changes],
        [told.provider_id for _, told in changes],
        now,
    )


async def keep_early_receipts(
    conn: asyncpg.Connection, provider: str, early: Sequence[Told], now: datetime
) -> None:
    await conn.execute(
        SQL["keep_early_receipts"],
        provider,
        [each.provider_id for each in early],
        [each.state for each in early],
        [each.code for each in early],
        now,
    )


async def take_early_receipts(
    conn: asyncpg.Connection, limit: int, now: datetime
) -> list[asyncpg.Record]:
    return await conn.fetch(SQL["take_early_receipts"], limit, now - _ID_LASTS)  # type: ignore[no-any-return]  # no types
