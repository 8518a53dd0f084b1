"""Lines registered as POST /v1/shipments does, several at a time, as far as time goes.

Twice is once, and killed at any line, what is registered is registered: the rest is the same file
sent again.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import asyncpg

from schemas.api import ShipmentRegistration
from tracking.bulk.lines import Read
from tracking.domain.journeys import REST
from tracking.errors import KlatError
from tracking.register import RegisteredByAnother, fingerprints, register
from tracking.sealing import Sealer
from tracking.store.registrations import Known, Registrations

_SIDE_BY_SIDE: Final = 4


class Outcome(StrEnum):
    """What becomes of a line, or became. CHANGES: the shop told something else of it before."""

    WRONG = "wrong"
    NEW = "new"
    SAME = "same"
    CHANGES = "changes"
    ANOTHERS = "anothers"  # registered by another shop
    REGISTERED = "registered"
    UPDATED = "updated"
    LEFT = "left"  # there was no time for it


Outcomes = Mapping[int, Outcome]
"""By the number of the line."""


async def foresee(
    pool: asyncpg.Pool, sealer: Sealer, merchant_id: UUID, read: Sequence[Read], now: datetime
) -> dict[int, Outcome]:
    """What registering would make of each line now. Raises StoreUnavailable."""
    bodies = [each.body for each in read if each.body is not None]
    numbers = [(body.carrier, body.tracking_number) for body in bodies]
    known = await Registrations(pool).registered_numbers(numbers)
    return {each.number: _foreseen(each, known, merchant_id, sealer, now) for each in read}


def _foreseen(
    each: Read,
    known: Mapping[tuple[str, str], Known],
    merchant_id: UUID,
    sealer: Sealer,
    now: datetime,
) -> Outcome:
    if each.body is None:
        return Outcome.WRONG
    before = known.get((each.body.carrier, each.body.tracking_number))
    if before is None:
        return Outcome.NEW
    if before.merchant_id != merchant_id:
        return Outcome.ANOTHERS
    is_same = before.digest in fingerprints(each.body, sealer) and now - before.registered_at < REST
    return Outcome.SAME if is_same else Outcome.CHANGES


async def register_lines(
    pool: asyncpg.Pool,
    sealer: Sealer,
    merchant_id: UUID,
    read: Sequence[Read],
    foreseen: Outcomes,
    *,
    now: datetime,
    is_time: Callable[[], bool],
) -> dict[int, Outcome]:
    """What became of each line. What seems another shop's is tried, too: numbers are used again.

    Raises StoreUnavailable: what was done until then is done.
    """
    outcomes = dict(foreseen)
    todo = [(each.number, each.body) for each in read if each.body is not None]
    waiting = [pair for pair in todo if foreseen[pair[0]] is not Outcome.SAME]
    outcomes |= dict.fromkeys((number for number, _ in waiting), Outcome.LEFT)
    source, failed = _while(is_time, waiting), list[KlatError]()

    async def work() -> None:
        for number, body in source:
            try:
                outcomes[number] = await _register(pool, sealer, merchant_id, body, now)
            except KlatError as error:
                failed.append(error)
            if failed:
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(_SIDE_BY_SIDE):
            group.create_task(work())
    if failed:
        raise failed[0]
    return outcomes


def _while(
    is_time: Callable[[], bool], waiting: Iterable[tuple[int, ShipmentRegistration]]
) -> Iterator[tuple[int, ShipmentRegistration]]:
    """One source for all who work: each line is taken once."""
    for each in waiting:
        if not is_time():
            return
        yield each


async def _register(
    pool: asyncpg.Pool,
    sealer: Sealer,
    merchant_id: UUID,
    body: ShipmentRegistration,
    now: datetime,
) -> Outcome:
    try:
        made = await register(pool, sealer, merchant_id, body, now=now)
    except RegisteredByAnother:
        return Outcome.ANOTHERS
    return Outcome.REGISTERED if made.created else Outcome.UPDATED
