"""Somebody of one shop walks every route with the ids of another: 404 or 403, and not a word.

The routes are those of the application's router; what is sent to each stands in every_route.py.
"""

from uuid import UUID, uuid4

import pytest
from every_route import (
    ASKED,
    FOR_ADMINS,
    FOR_LEADS,
    FOR_OPERATORS,
    OWN,
    PARCEL,
    PART,
    SENT,
    SHOP,
    caller,
    rows_of,
    sends,
    walled,
)
from two_shops import (
    NAME,
    NUMBER,
    ORDER,
    PHONE,
    given_away,
    looks_around,
    path_of,
    two_shops,
)

from schemas.staff import StaffRole
from tracking.keys import Role
from tracking.web.routing import ROUTES


@pytest.fixture
async def shops(world):
    return await two_shops(world)


def people_of(shop, route):
    """All who could call it for the shop: headers, and the token of their forms."""
    if route.access != "session":
        return [(shop.key, "")]
    return [(each.cookie, each.form) for each in shop.offices.values()]


async def noted(world, shop):
    """The lines about it in the audit log."""
    query = "SELECT count(*) FROM audit WHERE shipment_id = $1 OR merchant_id = $2"
    return await world.pool.fetchval(query, shop.ids["shipment_id"], shop.merchant)


async def test_the_walk_knows_every_route_of_the_router(world):
    """None is served beside the table, and none in it is without a class."""
    served = {
        (each.method, each.resource.canonical)
        for each in world.app.router.routes()
        if each.method != "HEAD"
    }
    told = {(each.method, each.path.replace(":.*}", "}")) for each in world.app[ROUTES]}
    assert served == told
    walk = walled(world)
    assert len(walk) > 75
    written = {(each.method, each.path) for each in walk if each.method != "GET"}
    assert written == set(SENT)
    paths = {each.path for each in world.app[ROUTES]}
    assert paths >= OWN | FOR_LEADS | FOR_ADMINS | FOR_OPERATORS | set(ASKED)


async def test_with_the_ids_of_another_shop_there_is_nothing_and_nothing_happens(world, shops):
    ours, theirs = shops
    before = await rows_of(world, theirs)
    held = {"registration", "compensation", "webhook", "public_link", "case_message", "quarantine"}
    assert all(before[name] for name in {*held, "support_case", "support_text", "staff_note"})
    lines, walked = await noted(world, theirs), 0
    for route in [each for each in walled(world) if "{" in each.path]:
        people = people_of(ours, route)
        for who, form in people:
            status, text, headers = await sends(world, route, theirs.ids, who, form)
            said = (route.method, route.path, status)
            if route.path.endswith("{form}"):  # back to the page, which is none
                assert headers["Location"].startswith("/support/parcels/"), said
                continue
            assert status in {403, 404}, said
            assert given_away(text, theirs) == [], said
            walked += 1
    assert walked > 100
    assert await rows_of(world, theirs) == before
    assert await noted(world, theirs) == lines


# Of what is a shop's or a parcel's, by its own id below that of whose it is.
BELOW = ("webhook_id", "delivery_id", "case_id", "key")


async def test_what_is_another_shops_is_not_found_below_ones_own(world, shops):
    ours, theirs = shops
    before, lines, walked = await rows_of(world, theirs), await noted(world, theirs), 0
    for route in [each for each in walled(world) if not each.path.endswith("{form}")]:
        parts = PART.findall(route.path)
        for part in set(parts[1:]) & set(BELOW):
            ids = {**ours.ids, part: theirs.ids[part]}
            for who, form in people_of(ours, route):
                status, text, _ = await sends(world, route, ids, who, form)
                assert status in {403, 404}, (route.method, route.path, part, status)
                assert given_away(text, theirs) == [], (route.method, route.path, part)
                walked += status == 404
    assert walked > 15
    assert await rows_of(world, theirs) == before
    assert await noted(world, theirs) == lines


async def test_what_is_another_shops_is_named_in_no_form(world, shops):
    """Nor in an address: what it names is not there, for an admin either."""
    ours, theirs = shops
    admin, other = ours.offices[StaffRole.ADMIN], theirs.offices[StaffRole.LEAD]
    key_id = await world.pool.fetchval(
        "SELECT key_id::text FROM api_key WHERE merchant_id = $1", theirs.merchant
    )
    before, lines = await rows_of(world, theirs), await noted(world, theirs)
    text = SENT["POST", "/support/texts"]
    for path, status, sent in (
        ("/support/texts", 404, {**text, "shop": str(theirs.merchant)}),
        (f"{SHOP}/keys", 409, {"do": "revoke", "key": key_id}),
        (
            f"{SHOP}/webhooks/{{webhook_id}}",
            404,
            {"do": "resend", "delivery": theirs.ids["delivery_id"]},
        ),
        (f"{PARCEL}/messages", 409, {"choice": theirs.ids["choice"]}),
        (
            f"{PARCEL}/cases/{{case_id}}/assign",
            400,
            {"to": str(other.staff.staff_id), "id": str(uuid4())},
        ),
    ):
        where = PART.sub(lambda part: ours.ids[part[1]], path)
        form = {**sent, "form": admin.form}
        answer = await world.call("POST", where, headers=admin.cookie, data=form)
        assert answer.status == status, path
        assert given_away(answer.text, theirs) == [], path
    for path in ("/support/texts", "/support/measures", "/support/measures.csv", "/support/cases"):
        for office in ours.offices.values():
            where = f"{path}?shop={theirs.merchant}&tab=all"
            answer = await world.call("GET", where, headers=office.cookie)
            is_list = path.endswith("cases")  # an empty one, with what was asked for
            assert answer.status in ({200} if is_list else {403, 404}), path
            typed = [str(theirs.merchant)] if is_list else []
            assert given_away(answer.text, theirs) == typed, path
            assert "/support/parcels/" not in answer.text, path
    for path in ("/v1/measures", "/v1/measures.csv"):
        where = f"{path}?shop={theirs.merchant}"
        answer = await world.call("GET", where, headers=ours.key)
        assert given_away(answer.text, theirs) == [], path
    assert await rows_of(world, theirs) == before
    assert await noted(world, theirs) == lines
    revoked = "SELECT revoked_at FROM api_key WHERE key_id = $1"
    assert await world.pool.fetchval(revoked, key_id) is None


def otherwise(id_, own):
    return (
        str(id_).upper(),
        id_.hex,
        f"urn:uuid:{id_}",
        f"{{{id_}}}",
        f"{id_}%00",
        f"{own}%2F..%2F{id_}",
        f"{id_}/",
    )


BESIDE = ("/notices", "/compensations", "/cases", "/stream", "/person", "/scans/x")


async def test_an_id_written_otherwise_is_no_way_round(world, shops):
    ours, theirs = shops
    id_ = UUID(theirs.ids["shipment_id"])
    lead = ours.offices[StaffRole.LEAD]
    for written in otherwise(id_, ours.ids["shipment_id"]):
        for path in ("/v1/shipments/", "/support/parcels/"):
            who = lead.cookie if "support" in path else ours.key
            for below in ("", *BESIDE):
                answer = await world.call("GET", f"{path}{written}{below}", headers=who)
                assert answer.status in {303, 404}, (path, written, below)
                assert given_away(answer.text, theirs) in ([], [str(id_)]), (path, written)


async def test_the_way_back_from_a_form_leads_to_a_parcel_and_nowhere_else(world, shops):
    """Or to its person. Of what is no id there is none; the language asked for comes along."""
    ours, _ = shops
    support, own = ours.offices[StaffRole.SUPPORT], ours.ids["shipment_id"]
    ways = [each for each in walled(world) if each.path.endswith("{form}")]
    assert len(ways) == 5
    for route in ways:
        for written in ("..%2F..%2Fstatic", "%2F%2Fevil.example", "x%0D%0ASet-Cookie:%20a=b", "x"):
            path = path_of(route, {**ours.ids, "shipment_id": "0"}).replace(
                "/0/", f"/{written}/", 1
            )
            answer = await world.call("GET", path, headers=support.cookie)
            assert (answer.status, "Location" in answer.headers) == (404, False), path
        path = f"{path_of(route, ours.ids)}?lang=lv"
        answer = await world.call("GET", path, headers=support.cookie)
        page = "/person" if "/person/" in path else ""
        assert answer.headers["Location"] == f"/support/parcels/{own}{page}?lang=lv", path


async def test_the_id_of_a_shop_written_otherwise_is_no_way_round(world, shops):
    ours, theirs = shops
    admin = ours.offices[StaffRole.ADMIN]
    for written in otherwise(theirs.merchant, str(ours.merchant)):
        for part in ("settings", "policies", "registrations", "webhooks", "keys"):
            path = f"/support/shops/{written}/{part}"
            answer = await world.call("GET", path, headers=admin.cookie)
            assert answer.status == 404, path
            assert given_away(answer.text, theirs) in ([], [str(theirs.merchant)]), path


async def test_what_asks_for_no_id_shows_nothing_of_another_shop(world, shops):
    ours, theirs = shops
    assert len(walled(world)) > 75
    for route in [each for each in walled(world) if "{" not in each.path]:
        people = people_of(ours, route)
        for who, form in people:
            status, text, _ = await sends(world, route, ours.ids, who, form)
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
        if route.method == "GET" and route.timed and set(PART.findall(route.path)) == {"token"}:
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


# What a page says that its form sends back.
SEES = {"seen", "said", "quiet", "rules", "next_tier", "choice"}
# What a line before has decided already.
DECIDED = {
    ("POST", "/v1/shipments/{shipment_id}/compensations/{tier}/refuse"),
    ("POST", "/v1/bonuses/{code}/redeem"),
    ("POST", f"{PARCEL}/compensations/{{tier}}/approve"),
    ("POST", f"{PARCEL}/compensations/{{tier}}/refuse"),
}
REFUSED = {
    StaffRole.SUPPORT: FOR_LEADS | FOR_ADMINS | FOR_OPERATORS,
    StaffRole.LEAD: FOR_ADMINS | FOR_OPERATORS,
    StaffRole.ADMIN: FOR_OPERATORS,
}


@pytest.mark.parametrize("role", StaffRole)
async def test_nobody_does_what_is_for_a_higher_role(world, shops, role):
    """Of their own shop: the roles differ where the tables say, and nowhere else."""
    ours, _ = shops
    who = ours.offices[role]
    refused = set()
    for route in [each for each in walled(world) if each.access == "session"]:
        status, _, _ = await sends(world, route, ours.ids, who.cookie, who.form)
        assert status != 404, (route.method, route.path)
        if status == 403:
            refused.add(route.path)
    assert refused == REFUSED[role]


async def test_the_other_shop_itself_comes_in_everywhere(world, shops):
    """So what was refused above was refused for whose it is, not for how it was asked."""
    _, theirs = shops
    meanwhile = set()
    for route in [each for each in walled(world) if "{" in each.path or each.access == "session"]:
        if SEES & set(PART.findall(str(SENT.get((route.method, route.path))))):
            await looks_around(world, theirs)
        status, _, _ = await sends(world, route, theirs.ids, *caller(theirs, route))
        assert status < 500
        assert status not in {400, 401, 403, 404, 422}, (route.method, route.path, status)
        if status >= 400:
            meanwhile.add((route.method, route.path))
            assert status == 409, (route.method, route.path, status)
    assert meanwhile == DECIDED
