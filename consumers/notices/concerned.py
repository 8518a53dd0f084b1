"""Parcels with whom they concern, opened, and who of them asked to hear less."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog

from schemas.contact import Person
from schemas.notice import Addressee, Channel
from schemas.push import Subscription
from schemas.suppression import Level, SuppressionReason
from tracking.contact import Contact, open_contact
from tracking.push import open_subscription
from tracking.sealing import SealBroken, Sealer
from tracking.store.desk import Desk, Subject
from tracking.store.suppressions import EVERYBODY, Suppression
from tracking.suppression import DEAD, address_hashes

log = structlog.get_logger()

# Of several reasons against one address the first is told.
_WORDS = {
    SuppressionReason.STOP: "stopped",
    SuppressionReason.ASKED: "stopped",
    SuppressionReason.COMPLAINT: "complaint",
    SuppressionReason.BAD_ADDRESS: "bad_address",
}

Way = tuple[Addressee, Channel]


class Against(NamedTuple):
    """`reason` says why nothing is said; None: only what is important is.

    `under` is the hash of the address by which the person asked this shop for less. `dead` says why
    not even the answer to a question of their own is.
    """

    reason: str | None
    under: bytes | None = None
    dead: str | None = None


class Concerned(NamedTuple):
    """A parcel and whom it concerns. `contact` is None where no key opens it."""

    subject: Subject
    contact: Contact | None
    against: Mapping[Way, Against]


async def concerned(desk: Desk, ids: Iterable[UUID], sealer: Sealer) -> list[Concerned]:
    """However many parcels, in four reads."""
    subjects = await desk.subjects(sorted(ids))
    contacts = [contact_of(each, sealer) for each in subjects]
    hashed = [dict(_hashed(each, sealer)) for each in contacts]
    found = _by_address(await desk.suppressions([h for ways in hashed for h in _all(ways)]))
    return [
        Concerned(subject, contact, _against(subject.merchant_id, ways, found))
        for subject, contact, ways in zip(subjects, contacts, hashed, strict=True)
    ]


def contact_of(subject: Subject, sealer: Sealer) -> Contact | None:
    """None where no key opens it: then nobody can be reached, and it says so."""
    try:
        return open_contact(sealer, subject.shipment_id, subject.contact)
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=subject.shipment_id)
        return None


def subscriptions_of(subject: Subject, sealer: Sealer) -> Sequence[Subscription]:
    """The browsers that can be sent to, the latest first: those that a key of ours still opens."""
    opened = []
    for each in subject.subscriptions:
        try:
            opened.append(open_subscription(sealer, subject.shipment_id, *each))
        except SealBroken:
            log.warning("subscription.sealed_with_another_key", shipment_id=subject.shipment_id)
    return opened


def person_of(contact: Contact | None, addressee: Addressee) -> Person | None:
    if contact is None:
        return None
    return contact.recipient if addressee is Addressee.RECIPIENT else contact.buyer


def address(person: Person | None, channel: Channel) -> str | None:
    """E.164 or an e-mail address; by push a browser is reached, not a person."""
    match channel:
        case Channel.SMS:
            return person.phone if person else None
        case Channel.EMAIL:
            return person.email if person else None
        case Channel.PUSH:
            return None


def _hashed(contact: Contact | None, sealer: Sealer) -> Iterator[tuple[Way, list[bytes]]]:
    for addressee in Addressee:
        for channel in Channel:
            if to := address(person_of(contact, addressee), channel):
                yield (addressee, channel), address_hashes(sealer, channel, to)


def _all(ways: Mapping[Way, Sequence[bytes]]) -> Iterator[bytes]:
    return (each for several in ways.values() for each in several)


_Found = Mapping[bytes, Sequence[Suppression]]


def _by_address(found: Sequence[Suppression]) -> _Found:
    by_address: dict[bytes, list[Suppression]] = {}
    for each in found:
        by_address.setdefault(each.address_hash, []).append(each)
    return by_address


def _against(
    merchant_id: UUID, ways: Mapping[Way, Sequence[bytes]], found: _Found
) -> dict[Way, Against]:
    """What stands for this shop, and for whoever writes."""
    against = {}
    for way, hashes in ways.items():
        standing = [
            each
            for one in hashes
            for each in found.get(one, ())
            if each.merchant_id in {merchant_id, EVERYBODY}
        ]
        if standing:
            whole = {each.reason for each in standing if each.level is Level.ALL}
            words = (word for reason, word in _WORDS.items() if reason in whole)
            asked = (
                each.address_hash
                for each in standing
                if each.reason is SuppressionReason.ASKED and each.merchant_id == merchant_id
            )
            dead = (_WORDS[each.reason] for each in standing if each.reason in DEAD)
            against[way] = Against(next(words, None), next(asked, None), next(dead, None))
    return against
