"""By which ways an answer can reach who asked: the addresses of the registration that work."""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.contact import Person
from schemas.notice import Channel
from tracking.contact import Contact
from tracking.notices import masked
from tracking.settings import Settings
from tracking.store.suppressions import Suppressions
from tracking.suppression import DEAD, address_hashes
from tracking.web.deps import Deps


class Reach(NamedTuple):
    """`to` is masked: enough for its owner to know it again."""

    channel: Channel
    to: str


async def reaches(deps: Deps, contact: Contact | None) -> list[Reach]:
    """Of the recipient, mail first. Raises StoreUnavailable."""
    person = contact.recipient if contact else None
    found = list(_addresses(deps.settings, person))
    hashes = {each: address_hashes(deps.sealer, *each) for each in found}
    every = [one for of_one in hashes.values() for one in of_one]
    against = await Suppressions(deps.pool).of(every) if every else []
    dead = {each.address_hash for each in against if each.reason in DEAD}
    return [
        Reach(channel, masked(to)) for channel, to in found if dead.isdisjoint(hashes[channel, to])
    ]


def _addresses(settings: Settings, person: Person | None) -> Iterator[tuple[Channel, str]]:
    if person is None:
        return
    if person.email and (settings.smtp_url or settings.demo):
        yield Channel.EMAIL, person.email
    if person.phone and (settings.sms_provider != "none" or settings.demo):
        yield Channel.SMS, person.phone
