"""The counts behind the measures kept up: days of which something has changed are counted anew.

A day of a shop is counted as a whole and from what there is, so that it does not matter how often,
by whom, or in what order things became known. Days are closed after a time: what they were counted
from is deleted sooner or later, and what is said of them must stay true.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from schemas.retention import DataClass
from tracking.carriers.klat import HOME_ZONE
from tracking.domain.measures import EDGES
from tracking.errors import KlatError, StatementTooSlow
from tracking.store.measures import (
    Span,
    count_measure_parts,
    count_measures,
    count_month_parts,
    count_months,
    forget_measure_parts,
    forget_measures,
    hold_measures,
    mark_all_days,
    mark_changed_days,
    mark_months,
    note_measures_looked,
    take_due,
)
from tracking.store.pool import transaction

log = structlog.get_logger()

OPEN_FOR: Final = timedelta(days=180)
"""So long a day is counted anew when something of it changes, at the most."""
SOURCES: Final = (DataClass.NOTICES, DataClass.CASES)
"""Of what a day is counted from, what is deleted when it is old enough."""
FOLLOWS: Final = timedelta(days=14)
"""So long after it was solved a case may turn out not to be."""
EVERY: Final = timedelta(minutes=1)
_OVERLAP: Final = timedelta(minutes=10)  # what was written at an instant may be committed after it
_SHARE: Final = 10  # of so much time a round may take one part
_EARLIER: Final = timedelta(days=2)  # than its sources go a day is closed
_A_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = 20  # days of shops in a transaction
_EVER: Final = date(1, 1, 1)


def day_of(now: datetime) -> date:
    """Of the zone of home, in which all days are counted."""
    return now.astimezone(ZoneInfo(HOME_ZONE)).date()


def open_for(kept: Mapping[DataClass, timedelta]) -> timedelta:
    """How long a day is open where its sources are kept for so long."""
    shortest = min(kept[kind] for kind in SOURCES) - _EARLIER
    return max(_A_DAY, min(OPEN_FOR, shortest))


def opens(now: datetime, open_: timedelta = OPEN_FOR) -> date:
    """The first day that is not closed."""
    return day_of(now) - open_


async def mark_due(
    pool: asyncpg.Pool, now: datetime, *, every: timedelta = EVERY, open_: timedelta = OPEN_FOR
) -> bool:
    """Note which days are to be counted anew, unless somebody did so just now. The first time: all
    of which there is something. Raises StoreUnavailable.
    """
    async with transaction(pool) as conn:
        looked = await hold_measures(conn)
        if looked is None:
            await mark_all_days(conn, None, HOME_ZONE, _EVER)
        elif looked + every > now:
            return False
        else:
            await mark_changed_days(conn, looked - _OVERLAP, looked, HOME_ZONE, opens(now, open_))
        await note_measures_looked(conn, now)
    return True


async def count_due(pool: asyncpg.Pool, *, at_once: int = _AT_ONCE) -> int:
    """All days that are due and in nobody else's hands, then their months; how many days. Raises
    StoreUnavailable, StatementTooSlow.
    """
    counted = await _all(_count_days, pool, at_once)
    await _all(_add_up_months, pool, at_once)
    return counted


async def _all(
    work: Callable[[asyncpg.Pool, int], Awaitable[int]], pool: asyncpg.Pool, at_once: int
) -> int:
    """Until nothing is left, fewer at once where so many take too long; how many."""
    done = 0
    while True:
        try:
            some = await work(pool, at_once)
        except StatementTooSlow:
            if at_once == 1:
                raise
            at_once //= 2
            continue
        done += some
        if not some:
            return done


async def _count_days(pool: asyncpg.Pool, at_once: int) -> int:
    """They are taken first: what changes from then on makes them due again."""
    async with transaction(pool) as conn:
        days = await take_due(conn, Span.DAY, at_once)
        if days:
            await forget_measures(conn, days, Span.DAY)
            await forget_measure_parts(conn, days, Span.DAY)
            await count_measures(conn, days, HOME_ZONE, FOLLOWS)
            await count_measure_parts(conn, days, HOME_ZONE, EDGES)
            await mark_months(conn, days)
    return len(days)


async def _add_up_months(pool: asyncpg.Pool, at_once: int) -> int:
    """By themselves, from days that are committed: several may count days of one month."""
    async with transaction(pool) as conn:
        months = await take_due(conn, Span.MONTH, at_once)
        if months:
            await forget_measures(conn, months, Span.MONTH)
            await forget_measure_parts(conn, months, Span.MONTH)
            await count_months(conn, months)
            await count_month_parts(conn, months)
    return len(months)


async def rebuild(
    pool: asyncpg.Pool, since: date, now: datetime, *, open_: timedelta = OPEN_FOR
) -> int:
    """Count every day from then on anew that is not closed; how many. Raises StoreUnavailable."""
    async with transaction(pool) as conn:
        looked = await hold_measures(conn)
        first = _EVER if looked is None else max(since, opens(now, open_))
        await mark_all_days(conn, looked, HOME_ZONE, first)
        if looked is None:
            await note_measures_looked(conn, now)
    return await count_due(pool)


async def keep_counted(pool: asyncpg.Pool, open_: timedelta) -> None:
    """Until cancelled, in every process of a role: what one has in hand the others leave to it."""
    while True:
        began = time.monotonic()
        try:
            await mark_due(pool, datetime.now(UTC), open_=open_)
            await count_due(pool)
        except (KlatError, asyncpg.PostgresError) as error:
            log.warning("measures.not_counted", error=type(error).__name__)
        took = time.monotonic() - began
        await asyncio.sleep(max(EVERY.total_seconds(), _SHARE * took))
