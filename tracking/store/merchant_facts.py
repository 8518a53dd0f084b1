"""The logs of shops: facts with positions, written by one at a time, read by their shop."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL


class LoggedFact(NamedTuple):
    """A fact in its shop's log. `body` is the JSON of a schemas.webhook.WebhookEvent."""

    merchant_id: UUID
    position: int
    fact_id: str
    type: str
    body: str


class Slice(NamedTuple):
    """Of a log: its latest position, and positions with bodies in order."""

    latest: int
    facts: Sequence[tuple[int, str]]


async def lock_logs(conn: asyncpg.Connection, merchants: AbstractSet[UUID]) -> Mapping[UUID, int]:
    """The latest position of each, held until the transaction ends."""
    rows = await conn.fetch(SQL["lock_logs"], list(merchants))
    return {row["merchant_id"]: row["position"] for row in rows}


async def known_facts(
    conn: asyncpg.Connection, facts: Sequence[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    merchants, ids = [each[0] for each in facts], [each[1] for each in facts]
    rows = await conn.fetch(SQL["known_facts"], merchants, ids)
    return {(row["merchant_id"], row["fact_id"]) for row in rows}


async def append_facts(
    conn: asyncpg.Connection, facts: Sequence[LoggedFact], now: datetime
) -> None:
    if facts:
        await conn.execute(SQL["append_facts"], *map(list, zip(*facts, strict=True)), now)


async def facts_after(
    conn: asyncpg.Connection, merchant_id: UUID, position: int, limit: int
) -> Slice:
    rows = await conn.fetch(SQL["facts_after"], merchant_id, position, limit)
    facts = [(row["position"], row["body"]) for row in rows if row["position"] is not None]
    return Slice(rows[0]["latest"] if rows else 0, facts)


async def first_fact(conn: asyncpg.Connection, merchant_id: UUID) -> int | None:
    """Its position; None where nothing is kept."""
    return await conn.fetchval(SQL["first_fact"], merchant_id)  # type: ignore[no-any-return]  # no types
