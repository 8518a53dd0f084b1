"""Who is meant: by phone, e-mail or one parcel, of one shop or all; nobody else of the same phone.

A person is known by keyed hashes only, so that the receipt of an erasure names nobody and an older
backup can be erased again by it.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from schemas.contact import Person
from schemas.notice import Addressee
from tracking.contact import Contact, open_contact
from tracking.errors import KlatError
from tracking.person.traces import Traces, traces_of
from tracking.sealing import SealBroken, Sealer
from tracking.search.blind import whole_hashes
from tracking.search.names import words_in
from tracking.search.terms import Kind, Term
from tracking.store.erasures import Whom
from tracking.store.person import KnownParcel, parcels_known, parcels_of_person

log = structlog.get_logger()

PARCEL: Final = "parcel"
MOST: Final = 10_000  # parcels of one person
BOTH: Final = frozenset(Addressee)


class TooManyParcels(KlatError):  # noqa: N818 - named for what was found
    """More than 10,000 parcels have this phone or e-mail: name one shop."""


class Share(NamedTuple):
    """A parcel, whom it concerns, and as whom it is theirs."""

    parcel: KnownParcel
    contact: Contact
    roles: frozenset[Addressee]

    @property
    def people(self) -> list[Person]:
        return [person for role, person in people_of(self.contact) if role in self.roles]

    @property
    def others(self) -> list[Person]:
        """Who stays: the buyer of what somebody else received, or the other way round."""
        return [person for role, person in people_of(self.contact) if role not in self.roles]


def is_whole(share: Share) -> bool:
    """Whether all goes: where only the buyer is meant, the recipient's parcel stays theirs."""
    return Addressee.RECIPIENT in share.roles or share.contact.recipient is None


class Found(NamedTuple):
    """`unreadable`: parcels that may be theirs, and whose contact no key opens."""

    shares: Sequence[Share]
    unreadable: Sequence[UUID]


def whom_of(
    sealer: Sealer, kind: Kind, text: str, *, name: str | None = None, shop: UUID | None = None
) -> Whom:
    """`text`: a phone in E.164, or an e-mail address; `name`: only who is called so."""
    plain = text.casefold() if kind is Kind.EMAIL else text
    names = None if name is None else _name_hashes(sealer, name)
    return Whom(kind, whole_hashes(sealer, Term(kind, plain)), names, shop)


def whom_of_parcel(sealer: Sealer, shipment_id: UUID, *, shop: UUID | None = None) -> Whom:
    """Everybody whom one parcel concerns. `shop`: in whose name it is asked."""
    return Whom(PARCEL, _parcel_hashes(sealer, shipment_id), None, shop)


def _parcel_hashes(sealer: Sealer, shipment_id: UUID) -> list[bytes]:
    return sealer.fingerprints(f"erased parcel\x1f{shipment_id}".encode())


def _name_hashes(sealer: Sealer, name: str) -> list[bytes]:
    words = " ".join(sorted(words_in(name)))
    return sealer.fingerprints(f"erased name\x1f{words}".encode())


def roles_of(
    sealer: Sealer, whom: Whom, shipment_id: UUID, contact: Contact
) -> frozenset[Addressee]:
    """As whom this parcel is theirs; empty where it is another's."""
    if whom.kind == PARCEL:
        return BOTH if set(whom.hashes) & set(_parcel_hashes(sealer, shipment_id)) else frozenset()
    return frozenset(role for role, person in people_of(contact) if _is_meant(sealer, whom, person))


def hashes_of(sealer: Sealer, shipment_id: UUID, contact: Contact) -> set[bytes]:
    """By which this parcel may be meant, under every key."""
    terms = [
        term
        for _, person in people_of(contact)
        for term in (
            Term(Kind.PHONE, person.phone or ""),
            Term(Kind.EMAIL, (person.email or "").casefold()),
        )
        if term.text
    ]
    found = {each for term in terms for each in whole_hashes(sealer, term)}
    return found | set(_parcel_hashes(sealer, shipment_id))


def _is_meant(sealer: Sealer, whom: Whom, person: Person) -> bool:
    kind = Kind(whom.kind)
    text = person.phone if kind is Kind.PHONE else (person.email or "").casefold()
    if not text or not set(whom.hashes) & set(whole_hashes(sealer, Term(kind, text))):
        return False
    return whom.names is None or bool(
        set(whom.names) & set(_name_hashes(sealer, person.name or ""))
    )


def people_of(contact: Contact) -> list[tuple[Addressee, Person]]:
    both = ((Addressee.RECIPIENT, contact.recipient), (Addressee.BUYER, contact.buyer))
    return [(role, person) for role, person in both if person is not None]


async def find_person(
    conn: asyncpg.Connection,
    sealer: Sealer,
    whom: Whom,
    *,
    only: Collection[UUID] | None = None,
    shops: Collection[UUID] | None = None,
) -> Found:
    """`only`: nowhere else. `shops`: of whose parcels; None: of all that are meant.

    Raises TooManyParcels.
    """
    asked = shops if whom.merchant_id is None else [whom.merchant_id]
    ids = set(only or ())
    if only is None:
        terms = [int.from_bytes(each[:4], signed=True) for each in whom.hashes]
        ids |= set(await parcels_of_person(conn, terms, asked, MOST + 1))
    if len(ids) > MOST:
        raise TooManyParcels
    shares, unreadable = [], []
    for parcel in await parcels_known(conn, ids, asked):
        await asyncio.sleep(0)  # ten thousand contacts take a second: others have their turn
        try:
            contact = open_contact(sealer, parcel.shipment_id, parcel.contact)
        except SealBroken:
            log.warning("contact.sealed_with_another_key", shipment_id=parcel.shipment_id)
            unreadable.append(parcel.shipment_id)
            continue
        if roles := roles_of(sealer, whom, parcel.shipment_id, contact):
            shares.append(Share(parcel, contact, roles))
    return Found(shares, unreadable)


async def shared_by_others(
    conn: asyncpg.Connection, sealer: Sealer, whom: Whom, shares: Collection[Share]
) -> Traces:
    """Phones and addresses of theirs that stand in parcels, of these shops, which are not meant:
    alone they do not tell whom a text is about. Who is called the same is nobody else.
    """
    mine = traces_of(person for share in shares for person in share.people)
    asked = None if whom.merchant_id is None else [whom.merchant_id]
    hashes = [each for term in _terms(mine) for each in whole_hashes(sealer, term)]
    terms = [int.from_bytes(each[:4], signed=True) for each in hashes]
    found = await parcels_of_person(conn, terms, asked, MOST + 1) if terms else []
    if len(found) > MOST:
        return Traces(phones=mine.phones, emails=mine.emails)
    meant = {share.parcel.shipment_id for share in shares}
    names = frozenset() if whom.kind == PARCEL else {frozenset(each) for each in mine.names}
    others = [
        person
        for parcel in await parcels_known(conn, set(found) - meant, asked)
        for person in _people(sealer, parcel)
        if not person.name or frozenset(words_in(person.name)) not in names
    ]
    theirs = traces_of(others)
    return Traces(
        phones=tuple(each for each in mine.phones if each in theirs.phones),
        emails=tuple(each for each in mine.emails if each in theirs.emails),
    )


def _terms(traces: Traces) -> list[Term]:
    phones = [Term(Kind.PHONE, each) for each in traces.phones]
    return phones + [Term(Kind.EMAIL, each) for each in traces.emails]


def _people(sealer: Sealer, parcel: KnownParcel) -> list[Person]:
    """Nobody where no key opens it."""
    try:
        contact = open_contact(sealer, parcel.shipment_id, parcel.contact)
    except SealBroken:
        return []
    return [person for _, person in people_of(contact)]


def names_among(shares: Iterable[Share]) -> list[str]:
    """Different ones, as they were written first: a phone may be a family's."""
    found: dict[tuple[str, ...], str] = {}
    for share in shares:
        for person in share.people:
            if person.name:
                found.setdefault(tuple(sorted(words_in(person.name))), person.name)
    return sorted(found.values())
