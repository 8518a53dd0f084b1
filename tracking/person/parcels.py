"""Parcels without the people whom they concern: one transaction for a handful of them.

What happened, when, in which town and by which carrier stays; so do promises, sums and marks. The
version rises, so that a notice that is being worded is not handed over.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from schemas.notice import Addressee
from schemas.shipment import shipment_id as id_of_number
from tracking.domain.anonymous import anonymous_identity, anonymous_scan, pointing_on
from tracking.domain.order import Received, in_order
from tracking.domain.reckon import Change
from tracking.domain.shipment import fold_ordered
from tracking.numbers import Number, lock_numbers
from tracking.store.person import (
    KeptScan,
    KnownParcel,
    LeftContact,
    NewScan,
    anonymise_scans,
    anonymise_unrecognised,
    drop_bonuses,
    drop_raw_payloads,
    drop_scans,
    erase_contacts,
    erase_notices,
    erase_orders,
    erase_ways_in,
    erase_words,
    parcels_known,
    rename_evidence,
    scans_to_anonymise,
    write_anonymous,
)
from tracking.store.search import drop_person_index, hold_contacts, keep_person_index


class Part(NamedTuple):
    """What of a parcel goes. `left`: sealed, who stays, found by `terms` under the key `key_id`.

    `is_whole`: the recipient goes, and with them what carriers told. `names_order`: the order
    number names somebody. `keeps_bonus`: its code still pays.
    """

    shipment_id: UUID
    gone: frozenset[Addressee]
    is_whole: bool = True
    left: str | None = None
    terms: Sequence[int] = ()
    key_id: bytes = b""
    names_order: bool = False
    keeps_bonus: bool = False


PartOf = Callable[[KnownParcel, str | None], Part | None]
"""Decides under the lock of the parcel, by the sealed contact as it is then; None: nothing."""


async def erase_parcels(
    conn: asyncpg.Connection, ids: Collection[UUID], part_of: PartOf, now: datetime
) -> Counter[str]:
    """How many rows of each class were changed. Twice is once."""
    known = {parcel.shipment_id: parcel for parcel in await parcels_known(conn, ids)}
    numbers = _numbers(known.values())
    await lock_numbers(conn, numbers)
    sealed = dict(await hold_contacts(conn, sorted(known)))
    looked = (part_of(parcel, sealed.get(key)) for key, parcel in known.items())
    parts = [part for part in looked if part is not None]
    if not parts:
        return Counter()
    done = await _erase_people(conn, parts, sealed, now)
    whole = [part for part in parts if part.is_whole]
    if whole:
        named = {part.shipment_id: known[part.shipment_id] for part in whole}
        done += await _erase_told(conn, named, numbers, now)
        done += await _erase_rest(conn, whole, now)
    return done


def _numbers(parcels: Collection[KnownParcel]) -> dict[UUID, Number]:
    names = {(each.carrier, each.tracking_number) for each in parcels}
    return {head: Number(head, *name) for name in names for head in (id_of_number(*name),)}


async def _erase_people(
    conn: asyncpg.Connection,
    parts: Sequence[Part],
    sealed: Mapping[UUID, str | None],
    now: datetime,
) -> Counter[str]:
    ids = [part.shipment_id for part in parts]
    left = [LeftContact(part.shipment_id, part.left, part.is_whole) for part in parts]
    await erase_contacts(conn, left)
    stay = {part.shipment_id: part.terms for part in parts if part.left and part.terms}
    await drop_person_index(conn, [key for key in ids if key not in stay])
    if stay:
        await keep_person_index(conn, stay, parts[0].key_id)
    people = [(part.shipment_id, whom) for part in parts for whom in sorted(part.gone)]
    done = Counter(await erase_words(conn, ids, now))
    done["contacts"] = sum(sealed.get(key) is not None for key in ids)
    done["notices"] = await erase_notices(conn, people, now)
    orders = [part.shipment_id for part in parts if part.names_order]
    if orders:
        await erase_orders(conn, orders)
    return done


async def _erase_rest(
    conn: asyncpg.Connection, parts: Sequence[Part], now: datetime
) -> Counter[str]:
    ids = [part.shipment_id for part in parts]
    done = Counter(await erase_ways_in(conn, ids, now))
    done["bonus_codes"] = await drop_bonuses(
        conn, [part.shipment_id for part in parts if not part.keeps_bonus]
    )
    return done


async def _erase_told(
    conn: asyncpg.Connection,
    named: Mapping[UUID, KnownParcel],
    numbers: Mapping[UUID, Number],
    now: datetime,
) -> Counter[str]:
    """What carriers told, the state that it makes, and the payloads in which it came."""
    heads = {_head(parcel) for parcel in named.values()}
    stored = await scans_to_anonymise(conn, [key for head in heads for key in numbers[head].ids()])
    mine = [each for each in stored if each.shipment_id in named]
    first = [_anonymous(each) for each in mine]
    keys = {each.key: each.identity.key for each in first if each.key != each.identity.key}
    new = [_pointing_on(each, keys) for each in first]
    stay, twice = _apart(new)
    if twice:
        await drop_scans(conn, [(each.shipment_id, each.key) for each in twice])
    await anonymise_scans(conn, stay)
    await anonymise_unrecognised(conn, [each for each in stay if each.told])
    renamed = [
        (each.shipment_id, each.key, each.identity.key)
        for each in new
        if each.key != each.identity.key
    ]
    if renamed:
        await rename_evidence(conn, renamed)
    await write_anonymous(conn, _refolded(named, numbers, stored, stay), now)
    digests = {each.raw_digest for each in mine if each.raw_digest is not None}
    payloads = await drop_raw_payloads(conn, digests, heads)
    return Counter(scans=len(new), raw_payloads=payloads)


def _head(parcel: KnownParcel) -> UUID:
    return id_of_number(parcel.carrier, parcel.tracking_number)


def _anonymous(each: KeptScan) -> NewScan:
    scan = anonymous_scan(each.received.scan)
    told = anonymous_scan(each.told) if each.told else None
    # A code that was mapped is read otherwise than it was told: it goes by what was told.
    identity = anonymous_identity(each.identity, told or scan)
    return NewScan(each.shipment_id, each.identity.key, identity, scan, told)


def _pointing_on(each: NewScan, keys: Mapping[bytes, bytes]) -> NewScan:
    """What somebody took back by its key stays taken back."""
    scan = pointing_on(each.scan, keys)
    if scan is each.scan:
        return each
    return each._replace(scan=scan, identity=anonymous_identity(each.identity, scan))


def _apart(scans: Sequence[NewScan]) -> tuple[list[NewScan], list[NewScan]]:
    """Those that stay, and those that say the same as one of them by now."""
    kept: dict[tuple[UUID, bytes], NewScan] = {}
    for each in sorted(scans, key=lambda one: (one.key != one.identity.key, one.key)):
        kept.setdefault((each.shipment_id, each.identity.key), each)
    stay = {(each.shipment_id, each.key) for each in kept.values()}
    return list(kept.values()), [each for each in scans if (each.shipment_id, each.key) not in stay]


def _refolded(
    named: Mapping[UUID, KnownParcel],
    numbers: Mapping[UUID, Number],
    stored: Sequence[KeptScan],
    new: Sequence[NewScan],
) -> dict[UUID, Change]:
    """Their next versions, which owe nothing to anybody."""
    fresh = {(each.shipment_id, each.key): each for each in new}
    changes = {}
    for key, parcel in named.items():
        number = numbers[_head(parcel)]
        received = [
            _received(each, fresh.get((each.shipment_id, each.identity.key)))
            for each in stored
            if each.shipment_id in number.ids()
            and (each.shipment_id not in named or (each.shipment_id, each.identity.key) in fresh)
        ]
        homes = {each.key: home for each, home in received}
        ordered = in_order(each for each, _ in received)
        folded = fold_ordered([placed for placed in ordered if homes[placed.key] == key])
        version = number.version_of(parcel.journey) + 1
        changes[key] = Change(
            parcel.journey, version, folded.state, folded.last_at, folded.simple, None
        )
    return changes


def _received(each: KeptScan, new: NewScan | None) -> tuple[Received, UUID]:
    if new is None:
        return each.received, each.shipment_id
    return each.received._replace(scan=new.scan, key=new.identity.key), each.shipment_id
