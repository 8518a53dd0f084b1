"""Webhooks of a shop: made, changed, tried out, and what became of each delivery."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from schemas.api import FieldError
from schemas.network import outgoing_url
from schemas.webhook import (
    AttemptList,
    DeliveryAsked,
    WebhookBody,
    WebhookChange,
    WebhookList,
    WebhookWanted,
    WebhookWithSecret,
)
from tracking.keys import Role
from tracking.web.auth import CALLER
from tracking.web.bodies import parse_body, read_body
from tracking.web.deps import DEPS
from tracking.web.idempotent import Answer, idempotency_key, once
from tracking.web.limits import Buckets
from tracking.web.problem import HttpProblem, invalid_body, not_found
from tracking.web.routing import Parameter, Route
from tracking.webhooks import (
    MOST,
    BeingSent,
    DisabledByOperator,
    NoSuchWebhook,
    ShopWebhooks,
    TooManyWebhooks,
    WebhookDisabled,
)

_MAX_BODY: Final = 64 * 1024
_TESTS_AT_ONCE, _TESTS_PER_SECOND = 10, 0.1
TESTS = web.AppKey("webhook_tests", Buckets)


def tests() -> Buckets:
    """By webhook: a test is a post that somebody else pays for."""
    return Buckets(burst=_TESTS_AT_ONCE, per_second=_TESTS_PER_SECOND)


async def post_webhook(request: web.Request) -> web.Response:
    """Make one. Its secret is told to this call, and to the same call sent again, only."""
    idempotency_key(request)
    wanted = parse_body(WebhookWanted, await read_body(request, _MAX_BODY))
    checked = WebhookWanted(url=_checked(request, wanted.url), types=wanted.types)

    async def work() -> Answer:
        made = await _webhooks(request).create(checked, now=_now(request))
        return Answer(201, made.model_dump_json())

    return await _once(request, checked.model_dump_json(), work)


async def get_webhooks(request: web.Request) -> web.Response:
    return _json(WebhookList(webhooks=await _webhooks(request).all(_now(request))))


async def get_webhook(request: web.Request) -> web.Response:
    with _told():
        return _json(await _webhooks(request).one(_id(request), _now(request)))


async def patch_webhook(request: web.Request) -> web.Response:
    change = parse_body(WebhookChange, await read_body(request, _MAX_BODY))
    if change.url is not None:
        change = change.model_copy(update={"url": _checked(request, change.url)})
    with _told():
        found = await _webhooks(request).change(_id(request), change, now=_now(request))
    return _json(found)


async def delete_webhook(request: web.Request) -> web.Response:
    with _told():
        await _webhooks(request).delete(_id(request))
    return web.Response(status=204)


async def post_rotate(request: web.Request) -> web.Response:
    """A new secret, told once; for a day the former one signs beside it."""
    webhook_id = _id(request)

    async def work() -> Answer:
        rotated = await _webhooks(request).rotate(webhook_id, now=_now(request))
        return Answer(200, rotated.model_dump_json())

    return await _once(request, "", work)


async def post_test(request: web.Request) -> web.Response:
    """Plan a `webhook.test`; what became of it stands in the attempts."""
    webhook_id = _id(request)

    async def work() -> Answer:
        webhooks = _webhooks(request)
        await webhooks.one(webhook_id, _now(request))
        if not request.app[TESTS].take(str(webhook_id)):
            raise HttpProblem(
                429, "Too many tests", "One in ten seconds", headers={"Retry-After": "10"}
            )
        return _asked(await webhooks.test(webhook_id, now=_now(request)))

    return await _once(request, "", work)


async def get_attempts(request: web.Request) -> web.Response:
    with _told():
        return _json(AttemptList(attempts=await _webhooks(request).attempts(_id(request))))


async def post_resend(request: web.Request) -> web.Response:
    """Send one again, from the beginning of the schedule and with the same id."""
    webhook_id, delivery_id = _id(request), _id(request, "delivery_id")

    async def work() -> Answer:
        await _webhooks(request).resend(webhook_id, delivery_id, now=_now(request))
        return _asked(delivery_id)

    return await _once(request, "", work)


def _asked(delivery_id: UUID) -> Answer:
    return Answer(202, DeliveryAsked(delivery_id=delivery_id).model_dump_json())


def _webhooks(request: web.Request) -> ShopWebhooks:
    deps, merchant_id = request.app[DEPS], request[CALLER].merchant_id
    assert merchant_id is not None  # the table holds no merchant key without one
    return ShopWebhooks(deps.pool, deps.sealer, merchant_id)


def _now(request: web.Request) -> datetime:
    return request.app[DEPS].now()


def _id(request: web.Request, name: str = "webhook_id") -> UUID:
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise not_found() from None


def _checked(request: web.Request, url: str) -> str:
    """In one spelling. Raises a 422 problem that points at the field."""
    try:
        allow_private = request.app[DEPS].settings.webhook_allow_private
        return outgoing_url(url, allow_private=allow_private)
    except ValueError as error:
        raise invalid_body([FieldError(pointer="/url", error=str(error))]) from None


def _json(answer: BaseModel) -> web.Response:
    return web.Response(text=answer.model_dump_json(), content_type="application/json")


async def _once(
    request: web.Request, told: str, work: Callable[[], Awaitable[Answer]]
) -> web.Response:
    """Run it for this Idempotency-Key, once. The path belongs to what was asked."""
    merchant_id = request[CALLER].merchant_id
    assert merchant_id is not None  # the table holds no merchant key without one
    asked = request.app[DEPS].sealer.fingerprints(f"POST {request.path}\n{told}".encode())
    with _told():
        return await once(request, merchant_id, asked, work)


@contextmanager
def _told() -> Iterator[None]:
    """Why it cannot be done, as a problem."""
    try:
        yield
    except NoSuchWebhook:
        raise not_found() from None
    except TooManyWebhooks:
        raise HttpProblem(
            409, "Too many webhooks", f"A shop may have {MOST}: delete one first"
        ) from None
    except WebhookDisabled:
        raise HttpProblem(
            409, "The webhook is disabled", 'Enable it first: PATCH {"state": "enabled"}'
        ) from None
    except DisabledByOperator:
        raise HttpProblem(
            409, "The operator has disabled this webhook", "Ask whoever runs this service"
        ) from None
    except BeingSent:
        raise HttpProblem(
            409,
            "It is just being sent",
            "Try again when it has ended",
            headers={"Retry-After": "15"},
        ) from None


_SHOP = frozenset({Role.MERCHANT})
_ONE = "/v1/webhooks/{webhook_id}"
_ONCE = (Parameter("Idempotency-Key", "header", "New for each call", required=True),)
_POSTED = (400, 401, 403, 404, 409, 422, 503)

WEBHOOK_ROUTES = (
    Route(
        "POST",
        "/v1/webhooks",
        post_webhook,
        "Have facts posted to an address; the secret is told once",
        roles=_SHOP,
        parameters=_ONCE,
        body=WebhookWanted,
        answers={201: WebhookWithSecret},
        problems=(400, 401, 403, 408, 409, 413, 415, 422, 503),
    ),
    Route(
        "GET",
        "/v1/webhooks",
        get_webhooks,
        "The shop's webhooks",
        roles=_SHOP,
        answers={200: WebhookList},
        problems=(401, 403, 503),
    ),
    Route(
        "GET",
        _ONE,
        get_webhook,
        "A webhook and how it fares",
        roles=_SHOP,
        answers={200: WebhookBody},
        problems=(401, 403, 404, 503),
    ),
    Route(
        "PATCH",
        _ONE,
        patch_webhook,
        "Change a webhook, disable it or enable it again",
        roles=_SHOP,
        body=WebhookChange,
        answers={200: WebhookBody},
        problems=(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
    ),
    Route(
        "DELETE",
        _ONE,
        delete_webhook,
        "Delete a webhook; what waits for it is not sent any more",
        roles=_SHOP,
        answers={204: None},
        problems=(401, 403, 404, 503),
    ),
    Route(
        "POST",
        f"{_ONE}/rotate",
        post_rotate,
        "A new secret; for 24 hours the former one signs beside it",
        roles=_SHOP,
        parameters=_ONCE,
        media=(),
        answers={200: WebhookWithSecret},
        problems=_POSTED,
    ),
    Route(
        "POST",
        f"{_ONE}/test",
        post_test,
        "Post a test",
        roles=_SHOP,
        parameters=_ONCE,
        media=(),
        answers={202: DeliveryAsked},
        problems=(*_POSTED, 429),
    ),
    Route(
        "GET",
        f"{_ONE}/attempts",
        get_attempts,
        "The latest deliveries and what became of them",
        roles=_SHOP,
        answers={200: AttemptList},
        problems=(401, 403, 404, 503),
    ),
    Route(
        "POST",
        f"{_ONE}/attempts/{{delivery_id}}/resend",
        post_resend,
        "Send a delivery again",
        roles=_SHOP,
        parameters=_ONCE,
        media=(),
        answers={202: DeliveryAsked},
        problems=_POSTED,
    ),
)
