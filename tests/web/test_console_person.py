"""A person's data in the console: for admins of the shop, noted, and nothing by a slip."""

import json
from uuid import uuid4

import pytest
from people import EMAIL, NAME, PHONE, said_of_people
from staging import START
from test_console_actions import becomes
from test_console_login import OWN, Browser, made
from test_console_parcel import Desk

from schemas.staff import StaffRole
from tracking.search.find import search
from tracking.store.merchants import Merchants

NUMBER = "CE123456789EE"


@pytest.fixture
async def desk(world):
    """A delivered parcel, one under way in the same shop, and one of another shop."""
    shop = await world.key("merchant", "Shop")
    answer = await world.register(shop)
    await world.register(shop, tracking_number="CE000000002EE", order="2002")
    await world.register(
        await world.key("merchant", "Another"), tracking_number="CE000000003EE", order="3"
    )
    await world.waits_in_locker(NUMBER)
    ended = {"signed_by": NAME, "description": "Put in by Anna"}
    await world.scanned(NUMBER, "accepted", "ready_for_pickup", "delivered", **ended)
    browser = Browser(world)
    await browser.enters(await made(world))
    desk = Desk(world, browser, answer.json["shipment_id"])
    await becomes(desk, StaffRole.ADMIN)
    return desk


async def erased(desk: Desk, of: str = "recipient_phone", typed: str = NUMBER, **fields: str):
    await desk.browser.get(f"{desk.path}/person?of={of}")
    return await desk.browser.post(f"{desk.path}/person/erase", of=of, typed=typed, **fields)


async def noted(desk: Desk) -> list[str]:
    rows = await desk.world.pool.fetch("SELECT action FROM audit ORDER BY action DESC")
    return [row["action"] for row in rows if row["action"].startswith("person_")]


async def test_an_admin_sees_what_is_kept_of_the_shop_and_of_no_other(desk):
    page = (await desk.browser.get(f"{desk.path}/person")).text
    assert "CE000000002EE" in page
    assert "CE000000003EE" not in page
    assert NAME in page
    assert PHONE not in page, "nobody needs it here"
    assert "under way" in page
    assert "tells of other parcels too, is left as it is" in page
    assert await noted(desk) == ["person_looked_up"]


async def test_the_export_is_a_file_with_everything_opened(desk):
    await desk.browser.get(f"{desk.path}/person")
    answer = await desk.browser.post(f"{desk.path}/person/export", of="recipient_email")
    assert answer.status == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert not said_of_people(answer.headers["Content-Disposition"])
    document = answer.json
    assert {each["tracking_number"] for each in document["parcels"]} == {NUMBER, "CE000000002EE"}
    whole = json.dumps(document, ensure_ascii=False)
    assert {NAME, PHONE, EMAIL, "Put in by Anna"} <= {
        each for each in (NAME, PHONE, EMAIL, "Put in by Anna") if each in whole
    }
    assert await noted(desk) == ["person_looked_up", "person_exported"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"typed": "CE000000002EE"}, "Type the number of this parcel to erase."),
        ({"typed": ""}, "Type the number of this parcel to erase."),
        ({}, "Some parcels are under way"),
    ],
)
async def test_nothing_is_erased_by_a_slip(desk, fields, said):
    answer = await erased(desk, **fields)
    assert (answer.status, said in answer.text) == (422, True)
    assert (await search(desk.world.pool, desk.world.deps.sealer, PHONE)).hits
    assert "person_erased" not in await noted(desk)


async def test_who_is_erased_is_gone_from_this_shop_and_the_deed_is_noted_with_it(desk):
    answer = await erased(desk, typed=" ce 123456789-ee ", under_way="1")
    assert (answer.status, "Receipt" in answer.text) == (200, True)
    assert "tells of other parcels too, is left as it is" in answer.text
    found = await search(desk.world.pool, desk.world.deps.sealer, PHONE)
    assert [hit.parcel.tracking_number for hit in found.hits] == ["CE000000003EE"]
    row = await desk.world.pool.fetchrow("SELECT * FROM erasure")
    shop = await Merchants(desk.world.pool).merchant_named("Shop")
    assert (row["merchant_id"], row["by"]) == (shop, "anna@help.example")
    assert (row["done_at"], row["work"]) == (START, None)
    page = (await desk.browser.get(desk.path)).text
    assert NAME not in page
    assert "erased a person" in page
    assert "Nothing is kept of them" not in (await desk.browser.get(f"{desk.path}/person")).text


async def test_a_parcel_alone_leaves_the_others(desk):
    answer = await erased(desk, "parcel")
    assert answer.status == 200
    found = await search(desk.world.pool, desk.world.deps.sealer, PHONE)
    assert {hit.parcel.tracking_number for hit in found.hits} == {"CE000000002EE", "CE000000003EE"}


async def test_a_bonus_that_still_pays_is_asked_about(desk):
    sealer, world = desk.world.deps.sealer, desk.world
    shop = await Merchants(world.pool).merchant_named("Shop")
    await world.pool.execute(
        "INSERT INTO bonus VALUES ($1, $2, 'h', $3, 'EUR', now() + interval '9 days', true, now())",
        desk.id, shop, sealer.seal_text("CODE", f"bonus:{desk.id}"),
    )  # fmt: skip
    await world.pool.execute(
        "INSERT INTO compensation (shipment_id, tier, compensation_id, merchant_id,"
        " policy_version, policy, rule, kind, borne_by, currency, cents, used, state, evidence,"
        " created_at, changed_at) VALUES ($1, 0, $1, $2, 1, 'p', 'lost', 'code', 'shop', 'EUR',"
        " 300, 0, 'issued', '{\"status\": \"delivered\", \"judged_at\": \"2026-11-20T08:00:00Z\","
        " \"version\": 1}', now(), now())",
        desk.id, shop,
    )  # fmt: skip
    answer = await erased(desk, under_way="1")
    assert (answer.status, "A bonus code still pays" in answer.text) == (422, True)
    assert (await erased(desk, under_way="1", bonus="1")).status == 200
    assert await world.pool.fetchval("SELECT count(*) FROM bonus") == 0
    assert (await desk.browser.get(desk.path)).status == 200, "what was granted is still shown"


@pytest.mark.parametrize("form", ["export", "erase"])
async def test_who_was_corrected_meanwhile_is_not_taken_for_who_was_shown(desk, form):
    await desk.browser.get(f"{desk.path}/person")
    recipient = {"name": "Zane Kalniņa", "phone": "+37120000002"}
    await desk.world.register(await desk.world.key("merchant", "Shop"), recipient=recipient)
    told = {"of": "recipient_phone", "typed": NUMBER, "under_way": "1"}
    answer = await desk.browser.post(f"{desk.path}/person/{form}", **told)
    assert (answer.status, "has changed meanwhile" in answer.text) == (409, True)
    assert (await search(desk.world.pool, desk.world.deps.sealer, "+37120000002")).hits
    assert set(await noted(desk)) == {"person_looked_up"}


@pytest.mark.parametrize("role", [StaffRole.SUPPORT, StaffRole.LEAD])
async def test_it_is_for_admins(desk, role):
    await becomes(desk, role)
    assert "/person" not in (await desk.browser.get(desk.path)).text
    assert (await desk.browser.get(f"{desk.path}/person")).status == 403
    await desk.browser.get(desk.path)
    for form in ("export", "erase"):
        answer = await desk.browser.post(f"{desk.path}/person/{form}", of="parcel", typed=NUMBER)
        assert (answer.status, "This is for admins" in answer.text) == (403, True)
    assert await noted(desk) == []


async def test_another_shops_parcel_looks_like_none_at_all(desk):
    other = await Merchants(desk.world.pool).merchant_named("Another")
    await desk.world.pool.execute("UPDATE staff SET shops = $1", [other])
    assert (await desk.browser.get(f"{desk.path}/person")).status == 404
    await desk.browser.get()
    answer = await desk.browser.post(f"{desk.path}/person/erase", of="parcel", typed=NUMBER)
    assert answer.status == 404
    assert await desk.world.pool.fetchval("SELECT count(*) FROM erasure") == 0


@pytest.mark.parametrize("form", ["export", "erase"])
async def test_the_answer_to_a_form_that_is_loaded_again_is_the_page_of_the_person(desk, form):
    answer = await desk.browser.get(f"{desk.path}/person/{form}?lang=lv")
    assert (answer.status, answer.headers["Location"]) == (303, f"{desk.path}/person?lang=lv")


async def test_the_export_tells_a_shop_no_more_of_colleagues_than_the_parcel_does(desk):
    """And whose file it is nothing of who they are."""
    world = desk.world
    await desk.browser.get(desk.path)
    await desk.browser.post(f"{desk.path}/notes", text="between us")
    await desk.browser.get(f"{desk.path}/person")
    shop = await Merchants(world.pool).merchant_named("Shop")
    theirs = Browser(world)
    once = await made(world, email="shop@shop.example", shops=[shop])
    await theirs.follows(await theirs.logs_in(once, "shop@shop.example"))
    await theirs.follows(await theirs.post("/support/password", password=OWN))
    await theirs.get(desk.path)
    await theirs.post(f"{desk.path}/notes", text="of the shop")
    await theirs.get(desk.path)
    asked = {"topic": "damaged", "text": "It is torn", "id": str(uuid4())}
    case = (await theirs.post(f"{desk.path}/cases", **asked)).headers["Location"]
    case = f"{desk.path}/cases/{case.rpartition('#case-')[2]}"
    whom = await world.pool.fetchval("SELECT staff_id FROM staff WHERE shops IS NOT NULL")
    told = {"to": str(whom), "word": "Look", "id": str(uuid4())}
    assert (await theirs.post(f"{case}/assign", **told)).status == 303
    await becomes(desk, StaffRole.ADMIN)
    said = {}
    for name in ("shop", "all"):
        await theirs.get(f"{desk.path}/person")
        answer = await theirs.post(f"{desk.path}/person/export", of="recipient_phone")
        said[name] = answer.text
        rows = answer.json["parcels"][0]["rows"]
        people = {row["email"] for kind in rows.values() for row in kind if row.get("email")}
        assert people == {"support"}
        staff = await world.pool.fetch("SELECT staff_id::text, email, name FROM staff")
        assert [each for row in staff for each in row if f'"{each}"' in answer.text] == []
        await world.pool.execute("UPDATE staff SET shops = NULL")
    assert ("of the shop" in said["shop"], "between us" in said["shop"]) == (True, False)
    assert ("of the shop" in said["all"], "between us" in said["all"]) == (True, True)
    assert [said[name].count("person_looked_up") for name in said] == [1, 3]
