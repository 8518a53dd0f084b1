"""What every deed on a parcel needs: may they see it, and its line in the audit log."""

from typing import Any, Final
from uuid import UUID, uuid4

from aiohttp import web

from schemas.staff import Action
from tracking.staff.audit import Noting, note
from tracking.staff.audit import noting as note_deed
from tracking.store.registrations import Registrations
from tracking.store.staff import StaffStore
from tracking.web.console.guard import PARCEL, SESSION, Form, read_form
from tracking.web.console.life import may_see
from tracking.web.deps import DEPS
from tracking.web.merchant import asked_id
from tracking.web.problem import not_found
from tracking.words.catalog import N_

GONE: Final = N_("That has changed meanwhile. Look at it as it stands now.")


async def asked_for(request: web.Request) -> tuple[UUID, Form]:
    """Of a parcel that they may see. Raises HttpProblem."""
    form, shipment_id = await read_form(request), asked_id(request)
    registration = await Registrations(request.app[DEPS].pool).registration(shipment_id)
    if not may_see(request[SESSION].staff, registration):
        raise not_found()
    return shipment_id, form


def form_id(form: Form) -> UUID:
    """Makes it one deed, however often it is posted; a form without one is a deed each time."""
    told = form.get("id", "")
    return UUID(told) if PARCEL.fullmatch(told) else uuid4()


def noting(request: web.Request, action: Action, shipment_id: UUID, **detail: Any) -> Noting:
    """Of who asks, for the transaction of the deed."""
    deps, staff = request.app[DEPS], request[SESSION].staff
    return note_deed(deps.sealer, staff, action, deps.now(), shipment_id, **detail)


async def noted(request: web.Request, action: Action, shipment_id: UUID, **detail: Any) -> None:
    deps, staff = request.app[DEPS], request[SESSION].staff
    await note(
        StaffStore(deps.pool),
        deps.sealer,
        staff,
        action,
        deps.now(),
        shipment_id=shipment_id,
        **detail,
    )
