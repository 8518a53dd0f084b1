"""The index of people kept up: with each registration, and for those that came before it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
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
from tracking.store.pool import connection, retried, transaction
from tracking.store.search import (
    compare_person_index,
    drop_person_index,
    hold_contacts,
    keep_person_index,
    review_unplaced,
)

log = structlog.get_logger()

_AT_ONCE: Final = 500
_PAUSE: Final = 0.02  # seconds between batches, for everybody else to go first
_EVERY: Final = 24 * 3600.0  # seconds; a new key is known from the start of the process
_AGAIN: Final = 60.0
_FIRST: Final = UUID(int=0)


async def index_people(
    conn: asyncpg.Connection, sealer: Sealer, shipment_id: UUID, contact: Contact
) -> None:
    """Whoever calls holds the registration, and has saved it."""
    terms = blind_terms(sealer, terms_of(contact))
    if terms:
        await keep_person_index(conn, {shipment_id: terms}, sealer.key_id)
    else:
        await drop_person_index(conn, [shipment_id])


async def index_missing(pool: asyncpg.Pool, sealer: Sealer, *, at_once: int = _AT_ONCE) -> int:
    """Every registration whose people are not found as it stands, by the newest key; how many.

    Reads without locks, and holds only what it changes. Raises StoreUnavailable.
    """
    after, done = _FIRST, 0
    while True:
        async with connection(pool) as conn:
            compared = await compare_person_index(conn, after, sealer.key_id, at_once)
        wrong = [each.shipment_id for each in compared if not each.is_indexed]
        if wrong:
            done += await retried(partial(_index, pool, sealer, wrong))
        if len(compared) < at_once:
            return done
        after = compared[-1].shipment_id
        await asyncio.sleep(_PAUSE)


async def _index(pool: asyncpg.Pool, sealer: Sealer, ids: Collection[UUID]) -> int:
    """What has nothing to be found by is dropped; so is what no key opens: it is of another one."""
    async with transaction(pool) as conn:
        terms = {
            shipment_id: blind_terms(sealer, terms_of(_opened(sealer, shipment_id, sealed)))
            for shipment_id, sealed in await hold_contacts(conn, ids)
        }
        found = {key: each for key, each in terms.items() if each}
        await keep_person_index(conn, found, sealer.key_id)
        await drop_person_index(conn, terms.keys() - found.keys())
    return len(found)


def _opened(sealer: Sealer, shipment_id: UUID, sealed: str | None) -> Contact:
    try:
        return open_contact(sealer, shipment_id, sealed)
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=shipment_id)
        return Contact()


async def keep_indexed(pool: asyncpg.Pool, sealer: Sealer) -> None:
    """Until cancelled, in every process of a role: what one has done the others only look at."""
    while await _tried(partial(_place, pool)) == _AGAIN:  # noqa: ASYNC110 - it works each time
        await asyncio.sleep(_AGAIN)
    while True:  # noqa: ASYNC110 - the same
        await asyncio.sleep(await _tried(partial(_indexed, pool, sealer)))


async def _tried(work: Callable[[], Awaitable[None]]) -> float:
    """Seconds until it is worth trying again."""
    try:
        await work()
    except (KlatError, asyncpg.PostgresError) as error:
        log.warning("search.not_indexed", error=type(error).__name__)
        return _AGAIN
    return _EVERY


async def _indexed(pool: asyncpg.Pool, sealer: Sealer) -> None:
    if done := await index_missing(pool, sealer):
        log.info("search.indexed", registrations=done)


async def _place(pool: asyncpg.Pool) -> None:
    """What came to wait under a release that did not note where."""
    async with connection(pool) as conn:
        await review_unplaced(conn, datetime.now(UTC))
