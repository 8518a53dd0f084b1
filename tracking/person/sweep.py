"""Sealed rows that no parcel leads to: what could not be applied, answers to shops, searches.

They are opened one after the other, a page at a time (fewer rows where they are long), and those
that speak of a person go; after each row the others whom this process serves have a turn. What no
key opens is left. In the name of one shop only its own answers and searches are looked at, and of
what could not be applied only that goes which is of its parcels alone: a shop names numbers and
people as it likes, and must not reach what is another's by that.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import asyncpg

from tracking.person.about import About, Place, Work
from tracking.person.told import parcels_told
from tracking.sealing import SealBroken, Sealer
from tracking.store.pool import transaction
from tracking.store.sealed_rows import (
    SealedCall,
    SealedRow,
    SealedSearch,
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
_BYTES: Final = 1024 * 1024  # of bodies, and the one that goes beyond it
_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)
_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


class Swept(NamedTuple):
    """A page: how many rows of each class were changed, and how far it has come with it."""

    rows: Counter[str]
    place: Place


class _Page(NamedTuple):
    changed: int
    place: Place


_Step = Callable[[asyncpg.Connection, Sealer, About, Place], Awaitable[_Page | None]]
"""The page behind a place; None: there is none."""


async def sweep(
    pool: asyncpg.Pool, sealer: Sealer, work: Work, place: Place
) -> AsyncIterator[Swept]:
    """From that place on, page by page; each page is a transaction."""
    about = About.of(work)
    for kind, step in _STEPS.items():
        while True:
            async with transaction(pool) as conn:
                page = await step(conn, sealer, about, place)
            if page is None:
                break
            place = page.place
            yield Swept(Counter({kind: page.changed}), place)


async def _those(rows: Sequence[T], speaks: Callable[[T], bool]) -> list[T]:
    """Which of them speak of the person. A body takes milliseconds, and nobody waits for two."""
    named = []
    for row in rows:
        if speaks(row):
            named.append(row)
        await asyncio.sleep(0)
    return named


async def _quarantine(
    conn: asyncpg.Connection, sealer: Sealer, about: About, place: Place
) -> _Page | None:
    """A code goes on waiting for its meaning; only its example goes."""
    rows = await kept_quarantine(conn, place.quarantine or _FIRST, _AT_ONCE, _BYTES)
    if not rows:
        return None
    named = await _those(rows, partial(_speaks, sealer, about))
    if named:
        await blank_quarantined(conn, [row.row_id for row in named if row.is_code])
        await drop_quarantined(conn, [row.row_id for row in named if not row.is_code])
    return _Page(len(named), place.model_copy(update={"quarantine": rows[-1].row_id}))


async def _parked(
    conn: asyncpg.Connection, sealer: Sealer, about: About, place: Place
) -> _Page | None:
    rows = await kept_parked(conn, place.parked or _FIRST, _AT_ONCE, _BYTES)
    if not rows:
        return None
    named = await _those(rows, partial(_speaks, sealer, about))
    if named:
        await drop_parked(conn, [row.row_id for row in named])
    return _Page(len(named), place.model_copy(update={"parked": rows[-1].row_id}))


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


async def _calls(
    conn: asyncpg.Connection, sealer: Sealer, about: About, place: Place
) -> _Page | None:
    after = place.calls or (about.shop or _FIRST, "")
    rows = await kept_calls(conn, after, about.shop or _LAST, _AT_ONCE)
    if not rows:
        return None
    named = await _those(rows, partial(_answers, sealer, about))
    if named:
        await drop_calls(conn, named)
    behind = (rows[-1].merchant_id, rows[-1].key)
    return _Page(len(named), place.model_copy(update={"calls": behind}))


def _answers(sealer: Sealer, about: About, row: SealedCall) -> bool:
    context = f"idempotency:{row.merchant_id}:{row.key}"
    return about.speaks(row.key) or about.speaks(_text(sealer, row.body, context))


async def _searches(
    conn: asyncpg.Connection, sealer: Sealer, about: About, place: Place
) -> _Page | None:
    """What was typed and led to a parcel of theirs, or is their phone, address or name."""
    rows = await kept_searches(conn, place.searches or (_ALWAYS, _FIRST), _AT_ONCE, about.shop)
    if not rows:
        return None
    named = await _those(rows, partial(_looked_for, sealer, about))
    if named:
        await blank_audit(conn, [row.row_id for row in named])
    behind = (rows[-1].at, rows[-1].row_id)
    return _Page(len(named), place.model_copy(update={"searches": behind}))


def _looked_for(sealer: Sealer, about: About, row: SealedSearch) -> bool:
    detail = _text(sealer, row.detail, f"audit:{row.row_id}")
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


_STEPS: Final[Mapping[str, _Step]] = {
    "quarantine": _quarantine,
    "parked_messages": _parked,
    "kept_answers": _calls,
    "audit_words": _searches,
}
