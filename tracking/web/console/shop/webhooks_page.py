"""The pages of webhooks: those of a shop, and one with its latest deliveries."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from schemas.webhook import (
    FACT_TYPES,
    AttemptBody,
    DeliveryState,
    DisabledReason,
    WebhookBody,
    WebhookState,
)
from tracking.carriers.klat import HOME_ZONE
from tracking.store.merchants import Shop
from tracking.web.console.frame import language_of, words_for
from tracking.web.console.guard import Form
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import id_of, shop_page
from tracking.web.deps import DEPS
from tracking.web.problem import not_found
from tracking.webhooks import MOST, NoSuchWebhook, ShopWebhooks
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar

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


async def webhook_of(request: web.Request, shop: Shop) -> WebhookBody:
    """Raises NoSuchWebhook."""
    deps = request.app[DEPS]
    webhooks = ShopWebhooks(deps.pool, deps.sealer, shop.merchant_id)
    return await webhooks.one(id_of(request, "webhook_id"), deps.now())


async def show_list(
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


async def show_one(
    request: web.Request,
    shop: Shop,
    status: int = 200,
    *,
    problem: str | None = None,
    secret: str | None = None,
) -> web.Response:
    words, deps = words_for(request), request.app[DEPS]
    try:
        webhook = await webhook_of(request, shop)
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
