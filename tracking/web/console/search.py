"""The first page: one box, and what it found."""

from typing import Any, Final

from aiohttp import web

from schemas.contact import Buyer, Recipient
from schemas.search import Match
from schemas.staff import Action
from tracking.carriers import CARRIERS
from tracking.carriers.klat import HOME_ZONE
from tracking.search.find import Found, Hit, search
from tracking.staff.audit import note
from tracking.store.staff import StaffStore
from tracking.web.console.errors import for_people
from tracking.web.console.frame import language_of, page, words_for
from tracking.web.console.guard import (
    HOME,
    NEXT,
    PARCEL,
    SESSION,
    for_staff,
    parcel_of,
    read_form,
    to,
)
from tracking.web.deps import DEPS
from tracking.web.mood import MOOD, Mood
from tracking.web.routing import Route
from tracking.web.security import cookie_name, is_https
from tracking.web.wording import status_word
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar

_BY: Final = {
    Match.LINK: N_("link"),
    Match.TRACKING_NUMBER: N_("parcel number"),
    Match.ORDER: N_("order"),
    Match.PHONE: N_("phone"),
    Match.EMAIL: N_("e-mail"),
    Match.NAME: N_("name"),
    Match.SIMILAR_NAME: N_("similar name"),
    Match.POSTCODE: N_("postcode"),
    Match.PLACE: N_("place"),
}


@for_people
async def get_home(request: web.Request) -> web.StreamResponse:
    """The box; or the parcel to which somebody was on the way before they had to log in."""
    name = cookie_name(request.app, NEXT)
    wanted = request.cookies.get(name, "")
    if PARCEL.fullmatch(wanted):
        response = to(parcel_of(wanted))
        response.del_cookie(name, path=HOME, secure=is_https(request.app), httponly=True)
        return response
    return page(request, "search", q="", found=None, wrong=None)


@for_people
async def post_search(request: web.Request) -> web.StreamResponse:
    """What was typed stands in no address: it is somebody's phone or name."""
    form, deps = await read_form(request), request.app[DEPS]
    typed, staff = form.get("q", ""), request[SESSION].staff
    try:
        found = await search(deps.pool, deps.sealer, typed, shops=staff.shops)
    except ValueError:
        wrong = words_for(request).gettext(N_("Type between 2 and 100 characters."))
        return page(request, "search", 422, q=typed[:100], found=None, wrong=wrong)
    await note(
        StaffStore(deps.pool),
        deps.sealer,
        staff,
        Action.SEARCHED,
        deps.now(),
        q=typed,
        found=[str(hit.parcel.shipment_id) for hit in found.hits],
    )
    return page(request, "search", q=typed, found=_shown(request, found), wrong=None)


def _shown(request: web.Request, found: Found) -> dict[str, Any]:
    language = language_of(request)
    words, console = words_of(language), words_for(request)
    calendar = Calendar(words, HOME_ZONE, request.app[DEPS].now())
    return {
        "hits": [_hit(hit, words, console, calendar) for hit in found.hits],
        "more": found.more,
    }


def _hit(hit: Hit, words: Words, console: Words, calendar: Calendar) -> dict[str, Any]:
    parcel, person = hit.parcel, hit.person
    carrier = CARRIERS.get(parcel.carrier)
    return {
        "path": parcel_of(parcel.shipment_id),
        "number": parcel.tracking_number,
        "carrier": carrier.name if carrier else parcel.carrier.title(),
        "status": status_word(words, parcel.status, None),
        "mood": MOOD.get(parcel.status, Mood.CALM),
        "order": parcel.order_ref,
        "merchant": parcel.merchant_name,
        "name": person.name if person else None,
        "postcode": person.postcode if isinstance(person, Recipient) else None,
        "changed": calendar.on(parcel.changed_at),
        "is_buyer": isinstance(person, Buyer),
        "is_similar": hit.by[0] is Match.SIMILAR_NAME,
        "by": [console.gettext(_BY[each]) for each in hit.by],
    }


@for_people
async def get_search(request: web.Request) -> web.StreamResponse:
    """Where a browser lands that loads an answer again: what was typed is not asked for twice."""
    return to(f"{HOME}?{request.query_string}".rstrip("?"))


SEARCH_PAGES: Final = (
    Route(
        "GET",
        f"{HOME}/search",
        for_staff(get_search),
        "Back to the search box",
        access="session",
        answers={303: None},
    ),
    Route(
        "GET",
        HOME,
        for_staff(get_home),
        "The search box of support",
        access="session",
        answers={200: "text/html"},
    ),
    Route(
        "POST",
        f"{HOME}/search",
        for_staff(post_search),
        "Parcels that fit what was typed",
        access="session",
        media=("application/x-www-form-urlencoded",),
        answers={200: "text/html"},
    ),
)
