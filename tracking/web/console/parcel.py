"""The parcel page of the console: what it is, what to do next, and its whole life."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from aiohttp import web
from markupsafe import Markup

from schemas.contact import Recipient
from schemas.staff import StaffRole
from tracking.by_hand import TELLABLE, Told
from tracking.correct import contact_sign
from tracking.decisions import approvable
from tracking.staff.audit import note_seen
from tracking.store.registrations import Registrations
from tracking.store.staff import StaffStore
from tracking.web.console.conversation import CaseForm, call_form, cards, chosen, read_talk
from tracking.web.console.errors import for_people
from tracking.web.console.frame import language_of, page, words_for
from tracking.web.console.grants import grantable
from tracking.web.console.guard import HOME, SESSION, for_staff
from tracking.web.console.life import Life, may_see, read_life
from tracking.web.console.parcel_words import shown
from tracking.web.console.tell import sayings
from tracking.web.deps import DEPS
from tracking.web.merchant import asked_id
from tracking.web.problem import not_found
from tracking.web.routing import Route
from tracking.web.stream import stream_of
from tracking.web.wording import WENT_WRONG, event
from tracking.words.catalog import Words, words_of
from tracking.words.dates import Calendar

_NOTHING_TOLD: Final = {"event": "", "at": "", "why": ""}
_SIGN: Final = re.compile(r"[0-9a-f]{32}")
_LIFE: Final = 300.0  # seconds of a stream: who is shut out sees no news beyond that
DECIDERS: Final = frozenset({StaffRole.LEAD, StaffRole.ADMIN})


@for_people
async def get_parcel(request: web.Request) -> web.StreamResponse:
    return await show_parcel(request)


async def get_stream(request: web.Request) -> web.StreamResponse:
    """Says when there is news of it, or beside it."""
    shipment_id, staff = asked_id(request), request[SESSION].staff
    registration = await Registrations(request.app[DEPS].pool).registration(shipment_id)
    if not may_see(staff, registration):
        raise not_found()
    told = request.query.get("beside", "")
    beside, who = told if _SIGN.fullmatch(told) else "", f"staff {staff.staff_id}"
    return await stream_of(request, shipment_id, _LIFE, who=who, beside=beside)


async def show_parcel(
    request: web.Request,
    status: int = 200,
    *,
    wrong: str | None = None,
    link: str | None = None,
    typed: Mapping[str, str | None] | None = None,
    text: str = "",
    case: CaseForm | None = None,
    granting: Mapping[str, str] | None = None,
    telling: Mapping[str, str] | None = None,
) -> web.Response:
    """`wrong`: why what was just asked was not done; what was typed stands
    in `typed`, `text`, `granting` and `telling`.

    `case`: the same of an answer to a case.

    `link`: a new one, shown this once.
    """
    deps, staff, shipment_id = request.app[DEPS], request[SESSION].staff, asked_id(request)
    life = await read_life(deps, staff, shipment_id)
    if life is None:
        raise not_found()
    now = deps.now()
    await note_seen(StaffStore(deps.pool), staff, shipment_id, now)
    words, shopper = words_for(request), words_of(language_of(request))
    calendar = Calendar(shopper, life.view.zone, now)
    talk, form = await read_talk(deps, life, staff), case or chosen(request)
    decides = staff.role in DECIDERS
    may_approve = await approvable(deps.pool, shipment_id, staff.role) if decides else ()
    return page(
        request,
        "parcel",
        status,
        wrong=words.gettext(wrong) if wrong else None,
        link=link,
        text=text,
        note_id=uuid4(),
        typed=typed or _recipient(life),
        is_open=typed is not None,
        done="done" in request.query,
        may_decide=decides,
        cases=cards(life, talk, form, staff, words, calendar),
        call=call_form(talk, form, words, shopper),
        **await _grant_form(request, life, granting, words),
        sayings=await sayings(request, shipment_id, shopper),
        is_admin=staff.role is StaffRole.ADMIN,
        seen=contact_sign(deps.sealer, life.contact),
        **_event_form(telling, shopper, now),
        **shown(life, words, shopper, calendar, may_approve),
    )


async def _grant_form(
    request: web.Request, life: Life, typed: Mapping[str, str] | None, words: Words
) -> dict[str, Any]:
    key = life.row.shipment_id
    return {
        "grant": await grantable(request, key, words) if life.registration else None,
        "granting": typed or {"amount": "", "why": ""},
        "is_granting": typed is not None,
    }


def _event_form(typed: Mapping[str, str] | None, shopper: Words, now: datetime) -> dict[str, Any]:
    """As it was typed; its id makes it one event, however often it is posted."""
    told = {**_NOTHING_TOLD, **(typed or {})}
    return {
        "telling": told,
        "is_telling": typed is not None,
        "tellable": [(name, _label(each, shopper)) for name, each in TELLABLE.items()],
        "form_id": told.get("id") or uuid4(),
        "loaded": told.get("loaded") or now.isoformat(),
    }


def _label(told: Told, shopper: Words) -> Markup:
    if told.reason is not None:
        return shopper.gettext(WENT_WRONG[told.reason])
    return event(shopper, told.status, told.handover)


def _recipient(life: Life) -> Mapping[str, str | None]:
    return (life.contact.recipient or Recipient()).model_dump()


PARCEL_PAGES: Final = (
    Route(
        "GET",
        f"{HOME}/parcels/{{shipment_id}}",
        for_staff(get_parcel),
        "A parcel's whole life",
        access="session",
        answers={200: "text/html"},
    ),
    Route(
        "GET",
        f"{HOME}/parcels/{{shipment_id}}/stream",
        for_staff(get_stream),
        "News of a parcel",
        access="session",
        answers={200: "text/event-stream"},
        timed=False,
    ),
)
