"""The way into every page of a shop: whose it is, who may, and what stands around it."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final
from uuid import UUID, uuid5

from aiohttp import web

from schemas.staff import Action
from tracking.ids import uuid7
from tracking.staff.audit import Noting, noting
from tracking.store.merchants import Merchants, Shop
from tracking.web.console.frame import page, words_for
from tracking.web.console.guard import HOME, SESSION, Form, Page, for_staff
from tracking.web.console.rights import Part, parts_of, refuse
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Route
from tracking.words.catalog import N_

SHOPS: Final = f"{HOME}/shops"
SHOP: Final = f"{SHOPS}/{{merchant_id}}"
GONE: Final = N_("Somebody changed this meanwhile. Look at what stands now, and save again.")
DONE_ALREADY: Final = N_("That is done already.")
_FORM: Final = ("application/x-www-form-urlencoded",)
_TABS: Final = (
    (Part.SETTINGS, N_("Settings")),
    (Part.POLICIES, N_("Promises and bonuses")),
    (Part.REGISTRATIONS, N_("Register from a file")),
    (Part.WEBHOOKS, N_("Webhooks")),
    (Part.KEYS, N_("Keys")),
)

ShopPage = Callable[[web.Request, Shop], Awaitable[web.StreamResponse]]


def for_shop(part: Part, handler: ShopPage) -> Page:
    """For whoever may change this part of this shop: else 404 or 403."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        merchant_id = id_of(request, "merchant_id")
        refuse(request[SESSION].staff, part, merchant_id)
        shop = await Merchants(request.app[DEPS].pool).shop(merchant_id)
        if shop is None:
            raise not_found()
        return await handler(request, shop)

    return for_staff(handle)


def for_operators(part: Part, handler: Page) -> Page:
    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        refuse(request[SESSION].staff, part)
        return await handler(request)

    return for_staff(handle)


def id_of(request: web.Request, name: str) -> UUID:
    """Raises a 404 problem for what is no id."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise not_found() from None


def at(shop: Shop, part: Part) -> str:
    """Where this part of the shop is."""
    return f"{SHOPS}/{shop.merchant_id}/{part}"


def shop_page(
    request: web.Request, shop: Shop, part: Part, name: str, status: int = 200, **values: Any
) -> web.Response:
    """A page of a shop, with the ways to its other parts."""
    words, allowed = words_for(request), set(parts_of(request[SESSION].staff))
    tabs = [(at(shop, each), words.gettext(text)) for each, text in _TABS if each in allowed]
    return page(
        request,
        f"shop/{name}",
        status,
        shop=shop,
        tabs=tabs,
        here=at(shop, part),
        shops=SHOPS,
        once=new_once(request),
        done="done" in request.query,
        same="same" in request.query,
        **values,
    )


def new_once(request: web.Request) -> str:
    """Names one form that was shown."""
    return str(uuid7(request.app[DEPS].now()))


def once_of(sent: Form) -> str:
    """Raises a 400 problem for a form that was never shown."""
    try:
        return str(UUID(sent.get("once", "")))
    except ValueError:
        raise HttpProblem(400, "The form could not be read") from None


def deed(
    request: web.Request,
    action: Action,
    merchant_id: UUID | None = None,
    once: str | None = None,
    **detail: Any,
) -> Noting:
    """Its line in the audit log, for its transaction. `once`: from the form, so that the same form
    sent twice does it once.
    """
    deps, session = request.app[DEPS], request[SESSION]
    line = None if once is None else uuid5(session.staff.staff_id, once)
    return noting(
        deps.sealer, session.staff, action, deps.now(), merchant_id=merchant_id, once=line, **detail
    )


def sign_of(request: web.Request, what: str, text: str) -> str:
    """Tells whether it is another one by now, and nothing else of it."""
    return request.app[DEPS].sealer.fingerprints(f"{what} sign\x1f{text}".encode())[0].hex()[:32]


def shown(path: str, handler: Page, summary: str, answer: str = "text/html") -> Route:
    """A page that is read."""
    return Route("GET", path, handler, summary, access="session", answers={200: answer})


def form(path: str, handler: Page, summary: str) -> Route:
    """A form that is sent; who loads its answer again is led back by the page's own route."""
    return Route("POST", path, handler, summary, access="session", media=_FORM, answers={303: None})
