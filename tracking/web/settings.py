"""What a shop sets for its pages and notices: read and replaced as one document."""

import hashlib
import re
from dataclasses import replace
from uuid import UUID

from aiohttp import web

from schemas.api import FieldError
from schemas.shop import ShopSettings
from tracking.keys import Role
from tracking.settings import Settings
from tracking.store.merchants import Merchants, Shop
from tracking.web.auth import CALLER
from tracking.web.bodies import parse_body, read_body
from tracking.web.deps import DEPS
from tracking.web.problem import HttpProblem, invalid_body
from tracking.web.routing import Parameter, Route

_MAX_BODY = 64 * 1024
_TAG = r'(?:W/)?"([!#-~\x80-\xff]*)"'
_TAGS = re.compile(rf"[ \t]*{_TAG}[ \t]*(?:,[ \t]*{_TAG}[ \t]*)*")


async def get_settings(request: web.Request) -> web.Response:
    shop = await Merchants(request.app[DEPS].pool).shop(_merchant(request))
    assert shop is not None  # its key leads to it, and no shop is ever deleted
    return _answer(shop.settings)


async def put_settings(request: web.Request) -> web.Response:
    """Everything at once: what is left out is as by default."""
    seen = _seen(request)
    body = parse_body(ShopSettings, await read_body(request, _MAX_BODY))
    if faults := unkept(body, request.app[DEPS].settings):
        raise invalid_body(faults)

    def change(shop: Shop) -> Shop:
        if seen is not None and _tag(shop.settings) not in seen:
            raise HttpProblem(412, "Somebody changed the settings meanwhile", "Read them again")
        return replace(shop, settings=body)

    shop = await Merchants(request.app[DEPS].pool).change_shop(_merchant(request), change)
    assert shop is not None  # its key leads to it, and no shop is ever deleted
    return _answer(shop.settings)


def _seen(request: web.Request) -> set[str] | None:
    """The tags of If-Match (RFC 9110, 13.1.1); None where any will do.

    A tag that a proxy made weak when it compressed the answer still tells the same settings.
    """
    text = ",".join(request.headers.getall("If-Match", ["*"])).strip()
    if text == "*":
        return None
    if not _TAGS.fullmatch(text):
        raise HttpProblem(
            400,
            "If-Match cannot be read",
            "It must be the ETag that GET answered, with its quotes, such as"
            ' "0123456789abcdef", or *',
        )
    return set(re.findall(_TAG, text))


def unkept(body: ShopSettings, settings: Settings) -> list[FieldError]:
    """What the shop may want and this installation cannot keep. Pure."""
    found = (
        ("/sms/daily_cap", _of_cap(body, settings)),
        ("/sms/countries", _of_countries(body, settings)),
    )
    return [FieldError(pointer=place, error=why) for place, why in found if why]


def _of_cap(body: ShopSettings, settings: Settings) -> str | None:
    """One that could not be kept would stop every text message."""
    cap = body.sms.daily_cap
    if cap is None:
        return None
    if not settings.sms_prices:
        return "no price of text messages is known here, so it could not be kept: ask the operator"
    if cap.currency != settings.sms_currency:
        return f"text messages are paid in {settings.sms_currency}"
    return None


def _of_countries(body: ShopSettings, settings: Settings) -> str | None:
    """Those of the operator can be narrowed; by none of them every text would be stopped."""
    ours, theirs = set(settings.sms_countries), body.sms.countries
    if theirs is not None and not (theirs and ours.issuperset(theirs)):
        return f"must be some of {', '.join(sorted(ours))}; leave it out for all of them"
    return None


def _merchant(request: web.Request) -> UUID:
    merchant_id = request[CALLER].merchant_id
    assert merchant_id is not None  # the table holds no merchant key without one
    return merchant_id


def _answer(settings: ShopSettings) -> web.Response:
    return web.Response(
        text=settings.model_dump_json(),
        content_type="application/json",
        headers={"ETag": f'"{_tag(settings)}"'},
    )


def _tag(settings: ShopSettings) -> str:
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:16]


_SHOPS = frozenset({Role.MERCHANT})

SETTINGS_ROUTES = (
    Route(
        "GET",
        "/v1/settings",
        get_settings,
        "What the shop set for its pages and notices",
        roles=_SHOPS,
        answers={200: ShopSettings},
        problems=(401, 403, 503),
    ),
    Route(
        "PUT",
        "/v1/settings",
        put_settings,
        "Set it; what is left out is as by default",
        roles=_SHOPS,
        parameters=(Parameter("If-Match", "header", "An ETag: 412 if somebody changed it since"),),
        body=ShopSettings,
        answers={200: ShopSettings},
        problems=(400, 401, 403, 408, 412, 413, 415, 422, 503),
    ),
)
