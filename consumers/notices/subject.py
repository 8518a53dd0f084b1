"""A parcel of the store as the notifier sees it: who can be reached, and what may be said."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import structlog

from consumers.notices.limits import SmsLimits
from notifier.occasions import Parcel
from notifier.policy import Reach, Situation, Wishes
from schemas.contact import Person
from schemas.notice import Addressee, Channel
from tracking.carriers import CARRIERS
from tracking.carriers.klat import HOME_ZONE
from tracking.carriers.zones import zone_for
from tracking.contact import Contact, open_contact
from tracking.sealing import SealBroken, Sealer
from tracking.store.notices import Subject

log = structlog.get_logger()

_NO_MORE = SmsLimits()
_UNWANTED, _UNREADABLE, _NO_PROVIDER = "shop_does_not_want", "contact_unreadable", "no_provider"


def contact_of(subject: Subject, sealer: Sealer) -> Contact | None:
    """None where no key opens it: then nobody can be reached, and it says so."""
    try:
        return open_contact(sealer, subject.shipment_id, subject.contact)
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=subject.shipment_id)
        return None


def situation_of(
    subject: Subject,
    contact: Contact | None,
    channels: AbstractSet[Channel],
    limits: SmsLimits = _NO_MORE,
) -> Situation:
    """`channels` are those that some provider serves."""
    parcel = Parcel(subject.state, subject.registered_at, subject.promise_by, zone_of(subject))
    return Situation(
        parcel, list(_reaches(subject, contact, channels, limits)), subject.told, Wishes()
    )


def zone_of(subject: Subject) -> str:
    carrier = CARRIERS.get(subject.carrier)
    return zone_for(subject.country) or (carrier.zone if carrier else HOME_ZONE)


def _reaches(
    subject: Subject,
    contact: Contact | None,
    channels: AbstractSet[Channel],
    limits: SmsLimits,
) -> Iterator[Reach]:
    """The recipient in any case, so that it is told why nothing was said."""
    if contact is None:
        yield Reach(Addressee.RECIPIENT, dict.fromkeys(Channel, _UNREADABLE))
        return
    recipient, buyer = contact.recipient, contact.buyer
    yield Reach(Addressee.RECIPIENT, _obstacles(subject, recipient, channels, limits))
    if buyer is not None:
        same = {
            channel: "same_as_recipient"
            for channel in Channel
            if address(buyer, channel) and address(buyer, channel) == address(recipient, channel)
        }
        yield Reach(Addressee.BUYER, {**_obstacles(subject, buyer, channels, limits), **same})


def _obstacles(
    subject: Subject, person: Person | None, channels: AbstractSet[Channel], limits: SmsLimits
) -> Mapping[Channel, str | None]:
    return {channel: _obstacle(subject, person, channel, channels, limits) for channel in Channel}


def _obstacle(
    subject: Subject,
    person: Person | None,
    channel: Channel,
    channels: AbstractSet[Channel],
    limits: SmsLimits,
) -> str | None:
    if not subject.notify.get(channel, True):
        return _UNWANTED
    to = address(person, channel)
    if to is None:
        return _NO_ADDRESS[channel]
    if channel not in channels:
        return _NO_PROVIDER
    return limits.why_not(subject, to) if channel is Channel.SMS else None


_NO_ADDRESS = {
    Channel.SMS: "no_phone",
    Channel.EMAIL: "no_email",
    Channel.PUSH: "not_subscribed",
}


def address(person: Person | None, channel: Channel) -> str | None:
    """E.164 or an e-mail address; nobody has subscribed to push yet."""
    match channel:
        case Channel.SMS:
            return person.phone if person else None
        case Channel.EMAIL:
            return person.email if person else None
        case Channel.PUSH:
            return None
