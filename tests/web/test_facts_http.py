"""`GET /v1/facts`: a shop reads its own facts from a cursor on, and is told where it cannot."""

import json

import pytest

from consumers.webhooks.feeding import read_fact
from schemas.facts import ShipmentDelivered, cloud_event
from schemas.shipment import shipment_id
from schemas.webhook import FactPage
from tracking.feed import feed
from tracking.retention import prune
from tracking.store.keys import Keys
from tracking.store.pool import transaction


async def tell(world, name, *numbers):
    """Facts about parcels of this shop."""
    async with transaction(world.pool) as conn:
        merchant_id = await Keys(world.pool).ensure_merchant(conn, name, world.clock())
    facts = [
        ShipmentDelivered(
            shipment_id=shipment_id("omniva", f"CE{number}"),
            version=1,
            carrier="omniva",
            tracking_number=f"CE{number}",
            merchant_id=merchant_id,
            order=str(number),
            status="delivered",
            recorded_at=world.clock(),
        )
        for number in numbers
    ]
    read = [read_fact(cloud_event(fact).encode()) for fact in facts]
    await feed(world.pool, read, now=world.clock())


async def ask(world, key, query=""):
    return await world.call("GET", f"/v1/facts{query}", headers=key)


def orders(answer):
    return [fact["data"]["order"] for fact in answer.json["facts"]]


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Shop")


async def test_all_are_read_a_page_at_a_time(world, shop):
    await tell(world, "Shop", *range(5))
    query, seen, pages = "?limit=2", [], 0
    while True:
        answer = await ask(world, shop, query)
        FactPage.model_validate_json(answer.text)
        seen, pages = seen + orders(answer), pages + 1
        if not answer.json["has_more"]:
            break
        query = f"?limit=2&after={answer.json['next']}"
    assert (seen, pages) == (["0", "1", "2", "3", "4"], 3)
    await tell(world, "Shop", 5)
    assert orders(await ask(world, shop, f"?after={answer.json['next']}")) == ["5"]


async def test_where_nothing_is_new_the_cursor_stays(world, shop):
    assert (await ask(world, shop)).json == {"facts": [], "next": "0", "has_more": False}
    await tell(world, "Shop", 1)
    after = (await ask(world, shop)).json["next"]
    assert (await ask(world, shop, f"?after={after}")).json == {
        "facts": [],
        "next": after,
        "has_more": False,
    }


async def test_another_shops_facts_are_not_there(world, shop):
    rival = await world.key("merchant", "Rival")
    await tell(world, "Shop", 1, 2)
    assert (await ask(world, rival)).json["facts"] == []
    await tell(world, "Rival", 3)
    assert orders(await ask(world, rival)) == ["3"]
    assert orders(await ask(world, shop)) == ["1", "2"]


async def test_what_is_no_longer_kept_is_said_with_where_to_go_on(world, shop):
    await tell(world, "Shop", 1, 2)
    world.clock.pass_by(days=31)
    await tell(world, "Shop", 3)
    await prune(world.pool, world.clock())
    gone = await ask(world, shop, "?after=0")
    assert gone.status == 410
    assert gone.headers["Content-Type"].startswith("application/problem+json")
    assert gone.json["next"] == "2"
    assert "after=2" in gone.json["detail"]
    assert orders(await ask(world, shop, f"?after={gone.json['next']}")) == ["3"]
    assert orders(await ask(world, shop)) == ["3"], "without a cursor: from the oldest"


@pytest.mark.parametrize(
    "query",
    [
        *("?after=x", "?after=-1", "?after=", "?after=1.5", "?after=9999999999999999999"),
        *("?limit=0", "?limit=501", "?limit=x", "?limit="),
    ],
)
async def test_what_is_no_question_is_said_to_be_none(world, shop, query):
    assert (await ask(world, shop, query)).status == 400


async def test_a_page_is_as_long_as_it_is_asked_to_be(world, shop):
    await tell(world, "Shop", *range(501))
    whole = await ask(world, shop, "?limit=500")
    assert (len(whole.json["facts"]), whole.json["has_more"]) == (500, True)
    assert len((await ask(world, shop)).json["facts"]) == 100


async def test_a_text_that_needs_escaping_comes_back_as_it_was(world, shop):
    await tell(world, "Shop", '"ā\\')
    assert orders(await ask(world, shop)) == ['"ā\\']
    assert json.loads((await ask(world, shop)).text)["facts"]
