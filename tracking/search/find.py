"""The one search box: everything that the text could mean is looked for, and made sure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from schemas.contact import Person
from schemas.search import Match
from tracking.contact import Contact, open_contact
from tracking.sealing import SealBroken, Sealer
from tracking.search.asked import Asked, read_asked
from tracking.search.blind import blind_either
from tracking.search.matching import matches, whose
from tracking.search.names import forms
from tracking.search.terms import Kind, Term
from tracking.store.pool import connection
from tracking.store.search import (
    FoundParcel,
    find_by_link,
    find_by_number,
    find_by_person,
    find_by_place,
    found_parcels,
)

log = structlog.get_logger()

SHOWN: Final = 50
_LOOKED_AT: Final = 100  # of each kind: hashes of four bytes and slips in names find a few too many


@dataclass(frozen=True, slots=True)
class Hit:
    """A parcel that was found, by what, and whose it is as far as that may be shown."""

    parcel: FoundParcel
    by: Sequence[Match]
    person: Person | None


@dataclass(frozen=True, slots=True)
class Found:
    """The best first. `more`: there are others; a longer text finds fewer."""

    hits: Sequence[Hit]
    more: bool


async def search(
    pool: asyncpg.Pool, sealer: Sealer, typed: str, *, shops: Collection[UUID] | None = None
) -> Found:
    """`shops` None: of all shops, and what nobody registered.

    Raises ValueError for what is too short or too long, StoreUnavailable.
    """
    asked = read_asked(typed)
    async with connection(pool) as conn:
        numbers = await find_by_number(
            conn, asked.numbers, asked.serials, asked.orders, shops, _LOOKED_AT
        )
        ids = set(numbers)
        is_full = len(ids) >= _LOOKED_AT
        linked = await find_by_link(conn, sealer.token_hashes(asked.link)) if asked.link else None
        ids |= {linked} if linked else set()
        for conditions in _conditions(asked, sealer):
            found = await find_by_person(conn, conditions, shops, _LOOKED_AT)
            is_full |= len(found) >= _LOOKED_AT
            ids |= set(found)
        if asked.place:
            waiting = await find_by_place(conn, asked.place, shops, _LOOKED_AT)
            is_full |= len(waiting) >= _LOOKED_AT
            ids |= set(waiting)
        parcels = await found_parcels(conn, ids, shops) if ids else []
    hits = sorted(_hits(asked, parcels, sealer, linked), key=_order)
    return Found(hits[:SHOWN], is_full or len(hits) > SHOWN)


def _conditions(asked: Asked, sealer: Sealer) -> Iterator[list[list[int]]]:
    """What a person must have, for each thing that the text could be."""
    exact = [Term(Kind.PHONE, phone) for phone in asked.phones]
    if asked.phone_end:
        exact.append(Term(Kind.PHONE_END, asked.phone_end))
    if asked.email:
        exact.append(Term(Kind.EMAIL, asked.email))
    if asked.postcode:
        exact.append(Term(Kind.POSTCODE, asked.postcode))
    if exact:
        yield [blind_either(sealer, exact)]
    if asked.words:
        words = [[Term(Kind.NAME, form) for form in forms(word)] for word in asked.words]
        beside = [Term(Kind.POSTCODE, asked.area)] if asked.area else []
        if asked.beside:
            beside = [Term(Kind.PHONE_END, asked.beside)]
        if beside:
            words[3:] = [beside]
        yield [blind_either(sealer, each) for each in words]


def _hits(
    asked: Asked, parcels: Sequence[FoundParcel], sealer: Sealer, linked: UUID | None
) -> Iterator[Hit]:
    for parcel in parcels:
        contact = _contact(sealer, parcel)
        by = matches(asked, parcel.tracking_number, parcel.order_ref, contact, parcel.place)
        if parcel.shipment_id == linked:
            by = (Match.LINK, *by)
        if by:
            yield Hit(parcel, by, whose(asked, contact))


def _contact(sealer: Sealer, parcel: FoundParcel) -> Contact:
    try:
        return open_contact(sealer, parcel.shipment_id, parcel.contact)
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=parcel.shipment_id)
        return Contact()


def _order(hit: Hit) -> tuple[int, float]:
    """By the surest match; then what there was news of last."""
    ranks = list(Match)
    return min(ranks.index(each) for each in hit.by), -hit.parcel.changed_at.timestamp()
