"""Sealed rows that no parcel leads to: read one by one, to see whether they name somebody."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL


class SealedRow(NamedTuple):
    """`context`: what it is sealed to. `is_code`: an example of a code that waits for a meaning.

    `carrier` of the way that it came by, or empty; `tracking_number`: given beside it.
    """

    row_id: UUID
    sealed: bytes | None
    context: str
    carrier: str
    is_native: bool
    tracking_number: str | None = None
    is_code: bool = False


class SealedCall(NamedTuple):
    merchant_id: UUID
    key: str
    body: str | None


class SealedSearch(NamedTuple):
    row_id: UUID
    at: datetime
    detail: str


async def kept_quarantine(
    conn: asyncpg.Connection, after: UUID, most: int, size: int
) -> list[SealedRow]:
    """`size`: bytes after which nothing follows; one row comes whatever its size."""
    rows = await conn.fetch(SQL["kept_quarantine"], after, most, size)
    return [
        SealedRow(
            row["id"],
            row["sealed"],
            f"quarantine:{row['fingerprint'].hex()}",
            row["carrier"] or "",
            row["native"],
            row["tracking_number"],
            row["reason"] == "unknown_code",
        )
        for row in rows
    ]


async def drop_quarantined(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["drop_quarantined"], list(ids))


async def blank_quarantined(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["blank_quarantined"], list(ids))


async def kept_parked(
    conn: asyncpg.Connection, after: UUID, most: int, size: int
) -> list[SealedRow]:
    """`size`: as above."""
    rows = await conn.fetch(SQL["kept_parked"], after, most, size)
    return [
        SealedRow(
            row["id"],
            row["sealed"],
            f"parked:{row['id']}",
            row["routing_key"].partition(".")[2],
            row["format"] == "native",
            row["tracking_number"],
        )
        for row in rows
    ]


async def drop_parked(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["drop_parked"], list(ids))


async def kept_calls(
    conn: asyncpg.Connection, after: tuple[UUID, str], last: UUID, most: int
) -> list[SealedCall]:
    """Up to those of the shop `last`."""
    return [SealedCall(*row) for row in await conn.fetch(SQL["kept_calls"], *after, last, most)]


async def drop_calls(conn: asyncpg.Connection, calls: Sequence[SealedCall]) -> None:
    shops, keys = [each.merchant_id for each in calls], [each.key for each in calls]
    await conn.execute(SQL["drop_calls"], shops, keys)


async def kept_searches(
    conn: asyncpg.Connection, after: tuple[datetime, UUID], most: int, shop: UUID | None
) -> list[SealedSearch]:
    """`shop`: only of who works for it and for no other; None: of everybody."""
    rows = await conn.fetch(SQL["kept_searches"], *after, most, shop)
    return [SealedSearch(*row) for row in rows]


async def blank_audit(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["blank_audit"], list(ids))
