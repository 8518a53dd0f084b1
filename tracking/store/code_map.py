"""What the operator says a carrier's code means, beside the tables of the release."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Meaning
from tracking.sql import SQL

Code = tuple[str, str]
"""A carrier and a word of its own."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a code was said to mean. `revision` is another one each time it is said."""

    meaning: Meaning
    mapped_at: datetime
    revision: int


async def hold_code_map(conn: asyncpg.Connection) -> None:
    """What is read of the map stays true until this transaction ends."""
    await conn.execute(SQL["hold_code_map"])


async def change_code_map(conn: asyncpg.Connection) -> None:
    await conn.execute(SQL["change_code_map"])


async def map_code(
    conn: asyncpg.Connection, carrier: str, code: str, meaning: Meaning, now: datetime
) -> None:
    """Say what it means. The transactions that read it otherwise have ended; later ones see it."""
    async with conn.transaction():
        await change_code_map(conn)
        await conn.execute(
            SQL["map_code"],
            carrier,
            code,
            meaning.status,
            meaning.reason,
            meaning.handover,
            meaning.retracts_delivery,
            now,
        )


async def unmap_code(conn: asyncpg.Connection, carrier: str, code: str) -> bool:
    """False where it was not mapped."""
    return await conn.fetchval(SQL["unmap_code"], carrier, code) is not None


async def list_code_map(conn: asyncpg.Connection) -> dict[Code, Mapped]:
    return _by_code(await conn.fetch(SQL["list_code_map"]))


async def meanings_of(conn: asyncpg.Connection, codes: Collection[Code]) -> dict[Code, Mapped]:
    carriers, words = [carrier for carrier, _ in codes], [word for _, word in codes]
    return _by_code(await conn.fetch(SQL["meanings_of"], carriers, words))


def _by_code(rows: Collection[asyncpg.Record]) -> dict[Code, Mapped]:
    return {
        (row["carrier"], row["code"]): Mapped(_meaning(row), row["mapped_at"], row["revision"])
        for row in rows
    }


def _meaning(row: asyncpg.Record) -> Meaning:
    return Meaning(
        status=Status(row["status"]) if row["status"] else None,
        reason=Reason(row["reason"]) if row["reason"] else None,
        handover=Handover(row["handover"]) if row["handover"] else None,
        retracts_delivery=row["retracts"],
    )
