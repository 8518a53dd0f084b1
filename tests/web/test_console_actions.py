"""What staff do with a parcel: a note, a yes or a no, another link; who may; and it is noted."""

import asyncio
import re
from html import escape

import pytest
from people import EMAIL as MAIL
from people import PHONE
from test_console_login import EMAIL, OWN, Browser, made
from test_console_parcel import NUMBER, Desk

from schemas.compensation import GOODWILL
from schemas.staff import StaffRole
from tracking.errors import StoreUnavailable
from tracking.judge import judge
from tracking.policy_load import load_policy
from tracking.staff import audit
from tracking.staff.notes import notes_of
from tracking.store.merchants import Merchants
from tracking.store.staff import StaffStore
from tracking.watch import look_at

POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
approval_above = "2.00"
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
"""


@pytest.fixture
async def desk(world):
    """A parcel for which a bonus waits for a yes; a lead stands before it."""
    await world.register(await world.key("merchant", "Shop"))
    merchant = await Merchants(world.pool).merchant_named("Shop")
    await load_policy(world.pool, merchant, POLICY, now=world.clock())
    key = await world.pool.fetchval("SELECT shipment_id FROM shipment")
    world.clock.pass_by(days=3)
    await look_at(world.pool, [key], now=world.clock())
    await judge(world.pool, [key], world.deps.sealer, now=world.clock())
    browser = Browser(world)
    await browser.enters(await made(world))
    return Desk(world, browser, str(key))


async def becomes(desk: Desk, role: StaffRole) -> None:
    """As if the second factor had been set up."""
    await desk.world.pool.execute("UPDATE staff SET role = $1, totp = 'x'", role)
    await desk.world.pool.execute("UPDATE staff_session SET second = true")


async def noted(desk: Desk) -> set[str]:
    rows = await desk.world.pool.fetch(
        "SELECT action FROM audit WHERE shipment_id = $1 AND action <> 'parcel_seen'", desk.id
    )
    return {row["action"] for row in rows}


async def state(desk: Desk) -> str:
    return await desk.world.pool.fetchval("SELECT state FROM compensation")


async def test_a_note_is_there_for_colleagues_and_sealed_at_rest(desk):
    await desk.page()
    answer = await desk.browser.post(
        f"{desk.path}/notes", text="She calls again\r\non <b>Monday</b>"
    )
    assert answer.status == 303
    page = await desk.page()
    assert f"Note by <bdi>{EMAIL}</bdi>" in page
    assert "She calls again\non <b>Monday</b>" in page  # unescaped by the test
    assert "<b>Monday" not in (await desk.browser.get(desk.path)).text
    kept = await desk.world.pool.fetchval("SELECT text FROM staff_note")
    assert "Monday" not in kept
    assert await noted(desk) == {"note_added"}


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2001])
async def test_an_empty_note_is_none(desk, text):
    await desk.page()
    answer = await desk.browser.post(f"{desk.path}/notes", text=text)
    assert (answer.status, "Write something" in answer.text) == (422, True)
    assert text.strip() in answer.text, "nobody has to type it twice"
    assert await desk.world.pool.fetchval("SELECT count(*) FROM staff_note") == 0


async def test_the_same_form_twice_is_one_note_also_at_once(desk):
    page = (await desk.page()).partition(f'action="{desk.path}/notes"')[2]
    (form,) = re.findall(r'name="id" value="([0-9a-f-]{36})"', page.partition("</form>")[0])
    for _ in range(2):
        answers = await asyncio.gather(
            *(desk.browser.post(f"{desk.path}/notes", text="Once", id=form) for _ in range(3))
        )
        assert {each.status for each in answers} == {303}
    assert (await desk.page()).count("Once") == 1
    assert await written(desk) == ["note_added"]
    await desk.browser.post(f"{desk.path}/notes", text="Another, after going back", id=form)
    assert "Another, after going back" in await desk.page(), "no words are lost"


@pytest.mark.parametrize("fields", [{}, {"id": ""}, {"id": "no id"}])
async def test_a_note_of_a_form_without_an_id_is_one_each_time(desk, fields):
    """As events are: a page that an earlier release made costs nobody their words."""
    await desk.page()
    for _ in range(2):
        answer = await desk.browser.post(f"{desk.path}/notes", text="Again", **fields)
        assert answer.status == 303
    assert await written(desk) == ["note_added"] * 2


async def written(desk: Desk) -> list[str]:
    rows = await desk.world.pool.fetch("SELECT action FROM audit WHERE action = 'note_added'")
    return [row["action"] for row in rows]


async def test_notes_stand_in_the_order_in_which_they_were_written(desk):
    for n in range(4):
        await desk.browser.post(f"{desk.path}/notes", text=f"note {n}")
        desk.world.clock.pass_by(seconds=1)
    store, sealer = StaffStore(desk.world.pool), desk.world.deps.sealer
    staff = (await store.list_staff())[0][0]
    assert [each.text for each in await notes_of(store, sealer, staff, desk.id)] == [
        f"note {n}" for n in range(4)
    ]


async def test_of_a_parcel_whose_people_were_erased_no_note_is_kept(desk):
    await desk.page()
    await desk.world.pool.execute("UPDATE shipment SET erased_at = now()")
    answer = await desk.browser.post(f"{desk.path}/notes", text="She calls again")
    assert (answer.status, "no note is kept of it" in answer.text) == (409, True)
    assert "She calls again" in answer.text, "nobody has to type it twice"
    assert await desk.world.pool.fetchval("SELECT count(*) FROM staff_note") == 0
    assert "note_added" not in await noted(desk)


async def choices(desk: Desk) -> dict[str, str]:
    """What the first form offers, by the address; nothing of what is closed."""
    page = await desk.page()
    form = page.partition('id="say"')[2].partition("</form>")[0]
    found = re.findall(r'value="([0-9a-f-]{36})" required>\s*<span>[^<]* <bdi>(.*?)</bdi>', form)
    return {to: choice for choice, to in found}


async def test_what_is_true_is_sent_by_the_way_that_support_chooses(desk):
    await desk.world.scanned(NUMBER, "accepted", "out_for_delivery")
    offered = await choices(desk)
    assert set(offered) == {PHONE, MAIL}
    for _ in range(2):  # the button is pressed twice
        answer = await desk.browser.post(f"{desk.path}/messages", choice=offered[PHONE])
        assert (answer.status, answer.headers["Location"]) == (303, f"{desk.path}?done")
    rows = await desk.world.pool.fetch("SELECT * FROM notice")
    (row,) = rows
    assert (row["occasion"], row["channel"], row["state"]) == ("out_for_delivery", "sms", "planned")
    page = await desk.page()
    assert "had a message sent" in page
    assert "the same is being sent by this way just now" in page
    assert set(await choices(desk)) == {MAIL}
    assert await noted(desk) == {"message_sent"}


async def test_a_message_that_is_not_on_offer_is_not_sent(desk):
    await desk.page()
    unknown = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    for choice, status, said in (
        ("", 422, "Choose by which way it is to be sent."),
        ("'; --", 422, "Choose by which way it is to be sent."),
        (unknown, 409, "That has changed meanwhile."),
    ):
        answer = await desk.browser.post(f"{desk.path}/messages", choice=choice)
        assert (answer.status, said in answer.text) == (status, True)
    assert await desk.world.pool.fetchval("SELECT count(*) FROM notice") == 0
    assert await noted(desk) == set()


async def granted(desk: Desk) -> list[tuple[int, int, str]]:
    rows = await desk.world.pool.fetch(
        "SELECT tier, cents, state FROM compensation WHERE rule = 'by_hand' ORDER BY tier"
    )
    return [tuple(row) for row in rows]


async def grant(desk: Desk, amount: str, why: str = "The courier was rude", tier: int = GOODWILL):
    await desk.page()
    return await desk.browser.post(f"{desk.path}/grants", tier=str(tier), amount=amount, why=why)


async def test_support_grants_five_euro_and_the_story_tells_who_and_why(desk):
    assert re.search(r"Up to .{0,20}€5.{0,20} for this parcel at once", await desk.page())
    for _ in range(2):
        assert (await grant(desk, " 5,00 ")).status == 303
    assert await granted(desk) == [(GOODWILL, 500, "issued")]
    page = await desk.page()
    assert "by support: " in page
    assert "The courier was rude" in page
    assert "granted a sum by hand" in page
    assert "Your limit for this parcel is used up: it waits for a yes." in page
    assert await noted(desk) == {"compensation_granted"}


NO_GRANT = [
    *(
        (amount, "x", "Amount: a sum such as 5.00.")
        for amount in ("", "0", "-5", "5.001", "1e3", "٥")
    ),
    ("5", " ", "Say why in a few words."),
]


async def test_a_grant_without_a_sum_or_a_reason_is_none(desk):
    for amount, why, said in NO_GRANT:
        answer = await grant(desk, amount, why)
        assert (answer.status, said in answer.text) == (422, True), (amount, why)
        assert f'value="{amount}"' in answer.text
    assert (await granted(desk), await noted(desk)) == ([], set())


async def test_more_than_the_role_may_waits_for_one_who_may(desk):
    assert (await grant(desk, "60")).status == 303
    assert await granted(desk) == [(GOODWILL, 6000, "proposed")]
    path = f"{desk.path}/compensations/{GOODWILL}/approve"
    assert (await desk.browser.post(path)).status == 403
    await becomes(desk, StaffRole.LEAD)
    await desk.page()
    answer = await desk.browser.post(path)
    assert (answer.status, "more than your role may say yes to" in answer.text) == (403, True)
    page = await desk.page()
    assert ("more than your role may say yes to" in page, path in page) == (True, False)
    await becomes(desk, StaffRole.ADMIN)
    assert path in await desk.page()
    assert (await desk.browser.post(path)).status == 303
    assert await granted(desk) == [(GOODWILL, 6000, "issued")]


async def test_two_who_grant_at_once_see_each_other(desk):
    assert (await grant(desk, "2")).status == 303
    answer = await grant(desk, "3")
    assert (answer.status, "That has changed meanwhile." in answer.text) == (409, True)
    assert (await grant(desk, "3", tier=GOODWILL + 1)).status == 303
    assert await granted(desk) == [(GOODWILL, 200, "issued"), (GOODWILL + 1, 300, "issued")]


async def test_a_lead_says_yes_and_the_shopper_gets_it(desk):
    await becomes(desk, StaffRole.LEAD)
    assert "A bonus waits for a yes." in await desk.steps()
    answer = await desk.browser.post(f"{desk.path}/compensations/0/approve")
    assert (answer.status, await state(desk)) == (303, "issued")
    assert await noted(desk) == {"compensation_approved"}
    by = await desk.world.pool.fetch("SELECT by FROM compensation_move ORDER BY id")
    assert [row["by"] for row in by] == ["policy", "support"]
    again = await desk.browser.post(f"{desk.path}/compensations/0/approve")
    assert (again.status, "changed meanwhile" in again.text) == (409, True)


async def test_to_more_than_a_lead_may_grant_an_admin_says_yes(desk):
    """Whether somebody asked for it or the policy owes it."""
    await becomes(desk, StaffRole.LEAD)
    await desk.world.pool.execute("UPDATE compensation SET cents = 5001")
    await desk.page()
    path = f"{desk.path}/compensations/0/approve"
    answer = await desk.browser.post(path)
    assert (answer.status, "Ask an admin." in answer.text) == (403, True)
    assert (await state(desk), await noted(desk)) == ("proposed", set())
    await desk.world.pool.execute("UPDATE compensation SET cents = 5000")
    assert (await desk.browser.post(path)).status == 303


async def test_or_no_with_the_reason(desk):
    await becomes(desk, StaffRole.LEAD)
    await desk.page()
    assert (await desk.browser.post(f"{desk.path}/compensations/0/refuse")).status == 422
    answer = await desk.browser.post(f"{desk.path}/compensations/0/refuse", why="told to us late")
    assert (answer.status, await state(desk)) == (303, "refused")
    page = await desk.page()
    assert "told to us late" in page
    card = page.partition('id="money"')[2].partition("</section>")[0]
    assert re.search("<b>€3</b>: 1 day late .*refused", card)
    assert "code" not in card.partition("<details")[0]


async def test_who_is_no_lead_decides_nothing(desk):
    page = await desk.page()
    assert "It waits for a yes: of a lead, or above a lead's limit of an admin." in page
    assert "/approve" not in page
    for what in ("approve", "refuse"):
        path = f"{desk.path}/compensations/0/{what}"
        assert (await desk.browser.post(path, why="x")).status == 403
    assert await state(desk) == "proposed"


@pytest.mark.parametrize("tier", ["1", "-1", "x", "0000", "٣"])
async def test_a_tier_that_is_none_is_not_found(desk, tier):
    await becomes(desk, StaffRole.LEAD)
    await desk.page()
    assert (await desk.browser.post(f"{desk.path}/compensations/{tier}/approve")).status == 404


async def test_a_new_link_is_shown_once_and_the_old_ones_end_on_demand(desk):
    old = await desk.world.pool.fetchval("SELECT count(*) FROM public_link")
    await desk.page()
    for revoke, working in (({}, old + 1), ({"revoke": "1"}, 1)):
        answer = await desk.browser.post(f"{desk.path}/link", **revoke)
        link = answer.text.partition("http://track.test")[2].partition("<")[0]
        assert (await desk.world.call("GET", link)).status == 200
        alive = "SELECT count(*) FROM public_link WHERE revoked_at IS NULL"
        assert await desk.world.pool.fetchval(alive) == working
    assert link not in await desk.page()
    assert await noted(desk) == {"link_made", "links_revoked"}


async def test_on_a_parcel_of_another_shop_nothing_can_be_done(desk):
    await desk.world.key("merchant", "Other")
    other = await Merchants(desk.world.pool).merchant_named("Other")
    await becomes(desk, StaffRole.ADMIN)
    await desk.page()
    await desk.world.pool.execute("UPDATE staff SET shops = $1", [other])
    paths = ("notes", "link", "recipient", "compensations/0/approve", "compensations/0/refuse")
    for what in paths:
        answer = await desk.browser.post(f"{desk.path}/{what}", text="x", why="x")
        assert answer.status == 404, what
    assert await noted(desk) == set()
    assert await state(desk) == "proposed"


WHO = {"name": "Jānis Bērziņš", "email": "janis@example.lv", "postcode": "LV-1010", "country": "LV"}


async def test_a_misheard_number_is_corrected_and_found(desk):
    await desk.page()
    version = "SELECT version FROM shipment"
    before = await desk.world.pool.fetchval(version)
    fields = WHO | {"phone": "26 000 007", "language": "lv"}
    assert (await desk.browser.post(f"{desk.path}/recipient", **fields)).status == 303
    page = await desk.page()
    assert "+37126000007" in page
    assert "corrected the recipient" in page
    assert "<bdi>phone</bdi>" in page, "which field, and not what stood there"
    assert await desk.world.pool.fetchval(version) == before + 1
    fact = await desk.world.pool.fetchval("SELECT fact FROM outbox ORDER BY id DESC LIMIT 1")
    assert "shipment.details_changed" in fact
    for typed, count in (("26000007", 1), ("20000001", 0)):
        await desk.browser.get()
        found = await desk.browser.post("/support/search", q=typed)
        assert found.text.count('<li class="card"') == count, typed
    assert await noted(desk) == {"contact_corrected"}


async def test_nothing_new_is_no_news(desk):
    await desk.page()
    fields = WHO | {"phone": "+371 20000001", "language": "lv"}
    assert (await desk.browser.post(f"{desk.path}/recipient", **fields)).status == 303
    assert await noted(desk) == set()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("country", "XX", "Country: two letters"),
        ("phone", "12", "Phone: with its country"),
        ("email", "anna@@example", "E-mail: an address such as"),
        ("country", "Latvia", "Country: two letters"),
        ("country", "ZZ", "Country: two letters"),
        ("postcode", "<b>", "Postcode: letters and digits"),
        ("language", "latviešu", "Language: two letters"),
        ("postcode", "x" * 21, "Postcode: letters and digits"),
        ("name", "x" * 201, "Name: 200 characters"),
    ],
)
async def test_what_cannot_be_is_said_by_its_field_and_stays_to_be_mended(desk, field, typed, said):
    await desk.page()
    answer = await desk.browser.post(f"{desk.path}/recipient", **WHO | {field: typed})
    assert (answer.status, said in answer.text) == (422, True)
    assert f'value="{escape(typed)}"' in answer.text
    assert await noted(desk) == set()


async def test_that_nobody_can_be_told_any_more_has_to_be_meant(desk):
    await desk.page()
    silent = WHO | {"phone": "", "email": " "}
    answer = await desk.browser.post(f"{desk.path}/recipient", **silent)
    assert (answer.status, "nobody can be told of it" in answer.text) == (422, True)
    assert 'name="nobody"' in answer.text
    assert await noted(desk) == set()
    answer = await desk.browser.post(f"{desk.path}/recipient", **silent, nobody="on")
    assert (answer.status, await noted(desk)) == (303, {"contact_corrected"})


async def test_the_shops_own_word_again_changes_nothing_and_another_one_holds(desk):
    await desk.page()
    await desk.browser.post(f"{desk.path}/recipient", **WHO | {"phone": "+37126000007"})
    shop = await desk.world.key("merchant", "Shop")
    assert (await desk.world.register(shop)).status == 200
    assert "+37126000007" in await desk.page()
    await desk.world.register(shop, recipient={"name": "Anna", "phone": "+37126000008"})
    assert "+37126000008" in await desk.page()


async def test_who_read_an_older_page_overwrites_nothing(desk):
    await desk.page()
    seen = desk.browser.seen
    shop = await desk.world.key("merchant", "Shop")
    await desk.world.register(shop, recipient={"name": "Anna", "phone": "+37126000008"})
    answer = await desk.browser.post(f"{desk.path}/recipient", **WHO, seen=seen)
    assert (answer.status, "changed meanwhile" in answer.text) == (409, True)
    assert "+37126000008" in await desk.page()
    assert await noted(desk) == set()


async def test_what_cannot_be_written_down_is_not_done(desk, monkeypatch):
    await becomes(desk, StaffRole.LEAD)
    await desk.page()

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(audit, "note_audit", away)
    answer = await desk.browser.post(f"{desk.path}/compensations/0/approve")
    assert (answer.status, "Nothing is lost" in answer.text) == (503, True)
    assert await state(desk) == "proposed"
    assert (await desk.browser.post(f"{desk.path}/notes", text="lost")).status == 503
    assert await desk.world.pool.fetchval("SELECT count(*) FROM staff_note") == 0


async def test_people_of_one_shop_do_not_see_what_central_staff_write(desk):
    await desk.page()
    await desk.browser.post(f"{desk.path}/notes", text="between us")
    assert "between us" in await desk.page()
    shop = await Merchants(desk.world.pool).merchant_named("Shop")
    theirs = Browser(desk.world)
    once = await made(desk.world, email="shop@shop.example", shops=[shop])
    await theirs.follows(await theirs.logs_in(once, "shop@shop.example"))
    await theirs.follows(await theirs.post("/support/password", password=OWN))
    other = Desk(desk.world, theirs, str(desk.id))
    page = await other.page()
    assert "between us" not in page
    assert EMAIL not in page
    await theirs.post(f"{desk.path}/notes", text="of the shop")
    assert "of the shop" in await other.page()


async def test_the_answer_to_a_form_that_is_loaded_again_is_the_parcel(desk):
    for form in ("notes", "link", "recipient", "compensations/0/approve"):
        answer = await desk.browser.get(f"{desk.path}/{form}?lang=lv")
        assert (answer.status, answer.headers["Location"]) == (303, f"{desk.path}?lang=lv")
    assert (await desk.browser.get("/support/search")).headers["Location"] == "/support"
