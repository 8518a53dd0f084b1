"""Parcels that ended long ago name nobody any more; those that are nobody's are forgotten."""

from datetime import datetime
from functools import partial
from typing import Final

import asyncpg
import structlog

from schemas.notice import Addressee
from tracking.person.erase import SILENCE
from tracking.person.parcels import Part, erase_parcels
from tracking.store.person import (
    KnownParcel,
    delete_parcels,
    ended_parcels,
    unclaimed_parcels,
)
from tracking.store.pool import retried, transaction

log = structlog.get_logger()

_EVERYBODY: Final = frozenset(Addressee)


def _everybody(parcel: KnownParcel, _: str | None) -> Part:
    """No seal has to be opened for it. A code that still pays goes on paying."""
    return Part(parcel.shipment_id, _EVERYBODY, keeps_bonus=parcel.has_bonus)


async def forget_people(pool: asyncpg.Pool, before: datetime, now: datetime, limit: int) -> int:
    """Of so many registered parcels that ended, or were given up, before; how many there were."""
    return await retried(partial(_forget_people, pool, before, now, limit))


async def _forget_people(pool: asyncpg.Pool, before: datetime, now: datetime, limit: int) -> int:
    async with transaction(pool) as conn:
        ids = await ended_parcels(conn, before, before - SILENCE, limit)
        if ids:
            await erase_parcels(conn, ids, _everybody, now)
    return len(ids)


async def forget_unclaimed(pool: asyncpg.Pool, before: datetime, now: datetime, limit: int) -> int:
    """So many parcels that no shop registered. Of a number that names another parcel as well, the
    life stays, without whom it names.
    """
    return await retried(partial(_forget_unclaimed, pool, before, now, limit))


async def _forget_unclaimed(pool: asyncpg.Pool, before: datetime, now: datetime, limit: int) -> int:
    async with transaction(pool) as conn:
        found = await unclaimed_parcels(conn, before, limit)
        lone = [key for key, is_lone in found if is_lone]
        await delete_parcels(conn, lone)
        if others := [key for key, is_lone in found if not is_lone]:
            await erase_parcels(conn, others, _everybody, now)
    if lone:
        log.info("parcels.forgotten", parcels=len(lone))
    return len(found)
