"""A parcel of the store as the notifier sees it: who can be reached, and what may be said."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from consumers.notices.concerned import Concerned, address, person_of
from consumers.notices.limits import SmsLimits
from notifier.obstacles import NOT_WANTED
from notifier.occasions import IMPORTANT, RULES, BonusStanding, Parcel
from notifier.policy import NOT_SUBSCRIBED
from notifier.quiet import Quiet
from notifier.situation import Reach, Situation, Wishes
from schemas.notice import Addressee, Channel
from schemas.shop import ShopSettings
from tracking.estimates import ENOUGH
from tracking.place import delivery_zone
from tracking.store.desk import Subject

_UNREADABLE, _NO_PROVIDER = "contact_unreadable", "no_provider"
_NO_ADDRESS = {
    Channel.SMS: "no_phone",
    Channel.EMAIL: "no_email",
    Channel.PUSH: NOT_SUBSCRIBED,
}


class Means(NamedTuple):
    """`channels` that some provider serves, and to which numbers texts may go."""

    channels: AbstractSet[Channel]
    limits: SmsLimits


def situation_of(known: Concerned, means: Means) -> Situation:
    subject = known.subject
    bonus = subject.bonus
    parcel = Parcel(
        subject.state,
        subject.registered_at,
        subject.promise_by,
        zone_of(subject),
        BonusStanding(bonus.granted, bonus.left, bonus.at, bonus.is_withdrawn, bonus.until)
        if bonus
        else None,
        subject.eta.p50 if subject.eta and subject.eta.samples >= ENOUGH else None,
    )
    wishes = wishes_of(subject.settings)
    return Situation(parcel, list(_reaches(known, means)), subject.told, wishes)


def wishes_of(settings: ShopSettings) -> Wishes:
    return Wishes(settings.notices, Quiet(settings.quiet.starts, settings.quiet.ends))


def beyond_important(settings: ShopSettings) -> frozenset[Channel]:
    """The ways by which a shop says more than what has to be acted on."""
    wishes = wishes_of(settings)
    return frozenset(
        channel for each in RULES if each not in IMPORTANT for channel in wishes.of(each)
    )


def zone_of(subject: Subject) -> str:
    return delivery_zone(subject.carrier, subject.country)


def _reaches(known: Concerned, means: Means) -> Iterator[Reach]:
    """The recipient in any case, so that it is told why nothing was said."""
    contact = known.contact
    if contact is None:
        nobody: dict[Channel, str | None] = dict.fromkeys(Channel, _UNREADABLE)
        yield Reach(Addressee.RECIPIENT, nobody, to_answer=nobody)
        return
    yield _reach(known, Addressee.RECIPIENT, means, {})
    if contact.buyer is not None:
        same: dict[Channel, str | None] = {
            channel: "same_as_recipient" for channel in Channel if _is_same(known, channel)
        }
        yield _reach(known, Addressee.BUYER, means, same)


def _is_same(known: Concerned, channel: Channel) -> bool:
    """Browsers belong to whoever opened the page, and are told what the recipient is told."""
    if channel is Channel.PUSH:
        return bool(known.subject.subscriptions)
    found = address(person_of(known.contact, Addressee.BUYER), channel)
    return found is not None and found == address(
        person_of(known.contact, Addressee.RECIPIENT), channel
    )


def _reach(
    known: Concerned,
    addressee: Addressee,
    means: Means,
    same: Mapping[Channel, str | None],
) -> Reach:
    obstacles = {channel: _obstacle(known, addressee, channel, means) for channel in Channel}
    less = {
        channel
        for (who, channel), against in known.against.items()
        if who is addressee and against.reason is None
    }
    to_answer = {channel: _to_answer(known, addressee, channel, means) for channel in Channel}
    return Reach(addressee, {**obstacles, **same}, frozenset(less), to_answer)


def _obstacle(known: Concerned, addressee: Addressee, channel: Channel, means: Means) -> str | None:
    against = known.against.get((addressee, channel))
    if against is not None and against.reason is not None:
        return against.reason
    if not known.subject.notify.get(channel, True):
        return NOT_WANTED
    return _no_way(known, addressee, channel, means)


def _to_answer(
    known: Concerned, addressee: Addressee, channel: Channel, means: Means
) -> str | None:
    against = known.against.get((addressee, channel))
    dead = against.dead if against else None
    return dead or _no_way(known, addressee, channel, means)


def _no_way(known: Concerned, addressee: Addressee, channel: Channel, means: Means) -> str | None:
    if not _is_reachable(known, addressee, channel):
        return _NO_ADDRESS[channel]
    if channel not in means.channels:
        return _NO_PROVIDER
    to = address(person_of(known.contact, addressee), channel)
    return means.limits.why_not(known.subject, to) if to and channel is Channel.SMS else None


def _is_reachable(known: Concerned, addressee: Addressee, channel: Channel) -> bool:
    if channel is Channel.PUSH:
        return bool(known.subject.subscriptions)
    return address(person_of(known.contact, addressee), channel) is not None
