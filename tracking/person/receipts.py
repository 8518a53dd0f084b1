"""Receipts of erasures: written to a file beside the backups, and erased again by it.

A backup from before an erasure has the person and not the receipt. So the receipts are kept outside
of the database too; after a restore every contact is opened once and compared by keyed hash, which
needs no index of the backup, whatever its age.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from pydantic import ValidationError

from schemas.base import Frozen, Instant
from tracking.contact import Contact, open_contact
from tracking.errors import KlatError
from tracking.person.erase import erase, plan
from tracking.person.progress import Done
from tracking.person.who import hashes_of, roles_of
from tracking.sealing import SealBroken, Sealer
from tracking.store.erasures import (
    Erasure,
    People,
    Whom,
    finish_erasure,
    list_erasures,
    next_people,
)
from tracking.store.pool import connection

MOST: Final = 1_000_000  # receipts
_AT_ONCE: Final = 500
_FIRST: Final = UUID(int=0)


class NoReceipt(KlatError):  # noqa: N818 - named for what was given
    """Not a file of receipts, as `klat person receipts --out FILE` writes it."""


class Receipt(Frozen):
    """A line of the file. Hashes are hex, under every key of then; nobody is named."""

    erasure_id: UUID
    begun_at: Instant
    done_at: Instant | None = None
    by: str
    kind: str
    hashes: tuple[str, ...]
    name_hashes: tuple[str, ...] | None = None
    merchant_id: UUID | None = None
    rows: dict[str, int]
    found: dict[str, int] | None = None

    @property
    def whom(self) -> Whom:
        names = None if self.name_hashes is None else [bytes.fromhex(h) for h in self.name_hashes]
        return Whom(self.kind, [bytes.fromhex(h) for h in self.hashes], names, self.merchant_id)


def receipt_of(each: Erasure) -> Receipt:
    kind, hashes, names, merchant_id = each.whom
    return Receipt(
        erasure_id=each.erasure_id,
        begun_at=each.begun_at,
        done_at=each.done_at,
        by=each.by,
        kind=kind,
        hashes=tuple(each.hex() for each in hashes),
        name_hashes=None if names is None else tuple(each.hex() for each in names),
        merchant_id=merchant_id,
        rows=dict(each.rows),
        found=None if each.found is None else dict(each.found),
    )


async def receipts(pool: asyncpg.Pool) -> list[Receipt]:
    """All of them, the earliest first."""
    async with connection(pool) as conn:
        return [receipt_of(each) for each in reversed(await list_erasures(conn, MOST))]


def read_receipts(lines: Iterable[str]) -> list[Receipt]:
    """Raises NoReceipt."""
    try:
        return [Receipt.kept(line) for line in lines if line.strip()]
    except ValidationError:
        raise NoReceipt from None


async def reapply(
    pool: asyncpg.Pool, sealer: Sealer, asked: Sequence[Receipt], now: datetime
) -> Counter[str]:
    """Rows that were changed, by class. What was registered since an erasure is left alone.

    Raises StoreUnavailable.
    """
    found = await _found(pool, sealer, asked)
    rows: Counter[str] = Counter()
    for each in asked:
        if parcels := found.get(each.erasure_id):
            done = await _erase(pool, sealer, each, parcels, now)
            rows += done.rows
    return rows


async def _erase(
    pool: asyncpg.Pool, sealer: Sealer, each: Receipt, parcels: Sequence[UUID], now: datetime
) -> Done:
    planned = await plan(pool, sealer, each.whom, only=parcels, now=now)
    done = await erase(pool, sealer, planned, by=each.by, now=now, erasure_id=each.erasure_id)
    async with connection(pool) as conn:
        await finish_erasure(conn, done.erasure_id, now, None)
    return done


async def _found(
    pool: asyncpg.Pool, sealer: Sealer, asked: Sequence[Receipt]
) -> dict[UUID, list[UUID]]:
    """Parcels by receipt. One pass over all parcels, however many receipts there are."""
    by_hash: dict[bytes, list[Receipt]] = {}
    for each in asked:
        for told in each.whom.hashes:
            by_hash.setdefault(told, []).append(each)
    found: dict[UUID, list[UUID]] = {}
    after = _FIRST
    while True:
        async with connection(pool) as conn:
            page = await next_people(conn, after, _AT_ONCE)
        for row in page:
            contact = _contact(sealer, row.shipment_id, row.contact)
            hashes = by_hash.keys() & hashes_of(sealer, row.shipment_id, contact)
            meant = {each.erasure_id: each for told in hashes for each in by_hash[told]}
            for each in meant.values():
                if _is_of(each, row) and roles_of(sealer, each.whom, row.shipment_id, contact):
                    found.setdefault(each.erasure_id, []).append(row.shipment_id)
        if len(page) < _AT_ONCE:
            return found
        after = page[-1].shipment_id


def _is_of(each: Receipt, row: People) -> bool:
    is_old = (row.registered_at or row.created_at) <= each.begun_at
    return is_old and each.merchant_id in {None, row.merchant_id}


def _contact(sealer: Sealer, shipment_id: UUID, sealed: str | None) -> Contact:
    try:
        return open_contact(sealer, shipment_id, sealed)
    except SealBroken:
        return Contact()
