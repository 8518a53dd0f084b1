"""A person's data, for admins: what is kept, handed over as a file, and taken out.

Who is meant is said by the parcel and a word ("recipient_phone"), so that no address names anybody.
It is always the parcels of one shop: the shop of this parcel answers for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from aiohttp import web

from schemas.contact import Person
from schemas.staff import Action, StaffRole
from tracking.contact import Contact, open_contact
from tracking.correct import contact_sign
from tracking.person.erase import NobodyFound, Plan, erase, plan
from tracking.person.export import export
from tracking.person.who import (
    TooManyParcels,
    is_whole,
    names_among,
    people_of,
    whom_of,
    whom_of_parcel,
)
from tracking.sealing import SealBroken
from tracking.search.asked import bare_number
from tracking.search.terms import Kind
from tracking.store.erasures import Whom, finish_erasure
from tracking.store.pool import connection
from tracking.store.registrations import Registrations
from tracking.store.shipments import ShipmentRow, Shipments
from tracking.web.console.doing import GONE, asked_for, noted, noting
from tracking.web.console.errors import FOR_ADMINS, TOO_MANY, for_people
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import HOME, SESSION, for_staff, parcel_of, to
from tracking.web.console.life import may_see
from tracking.web.deps import DEPS
from tracking.web.merchant import asked_id
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Route
from tracking.web.wording import status_word
from tracking.words.catalog import N_, Words, words_of

_PARCEL: Final = "parcel"
_OF: Final[Mapping[str, str]] = {
    "recipient_phone": N_("The recipient, by phone"),
    "recipient_email": N_("The recipient, by e-mail"),
    "buyer_phone": N_("The buyer, by phone"),
    "buyer_email": N_("The buyer, by e-mail"),
    _PARCEL: N_("This parcel alone, with everybody it concerns"),
}
_ROWS: Final[Mapping[str, str]] = {
    "contacts": N_("names, phones and addresses"),
    "scans": N_("events of carriers"),
    "raw_payloads": N_("messages of carriers, as received"),
    "notices": N_("messages to shoppers"),
    "links": N_("links"),
    "browsers": N_("browsers that are told"),
    "search_index": N_("entries of the search"),
    "staff_notes": N_("notes of colleagues"),
    "case_words": N_("messages of conversations"),
    "survey_words": N_("words of surveys"),
    "audit_words": N_("words typed by staff"),
    "bonus_codes": N_("bonus codes"),
    "inbox_messages": N_("messages in the demo's inbox"),
    "payments": N_("reasons given with payments"),
    "quarantine": N_("messages in quarantine"),
    "parked_messages": N_("parked messages"),
    "kept_answers": N_("answers kept for shops"),
}
_NOT_TYPED: Final = N_("Type the number of this parcel to erase.")
_UNDER_WAY: Final = N_("Some parcels are under way: say that they may be erased all the same.")
_PAYS: Final = N_("A bonus code still pays: say that it may be erased all the same.")


class _Asked(NamedTuple):
    """`choices`: words for who may be meant here; `of`: the one that is. `seen`: the sign of whom
    the parcel concerns, by which a form knows that it means the same people still.
    """

    row: ShipmentRow
    choices: Sequence[str]
    of: str
    whom: Whom
    seen: str


@for_people
async def get_person(request: web.Request) -> web.StreamResponse:
    asked = await _asked(request, asked_id(request), request.query.get("of", ""))
    await noted(request, Action.PERSON_LOOKED_UP, asked.row.shipment_id, of=asked.of)
    return await _show(request, asked)


@for_people
async def get_person_again(request: web.Request) -> web.StreamResponse:
    """Where a browser lands that loads the answer to a form again, or asks for it in Latvian."""
    return to(f"{parcel_of(asked_id(request))}/person?{request.query_string}".rstrip("?"))


@for_people
async def post_export(request: web.Request) -> web.StreamResponse:
    """A file that the browser keeps."""
    shipment_id, form = await asked_for(request)
    asked, deps = await _asked(request, shipment_id, form.get("of", "")), request.app[DEPS]
    if _is_another(form, asked):
        return await _show(request, asked, 409, wrong=GONE)
    planned = await _plan(request, asked)
    await noted(request, Action.PERSON_EXPORTED, shipment_id, of=asked.of)
    shares = planned.shares if planned else ()
    shops = request[SESSION].staff.shops
    pieces = export(deps.pool, deps.sealer, shares, deps.now(), shops=shops)
    return web.Response(
        text="".join([each async for each in pieces]),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="person-{shipment_id}.json"'},
    )


@for_people
async def post_erase(request: web.Request) -> web.StreamResponse:
    shipment_id, form = await asked_for(request)
    asked, deps = await _asked(request, shipment_id, form.get("of", "")), request.app[DEPS]
    if _is_another(form, asked):
        return await _show(request, asked, 409, wrong=GONE)
    planned = await _plan(request, asked)
    if planned is None:
        return await _show(request, asked)
    if wrong := _wrong(form, asked, planned):
        return await _show(request, asked, 422, wrong=wrong, typed=form.get("typed", ""))
    staff, now = request[SESSION].staff, deps.now()
    note = noting(request, Action.PERSON_ERASED, shipment_id)
    done = await erase(deps.pool, deps.sealer, planned, by=staff.email, now=now, noting=note)
    async with connection(deps.pool) as conn:
        await finish_erasure(conn, done.erasure_id, now, None)
    return await _show(request, asked, done=done.rows, receipt=done.erasure_id)


def _is_another(form: Mapping[str, str], asked: _Asked) -> bool:
    """Somebody else is meant by now, or nobody was chosen."""
    return form.get("seen") != asked.seen or form.get("of") != asked.of


def _wrong(form: Mapping[str, str], asked: _Asked, planned: Plan) -> str | None:
    typed = bare_number(form.get("typed", "").strip()).upper()
    if typed != bare_number(asked.row.tracking_number):
        return _NOT_TYPED
    if planned.under_way and not form.get("under_way"):
        return _UNDER_WAY
    return _PAYS if planned.bonuses and not form.get("bonus") else None


async def _asked(request: web.Request, shipment_id: UUID, of: str) -> _Asked:
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
    chosen = of if of in {*by, _PARCEL} else next(iter(by), _PARCEL)
    shop = registration.merchant_id if registration else None
    whom = whom_of_parcel(deps.sealer, shipment_id, shop=shop)
    if chosen in by:
        kind, text, person = by[chosen]
        whom = whom_of(deps.sealer, kind, text, name=person.name, shop=shop)
    return _Asked(row, [*by, _PARCEL], chosen, whom, contact_sign(deps.sealer, contact))


def _choices(contact: Contact) -> Iterator[tuple[str, tuple[Kind, str, Person]]]:
    for role, person in people_of(contact):
        if person.phone:
            yield f"{role}_phone", (Kind.PHONE, person.phone, person)
        if person.email:
            yield f"{role}_email", (Kind.EMAIL, person.email, person)


async def _plan(request: web.Request, asked: _Asked) -> Plan | None:
    """None where nothing is kept of them any more."""
    deps = request.app[DEPS]
    only = [asked.row.shipment_id] if asked.of == _PARCEL else None
    try:
        return await plan(deps.pool, deps.sealer, asked.whom, only=only, now=deps.now())
    except NobodyFound:
        return None
    except TooManyParcels:
        raise HttpProblem(409, TOO_MANY) from None


async def _show(
    request: web.Request,
    asked: _Asked,
    status: int = 200,
    *,
    wrong: str | None = None,
    typed: str = "",
    done: Mapping[str, int] | None = None,
    receipt: UUID | None = None,
) -> web.Response:
    words = words_for(request)
    planned = None if done is not None else await _plan(request, asked)
    return page(
        request,
        "person",
        status,
        here=parcel_of(asked.row.shipment_id),
        is_of_shop=asked.whom.merchant_id is not None,
        number=asked.row.tracking_number,
        of=asked.of,
        seen=asked.seen,
        choices=[(choice, words.gettext(_OF[choice])) for choice in asked.choices],
        plan=planned,
        names=names_among(planned.shares) if planned else [],
        parcels=_parcels(planned, words) if planned else [],
        rows=_rows(planned.rows if planned else {}, words),
        done=_rows(done, words) if done is not None else None,
        receipt=receipt,
        wrong=words.gettext(wrong) if wrong else None,
        typed=typed,
    )


def _parcels(planned: Plan, words: Words) -> list[dict[str, Any]]:
    shopper = words_of(words.language)
    return [
        {
            "path": parcel_of(share.parcel.shipment_id),
            "number": share.parcel.tracking_number,
            "status": status_word(shopper, share.parcel.status, None),
            "is_under_way": share in planned.under_way,
            "has_bonus": share in planned.bonuses,
            "is_part": not is_whole(share),
        }
        for share in planned.shares
    ]


def _rows(rows: Mapping[str, int], words: Words) -> list[tuple[str, int]]:
    return [(words.gettext(_ROWS[kind]), rows[kind]) for kind in _ROWS if rows.get(kind)]


_AT: Final = f"{HOME}/parcels/{{shipment_id}}/person"
_FORM: Final = ("application/x-www-form-urlencoded",)
PERSON_PAGES: Final = (
    Route(
        "GET",
        _AT,
        for_staff(get_person),
        "What is kept of a person",
        access="session",
        answers={200: "text/html"},
    ),
    Route(
        "POST",
        f"{_AT}/export",
        for_staff(post_export),
        "Everything that is kept of a person, as a file",
        access="session",
        media=_FORM,
        answers={200: "application/json"},
    ),
    Route(
        "POST",
        f"{_AT}/erase",
        for_staff(post_erase),
        "Take a person out of everything that is kept",
        access="session",
        media=_FORM,
        answers={200: "text/html"},
    ),
    Route(
        "GET",
        f"{_AT}/{{form}}",
        for_staff(get_person_again),
        "Back to what is kept of a person",
        access="session",
        answers={303: None},
    ),
)
