"""The index of people kept up: with each registration, and for those that came before it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from tracking.contact import Contact, open_contact
from tracking.errors import KlatError
from tracking.sealing import SealBroken, Sealer
from tracking.search.blind import blind_terms
from tracking.search.terms import terms_of
from tracking.store.pool import retried, transaction
from tracking.store.search import (
    Indexed,
    NextRegistration,
    drop_person_index,
    keep_person_index,
    next_registrations,
)

log = structlog.get_logger()

_AT_ONCE: Final = 500
_PAUSE: Final = 0.05  # seconds between batches, for registrations to go first
_EVERY: Final = 24 * 3600.0  # seconds; a new key is known from the start of the process
_AGAIN: Final = 60.0
_FIRST: Final = UUID(int=0)


async def index_people(
    conn: asyncpg.Connection,
    sealer: Sealer,
    shipment_id: UUID,
    merchant_id: UUID,
    contact: Contact,
    registered_at: datetime,
) -> None:
    """Whoever calls holds the registration."""
    terms = blind_terms(sealer, terms_of(contact))
    if terms:
        row = Indexed(shipment_id, merchant_id, registered_at, terms)
        await keep_person_index(conn, [row], sealer.key_id)
    else:
        await drop_person_index(conn, [shipment_id])


async def index_missing(pool: asyncpg.Pool, sealer: Sealer, *, at_once: int = _AT_ONCE) -> int:
    """Every registration that is not indexed under the newest key; how many were.

    Raises StoreUnavailable.
    """
    after, done = _FIRST, 0
    while True:
        last, indexed = await retried(partial(_index_next, pool, sealer, after, at_once))
        done += indexed
        if last is None:
            return done
        after = last
        await asyncio.sleep(_PAUSE if indexed else 0)


async def _index_next(
    pool: asyncpg.Pool, sealer: Sealer, after: UUID, most: int
) -> tuple[UUID | None, int]:
    """The last that was looked at, None where there are no more; and how many were indexed."""
    async with transaction(pool) as conn:
        rows = await next_registrations(conn, after, sealer.key_id, most)
        found = _indexed(sealer, [row for row in rows if not row.is_indexed])
        if found:
            await keep_person_index(conn, found, sealer.key_id)
    return (rows[-1].shipment_id if len(rows) == most else None), len(found)


def _indexed(sealer: Sealer, rows: Sequence[NextRegistration]) -> list[Indexed]:
    found = []
    for row in rows:
        try:
            contact = open_contact(sealer, row.shipment_id, row.contact)
        except SealBroken:
            log.warning("contact.sealed_with_another_key", shipment_id=row.shipment_id)
            continue
        if terms := blind_terms(sealer, terms_of(contact)):
            found.append(Indexed(row.shipment_id, row.merchant_id, row.registered_at, terms))
    return found


async def keep_indexed(pool: asyncpg.Pool, sealer: Sealer) -> None:
    """Until cancelled, in every process of a role: what one has done the others only look at."""
    while True:
        try:
            if done := await index_missing(pool, sealer):
                log.info("search.indexed", registrations=done)
            pause = _EVERY
        except (KlatError, asyncpg.PostgresError) as error:
            log.warning("search.not_indexed", error=type(error).__name__)
            pause = _AGAIN
        await asyncio.sleep(pause)
