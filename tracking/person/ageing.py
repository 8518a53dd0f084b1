"""Parcels that ended long ago name nobody any more; those that are nobody's are forgotten."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.notice import Addressee
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
from tracking.store.pool import retried, transaction

log = structlog.get_logger()

START: Final = Place(datetime.fromtimestamp(0, UTC), UUID(int=0))
_EVERYBODY: Final = frozenset(Addressee)

Walk = Callable[[asyncpg.Connection, datetime, Place, int], Awaitable[list[Place]]]


class Step(NamedTuple):
    """So many were forgotten of so many that were looked at; the next begins `behind`, None: all
    were looked at.
    """

    done: int
    behind: Place | None


def _everybody(parcel: KnownParcel, _: str | None) -> Part:
    """No seal has to be opened for it. A code that still pays goes on paying."""
    return Part(parcel.shipment_id, _EVERYBODY, keeps_bonus=parcel.has_bonus)


async def forget_people(
    pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    """Registered parcels that ended, or were given up, before."""
    return await retried(partial(_forget_people, next_named, pool, before, now, behind, limit))


async def forget_contacts(
    pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    """Who is named on a parcel that was erased: a buyer who stayed, or who was named anew by a
    release that did not know of the mark.
    """
    return await retried(partial(_forget_people, next_contacts, pool, before, now, behind, limit))


async def _forget_people(
    walk: Walk, pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    async with transaction(pool) as conn:
        looked = await walk(conn, before, behind, limit)
        ids = await ended_parcels(conn, before, before - SILENCE, _ids(looked))
        if ids:
            await erase_parcels(conn, ids, _everybody, now)
    return _step(len(ids), looked, limit)


async def forget_unclaimed(
    pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    """Parcels that no shop registered. Of a number that names another parcel as well, the life
    stays, without whom it names.
    """
    return await retried(partial(_forget_unclaimed, pool, before, now, behind, limit))


async def _forget_unclaimed(
    pool: asyncpg.Pool, before: datetime, now: datetime, behind: Place, limit: int
) -> Step:
    async with transaction(pool) as conn:
        looked = await next_named(conn, before, behind, limit)
        found = await unclaimed_parcels(conn, before, _ids(looked))
        lone = [key for key, is_lone in found if is_lone]
        await delete_parcels(conn, lone)
        if others := [key for key, is_lone in found if not is_lone]:
            await erase_parcels(conn, others, _everybody, now)
    if lone:
        log.info("parcels.forgotten", parcels=len(lone))
    return _step(len(found), looked, limit)


def _ids(looked: Sequence[Place]) -> list[UUID]:
    return [each.shipment_id for each in looked]


def _step(done: int, looked: Sequence[Place], limit: int) -> Step:
    return Step(done, looked[-1] if len(looked) == limit else None)
