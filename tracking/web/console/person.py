"""A person's data, for admins: what is kept, handed over as a file, and taken out.

Who is meant is said by the parcel and a word ("recipient_phone"), so that no address names anybody.
It is always the parcels of one shop: the shop of this parcel answers for them.
"""

import time
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from schemas.staff import Action
from tracking.person.erase import Plan, erase
from tracking.person.export import export
from tracking.search.asked import bare_number
from tracking.store.erasures import finish_erasure
from tracking.store.pool import connection
from tracking.web.console.doing import GONE, asked_for, noted, noting
from tracking.web.console.download import send_file
from tracking.web.console.errors import TOO_LONG_A_FILE, for_people
from tracking.web.console.guard import HOME, SESSION, for_staff, parcel_of, to
from tracking.web.console.person_asked import asked_of, is_another, plan_of
from tracking.web.console.person_page import (
    MOST_IN_A_FILE,
    show_erased,
    show_person,
    show_unfinished,
)
from tracking.web.deps import DEPS
from tracking.web.merchant import asked_id
from tracking.web.problem import HttpProblem
from tracking.web.routing import Route
from tracking.words.catalog import N_

_NOT_TYPED: Final = N_("Type the number of this parcel to erase.")
_UNDER_WAY: Final = N_("Some parcels are under way: say that they may be erased all the same.")
_PAYS: Final = N_("A bonus code still pays: say that it may be erased all the same.")
_CUT_OFF: Final = N_(
    "This is not available right now, or took too long. Try again in a minute: what was begun goes"
    " on where it was."
)
FILE_LIMIT: Final = 300.0  # seconds, for who has a slow line
ERASE_LIMIT: Final = 60.0  # seconds
WORK: Final = 40.0
"""Seconds for erasing: what is left then is one click more."""


@for_people
async def get_person(request: web.Request) -> web.StreamResponse:
    asked = await asked_of(request, asked_id(request), request.query.get("of", ""))
    await noted(request, Action.PERSON_LOOKED_UP, asked.row.shipment_id, of=asked.of)
    return await show_person(request, asked)


@for_people
async def get_person_again(request: web.Request) -> web.StreamResponse:
    """Where a browser lands that loads the answer to a form again, or asks for it in Latvian."""
    return to(f"{parcel_of(asked_id(request))}/person?{request.query_string}".rstrip("?"))


async def post_export(request: web.Request) -> web.StreamResponse:
    """A file that the browser keeps."""
    shipment_id, form = await asked_for(request)
    asked, deps = await asked_of(request, shipment_id, form.get("of", "")), request.app[DEPS]
    if is_another(form, asked):
        return await show_person(request, asked, 409, wrong=GONE)
    planned = await plan_of(request, asked)
    shares = planned.shares if planned else ()
    if len(shares) > MOST_IN_A_FILE:
        raise HttpProblem(409, TOO_LONG_A_FILE)
    await noted(request, Action.PERSON_EXPORTED, shipment_id, of=asked.of)
    shops = request[SESSION].staff.shops
    pieces = export(deps.pool, deps.sealer, shares, deps.now(), shops=shops)
    return await send_file(request, f"person-{shipment_id}.json", pieces)


async def post_erase(request: web.Request) -> web.StreamResponse:
    """For as long as a page may take; then it is said that it goes on."""
    ends = time.monotonic() + WORK
    shipment_id, form = await asked_for(request)
    asked, deps = await asked_of(request, shipment_id, form.get("of", "")), request.app[DEPS]
    if is_another(form, asked):
        return await show_person(request, asked, 409, wrong=GONE)
    planned = await plan_of(request, asked)
    if planned is None:
        return await show_person(request, asked)
    if wrong := _wrong(form, asked.row.tracking_number, planned):
        return await show_person(request, asked, 422, wrong=wrong, typed=form.get("typed", ""))
    done = await erase(
        deps.pool,
        deps.sealer,
        planned,
        by=request[SESSION].staff.email,
        now=deps.now(),
        noting=noting(request, Action.PERSON_ERASED, shipment_id),
        last=shipment_id,
        is_time=lambda: time.monotonic() < ends,
    )
    if not done.is_all:
        return show_unfinished(request, asked, done.rows, form)
    async with connection(deps.pool) as conn:
        await finish_erasure(conn, done.erasure_id, deps.now(), None)
    return show_erased(request, asked, done.rows, done.erasure_id)


def _wrong(form: Mapping[str, str], number: str, planned: Plan) -> str | None:
    if bare_number(form.get("typed", "").strip()).upper() != bare_number(number):
        return _NOT_TYPED
    if planned.under_way and not form.get("under_way"):
        return _UNDER_WAY
    return _PAYS if planned.bonuses and not form.get("bonus") else None


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
        for_people(for_staff(post_export), FILE_LIMIT),
        "Everything that is kept of a person, as a file",
        access="session",
        media=_FORM,
        answers={200: "application/json"},
        timed=False,
    ),
    Route(
        "POST",
        f"{_AT}/erase",
        for_people(for_staff(post_erase), ERASE_LIMIT, _CUT_OFF),
        "Take a person out of everything that is kept",
        access="session",
        media=_FORM,
        answers={200: "text/html"},
        timed=False,
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
