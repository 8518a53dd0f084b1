"""Quotas of text messages: taken before a notice is handed over, in its transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg

from tracking.domain.quota import DAY, Draw, Mark, Meter, begin, totals
from tracking.sql import SQL
from tracking.store.pool import connection


async def take_quotas(conn: asyncpg.Connection, draws: Iterable[Draw]) -> dict[Meter, int]:
    """What the meters have afterwards. They stay locked until the transaction ends."""
    rows = await conn.fetch(SQL["take_quotas"], *_columns(totals(draws)))
    return {Meter(*row[:4]): row["used"] for row in rows}


async def return_quotas(conn: asyncpg.Connection, draws: Iterable[Draw]) -> None:
    sums = totals(draws)
    if sums:
        await conn.execute(SQL["return_quotas"], *_columns(sums))


async def mark_quotas(conn: asyncpg.Connection, marks: Sequence[Mark]) -> list[Mark]:
    """Those of which nobody has told yet: a higher limit is another one."""
    if not marks:
        return []
    reached = [each.is_reached for each in marks]
    limits = {each.meter: each.limit for each in marks}
    rows = await conn.fetch(SQL["mark_quotas"], *_columns(limits), reached)
    return [Mark(Meter(*row[:4]), row["line"], row["is_reached"]) for row in rows]


def _columns(sums: Mapping[Meter, int]) -> list[list[object]]:
    rows = [(*meter, amount) for meter, amount in sums.items()]
    return [list(column) for column in zip(*rows, strict=True)]


async def spend_alerts(pool: asyncpg.Pool, now: datetime) -> dict[tuple[str, str], int]:
    """How many caps of today are near or reached, by (shop or operator, near or reached)."""
    async with connection(pool) as conn:
        rows = await conn.fetch(SQL["spend_alerts"], begin(now, DAY))
    found = {(scope, level): 0 for scope in ("shop", "operator") for level in ("near", "reached")}
    for row in rows:
        scope = "operator" if row["is_operators"] else "shop"
        found[scope, "near"], found[scope, "reached"] = row["near"], row["reached"]
    return found
