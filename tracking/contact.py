"""Recipient and buyer at rest: one sealed text per shipment, bound to that shipment."""

from uuid import UUID

from schemas.base import Frozen
from schemas.contact import Buyer, Recipient
from tracking.sealing import Sealer


class Contact(Frozen):
    """Whom a parcel concerns."""

    recipient: Recipient | None = None
    buyer: Buyer | None = None


def seal_contact(sealer: Sealer, shipment_id: UUID, contact: Contact) -> str | None:
    """None where nobody is known: nothing to keep."""
    if contact.recipient is None and contact.buyer is None:
        return None
    clear = contact.model_dump_json(exclude_none=True)
    return sealer.seal_text(clear, f"contact:{shipment_id}")


def open_contact(sealer: Sealer, shipment_id: UUID, sealed: str | None) -> Contact:
    """Raises SealBroken when the key is gone."""
    if sealed is None:
        return Contact()
    clear = sealer.open_text(sealed, f"contact:{shipment_id}")
    return Contact.kept(clear)
