"""A person taken out of everything that is kept: planned, done in steps, proven, noted.

Killed anywhere and asked again, it ends the same: what is to be done is kept sealed in its receipt
until it is done.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg

from schemas.notice import Addressee
from schemas.shipment import shipment_id as id_of_number
from schemas.status import TERMINAL, Status
from tracking.contact import Contact, open_contact, seal_contact
from tracking.errors import KlatError
from tracking.ids import uuid7
from tracking.person.about import Place, Work
from tracking.person.parcels import Part, erase_parcels
from tracking.person.sweep import sweep
from tracking.person.traces import Traces, finder, traces_of
from tracking.person.who import (
    PARCEL,
    Found,
    Share,
    find_person,
    names_among,
    roles_of,
    shared_by_others,
)
from tracking.sealing import SealBroken, Sealer
from tracking.search.blind import blind_terms
from tracking.search.terms import terms_of
from tracking.staff.audit import Noting
from tracking.store.erasures import (
    Erasure,
    Whom,
    begin_erasure,
    count_erased,
    unfinished_erasure,
)
from tracking.store.person import KnownParcel, count_personal
from tracking.store.pool import connection, retried, transaction

AT_ONCE: Final = 20  # parcels in one transaction
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


def is_whole(share: Share) -> bool:
    """Whether all goes: where only the buyer is meant, the recipient's parcel stays theirs."""
    return Addressee.RECIPIENT in share.roles or share.contact.recipient is None


def _head(parcel: KnownParcel) -> UUID:
    return id_of_number(parcel.carrier, parcel.tracking_number)


@dataclass(slots=True)
class Done:
    """`rows` that were changed so far, by class of data; `work`: what it was about."""

    erasure_id: UUID
    work: Work
    rows: Counter[str]


async def erase(
    pool: asyncpg.Pool,
    sealer: Sealer,
    planned: Plan,
    *,
    by: str,
    now: datetime,
    noting: Noting | None = None,
    erasure_id: UUID | None = None,
) -> Done:
    """All of the plan; whoever calls has asked, checks it afterwards and finishes the receipt.

    `noting` is called in the transaction that begins it. Raises StoreUnavailable; to be asked again
    then.
    """
    done = await retried(partial(_begin, pool, sealer, planned, by, now, noting, erasure_id))
    async for page in sweep(pool, sealer, done.work, Place()):
        if page.rows.total():
            await _count(pool, sealer, done, page.rows)
    part_of = partial(part_for, sealer, planned.whom)
    for at in range(0, len(done.work.parcels), AT_ONCE):
        ids = done.work.parcels[at : at + AT_ONCE]
        await retried(partial(_erase_some, pool, sealer, done, ids, part_of, now))
    return done


async def _begin(
    pool: asyncpg.Pool,
    sealer: Sealer,
    planned: Plan,
    by: str,
    now: datetime,
    noting: Noting | None,
    erasure_id: UUID | None,
) -> Done:
    work = planned.work
    async with transaction(pool) as conn:
        if noting is not None:
            await noting(conn)
        if before := await unfinished_erasure(conn, planned.whom):
            work = work.joined(_opened(sealer, before))
            rows = Counter(before.rows)
            await count_erased(
                conn, before.erasure_id, rows, _sealed(sealer, before.erasure_id, work)
            )
            return Done(before.erasure_id, work, rows)
        new = erasure_id or uuid7(now)
        sealed = _sealed(sealer, new, work)
        await begin_erasure(conn, Erasure(new, now, None, by, planned.whom, {}, None, sealed))
    return Done(new, work, Counter())


def work_of(shares: Sequence[Share]) -> Work:
    return Work(
        parcels=tuple(sorted(share.parcel.shipment_id for share in shares)),
        heads=tuple(sorted({_head(share.parcel) for share in shares})),
        numbers=tuple(sorted({share.parcel.tracking_number for share in shares})),
        traces=traces_of(person for share in shares for person in share.people).without(
            traces_of(person for share in shares for person in share.others)
        ),
    )


def _opened(sealer: Sealer, before: Erasure) -> Work:
    """Nothing where no key opens it: what is found now is erased all the same."""
    try:
        clear = sealer.open_text(before.work or "", f"erasure:{before.erasure_id}")
    except SealBroken:
        return Work()
    return Work.kept(clear)


def _sealed(sealer: Sealer, erasure_id: UUID, work: Work) -> str:
    return sealer.seal_text(work.model_dump_json(), f"erasure:{erasure_id}")


async def _count(pool: asyncpg.Pool, sealer: Sealer, done: Done, more: Counter[str]) -> None:
    done.rows += more
    async with connection(pool) as conn:
        await count_erased(
            conn, done.erasure_id, done.rows, _sealed(sealer, done.erasure_id, done.work)
        )


async def _erase_some(
    pool: asyncpg.Pool,
    sealer: Sealer,
    done: Done,
    ids: Sequence[UUID],
    part_of: Callable[[KnownParcel, str | None], Part | None],
    now: datetime,
) -> None:
    async with transaction(pool) as conn:
        rows = done.rows + await erase_parcels(conn, ids, part_of, now)
        await count_erased(conn, done.erasure_id, rows, _sealed(sealer, done.erasure_id, done.work))
    done.rows = rows


def part_for(sealer: Sealer, whom: Whom, parcel: KnownParcel, sealed: str | None) -> Part | None:
    """By the contact as it is now: the shop may have named somebody else meanwhile."""
    key = parcel.shipment_id
    try:
        contact = open_contact(sealer, key, sealed)
    except SealBroken:
        return Part(key, frozenset(Addressee)) if whom.kind == PARCEL else None
    roles = roles_of(sealer, whom, key, contact)
    if not roles:
        return None
    share = Share(parcel, contact, roles)
    left = _left(contact, roles)
    return Part(
        key,
        roles,
        is_whole(share),
        seal_contact(sealer, key, left),
        blind_terms(sealer, terms_of(left)),
        sealer.key_id,
        _names_them(share),
    )


def _names_them(share: Share) -> bool:
    order = share.parcel.order_ref
    return bool(order) and finder(traces_of(share.people)).finds_beside(order or "")


def _left(contact: Contact, roles: frozenset[Addressee]) -> Contact:
    return Contact(
        recipient=None if Addressee.RECIPIENT in roles else contact.recipient,
        buyer=None if Addressee.BUYER in roles else contact.buyer,
    )
