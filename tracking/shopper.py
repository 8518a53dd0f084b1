"""Who a shopper is, as far as a shop's monthly cap goes: somebody of one address."""

from uuid import UUID

import structlog

from schemas.notice import Channel
from tracking.contact import open_contact
from tracking.sealing import SealBroken, Sealer
from tracking.suppression import address_hashes

log = structlog.get_logger()


def shopper_hashes(sealer: Sealer, shipment_id: UUID, contact: str | None) -> list[bytes]:
    """Of the recipient's e-mail address, else phone, under every key, the newest first; none where
    neither is known.
    """
    try:
        recipient = open_contact(sealer, shipment_id, contact).recipient
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=shipment_id)
        return []
    if recipient is None:
        return []
    ways = ((Channel.EMAIL, recipient.email), (Channel.SMS, recipient.phone))
    return next((address_hashes(sealer, way, to) for way, to in ways if to), [])
