"""A parcel's whole life, read for one of the staff who may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

import structlog

from schemas.api import NoticeBody
from schemas.compensation import GOODWILL, CompensationBody
from schemas.notice import Channel
from schemas.scan import Window
from tracking.carriers import CARRIERS
from tracking.compensations import compensations
from tracking.contact import Contact, open_contact
from tracking.domain.promise import Promise
from tracking.estimates import ENOUGH, days_of
from tracking.notices import told
from tracking.place import delivery_zone
from tracking.promises import Promised, promised_for
from tracking.sealing import SealBroken
from tracking.staff.audit import detail_of
from tracking.staff.notes import Note, notes_of
from tracking.store.beside import Beside, besides, read_beside
from tracking.store.merchants import Merchants, Shop
from tracking.store.promises import promise_rows
from tracking.store.registrations import RegistrationRow, Registrations
from tracking.store.shipments import ShipmentRow, Shipments
from tracking.store.staff import AuditRow, Staff, StaffStore
from tracking.suppression import address_hashes
from tracking.threads import Thread, threads_of
from tracking.web.deps import Deps
from tracking.web.view import ParcelView, UnlockState
from tracking.web.visible import full_history, full_state, is_to_collect
from tracking.why_paid import NotPaid, why_not_paid

log = structlog.get_logger()

_AUDITED = 100


class Seen(NamedTuple):
    """What somebody of the staff saw or did, its detail opened."""

    row: AuditRow
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Life:
    """`view` is what its recipient sees; `why` says why nothing was paid, where nothing was.

    `sign`: of what stands beside its scans, taken before that was read.
    """

    row: ShipmentRow
    sign: str
    view: ParcelView
    registration: RegistrationRow | None
    shop: Shop | None
    contact: Contact
    promises: Sequence[Promise]
    promised: Promised
    notices: Sequence[NoticeBody]
    paid: Sequence[CompensationBody]
    why: Sequence[NotPaid]
    audit: Sequence[Seen]
    notes: Sequence[Note]
    beside: Beside
    threads: Sequence[Thread] = ()


async def read_life(deps: Deps, staff: Staff, shipment_id: UUID) -> Life | None:
    """None where there is none, or none that they may see. Raises StoreUnavailable."""
    row = await Shipments(deps.pool).find(shipment_id)
    registration = await Registrations(deps.pool).registration(shipment_id)
    if row is None or not may_see(staff, registration):
        return None
    signs = await besides(deps.pool, [shipment_id])
    shop = await Merchants(deps.pool).shop(registration.merchant_id) if registration else None
    contact = _contact(deps, registration)
    promised = await promised_for(deps.pool, shipment_id) if registration else Promised()
    made, _ = await promise_rows(deps.pool, shipment_id)
    paid = await compensations(deps.pool, deps.sealer, shipment_id)
    return Life(
        row=row,
        sign=signs[shipment_id],
        view=await _view(deps, row, registration, shop, promised),
        registration=registration,
        shop=shop,
        contact=contact,
        promises=made,
        promised=promised,
        notices=await told(deps.pool, deps.sealer, shipment_id),
        paid=paid,
        why=()
        if any(each.tier < GOODWILL for each in paid)
        else await why_not_paid(deps.pool, shipment_id, now=deps.now()),
        audit=await _audit(deps, staff, shipment_id),
        notes=await notes_of(StaffStore(deps.pool), deps.sealer, staff, shipment_id),
        beside=await read_beside(
            deps.pool,
            shipment_id,
            registration.merchant_id if registration else None,
            _hashes(deps, contact),
        ),
        threads=await threads_of(deps.pool, deps.sealer, shipment_id, staff.shops),
    )


def _hashes(deps: Deps, contact: Contact) -> list[bytes]:
    """Of the addresses of its people, under every key."""
    return [
        each
        for person in (contact.recipient, contact.buyer)
        if person
        for channel, to in ((Channel.SMS, person.phone), (Channel.EMAIL, person.email))
        if to
        for each in address_hashes(deps.sealer, channel, to)
    ]


async def _audit(deps: Deps, staff: Staff, shipment_id: UUID) -> list[Seen]:
    rows = await StaffStore(deps.pool).audit_of_shipment(shipment_id, _AUDITED, staff.shops)
    return [Seen(row, _detail(deps, row)) for row in rows]


def _detail(deps: Deps, row: AuditRow) -> Mapping[str, Any]:
    try:
        return detail_of(row, deps.sealer)
    except SealBroken:
        log.warning("audit.sealed_with_another_key", shipment_id=row.shipment_id)
        return {}


def may_see(staff: Staff, registration: RegistrationRow | None) -> bool:
    """Who works for some shops sees theirs; what nobody registered, who works for all of them."""
    if staff.shops is None:
        return True
    return registration is not None and registration.merchant_id in staff.shops


async def _view(
    deps: Deps,
    row: ShipmentRow,
    registration: RegistrationRow | None,
    shop: Shop | None,
    promised: Promised,
) -> ParcelView:
    carrier = CARRIERS.get(row.carrier)
    zone = delivery_zone(row.carrier, registration.country if registration else None)
    history = await Shipments(deps.pool).history(row.shipment_id)
    try:
        state = full_state(row.state, deps.sealer, row.carrier, row.tracking_number)
    except SealBroken:
        log.warning("pickup.sealed_with_another_key", shipment_id=row.shipment_id)
        state = row.state.model_copy(update={"pickup_code": None, "pickup_qr": None})
    page = carrier.tracking_page if carrier else None
    return ParcelView(
        state=state,
        history=full_history(history),
        version=row.version,
        as_of=deps.now(),
        carrier_name=carrier.name if carrier else row.carrier.title(),
        tracking_number=row.tracking_number,
        zone=zone,
        path="",
        carrier_page=page and page.format(number=quote(row.tracking_number, safe="")),
        merchant_name=shop.name if shop else None,
        promise=_promise(registration),
        expected=_expected(promised, zone),
        unlock=UnlockState.UNLOCKED,
        has_pickup_code=bool(row.state.pickup_code or row.state.pickup_qr),
        to_collect=is_to_collect(row.state, registration.service if registration else None),
    )


def _promise(registration: RegistrationRow | None) -> Window | None:
    if registration is None or registration.promise_by is None:
        return None
    return Window(starts=registration.promise_from, ends=registration.promise_by).or_none()


def _expected(promised: Promised, zone: str) -> Window | None:
    found = promised.expected
    if found is None or found.parcels < ENOUGH:
        return None
    return days_of(found.starts, found.ends, zone)


def _contact(deps: Deps, registration: RegistrationRow | None) -> Contact:
    if registration is None:
        return Contact()
    try:
        return open_contact(deps.sealer, registration.shipment_id, registration.contact)
    except SealBroken:
        log.warning("contact.sealed_with_another_key", shipment_id=registration.shipment_id)
        return Contact()
