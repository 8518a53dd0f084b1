"""A parcel of the store as the notifier sees it: who can be reached, and what may be said."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import structlog

from notifier.occasions import Parcel
from notifier.policy import NOT_SUBSCRIBED, Reach, Situation, Wishes
from schemas.contact import Person
from schemas.notice import Addressee, Channel
from schemas.push import Subscription
from tracking.carriers import CARRIERS
from tracking.carriers.klat import HOME_ZONE
from tracking.carriers.zones import zone_for
from tracking.contact import Contact, open_contact
from tracking.push import open_subscription
from tracking.sealing import SealBroken, Sealer
from tracking.store.notices import Subject

log = structlog.get_logger()

_UNWANTED, _UNREADABLE, _NO_PROVIDER = "shop_does_not_want", "contact_unreadable", "no_provider"


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


def situation_of(
    subject: Subject, contact: Contact | None, channels: AbstractSet[Channel]
) -> Situation:
    """`channels` are those that some provider serves."""
    parcel = Parcel(subject.state, subject.registered_at, subject.promise_by, zone_of(subject))
    return Situation(parcel, list(_reaches(subject, contact, channels)), subject.told, Wishes())


def zone_of(subject: Subject) -> str:
    carrier = CARRIERS.get(subject.carrier)
    return zone_for(subject.country) or (carrier.zone if carrier else HOME_ZONE)


def _reaches(
    subject: Subject, contact: Contact | None, channels: AbstractSet[Channel]
) -> Iterator[Reach]:
    """The recipient in any case, so that it is told why nothing was said."""
    if contact is None:
        yield Reach(Addressee.RECIPIENT, dict.fromkeys(Channel, _UNREADABLE))
        return
    recipient, buyer = contact.recipient, contact.buyer
    yield Reach(Addressee.RECIPIENT, _obstacles(subject, recipient, channels))
    if buyer is not None:
        same = {
            channel: "same_as_recipient"
            for channel in Channel
            if _is_same(subject, buyer, recipient, channel)
        }
        yield Reach(Addressee.BUYER, {**_obstacles(subject, buyer, channels), **same})


def _is_same(subject: Subject, buyer: Person, recipient: Person | None, channel: Channel) -> bool:
    """Browsers belong to whoever opened the page, and are told what the recipient is told."""
    if channel is Channel.PUSH:
        return bool(subject.subscriptions)
    found = address(buyer, channel)
    return found is not None and found == address(recipient, channel)


def _obstacles(
    subject: Subject, person: Person | None, channels: AbstractSet[Channel]
) -> Mapping[Channel, str | None]:
    return {channel: _obstacle(subject, person, channel, channels) for channel in Channel}


def _obstacle(
    subject: Subject, person: Person | None, channel: Channel, channels: AbstractSet[Channel]
) -> str | None:
    if not subject.notify.get(channel, True):
        return _UNWANTED
    if not _is_reachable(subject, person, channel):
        return _NO_ADDRESS[channel]
    return None if channel in channels else _NO_PROVIDER


_NO_ADDRESS = {
    Channel.SMS: "no_phone",
    Channel.EMAIL: "no_email",
    Channel.PUSH: NOT_SUBSCRIBED,
}


def _is_reachable(subject: Subject, person: Person | None, channel: Channel) -> bool:
    if channel is Channel.PUSH:
        return bool(subject.subscriptions)
    return address(person, channel) is not None


def address(person: Person | None, channel: Channel) -> str | None:
    """E.164 or an e-mail address; by push a browser is reached, not a person."""
    match channel:
        case Channel.SMS:
            return person.phone if person else None
        case Channel.EMAIL:
            return person.email if person else None
        case Channel.PUSH:
            return None
