"""Who is meant on the page of a person's data: by their parcel and a word ("recipient_phone")."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from aiohttp import web

from schemas.contact import Person
from schemas.staff import StaffRole
from tracking.contact import Contact, open_contact
from tracking.correct import contact_sign
from tracking.person.erase import NobodyFound, Plan, plan
from tracking.person.who import TooManyParcels, people_of, whom_of, whom_of_parcel
from tracking.sealing import SealBroken
from tracking.search.terms import Kind
from tracking.store.erasures import Whom
from tracking.store.registrations import Registrations
from tracking.store.shipments import ShipmentRow, Shipments
from tracking.web.console.errors import FOR_ADMINS, TOO_MANY
from tracking.web.console.guard import SESSION
from tracking.web.console.life import may_see
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem, not_found

PARCEL: Final = "parcel"


class Asked(NamedTuple):
    """`choices`: words for who may be meant here; `of`: the one that is. `seen`: the sign of whom
    the parcel concerns, by which a form knows that it means the same people still.
    """

    row: ShipmentRow
    choices: Sequence[str]
    of: str
    whom: Whom
    seen: str


async def asked_of(request: web.Request, shipment_id: UUID, of: str) -> Asked:
    """Raises HttpProblem: 404 for what they may not see, 403 for who is no admin."""
    deps, staff = request.app[DEPS], request[SESSION].staff
    row = await Shipments(deps.pool).find(shipment_id)
    registration = await Registrations(deps.pool).registration(shipment_id)
    if row is None or not may_see(staff, registration):
        raise not_found()
    if staff.role is not StaffRole.ADMIN:
        raise HttpProblem(403, FOR_ADMINS)
    try:
        sealed = registration.contact if registration else None
        contact = open_contact(deps.sealer, shipment_id, sealed)
    except SealBroken:
        contact = Contact()
    by = dict(_choices(contact))
    chosen = of if of in {*by, PARCEL} else next(iter(by), PARCEL)
    shop = registration.merchant_id if registration else None
    whom = whom_of_parcel(deps.sealer, shipment_id, shop=shop)
    if chosen in by:
        kind, text, person = by[chosen]
        whom = whom_of(deps.sealer, kind, text, name=person.name, shop=shop)
    return Asked(row, [*by, PARCEL], chosen, whom, contact_sign(deps.sealer, contact))


def _choices(contact: Contact) -> Iterator[tuple[str, tuple[Kind, str, Person]]]:
    for role, person in people_of(contact):
        if person.phone:
            yield f"{role}_phone", (Kind.PHONE, person.phone, person)
        if person.email:
            yield f"{role}_email", (Kind.EMAIL, person.email, person)


async def plan_of(request: web.Request, asked: Asked) -> Plan | None:
    """None where nothing is kept of them any more."""
    deps = request.app[DEPS]
    only = [asked.row.shipment_id] if asked.of == PARCEL else None
    try:
        return await plan(deps.pool, deps.sealer, asked.whom, only=only, now=deps.now())
    except NobodyFound:
        return None
    except TooManyParcels:
        raise HttpProblem(409, TOO_MANY) from None


def is_another(form: Mapping[str, str], asked: Asked) -> bool:
    """Somebody else is meant by now, or nobody was chosen."""
    return form.get("seen") != asked.seen or form.get("of") != asked.of
