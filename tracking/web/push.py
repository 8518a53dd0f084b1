"""Web push on the shopper's page: a browser asks to be told about this parcel, or no more."""

import structlog
from aiohttp import web

from schemas.api import FieldError
from schemas.push import Subscribed, SubscriptionBody
from tracking.push import (
    MOST,
    device_of,
    is_public_key,
    seal_subscription,
    subscription_id,
    subscription_of,
    wrong_endpoint,
)
from tracking.store.links import LinkTarget
from tracking.store.push import PushSubscriptions, SealedSubscription
from tracking.web.bodies import parse_body, read_body
from tracking.web.deps import DEPS
from tracking.web.limits import Buckets, client_address
from tracking.web.link import follow_link, page_path
from tracking.web.observe import METRICS
from tracking.web.problem import HttpProblem, invalid_body, not_found
from tracking.web.routing import Parameter, Route
from tracking.web.unlock import is_from_elsewhere
from tracking.words.language import choose

log = structlog.get_logger()

_MAX_BODY = 8192  # bytes
PUSHES = web.AppKey("pushes", Buckets)


def pushes() -> Buckets:
    """Changes that an address may make, over all parcels."""
    return Buckets(burst=30, per_second=0.2)


async def get_device(request: web.Request) -> web.Response:
    """Whether this browser is told of this parcel; asked by a page that finds a subscription."""
    target = await follow_link(request)
    device, known = request.match_info["device"], _named(request)
    subscriptions = PushSubscriptions(request.app[DEPS].pool)
    language = await subscriptions.push_language(target.shipment_id, known) if known else None
    return _said(Subscribed(device=device, language=language))


async def post_push(request: web.Request) -> web.Response:
    """A browser's subscription is kept, or kept anew: twice is once."""
    _refuse_others(request)
    deps = request.app[DEPS]
    if deps.settings.vapid_private_key is None:
        raise not_found()
    body = parse_body(SubscriptionBody, await read_body(request, _MAX_BODY))
    _refuse_unusable(body, allow_private=deps.allow_private)
    target = await follow_link(request)
    _take(request)
    language = choose(
        request.query.get("lang"), accept_language=request.headers.get("Accept-Language")
    )
    subscription = await _kept(request, target, body, language)
    if deps.redecide is not None:
        await deps.redecide([target.shipment_id], "subscribed", deps.now())
    request.app[METRICS].subscriptions.labels("made").inc()
    log.info("subscription.made", shipment_id=target.shipment_id, language=language)
    return _said(Subscribed(device=device_of(subscription), language=language))


async def _kept(
    request: web.Request, target: LinkTarget, body: SubscriptionBody, language: str
) -> bytes:
    deps, key = request.app[DEPS], subscription_id(body.endpoint)
    page = f"{target.merchant_site or deps.settings.public_url}{page_path(request)}"
    sealed = seal_subscription(deps.sealer, target.shipment_id, body, page)
    kept = await PushSubscriptions(deps.pool).keep(
        target.shipment_id,
        SealedSubscription(key, language, sealed),
        deps.sealer.token_hashes(request.match_info["token"]),
        MOST,
        now=deps.now(),
    )
    if not kept:  # revoked since it was looked at
        raise not_found()
    return key


async def delete_push(request: web.Request) -> web.Response:
    """Gone when this is answered, whether or not it was there."""
    _refuse_others(request)
    target, known = await follow_link(request), _named(request)
    _take(request)
    if known is not None:
        await PushSubscriptions(request.app[DEPS].pool).forget(target.shipment_id, known)
        request.app[METRICS].subscriptions.labels("ended").inc()
        log.info("subscription.ended", shipment_id=target.shipment_id)
    return web.Response(status=204)


def _refuse_others(request: web.Request) -> None:
    if is_from_elsewhere(request):
        raise HttpProblem(403, "This was sent by another site")


def _take(request: web.Request) -> None:
    if not request.app[PUSHES].take(client_address(request)):
        raise HttpProblem(429, "Too many requests", headers={"Retry-After": "60"})


def _refuse_unusable(body: SubscriptionBody, *, allow_private: bool) -> None:
    errors = []
    if why := wrong_endpoint(body.endpoint, allow_private=allow_private):
        errors.append(FieldError(pointer="/endpoint", error=why))
    if not is_public_key(body.keys.p256dh):
        errors.append(FieldError(pointer="/keys/p256dh", error="is no point of the curve P-256"))
    if errors:
        raise invalid_body(errors)


def _named(request: web.Request) -> bytes | None:
    return subscription_of(request.match_info["device"])


def _said(answer: Subscribed) -> web.Response:
    return web.Response(text=answer.model_dump_json(), content_type="application/json")


_FAULTS = (404, 429, 503)

PUSH_ROUTES = (
    Route(
        "POST",
        "/t/{token}/push",
        post_push,
        "Tell this browser about the parcel: the body is what PushSubscription.toJSON() gives",
        access="link",
        parameters=(Parameter("lang", "query", "The language to tell it in"),),
        body=SubscriptionBody,
        answers={200: Subscribed},
        problems=(400, 403, 408, 413, 415, 422, *_FAULTS),
    ),
    Route(
        "GET",
        "/t/{token}/push/{device}",
        get_device,
        "Whether a browser is told about the parcel, and in which language; null: it is not. "
        "`device` is the SHA-256 of its endpoint in base64url",
        access="link",
        answers={200: Subscribed},
        problems=_FAULTS,
    ),
    Route(
        "DELETE",
        "/t/{token}/push/{device}",
        delete_push,
        "Tell this browser no more",
        access="link",
        answers={204: None},
        problems=(403, *_FAULTS),
    ),
)
