"""Sealed rows that no parcel leads to: what could not be applied, answers to shops, searches.

They are opened one after the other, a page at a time, and those that speak of a person go. What no
key opens is left. In the name of one shop only its own answers and searches are looked at, and of
what could not be applied only that goes which is of its parcels alone: a shop names numbers and
people as it likes, and must not reach what is another's by that.
"""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from schemas.base import Frozen
from tracking.person.told import parcels_told
from tracking.person.traces import Finder, Traces, finder
from tracking.sealing import SealBroken, Sealer
from tracking.search.asked import bare_number
from tracking.store.pool import transaction
from tracking.store.sealed_rows import (
    SealedRow,
    blank_audit,
    blank_quarantined,
    drop_calls,
    drop_parked,
    drop_quarantined,
    kept_calls,
    kept_parked,
    kept_quarantine,
    kept_searches,
)

_AT_ONCE: Final = 500  # rows
_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)
_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TELLING: Final = 8  # signs, a digit among them: a shorter number is a year, a sum or a word

Page = Callable[[asyncpg.Connection, UUID, int], Awaitable[list[SealedRow]]]


class Work(Frozen):
    """What is to be erased: parcels, their numbers, and how the people are written.

    `heads`: journey 1 of the numbers. `shared`: phones and addresses that others have as well.
    `shop`: in whose name alone.
    """

    parcels: tuple[UUID, ...] = ()
    heads: tuple[UUID, ...] = ()
    numbers: tuple[str, ...] = ()
    traces: Traces = Traces()
    shared: Traces = Traces()
    shop: UUID | None = None

    def joined(self, other: "Work") -> "Work":
        return Work(
            parcels=tuple(sorted({*self.parcels, *other.parcels})),
            heads=tuple(sorted({*self.heads, *other.heads})),
            numbers=tuple(sorted({*self.numbers, *other.numbers})),
            traces=self.traces.joined(other.traces),
            shared=self.shared.joined(other.shared),
            shop=self.shop,
        )


class About(NamedTuple):
    """Tells whether a text speaks of them, by what is theirs alone: `finder` for checks of all."""

    finder: Finder
    alone: Finder
    numbers: re.Pattern[str] | None
    parcels: Collection[str]
    heads: frozenset[UUID]
    shop: UUID | None

    @classmethod
    def of(cls, work: Work) -> "About":
        telling = [each for each in work.numbers if _tells(each)]
        forms = {form for each in telling for form in (each, bare_number(each))}
        either = "|".join(map(re.escape, sorted(forms)))
        numbers = re.compile(rf"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])") if forms else None
        return cls(
            finder(work.traces),
            finder(work.traces.without(work.shared)),
            numbers,
            {str(each) for each in work.parcels},
            frozenset(work.heads),
            work.shop,
        )

    def speaks(self, text: str) -> bool:
        return self.names_parcel(text) or self.alone.finds_anywhere(text)

    def names_parcel(self, text: str) -> bool:
        return bool(self.numbers and self.numbers.search(text)) or any(
            each in text for each in self.parcels
        )


def _tells(number: str) -> bool:
    """Whether it is that parcel's wherever it stands."""
    bare = bare_number(number)
    return len(bare) >= _TELLING and any(sign.isdigit() for sign in bare)


async def sweep(pool: asyncpg.Pool, sealer: Sealer, work: Work) -> AsyncIterator[Counter[str]]:
    """How many rows of each class were changed, after every page; each page is a transaction."""
    about = About.of(work)
    async for gone in _sweep_kept(pool, sealer, about, kept_quarantine):
        yield Counter(quarantine=gone)
    async for gone in _sweep_kept(pool, sealer, about, kept_parked):
        yield Counter(parked_messages=gone)
    async for gone in _sweep_calls(pool, sealer, about):
        yield Counter(kept_answers=gone)
    async for gone in _sweep_searches(pool, sealer, about):
        yield Counter(audit_words=gone)


async def _sweep_kept(
    pool: asyncpg.Pool, sealer: Sealer, about: About, page: Page
) -> AsyncIterator[int]:
    after = _FIRST
    while True:
        async with transaction(pool) as conn:
            rows = await page(conn, after, _AT_ONCE)
            named = [row for row in rows if _speaks(sealer, about, row)]
            if page is kept_parked:
                await drop_parked(conn, [row.row_id for row in named])
            else:
                await _take_out(conn, named)
        yield len(named)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].row_id


async def _take_out(conn: asyncpg.Connection, named: list[SealedRow]) -> None:
    """A code goes on waiting for its meaning; only its example goes."""
    await blank_quarantined(conn, [row.row_id for row in named if row.is_code])
    await drop_quarantined(conn, [row.row_id for row in named if not row.is_code])


def _speaks(sealer: Sealer, about: About, row: SealedRow) -> bool:
    if row.sealed is None:
        return False
    try:
        body = sealer.open(row.sealed, row.context)
    except SealBroken:
        return about.shop is None and about.names_parcel(row.tracking_number or "")
    told = parcels_told(body, row.carrier, row.tracking_number, is_native=row.is_native)
    if about.shop is not None:
        return bool(told) and told <= about.heads
    text = f"{row.tracking_number or ''}\n{body.decode(errors='replace')}"
    return bool(told & about.heads) or about.speaks(text)


async def _sweep_calls(pool: asyncpg.Pool, sealer: Sealer, about: About) -> AsyncIterator[int]:
    after, last = (about.shop or _FIRST, ""), about.shop or _LAST
    while True:
        async with transaction(pool) as conn:
            rows = await kept_calls(conn, after, last, _AT_ONCE)
            named = [
                row
                for row in rows
                if about.speaks(row.key)
                or about.speaks(_text(sealer, row.body, f"idempotency:{row.merchant_id}:{row.key}"))
            ]
            await drop_calls(conn, named)
        yield len(named)
        if len(rows) < _AT_ONCE:
            return
        after = (rows[-1].merchant_id, rows[-1].key)


async def _sweep_searches(pool: asyncpg.Pool, sealer: Sealer, about: About) -> AsyncIterator[int]:
    """What was typed and led to a parcel of theirs, or is their phone, address or name."""
    after = (_ALWAYS, _FIRST)
    while True:
        async with transaction(pool) as conn:
            rows = await kept_searches(conn, after, _AT_ONCE, about.shop)
            named = [
                row.row_id
                for row in rows
                if _is_theirs(about, _text(sealer, row.detail, f"audit:{row.row_id}"))
            ]
            await blank_audit(conn, named)
        yield len(named)
        if len(rows) < _AT_ONCE:
            return
        after = (rows[-1].at, rows[-1].row_id)


def _is_theirs(about: About, detail: str) -> bool:
    if not detail:
        return False
    typed = str(json.loads(detail).get("q", ""))
    return about.names_parcel(detail) or about.alone.finds_beside(typed)


def _text(sealer: Sealer, sealed: str | None, context: str) -> str:
    if sealed is None:
        return ""
    try:
        return sealer.open_text(sealed, context)
    except (SealBroken, ValueError):
        return ""
