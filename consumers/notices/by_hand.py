"""What support has said at once: on offer as the parcel stands, chosen, planned.

Senders do the rest. A choice is kept with its line of the audit log in one transaction, and names
the very notice, so that a form that is posted twice plans one.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from consumers.notices.concerned import Concerned, address, concerned, person_of
from consumers.notices.subject import Means, situation_of
from notifier.asked import decide_asked, offers
from schemas.notice import Key, Offer
from tracking.sealing import Sealer
from tracking.store.desk import Desk, notice_id
from tracking.store.notices import Notices
from tracking.store.pool import retried
from tracking.web.deps import ByHand, Noted, Offered

WHY = "support"
"""Stands where other notices have the id of the news after which they were decided."""


class Saying(ByHand):
    def __init__(self, notices: Notices, sealer: Sealer, means: Means) -> None:
        self._notices, self._sealer, self._means = notices, sealer, means

    async def offered(self, shipment_id: UUID, now: datetime) -> list[Offered]:
        async with self._notices.look() as desk:
            known = await self._known(desk, shipment_id)
        if known is None:
            return []
        found = offers(situation_of(known, self._means), now)
        return [_offered(known, each) for each in found]

    async def say(self, shipment_id: UUID, chosen: UUID, noted: Noted, now: datetime) -> bool:
        return await retried(partial(self._say, shipment_id, chosen, noted, now))

    async def _say(self, shipment_id: UUID, chosen: UUID, noted: Noted, now: datetime) -> bool:
        async with self._notices.desk() as desk:
            known = await self._known(desk, shipment_id)
            if known is None:
                return False
            situation = situation_of(known, self._means)
            if any(notice_id(shipment_id, key) == chosen for key in situation.told):
                return True  # the same form once more
            key = _chosen(shipment_id, chosen, offers(situation, now))
            decision = decide_asked(situation, key, now) if key else None
            if key is None or decision is None:
                return False
            await desk.decide_notices([(known.subject, decision)], {shipment_id: WHY}, now)
            await desk.note(noted(occasion=key.occasion, channel=key.channel, to=key.addressee))
        return True

    async def _known(self, desk: Desk, shipment_id: UUID) -> Concerned | None:
        found = await concerned(desk, [shipment_id], self._sealer)
        return found[0] if found else None


def _chosen(shipment_id: UUID, chosen: UUID, found: list[Offer]) -> Key | None:
    keys = (each.key for each in found)
    return next((key for key in keys if notice_id(shipment_id, key) == chosen), None)


def _offered(known: Concerned, offer: Offer) -> Offered:
    key = offer.key
    to = address(person_of(known.contact, key.addressee), key.channel)
    return Offered(
        notice_id(known.subject.shipment_id, key),
        key.occasion,
        key.channel,
        key.addressee,
        to,
        offer.reason,
    )
