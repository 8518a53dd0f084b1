"""The search box: any parcel by what a shopper on the telephone can say."""

import pytest
from people import EMAIL, NAME, PHONE, POSTCODE

from tracking.watch import look_at

NUMBER = "CE123456789EE"
OTHERS = {
    "CE000000001EE": {"name": "Anna Ozoliņa", "phone": "+37126000001", "postcode": "LV-1011"},
    "CE000000002EE": {"name": "Žanis Ozoliņš", "phone": "+37061234567", "postcode": "LT-01100"},
    "CE000000003EE": {"name": "Олег Ёлкин", "email": "OLEG@example.lt", "postcode": "LV-1010"},
}


@pytest.fixture
async def office(world):
    """Four parcels of two shops, and one that nobody registered; who may look for them."""
    shop, other = await world.key("merchant", "Shop"), await world.key("merchant", "Other")
    await world.register(shop)
    for place, (number, person) in enumerate(OTHERS.items()):
        recipient = {"country": person["postcode"][:2], **person}
        fields = {"tracking_number": number, "order": f"A-{place}", "recipient": recipient}
        await world.register(other, **fields)
    await world.scanned("CE999999999EE", "in_transit")
    return await world.key("support", "Anna")


async def found(world, key, typed: str) -> dict[str, list[str]]:
    """By what each parcel was found, in the order of the answer."""
    answer = await world.call("POST", "/v1/search", headers=key, json={"q": typed})
    assert answer.status == 200, answer.text
    assert (
        answer.text
        == (await world.call("GET", "/v1/search", headers=key, params={"q": typed})).text
    )
    return {hit["tracking_number"]: hit["matched"] for hit in answer.json["hits"]}


@pytest.mark.parametrize(
    ("typed", "hits"),
    [
        (NUMBER, {NUMBER: ["tracking_number"]}),
        ("ce 123 456 789 ee", {NUMBER: ["tracking_number"]}),
        ("CE-123.456‑789 EE", {NUMBER: ["tracking_number"]}),
        ("123456789", {NUMBER: ["tracking_number"]}),
        ("123 456 789", {NUMBER: ["tracking_number"]}),
        ("999999999", {"CE999999999EE": ["tracking_number"]}),
        ("order 1001", {NUMBER: ["order"]}),
        ("Nr. 1001", {NUMBER: ["order"]}),
        ("(+371) 20000001", {NUMBER: ["phone"]}),
        ("tālr. 20000001", {NUMBER: ["phone"]}),
        ("<janis@example.lv>.", {NUMBER: ["email"]}),
        ("mailto:janis@example.lv", {NUMBER: ["email"]}),
        ("berzins 20000001", {NUMBER: ["name"]}),
        ("berzins 20000009", {}),
        ("CE999999999EE", {"CE999999999EE": ["tracking_number"]}),
        ("1001", {NUMBER: ["order"]}),
        ("#A-1", {"CE000000002EE": ["order"]}),
        (PHONE, {NUMBER: ["phone"]}),
        ("20 00 00 01", {NUMBER: ["phone"]}),
        ("8 612 34567", {"CE000000002EE": ["phone"]}),
        (EMAIL.upper(), {NUMBER: ["email"]}),
        ("oleg@EXAMPLE.lt", {"CE000000003EE": ["email"]}),
        ("Berzins", {NUMBER: ["name"]}),
        ("janis berzins", {NUMBER: ["name"]}),
        ("Bērziņš Jānis", {NUMBER: ["name"]}),
        ("Berzisn", {NUMBER: ["similar_name"]}),
        ("elkin", {"CE000000003EE": ["name"]}),
        ("ozolina", {"CE000000001EE": ["name"], "CE000000002EE": ["similar_name"]}),
        ("ozolins LT-01100", {"CE000000002EE": ["name"]}),
        ("ozolins LV-1011", {"CE000000001EE": ["similar_name"]}),
        ("LV1010", {NUMBER: ["postcode"], "CE000000003EE": ["postcode"]}),
        ("1011", {"CE000000001EE": ["postcode"]}),
        ("Nobody Nowhere", {}),
        ("20000002", {}),
    ],
)
async def test_it_is_found_by_whatever_is_known(world, office, typed, hits):
    assert await found(world, office, typed) == hits


@pytest.mark.parametrize(
    ("typed", "orders"),
    [
        ("W-77/1", {"W-77/1"}),
        ("w-77/1", {"W-77/1"}),
        ("W-77", {"W-77/1", "W-77/2", "W-77"}),
        ("order w-77", {"W-77/1", "W-77/2", "W-77"}),
        ("W-7", {"w-7"}),
        ("ŽĀ.9", {"ŽĀ.9"}),
    ],
)
async def test_an_order_is_found_in_any_case_and_with_all_its_parcels(world, typed, orders):
    shop = await world.key("merchant", "Shop")
    kept = ("W-77/1", "W-77/2", "W-77", "W-770", "w-7", "ŽĀ.9", "ŽĀ.10")
    for place, order in enumerate(kept):
        await world.register(shop, tracking_number=f"CE{place}", order=order)
    key = await world.key("support", "Anna")
    answer = await world.call("POST", "/v1/search", headers=key, json={"q": typed})
    by_order = [hit for hit in answer.json["hits"] if "order" in hit["matched"]]
    assert {hit["order"] for hit in by_order} == orders


async def test_what_is_shown_tells_it_from_others_and_no_more(world, office):
    answer = await world.call("POST", "/v1/search", headers=office, json={"q": NAME})
    (hit,) = answer.json["hits"]
    assert (hit["name"], hit["postcode"], hit["merchant"]) == (NAME, POSTCODE, "Shop")
    assert (hit["status"], hit["order"], answer.json["more"]) == ("pending", "1001", False)
    assert PHONE not in answer.text
    assert EMAIL not in answer.text


async def test_what_a_shop_says_anew_is_what_it_is_found_by(world, office):
    shop = await world.key("merchant", "Shop")
    await world.register(shop, recipient={"name": "Pēteris Kalniņš"})
    assert await found(world, office, NAME) == {}
    assert await found(world, office, "kalnins") == {NUMBER: ["name"]}
    await world.register(shop, recipient=None)
    assert await found(world, office, "kalnins") == {}
    assert await world.pool.fetchval("SELECT count(*) FROM person_index") == 3


async def test_nobody_else_may_search(world, office):
    for role in ("merchant", "courier"):
        key = await world.key(role, "x", **({"carrier": "omniva"} if role == "courier" else {}))
        assert (await world.call("POST", "/v1/search", headers=key, json={"q": NAME})).status == 403
    assert (await world.call("POST", "/v1/search", json={"q": NAME})).status == 401
    assert (await world.call("GET", "/v1/search?q=xx")).status == 401


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"q": "x"}, 400, "/q: type two characters or more"),
        ({"q": "x" * 101}, 400, "/q: type 100 characters or fewer"),
        ({"q": "\u202e\u200b "}, 400, "/q: type two characters or more"),
        ({"q": 7}, 422, "/q"),
        ({}, 422, "/q"),
        ({"q": "xx", "shop": "y"}, 422, "/shop"),
    ],
)
async def test_what_cannot_be_looked_for_is_said(world, office, body, status, said):
    answer = await world.call("POST", "/v1/search", headers=office, json=body)
    assert answer.status == status
    assert said in answer.text


async def test_without_a_text_there_is_nothing_to_look_for(world, office):
    answer = await world.call("GET", "/v1/search", headers=office)
    assert (answer.status, answer.json["detail"]) == (400, "q: type two characters or more")


async def test_a_name_of_many_says_that_there_are_more(world, office):
    shop = await world.key("merchant", "Shop")
    for n in range(52):
        await world.register(shop, tracking_number=f"MANY{n}", order=f"m{n}")
    answer = await world.call("POST", "/v1/search", headers=office, json={"q": NAME})
    assert (len(answer.json["hits"]), answer.json["more"]) == (50, True)


async def test_no_name_stands_in_the_index(world, office):
    rows = await world.pool.fetch("SELECT * FROM person_index")
    assert len(rows) == 4
    assert all(isinstance(term, int) for row in rows for term in row["terms"])


async def test_what_waits_in_a_locker_is_found_by_it_and_no_longer_when_it_is_gone(world, office):
    await world.waits_in_locker(NUMBER)
    for typed in ("Riga Akropole", "akropole", "9901"):
        assert await found(world, office, typed) == {}, "nobody has looked yet"
    await looked(world)
    for typed in ("Riga Akropole", "akropole", "9901"):
        assert await found(world, office, typed) == {NUMBER: ["place"]}
    await world.scanned(NUMBER, "accepted", "ready_for_pickup", "delivered")
    await looked(world)
    assert await found(world, office, "akropole") == {}


async def looked(world) -> None:
    """As the clock does when it is told of a fact."""
    ids = [row["shipment_id"] for row in await world.pool.fetch("SELECT shipment_id FROM shipment")]
    await look_at(world.pool, ids, now=world.clock())


async def test_the_address_of_a_page_leads_to_its_parcel(world, office):
    shop = await world.key("merchant", "Shop")
    link = (await world.register(shop)).json["tracking_url"]
    assert await found(world, office, link) == {NUMBER: ["link"]}
    assert await found(world, office, f"see {link}?lang=lv") == {NUMBER: ["link"]}
    assert await found(world, office, link[:-1] + "_") == {}


async def test_who_is_meant_is_shown(world, office):
    shop = await world.key("merchant", "Shop")
    buyer = {"name": "Pēteris Kalniņš", "phone": "+37126543210"}
    await world.register(shop, tracking_number="GIFT1", order="7", buyer=buyer)
    answer = await world.call("POST", "/v1/search", headers=office, json={"q": "Kalniņš"})
    (hit,) = answer.json["hits"]
    assert (hit["name"], hit["is_buyer"]) == ("Pēteris Kalniņš", True)
    answer = await world.call("POST", "/v1/search", headers=office, json={"q": "GIFT1"})
    assert (answer.json["hits"][0]["name"], answer.json["hits"][0]["is_buyer"]) == (NAME, False)
