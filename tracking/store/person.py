"""What is kept of people: found, counted by class, taken out of parcels that are held."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import Addressee
from schemas.scan import Scan
from schemas.status import Status
from tracking.domain.anonymous import Identity
from tracking.domain.order import Received
from tracking.domain.reckon import Change
from tracking.sql import SQL


class KnownParcel(NamedTuple):
    """A parcel and whom its shop named, sealed. `has_bonus`: a code that still pays."""

    shipment_id: UUID
    carrier: str
    tracking_number: str
    journey: int
    status: Status
    changed_at: datetime
    erased_at: datetime | None
    merchant_id: UUID | None
    contact: str | None
    order_ref: str | None
    merchant_name: str | None
    has_bonus: bool


class KeptScan(NamedTuple):
    """`told`: as it came, where its code was not known. `raw_digest`: of the payload it came in."""

    shipment_id: UUID
    identity: Identity
    version: int
    received: Received
    raw_digest: bytes | None
    told: Scan | None


class NewScan(NamedTuple):
    """What stands in the place of the scan with this key."""

    shipment_id: UUID
    key: bytes
    identity: Identity
    scan: Scan
    told: Scan | None


class Place(NamedTuple):
    """Where a walk from the oldest on has come to."""

    at: datetime
    shipment_id: UUID


class LeftContact(NamedTuple):
    """`contact`: sealed, of who stays. `is_gone`: the recipient is not among them."""

    shipment_id: UUID
    contact: str | None
    is_gone: bool


async def parcels_of_person(
    conn: asyncpg.Connection, terms: Sequence[int], shops: Collection[UUID] | None, most: int
) -> list[UUID]:
    """Hashes of four bytes: some are another's, whose contact tells."""
    rows = await conn.fetch(SQL["parcels_of_person"], terms, _list(shops), most)
    return [row["shipment_id"] for row in rows]


async def parcels_known(
    conn: asyncpg.Connection, ids: Collection[UUID], shops: Collection[UUID] | None = None
) -> list[KnownParcel]:
    """`shops` None: of all, and what nobody registered."""
    rows = await conn.fetch(SQL["parcels_known"], list(ids), _list(shops))
    return [
        KnownParcel(**{**row, "status": Status(row["status"]), "has_bonus": bool(row["has_bonus"])})
        for row in rows
    ]


async def count_personal(
    conn: asyncpg.Connection, ids: Collection[UUID], heads: Collection[UUID]
) -> dict[str, int]:
    rows = await conn.fetch(SQL["count_personal"], list(ids), list(heads))
    return {row["kind"]: row["rows"] for row in rows}


async def scans_to_anonymise(conn: asyncpg.Connection, ids: Collection[UUID]) -> list[KeptScan]:
    return [_scan(row) for row in await conn.fetch(SQL["scans_to_anonymise"], list(ids))]


def _scan(row: asyncpg.Record) -> KeptScan:
    scan = Scan.kept(row["body"])
    return KeptScan(
        row["shipment_id"],
        Identity(row["scan_key"], row["digest"]),
        row["version"],
        Received(scan, row["scan_key"], row["received_at"]),
        row["raw_digest"],
        Scan.kept(row["told"]) if row["told"] else None,
    )


async def anonymise_scans(conn: asyncpg.Connection, scans: Sequence[NewScan]) -> None:
    bodies = [each.scan.model_dump_json(exclude_defaults=True) for each in scans]
    await conn.execute(SQL["anonymise_scans"], *_columns(scans), bodies)


async def anonymise_unrecognised(conn: asyncpg.Connection, scans: Sequence[NewScan]) -> None:
    told = [
        each.told.model_dump_json(exclude_defaults=True) if each.told else None for each in scans
    ]
    await conn.execute(SQL["anonymise_unrecognised"], *_columns(scans), told)


def _columns(scans: Sequence[NewScan]) -> tuple[list[UUID], list[bytes], list[bytes], list[bytes]]:
    return (
        [each.shipment_id for each in scans],
        [each.key for each in scans],
        [each.identity.key for each in scans],
        [each.identity.digest for each in scans],
    )


async def drop_scans(conn: asyncpg.Connection, scans: Sequence[tuple[UUID, bytes]]) -> None:
    ids, keys = [key for key, _ in scans], [key for _, key in scans]
    await conn.execute(SQL["drop_scans"], ids, keys)


async def rename_evidence(
    conn: asyncpg.Connection, renamed: Sequence[tuple[UUID, bytes, bytes]]
) -> None:
    """Keys of scans, before and after."""
    ids = [key for key, _, _ in renamed]
    old, new = [each.hex() for _, each, _ in renamed], [each.hex() for _, _, each in renamed]
    await conn.execute(SQL["rename_evidence"], ids, old, new)


async def drop_raw_payloads(
    conn: asyncpg.Connection, digests: Collection[bytes], heads: Collection[UUID]
) -> int:
    gone = await conn.fetchval(SQL["drop_raw_payloads"], list(digests), list(heads))
    return int(gone)


async def erase_contacts(conn: asyncpg.Connection, left: Sequence[LeftContact]) -> None:
    columns = list(zip(*left, strict=True))
    await conn.execute(SQL["erase_contacts"], *columns)


async def erase_orders(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["erase_orders"], list(ids))


async def write_anonymous(
    conn: asyncpg.Connection, changes: Mapping[UUID, Change], now: datetime
) -> None:
    """The states of these parcels, which name nobody from now on."""
    decided = list(changes.values())
    await conn.execute(
        SQL["write_anonymous"],
        list(changes),
        [each.version for each in decided],
        [each.state.model_dump_json(exclude_defaults=True) for each in decided],
        [each.last_at for each in decided],
        [each.simple for each in decided],
        now,
    )


async def hold_against_erasure(conn: asyncpg.Connection, shipment_id: UUID) -> bool:
    """False where its people were erased: nothing that may name somebody is written of it.

    Whoever also holds its registration holds this first, as an erasure does.
    """
    return not await conn.fetchval(SQL["hold_against_erasure"], shipment_id)


async def unmark_erased(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["unmark_erased"], list(ids))


async def erase_notices(
    conn: asyncpg.Connection, people: Sequence[tuple[UUID, Addressee]], now: datetime
) -> int:
    ids, addressees = [key for key, _ in people], [whom for _, whom in people]
    return _rows(await conn.execute(SQL["erase_notices"], ids, addressees, now))


async def erase_words(
    conn: asyncpg.Connection, ids: Collection[UUID], now: datetime
) -> Mapping[str, int]:
    """Cases that wait for an answer are solved by it: nobody can read them any more."""
    return dict(await conn.fetchrow(SQL["erase_words"], list(ids), now))


async def erase_ways_in(
    conn: asyncpg.Connection, ids: Collection[UUID], now: datetime
) -> Mapping[str, int]:
    return dict(await conn.fetchrow(SQL["erase_ways_in"], list(ids), now))


async def drop_bonuses(conn: asyncpg.Connection, ids: Collection[UUID]) -> int:
    return _rows(await conn.execute(SQL["drop_bonuses"], list(ids)))


async def next_named(
    conn: asyncpg.Connection, before: datetime, behind: Place, most: int
) -> list[Place]:
    """Parcels whose people were not erased, by when they were made."""
    rows = await conn.fetch(SQL["next_named"], before, *behind, most)
    return [Place(row["at"], row["shipment_id"]) for row in rows]


async def next_contacts(
    conn: asyncpg.Connection, before: datetime, behind: Place, most: int
) -> list[Place]:
    """Registrations that name somebody, also those of parcels that were erased."""
    rows = await conn.fetch(SQL["next_contacts"], before, *behind, most)
    return [Place(row["at"], row["shipment_id"]) for row in rows]


async def ended_parcels(
    conn: asyncpg.Connection, ended: datetime, silent: datetime, ids: Collection[UUID]
) -> list[UUID]:
    """Held until the end of the transaction; what others hold is left to them."""
    rows = await conn.fetch(SQL["ended_parcels"], ended, silent, list(ids))
    return [row["shipment_id"] for row in rows]


async def unclaimed_parcels(
    conn: asyncpg.Connection, silent: datetime, ids: Collection[UUID]
) -> list[tuple[UUID, bool]]:
    """Whether the number has named no other parcel; held like the others."""
    rows = await conn.fetch(SQL["unclaimed_parcels"], silent, list(ids))
    return [(row["shipment_id"], row["is_lone"]) for row in rows]


async def delete_parcels(conn: asyncpg.Connection, ids: Collection[UUID]) -> None:
    await conn.execute(SQL["delete_parcels"], list(ids))


def _rows(status: str) -> int:
    """Of PostgreSQL's "UPDATE 7"."""
    return int(status.rpartition(" ")[2])


def _list(shops: Collection[UUID] | None) -> list[UUID] | None:
    return None if shops is None else list(shops)
