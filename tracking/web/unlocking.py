"""The form of the second factor: on the parcel's page, and on the one below it where one asks."""

from dataclasses import replace
from urllib.parse import parse_qs

from aiohttp import web

from schemas.contact import normal_postcode
from tracking.store.links import Links, LinkTarget, Tries
from tracking.web.ask import show_help_page
from tracking.web.ask_page import Typed
from tracking.web.bodies import read_body
from tracking.web.deps import DEPS
from tracking.web.limits import client_address
from tracking.web.link import follow_link
from tracking.web.parcel import accepted_answers, parcel_view
from tracking.web.problem import HttpProblem
from tracking.web.routing import Route
from tracking.web.shopper import LANGUAGE, for_people, show_parcel_page, to_the_page
from tracking.web.unlock import TRIES, grant, is_from_elsewhere, is_right
from tracking.web.view import ParcelView, UnlockState

_MAX_FORM = 4096  # bytes
_BELOW = "/help"


@for_people
async def get_unlock(request: web.Request) -> web.Response:
    """Where a browser lands that loads the answer to a form again."""
    return to_the_page(request)


@for_people
async def post_unlock(request: web.Request) -> web.Response:
    """One answer to the question: right, the page opens; wrong, it says so; too many, it waits.

    All of that on the page on which it was asked.
    """
    if is_from_elsewhere(request):
        raise HttpProblem(403, "This form was sent by another site")
    answer, below = await _answer(request)
    target = await follow_link(request)
    deps = request.app[DEPS]
    accepted = accepted_answers(deps, target)
    if not accepted or not answer:
        return to_the_page(request, below)
    if not request.app[TRIES].take(client_address(request)):
        raise HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})
    links, now = Links(deps.pool), deps.now()
    tries = await links.claim_try(target.shipment_id, now=now)
    if tries is None or not is_right(answer, accepted):
        return await _refused(request, target, tries, below)
    await links.forget_tries(target.shipment_id)
    response = to_the_page(request, below)
    grant(response, request, deps.sealer, target.shipment_id, now)
    return response


async def _answer(request: web.Request) -> tuple[str, str]:
    """What was answered, and on which page below the parcel's that was asked."""
    body = await read_body(request, _MAX_FORM)
    try:
        fields = parse_qs(body.decode(), max_num_fields=8)
    except ValueError:
        raise HttpProblem(400, "The form could not be read") from None
    below = _BELOW if fields.get("to") == ["help"] else ""
    return normal_postcode(fields.get("answer", [""])[0][:40]), below


async def _refused(
    request: web.Request, target: LinkTarget, tries: Tries | None, below: str
) -> web.Response:
    view, status = await parcel_view(request, target), 422
    if tries is None:
        status = 429
    elif tries.paused_until is not None:
        view = replace(view, unlock=UnlockState.PAUSED, paused_until=tries.paused_until)
    else:
        view = replace(view, unlock=UnlockState.WRONG, tries_left=tries.left)
    return await _shown(request, target, view, status, below)


async def _shown(
    request: web.Request, target: LinkTarget, view: ParcelView, status: int, below: str
) -> web.Response:
    if below == _BELOW:
        return await show_help_page(request, target, Typed(), status, view=view)
    return await show_parcel_page(request, target, view, status=status)


_PAGE = "text/html"

UNLOCK_ROUTES = (
    Route(
        "GET",
        "/t/{token}/unlock",
        get_unlock,
        "Back to the tracking page",
        access="link",
        answers={303: None},
    ),
    Route(
        "POST",
        "/t/{token}/unlock",
        post_unlock,
        "Answer the second factor: postcode or last four digits of the phone",
        access="link",
        parameters=(LANGUAGE,),
        media=("application/x-www-form-urlencoded",),
        answers={303: None} | dict.fromkeys((400, 403, 404, 408, 413, 415, 422, 429, 503), _PAGE),
    ),
)
