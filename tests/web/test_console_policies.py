"""A shop's promises and bonuses in the console: in words, tried, put into force."""

import re
from html import unescape

import pytest
from shop_desk import ShopDesk

from schemas.staff import StaffRole
from tracking.policy_load import load_policy

POLICY = """\
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
"""
TEXT = re.compile(r'<textarea name="text" hidden readonly>\n(.*?)</textarea>', re.DOTALL)


@pytest.fixture
async def desk(world):
    desk = await ShopDesk.opened(world)
    for name, number in (("Shop", "CE100000001EE"), ("Shop", "CE100000002EE"), ("Other", "CE3")):
        await world.register(await world.key("merchant", name), tracking_number=number)
    world.clock.pass_by(days=5)
    await world.pool.execute(
        "UPDATE staff_session SET seen_at = $1, created_at = $1", world.clock()
    )
    return desk


async def tries(desk, text, **fields):
    await desk.page("/policies")
    return await desk.sends("/policies", do="try", text=text.replace("\n", "\r\n"), **fields)


async def puts(desk, tried):
    text = unescape(TEXT.search(tried.text)[1]).replace("\n", "\r\n")
    seen = re.search(r'name="seen" value="([0-9a-f]{32})"', tried.text)[1]
    return await desk.sends("/policies", do="load", text=text, seen=seen)


async def loaded(desk):
    return await desk.world.pool.fetch("SELECT version, source FROM policy ORDER BY version")


async def test_rules_are_tried_and_then_put_into_force(desk):
    tried = await tries(desk, POLICY)
    assert tried.status == 200
    assert "2 parcels were registered in these days." in tried.text, "not the other shop's"
    row = r'1 day late</th><td class="sum">2</td>'
    assert re.search(row, tried.text)
    assert "€6<" in tried.text
    assert "late by 1 day: a bonus code of 3.00 EUR" in tried.text
    assert await loaded(desk) == []
    assert await desk.audit() == []

    done = await puts(desk, tried)
    assert (done.status, done.headers["Location"]) == (303, f"{desk.path}/policies?done")
    assert [(row["version"], row["source"]) for row in await loaded(desk)] == [(1, POLICY)]
    ((action, detail),) = await desk.audit()
    assert (action, detail) == ("policy_loaded", {"what": "1", "text": POLICY})
    page = await desk.page("/policies")
    assert "<bdi>standard</bdi>: for parcels promised from 2026-01-01 on, in EUR" in page
    assert "Version 1" in page
    settings = await desk.page()
    assert "put rules into force" in settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "line 1: is no TOML"),
        (POLICY + 'colour = "red"\n', "colour"),
        (POLICY.replace('"3.00"', "3.0"), "line 6 <code>tiers[0].bonus.amount</code>"),
        ("\n" * 10, "line"),
        ("x" * (256 * 1024 + 1), "is longer than"),
    ],
)
async def test_what_is_wrong_is_said_with_its_line_and_stays_typed(desk, text, said):
    answer = await tries(desk, text)
    assert (answer.status, said in answer.text) == (422, True)
    assert text.strip()[:100] in answer.text
    assert await loaded(desk) == []


async def test_only_what_was_tried_goes_into_force(desk):
    tried = await tries(desk, POLICY)
    seen = re.search(r'name="seen" value="([0-9a-f]{32})"', tried.text)[1]
    other = POLICY.replace("3.00", "300.00")
    answer = await desk.sends("/policies", do="load", text=other, seen=seen)
    assert "Nothing is in force yet" in answer.text
    assert await loaded(desk) == []


async def test_what_somebody_else_loaded_meanwhile_is_not_covered_unseen(desk):
    tried = await tries(desk, POLICY)
    await load_policy(desk.world.pool, desk.shop, POLICY, now=desk.world.clock())
    answer = await puts(desk, tried)
    assert "Nothing is in force yet" in answer.text, "it is tried once more"
    assert len(await loaded(desk)) == 1
    assert (await puts(desk, answer)).status == 303
    assert len(await loaded(desk)) == 2


async def test_another_currency_is_refused_when_it_is_tried(desk):
    await load_policy(desk.world.pool, desk.shop, POLICY, now=desk.world.clock())
    answer = await tries(desk, POLICY.replace("EUR", "SEK"))
    assert (answer.status, "line 2 <code>currency</code>" in answer.text) == (422, True)


async def test_the_rules_are_said_in_latvian_too(desk):
    await load_policy(desk.world.pool, desk.shop, POLICY, now=desk.world.clock())
    page = await desk.page("/policies", lang="lv")
    assert "kavējas par 1 dienu" in page
    assert "late by" not in page


async def test_a_lead_does_not_move_the_limits_of_leads(desk):
    more = POLICY + '[goodwill]\nlead = "400.00"\n'
    answer = await tries(desk, more)
    assert (answer.status, "Only an admin changes" in answer.text) == (403, True)
    assert "400.00" in answer.text, "it stays typed"
    await desk.becomes(StaffRole.ADMIN)
    assert (await puts(desk, await tries(desk, more))).status == 303
    await desk.becomes(StaffRole.LEAD)
    kept = await tries(desk, more)
    assert kept.status == 200, "as it is in force"
    assert (await tries(desk, POLICY)).status == 403, "nor back by leaving it out"


async def test_a_support_person_changes_no_rules(desk):
    await desk.page("/policies")
    await desk.becomes(StaffRole.SUPPORT)
    for do in ("try", "load"):
        answer = await desk.sends("/policies", do=do, text=POLICY)
        assert (answer.status, "This is for leads and admins" in answer.text) == (403, True)
