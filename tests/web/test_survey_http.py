"""POST /t/{token}/survey: once for a parcel, by whoever has the link, and shown to nobody there."""

import asyncio

import pytest

from schemas.case import CaseState, Opener, Topic
from schemas.status import Handover
from tracking.person.erase import erase, plan
from tracking.person.who import whom_of_parcel
from tracking.surveys import survey_context
from tracking.threads import threads_of

NUMBER = "CE123456789EE"
FULL = {"recommend": "3", "courier": "5", "packaging": "too_big", "word": "Mostly <b>air</b>"}


@pytest.fixture
async def shop(world):
    return await world.key("merchant", "Shop")


@pytest.fixture
async def path(world, shop):
    made = await world.register(shop)
    await world.scanned(NUMBER, "accepted", "delivered", handover=Handover.RECIPIENT)
    return made.json["tracking_url"].removeprefix("http://track.test")


async def tells(world, path, **fields):
    return await world.call("POST", f"{path}/survey?lang=en", data=fields)


async def row(world):
    return await world.pool.fetchrow("SELECT * FROM survey")


async def page(world, path) -> str:
    return (await world.call("GET", f"{path}?lang=en")).text


async def test_who_has_the_link_tells_once_and_nobody_sees_it_there(world, path):
    assert "How was it?" in await page(world, path)
    answer = await tells(world, path, **FULL)
    assert (answer.status, answer.headers["Location"]) == (303, f"{path}?lang=en")
    kept = await row(world)
    assert (kept["recommend"], kept["courier"], kept["packaging"]) == (3, 5, "too_big")
    context = survey_context(kept["shipment_id"])
    assert world.deps.sealer.open_text(kept["word"], context) == FULL["word"]
    assert (kept["carrier"], kept["answered_at"]) == ("omniva", world.clock())
    shown = await page(world, path)
    assert ("Thank you for telling" in shown, "How was it?" in shown) == (True, False)
    assert "Mostly" not in shown

    assert (await tells(world, path, recommend="10")).status == 303
    assert (await row(world))["recommend"] == 3


async def test_of_two_at_once_one_stands(world, path):
    sent = await asyncio.gather(*(tells(world, path, recommend=str(n)) for n in range(5)))
    assert {each.status for each in sent} == {303}
    assert await world.pool.fetchval("SELECT count(*) FROM survey") == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "answer one of the questions"),
        ({"word": "  "}, "answer one of the questions"),
        ({"recommend": "11"}, "answer one of the questions"),
        ({"recommend": "9", "word": "x" * 1001}, "1,000 characters"),
    ],
)
async def test_what_is_no_answer_says_so_and_keeps_what_was_typed(world, path, fields, said):
    answer = await tells(world, path, **fields)
    assert (answer.status, said in answer.text) == (422, True)
    assert fields.get("word", "").strip() in answer.text
    assert await row(world) is None


async def test_what_was_typed_is_text_whoever_typed_it(world, path):
    answer = await tells(world, path, recommend="99", word='</textarea><script>"x"</script>')
    assert answer.status == 422
    assert "<script>" not in answer.text.partition('name="word"')[2]


async def test_a_locker_has_no_courier(world, shop):
    made = await world.register(shop, tracking_number="CE2", order="2")
    await world.scanned("CE2", "accepted", "delivered", handover=Handover.LOCKER)
    path = made.json["tracking_url"].removeprefix("http://track.test")
    assert "courier?" not in await page(world, path)
    await tells(world, path, courier="1", recommend="9")
    assert ((await row(world))["courier"], (await row(world))["recommend"]) == (None, 9)


async def test_who_is_not_to_be_asked_is_not(world, shop, path):
    world.clock.pass_by(days=32)
    assert "How was it?" not in await page(world, path)
    assert (await tells(world, path, recommend="9")).status == 303
    made = await world.register(shop, tracking_number="CE3", order="3")
    other = made.json["tracking_url"].removeprefix("http://track.test")
    assert (await tells(world, other, recommend="9")).status == 303, "it is under way"
    assert await row(world) is None


async def test_a_shop_turns_it_off(world, shop, path):
    changed = await world.call("PUT", "/v1/settings", headers=shop, json={"survey": "off"})
    assert (changed.status, changed.json["survey"]) == (200, "off")
    assert "How was it?" not in await page(world, path)
    await tells(world, path, recommend="9")
    assert await row(world) is None


async def test_it_is_sent_by_our_page_only_and_not_without_a_link(world, path):
    headers = {"Sec-Fetch-Site": "cross-site"}
    sent = await world.call("POST", f"{path}/survey", data={"recommend": "9"}, headers=headers)
    assert sent.status == 403
    assert (await tells(world, f"/t/{'x' * 22}", recommend="9")).status == 404
    assert await row(world) is None


async def test_one_address_does_not_answer_for_everybody(world, path):
    codes = [(await tells(world, path)).status for _ in range(32)]
    assert (codes[0], codes[-1]) == (422, 429)


async def test_low_marks_are_told_without_the_words(world, path, caplog):
    await tells(world, path, **FULL)
    assert caplog.text.count("survey.low_marks") == 1
    assert "Mostly" not in caplog.text


async def test_low_marks_open_a_case_in_which_they_stand_and_good_ones_none(world, path):
    await asyncio.gather(*(tells(world, path, **FULL) for _ in range(3)))
    key = (await row(world))["shipment_id"]
    (thread,) = await threads_of(world.pool, world.deps.sealer, key)
    case = thread.case
    assert (case.topic, case.opened_by, case.state, case.contacts) == (
        Topic.FEEDBACK, Opener.SURVEY, CaseState.OPEN, 1,
    )  # fmt: skip
    (message,) = thread.messages
    assert not message.proven, "whoever has the link may say how it was"
    assert message.text.splitlines() == [
        "Would you recommend this shop to a friend? 3/10",
        "How was the courier? 5/5 ★",
        "How was it packed? Too big a box",
        *FULL["word"].splitlines(),
    ]
    assert "Mostly" not in await page(world, path), "a link alone shows no words"


async def test_good_marks_open_no_case(world, path):
    await tells(world, path, recommend="9", courier="4", packaging="too_big")
    assert await world.pool.fetchval("SELECT count(*) FROM support_case") == 0


async def test_who_was_erased_is_asked_nothing_and_the_marks_stay(world, path):
    await tells(world, path, **FULL)
    key = (await row(world))["shipment_id"]
    deps, now = world.deps, world.clock()
    planned = await plan(
        world.pool, deps.sealer, whom_of_parcel(deps.sealer, key), only=[key], now=now
    )
    await erase(world.pool, deps.sealer, planned, by="operator", now=now)
    assert ((await row(world))["recommend"], (await row(world))["word"]) == (3, None)
    assert (await tells(world, path, recommend="9")).status == 404
