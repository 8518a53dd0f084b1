"""A shop's promises and bonuses in the console: in words, tried, put into force."""

import re
from html import unescape
from threading import current_thread, main_thread

import pytest
from shop_desk import ShopDesk

from schemas.policy import ShopPolicy
from schemas.staff import StaffRole
from tracking import policy_load
from tracking.policy_file import read_policy
from tracking.policy_load import load_policy
from tracking.web.console.shop import policies

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
    """An admin before it; what a lead may stands below."""
    desk = await ShopDesk.opened(world, StaffRole.ADMIN)
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
        ("x" * (16 * 1024 + 1), "is longer than 16384 characters"),
        ("ā" * (16 * 1024 + 1), "is longer than 16384 characters"),
        ("\na = " + "[" * 5000, "line 1: has brackets within brackets"),
        ("a = " + "9" * 5000, "line 1: holds a number that is too long"),
        ("a = 0\n" + "[[tiers]]\n" * 1500, "line 202: is one of more than 200 tables"),
    ],
)
async def test_what_is_wrong_is_said_with_its_line_and_stays_typed(desk, text, said):
    answer = await tries(desk, text)
    assert (answer.status, said in answer.text) == (422, True)
    assert text.strip()[:100] in answer.text
    assert await loaded(desk) == []


async def test_nobody_waits_while_a_policy_is_read(desk, monkeypatch):
    """It is read beside the loop that answers everybody else."""
    read_by = []

    def reads(text: str) -> ShopPolicy:
        read_by.append(current_thread())
        return read_policy(text)

    for module in (policies, policy_load):
        monkeypatch.setattr(module, "read_policy", reads)
    assert (await puts(desk, await tries(desk, POLICY))).status == 303
    assert len(read_by) == 3
    assert main_thread() not in read_by


async def test_only_what_was_tried_goes_into_force(desk):
    tried = await tries(desk, POLICY)
    seen = re.search(r'name="seen" value="([0-9a-f]{32})"', tried.text)[1]
    other = POLICY.replace("3.00", "300.00")
    answer = await desk.sends("/policies", do="load", text=other, seen=seen)
    assert (answer.status, answer.text.count("not the one that was tried")) == (409, 1)
    assert "Nothing is in force yet" in answer.text
    assert await loaded(desk) == []


async def test_what_somebody_else_loaded_meanwhile_is_not_covered_unseen(desk):
    tried = await tries(desk, POLICY)
    await load_policy(desk.world.pool, desk.shop, POLICY, now=desk.world.clock())
    answer = await puts(desk, tried)
    assert (answer.status, answer.text.count("somebody loaded other rules")) == (409, 1)
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


LEADS = POLICY.replace("2026-01-01", "2026-11-25")  # the day on which it is read
MORE = LEADS.replace('"3.00"', '"300.00"')
LATER = POLICY.replace("2026-01-01", "2026-12-24")
STORM = """
[[force_majeure]]
starts = 2026-11-25
ends = 2026-11-26
reason = "storm"
"""


async def a_lead(desk, *texts):
    """Before a shop for which an admin has loaded these."""
    for text in texts or (POLICY,):
        await load_policy(desk.world.pool, desk.shop, text, now=desk.world.clock())
    await desk.becomes(StaffRole.LEAD)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POLICY, "line 3 <code>valid_from</code>: lies before today"),
        (MORE, "line 6 <code>tiers[0].bonus</code>: pays more, earlier or in another way"),
        (LEADS.replace('"1d"', '"1h"'), "line 6 <code>tiers[0].bonus</code>: pays more"),
        (LEADS + '[goodwill]\nlead = "400.00"\n', "line 7 <code>goodwill</code>: differs"),
        (f'endpoint = "https://my.example/"\n{LEADS}', "line 1 <code>endpoint</code>: differs"),
    ],
)
async def test_a_lead_does_not_write_what_the_shop_pays(desk, text, said):
    await a_lead(desk)
    answer = await tries(desk, text)
    assert (answer.status, said in answer.text) == (403, True)
    assert "an admin has to load them. You may change promises, exclusions" in answer.text
    assert text.strip() in answer.text, "it stays typed, for an admin"
    await desk.becomes(StaffRole.ADMIN)
    tried = await tries(desk, text)
    await desk.becomes(StaffRole.LEAD)
    assert (await puts(desk, tried)).status == 403, "nor what an admin has tried"
    assert len(await loaded(desk)) == 1
    await desk.becomes(StaffRole.ADMIN)
    assert (await puts(desk, tried)).status == 303


@pytest.mark.parametrize("text", [LEADS, LATER, LEADS.replace("3.00", "2.00"), LEADS + STORM])
async def test_what_costs_no_more_a_lead_loads_alone(desk, text):
    await a_lead(desk)
    tried = await tries(desk, text)
    assert tried.status == 200
    assert (await puts(desk, tried)).status == 303
    assert [row["source"] for row in await loaded(desk)] == [POLICY, text]


async def test_it_may_pay_no_more_than_what_holds_today_nor_than_what_was_loaded_last(desk):
    await a_lead(desk, POLICY, LATER.replace('"3.00"', '"9.00"'))
    assert (await tries(desk, LEADS.replace('"3.00"', '"9.00"'))).status == 403
    assert (await tries(desk, LEADS)).status == 200
    await a_lead(desk, LATER)
    less = LATER.replace('"3.00"', '"1.00"')
    await a_lead(desk, less)
    assert (await tries(desk, LATER)).status == 403
    assert (await tries(desk, less)).status == 200


async def test_the_first_rules_of_a_shop_are_an_admins(desk):
    await desk.becomes(StaffRole.LEAD)
    answer = await tries(desk, LEADS)
    said = "line 2 <code>currency</code>: with its first rules a shop begins to pay"
    assert (answer.status, said in answer.text) == (403, True)


async def test_a_lead_is_told_in_latvian_too(desk):
    await a_lead(desk)
    await desk.page("/policies", lang="lv")
    answer = await desk.sends("/policies?lang=lv", do="try", text=MORE)
    assert (answer.status, "maksā vairāk" in answer.text) == (403, True)
    assert 'class="deeds" lang="en"' not in answer.text


async def test_a_support_person_changes_no_rules(desk):
    await desk.page("/policies")
    await desk.becomes(StaffRole.SUPPORT)
    for do in ("try", "load"):
        answer = await desk.sends("/policies", do=do, text=POLICY)
        assert (answer.status, "This is for leads and admins" in answer.text) == (403, True)
