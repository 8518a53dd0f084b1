"""Two shops, a courier, support and a stranger walk every route: nobody sees what is not theirs."""

import json
import re

import pytest
from staging import event, parcel

from tracking.keys import Role
from tracking.web.app import ALL_ROUTES

NUMBER = "CE123456789EE"


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Zvejnieks")


@pytest.fixture
async def rival(world):
    return await world.key("merchant", "Rival")


async def test_another_shops_shipment_looks_like_none_at_all(world, shop, rival):
    made = (await world.register(shop)).json
    nowhere = "00000000-0000-0000-0000-000000000000"
    asked = {
        f"/v1/shipments/{made['shipment_id']}": f"/v1/shipments/{nowhere}",
        f"/v1/shipments/{made['shipment_id']}/notices": f"/v1/shipments/{nowhere}/notices",
        f"/v1/shipments?carrier=omniva&tracking_number={NUMBER}": (
            "/v1/shipments?carrier=omniva&tracking_number=CE0"
        ),
        "/v1/shipments?order=1001": "/v1/shipments?order=0",
    }
    for theirs, none in asked.items():
        assert (await world.call("GET", theirs, headers=shop)).status == 200
        hidden = await world.call("GET", theirs, headers=rival)
        missing = await world.call("GET", none, headers=rival)
        assert (
            (hidden.status, hidden.text)
            == (missing.status, missing.text)
            == (
                404,
                '{"type":"about:blank","title":"Not found","status":404}',
            )
        )


async def test_another_shops_shipment_cannot_be_registered_again(world, shop, rival):
    await world.register(shop)
    answer = await world.register(rival, order="stolen")
    assert answer.status == 409
    assert "1001" not in answer.text
    assert "Zvejnieks" not in answer.text
    query = f"/v1/shipments?carrier=omniva&tracking_number={NUMBER}"
    assert (await world.call("GET", query, headers=shop)).json["order"] == "1001"


async def test_orders_of_the_same_name_stay_apart(world, shop, rival):
    mine = (await world.register(shop, tracking_number="CE1")).json["shipment_id"]
    theirs = (await world.register(rival, tracking_number="CE2")).json["shipment_id"]
    for key, own in ((shop, mine), (rival, theirs)):
        found = (await world.call("GET", "/v1/shipments?order=1001", headers=key)).json
        assert (found["shipment_id"], found["others"]) == (own, [])
    desk = await world.key("support")
    found = (await world.call("GET", "/v1/shipments?order=1001", headers=desk)).json
    assert {found["shipment_id"], *found["others"]} == {mine, theirs}


async def test_support_sees_also_what_nobody_registered(world, shop):
    await world.scanned(NUMBER, "accepted")
    desk = await world.key("support")
    query = f"/v1/shipments?carrier=omniva&tracking_number={NUMBER}"
    seen = await world.call("GET", query, headers=desk)
    assert (seen.status, seen.json["registered"]) == (200, False)
    assert (await world.call("GET", query, headers=shop)).status == 404


async def test_every_route_asks_for_the_role_it_names(world, rival):
    """Whoever adds a route adds it to this walk: it goes by the table."""
    keys = {
        Role.MERCHANT: rival,
        Role.SUPPORT: await world.key("support"),
        Role.COURIER: await world.key("courier", carrier="dpd"),
    }
    guarded = [route for route in ALL_ROUTES if route.access == "key"]
    assert len(guarded) >= 4
    for route in guarded:
        path = re.sub(r"\{\w+\}", "00000000-0000-0000-0000-000000000000", route.path)
        options = {"json": {}} if route.method == "POST" else {}
        assert (await world.call(route.method, path, **options)).status == 401, route.path
        for role, key in keys.items():
            status = (await world.call(route.method, path, headers=key, **options)).status
            assert (status == 403) == (role not in route.roles), (route.path, role)
            assert status < 500


async def test_no_answer_to_a_stranger_names_anybody(world, shop, rival):
    link = (await world.register(shop)).json
    await world.waits_in_locker(NUMBER)
    stranger = {"GET": [], "POST": []}
    for route in ALL_ROUTES:
        if not route.path.startswith(("/t/", "/static")) and route.method in stranger:
            path = route.path.replace("{carrier}", "omniva")
            stranger[route.method].append(path.replace("{shipment_id}", link["shipment_id"]))
    for method, paths in stranger.items():
        for path in paths:
            body = event() if "events" in path else parcel(order="rival")
            options = {"data": json.dumps(body)} if method == "POST" else {}
            headers = {**rival, "Idempotency-Key": path}
            answer = await world.call(method, path, headers=headers, **options)
            for secret in ("Zvejnieks", "Bērziņš", "20000001", "janis", "482913", "Anna"):
                assert secret not in answer.text, (method, path)
