"""What staff do with a parcel: a note, a message, another link. Each is in the audit log."""

from functools import partial
from typing import Final
from uuid import UUID

from aiohttp import web

from schemas.staff import Action
from tracking.errors import PeopleErased
from tracking.staff.notes import add_note
from tracking.store.links import Links
from tracking.store.registrations import Registrations
from tracking.store.staff import StaffStore
from tracking.web.console.doing import GONE, asked_for, form_id, noted, noting
from tracking.web.console.errors import for_people
from tracking.web.console.guard import (
    HOME,
    PARCEL,
    SESSION,
    Page,
    for_staff,
    parcel_of,
    to,
)
from tracking.web.console.money import post_approval, post_grant, post_refusal
from tracking.web.console.parcel import show_parcel
from tracking.web.console.scans import post_event, post_retraction
from tracking.web.deps import DEPS
from tracking.web.link import issue_link
from tracking.web.merchant import asked_id
from tracking.web.problem import not_found
from tracking.web.routing import Route
from tracking.words.catalog import N_

ERASED: Final = N_("The people of this parcel were erased: no note is kept of it any more.")
NO_NOTE: Final = N_("Write something, of 2,000 characters at most.")
NO_WAY: Final = N_("Choose by which way it is to be sent.")


@for_people
async def get_parcel_again(request: web.Request) -> web.StreamResponse:
    """Where a browser lands that loads the answer to a form again, or asks for it in Latvian."""
    return to(f"{parcel_of(asked_id(request))}?{request.query_string}".rstrip("?"))


@for_people
async def post_note(request: web.Request) -> web.StreamResponse:
    shipment_id, form = await asked_for(request)
    deps, staff, text = request.app[DEPS], request[SESSION].staff, form.get("text", "")
    deed = noting(request, Action.NOTE_ADDED, shipment_id)
    store, once, now = StaffStore(deps.pool), form_id(form), deps.now()
    try:
        if not await add_note(store, deps.sealer, staff, shipment_id, text, once, deed, now):
            return await show_parcel(request, 422, wrong=NO_NOTE, text=text)
    except PeopleErased:
        return await show_parcel(request, 409, wrong=ERASED, text=text)
    return to(f"{parcel_of(shipment_id)}?done")


@for_people
async def post_message(request: web.Request) -> web.StreamResponse:
    """What is true now, said at once by the way that was chosen."""
    shipment_id, form = await asked_for(request)
    deps, choice = request.app[DEPS], form.get("choice", "")
    if not PARCEL.fullmatch(choice):
        return await show_parcel(request, 422, wrong=NO_WAY)
    noted = partial(noting, request, Action.MESSAGE_SENT, shipment_id)
    by_hand = deps.by_hand
    if by_hand is None or not await by_hand.say(shipment_id, UUID(choice), noted, deps.now()):
        return await show_parcel(request, 409, wrong=GONE)
    return to(f"{parcel_of(shipment_id)}?done")


@for_people
async def post_link(request: web.Request) -> web.StreamResponse:
    """A new one, shown once; on demand the old ones work no more."""
    shipment_id, form = await asked_for(request)
    deps, now = request.app[DEPS], request.app[DEPS].now()
    registration = await Registrations(deps.pool).registration(shipment_id)
    if registration is None:
        raise not_found()
    if form.get("revoke"):
        await noted(request, Action.LINKS_REVOKED, shipment_id)
        await Links(deps.pool).revoke_links(shipment_id, now=now)
    await noted(request, Action.LINK_MADE, shipment_id)
    url = await issue_link(deps, registration.merchant_id, shipment_id, now)
    return await show_parcel(request, link=url)


_AT: Final = f"{HOME}/parcels/{{shipment_id}}"
_FORM: Final = ("application/x-www-form-urlencoded",)
_ACTIONS: Final = (
    ("notes", post_note, "Write a note"),
    ("messages", post_message, "Have a message sent"),
    ("compensations/{tier}/approve", post_approval, "Say yes to a compensation"),
    ("compensations/{tier}/refuse", post_refusal, "Say no to a compensation"),
    ("grants", post_grant, "Grant a sum by hand"),
    ("events", post_event, "Tell an event by hand"),
    ("events/{key}/retract", post_retraction, "Take an event back"),
    ("link", post_link, "Make a new link"),
)


def _form(path: str, handler: Page, summary: str) -> Route:
    return Route(
        "POST",
        f"{_AT}/{path}",
        for_staff(handler),
        summary,
        access="session",
        media=_FORM,
        answers={303: None},
    )


def _back(path: str) -> Route:
    return Route(
        "GET",
        f"{_AT}/{path}",
        for_staff(get_parcel_again),
        "Back to the parcel",
        access="session",
        answers={303: None},
    )


ACTIONS: Final = (
    *(_form(*each) for each in _ACTIONS),
    _back("{form}"),
    _back("compensations/{tier}/{form}"),
    _back("events/{key}/{form}"),
)
