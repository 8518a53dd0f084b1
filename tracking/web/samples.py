"""Any notice with sample data, for shops and support staff who want to see it before shoppers do.

A page for a browser, which asks its user for the API key as a password. It knows no parcel.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar, cast

from aiohttp import web

from schemas.notice import Channel, Occasion
from schemas.preview import NoticePreview
from schemas.price import ANY_COUNTRY
from schemas.shop import ShopSettings
from tracking.keys import Role
from tracking.settings import Settings
from tracking.store.merchants import Merchants, Shop
from tracking.web.auth import CALLER
from tracking.web.deps import DEPS
from tracking.web.mail import Scheme, mail_response
from tracking.web.problem import HttpProblem, not_found
from tracking.web.routing import Parameter, Route
from tracking.web.samples_page import PATH, Asked, render_samples
from tracking.web.security import FRAMING
from tracking.words.language import LAST_RESORT, SUPPORTED

E = TypeVar("E", bound=StrEnum)
_LONGEST_SHOP = 60  # characters
_HOMES = {"lt": "LT", "et": "EE"}  # countries; those of all others live in Latvia
_LONGEST_PRICE, _DEAREST = 12, Decimal(100)
_STAFF = frozenset({Role.MERCHANT, Role.SUPPORT})


async def get_samples(request: web.Request) -> web.Response:
    asked, worded = _asked(request), _worder(request, await _own(request))
    found = {language: worded(asked._replace(language=language)) for language in SUPPORTED}
    return web.Response(
        text=render_samples(found, asked),
        content_type="text/html",
        headers={"Content-Security-Policy": FRAMING},
    )


async def get_sample_mail(request: web.Request) -> web.Response:
    """The mail itself, in a frame that can do nothing."""
    scheme = _one_of("scheme", request.query.get("scheme") or "light", ["light", "dark"])
    own = await _own(request)
    found = _worder(request, own)(_asked(request))
    logo = own.settings.brand.logo if own else None
    return mail_response(found.email.html, cast("Scheme", scheme), logo)


def _worder(request: web.Request, own: Shop | None) -> Callable[[Asked], NoticePreview]:
    """For a shop in its own name and looks, unless it asks for another name."""
    deps = request.app[DEPS]
    preview = deps.preview
    if preview is None:
        raise not_found()

    def worded(asked: Asked) -> NoticePreview:
        name = asked.shop or (own.name if own else None)
        settings = _named(own.settings, asked.shop) if own else None
        try:
            return preview(asked.occasion, asked.language, deps.now(), shop=name, settings=settings)
        except ValueError:
            raise _wrong("shop", "shows nothing") from None

    return worded


def _named(settings: ShopSettings, name: str) -> ShopSettings:
    """With another name where one is asked for."""
    brand = settings.brand.model_copy(update={"name": name}) if name else settings.brand
    return settings.model_copy(update={"brand": brand})


async def _own(request: web.Request) -> Shop | None:
    """The shop whose key this is."""
    merchant_id = request[CALLER].merchant_id
    return await Merchants(request.app[DEPS].pool).shop(merchant_id) if merchant_id else None


def _asked(request: web.Request) -> Asked:
    """What the form says; what it does not say has a default, a price that of the settings."""
    query, settings = request.query, request.app[DEPS].settings
    channel = query.get("channel")
    language = _one_of("language", query.get("language") or LAST_RESORT, list(SUPPORTED))
    return Asked(
        _member("occasion", query.get("occasion") or Occasion.READY_FOR_PICKUP, Occasion),
        language,
        _member("channel", channel, Channel) if channel else None,
        _shop(query.get("shop", "")),
        _price(query.get("price", "").strip()) or _set_price(settings, language),
    )


def _set_price(settings: Settings, language: str) -> Decimal | None:
    """Of a segment to where the samples of this language live."""
    prices = dict(settings.sms_prices)
    millionths = prices.get(_HOMES.get(language, "LV"), prices.get(ANY_COUNTRY))
    return None if millionths is None else (Decimal(millionths) / 1_000_000).normalize()


def _member(name: str, value: str, kind: type[E]) -> E:
    return kind(_one_of(name, value, [str(each) for each in kind]))


def _one_of(name: str, value: str, known: list[str]) -> str:
    if value not in known:
        raise _wrong(name, f"is none of {', '.join(known)}")
    return value


def _shop(text: str) -> str:
    if len(text) > _LONGEST_SHOP:
        raise _wrong("shop", f"is longer than {_LONGEST_SHOP} characters")
    return text.strip()


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        price = Decimal(text.replace(",", ".")) if len(text) <= _LONGEST_PRICE else None
    except InvalidOperation:
        price = None
    if price is None or not price.is_finite() or not 0 <= price <= _DEAREST:
        raise _wrong("price", f"is no price of a segment such as 0.05, of up to {_DEAREST}")
    return price


def _wrong(name: str, why: str) -> HttpProblem:
    """Repeats nothing of what was asked."""
    return HttpProblem(400, "The query does not fit", f"{name}: {why}")


_WHAT = (
    Parameter("occasion", "query", "Which notice; ready_for_pickup where none is named"),
    Parameter("language", "query", "Of the texts; en where none is named"),
    Parameter("shop", "query", "In whose name"),
)

SAMPLE_ROUTES = (
    Route(
        "GET",
        PATH,
        get_samples,
        "Any notice in any language with sample data, and what it takes as a text message",
        roles=_STAFF,
        scheme="Basic",
        parameters=(
            *_WHAT,
            Parameter("channel", "query", "Only this one: sms, email or push"),
            Parameter("price", "query", "Of one segment of a text message, such as 0.05"),
        ),
        answers={200: "text/html"},
        problems=(400, 401, 403, 404, 503),
    ),
    Route(
        "GET",
        f"{PATH}/mail",
        get_sample_mail,
        "The mail of a notice with sample data, for a frame",
        roles=_STAFF,
        scheme="Basic",
        parameters=(*_WHAT, Parameter("scheme", "query", "light or dark")),
        answers={200: "text/html"},
        problems=(400, 401, 403, 404, 503),
    ),
)
