"""A shop's webhooks in the console: added, changed, tried, and what became of each delivery."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from aiohttp import web
from pydantic import ValidationError

from schemas.network import outgoing_url
from schemas.staff import Action
from schemas.webhook import (
    FACT_TYPES,
    AttemptBody,
    DeliveryState,
    DisabledReason,
    WebhookBody,
    WebhookChange,
    WebhookState,
    WebhookWanted,
)
from tracking.carriers.klat import HOME_ZONE
from tracking.staff.audit import DoneAlready
from tracking.store.merchants import Shop
from tracking.web.console.frame import language_of, words_for
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
    shop_page,
    shown,
)
from tracking.web.deps import DEPS
from tracking.web.problem import not_found
from tracking.web.webhooks import TESTS
from tracking.webhooks import (
    MOST,
    BeingSent,
    DisabledByOperator,
    NoSuchWebhook,
    ShopWebhooks,
    TooManyWebhooks,
    WebhookDisabled,
)
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar

_MOST_FIELDS: Final = len(FACT_TYPES) + 20
_REASONS: Final[Mapping[DisabledReason, str]] = {
    DisabledReason.GONE: N_(
        "Its server answered 410: it is gone. Enable it when the server takes posts again."
    ),
    DisabledReason.FAILING: N_(
        "For five days whatever was sent failed. Mend the server and enable it: what waits is sent."
    ),
    DisabledReason.SHOP: N_("The shop disabled it. Enable it here, and what waits is sent."),
    DisabledReason.OPERATOR: N_(
        "Whoever runs this service disabled it, and enables it: klat webhooks enable."
    ),
}
_STATES: Final[Mapping[DeliveryState, str]] = {
    DeliveryState.WAITING: N_("waits"),
    DeliveryState.CLAIMED: N_("being sent"),
    DeliveryState.DELIVERED: N_("arrived"),
    DeliveryState.FAILED: N_("given up"),
}
_OUTCOMES: Final[Mapping[str, str]] = {
    "delivered": N_("taken"),
    "refused": N_("refused"),
    "timeout": N_("no answer in time"),
    "unreachable": N_("not reached"),
    "certificate": N_("its certificate is not valid"),
    "disconnected": N_("the line broke"),
    "fault": N_("a fault here"),
    "interrupted": N_("interrupted here"),
    "sender_died": N_("interrupted here"),
    "not_kept": N_("no longer kept here"),
}
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
    return await _list(request, shop)


async def post_webhooks(request: web.Request, shop: Shop) -> web.StreamResponse:
    """Add one; its secret is shown this once."""
    sent, deps = await read_form(request, most=_MOST_FIELDS), request.app[DEPS]
    types = [each for each in FACT_TYPES if each in sent]
    try:
        url = outgoing_url(
            sent.get("url", "").strip(), allow_private=deps.settings.webhook_allow_private
        )
        wanted = WebhookWanted(url=url, types=types or None)
    except (ValueError, ValidationError):
        return await _list(request, shop, 422, typed=sent, wrong=_WRONG_URL)
    once = once_of(sent)
    webhooks = _webhooks(request, shop, Action.WEBHOOK_MADE, once, what=_host(url))
    try:
        made = await webhooks.create(wanted, now=deps.now())
    except TooManyWebhooks:
        return await _list(request, shop, 409, problem=_TOO_MANY)
    except DoneAlready:
        return await _list(request, shop, 409, problem=DONE_ALREADY)
    return await _list(request, shop, secret=made.secret)


async def get_webhook(request: web.Request, shop: Shop) -> web.StreamResponse:
    return await _one(request, shop)


async def post_webhook(request: web.Request, shop: Shop) -> web.StreamResponse:
    """What the button of the form says."""
    sent = await read_form(request, most=_MOST_FIELDS)
    do = _DEEDS.get(sent.get("do", ""))
    if do is None:
        raise not_found()
    try:
        return await do(request, shop, sent)
    except NoSuchWebhook:
        return await _list(request, shop, 404, problem=_GONE)
    except WebhookDisabled:
        return await _one(request, shop, 409, problem=_DISABLED)
    except DisabledByOperator:
        return await _one(request, shop, 409, problem=_OPERATORS)
    except BeingSent:
        return await _one(request, shop, 409, problem=_BEING_SENT)
    except DoneAlready:
        return await _one(request, shop, 409, problem=DONE_ALREADY)


async def _rotate(request: web.Request, shop: Shop, sent: Form) -> web.StreamResponse:
    webhook = await _found(request, shop)
    once, what = once_of(sent), _host(webhook.url)
    webhooks = _webhooks(request, shop, Action.WEBHOOK_ROTATED, once, what=what)
    rotated = await webhooks.rotate(webhook.webhook_id, now=request.app[DEPS].now())
    return await _one(request, shop, secret=rotated.secret)


async def _remove(request: web.Request, shop: Shop, _: Form) -> web.StreamResponse:
    webhook = await _found(request, shop)
    what = _host(webhook.url)
    await _webhooks(request, shop, Action.WEBHOOK_DELETED, what=what).delete(webhook.webhook_id)
    return to(f"{at(shop, Part.WEBHOOKS)}?done")


async def _change(request: web.Request, shop: Shop, sent: Form) -> web.StreamResponse:
    """Its types, or whether anything is sent to it."""
    webhook, do = await _found(request, shop), sent["do"]
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


async def _test(request: web.Request, shop: Shop, _: Form) -> web.StreamResponse:
    webhook = await _found(request, shop)
    if not request.app[TESTS].take(str(webhook.webhook_id)):
        return await _one(request, shop, 429, problem=_TESTED_ENOUGH)
    webhooks = _webhooks(request, shop, Action.WEBHOOK_TESTED, what=_host(webhook.url))
    await webhooks.test(webhook.webhook_id, now=request.app[DEPS].now())
    return _back(request, shop)


async def _resend(request: web.Request, shop: Shop, sent: Form) -> web.StreamResponse:
    webhook = await _found(request, shop)
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
    "enable": _change,
    "disable": _change,
    "test": _test,
    "resend": _resend,
}


def _back(request: web.Request, shop: Shop) -> web.Response:
    return to(f"{at(shop, Part.WEBHOOKS)}/{id_of(request, 'webhook_id')}?done")


async def _found(request: web.Request, shop: Shop) -> WebhookBody:
    """Raises NoSuchWebhook."""
    deps = request.app[DEPS]
    webhooks = ShopWebhooks(deps.pool, deps.sealer, shop.merchant_id)
    return await webhooks.one(id_of(request, "webhook_id"), deps.now())


def _webhooks(
    request: web.Request, shop: Shop, action: Action, once: str | None = None, *, what: str
) -> ShopWebhooks:
    deps = request.app[DEPS]
    noting = deed(request, action, shop.merchant_id, once, what=what)
    return ShopWebhooks(deps.pool, deps.sealer, shop.merchant_id, noting)


def _host(url: str) -> str:
    """What follows it may be a secret of the shop's."""
    return urlsplit(url).hostname or ""


async def _list(
    request: web.Request,
    shop: Shop,
    status: int = 200,
    *,
    problem: str | None = None,
    typed: Form | None = None,
    wrong: str | None = None,
    secret: str | None = None,
) -> web.Response:
    words, deps = words_for(request), request.app[DEPS]
    webhooks = ShopWebhooks(deps.pool, deps.sealer, shop.merchant_id)
    found = await webhooks.all(deps.now())
    calendar = _calendar(request)
    return shop_page(
        request,
        shop,
        Part.WEBHOOKS,
        "webhooks",
        status,
        problem=words.gettext(problem) if problem else None,
        secret=secret,
        url=(typed or {}).get("url", ""),
        wrong=words.gettext(wrong) if wrong else None,
        types=[(each, each in (typed or {})) for each in FACT_TYPES],
        webhooks=[_shown(each, words, calendar) for each in found],
        is_full=len(found) >= MOST,
    )


async def _one(
    request: web.Request,
    shop: Shop,
    status: int = 200,
    *,
    problem: str | None = None,
    secret: str | None = None,
) -> web.Response:
    words, deps = words_for(request), request.app[DEPS]
    try:
        webhook = await _found(request, shop)
    except NoSuchWebhook:
        raise not_found() from None
    webhooks = ShopWebhooks(deps.pool, deps.sealer, shop.merchant_id)
    attempts = await webhooks.attempts(webhook.webhook_id)
    calendar = _calendar(request)
    return shop_page(
        request,
        shop,
        Part.WEBHOOKS,
        "webhook",
        status,
        problem=words.gettext(problem) if problem else None,
        secret=secret,
        webhook=_shown(webhook, words, calendar),
        types=[(each, webhook.types is not None and each in webhook.types) for each in FACT_TYPES],
        attempts=[_attempt(each, words, calendar) for each in attempts],
    )


def _calendar(request: web.Request) -> Calendar:
    return Calendar(words_of(language_of(request)), HOME_ZONE, request.app[DEPS].now())


def _shown(each: WebhookBody, words: Words, calendar: Calendar) -> dict[str, Any]:
    is_on = each.state is WebhookState.ENABLED
    return {
        "id": each.webhook_id,
        "url": each.url,
        "is_on": is_on,
        "can_enable": not is_on and each.reason is not DisabledReason.OPERATOR,
        "state": words.gettext(N_("enabled")) if is_on else words.gettext(N_("disabled")),
        "why": words.gettext(_REASONS[each.reason]) if each.reason else None,
        "since": calendar.on(each.since),
        "types": None if each.types is None else ", ".join(each.types),
        "failures": each.failures,
        "paused": calendar.on(each.paused_until) if each.paused_until else None,
        "former": calendar.on(each.previous_secret_until) if each.previous_secret_until else None,
    }


def _attempt(each: AttemptBody, words: Words, calendar: Calendar) -> dict[str, Any]:
    outcome = _OUTCOMES.get(each.outcome or "", each.outcome or "")
    return {
        "id": each.delivery_id,
        "type": each.type,
        "state": words.gettext(_STATES[each.state]),
        "is_bad": each.state is DeliveryState.FAILED,
        "outcome": words.gettext(outcome) if outcome else None,
        "status": each.status,
        "ms": each.response_ms,
        "tries": each.tries,
        "tried": calendar.on(each.tried_at) if each.tried_at else None,
        "next": calendar.on(each.next_try_at) if each.next_try_at else None,
        "can_resend": each.state is not DeliveryState.CLAIMED,
    }


_ALL: Final = f"{SHOP}/{Part.WEBHOOKS}"
_ONE: Final = f"{_ALL}/{{webhook_id}}"
WEBHOOK_PAGES: Final = (
    shown(_ALL, for_shop(Part.WEBHOOKS, get_webhooks), "A shop's webhooks"),
    form(_ALL, for_shop(Part.WEBHOOKS, post_webhooks), "Add a webhook"),
    shown(_ONE, for_shop(Part.WEBHOOKS, get_webhook), "A webhook and its deliveries"),
    form(_ONE, for_shop(Part.WEBHOOKS, post_webhook), "Change a webhook, or send to it"),
)
