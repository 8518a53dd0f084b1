"""Somebody of one shop walks every route with the ids of another: 404 or 403, and not a word.

The routes are those of the application's router. Who adds one adds here what is sent to it, and
what its path's parts are of the other shop (tests/web/two_shops.py), or says why that is nobody's.
"""

import re
from itertools import count
from uuid import UUID

import aiohttp
import pytest
from staging import event, parcel
from test_console_policies import POLICY
from two_shops import (
    NAME,
    NUMBER,
    ORDER,
    PHONE,
    given_away,
    path_of,
    two_shops,
)

from schemas.staff import StaffRole
from tracking.keys import Role
from tracking.web.console.shop.routes import SHOP_ROUTES
from tracking.web.routing import ROUTES

CALLS = count(1)
PARTS = re.compile(r"\{(\w+)\}")

# Who may call these is no shop: a carrier, a provider, or who has the link. What a link opens is
# its parcel's, whoever asks; that of one shop shows nothing of another's (below).
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
}
FORM = "00000000-0000-4000-8000-000000000077"
ONCE = "01900000-0000-7000-8000-000000000000"
MONEY = {"amount": "1.00", "currency": "EUR"}
# What the other shop sends to its own, and is understood.
SENT = {
    ("POST", "/v1/events"): event(carrier="dpd", tracking_number=NUMBER),
    ("POST", "/v1/shipments"): parcel(tracking_number=NUMBER, order=ORDER),
    ("POST", "/v1/shipments/{shipment_id}/compensations/{tier}/approve"): None,
    ("POST", "/v1/shipments/{shipment_id}/compensations/{tier}/refuse"): {"why": "no"},
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
    ("POST", "/v1/shipments/{shipment_id}/cases"): {"topic": "damaged", "text": "It is broken"},
    ("POST", "/support/parcels/{shipment_id}/cases"): {"topic": "pickup", "text": "x", "id": FORM},
    ("POST", "/support/parcels/{shipment_id}/cases/{case_id}/reply"): {
        "text": "x",
        "seen": "1",
        "id": FORM,
    },
    ("POST", "/support/parcels/{shipment_id}/cases/{case_id}/solve"): {},
    ("POST", "/support/parcels/{shipment_id}/cases/{case_id}/reopen"): {},
    ("POST", "/support/parcels/{shipment_id}/cases/{case_id}/assign"): {"word": "x", "id": FORM},
    ("POST", "/support/texts"): {"kind": "help", "topic": "damaged", "language": "lv"},
    ("POST", "/support/search"): {"q": NUMBER},
    ("POST", "/support/parcels/{shipment_id}/notes"): {"text": "we were here"},
    ("POST", "/support/parcels/{shipment_id}/compensations/{tier}/approve"): {},
    ("POST", "/support/parcels/{shipment_id}/compensations/{tier}/refuse"): {"why": "no"},
    ("POST", "/support/parcels/{shipment_id}/messages"): {
        "choice": "00000000-0000-0000-0000-000000000000"
    },
    ("POST", "/support/parcels/{shipment_id}/grants"): {
        "amount": "1.00",
        "why": "x",
        "tier": "1000",
    },
    ("POST", "/support/parcels/{shipment_id}/events"): {
        "event": "delivered",
        "why": "x",
    },
    ("POST", "/support/parcels/{shipment_id}/events/{key}/retract"): {
        "why": "x",
    },
    ("POST", "/support/shops/{merchant_id}/settings"): {"subject": "quiet", "starts": "21:00"},
    ("POST", "/support/shops/{merchant_id}/policies"): {"do": "try", "text": POLICY},
    ("POST", "/support/shops/{merchant_id}/registrations"): {"text": f"tracking_number\n{NUMBER}"},
    ("POST", "/support/shops/{merchant_id}/webhooks"): {"url": "https://own.example", "once": ONCE},
    ("POST", "/support/shops/{merchant_id}/webhooks/{webhook_id}"): {"do": "test"},
    ("POST", "/support/shops/{merchant_id}/keys"): {"do": "make", "once": ONCE},
    ("POST", "/support/keys"): {"do": "make", "name": "x", "once": ONCE},
    ("POST", "/support/quarantine"): {"do": "retry"},
    ("POST", "/support/quarantine/{quarantine_id}"): {"do": "retry"},
    ("POST", "/support/parcels/{shipment_id}/person/export"): {},
    ("POST", "/support/parcels/{shipment_id}/person/erase"): {},
    ("POST", "/support/parcels/{shipment_id}/link"): {"revoke": "1"},
    ("POST", "/support/parcels/{shipment_id}/recipient"): {"name": "Mallory", "country": "LV"},
}
ASKED = {"/v1/shipments": f"?carrier=omniva&tracking_number={NUMBER}", "/v1/search": f"?q={NUMBER}"}
# Of their own shop, too, only leads and admins: 403 to support.
FOR_LEADS = {
    "/support/parcels/{shipment_id}/compensations/{tier}/approve",
    "/support/parcels/{shipment_id}/compensations/{tier}/refuse",
    "/support/texts",
    "/support/parcels/{shipment_id}/events",
    "/support/parcels/{shipment_id}/events/{key}/retract",
    "/support/measures",
    "/support/measures.csv",
    "/support/parcels/{shipment_id}/person",
    "/support/parcels/{shipment_id}/person/export",
    "/support/parcels/{shipment_id}/person/erase",
    "/support/shops",
    *(each.path for each in SHOP_ROUTES),
}
# Of these only admins; of OF_ALL only those of all shops, and a mail only in the page's own frame.
FOR_ADMINS = ("/keys", "/webhooks", "/person")
OF_ALL = ("/support/keys", "/support/quarantine")


@pytest.fixture
async def shops(world):
    return await two_shops(world)


def walled(world):
    """The routes that ask who it is, those that take away last."""
    found = [each for each in world.app[ROUTES] if each.access not in NOBODYS]
    found = [each for each in found if each.path not in OWN]
    return sorted(found, key=lambda each: (each.method == "DELETE", "refuse" in each.path))


async def sends(world, route, ids, who, form=""):
    """Somebody calls it. `form`: the token of their session, where it is a page."""
    options, key = {}, (route.method, route.path)
    headers = {**who, "Idempotency-Key": f"walk-{next(CALLS)}"}
    if route.method not in {"GET", "HEAD"}:
        assert key in SENT, f"say what is sent to {key}"
        name = "data" if route.access == "session" else "json"
        body = {**(SENT[key] or {}), "form": form} if form else SENT[key]
        options = {name: body} if body is not None else {}
        if "multipart/form-data" in route.media:
            options = {name: aiohttp.FormData(body or {}, default_to_multipart=True)}
    path = path_of(route, ids) + (ASKED.get(route.path, "") if route.method == "GET" else "")
    if not route.timed and route.method == "GET":
        async with world.http.get(world.url + path, headers=headers, allow_redirects=False) as line:
            text = await line.text() if line.status != 200 else ""
            return line.status, text, line.headers
    answer = await world.call(route.method, path, headers=headers, **options)
    return answer.status, answer.text, answer.headers


async def rows_of(world, shop):
    """Everything in the database that names the shop or its parcel, apart from who asked when."""
    names = await world.pool.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    found = {}
    for (name,) in names:
        if name not in {"api_key", "audit", "staff_session"}:
            rows = await world.pool.fetch(f'SELECT t::text FROM "{name}" AS t')
            of_shop = (str(shop.merchant), shop.ids["shipment_id"], shop.ids["webhook_id"])
            found[name] = sorted(row[0] for row in rows if any(each in row[0] for each in of_shop))
    return found


async def test_the_walk_knows_every_route_of_the_router(world):
    """None is served beside the table, and none in it is without a class."""
    served = {
        (each.method, each.resource.canonical)
        for each in world.app.router.routes()
        if each.method != "HEAD"
    }
    assert served == {(each.method, each.path) for each in world.app[ROUTES]}
    walk = walled(world)
    assert len(walk) > 30
    written = {(each.method, each.path) for each in walk if each.method != "GET"}
    assert written == set(SENT)
    assert {each.path for each in world.app[ROUTES]} >= OWN


async def test_with_the_ids_of_another_shop_there_is_nothing_and_nothing_happens(world, shops):
    ours, theirs = shops
    before = await rows_of(world, theirs)
    assert all(before[name] for name in ("registration", "compensation", "webhook", "public_link"))
    walked = 0
    for route in [each for each in walled(world) if "{" in each.path]:
        people = [(ours.key, "")]
        if route.access == "session":
            people = [(each.cookie, each.form) for each in ours.offices.values()]
        for who, form in people:
            status, text, headers = await sends(world, route, theirs.ids, who, form)
            said = (route.method, route.path, status)
            if route.path.endswith("{form}"):  # back to the page, which is none
                assert headers["Location"].startswith("/support/parcels/"), said
                continue
            assert status in {403, 404}, said
            assert given_away(text, theirs) == [], said
            walked += 1
    assert walked > 25
    assert await rows_of(world, theirs) == before


async def test_an_id_written_otherwise_is_no_way_round(world, shops):
    ours, theirs = shops
    id_ = UUID(theirs.ids["shipment_id"])
    forms = (
        str(id_).upper(),
        id_.hex,
        f"urn:uuid:{id_}",
        f"{{{id_}}}",
        f"{id_}%00",
        f"{ours.ids['shipment_id']}%2F..%2F{id_}",
        f"{id_}/",
    )
    lead = ours.offices[StaffRole.LEAD]
    for written in forms:
        for path in ("/v1/shipments/", "/support/parcels/"):
            who = lead.cookie if "support" in path else ours.key
            for below in ("", "/notices", "/compensations", "/stream"):
                answer = await world.call("GET", f"{path}{written}{below}", headers=who)
                assert answer.status in {303, 404}, (path, written, below)
                assert given_away(answer.text, theirs) in ([], [str(id_)]), (path, written)


async def test_what_asks_for_no_id_shows_nothing_of_another_shop(world, shops):
    ours, theirs = shops
    for route in [each for each in walled(world) if "{" not in each.path]:
        people = [(ours.key, "")]
        if route.access == "session":
            people = [(each.cookie, each.form) for each in ours.offices.values()]
        for who, form in people:
            status, text, _ = await sends(world, route, {}, who, form)
            assert status < 500
            typed = [NUMBER] if route.path == "/support/search" else []  # it stands in the box
            assert given_away(text, theirs) in ([], typed), (route.method, route.path)
    for typed in (NAME, PHONE, ORDER, "janis@example.lv", "LV-1010", theirs.ids["token"]):
        office = ours.offices[StaffRole.ADMIN]
        form = {"form": office.form, "q": typed}
        found = await world.call("POST", "/support/search", headers=office.cookie, data=form)
        assert "/support/parcels/" not in found.text, typed


async def test_a_link_of_one_shop_shows_nothing_of_another(world, shops):
    ours, theirs = shops
    for route in [each for each in world.app[ROUTES] if each.access == "link"]:
        if route.method == "GET" and route.timed and set(PARTS.findall(route.path)) == {"token"}:
            if route.path.startswith("/stop/"):
                continue  # its token is of an address
            answer = await world.call("GET", path_of(route, ours.ids))
            assert answer.status in {200, 303}, route.path
            assert given_away(answer.text, theirs) == [], route.path


async def test_who_is_nobody_or_something_else_gets_nowhere(world, shops):
    """No key, the key of a carrier, a session where a key is asked for, and the other way round."""
    ours, theirs = shops
    carrier = await world.key("courier", carrier="dpd")
    admin = ours.offices[StaffRole.ADMIN]
    for route in walled(world):
        is_page = route.access == "session"
        for who in ({}, carrier, admin.cookie if not is_page else ours.key):
            if who is carrier and Role.COURIER in route.roles:
                continue
            status, text, headers = await sends(world, route, theirs.ids, who)
            said = (route.method, route.path, status)
            if is_page:
                assert (status, headers["Location"]) == (303, "/support/login"), said
            else:
                assert status == (403 if who is carrier else 401), said
            assert given_away(text, theirs) == [], said


async def test_support_does_nothing_that_is_for_leads(world, shops):
    """Of their own shop's parcel: the roles differ where the table says, and nowhere else."""
    ours, _ = shops
    support = ours.offices[StaffRole.SUPPORT]
    refused = set()
    for route in [each for each in walled(world) if each.access == "session"]:
        status, _, _ = await sends(world, route, ours.ids, support.cookie, support.form)
        assert status != 404, (route.method, route.path)
        if status == 403:
            refused.add(route.path)
    assert refused == FOR_LEADS


async def test_the_other_shop_itself_comes_in_everywhere(world, shops):
    """So what was refused above was refused for whose it is, not for how it was asked."""
    _, theirs = shops
    for route in [each for each in walled(world) if "{" in each.path]:
        if route.path.startswith(OF_ALL) or route.path.endswith("/settings/mail"):
            continue
        is_admins = any(each in route.path for each in FOR_ADMINS)
        office = theirs.offices[StaffRole.ADMIN if is_admins else StaffRole.LEAD]
        who, form = (office.cookie, office.form) if route.access == "session" else (theirs.key, "")
        status, _, _ = await sends(world, route, theirs.ids, who, form)
        assert status < 500
        assert status not in {400, 401, 403, 404, 422}, (route.method, route.path, status)
