"""A shop's webhooks in the console: added, changed, tried, and what became of each delivery."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from aiohttp import web

from schemas.network import outgoing_url
from schemas.staff import Action
from schemas.webhook import (
    FACT_TYPES,
    WebhookChange,
    WebhookState,
    WebhookWanted,
)
from tracking.staff.audit import DoneAlready
from tracking.store.merchants import Shop
from tracking.web.console.guard import Form, read_form, to
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import (
    DONE_ALREADY,
    SHOP,
    at,
    deed,
    for_shop,
    form,
    id_of,
    once_of,
    shown,
)
from tracking.web.console.shop.webhooks_page import show_list, show_one, webhook_of
from tracking.web.deps import DEPS
from tracking.web.problem import not_found
from tracking.web.webhooks import TESTS
from tracking.webhooks import (
    BeingSent,
    DisabledByOperator,
    NoSuchWebhook,
    ShopWebhooks,
    TooManyWebhooks,
    WebhookDisabled,
)
from tracking.words.catalog import N_

_MOST_FIELDS: Final = len(FACT_TYPES) + 20
_WRONG_URL: Final = N_(
    "An address such as https://shop.example.com/klat, on port 443 or 8443, and on the internet."
)
_TOO_MANY: Final = N_("A shop may have ten webhooks: remove one first.")
_DISABLED: Final = N_("It is disabled. Enable it first.")
_OPERATORS: Final = N_("Whoever runs this service disabled it, and has to enable it.")
_BEING_SENT: Final = N_("It is just being sent. Try again when that has ended.")
_TESTED_ENOUGH: Final = N_("Too many tests: one in ten seconds.")
_GONE: Final = N_("There is no such webhook any more.")


async def get_webhooks(request: web.Request, shop: Shop) -> web.StreamResponse:
    return await show_list(request, shop)


async def post_webhooks(request: web.Request, shop: Shop) -> web.StreamResponse:
    """Add one; its secret is shown this once."""
    sent, deps = await read_form(request, most=_MOST_FIELDS), request.app[DEPS]
    types = [each for each in FACT_TYPES if each in sent]
    url = _url(request, sent)
    if url is None:
        return await show_list(request, shop, 422, typed=sent, wrong=_WRONG_URL)
    wanted, once = WebhookWanted(url=url, types=types or None), once_of(sent)
    webhooks = _webhooks(request, shop, Action.WEBHOOK_MADE, once, what=_host(url))
    try:
        made = await webhooks.create(wanted, now=deps.now())
    except TooManyWebhooks:
        return await show_list(request, shop, 409, problem=_TOO_MANY)
    except DoneAlready:
        return await show_list(request, shop, 409, problem=DONE_ALREADY)
    return await show_list(request, shop, secret=made.secret)


async def get_webhook(request: web.Request, shop: Shop) -> web.StreamResponse:
    return await show_one(request, shop)


async def post_webhook(request: web.Request, shop: Shop) -> web.StreamResponse:
    """What the button of the form says."""
    sent = await read_form(request, most=_MOST_FIELDS)
    do = _DEEDS.get(sent.get("do", ""))
    if do is None:
        raise not_found()
    try:
        return await do(request, shop, sent)
    except NoSuchWebhook:
        return await show_list(request, shop, 404, problem=_GONE)
    except WebhookDisabled:
        return await show_one(request, shop, 409, problem=_DISABLED)
    except DisabledByOperator:
        return await show_one(request, shop, 409, problem=_OPERATORS)
    except BeingSent:
        return await show_one(request, shop, 409, problem=_BEING_SENT)
    except DoneAlready:
        return await show_one(request, shop, 409, problem=DONE_ALREADY)


async def _rotate(request: web.Request, shop: Shop, sent: Form) -> web.StreamResponse:
    webhook = await webhook_of(request, shop)
    once, what = once_of(sent), _host(webhook.url)
    webhooks = _webhooks(request, shop, Action.WEBHOOK_ROTATED, once, what=what)
    rotated = await webhooks.rotate(webhook.webhook_id, now=request.app[DEPS].now())
    return await show_one(request, shop, secret=rotated.secret)


async def _remove(request: web.Request, shop: Shop, _: Form) -> web.StreamResponse:
    webhook = await webhook_of(request, shop)
    what = _host(webhook.url)
    await _webhooks(request, shop, Action.WEBHOOK_DELETED, what=what).delete(webhook.webhook_id)
    return to(f"{at(shop, Part.WEBHOOKS)}?done")


async def _change(request: web.Request, shop: Shop, sent: Form) -> web.StreamResponse:
    """Its types, or whether anything is sent to it."""
    webhook, do = await webhook_of(request, shop), sent["do"]
    types = [each for each in FACT_TYPES if each in sent]
    change = {
        "types": WebhookChange(types=types or None),
        "enable": WebhookChange(state=WebhookState.ENABLED),
        "disable": WebhookChange(state=WebhookState.DISABLED),
    }[do]
    what = f"{_host(webhook.url)}: {do}"
    webhooks = _webhooks(request, shop, Action.WEBHOOK_CHANGED, what=what)
    await webhooks.change(webhook.webhook_id, change, now=request.app[DEPS].now())
    return _back(request, shop)


async def _move(request: web.Request, shop: Shop, sent: Form) -> web.StreamResponse:
    """To another address, with the same secret."""
    webhook, url = await webhook_of(request, shop), _url(request, sent)
    if url is None:
        return await show_one(request, shop, 422, problem=_WRONG_URL)
    what = f"{_host(webhook.url)} → {_host(url)}"
    webhooks = _webhooks(request, shop, Action.WEBHOOK_CHANGED, what=what)
    change = WebhookChange(url=url)
    await webhooks.change(webhook.webhook_id, change, now=request.app[DEPS].now())
    return _back(request, shop)


def _url(request: web.Request, sent: Form) -> str | None:
    """In one spelling; None for one that is not to be posted to."""
    allow_private = request.app[DEPS].settings.webhook_allow_private
    try:
        return outgoing_url(sent.get("url", "").strip(), allow_private=allow_private)
    except ValueError:
        return None


async def _test(request: web.Request, shop: Shop, _: Form) -> web.StreamResponse:
    webhook = await webhook_of(request, shop)
    if not request.app[TESTS].take(str(webhook.webhook_id)):
        return await show_one(request, shop, 429, problem=_TESTED_ENOUGH)
    webhooks = _webhooks(request, shop, Action.WEBHOOK_TESTED, what=_host(webhook.url))
    await webhooks.test(webhook.webhook_id, now=request.app[DEPS].now())
    return _back(request, shop)


async def _resend(request: web.Request, shop: Shop, sent: Form) -> web.StreamResponse:
    webhook = await webhook_of(request, shop)
    try:
        delivery_id = UUID(sent.get("delivery", ""))
    except ValueError:
        raise not_found() from None
    webhooks = _webhooks(request, shop, Action.DELIVERY_RESENT, what=str(delivery_id))
    await webhooks.resend(webhook.webhook_id, delivery_id, now=request.app[DEPS].now())
    return _back(request, shop)


_DEEDS: Final[Mapping[str, Callable[[web.Request, Shop, Form], Awaitable[web.StreamResponse]]]] = {
    "rotate": _rotate,
    "remove": _remove,
    "types": _change,
    "address": _move,
    "enable": _change,
    "disable": _change,
    "test": _test,
    "resend": _resend,
}


def _back(request: web.Request, shop: Shop) -> web.Response:
    return to(f"{at(shop, Part.WEBHOOKS)}/{id_of(request, 'webhook_id')}?done")


def _webhooks(
    request: web.Request, shop: Shop, action: Action, once: str | None = None, *, what: str
) -> ShopWebhooks:
    deps = request.app[DEPS]
    noting = deed(request, action, shop.merchant_id, once, what=what)
    return ShopWebhooks(deps.pool, deps.sealer, shop.merchant_id, noting)


def _host(url: str) -> str:
    """What follows it may be a secret of the shop's."""
    return urlsplit(url).hostname or ""


_ALL: Final = f"{SHOP}/{Part.WEBHOOKS}"
_ONE: Final = f"{_ALL}/{{webhook_id}}"
WEBHOOK_PAGES: Final = (
    shown(_ALL, for_shop(Part.WEBHOOKS, get_webhooks), "A shop's webhooks"),
    form(_ALL, for_shop(Part.WEBHOOKS, post_webhooks), "Add a webhook"),
    shown(_ONE, for_shop(Part.WEBHOOKS, get_webhook), "A webhook and its deliveries"),
    form(_ONE, for_shop(Part.WEBHOOKS, post_webhook), "Change a webhook, or send to it"),
)
