"""Parcels found by what somebody typed, and the index by which their people are found."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.status import Status
from tracking.sql import SQL

_CONDITIONS = 4  # of find_by_person
_MET = 5_000  # rows: who has so many namesakes is found by a word more, and nobody waits for that


@dataclass(frozen=True, slots=True)
class FoundParcel:
    """What a search shows of a parcel; `contact` is sealed, `place` is words of where it waits."""

    shipment_id: UUID
    carrier: str
    tracking_number: str
    status: Status
    changed_at: datetime
    order_ref: str | None
    contact: str | None
    registered_at: datetime | None
    merchant_name: str | None
    place: str | None


class Compared(NamedTuple):
    """A registration, and whether what the index has of it is of its contact as it is."""

    shipment_id: UUID
    is_indexed: bool


async def find_by_number(
    conn: asyncpg.Connection,
    numbers: Sequence[str],
    serials: Sequence[str],
    orders: Sequence[str],
    shops: Collection[UUID] | None,
    most: int,
) -> list[UUID]:
    """`shops` None: of all, and also what nobody registered."""
    rows = await conn.fetch(SQL["find_by_number"], numbers, orders, _list(shops), most, serials)
    return [row["shipment_id"] for row in rows]


async def find_by_person(
    conn: asyncpg.Connection,
    conditions: Sequence[Sequence[int]],
    shops: Collection[UUID] | None,
    most: int,
) -> list[UUID]:
    """Whose people have one of the hashes of each condition; of these there are one to four."""
    four = [*conditions, *[conditions[0]] * (_CONDITIONS - len(conditions))]
    rows = await conn.fetch(SQL["find_by_person"], *four, _list(shops), most, _MET)
    return [row["shipment_id"] for row in rows]


async def find_by_place(
    conn: asyncpg.Connection, words: Sequence[str], shops: Collection[UUID] | None, most: int
) -> list[UUID]:
    rows = await conn.fetch(SQL["find_by_place"], words, _list(shops), most)
    return [row["shipment_id"] for row in rows]


def _list(shops: Collection[UUID] | None) -> list[UUID] | None:
    return None if shops is None else list(shops)


async def find_by_link(conn: asyncpg.Connection, token_hashes: Sequence[bytes]) -> UUID | None:
    """Also by one that was revoked: whoever holds it means this parcel."""
    return await conn.fetchval(SQL["find_by_link"], token_hashes)  # type: ignore[no-any-return]  # no types


async def found_parcels(
    conn: asyncpg.Connection, ids: Collection[UUID], shops: Collection[UUID] | None
) -> list[FoundParcel]:
    rows = await conn.fetch(SQL["found_parcels"], list(ids), _list(shops))
    return [FoundParcel(**{**row, "status": Status(row["status"])}) for row in rows]


async def keep_person_index(
    conn: asyncpg.Connection, terms: Mapping[UUID, Sequence[int]], key_id: bytes
) -> None:
    """Hashes by shipment, of registrations that the caller holds."""
    bodies = [json.dumps(each) for each in terms.values()]
    await conn.execute(SQL["keep_person_index"], list(terms), key_id, bodies)


async def drop_person_index(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["drop_person_index"], list(ids))


async def compare_person_index(
    conn: asyncpg.Connection, after: UUID, key_id: bytes, most: int
) -> list[Compared]:
    """The next registrations in the order of their ids."""
    return [
        Compared(*row) for row in await conn.fetch(SQL["compare_person_index"], after, key_id, most)
    ]


async def hold_contacts(
    conn: asyncpg.Connection, ids: Collection[UUID]
) -> list[tuple[UUID, str | None]]:
    """Sealed contacts by shipment; held until the end of the transaction."""
    rows = await conn.fetch(SQL["hold_contacts"], list(ids))
    return [(row["shipment_id"], row["contact"]) for row in rows]


async def review_unplaced(conn: asyncpg.Connection, now: datetime) -> None:
    await conn.execute(SQL["review_unplaced"], now)
