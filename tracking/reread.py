"""Scans of a code that means something else by now: read anew, their shipments folded again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from schemas.scan import Scan
from schemas.shipment import shipment_id
from tracking.carriers import CARRIERS
from tracking.carriers.base import Meaning
from tracking.carriers.lockers import LOCKER_CODES
from tracking.incoming import read_as
from tracking.numbers import Number, lock_numbers
from tracking.settle import settle, write_settled
from tracking.store.code_map import hold_code_map, meanings_of
from tracking.store.pool import connection, retried, transaction
from tracking.store.unrecognised import (
    Misread,
    UnrecognisedScan,
    count_by_code,
    forget_unrecognised,
    misread_by_code,
    misread_of,
    note_reading,
    reread_scans,
)

_CHUNK = 200
_RELEASED = -1  # no revision of the map: the release itself knows the code


@dataclass(frozen=True, slots=True)
class Reread:
    """`is_known` False: nobody says what the code means, its scans wait."""

    shipments: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a code means now; nothing, where nobody says. `own`: in Klāt's own format only."""

    meaning: Meaning | None = None
    revision: int = 0
    own: bool = False

    def of(self, told: Scan) -> Scan:
        return read_as(told, self.meaning) if self.meaning else told


def released(carrier: str, code: str) -> Reading | None:
    """How the release reads this code; words of lockers are read in Klāt's own format only."""
    reader = CARRIERS.get(carrier)
    meaning = reader.meaning(code) if reader else None
    if meaning is not None:
        return Reading(meaning, _RELEASED)
    meaning = LOCKER_CODES.get(code.strip().casefold())
    return Reading(meaning, _RELEASED, own=True) if meaning else None


async def reread_code(pool: asyncpg.Pool, carrier: str, code: str, now: datetime) -> Reread:
    """Read every scan of the code by what it means now. Safe to repeat, and while events come."""
    reading, shipments = released(carrier, code), 0
    if reading is not None:
        shipments += await _reread(pool, carrier, code, reading, now)
    if reading is None or reading.own:
        shipments += await _reread(pool, carrier, code, None, now)
    async with connection(pool) as conn:
        is_mapped = bool(await meanings_of(conn, [(carrier, code)]))
        left = await count_by_code(conn, carrier, code)
    return Reread(shipments, is_mapped or (reading is not None and not left))


async def _reread(
    pool: asyncpg.Pool, carrier: str, code: str, fixed: Reading | None, now: datetime
) -> int:
    """How many shipments changed; `fixed` None: read by the operator's map."""
    shipments = 0
    while True:
        done = await retried(partial(_reread_some, pool, carrier, code, fixed, now))
        if done is None:
            return shipments
        shipments += done


async def _reread_some(
    pool: asyncpg.Pool, carrier: str, code: str, fixed: Reading | None, now: datetime
) -> int | None:
    """One transaction's worth; None when nothing is left to be read anew."""
    async with transaction(pool) as conn:
        reading = fixed or await _mapped(conn, carrier, code)
        places = await misread_by_code(
            conn, carrier, code, reading.revision, own=reading.own, limit=_CHUNK
        )
        if not places:
            return None
        numbers = _numbers(carrier, places)
        await lock_numbers(conn, numbers)
        await hold_code_map(conn)
        # Asked once more: only now can neither the scans nor the map change any more.
        reading = fixed or await _mapped(conn, carrier, code)
        scans = await misread_of(conn, places, code, reading.revision)
        if not scans:
            return None  # others did it meanwhile, or it is about a code that the scan lost since
        await _keep(conn, scans, reading)
        settled = await settle(conn, numbers, now)
        await write_settled(conn, settled, now)
        return len(settled.changes)


async def _mapped(conn: asyncpg.Connection, carrier: str, code: str) -> Reading:
    mapped = (await meanings_of(conn, [(carrier, code)])).get((carrier, code))
    return Reading(mapped.meaning, mapped.revision) if mapped else Reading()


def _numbers(carrier: str, places: Iterable[Misread]) -> dict[UUID, Number]:
    told = sorted({each.tracking_number for each in places})
    numbers = [Number(shipment_id(carrier, each), carrier, each, replaced=True) for each in told]
    return {number.head: number for number in numbers}


async def _keep(conn: asyncpg.Connection, scans: list[UnrecognisedScan], reading: Reading) -> None:
    await reread_scans(conn, [(each, reading.of(each.told)) for each in scans])
    if reading.revision == _RELEASED:
        await forget_unrecognised(conn, scans)
    else:
        await note_reading(conn, scans, reading.revision)
