"""A person taken out of everything that is kept: planned, done in steps, proven, noted.

Killed anywhere and asked again, it ends the same: what is to be done is kept sealed in its receipt
until it is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg

from schemas.shipment import shipment_id as id_of_number
from schemas.status import TERMINAL, Status
from tracking.errors import KlatError
from tracking.person.about import Work
from tracking.person.part import part_for
from tracking.person.progress import Asked, Done, begin, empty_parcels, sweep_on
from tracking.person.traces import Traces, traces_of
from tracking.person.who import Found, Share, find_person, is_whole, names_among, shared_by_others
from tracking.sealing import Sealer
from tracking.staff.audit import Noting
from tracking.store.erasures import Erasure, Whom, unfinished_erasure
from tracking.store.person import KnownParcel, count_personal
from tracking.store.pool import connection, retried

SILENCE: Final = timedelta(days=90)  # without news; then a parcel is under way no more
_ENDED: Final = TERMINAL | {Status.CANCELLED, Status.EXPIRED}


class NobodyFound(KlatError):  # noqa: N818 - named for what was found
    """No parcel here concerns this person; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be erased. `rows` by class of data; `names`: more than one share a phone.

    `under_way`: parcels of which messages would stop; `bonuses`: whose codes still pay;
    `unreadable`: whose contact no key opens; `shared`: phones and addresses that others have as
    well; `resumes`: one that was cut off goes on.
    """

    whom: Whom
    shares: Sequence[Share]
    rows: Mapping[str, int]
    names: Sequence[str]
    under_way: Sequence[Share]
    bonuses: Sequence[Share]
    unreadable: Sequence[UUID]
    shared: Traces
    resumes: Erasure | None = None

    @property
    def work(self) -> Work:
        work, shop = work_of(self.shares), self.whom.merchant_id
        return work.model_copy(update={"shared": self.shared, "shop": shop})


def is_under_way(parcel: KnownParcel, now: datetime) -> bool:
    return parcel.status not in _ENDED and parcel.changed_at > now - SILENCE


async def plan(
    pool: asyncpg.Pool,
    sealer: Sealer,
    whom: Whom,
    *,
    only: Sequence[UUID] | None = None,
    shops: Sequence[UUID] | None = None,
    now: datetime,
) -> Plan:
    """Changes nothing. `only`: in these parcels; needed where one parcel is meant.

    Raises NobodyFound, TooManyParcels, StoreUnavailable.
    """
    async with connection(pool) as conn:
        found = await find_person(conn, sealer, whom, only=only, shops=shops)
        shared = await shared_by_others(conn, sealer, whom, found.shares)
        resumes = await unfinished_erasure(conn, whom)
        ids = {share.parcel.shipment_id for share in found.shares}
        heads = {_head(share.parcel) for share in found.shares}
        rows = await count_personal(conn, ids, heads)
    if not found.shares and resumes is None:
        raise NobodyFound
    return _plan(whom, found, rows, shared, resumes, now)


def _plan(
    whom: Whom,
    found: Found,
    rows: Mapping[str, int],
    shared: Traces,
    resumes: Erasure | None,
    now: datetime,
) -> Plan:
    live = [share for share in found.shares if share.parcel.erased_at is None]
    return Plan(
        whom,
        found.shares,
        rows,
        names_among(found.shares),
        [share for share in live if is_under_way(share.parcel, now)],
        [share for share in live if share.parcel.has_bonus and is_whole(share)],
        found.unreadable,
        shared,
        resumes,
    )


def _head(parcel: KnownParcel) -> UUID:
    return id_of_number(parcel.carrier, parcel.tracking_number)


async def erase(
    pool: asyncpg.Pool,
    sealer: Sealer,
    planned: Plan,
    *,
    by: str,
    now: datetime,
    noting: Noting | None = None,
    erasure_id: UUID | None = None,
    last: UUID | None = None,
    is_time: Callable[[], bool] = lambda: True,
) -> Done:
    """All of the plan; whoever calls has asked, checks it afterwards and finishes the receipt.

    `noting` is called in the transaction that begins it. `last`: the parcel by which they were
    found, and are found again until all is done. `is_time`: asked after every step; there is always
    time for one. Raises StoreUnavailable; to be asked again then.
    """
    whom, asked = planned.whom, Asked(by, now, noting, erasure_id)
    done = await retried(partial(begin, pool, sealer, whom, planned.work, asked))
    done.is_all = await sweep_on(pool, sealer, done, is_time) and await empty_parcels(
        pool, done, partial(part_for, sealer, whom), now, last=last, is_time=is_time
    )
    return done


def work_of(shares: Sequence[Share]) -> Work:
    return Work(
        parcels=tuple(sorted(share.parcel.shipment_id for share in shares)),
        heads=tuple(sorted({_head(share.parcel) for share in shares})),
        numbers=tuple(sorted({share.parcel.tracking_number for share in shares})),
        traces=traces_of(person for share in shares for person in share.people).without(
            traces_of(person for share in shares for person in share.others)
        ),
    )
