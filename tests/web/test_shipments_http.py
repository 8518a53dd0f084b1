"""POST and GET /v1/shipments: registered once, answered alike, found again."""

import asyncio
import json
import re
import tracemalloc
from datetime import timedelta

import pytest
from people import EMAIL, NAME, PHONE
from staging import parcel

from schemas.api import ShipmentRegistration
from schemas.shipment import shipment_id
from tracking.store.idempotency import DEAD_AFTER, KEPT, Calls
from tracking.web.bodies import parse_body
from tracking.web.keyring import KEYRING
from tracking.web.problem import MAX_ERRORS, HttpProblem


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Shop")


async def test_a_registration_answers_with_the_shipment_and_a_link(world, shop):
    answer = await world.register(shop)
    assert answer.status == 201
    body = answer.json
    assert body["shipment_id"] == str(shipment_id("omniva", "CE123456789EE"))
    assert re.fullmatch(r"http://track\.test/t/[A-Za-z0-9_-]{22}", body["tracking_url"])
    assert (body["status"], body["version"], body["history"]) == ("pending", 1, [])
    assert (body["order"], body["service"], body["registered"]) == ("1001", "locker", True)
    assert body["promise"] == {
        "from": None,
        "by": "2026-11-21T16:00:00Z",
        "first_by": "2026-11-21T16:00:00Z",
        "made_by": "shop",
        "standing": None,
    }
    assert body["value"] == {"amount": "49.90", "currency": "EUR"}


@pytest.mark.parametrize("by", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+05:00"])
async def test_a_promise_in_a_year_that_nobody_means_is_refused(world, shop, by):
    answer = await world.register(shop, promise={"by": by})
    assert answer.status == 422
    assert [each["pointer"] for each in answer.json["errors"]] == ["/promise/by"]


async def test_the_same_parcel_again_is_no_second_one_but_a_second_link(world, shop):
    first, again = await world.register(shop), await world.register(shop)
    assert (first.status, again.status) == (201, 200)
    assert first.json["shipment_id"] == again.json["shipment_id"]
    assert first.json["tracking_url"] != again.json["tracking_url"]
    assert again.json["version"] == 1


async def test_a_changed_registration_is_taken_over(world, shop):
    await world.register(shop)
    changed = await world.register(shop, order="1002", value=None)
    assert (changed.status, changed.json["order"], changed.json["value"]) == (200, "1002", None)
    assert changed.json["version"] == 2


async def test_scans_may_come_before_the_registration(world, shop):
    await world.waits_in_locker("CE123456789EE")
    body = (await world.register(shop)).json
    assert (body["status"], body["handover"]) == ("ready_for_pickup", "locker")
    assert [line["status"] for line in body["history"]] == ["ready_for_pickup", "accepted"]
    assert body["pickup"]["place"]["name"] == "Rīga Akropole"
    assert "482913" not in str(body)


async def test_nothing_personal_is_stored_in_the_clear(world, shop):
    link = (await world.register(shop)).json["tracking_url"]
    dump = ""
    for table in ("registration", "idempotency", "public_link", "outbox", "shipment", "scan"):
        dump += str(await world.pool.fetch(f"SELECT {table}::text AS row FROM {table}"))
    for secret in (PHONE, EMAIL, NAME, link.rpartition("/")[2]):
        assert secret not in dump


async def test_a_call_sent_again_is_answered_as_before(world, shop):
    first = await world.register(shop, "key-1")
    await world.scanned("CE123456789EE", "accepted")
    again = await world.register(shop, "key-1")
    assert (again.status, again.text) == (first.status, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await world.pool.fetchval("SELECT count(*) FROM public_link") == 1


async def test_a_key_names_one_body(world, shop):
    await world.register(shop, "key-1")
    other = await world.register(shop, "key-1", order="1002")
    assert other.status == 422
    assert other.headers["Content-Type"].startswith("application/problem+json")


async def test_a_key_is_one_merchants_own(world, shop):
    rival = await world.key("merchant", "Rival")
    await world.register(shop, "key-1")
    assert (await world.register(rival, "key-1", tracking_number="CE2")).status == 201


async def test_while_a_call_runs_the_same_one_waits(world, shop):
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("LOCK TABLE shipment")
        first = asyncio.create_task(world.register(shop, "key-1"))
        while not await world.pool.fetchval("SELECT count(*) FROM idempotency"):
            continue
        second = await world.register(shop, "key-1")
    assert (second.status, second.headers["Retry-After"]) == (409, "1")
    assert (await first).status == 201


async def test_a_call_that_died_is_taken_over_after_a_minute(world, shop):
    await world.register(shop, "key-1")
    await world.pool.execute("UPDATE idempotency SET status = NULL, body = NULL")
    world.clock.now += DEAD_AFTER + timedelta(seconds=1)
    assert (await world.register(shop, "key-1")).status == 200


async def test_calls_at_the_same_time_happen_once(world, shop):
    answers = await asyncio.gather(*(world.register(shop, "key-1") for _ in range(12)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.text for answer in answers if answer.status == 201}) == 1
    assert await world.pool.fetchval("SELECT count(*) FROM public_link") == 1
    assert (await world.register(shop, "key-1")).status == 201


async def test_a_call_that_failed_leaves_its_key_free(world, shop):
    await world.pool.execute("ALTER TABLE public_link RENAME TO elsewhere")
    assert (await world.register(shop, "key-1")).status == 500
    await world.pool.execute("ALTER TABLE elsewhere RENAME TO public_link")
    assert (await world.register(shop, "key-1")).status == 200


async def test_answers_are_forgotten_after_two_days(world, shop):
    await world.register(shop, "key-1")
    await Calls(world.pool).prune_calls(now=world.clock() + KEPT)
    assert await world.pool.fetchval("SELECT count(*) FROM idempotency") == 1
    await Calls(world.pool).prune_calls(now=world.clock() + KEPT + timedelta(seconds=1))
    assert await world.pool.fetchval("SELECT count(*) FROM idempotency") == 0


async def test_a_call_needs_its_key(world, shop):
    for key in ({}, {"Idempotency-Key": "k" * 256}, {"Idempotency-Key": "a b"}):
        headers = {**shop, **key}
        answer = await world.call("POST", "/v1/shipments", headers=headers, json=parcel())
        assert (answer.status, answer.json["title"]) == (400, "An Idempotency-Key is needed")


WRONG = {
    "/tracking_number": {"tracking_number": "  "},
    "/carrier": {"carrier": "DPD Latvija"},
    "/colour": {"colour": "red"},
    "/recipient/phone": {"recipient": {"phone": "12"}},
    "/recipient/email": {"recipient": {"email": "a@b.lv\r\nBcc: c@d.lv"}},
    "/recipient/country": {"recipient": {"country": "Latvia"}},
    "/recipient/language": {"recipient": {"language": "latviešu"}},
    "/recipient/postcode": {"recipient": {"postcode": "1" * 21}},
    "/recipient/name": {"recipient": {"name": "x" * 201}},
    "/promise/by": {"promise": {"from": None, "by": "2026-11-21T18:00:00"}},
    "/promise": {
        "promise": {"from": "2026-11-22T18:00:00+02:00", "by": "2026-11-21T18:00:00+02:00"}
    },
    "/value/amount": {"value": {"amount": "-1", "currency": "EUR"}},
    "/value/currency": {"value": {"amount": "1", "currency": "euro"}},
    "/notify/fax": {"notify": {"fax": True}},
    "/order": {"order": " "},
}


def warned(answer):
    return {each["pointer"]: each["warning"] for each in answer.json["warnings"]}


async def test_a_carrier_that_nobody_knows_is_taken_and_hinted_at(world, shop):
    await world.key("courier", carrier="riga-lockers")
    await world.app[KEYRING].refresh()
    for carrier, likely in (("omnvia", "omniva"), ("riga-locker", "riga-lockers")):
        answer = await world.register(shop, carrier=carrier)
        assert answer.status == 201
        assert warned(answer)["/carrier"].endswith(f"; did you mean {likely}?")
    far = await world.register(shop, carrier="zzqqkk")
    assert warned(far)["/carrier"].endswith("may never come")
    for known in ("omniva", "riga-lockers"):
        assert warned(await world.register(shop, carrier=known)) == {}


async def test_a_carrier_that_has_told_of_the_parcel_is_no_stranger(world, shop):
    await world.scanned("CE1", "accepted", carrier="by-amqp")
    answer = await world.register(shop, carrier="by-amqp", tracking_number="CE1")
    assert (len(answer.json["history"]), warned(answer)) == (1, {})


async def test_a_language_without_pages_is_kept_and_hinted_at(world, shop):
    answer = await world.register(shop, recipient={"language": "pl"})
    assert (answer.status, list(warned(answer))) == (201, ["/recipient/language"])
    assert await world.pool.fetchval("SELECT language FROM registration") == "pl"
    refused = await world.register(shop, recipient={"language": "xx"})
    assert refused.status == 422
    assert refused.json["errors"][0]["pointer"] == "/recipient/language"


async def test_what_is_wrong_is_pointed_at_and_not_repeated(world, shop):
    for pointer, fields in WRONG.items():
        answer = await world.register(shop, **fields)
        assert answer.status == 422, pointer
        assert [each["pointer"] for each in answer.json["errors"]] == [pointer]
        assert "a@b.lv" not in answer.text
    assert await world.pool.fetchval("SELECT count(*) FROM idempotency") == 0


async def test_a_nul_does_not_hide_what_else_is_wrong(world, shop):
    value = {"amount": "1,5", "currency": "euro"}
    answer = await world.register(shop, carrier="a\0", order="a\0b", value=value)
    assert answer.status == 422
    assert {each["pointer"]: each["error"] for each in answer.json["errors"]} == {
        "/carrier": "holds a NUL",
        "/order": "holds a NUL",
        "/value/amount": 'not an amount such as "49.90"; at most ten digits and two decimals',
        "/value/currency": "not a currency code of three capital letters such as EUR",
    }


def test_many_nuls_below_a_long_key_do_not_fill_the_memory():
    """Each place repeats the key above it, and only the first are told."""
    body = json.dumps({"k" * 10_000: ["\0"] * 10_000}).encode()
    tracemalloc.start()
    with pytest.raises(HttpProblem) as refused:
        parse_body(ShipmentRegistration, body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(refused.value.body.errors) == MAX_ERRORS
    assert peak < 100 * len(body), "all places together are a thousand times the body"


async def test_amounts_are_texts_with_at_most_two_decimals(world, shop):
    for amount in (49.9, 49, "1.234", "1e3", "01", "", "1,5", "99999999999", "NaN", None):
        value = {"amount": amount, "currency": "EUR"}
        assert (await world.register(shop, value=value)).status == 422, amount
    for amount, kept in (("0", "0.00"), ("7.5", "7.50"), ("9999999999.99", "9999999999.99")):
        value = {"amount": amount, "currency": "EUR"}
        body = (await world.register(shop, value=value)).json
        assert body["value"]["amount"] == kept


async def test_bodies_that_cannot_be_read(world, shop):
    headers = {**shop, "Idempotency-Key": "k"}
    for body, status in (
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"carrier": "\\ud800"}', 400),
        (b"[" * 50_000, 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"carrier": "omniva", "tracking_number": "CE1", "order": "a\\u0000b"}', 422),
    ):
        answer = await world.call("POST", "/v1/shipments", headers=headers, data=body)
        assert answer.status == status, body[:20]
        assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_a_shipment_is_found_by_id_by_number_and_by_order(world, shop):
    made = (await world.register(shop)).json
    await world.scanned("CE123456789EE", "accepted", "in_transit", location=None)
    by_id = await world.call("GET", f"/v1/shipments/{made['shipment_id']}", headers=shop)
    assert by_id.status == 200
    assert by_id.json["tracking_url"] is None
    assert by_id.json["promise"]["by"] == "2026-11-21T16:00:00Z"
    assert (by_id.json["status"], by_id.json["version"]) == ("in_transit", 2)
    assert [line["version"] for line in by_id.json["history"]] == [2, 2]
    number = "?carrier=omniva&tracking_number=ce123456789ee%20"
    for query in (number, "?order=1001"):
        found = (await world.call("GET", "/v1/shipments" + query, headers=shop)).json
        assert found == {**by_id.json, "others": []}


async def test_an_order_of_several_parcels_and_a_number_of_several_journeys(world, shop):
    ids = []
    for number in ("CE1", "CE2"):
        ids.append((await world.register(shop, tracking_number=number)).json["shipment_id"])
        world.clock.pass_by(minutes=1)
    found = (await world.call("GET", "/v1/shipments?order=1001", headers=shop)).json
    assert (found["shipment_id"], found["others"]) == (ids[1], [ids[0]])
    await world.scanned("CE1", "accepted", "delivered")
    world.clock.pass_by(days=90)
    again = await world.register(shop, tracking_number="CE1")
    assert (again.status, again.json["journey"], again.json["status"]) == (201, 2, "pending")
    query = "/v1/shipments?carrier=omniva&tracking_number=CE1"
    found = (await world.call("GET", query, headers=shop)).json
    assert (found["journey"], found["others"]) == (2, [ids[0]])


async def test_an_etag_spares_the_body_until_something_changes(world, shop):
    path = f"/v1/shipments/{(await world.register(shop)).json['shipment_id']}"
    tag = (await world.call("GET", path, headers=shop)).headers["ETag"]
    again = await world.call("GET", path, headers={**shop, "If-None-Match": tag})
    assert (again.status, again.text) == (304, "")
    await world.scanned("CE123456789EE", "accepted")
    changed = await world.call("GET", path, headers={**shop, "If-None-Match": tag})
    assert (changed.status, changed.json["status"]) == (200, "accepted")
    assert changed.headers["ETag"] != tag


async def test_questions_that_make_no_sense(world, shop):
    for query, status in (
        ("", 400),
        ("?carrier=omniva", 400),
        ("?tracking_number=CE1", 400),
        ("?carrier=omniva&tracking_number=%00", 404),
        ("?carrier=%00&tracking_number=CE1", 404),
        ("?order=%00", 404),
        ("?order=%ed%a0%80", 404),
        ("?order=", 404),
        ("/not-a-uuid", 404),
        ("/%00", 404),
        (f"/{'0' * 36}", 404),
        ("/00000000-0000-0000-0000-000000000000", 404),
    ):
        answer = await world.call("GET", "/v1/shipments" + query, headers=shop)
        assert answer.status == status, query
        assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_without_the_database_shipments_wait(world, shop):
    await world.register(shop)
    await world.pool.close()
    for answer in (
        await world.register(shop),
        await world.call("GET", "/v1/shipments?order=1001", headers=shop),
    ):
        assert (answer.status, 3 <= int(answer.headers["Retry-After"]) <= 8) == (503, True)
