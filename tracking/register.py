"""A shop registers a parcel: its contact, promise and value join what the scans tell.

The order does not matter: a parcel may have been scanned for days before its shop names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from schemas.api import ShipmentRegistration
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.announce import announced
from tracking.contact import Contact, seal_contact
from tracking.domain.journeys import Registration, journey_for_registration
from tracking.domain.order import in_order
from tracking.domain.reckon import Change, Journey
from tracking.errors import KlatError
from tracking.numbers import Number, lock_numbers
from tracking.sealing import Sealer
from tracking.store.changes import write_changes
from tracking.store.pool import retried, transaction
from tracking.store.registrations import RegistrationRow, Registrations
from tracking.store.shipments import note_journeys, scans_of


class RegisteredByAnother(KlatError):  # noqa: N818 - named for what was found
    """Another shop has registered the parcel already."""


@dataclass(frozen=True, slots=True)
class Registered:
    """`created`: this call registered it; False: it was registered before, by the same shop."""

    shipment_id: UUID
    created: bool
    status: Status
    version: int


async def register(
    pool: asyncpg.Pool,
    sealer: Sealer,
    merchant_id: UUID,
    body: ShipmentRegistration,
    *,
    now: datetime,
) -> Registered:
    """Register once; again with the same body changes nothing, with another one updates.

    Raises RegisteredByAnother, StoreUnavailable.
    """
    return await retried(partial(_register, pool, sealer, merchant_id, body, now))


async def _register(
    pool: asyncpg.Pool,
    sealer: Sealer,
    merchant_id: UUID,
    body: ShipmentRegistration,
    now: datetime,
) -> Registered:
    name = (body.carrier, body.tracking_number)
    number = Number(shipment_id(*name), *name)
    async with transaction(pool) as conn:
        await lock_numbers(conn, {number.head: number})
        journey = await _journey(conn, number, now)
        target = number.id_of(journey)
        row = _row(target, merchant_id, body, sealer, now)
        before = await Registrations(pool).registration_for_update(conn, target)
        known = number.known.get(journey)
        if known and before and _is_same(before, row, _fingerprints(body, sealer)):
            return Registered(
                target,
                created=False,
                status=known.journey.state.status,
                version=known.journey.version,
            )
        change = _change(known.journey if known else Journey(journey))
        if not await Registrations(pool).save_registration(conn, row):
            raise RegisteredByAnother
        await _write(conn, number, change, row, is_first=before is None, now=now)
    return Registered(
        target, created=before is None, status=change.state.status, version=change.version
    )


async def _journey(conn: asyncpg.Connection, number: Number, now: datetime) -> int:
    stored = await scans_of(conn, [number.id_of(journey) for journey in {1, *number.known}])
    return journey_for_registration(
        in_order(each.received for each in stored), _registrations(number), now
    )


def _registrations(number: Number) -> Sequence[Registration]:
    return [
        Registration(journey, row.journey.registered_at)
        for journey, row in number.known.items()
        if row.journey.registered_at is not None
    ]


def _change(known: Journey) -> Change:
    return Change(
        journey=known.journey,
        version=known.version + 1,
        state=known.state,
        last_at=known.last_at,
        simple=known.simple,
        owed=None,
        news=(),
    )


async def _write(
    conn: asyncpg.Connection,
    number: Number,
    change: Change,
    row: RegistrationRow,
    *,
    is_first: bool,
    now: datetime,
) -> None:
    told = announced(
        row.shipment_id,
        number.carrier,
        number.tracking_number,
        change,
        is_new=change.journey not in number.known,
        now=now,
        merchant_id=row.merchant_id,
        order=row.order_ref,
        registered=is_first,
    )
    await write_changes(conn, [told], now)
    others = sorted({change.journey, *number.known} - {1})
    if others and change.journey not in number.known:
        await note_journeys(conn, number.head, others)


def _row(
    target: UUID, merchant_id: UUID, body: ShipmentRegistration, sealer: Sealer, now: datetime
) -> RegistrationRow:
    recipient, promise, value = body.recipient, body.promise, body.value
    contact = Contact(recipient=recipient, buyer=body.buyer)
    return RegistrationRow(
        shipment_id=target,
        merchant_id=merchant_id,
        order_ref=body.order,
        merchant_reference=body.merchant_reference,
        service=body.service,
        language=recipient.language if recipient else None,
        country=recipient.country if recipient else None,
        contact=seal_contact(sealer, target, contact),
        promise_from=promise.starts if promise else None,
        promise_by=promise.by if promise else None,
        value_cents=value.cents if value else None,
        value_currency=value.currency if value else None,
        notify=body.notify.model_dump(),
        digest=_fingerprints(body, sealer)[0],
        registered_at=now,
    )


def _fingerprints(body: ShipmentRegistration, sealer: Sealer) -> list[bytes]:
    return sealer.fingerprints(body.model_dump_json().encode())


def _is_same(before: RegistrationRow, row: RegistrationRow, told: Sequence[bytes]) -> bool:
    return before.merchant_id == row.merchant_id and before.digest in told
