"""Webhooks by HTTP: made, read, changed, rotated, tried out; by their own shop only."""

import asyncio
from itertools import count
from uuid import UUID

import pytest

from tracking.domain.places import Places, room
from tracking.store.deliveries import claim_deliveries, due_webhooks
from tracking.store.pool import transaction
from tracking.webhooks import MOST

URL = "https://shop.example/hooks"
NOWHERE = "00000000-0000-0000-0000-000000000000"
NUMBERS = count(1)


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Shop")


@pytest.fixture
async def rival(world):
    return await world.key("merchant", "Rival")


async def post(world, key, path="", body=None, *, idempotency=None):
    headers = {**key, "Idempotency-Key": idempotency or f"hook-{next(NUMBERS)}"}
    options = {"json": body} if body is not None else {}
    return await world.call("POST", f"/v1/webhooks{path}", headers=headers, **options)


async def make(world, key, **fields):
    made = await post(world, key, body={"url": URL, **fields})
    assert made.status == 201, made.text
    return made.json


async def get(world, key, path=""):
    return await world.call("GET", f"/v1/webhooks{path}", headers=key)


async def patch(world, key, made, body):
    path = f"/v1/webhooks/{made['webhook_id']}"
    return await world.call("PATCH", path, headers=key, json=body)


async def test_one_is_made_and_its_secret_told_once(world, shop):
    made = await make(world, shop, types=["shipment.delivered"])
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made == {
        "webhook_id": made["webhook_id"],
        "url": URL,
        "types": ["shipment.delivered"],
        "state": "enabled",
        "reason": None,
        "since": "2026-11-20T08:00:00Z",
        "failures": 0,
        "failing_since": None,
        "paused_until": None,
        "previous_secret_until": None,
        "created_at": "2026-11-20T08:00:00Z",
    }
    for path in ("", f"/{made['webhook_id']}"):
        answer = await get(world, shop, path)
        assert secret not in answer.text
        assert (answer.json["webhooks"][0] if path == "" else answer.json) == made


async def test_the_same_call_again_makes_no_second_one(world, shop):
    first, again = [await post(world, shop, body={"url": URL}, idempotency="one") for _ in range(2)]
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len((await get(world, shop)).json["webhooks"]) == 1
    other = await post(world, shop, body={"url": f"{URL}/other"}, idempotency="one")
    assert other.status == 422


async def test_a_key_that_was_used_for_another_call_is_refused(world, shop):
    """The path belongs to what was asked: rotating is no repeat of testing."""
    path = f"/{(await make(world, shop))['webhook_id']}"
    assert (await post(world, shop, f"{path}/test", idempotency="k")).status == 202
    assert (await post(world, shop, f"{path}/rotate", idempotency="k")).status == 422


async def test_secrets_are_not_in_the_database_as_they_are(world, shop):
    secret = (await make(world, shop))["secret"]
    tables = ("webhook", "idempotency")
    kept = [str(await world.pool.fetch(f"SELECT * FROM {table}")) for table in tables]
    assert all(secret.removeprefix("whsec_") not in each for each in kept)


@pytest.mark.parametrize(
    ("body", "pointer", "why"),
    [
        ({"url": "http://shop.example/"}, "/url", "must start with https://"),
        ({"url": "https://10.0.0.1/"}, "/url", "names no host on the internet"),
        ({"url": "https://localhost/"}, "/url", "names no host on the internet"),
        ({"url": "https://a.localhost/"}, "/url", "names no host on the internet"),
        ({"url": "https://db.internal/"}, "/url", "names no host on the internet"),
        ({"url": "https://Printer.LOCAL./"}, "/url", "names no host on the internet"),
        ({"url": "https://nas.home.arpa/"}, "/url", "names no host on the internet"),
        ({"url": "https://shop.example:25/"}, "/url", "must use port 443 or 8443"),
        ({"url": "https://u:p@shop.example/"}, "/url", "must hold no user or password"),
        ({"url": ""}, "/url", "is empty"),
        ({}, "/url", "is missing"),
        ({"url": URL, "types": []}, "/types", "is empty"),
        ({"url": URL, "types": ["shipment.eaten"]}, "/types/0", "known are compensation.approved"),
        ({"url": URL, "colour": "red"}, "/colour", ""),
    ],
)
async def test_what_is_wrong_is_pointed_at(world, shop, body, pointer, why):
    answer = await post(world, shop, body=body)
    assert answer.status == 422
    (error,) = answer.json["errors"]
    assert error["pointer"] == pointer
    assert why in error["error"]
    assert (await get(world, shop)).json == {"webhooks": []}


async def test_an_address_is_kept_in_one_spelling(world, shop):
    made = await make(world, shop, url="HTTPS://Pērles.example:443")
    assert made["url"] == "https://xn--prles-iza.example/"


async def test_a_shop_may_have_so_many_also_when_all_are_made_at_once(world, shop):
    made = await asyncio.gather(*(post(world, shop, body={"url": URL}) for _ in range(MOST + 10)))
    assert sorted(each.status for each in made) == [201] * MOST + [409] * 10
    refused = next(each for each in made if each.status == 409)
    assert refused.json["detail"] == "A shop may have 10: delete one first"
    first = (await get(world, shop)).json["webhooks"][0]
    path = f"/v1/webhooks/{first['webhook_id']}"
    assert (await world.call("DELETE", path, headers=shop)).status == 204
    assert (await world.call("DELETE", path, headers=shop)).status == 404
    assert (await post(world, shop, body={"url": URL})).status == 201


async def test_what_is_given_is_changed_and_the_rest_left(world, shop):
    made = await make(world, shop, types=["shipment.delivered"])
    changed = (await patch(world, shop, made, {"url": f"{URL}/new"})).json
    assert (changed["url"], changed["types"]) == (f"{URL}/new", ["shipment.delivered"])
    changed = (await patch(world, shop, made, {"types": None})).json
    assert (changed["url"], changed["types"]) == (f"{URL}/new", None)
    assert (await patch(world, shop, made, {"url": "https://10.0.0.1/"})).status == 422
    assert (await patch(world, shop, made, {"state": "gone"})).status == 422
    assert (await patch(world, shop, made, {})).json == changed


async def test_disabled_and_enabled_again_it_begins_afresh(world, shop):
    made = await make(world, shop)
    off = (await patch(world, shop, made, {"state": "disabled"})).json
    assert (off["state"], off["reason"]) == ("disabled", "shop")
    await world.pool.execute(
        "UPDATE webhook SET reason = 'failing', failures = 99, failing_since = now(),"
        " paused_until = now() + interval '1 day'"
    )
    world.clock.pass_by(hours=1)
    on = (await patch(world, shop, made, {"state": "enabled"})).json
    assert (on["state"], on["reason"], on["since"]) == ("enabled", None, "2026-11-20T09:00:00Z")
    assert (on["failures"], on["failing_since"], on["paused_until"]) == (0, None, None)


async def test_what_the_operator_disabled_only_the_operator_enables(world, shop):
    made = await make(world, shop)
    await world.pool.execute("UPDATE webhook SET state = 'disabled', reason = 'operator'")
    refused = await patch(world, shop, made, {"state": "enabled"})
    assert (refused.status, refused.json["title"]) == (
        409,
        "The operator has disabled this webhook",
    )
    assert (await patch(world, shop, made, {"url": f"{URL}/new"})).json["state"] == "disabled"


async def test_a_new_secret_is_told_and_the_former_one_signs_for_a_day(world, shop):
    made = await make(world, shop)
    rotated = (await post(world, shop, f"/{made['webhook_id']}/rotate")).json
    assert rotated["secret"] not in {made["secret"], None}
    assert rotated["previous_secret_until"] == "2026-11-21T08:00:00Z"
    world.clock.pass_by(hours=24)
    assert (await get(world, shop, f"/{made['webhook_id']}")).json["previous_secret_until"] is None


async def test_a_test_is_planned_and_stands_in_the_attempts(world, shop):
    path = f"/{(await make(world, shop))['webhook_id']}"
    asked = await post(world, shop, f"{path}/test")
    assert asked.status == 202
    (attempt,) = (await get(world, shop, f"{path}/attempts")).json["attempts"]
    assert attempt == {
        "delivery_id": asked.json["delivery_id"],
        "fact_id": None,
        "type": "webhook.test",
        "state": "waiting",
        "tries": 0,
        "outcome": None,
        "status": None,
        "response_ms": None,
        "tried_at": None,
        "next_try_at": "2026-11-20T08:00:00Z",
        "created_at": "2026-11-20T08:00:00Z",
    }


async def test_tests_are_limited(world, shop):
    path = f"/{(await make(world, shop))['webhook_id']}"
    statuses = [(await post(world, shop, f"{path}/test")).status for _ in range(12)]
    assert statuses == [202] * 10 + [429] * 2


async def test_the_attempts_say_how_the_latest_try_ended(world, shop):
    made = await make(world, shop)
    path = f"/{made['webhook_id']}"
    await post(world, shop, f"{path}/test")
    await world.pool.execute(
        "UPDATE webhook_delivery SET tries = 2, outcome = 'address_refused', tried_at = due_at"
    )
    (attempt,) = (await get(world, shop, f"{path}/attempts")).json["attempts"]
    assert attempt["outcome"] == "unreachable", "what lies inside is not told to a shop"


async def test_one_is_sent_again_unless_it_is_just_being_sent(world, shop):
    path = f"/{(await make(world, shop))['webhook_id']}"
    delivery = (await post(world, shop, f"{path}/test")).json["delivery_id"]
    resend = f"{path}/attempts/{delivery}/resend"
    async with transaction(world.pool) as conn:
        targets = await due_webhooks(conn, world.clock(), room(Places(), []))
        assert await claim_deliveries(conn, targets, [1], world.clock())
    busy = await post(world, shop, resend)
    assert (busy.status, busy.json["title"]) == (409, "It is just being sent")
    await world.pool.execute("UPDATE webhook_delivery SET state = 'failed', tries = 10")
    assert (await post(world, shop, resend)).json == {"delivery_id": delivery}
    (attempt,) = (await get(world, shop, f"{path}/attempts")).json["attempts"]
    assert (attempt["state"], attempt["tries"]) == ("waiting", 0)
    assert (await post(world, shop, f"{path}/attempts/{NOWHERE}/resend")).status == 404
    assert (await post(world, shop, f"{path}/attempts/nothing/resend")).status == 404


async def test_nothing_is_asked_of_one_that_is_disabled(world, shop):
    made = await make(world, shop)
    path = f"/{made['webhook_id']}"
    delivery = (await post(world, shop, f"{path}/test")).json["delivery_id"]
    await patch(world, shop, made, {"state": "disabled"})
    for call in ("/test", f"/attempts/{delivery}/resend"):
        refused = await post(world, shop, path + call)
        assert (refused.status, refused.json["title"]) == (409, "The webhook is disabled")


async def test_another_shops_webhook_looks_like_none_at_all(world, shop, rival):
    made = await make(world, shop)
    delivery = (await post(world, shop, f"/{made['webhook_id']}/test")).json["delivery_id"]
    calls = [
        ("GET", "/{}", None),
        ("PATCH", "/{}", {"state": "disabled"}),
        ("DELETE", "/{}", None),
        ("GET", "/{}/attempts", None),
        ("POST", "/{}/rotate", None),
        ("POST", "/{}/test", None),
        ("POST", f"/{{}}/attempts/{delivery}/resend", None),
    ]
    for method, path, body in calls:
        answers = []
        for number, webhook_id in enumerate((made["webhook_id"], NOWHERE, "nonsense")):
            headers = {**rival, "Idempotency-Key": f"{method}{path}{number}"}
            options = {"json": body} if body else {}
            asked = f"/v1/webhooks{path.format(webhook_id)}"
            answers.append(await world.call(method, asked, headers=headers, **options))
        assert {(each.status, each.text) for each in answers} == {
            (404, '{"type":"about:blank","title":"Not found","status":404}')
        }, path
    assert (await get(world, rival)).json == {"webhooks": []}
    unchanged = (await get(world, shop, f"/{made['webhook_id']}")).json
    assert unchanged == {name: value for name, value in made.items() if name != "secret"}


async def test_an_id_is_made_in_the_order_of_time(world, shop):
    made = []
    for _ in range(3):
        made.append(UUID((await make(world, shop))["webhook_id"]))
        world.clock.pass_by(seconds=1)
    assert made == sorted(made)
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
