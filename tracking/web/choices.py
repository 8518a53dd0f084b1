"""Who wants to hear less says so here: by the link of a mail, by one click, or from the page."""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, quote
from uuid import UUID

import structlog
from aiohttp import web

from schemas.contact import Person
from schemas.notice import Channel
from schemas.suppression import SuppressionReason
from tracking.choices import (
    BY_LINK_OF_NOTICE,
    BY_LINK_OF_SHOP,
    BY_STOP_LINK,
    Choice,
    ShopWay,
    choose,
    wishes,
)
from tracking.errors import KlatError
from tracking.store.links import LinkTarget
from tracking.store.merchants import Merchants, Shop
from tracking.store.notices import Notices
from tracking.store.suppressions import EVERYBODY, Suppressions
from tracking.suppression import StopLink, address_hashes, link_proofs, read_stop_token
from tracking.web.bodies import read_body
from tracking.web.choices_page import WayCard, render_choices
from tracking.web.deps import DEPS
from tracking.web.limits import Buckets, client_address
from tracking.web.link import follow_link, miss, page_path
from tracking.web.parcel import contact_of
from tracking.web.problem import HttpProblem
from tracking.web.routing import Route
from tracking.web.shopper import LANGUAGE, for_people, language_of, page_answer
from tracking.web.unlock import is_from_elsewhere
from tracking.words.language import SUPPORTED

_MAX_FORM = 4096  # bytes
_LATELY = timedelta(days=60)
_PARCELS = 100
log = structlog.get_logger()
_ONE_CLICK = re.compile(rb'List-Unsubscribe(?:=|"\r?\n\r?\n)One-Click')
CHANGES = web.AppKey("changes", Buckets)
_Fields = Mapping[str, Sequence[str]]


def changes() -> Buckets:
    """Choices that an address may make. Many people's one clicks come from few mail providers."""
    return Buckets(burst=100, per_second=1)


class _Way(NamedTuple):
    """A way, and what the visitor's link takes back of what stands against it."""

    way: ShopWay
    takes_back: frozenset[SuppressionReason]


@for_people
async def get_stop(request: web.Request) -> web.Response:
    """Looking changes nothing: mail programs open links before people do."""
    return await _stop_page(request, _followed(request))


@for_people
async def post_stop(request: web.Request) -> web.Response:
    """A button of the page, or a mail program's one click (RFC 8058), which is answered shortly."""
    link = _followed(request)
    body = await read_body(request, _MAX_FORM)
    is_click = _ONE_CLICK.search(body) is not None
    choice = Choice.NOTHING if is_click else _choice(_fields(body))
    _take(request)
    taken = await _chosen(request, _way_of(link), choice)
    if taken:
        await look_again(request, await mailed(request, link.merchant_id, link.address_hash))
    if is_click:
        return web.Response(text="unsubscribed\n")
    return _saved(request, _stop_path(request)) if taken else await _stop_page(request, link, 403)


@for_people
async def get_messages(request: web.Request) -> web.Response:
    """The recipient's ways, from the parcel's page. It names no number and no address."""
    return await _messages_page(request, await follow_link(request))


@for_people
async def post_messages(request: web.Request) -> web.Response:
    """Fewer messages; more only by a link that came by this way, which a shop has none of."""
    if is_from_elsewhere(request):
        raise HttpProblem(403, "This form was sent by another site")
    fields = _fields(await read_body(request, _MAX_FORM))
    choice, name = _choice(fields), fields.get("way", [""])[0]
    target = await follow_link(request)
    ways = {each.way.channel.value: each for each in _ways_of(request, target)}
    if name not in ways:
        raise HttpProblem(400, "No way of this parcel's recipient was chosen")
    _take(request)
    taken = await _chosen(request, ways[name], choice)
    if taken:
        await look_again(request, [target.shipment_id])
    path = f"{page_path(request)}/messages"
    return _saved(request, path) if taken else await _messages_page(request, target, 403)


def _followed(request: web.Request) -> StopLink:
    token = request.match_info["token"]
    link = read_stop_token(request.app[DEPS].sealer, token) if len(token) < 100 else None
    if link is None:
        raise miss(request)
    return link


def _fields(body: bytes) -> _Fields:
    try:
        return parse_qs(body.decode(), max_num_fields=8)
    except ValueError:
        raise HttpProblem(400, "The form could not be read") from None


def _choice(fields: _Fields) -> Choice:
    try:
        return Choice(fields.get("choice", [""])[0])
    except ValueError:
        raise HttpProblem(400, "Nothing was chosen") from None


def _take(request: web.Request) -> None:
    if not request.app[CHANGES].take(client_address(request)):
        raise HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})


async def _chosen(request: web.Request, of: _Way, choice: Choice) -> bool:
    deps = request.app[DEPS]
    return await choose(Suppressions(deps.pool), of.way, choice, of.takes_back, deps.now())


async def mailed(request: web.Request, merchant_id: UUID, address_hash: bytes) -> list[UUID]:
    """The parcels of this shop of which a mail went there lately."""
    deps = request.app[DEPS]
    since = deps.now() - _LATELY
    return await Notices(deps.pool).shipments_mailed(merchant_id, address_hash, since, _PARCELS)


async def look_again(request: web.Request, ids: Sequence[UUID]) -> None:
    """What waits goes by the new wish at once; without this it would at the next news."""
    deps = request.app[DEPS]
    if deps.redecide is None or not ids:
        return
    try:
        await deps.redecide(ids, "chosen", deps.now())
    except KlatError as error:
        log.warning("notices.not_decided", error=type(error).__name__)


def _saved(request: web.Request, path: str) -> web.Response:
    wish = request.query.get("lang")
    language = f"&lang={wish}" if wish in SUPPORTED else ""
    return web.Response(status=303, headers={"Location": f"{path}?saved{language}"})


async def _stop_page(request: web.Request, link: StopLink, status: int = 200) -> web.Response:
    deps, path = request.app[DEPS], _stop_path(request)
    shop = await Merchants(deps.pool).shop(link.merchant_id)
    name = (shop.settings.brand.name or shop.name) if shop else None
    language = language_of(request, shop.settings.language if shop else None)
    cards = await _cards(request, [_way_of(link)], path, shop)
    page = render_choices(cards, name, language, path=path, saved=_is_saved(request, status))
    return page_answer(request, page, status)


async def _messages_page(
    request: web.Request, target: LinkTarget, status: int = 200
) -> web.Response:
    back = page_path(request)
    path = f"{back}/messages"
    shop = await Merchants(request.app[DEPS].pool).shop(target.merchant_id or EVERYBODY)
    cards = await _cards(request, _ways_of(request, target), path, shop)
    page = render_choices(
        cards,
        target.merchant_name,
        language_of(request, target.language, target.merchant_language),
        path=path,
        saved=_is_saved(request, status),
        back=back,
    )
    return page_answer(request, page, status)


async def _cards(
    request: web.Request, of: Sequence[_Way], action: str, shop: Shop | None
) -> list[WayCard]:
    more = request.app[DEPS].says_more(shop.settings) if shop else frozenset(Channel)
    store = Suppressions(request.app[DEPS].pool)
    found = await wishes(store, [each.way for each in of], [each.takes_back for each in of])
    pairs = zip(of, found, strict=True)
    return [
        WayCard(each.way.channel, *wish, action, each.way.channel in more) for each, wish in pairs
    ]


def _is_saved(request: web.Request, status: int) -> bool:
    return status == 200 and "saved" in request.query


def _stop_path(request: web.Request) -> str:
    return f"/stop/{quote(request.match_info['token'], safe='')}"


def _way_of(link: StopLink) -> _Way:
    """It knows the address by the one hash that it holds, of the key of its day."""
    return _Way(ShopWay(link.merchant_id, link.channel, [link.address_hash]), BY_STOP_LINK)


def _ways_of(request: web.Request, target: LinkTarget) -> list[_Way]:
    deps = request.app[DEPS]
    person = _visitor(request, target)
    if person is None or target.merchant_id is None:
        return []
    return [
        _Way(
            ShopWay(target.merchant_id, channel, address_hashes(deps.sealer, channel, to)),
            BY_LINK_OF_NOTICE if _came_by(request, target, channel, to) else BY_LINK_OF_SHOP,
        )
        for channel, to in _addresses(person)
    ]


def _visitor(request: web.Request, target: LinkTarget) -> Person | None:
    """The recipient, but for who has the link from a message to the buyer."""
    contact = contact_of(request.app[DEPS], target)
    if contact is None:
        return None
    has_it = contact.buyer and any(
        _came_by(request, target, channel, to)
        for channel, to in _addresses(contact.buyer)
        if (channel, to) not in _addresses(contact.recipient)
    )
    return contact.buyer if has_it else contact.recipient


def _addresses(person: Person | None) -> list[tuple[Channel, str]]:
    ways = {Channel.SMS: person.phone, Channel.EMAIL: person.email} if person else {}
    return [(channel, to) for channel, to in ways.items() if to]


def _came_by(request: web.Request, target: LinkTarget, channel: Channel, to: str) -> bool:
    """Whether a message by this way brought the link to this very address.

    It may have gone to the buyer, or to a recipient whom the shop has replaced since.
    """
    sealer, token = request.app[DEPS].sealer, request.match_info["token"]
    said = target.sent_to or b""
    proofs = link_proofs(sealer, token, channel, to)
    return any([hmac.compare_digest(said, each) for each in proofs])  # noqa: C419 - no short cut


_PAGE = "text/html"
_FORM = ("application/x-www-form-urlencoded",)
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
        "POST",
        "/t/{token}/messages",
        post_messages,
        "Hear less by a way (`way`, `choice`); more only by a link that came in a message by it",
        access="link",
        parameters=(LANGUAGE,),
        media=_FORM,
        answers={303: None} | dict.fromkeys((400, 403, 408, 413, 415), _PAGE) | _FAULTS,
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
        media=(*_FORM, "multipart/form-data"),
        answers={200: "text/plain", 303: None}
        | dict.fromkeys((400, 403, 408, 413, 415), _PAGE)
        | _FAULTS,
    ),
)
