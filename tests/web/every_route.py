"""Every route of the router: what is sent to it so that it is understood, and who may.

Who adds a route adds it here, and what its path's parts are of a shop in two_shops.py, or says why
that is nobody's.
"""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any
from uuid import uuid4

import aiohttp
from people import PHONE
from staging import event, parcel
from two_shops import NUMBER, ORDER, RULES, Office, Shop, path_of

from schemas.staff import StaffRole
from tracking.web.routing import ROUTES, Route

CALLS = count(1)
PART = re.compile(r"\{(\w+)\}")

# Who may call these is no shop: a carrier, a provider, or who has the link. What a link opens is
# its parcel's, whoever asks; that of one shop shows nothing of another's.
NOBODYS = {"link", "none", "signature", "secret", "key or signature"}
# Of who asks, whoever that is: they have no id, and change nothing but one's own log-in.
OWN = {
    "/support/login",
    "/support/code",
    "/support/password",
    "/support/authenticator",
    "/support/logout",
    "/support/account/sessions",
    "/support/oidc",
    "/support/oidc/callback",
    "/support/{rest:.*}",
}
PARCEL = "/support/parcels/{shipment_id}"
SHOP = "/support/shops/{merchant_id}"
MONEY = {"amount": "1.00", "currency": "EUR"}
WHY = {"why": "the depot said so"}
PERSON = {"of": "parcel", "seen": "{seen}"}
# What the other shop sends to its own, and is understood. A text that is the name of an id in
# braces stands for it; {once} for a new one.
SENT: Mapping[tuple[str, str], Mapping[str, Any] | None] = {
    ("POST", "/v1/events"): event(carrier="dpd", tracking_number=NUMBER),
    ("POST", "/v1/shipments"): parcel(tracking_number=NUMBER, order=ORDER),
    ("POST", "/v1/shipments/{shipment_id}/compensations/{tier}/approve"): None,
    ("POST", "/v1/shipments/{shipment_id}/compensations/{tier}/refuse"): {"why": "no"},
    ("POST", "/v1/shipments/{shipment_id}/cases"): {"topic": "damaged", "text": "It is torn"},
    ("POST", "/v1/bonuses/{code}/redeem"): {"amount": MONEY, "order": ORDER},
    ("PUT", "/v1/settings"): {},
    ("PUT", "/v1/opt-outs"): {"phone": PHONE},
    ("POST", "/v1/search"): {"q": NUMBER},
    ("POST", "/v1/webhooks"): {"url": "https://own.example/more"},
    ("PATCH", "/v1/webhooks/{webhook_id}"): {"types": ["shipment.delivered"]},
    ("DELETE", "/v1/webhooks/{webhook_id}"): None,
    ("POST", "/v1/webhooks/{webhook_id}/rotate"): None,
    ("POST", "/v1/webhooks/{webhook_id}/test"): None,
    ("POST", "/v1/webhooks/{webhook_id}/attempts/{delivery_id}/resend"): None,
    ("POST", "/support/search"): {"q": NUMBER},
    ("POST", f"{PARCEL}/notes"): {"text": "we were here"},
    ("POST", f"{PARCEL}/messages"): {"choice": "{choice}"},
    ("POST", f"{PARCEL}/compensations/{{tier}}/approve"): {},
    ("POST", f"{PARCEL}/compensations/{{tier}}/refuse"): {"why": "no"},
    ("POST", f"{PARCEL}/grants"): {"amount": "1.00", "tier": "{next_tier}", **WHY},
    ("POST", f"{PARCEL}/events"): {"event": "in_transit", "at": "", "id": "{once}", **WHY},
    ("POST", f"{PARCEL}/events/{{key}}/retract"): {"id": "{once}", **WHY},
    ("POST", f"{PARCEL}/link"): {"revoke": "1"},
    ("POST", f"{PARCEL}/recipient"): {
        "name": "Mallory", "country": "LV", "seen": "{seen}", "nobody": "on",
    },
    ("POST", f"{PARCEL}/person/export"): PERSON,
    ("POST", f"{PARCEL}/person/erase"): {
        **PERSON, "typed": "{number}", "under_way": "1", "bonus": "1",
    },
    ("POST", f"{PARCEL}/cases"): {"topic": "damaged", "text": "It is wet", "id": "{once}"},
    ("POST", f"{PARCEL}/cases/{{case_id}}/reply"): {
        "text": "We send another", "seen": "{said}", "id": "{once}",
    },
    ("POST", f"{PARCEL}/cases/{{case_id}}/solve"): {"seen": "{said}"},
    ("POST", f"{PARCEL}/cases/{{case_id}}/reopen"): {"seen": "{said}"},
    ("POST", f"{PARCEL}/cases/{{case_id}}/assign"): {"to": "", "word": "look", "id": "{once}"},
    ("POST", "/support/texts"): {
        "shop": "{merchant_id}", "language": "lv", "kind": "help", "topic": "where_is_it",
        "title": "Where", "text": "Above",
    },
    ("POST", f"{SHOP}/settings"): {
        "subject": "quiet", "starts": "19:00", "ends": "09:00", "seen": "{quiet}",
    },
    ("POST", f"{SHOP}/policies"): {"do": "load", "text": RULES, "seen": "{rules}"},
    ("POST", f"{SHOP}/registrations"): {
        "do": "register", "text": "{table}", "carrier": "omniva", "seen": "{looked}",
    },
    ("POST", f"{SHOP}/webhooks"): {"url": "https://own.example/console", "once": "{once}"},
    ("POST", f"{SHOP}/webhooks/{{webhook_id}}"): {"do": "types", "shipment.delivered": "on"},
    ("POST", f"{SHOP}/keys"): {"once": "{once}"},
    ("POST", "/support/keys"): {"role": "courier", "name": "x", "carrier": "dpd", "once": "{once}"},
    ("POST", "/support/quarantine"): {"do": "retry"},
    ("POST", "/support/quarantine/{quarantine_id}"): {"do": "open"},
}  # fmt: skip
ASKED = {
    "/v1/shipments": f"?carrier=omniva&tracking_number={NUMBER}",
    "/v1/search": f"?q={NUMBER}",
    f"{SHOP}/settings/mail": "?{mail}",
}
# Of their own shop, too, only leads and admins: 403 to support.
FOR_LEADS = {
    f"{PARCEL}/compensations/{{tier}}/approve",
    f"{PARCEL}/compensations/{{tier}}/refuse",
    f"{PARCEL}/events",
    f"{PARCEL}/events/{{key}}/retract",
    "/support/texts",
    "/support/measures",
    "/support/measures.csv",
    "/support/shops",
    f"{SHOP}/settings",
    f"{SHOP}/settings/mail",
    f"{SHOP}/policies",
    f"{SHOP}/registrations",
}
# Of their own shop, too, only admins.
FOR_ADMINS = {
    f"{PARCEL}/person",
    f"{PARCEL}/person/export",
    f"{PARCEL}/person/erase",
    f"{SHOP}/webhooks",
    f"{SHOP}/webhooks/{{webhook_id}}",
    f"{SHOP}/keys",
}
# Of no shop: only admins who see all of them.
FOR_OPERATORS = {
    "/support/keys",
    "/support/quarantine",
    "/support/quarantine/{quarantine_id}",
}
_LAST = ("refuse", "erase")


def walled(world) -> list[Route]:
    """The routes that ask who it is, those that take away last."""
    found = [each for each in world.app[ROUTES] if each.access not in NOBODYS]
    found = [each for each in found if each.path not in OWN]
    return sorted(
        found,
        key=lambda each: (
            each.method == "DELETE",
            *(each.path.endswith(end) for end in reversed(_LAST)),
        ),
    )


def office_of(shop: Shop, route: Route) -> Office:
    """Who of the shop may call it; of what is no shop's, an operator's admin."""
    if route.path in FOR_OPERATORS:
        assert shop.operator
        return shop.operator
    return shop.offices[StaffRole.ADMIN if route.path in FOR_ADMINS else StaffRole.LEAD]


def caller(shop: Shop, route: Route) -> tuple[dict[str, str], str]:
    """Headers of who of the shop may call it, and the token of their forms."""
    if route.access != "session":
        return shop.key, ""
    office = office_of(shop, route)
    return office.cookie, office.form


async def sends(world, route, ids, who, form=""):
    """Somebody calls it. `form`: the token of their session, where it is a page."""
    headers = {**who, "Idempotency-Key": f"walk-{next(CALLS)}"}
    path = asked_of(route, ids)
    if route.method == "GET" and not route.timed:
        async with world.http.get(world.url + path, headers=headers, allow_redirects=False) as line:
            text = await line.text() if line.status != 200 else ""
            return line.status, text, line.headers
    options = _body(route, ids, form)
    answer = await world.call(route.method, path, headers=headers, **options)
    return answer.status, answer.text, answer.headers


def asked_of(route: Route, ids: Mapping[str, str]) -> str:
    """Its address, with what is asked for."""
    asked = ASKED.get(route.path, "") if route.method == "GET" else ""
    return path_of(route, ids) + _filled(asked, ids)


def _body(route: Route, ids: Mapping[str, str], form: str) -> dict[str, Any]:
    key = (route.method, route.path)
    if route.method in {"GET", "HEAD"}:
        return {}
    assert key in SENT, f"say what is sent to {key}"
    sent = SENT[key]
    body = sent and {
        name: _filled(value, ids) if isinstance(value, str) else value
        for name, value in sent.items()
    }
    if form:
        body = {**(body or {}), "form": form}
    if body is None:
        return {}
    if route.media == ("multipart/form-data",):
        parts = aiohttp.FormData(default_to_multipart=True)
        for name, value in body.items():
            parts.add_field(name, value)
        return {"data": parts}
    return {"data" if route.access == "session" else "json": body}


def _filled(text: str, ids: Mapping[str, str]) -> str:
    """A name in braces is an id; where this shop has none, the text stays."""
    given = {"once": str(uuid4()), **ids}
    return PART.sub(lambda part: given.get(part[1], part[0]), text)


async def rows_of(world, shop):
    """Everything in the database that names the shop or its parcel, apart from who asked when."""
    names = await world.pool.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    ids = {shop.ids[name] for name in ("shipment_id", "webhook_id", "case_id", "quarantine_id")}
    found = {}
    for (name,) in names:
        if name not in {"api_key", "audit", "staff_session"}:
            rows = await world.pool.fetch(f'SELECT t::text FROM "{name}" AS t')
            of_shop = {str(shop.merchant), *ids}
            found[name] = sorted(row[0] for row in rows if any(each in row[0] for each in of_shop))
    return found
