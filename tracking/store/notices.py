"""Notices on their way: claimed, handed over, and how each one ended."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import Channel, Key, NoticeState
from tracking.domain.quota import Draw, Mark, marks, refused, totals
from tracking.sql import SQL
from tracking.store.desk import Desk, key_of, known, notices_of
from tracking.store.pool import connection, transaction
from tracking.store.push import (
    drop_push_subscriptions,
)
from tracking.store.quotas import mark_quotas, return_quotas, take_quotas

LAST_SHOP: Final = UUID(int=2**128 - 1)  # behind it the first one has its turn


class Claimed(NamedTuple):
    """A notice of a shop in a sender's hands; `tries` before this one.

    `at`, when it was claimed, tells this claim from another one's after it was taken over.
    """

    shipment_id: UUID
    notice_id: UUID
    key: Key
    tries: int
    until: datetime
    at: datetime
    merchant_id: UUID


class Handing(NamedTuple):
    """What is about to be sent. `content` is sealed.

    `segments` of a text message; `cost` in millionths of `currency`, None where nobody knows.
    `draws`: what it takes from which quotas, or it is not handed over. `address_hash`: keyed, of
    the number or address it goes to; None for browsers. `version` is that of the parcel of which it
    speaks; of another one it is not handed over. `said` is a Said as JSON.
    """

    claimed: Claimed
    language: str
    content: str
    version: int
    segments: int | None = None
    cost: int | None = None
    currency: str | None = None
    draws: tuple[Draw, ...] = ()
    address_hash: bytes | None = None
    said: str | None = None


class Hands(NamedTuple):
    """Which notices are `ours` to send now; which a quota `refused`; limits to tell of."""

    ours: AbstractSet[UUID]
    refused: Mapping[UUID, Draw]
    marks: Sequence[Mark]


class Ending(NamedTuple):
    """How it ended; `due_at` where it is to be tried again, `gone`: subscriptions that ended.

    `handed_at`: None where it ended before it was handed over; `in_doubt` whether it was, when the
    line broke meanwhile. `back` is what that took from quotas and it did not spend. `is_untried`:
    it was not even tried. `is_paid`: though not sent as a whole.
    """

    claimed: Claimed
    state: NoticeState
    reason: str | None = None
    due_at: datetime | None = None
    provider_id: str | None = None
    gone: Sequence[bytes] = ()
    back: tuple[Draw, ...] = ()
    is_untried: bool = False
    is_paid: bool = False
    handed_at: datetime | None = None
    in_doubt: bool = False


_UNSPENT = frozenset({NoticeState.PLANNED, NoticeState.FAILED, NoticeState.DROPPED})


class Notices:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        async with transaction(self._pool) as conn:
            yield Desk(conn, holds=True)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Desk]:
        """For who decides nothing: no transaction, and nobody is held up."""
        async with connection(self._pool) as conn:
            yield Desk(conn, holds=False)

    async def of_shipment(self, shipment_id: UUID) -> list[asyncpg.Record]:
        async with connection(self._pool) as conn:
            return await notices_of(conn, [shipment_id])

    async def claim_notices(
        self, channel: Channel, limit: int, *, now: datetime, last: UUID = LAST_SHOP
    ) -> list[Claimed]:
        """Of the shops behind `last`, then of those before it: each has its turn.

        What this release does not know stays claimed, and is taken over by one that does.
        """
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["claim_notices"], channel, now, limit, last)
        return [_claimed(row) for row in known(rows)]

    async def hand_notices(
        self, handing: Sequence[Handing], provider: str, *, now: datetime
    ) -> Hands:
        """None is ours of who took so long that it was taken for dead.

        Quotas are taken from by who is handed over, all of it in one transaction.
        """
        draws = {each.claimed.notice_id: each.draws for each in handing if each.draws}
        if not draws:
            async with connection(self._pool) as conn:
                return Hands(await hand_notices(conn, handing, provider, now), {}, [])
        async with transaction(self._pool) as conn:
            used = await take_quotas(conn, chain.from_iterable(draws.values()))
            over = refused(draws, used)
            left = [each for each in handing if each.claimed.notice_id not in over]
            ours = await hand_notices(conn, left, provider, now)
            back = [each for key, taken in draws.items() if key not in ours for each in taken]
            await return_quotas(conn, back)
            for meter, amount in totals(back).items():
                used[meter] -= amount
            taken = chain.from_iterable(draws[key] for key in draws.keys() & ours)
            return Hands(ours, over, await mark_quotas(conn, marks(taken, over.values(), used)))

    async def settle_notices(
        self, endings: Sequence[Ending], *, now: datetime
    ) -> AbstractSet[UUID]:
        """Of which this was the end. What it did not spend goes back once, with that."""
        if not any(each.back for each in endings):
            gone = [(each.claimed.shipment_id, one) for each in endings for one in each.gone]
            async with connection(self._pool) as conn:
                if gone:  # first: whoever decides after a failure must not count on them
                    await drop_push_subscriptions(conn, gone)
                return (await settle_notices(conn, endings, now)).keys()
        async with transaction(self._pool) as conn:
            ended = await settle_notices(conn, endings, now)
            back = (each.back for each in endings if ended.get(each.claimed.notice_id))
            await return_quotas(conn, chain.from_iterable(back))
        return ended.keys()

    async def abandoned_notices(
        self, *, claimed_before: datetime, handed_before: datetime, now: datetime
    ) -> list[tuple[UUID, NoticeState]]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["abandoned_notices"], claimed_before, handed_before, now)
        return [(row["notice_id"], NoticeState(row["state"])) for row in rows]

    async def give_up_notices(
        self, channel: Channel, limit: int, *, due_before: datetime, late: datetime, now: datetime
    ) -> list[Claimed]:
        """Those that have been due since `due_before` and are too late at `late`: they failed."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["give_up_notices"], channel, due_before, late, now, limit)
        return [_claimed(row) for row in rows]

    async def unanswered_notices(
        self, before: datetime, limit: int, but: Collection[UUID] = ()
    ) -> list[tuple[UUID, UUID]]:
        """Shipments and ids of texts that ended before and wait for another way, `but` these."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["unanswered_notices"], before, limit, list(but))
        return [(row["shipment_id"], row["notice_id"]) for row in rows]

    async def shipments_mailed(
        self, merchant_id: UUID, address_hash: bytes, since: datetime, limit: int
    ) -> list[UUID]:
        """Parcels of this shop of which a mail went there lately."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(
                SQL["shipments_mailed"], address_hash, merchant_id, since, limit
            )
        return [row["shipment_id"] for row in rows]

    async def next_due_notice(self, channel: Channel) -> datetime | None:
        async with connection(self._pool) as conn:
            return await conn.fetchval(SQL["next_due_notice"], channel)  # type: ignore[no-any-return]  # no types


async def hand_notices(
    conn: asyncpg.Connection, handing: Sequence[Handing], provider: str, now: datetime
) -> set[UUID]:
    rows = await conn.fetch(
        SQL["hand_notices"],
        [each.claimed.shipment_id for each in handing],
        [each.claimed.notice_id for each in handing],
        [each.claimed.at for each in handing],
        [each.language for each in handing],
        [each.content for each in handing],
        [each.version for each in handing],
        [each.segments for each in handing],
        [each.cost for each in handing],
        [each.currency for each in handing],
        [each.address_hash for each in handing],
        [each.said for each in handing],
        provider,
        now,
    )
    return {row["notice_id"] for row in rows}


async def settle_notices(
    conn: asyncpg.Connection, endings: Sequence[Ending], now: datetime
) -> dict[UUID, bool]:
    """Of which this was the end, and whether it had been handed over."""
    rows = await conn.fetch(
        SQL["settle_notices"],
        [each.claimed.shipment_id for each in endings],
        [each.claimed.notice_id for each in endings],
        [each.claimed.at for each in endings],
        [each.handed_at for each in endings],
        [each.claimed.tries for each in endings],
        [each.state for each in endings],
        [each.reason for each in endings],
        [each.due_at for each in endings],
        [each.provider_id for each in endings],
        [each.state in _UNSPENT and not each.is_paid for each in endings],
        [each.is_untried for each in endings],
        [each.in_doubt for each in endings],
        now,
    )
    return {row["notice_id"]: row["was_handed"] for row in rows}


def _claimed(row: asyncpg.Record) -> Claimed:
    return Claimed(
        row["shipment_id"],
        row["notice_id"],
        key_of(row),
        row["tries"],
        row["until"],
        row["changed_at"],
        row["merchant_id"],
    )
