"""Support corrects whom a parcel is for: as if the shop had told it, until the shop says more.

What the shop posted is remembered as it was (its digest stays): the same body again changes
nothing, another one is the shop's newer word and holds.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from schemas.contact import Recipient
from schemas.shipment import shipment_id as id_of_number
from tracking.contact import Contact, open_contact, seal_contact
from tracking.errors import KlatError
from tracking.numbers import Number, lock_numbers
from tracking.place import region_of
from tracking.register import again, told
from tracking.sealing import Sealer
from tracking.search.index import index_people
from tracking.staff.audit import Noting
from tracking.store.changes import write_changes
from tracking.store.person import unmark_erased
from tracking.store.pool import retried, transaction
from tracking.store.registrations import Registrations
from tracking.store.shipments import find_shipment


class ContactChanged(KlatError):  # noqa: N818 - named for what was found
    """The shop or a colleague has told another one meanwhile."""


async def correct_recipient(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    recipient: Recipient,
    seen: str,
    *,
    now: datetime,
    noting: Callable[[tuple[str, ...]], Noting],
) -> tuple[str, ...]:
    """Which fields are others now; none where nothing changed or no shop registered it.

    `seen` is the sign of the contact that was corrected. It is news of the parcel: who could not be
    told for want of a number is told by it. Raises ContactChanged, SealBroken, StoreUnavailable.
    """
    return await retried(partial(_correct, pool, sealer, shipment_id, recipient, seen, now, noting))


async def _correct(
    pool: asyncpg.Pool,
    sealer: Sealer,
    shipment_id: UUID,
    recipient: Recipient,
    seen: str,
    now: datetime,
    noting: Callable[[tuple[str, ...]], Noting],
) -> tuple[str, ...]:
    async with transaction(pool) as conn:
        row = await find_shipment(conn, shipment_id)
        if row is None:
            return ()
        name = (row["carrier"], row["tracking_number"])
        number = Number(id_of_number(*name), *name)
        await lock_numbers(conn, {number.head: number})
        before = await Registrations(pool).registration_for_update(conn, shipment_id)
        if before is None:
            return ()
        contact = open_contact(sealer, shipment_id, before.contact)
        if contact_sign(sealer, contact) != seen:
            raise ContactChanged
        fields = _other_fields(contact.recipient or Recipient(), recipient)
        if not fields:
            return ()
        corrected = Contact(recipient=recipient, buyer=contact.buyer)
        after = replace(
            before,
            contact=seal_contact(sealer, shipment_id, corrected),
            language=recipient.language,
            country=recipient.country,
            region=region_of(recipient),
        )
        await Registrations(pool).save_registration(conn, after)
        await index_people(conn, sealer, shipment_id, corrected)
        if number.known[row["journey"]].is_erased:
            await unmark_erased(conn, [shipment_id])
        changes = again(number, row["journey"]).changes
        news = [told(number, change, after, is_first=False, now=now) for change in changes]
        await write_changes(conn, news, now)
        await noting(fields)(conn)
        return fields


def contact_sign(sealer: Sealer, contact: Contact) -> str:
    """Tells whether it is another one by now, and nothing else of it."""
    told = f"contact sign\x1f{contact.model_dump_json()}"
    return sealer.fingerprints(told.encode())[0].hex()[:32]


def _other_fields(before: Recipient, after: Recipient) -> tuple[str, ...]:
    names = type(after).model_fields
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
