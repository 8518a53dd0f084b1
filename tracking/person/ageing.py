"""Parcels that ended long ago name nobody any more; those that are nobody's are forgotten."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.notice import Addressee
from tracking.apart import apart
from tracking.person.erase import SILENCE
from tracking.person.parcels import Part, erase_parcels
from tracking.store.person import (
    KnownParcel,
    Place,
    delete_parcels,
    ended_parcels,
    next_contacts,
    next_named,
    unclaimed_parcels,
)
from tracking.store.pool import connection, retried, transaction

log = structlog.get_logger()

START: Final = Place(datetime.fromtimestamp(0, UTC), UUID(int=0))
_EVERYBODY: Final = frozenset(Addressee)

Walk = Callable[[asyncpg.Connection, datetime, Place, int], Awaitable[list[Place]]]
Forget = Callable[[Sequence[UUID]], Awaitable[int]]


class Step(NamedTuple):
    """So many were forgotten of so many that were looked at; the next begins `behind`, None: all
    were looked at. `unread`: which could not be read, and the name of the error.
    """

    done: int
    behind: Place | None
    unread: tuple[tuple[UUID, str], ...] = ()


def _everybody(parcel: KnownParcel, _: str | None) -> Part:
    """No seal has to be opened for it. A code that still pays goes on paying."""
    return Part(parcel.shipment_id, _EVERYBODY, keeps_bonus=parcel.has_bonus)


async def forget_people(
    pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    """Registered parcels that ended, or were given up, before."""
    looked = await _looked(pool, next_named, before, behind, limit)
    return await _step(partial(_forget_people, pool, before, now), looked, limit)


async def forget_contacts(
    pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    """Who is named on a parcel that was erased: a buyer who stayed, or who was named anew by a
    release that did not know of the mark.
    """
    looked = await _looked(pool, next_contacts, before, behind, limit)
    return await _step(partial(_forget_people, pool, before, now), looked, limit)


async def _forget_people(
    pool: asyncpg.Pool, before: datetime, now: datetime, ids: Sequence[UUID]
) -> int:
    async with transaction(pool) as conn:
        ended = await ended_parcels(conn, before, before - SILENCE, ids)
        if ended:
            await erase_parcels(conn, ended, _everybody, now)
    return len(ended)


async def forget_unclaimed(
    pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    """Parcels that no shop registered. Of a number that names another parcel as well, the life
    stays, without whom it names.
    """
    looked = await _looked(pool, next_named, before, behind, limit)
    return await _step(partial(_forget_unclaimed, pool, before, now), looked, limit)


async def _forget_unclaimed(
    pool: asyncpg.Pool, before: datetime, now: datetime, ids: Sequence[UUID]
) -> int:
    async with transaction(pool) as conn:
        found = await unclaimed_parcels(conn, before, ids)
        lone = [key for key, is_lone in found if is_lone]
        await delete_parcels(conn, lone)
        if others := [key for key, is_lone in found if not is_lone]:
            await erase_parcels(conn, others, _everybody, now)
    if lone:
        log.info("parcels.forgotten", parcels=len(lone))
    return len(found)


async def _looked(
    pool: asyncpg.Pool, walk: Walk, before: datetime, behind: Place, limit: int
) -> list[Place]:
    async with connection(pool) as conn:
        return await walk(conn, before, behind, limit)


async def _step(forget: Forget, looked: Sequence[Place], limit: int) -> Step:
    """One transaction, or several where a parcel among them cannot be read: it is stepped over."""

    async def some(ids: Sequence[UUID]) -> Step:
        return Step(await retried(partial(forget, ids)), None)

    parts = await apart(some, [each.shipment_id for each in looked], _unread)
    behind = looked[-1] if len(looked) == limit else None
    unread = tuple(one for part in parts for one in part.unread)
    return Step(sum(part.done for part in parts), behind, unread)


def _unread(shipment_id: UUID, error: Exception) -> Step:
    """Without what the error says, which may quote the data."""
    return Step(0, None, ((shipment_id, type(error).__name__),))
