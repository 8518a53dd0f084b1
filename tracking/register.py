"""A shop registers a parcel: its contact, promise and value join what the scans tell.

The order does not matter: a parcel may have been scanned for days before its shop names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from schemas.api import ShipmentRegistration
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.announce import announced
from tracking.contact import Contact, seal_contact
from tracking.domain.changes import Owed
from tracking.domain.journeys import Registration, journey_for_registration
from tracking.domain.order import in_order
from tracking.domain.promise import Promise
from tracking.domain.reckon import Change, Reckoning, join
from tracking.errors import KlatError
from tracking.numbers import Number, lock_numbers
from tracking.place import region_of
from tracking.promises import promise_now
from tracking.sealing import Sealer
from tracking.search.index import index_people
from tracking.store.changes import ShipmentChange, write_changes
from tracking.store.clock import ask_reviews
from tracking.store.person import unmark_erased
from tracking.store.pool import retried, transaction
from tracking.store.registrations import RegistrationRow, Registrations
from tracking.store.shipments import ScanMove, StoredScan, move_scans, note_journeys, scans_of


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
        stored = await scans_of(conn, number.ids())
        journey = journey_for_registration(
            in_order(each.received for each in stored), _registrations(number), now
        )
        target = number.id_of(journey)
        row = _row(target, merchant_id, body, sealer, now)
        before = await Registrations(pool).registration_for_update(conn, target)
        known = number.known.get(journey)
        if known and before and _is_same(before, row, fingerprints(body, sealer)):
            return Registered(
                target,
                created=False,
                status=known.journey.state.status,
                version=known.journey.version,
            )
        if before and before.merchant_id != merchant_id:
            raise RegisteredByAnother
        promise = await promise_now(conn, target, merchant_id, body, now)
        row = _with_promise(row, promise)
        if not await Registrations(pool).save_registration(conn, row):
            raise RegisteredByAnother
        contact = Contact(recipient=body.recipient, buyer=body.buyer)
        await index_people(conn, sealer, target, contact)
        if known and known.is_erased:
            await unmark_erased(conn, [target])
        joined = _joined(number, stored, journey, now) if before is None else again(number, journey)
        await _write(conn, number, joined, row, is_first=before is None, now=now)
        if moves := _moves(number, stored, joined):
            await move_scans(conn, moves)
    change = next(each for each in joined.changes if each.journey == journey)
    return Registered(
        target, created=before is None, status=change.state.status, version=change.version
    )


def _registrations(number: Number) -> Sequence[Registration]:
    return [
        Registration(journey, row.journey.registered_at)
        for journey, row in number.known.items()
        if row.journey.registered_at is not None
    ]


def _joined(number: Number, stored: Sequence[StoredScan], journey: int, now: datetime) -> Reckoning:
    """Registered for the first time: some scans may turn out to be another parcel's."""
    known = {each: row.journey for each, row in number.known.items()}
    return join(known, [each.received for each in stored], journey, now)


def again(number: Number, journey: int) -> Reckoning:
    """The same parcel told of in other words: it is a new version, and its scans stay.

    That is news: whoever could not be told for want of a number is told by it.
    """
    known = number.known[journey].journey
    news = Owed("details_changed", ("registration",))
    change = Change(journey, known.version + 1, known.state, known.last_at, known.simple, news)
    return Reckoning([change], {})


def _moves(number: Number, stored: Sequence[StoredScan], joined: Reckoning) -> list[ScanMove]:
    homes = [(each, joined.homes[each.received.key]) for each in stored if joined.homes]
    return [
        ScanMove(
            source=each.shipment_id,
            target=number.id_of(journey),
            key=each.received.key,
            version=number.version_of(journey) + 1,
        )
        for each, journey in homes
        if number.id_of(journey) != each.shipment_id
    ]


async def _write(
    conn: asyncpg.Connection,
    number: Number,
    joined: Reckoning,
    row: RegistrationRow,
    *,
    is_first: bool,
    now: datetime,
) -> None:
    news = [told(number, change, row, is_first=is_first, now=now) for change in joined.changes]
    await write_changes(conn, news, now)
    await ask_reviews(conn, [each.shipment_id for each in news if each.change.is_review], now)
    others = sorted({*number.known, *(change.journey for change in joined.changes)} - {1})
    if set(others) - set(number.known):
        await note_journeys(conn, number.head, others)


def told(
    number: Number, change: Change, row: RegistrationRow, *, is_first: bool, now: datetime
) -> ShipmentChange:
    known, target = number.known.get(change.journey), number.id_of(change.journey)
    is_mine = target == row.shipment_id
    merchant, order = (known.merchant_id, known.order) if known else (None, None)
    return announced(
        target,
        number.carrier,
        number.tracking_number,
        change,
        is_new=known is None,
        now=now,
        merchant_id=row.merchant_id if is_mine else merchant,
        order=row.order_ref if is_mine else order,
        registered=is_mine and is_first,
    )


def _row(
    target: UUID, merchant_id: UUID, body: ShipmentRegistration, sealer: Sealer, now: datetime
) -> RegistrationRow:
    recipient, value = body.recipient, body.value
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
        promise_from=None,
        promise_by=None,
        value_cents=value.cents if value else None,
        value_currency=value.currency if value else None,
        notify=body.notify.model_dump(),
        digest=fingerprints(body, sealer)[0],
        registered_at=now,
        region=region_of(recipient),
    )


def _with_promise(row: RegistrationRow, promise: Promise | None) -> RegistrationRow:
    if promise is None:
        return row
    return replace(row, promise_from=promise.starts, promise_by=promise.by)


def fingerprints(body: ShipmentRegistration, sealer: Sealer) -> list[bytes]:
    """Of what a shop told, under every key: the newest is kept with it."""
    return sealer.fingerprints(body.model_dump_json().encode())


def _is_same(before: RegistrationRow, row: RegistrationRow, told: Sequence[bytes]) -> bool:
    return before.merchant_id == row.merchant_id and before.digest in told
