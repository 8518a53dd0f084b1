"""What of a parcel goes with a person: all of it, or what is the buyer's alone."""

from schemas.notice import Addressee
from tracking.contact import Contact, open_contact, seal_contact
from tracking.person.parcels import Part
from tracking.person.traces import finder, traces_of
from tracking.person.who import PARCEL, Share, is_whole, roles_of
from tracking.sealing import SealBroken, Sealer
from tracking.search.blind import blind_terms
from tracking.search.terms import terms_of
from tracking.store.erasures import Whom
from tracking.store.person import KnownParcel


def part_for(sealer: Sealer, whom: Whom, parcel: KnownParcel, sealed: str | None) -> Part | None:
    """By the contact as it is now: the shop may have named somebody else meanwhile."""
    key = parcel.shipment_id
    try:
        contact = open_contact(sealer, key, sealed)
    except SealBroken:
        return Part(key, frozenset(Addressee)) if whom.kind == PARCEL else None
    roles = roles_of(sealer, whom, key, contact)
    if not roles:
        return None
    share = Share(parcel, contact, roles)
    left = _left(contact, roles)
    return Part(
        key,
        roles,
        is_whole(share),
        seal_contact(sealer, key, left),
        blind_terms(sealer, terms_of(left)),
        sealer.key_id,
        _names_them(share),
    )


def _names_them(share: Share) -> bool:
    order = share.parcel.order_ref
    return bool(order) and finder(traces_of(share.people)).finds_beside(order or "")


def _left(contact: Contact, roles: frozenset[Addressee]) -> Contact:
    return Contact(
        recipient=None if Addressee.RECIPIENT in roles else contact.recipient,
        buyer=None if Addressee.BUYER in roles else contact.buyer,
    )
