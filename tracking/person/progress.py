"""An erasure that is being done: begun, or gone on with where it was cut off, and noted as it goes.

What is to be done, and how far it has come, is kept sealed in its receipt until it is done. Parcels
come last: by whom they concern an erasure is found that is asked for again.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from tracking.ids import uuid7
from tracking.person.about import Place, Work
from tracking.person.parcels import PartOf, erase_parcels
from tracking.person.sweep import sweep
from tracking.sealing import SealBroken, Sealer
from tracking.staff.audit import Noting
from tracking.store.erasures import (
    Erasure,
    Whom,
    begin_erasure,
    count_erased,
    unfinished_erasure,
)
from tracking.store.pool import connection, retried, transaction

AT_ONCE: Final = 20  # parcels in one transaction
HOLDS: Final = timedelta(hours=1)
"""After that a place holds no more: answers that came meanwhile may stand before it."""
_SAVED_EVERY: Final = 1.0  # seconds: what is swept again after a crash


@dataclass(slots=True)
class Done:
    """`rows` that were changed so far, by class of data; `work`: what it is about.

    `is_all` False: it stopped where the time was over, and goes on when it is asked for again.
    """

    erasure_id: UUID
    work: Work
    rows: Counter[str]
    is_all: bool = True


class Asked(NamedTuple):
    """By whom an erasure is asked for. `noting` is called in the transaction that begins it."""

    by: str
    now: datetime
    noting: Noting | None = None
    erasure_id: UUID | None = None


async def begin(pool: asyncpg.Pool, sealer: Sealer, whom: Whom, work: Work, asked: Asked) -> Done:
    async with transaction(pool) as conn:
        if asked.noting is not None:
            await asked.noting(conn)
        if before := await unfinished_erasure(conn, whom):
            done = _resumed(sealer, before, work, asked.now)
            await _note(conn, sealer, done)
            return done
        new = asked.erasure_id or uuid7(asked.now)
        work = work.model_copy(update={"place": Place(since=asked.now)})
        sealed = _sealed(sealer, new, work)
        await begin_erasure(conn, Erasure(new, asked.now, None, asked.by, whom, {}, None, sealed))
    return Done(new, work, Counter())


def _resumed(sealer: Sealer, before: Erasure, work: Work, now: datetime) -> Done:
    joined = goes_on(_opened(sealer, before), work, now)
    return Done(before.erasure_id, joined, Counter(before.rows))


def goes_on(before: Work, work: Work, now: datetime) -> Work:
    """At its place, unless something is looked for by now that was not then, or it is too old."""
    both, since = before.joined(work), before.place.since
    known = before.model_copy(update={"shared": both.shared, "place": both.place})
    holds = both == known and since is not None and now - since < HOLDS
    return both.model_copy(update={"place": before.place if holds else Place(since=now)})


def _opened(sealer: Sealer, before: Erasure) -> Work:
    """Nothing where no key opens it: what is found now is erased all the same."""
    try:
        clear = sealer.open_text(before.work or "", f"erasure:{before.erasure_id}")
    except SealBroken:
        return Work(shop=before.whom.merchant_id)
    return Work.kept(clear)


def _sealed(sealer: Sealer, erasure_id: UUID, work: Work) -> str:
    return sealer.seal_text(work.model_dump_json(), f"erasure:{erasure_id}")


async def _note(conn: asyncpg.Connection, sealer: Sealer, done: Done) -> None:
    sealed = _sealed(sealer, done.erasure_id, done.work)
    await count_erased(conn, done.erasure_id, done.rows, sealed)


async def sweep_on(
    pool: asyncpg.Pool, sealer: Sealer, done: Done, is_time: Callable[[], bool]
) -> bool:
    """Whether it came to its end."""
    saved = time.monotonic()
    async for page in sweep(pool, sealer, done.work, done.work.place):
        done.rows += page.rows
        done.work = done.work.model_copy(update={"place": page.place})
        is_over = not is_time()
        if is_over or page.rows.total() or time.monotonic() - saved >= _SAVED_EVERY:
            await _save(pool, sealer, done)
            saved = time.monotonic()
        if is_over:
            return False
    await _save(pool, sealer, done)
    return True


async def _save(pool: asyncpg.Pool, sealer: Sealer, done: Done) -> None:
    async with connection(pool) as conn:
        await _note(conn, sealer, done)


async def empty_parcels(
    pool: asyncpg.Pool,
    done: Done,
    part_of: PartOf,
    now: datetime,
    *,
    last: UUID | None,
    is_time: Callable[[], bool],
) -> bool:
    """Whether it came to its end. `last`: this one after all the others. Parcels where nothing is
    left to do cost little, and are no step.
    """
    ids = sorted(done.work.parcels, key=lambda each: (each == last, each))
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        has_changed = await retried(partial(_erase_some, pool, done, some, part_of, now))
        if has_changed and at + AT_ONCE < len(ids) and not is_time():
            return False
    return True


async def _erase_some(
    pool: asyncpg.Pool, done: Done, ids: Sequence[UUID], part_of: PartOf, now: datetime
) -> bool:
    """Whether anything was changed."""
    async with transaction(pool) as conn:
        more = await erase_parcels(conn, ids, part_of, now)
        await count_erased(conn, done.erasure_id, done.rows + more)
    done.rows += more
    return bool(more)
