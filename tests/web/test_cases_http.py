"""A shop posts what was asked in its own form, once, and reads what became of it."""

import asyncio

import pytest
from test_ask_http import EVIL, SAID, shopper_of

from schemas.case import Author
from schemas.case_api import CaseBody, CaseList
from tracking.cases import MOST_A_DAY

ASKED = {"topic": "damaged", "text": SAID, "reply_by": "email", "language": "ru"}


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Shop")


@pytest.fixture
async def shopper(world):
    return await shopper_of(world)


@pytest.fixture
def path(shopper):
    return f"/v1/shipments/{shopper.id}/cases"


async def posted(world, path, key, idempotency="one", **fields):
    headers = {**key, "Idempotency-Key": idempotency}
    return await world.call("POST", path, headers=headers, json={**ASKED, **fields})


async def test_a_question_of_the_shops_form_is_a_case(world, shop, shopper, path):
    made = await posted(world, path, shop)
    assert made.status == 201
    body = CaseBody.model_validate_json(made.text)
    assert (body.topic, body.state, body.language, body.reply_by) == (
        "damaged", "open", "ru", "email",
    )  # fmt: skip
    said = [(each.author, each.text, each.proven) for each in body.messages]
    assert said == [("shopper", SAID, True)]
    await shopper.answered("We send a new one")
    await shopper.answered("He sounds angry", Author.COLLEAGUE)
    read = await world.call("GET", path, headers=shop)
    (case,) = CaseList.model_validate_json(read.text).cases
    assert [each.text for each in case.messages] == [SAID, "We send a new one"]
    assert "example.org" not in read.text
    assert "angry" not in read.text
    assert (await world.call("GET", path, headers=await world.key("support"))).text == read.text


async def test_posted_again_it_is_the_same_message_also_at_once(world, shop, path):
    answers = await asyncio.gather(*(posted(world, path, shop) for _ in range(4)))
    assert {each.status for each in answers} <= {201, 409}
    again = await posted(world, path, shop)
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json["contacts"] == 1
    await world.pool.execute("DELETE FROM idempotency")  # after 48 hours
    assert (await posted(world, path, shop)).json["contacts"] == 1
    assert (await posted(world, path, shop, "two")).json["contacts"] == 2
    assert (await posted(world, path, shop, "two", topic="bonus")).status == 422


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": ""}, 422),
        ({"text": " \u202e\n"}, 422),
        ({"text": "x" * 2001}, 422),
        ({"topic": "weather"}, 422),
        ({"reply_by": "push"}, 422),
        ({"language": "xx"}, 422),
        ({"colour": "red"}, 422),
        ({"reply_by": None, "language": None}, 201),
        ({"text": EVIL}, 201),
    ],
)
async def test_what_is_no_question_is_refused(world, shop, path, fields, status):
    assert (await posted(world, path, shop, **fields)).status == status


async def test_without_a_key_of_its_own_for_the_call_it_is_refused(world, shop, path):
    assert (await world.call("POST", path, headers=shop, json=ASKED)).status == 400


async def test_another_shop_finds_nothing_and_support_asks_nothing(world, shop, shopper, path):
    await shopper.asks()
    rival = await world.key("merchant", "Rival")
    assert (await world.call("GET", path, headers=rival)).status == 404
    assert (await posted(world, path, rival)).status == 404
    assert (await posted(world, path, await world.key("support"))).status == 403
    assert len(await shopper.threads()) == 1


async def test_of_a_parcel_whose_people_were_erased_nothing_is_asked(world, shop, shopper, path):
    await world.pool.execute("UPDATE shipment SET erased_at = now()")
    refused = await posted(world, path, shop)
    assert (refused.status, refused.json["title"]) == (
        409, "The people of this shipment were erased",
    )  # fmt: skip
    assert "Retry-After" not in refused.headers
    assert await shopper.threads() == []


async def test_it_says_who_did_not_confirm_to_be_the_recipient(world, shop, shopper, path):
    await shopper.asks()
    await shopper.unlocks()
    world.clock.pass_by(minutes=1)
    await shopper.asks("It is me")
    (case,) = (await world.call("GET", path, headers=shop)).json["cases"]
    assert [each["proven"] for each in case["messages"]] == [False, True]


async def test_one_parcel_takes_so_many_a_day(world, shop, path):
    for n in range(MOST_A_DAY):
        assert (await posted(world, path, shop, str(n))).status == 201
    assert (await posted(world, path, shop, "more")).status == 429
