"""Receipts of erasures: who was erased when and by whom, as keyed hashes, and how much."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from tracking.sql import SQL


class Whom(NamedTuple):
    """Keyed hashes under every key, the newest first. `names` None: whatever the name.

    `merchant_id` None: the parcels of all shops.
    """

    kind: str
    hashes: Sequence[bytes]
    names: Sequence[bytes] | None
    merchant_id: UUID | None


class Erasure(NamedTuple):
    """`done_at` None: it was cut off, and `work` is what there was to do, sealed.

    `rows` by class of data, `found` by table what was found afterwards; None: nobody looked.
    """

    erasure_id: UUID
    begun_at: datetime
    done_at: datetime | None
    by: str
    whom: Whom
    rows: Mapping[str, int]
    found: Mapping[str, int] | None
    work: str | None


class People(NamedTuple):
    """A parcel and whom its shop named, sealed."""

    shipment_id: UUID
    created_at: datetime
    registered_at: datetime | None
    merchant_id: UUID | None
    contact: str | None


async def next_people(conn: asyncpg.Connection, after: UUID, most: int) -> list[People]:
    return [People(*row) for row in await conn.fetch(SQL["next_people"], after, most)]


async def begin_erasure(conn: asyncpg.Connection, each: Erasure) -> None:
    kind, hashes, names, merchant_id = each.whom
    await conn.execute(
        SQL["begin_erasure"],
        each.erasure_id,
        each.begun_at,
        each.by,
        kind,
        list(hashes),
        None if names is None else list(names),
        merchant_id,
        each.work,
    )


async def unfinished_erasure(conn: asyncpg.Connection, whom: Whom) -> Erasure | None:
    names = None if whom.names is None else list(whom.names)
    row = await conn.fetchrow(
        SQL["unfinished_erasure"], whom.kind, list(whom.hashes), names, whom.merchant_id
    )
    return _erasure(row) if row else None


async def count_erased(
    conn: asyncpg.Connection, erasure_id: UUID, rows: Mapping[str, int], work: str | None = None
) -> None:
    """`work` None: it is as before."""
    await conn.execute(SQL["count_erased"], erasure_id, json.dumps(dict(rows)), work)


async def finish_erasure(
    conn: asyncpg.Connection, erasure_id: UUID, now: datetime, found: Mapping[str, int] | None
) -> None:
    told = None if found is None else json.dumps(dict(found))
    await conn.execute(SQL["finish_erasure"], erasure_id, now, told)


async def list_erasures(conn: asyncpg.Connection, most: int) -> list[Erasure]:
    return [_erasure(row) for row in await conn.fetch(SQL["list_erasures"], most)]


def _erasure(row: asyncpg.Record) -> Erasure:
    fields: dict[str, Any] = dict(row)
    whom = Whom(*(fields.pop(name) for name in ("kind", "hashes", "name_hashes", "merchant_id")))
    rows, found = json.loads(fields.pop("rows")), fields.pop("found")
    return Erasure(
        **fields, whom=whom, rows=rows, found=None if found is None else json.loads(found)
    )
