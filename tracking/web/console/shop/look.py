"""A notice with sample data in the looks of a shop, also in looks that are not saved yet."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from pydantic import ValidationError

from schemas.notice import Channel, Occasion
from schemas.preview import NoticePreview
from schemas.shop import ShopBrand, ShopSettings
from tracking.store.merchants import Shop
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import SHOP, at, for_shop, shown, sign_of
from tracking.web.console.shop.subjects import Usual
from tracking.web.deps import DEPS, Deps, Preview
from tracking.web.mail import mail_response
from tracking.web.problem import not_found
from tracking.words.language import LAST_RESORT, SUPPORTED

_SAMPLE: Final = Occasion.READY_FOR_PICKUP
_LOOKS: Final = ("name", "colour", "logo")


def usual_of(deps: Deps) -> Usual:
    """Raises a 404 problem where nobody words notices here."""
    if deps.preview is None:
        raise not_found()
    noon = deps.now().replace(hour=12, minute=0, second=0, microsecond=0)
    return _usual(deps.preview, noon)  # type: ignore[arg-type]  # functions can be hashed


@lru_cache(maxsize=1)
def _usual(preview: Preview, noon: datetime) -> Mapping[Occasion, tuple[Channel, ...]]:
    return {each: preview(each, LAST_RESORT, noon).channels for each in Occasion}


def sample(deps: Deps, shop: Shop, settings: ShopSettings, language: str) -> NoticePreview | None:
    """None where nobody words notices here, or nothing of its name can be shown."""
    if deps.preview is None:
        return None
    try:
        return deps.preview(_SAMPLE, language, deps.now(), shop=shop.name, settings=settings)
    except ValueError:
        return None


def preview_of(
    request: web.Request, shop: Shop, settings: ShopSettings, language: str
) -> dict[str, Any] | None:
    """What the page shows: the text message, and where the mail is."""
    found = sample(request.app[DEPS], shop, settings, language)
    if found is None:
        return None
    looks = {**settings.brand.model_dump(exclude_none=True), "language": language}
    query = urlencode({**looks, "seen": _sign(request, looks)})
    return {
        "sms": found.sms.text,
        "segments": found.sms.segments,
        "subject": found.email.subject,
        "sender": found.email.sender,
        "mail": f"{at(shop, Part.SETTINGS)}/mail?{query}",
        "language": SUPPORTED[language],
    }


async def get_mail(request: web.Request, shop: Shop) -> web.Response:
    """In a frame that can do nothing; the looks that are asked for take the place of the kept."""
    query = request.query
    asked = {name: query[name] for name in (*_LOOKS, "language") if query.get(name)}
    if query.get("seen") != _sign(request, asked):
        raise not_found()  # nobody's link shows a picture of their own here
    language = asked.pop("language", LAST_RESORT)
    try:
        brand = ShopBrand(**asked)
    except ValidationError:
        raise not_found() from None
    settings = shop.settings.model_copy(update={"brand": brand})
    found = sample(request.app[DEPS], shop, settings, language)
    if found is None:
        raise not_found()
    return mail_response(found.email.html, None, brand.logo)


def _sign(request: web.Request, looks: Mapping[str, str]) -> str:
    return sign_of(request, "looks", json.dumps(looks, sort_keys=True))


LOOK_ROUTES: Final = (
    shown(
        f"{SHOP}/{Part.SETTINGS}/mail",
        for_shop(Part.SETTINGS, get_mail),
        "The mail of a notice with sample data, for a frame",
    ),
)
