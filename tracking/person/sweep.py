"""Sealed rows that no parcel leads to: what could not be applied, answers to shops, searches.

They are opened one after the other, a page at a time, and those that speak of a person go. What no
key opens is left and counted.
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
_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)

Page = Callable[[asyncpg.Connection, UUID, int], Awaitable[list[SealedRow]]]


class Work(Frozen):
    """What is to be erased: parcels, their numbers, and how the people are written."""

    parcels: tuple[UUID, ...] = ()
    numbers: tuple[str, ...] = ()
    traces: Traces = Traces()

    def joined(self, other: "Work") -> "Work":
        return Work(
            parcels=tuple(sorted({*self.parcels, *other.parcels})),
            numbers=tuple(sorted({*self.numbers, *other.numbers})),
            traces=self.traces.joined(other.traces),
        )


class About(NamedTuple):
    """Tells whether a text speaks of them."""

    finder: Finder
    numbers: re.Pattern[str] | None
    parcels: Collection[str]

    @classmethod
    def of(cls, work: Work) -> "About":
        forms = {form for each in work.numbers for form in (each, bare_number(each))}
        either = "|".join(map(re.escape, sorted(forms)))
        numbers = re.compile(rf"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])") if forms else None
        return cls(finder(work.traces), numbers, {str(each) for each in work.parcels})

    def speaks(self, text: str) -> bool:
        return self.names_parcel(text) or self.finder.finds_anywhere(text)

    def names_parcel(self, text: str) -> bool:
        return bool(self.numbers and self.numbers.search(text)) or any(
            each in text for each in self.parcels
        )


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
    if row.tracking_number is not None and about.names_parcel(row.tracking_number):
        return True
    try:
        body = sealer.open(row.sealed, row.context)
    except SealBroken:
        return False
    return about.speaks(body.decode(errors="replace"))


async def _sweep_calls(pool: asyncpg.Pool, sealer: Sealer, about: About) -> AsyncIterator[int]:
    after = (_FIRST, "")
    while True:
        async with transaction(pool) as conn:
            rows = await kept_calls(conn, after, _AT_ONCE)
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
            rows = await kept_searches(conn, after, _AT_ONCE)
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
    return about.names_parcel(detail) or about.finder.finds_beside(typed)


def _text(sealer: Sealer, sealed: str | None, context: str) -> str:
    if sealed is None:
        return ""
    try:
        return sealer.open_text(sealed, context)
    except (SealBroken, ValueError):
        return ""
