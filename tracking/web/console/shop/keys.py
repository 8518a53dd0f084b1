"""API keys in the console: those of a shop, and those of couriers and support."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from schemas.base import clean_text
from schemas.scan import CarrierCode
from schemas.staff import Action
from tracking.carriers.klat import HOME_ZONE
from tracking.keys import Role, shown_prefix
from tracking.staff.audit import DoneAlready
from tracking.store.keys import Keys, ListedKey, NoSuchKey
from tracking.store.merchants import Shop
from tracking.web.console.frame import language_of, page, words_for
from tracking.web.console.guard import HOME, Form, read_form, to
from tracking.web.console.rights import Part
from tracking.web.console.shop.door import (
    DONE_ALREADY,
    SHOP,
    at,
    deed,
    for_operators,
    for_shop,
    form,
    new_once,
    once_of,
    shop_page,
    shown,
)
from tracking.web.deps import DEPS
from tracking.web.problem import not_found
from tracking.words.catalog import N_, Words, words_of
from tracking.words.dates import Calendar

KEYS: Final = f"{HOME}/keys"
_MOST: Final = 200
_LONGEST_NAME: Final = 200
_ROLES: Final[Mapping[Role, str]] = {
    Role.MERCHANT: N_("shop"),
    Role.COURIER: N_("courier"),
    Role.SUPPORT: N_("support"),
}
_CARRIER: TypeAdapter[str] = TypeAdapter(CarrierCode)
_NO_NAME: Final = N_("Whose key it is: 1 to 200 characters.")
_NO_CARRIER: Final = N_("A courier's key needs the code of its carrier, such as omniva.")
_NO_KEY: Final = N_("This key is ended already.")


async def get_shop_keys(request: web.Request, shop: Shop) -> web.StreamResponse:
    return await _show(request, shop)


async def get_operator_keys(request: web.Request) -> web.StreamResponse:
    return await _show(request, None)


async def post_shop_keys(request: web.Request, shop: Shop) -> web.StreamResponse:
    """Make one for the shop, or end one of the shop's."""
    sent = await read_form(request)
    if sent.get("do") == "revoke":
        return await _revoke(request, shop, sent)
    return await _make(request, shop, sent, Role.MERCHANT, shop.name)


async def post_operator_keys(request: web.Request) -> web.StreamResponse:
    sent = await read_form(request)
    if sent.get("do") == "revoke":
        return await _revoke(request, None, sent)
    role = Role.COURIER if sent.get("role") == Role.COURIER else Role.SUPPORT
    name, carrier = clean_text(sent.get("name", "")), sent.get("carrier", "").strip()
    if not 0 < len(name) <= _LONGEST_NAME:
        return await _show(request, None, 422, typed=sent, wrong={"name": _NO_NAME})
    if role is Role.COURIER and not _is_carrier(carrier):
        return await _show(request, None, 422, typed=sent, wrong={"carrier": _NO_CARRIER})
    return await _make(request, None, sent, role, name, carrier if role is Role.COURIER else None)


def _is_carrier(code: str) -> bool:
    try:
        _CARRIER.validate_python(code)
    except ValidationError:
        return False
    return True


async def _make(
    request: web.Request,
    shop: Shop | None,
    sent: Form,
    role: Role,
    name: str,
    carrier: str | None = None,
) -> web.StreamResponse:
    deps = request.app[DEPS]
    merchant_id = shop.merchant_id if shop else None
    what = f"{role}: {carrier or name}"
    noting = deed(request, Action.KEY_MADE, merchant_id, once_of(sent), what=what)
    try:
        key = await Keys(deps.pool).create(
            role, name, now=deps.now(), carrier=carrier, noting=noting
        )
    except DoneAlready:
        return await _show(request, shop, 409, problem=DONE_ALREADY)
    return await _show(request, shop, key=key)


async def _revoke(request: web.Request, shop: Shop | None, sent: Form) -> web.StreamResponse:
    deps, merchant_id = request.app[DEPS], shop.merchant_id if shop else None
    noting = deed(request, Action.KEY_REVOKED, merchant_id, what=sent.get("key", "")[:36])
    try:
        key_id = UUID(sent.get("key", ""))
        await Keys(deps.pool).revoke_key_of(merchant_id, key_id, noting, now=deps.now())
    except ValueError:
        raise not_found() from None
    except NoSuchKey:
        return await _show(request, shop, 409, problem=_NO_KEY)
    return to(f"{at(shop, Part.KEYS) if shop else KEYS}?done")


async def _show(
    request: web.Request,
    shop: Shop | None,
    status: int = 200,
    *,
    key: str | None = None,
    problem: str | None = None,
    typed: Form | None = None,
    wrong: Mapping[str, str] | None = None,
) -> web.Response:
    """`key`: a new one, shown this once."""
    words, deps = words_for(request), request.app[DEPS]
    found = await Keys(deps.pool).keys_of(shop.merchant_id if shop else None, _MOST)
    calendar = Calendar(words_of(language_of(request)), HOME_ZONE, deps.now())
    values: dict[str, Any] = {
        "key": key,
        "made": shown_prefix(key) if key else None,
        "problem": words.gettext(problem) if problem else None,
        "keys": [_shown(each, words, calendar) for each in found],
    }
    if shop is not None:
        return shop_page(request, shop, Part.KEYS, "keys", status, **values)
    return page(
        request,
        "shop/operator_keys",
        status,
        here=KEYS,
        once=new_once(request),
        done="done" in request.query,
        typed={name: (typed or {}).get(name, "") for name in ("name", "role", "carrier")},
        wrong={
            name: words.gettext(wrong[name]) if name in (wrong or {}) and wrong else None
            for name in ("name", "carrier")
        },
        roles=[(each.value, words.gettext(_ROLES[each])) for each in (Role.SUPPORT, Role.COURIER)],
        **values,
    )


def _shown(each: ListedKey, words: Words, calendar: Calendar) -> dict[str, Any]:
    return {
        "id": each.key_id,
        "prefix": each.prefix,
        "role": words.gettext(_ROLES[each.role]),
        "name": each.carrier or each.name,
        "made": calendar.on(each.created_at),
        "used": calendar.on(each.last_used_at) if each.last_used_at else None,
        "ended": calendar.on(each.revoked_at) if each.revoked_at else None,
    }


KEY_PAGES: Final = (
    shown(f"{SHOP}/{Part.KEYS}", for_shop(Part.KEYS, get_shop_keys), "A shop's keys"),
    form(f"{SHOP}/{Part.KEYS}", for_shop(Part.KEYS, post_shop_keys), "Make or end a shop's key"),
    shown(KEYS, for_operators(Part.OPERATOR_KEYS, get_operator_keys), "Keys of no shop"),
    form(
        KEYS, for_operators(Part.OPERATOR_KEYS, post_operator_keys), "Make or end a key of no shop"
    ),
)
