"""Who wants to hear less says so here: by the link of a mail, by one click, or from the page."""

import re
from urllib.parse import parse_qs, quote

from aiohttp import web

from schemas.notice import Channel
from tracking.choices import Choice, choose, standing
from tracking.store.links import LinkTarget
from tracking.store.merchants import Merchants
from tracking.store.suppressions import Suppressions
from tracking.suppression import StopLink, address_hashes, read_stop_token, stop_token
from tracking.web.bodies import read_body
from tracking.web.choices_page import WayCard, render_choices
from tracking.web.deps import DEPS, Deps
from tracking.web.link import follow_link, miss, page_path
from tracking.web.parcel import recipient_of
from tracking.web.problem import HttpProblem
from tracking.web.routing import Route
from tracking.web.shopper import LANGUAGE, for_people, language_of, page_answer
from tracking.words.language import SUPPORTED

_MAX_FORM = 4096  # bytes
_ONE_CLICK = re.compile(rb'List-Unsubscribe(?:=|"\r?\n\r?\n)One-Click')


@for_people
async def get_stop(request: web.Request) -> web.Response:
    """Looking changes nothing: mail programs open links before people do."""
    link = _followed(request)
    return await _shown(request, link, saved="saved" in request.query)


@for_people
async def post_stop(request: web.Request) -> web.Response:
    """A button of the page, or a mail program's one click (RFC 8058), which is answered shortly."""
    link, deps = _followed(request), request.app[DEPS]
    body = await read_body(request, _MAX_FORM)
    is_click = _ONE_CLICK.search(body) is not None
    choice = Choice.NOTHING if is_click else _choice(body)
    await choose(Suppressions(deps.pool), link, choice, deps.now())
    if is_click:
        return web.Response(text="unsubscribed\n")
    wish = request.query.get("lang")
    language = f"&lang={wish}" if wish in SUPPORTED else ""
    return web.Response(status=303, headers={"Location": f"{_stop_path(request)}?saved{language}"})


@for_people
async def get_messages(request: web.Request) -> web.Response:
    """The recipient's ways, from the parcel's page. It names no number and no address."""
    target, deps = await follow_link(request), request.app[DEPS]
    links = _links_of(deps, target)
    found = await standing(Suppressions(deps.pool), links)
    cards = [
        WayCard(link.channel, now, f"/stop/{stop_token(deps.sealer, link)}")
        for link, now in zip(links, found, strict=True)
    ]
    path = page_path(request)
    language = language_of(request, target.language or target.merchant_language)
    page = render_choices(cards, target.merchant_name, language, path=f"{path}/messages", back=path)
    return page_answer(request, page)


def _followed(request: web.Request) -> StopLink:
    token = request.match_info["token"]
    link = read_stop_token(request.app[DEPS].sealer, token) if len(token) < 100 else None
    if link is None:
        raise miss(request)
    return link


def _choice(body: bytes) -> Choice:
    try:
        return Choice(parse_qs(body.decode(), max_num_fields=8).get("choice", [""])[0])
    except ValueError:
        raise HttpProblem(400, "Nothing was chosen") from None


async def _shown(request: web.Request, link: StopLink, *, saved: bool) -> web.Response:
    deps, path = request.app[DEPS], _stop_path(request)
    (now,) = await standing(Suppressions(deps.pool), [link])
    shop = await Merchants(deps.pool).shop(link.merchant_id)
    name = (shop.settings.brand.name or shop.name) if shop else None
    language = language_of(request, shop.settings.language if shop else None)
    page = render_choices(
        [WayCard(link.channel, now, path)], name, language, path=path, saved=saved
    )
    return page_answer(request, page)


def _stop_path(request: web.Request) -> str:
    return f"/stop/{quote(request.match_info['token'], safe='')}"


def _links_of(deps: Deps, target: LinkTarget) -> list[StopLink]:
    person = recipient_of(deps, target)
    if person is None or target.merchant_id is None:
        return []
    ways = {Channel.SMS: person.phone, Channel.EMAIL: person.email}
    return [
        StopLink(target.merchant_id, channel, address_hashes(deps.sealer, channel, to)[0])
        for channel, to in ways.items()
        if to
    ]


_PAGE = "text/html"
_FAULTS: dict[int, str | None] = dict.fromkeys((404, 429, 503), _PAGE)

CHOICE_ROUTES = (
    Route(
        "GET",
        "/t/{token}/messages",
        get_messages,
        "What the recipient hears by which way",
        access="link",
        parameters=(LANGUAGE,),
        answers={200: _PAGE, **_FAULTS},
    ),
    Route(
        "GET",
        "/stop/{token}",
        get_stop,
        "What somebody hears from a shop by one way",
        access="link",
        parameters=(LANGUAGE,),
        answers={200: _PAGE, **_FAULTS},
    ),
    Route(
        "POST",
        "/stop/{token}",
        post_stop,
        "Hear everything, less or nothing; one click in a mail program means nothing",
        access="link",
        parameters=(LANGUAGE,),
        media=("application/x-www-form-urlencoded", "multipart/form-data"),
        answers={200: "text/plain", 303: None} | dict.fromkeys((400, 413, 415), _PAGE) | _FAULTS,
    ),
)
