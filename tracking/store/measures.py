"""Counts by shop, day and carrier: which are due, counted anew, and added up."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL


class Day(NamedTuple):
    """Of one shop."""

    merchant_id: UUID
    day: date


class Span(NamedTuple):
    """`before` is the day after the last. `shops` None: all of them; `carrier` None: all.

    `by`: day, week or month.
    """

    first: date
    before: date
    shops: Collection[UUID] | None
    carrier: str | None
    by: str

    def arguments(self) -> tuple[object, ...]:
        shops = None if self.shops is None else list(self.shops)
        return self.first, self.before, shops, self.carrier, self.by


class Sums(NamedTuple):
    """Of a period or, where that is None, of a carrier; `counts` in the order of their columns."""

    period: date | None
    carrier: str | None
    counts: Sequence[int]


class PartSum(NamedTuple):
    """Of a period, of a carrier, or, with neither, of all; `weekday` 1 is Monday."""

    period: date | None
    carrier: str | None
    kind: str
    weekday: int | None
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


async def take_due_days(conn: asyncpg.Connection, most: int) -> list[Day]:
    return [Day(*row) for row in await conn.fetch(SQL["take_due_days"], most)]


async def forget_measures(conn: asyncpg.Connection, days: Sequence[Day]) -> None:
    await conn.execute(SQL["forget_measures"], *_columns(days))


async def forget_measure_parts(conn: asyncpg.Connection, days: Sequence[Day]) -> None:
    await conn.execute(SQL["forget_measure_parts"], *_columns(days))


async def count_measures(
    conn: asyncpg.Connection, days: Sequence[Day], zone: str, follows: timedelta
) -> None:
    await conn.execute(SQL["count_measures"], *_columns(days), zone, follows)


async def count_measure_parts(
    conn: asyncpg.Connection, days: Sequence[Day], zone: str, edges: Sequence[float]
) -> None:
    await conn.execute(SQL["count_measure_parts"], *_columns(days), zone, list(edges))


def _columns(days: Sequence[Day]) -> tuple[list[UUID], list[date]]:
    return [each.merchant_id for each in days], [each.day for each in days]


async def sum_measures(conn: asyncpg.Connection, span: Span) -> list[Sums]:
    rows = await conn.fetch(SQL["sum_measures"], *span.arguments())
    return [Sums(row[0], row[1], tuple(row)[2:]) for row in rows]


async def sum_measure_parts(conn: asyncpg.Connection, span: Span) -> list[PartSum]:
    rows = await conn.fetch(SQL["sum_measure_parts"], *span.arguments())
    return [PartSum(*row) for row in rows]


async def measures_as_of(conn: asyncpg.Connection) -> datetime | None:
    return await conn.fetchval(SQL["measures_as_of"])  # type: ignore[no-any-return]  # no types


async def shops_measured(
    conn: asyncpg.Connection, shops: Collection[UUID] | None
) -> list[ShopName]:
    """By name; `shops` None: all of them."""
    wanted = None if shops is None else list(shops)
    return [ShopName(*row) for row in await conn.fetch(SQL["shops_measured"], wanted)]
