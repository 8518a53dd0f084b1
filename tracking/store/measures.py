"""Counts by shop, day and carrier: which are due, counted anew, and added up."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL


class Span(StrEnum):
    """Of what counts are kept."""

    DAY = "day"
    MONTH = "month"


class Due(NamedTuple):
    """A day of a shop, or the first of a month. What changed before `since` is counted."""

    merchant_id: UUID
    day: date
    since: datetime


class Wanted(NamedTuple):
    """`before` is the day after the last. From `months` to `months_before` it is read by month:
    both are firsts of months, or the same day. `shops` None: all of them; `carrier` None: all.
    `by`: day, week or month.
    """

    first: date
    before: date
    months: date
    months_before: date
    shops: Collection[UUID] | None
    carrier: str | None
    by: str

    def arguments(self) -> tuple[object, ...]:
        *days, shops, carrier, by = self
        return (*days, None if shops is None else list(shops), carrier, by)


class Sums(NamedTuple):
    """Of a period or, where that is None, of a carrier; `counts` in the order of their columns."""

    period: date | None
    carrier: str | None
    counts: Sequence[int]


class PartSum(NamedTuple):
    """Of a period, of a carrier, or, with neither, of all."""

    period: date | None
    carrier: str | None
    kind: str
    label: str
    amount: int


class ShopName(NamedTuple):
    merchant_id: UUID
    name: str


async def hold_measures(conn: asyncpg.Connection) -> datetime | None:
    """Held until the end of the transaction. None: nobody has looked yet."""
    return await conn.fetchval(SQL["hold_measures"])  # type: ignore[no-any-return]  # no types


async def note_measures_looked(conn: asyncpg.Connection, now: datetime) -> None:
    await conn.execute(SQL["note_measures_looked"], now)


async def mark_changed_days(
    conn: asyncpg.Connection, since: datetime, counted: datetime, zone: str, opens: date
) -> None:
    await conn.execute(SQL["mark_changed_days"], since, counted, zone, opens)


async def mark_all_days(
    conn: asyncpg.Connection, counted: datetime | None, zone: str, opens: date
) -> None:
    await conn.execute(SQL["mark_all_days"], counted, zone, opens)


async def take_due(conn: asyncpg.Connection, span: Span, most: int) -> list[Due]:
    return [Due(*row) for row in await conn.fetch(SQL["take_due"], span.value, most)]


async def mark_months(conn: asyncpg.Connection, days: Sequence[Due]) -> None:
    """Those in which these days are."""
    await conn.execute(SQL["mark_months"], *_columns(days), [each.since for each in days])


async def forget_measures(conn: asyncpg.Connection, due: Sequence[Due], span: Span) -> None:
    await conn.execute(SQL["forget_measures"], *_columns(due), span.value)


async def forget_measure_parts(conn: asyncpg.Connection, due: Sequence[Due], span: Span) -> None:
    await conn.execute(SQL["forget_measure_parts"], *_columns(due), span.value)


async def count_measures(
    conn: asyncpg.Connection, days: Sequence[Due], zone: str, follows: timedelta
) -> None:
    await conn.execute(SQL["count_measures"], *_columns(days), zone, follows)


async def count_measure_parts(
    conn: asyncpg.Connection, days: Sequence[Due], zone: str, edges: Sequence[float]
) -> None:
    await conn.execute(SQL["count_measure_parts"], *_columns(days), zone, list(edges))


async def count_months(conn: asyncpg.Connection, months: Sequence[Due]) -> None:
    await conn.execute(SQL["count_months"], *_columns(months))


async def count_month_parts(conn: asyncpg.Connection, months: Sequence[Due]) -> None:
    await conn.execute(SQL["count_month_parts"], *_columns(months))


def _columns(due: Sequence[Due]) -> tuple[list[UUID], list[date]]:
    return [each.merchant_id for each in due], [each.day for each in due]


async def sum_measures(conn: asyncpg.Connection, wanted: Wanted) -> list[Sums]:
    rows = await conn.fetch(SQL["sum_measures"], *wanted.arguments())
    return [Sums(row[0], row[1], tuple(row)[2:]) for row in rows]


async def sum_measure_parts(conn: asyncpg.Connection, wanted: Wanted) -> list[PartSum]:
    rows = await conn.fetch(SQL["sum_measure_parts"], *wanted.arguments())
    return [PartSum(*row) for row in rows]


async def measures_as_of(conn: asyncpg.Connection) -> datetime | None:
    return await conn.fetchval(SQL["measures_as_of"])  # type: ignore[no-any-return]  # no types


async def shops_measured(
    conn: asyncpg.Connection, shops: Collection[UUID] | None
) -> list[ShopName]:
    """By name; `shops` None: all of them."""
    named = None if shops is None else list(shops)
    return [ShopName(*row) for row in await conn.fetch(SQL["shops_measured"], named)]
