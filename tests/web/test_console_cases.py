"""Cases in the console: answered once, seen by who may, handed over with all that was said."""

import asyncio
import re
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
from hostile_texts import AT_THE_DOOR, HARMLESS, TEXTS, is_calm, skeleton, unshowable
from test_ask_http import EVIL, SAID, Shopper, shopper_of
from test_console_login import EMAIL, Browser
from test_console_parcel import NUMBER, Desk
from yarl import URL

from schemas.case import MOST_BY_TEXT, Author, CaseState, Opener, Topic
from schemas.staff import StaffRole
from tracking.domain.help import ASKABLE
from tracking.staff.audit import detail_of
from tracking.staff.login import session_hash
from tracking.store.cases import Cases
from tracking.store.merchants import Merchants
from tracking.store.staff import Staff, StaffStore
from tracking.threads import threads_of

BEN = "ben@help.example"
BY_MAIL = {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "parcels@shop.example"}


@pytest.fixture
def also_set():
    return BY_MAIL


class CaseDesk(Desk):
    """Somebody of support before a parcel about which its shopper has asked."""

    shopper: Shopper

    async def threads(self):
        return await threads_of(self.world.pool, self.world.deps.sealer, self.id)

    async def case(self):
        return (await self.threads())[-1].case

    async def does(self, what: str, **fields: str):
        case = await self.case()
        path = f"{self.path}/cases/{case.case_id}/{what}"
        return await self.browser.post(path, **{**await self.shown(), **fields})

    async def shown(self) -> dict[str, str]:
        """What stands in a form of the last case."""
        return {"id": str(uuid4()), "seen": str(len((await self.threads())[-1].messages))}

    async def replies(self, text: str = "We send a new one", **fields: str):
        return await self.does("reply", **{"text": text, "by": "page", **fields})

    async def noted(self) -> list[str]:
        rows = await self.world.pool.fetch(
            "SELECT action FROM audit WHERE action NOT IN ('parcel_seen', 'logged_in',"
            " 'password_changed')"
        )
        return sorted(row["action"] for row in rows)


async def sits_down(world, email: str = EMAIL, shops=None) -> UUID:
    """Somebody has logged in, as test_console_login.py shows; hashing passwords takes its time."""
    staff, store, token = (
        staff_of(world, email, shops),
        StaffStore(world.pool),
        f"of-{email.partition('@')[0]}",
    )
    await store.insert_staff(staff)
    await store.insert_session(session_hash(token), staff, second=True, now=world.clock())
    world.http.cookie_jar.clear()
    world.http.cookie_jar.update_cookies({"klat_staff": token}, URL(world.url))
    return staff.staff_id


def staff_of(world, email: str, shops=None) -> Staff:
    return Staff(
        uuid4(), email, "Ben" if email == BEN else "Anna", StaffRole.SUPPORT, shops, "x", None,
        None, 0, None, world.clock(),
    )  # fmt: skip


@pytest.fixture
async def desk(world):
    shopper = await shopper_of(world)
    await shopper.asks()
    browser = Browser(world)
    await sits_down(world)
    desk = CaseDesk(world, browser, str(shopper.id))
    desk.shopper = shopper
    await desk.page()
    return desk


async def test_a_question_is_on_the_parcel_in_the_list_and_among_the_next_steps(desk):
    page = await desk.page()
    assert SAID in page
    assert SAID not in (await desk.browser.get(desk.path)).text, "escaped"
    assert "The shopper waits for an answer." in await desk.steps()
    listed = unescape((await desk.browser.get("/support/cases")).text)
    assert NUMBER in listed
    assert "The parcel or what is in it is damaged" in listed
    assert re.search(r"order\s<bdi>1001", listed)
    assert "Waiting <b>1</b>" in listed
    assert SAID not in listed, "the list names no words"
    assert await desk.noted() == []


async def test_an_answer_is_sealed_noted_and_read_by_the_shopper(desk, world):
    assert (await desk.replies()).status == 303
    case = await desk.case()
    assert (case.state, case.answered_at) == (CaseState.ANSWERED, world.clock())
    assert await desk.noted() == ["case_answered"]
    kept = await world.pool.fetch("SELECT text FROM case_message")
    assert all("new one" not in row["text"] for row in kept)
    assert "Answer by" in await desk.page()
    cookies = world.http.cookie_jar
    cookies.clear()
    await desk.shopper.unlocks()
    assert "We send a new one" in await desk.shopper.page()


async def test_an_answer_by_mail_is_planned_with_it_and_seen_in_the_story(desk, world):
    form = str(uuid4())
    for _ in range(2):
        await desk.replies(by="email", id=form)
    (notice,) = await world.pool.fetch("SELECT * FROM notice WHERE occasion = 'case_reply'")
    assert (notice["state"], notice["channel"], notice["addressee"]) == (
        "planned", "email", "recipient",
    )  # fmt: skip
    assert "E-mail: Answer to a question" in await desk.page()
    assert await desk.steps() == ["Nothing has to be done."]
    await world.pool.execute("UPDATE notice SET state = 'dropped', reason = 'bad_address'")
    assert "The answer did not arrive." in (await desk.steps())[0]


async def test_an_answer_that_is_refused_plans_nothing(desk, world):
    assert (await desk.replies(by="email", seen="7")).status == 409
    assert (
        await world.pool.fetchval("SELECT count(*) FROM notice WHERE occasion = 'case_reply'") == 0
    )


async def test_the_same_answer_posted_twice_is_said_once(desk):
    form = str(uuid4())
    answers = await asyncio.gather(*(desk.replies(id=form) for _ in range(4)))
    assert {each.status for each in answers} == {303}
    (thread,) = await desk.threads()
    assert len(thread.messages) == 2
    assert await desk.noted() == ["case_answered"]


async def test_of_two_who_answer_at_once_the_second_reads_the_first_before(desk):
    first = await desk.replies("The first one", seen="1")
    second = await desk.replies("The second one", seen="1")
    assert (first.status, second.status) == (303, 409)
    said = unescape(second.text)
    assert "Somebody has written in it meanwhile." in said
    assert "The first one" in said
    assert ">The second one</textarea>" in said, "nobody types it twice"
    seen = re.findall(r'name="seen" value="(\d+)"', said)
    assert (await desk.replies("The second one", seen=seen[0])).status == 303
    assert [each.text for each in (await desk.threads())[0].messages] == [
        SAID,
        "The first one",
        "The second one",
    ]


async def test_what_the_shopper_adds_meanwhile_is_read_first_too(desk):
    await desk.shopper.asks("It is green, too")
    answer = await desk.replies(seen="1")
    assert (answer.status, "It is green, too" in answer.text) == (409, True)


async def test_nobody_closes_what_they_have_not_read(desk, world):
    """The shopper writes between the page and the button."""
    seen = await desk.shown()
    await desk.shopper.asks("It is on fire, too")
    answer = await desk.does("solve", **seen)
    assert (answer.status, "It is on fire, too" in answer.text) == (409, True)
    assert "Somebody has written in it meanwhile. Read that first.</span>" in answer.text
    assert (await desk.case()).state is CaseState.OPEN
    assert await desk.noted() == []
    sign = re.search(r'/solve">.*?name="seen" value="(\d+)"', answer.text, re.DOTALL)[1]
    assert (await desk.does("solve", seen=sign)).status == 303
    assert (await desk.does("reopen", seen="1")).status == 409, "answered and closed meanwhile"
    assert (await desk.does("solve", seen="1")).status == 303, "it is closed: twice is once"
    assert await desk.noted() == ["case_solved"]


async def test_who_has_the_link_only_is_no_shopper_yet(desk):
    note = '<p class="note">has the link only</p>'
    assert (await desk.page()).count(note) == 1
    await desk.replies()
    await desk.browser.post(f"{desk.path}/cases", topic="damaged", text="x", id=str(uuid4()))
    page = await desk.page()
    assert page.count(note) == 1, "neither staff nor who is on the telephone"
    assert page.count("has the link only") == 2, "in the story too"


async def test_when_a_day_is_full_the_form_offers_no_text_message(desk, world):
    for _ in range(MOST_BY_TEXT):
        assert "As many answers" not in await desk.page()
        assert (await desk.replies(by="sms")).status == 303
    page = await desk.page()
    assert "As many answers as there may be in a day went out by text message." in page
    form = page.partition('class="reply"')[2].partition("</form>")[0]
    assert 'value="sms"' not in form
    await world.pool.execute(
        "UPDATE notice SET state = 'sent', changed_at = changed_at - interval '25 hours'"
    )
    assert "As many answers" not in await desk.page()


async def test_who_works_for_one_shop_learns_nobody_of_those_who_work_for_all(desk, world):
    shop = await Merchants(world.pool).merchant_named("Shop")
    await desk.replies("We send a new one")
    await desk.does("assign", to="", word="She called before")
    await desk.browser.post(f"{desk.path}/cases", topic="pickup", text="x", id=str(uuid4()))
    anna = await world.pool.fetchval("SELECT staff_id FROM staff")
    await desk.does("assign", to=str(anna))
    ben = await sits_down(world, BEN, (shop,))
    await desk.page()
    await desk.replies("Mine")
    page, listed = await desk.page(), (await desk.browser.get("/support/cases?tab=all")).text
    cases = page.partition('class="reply"')[0] + page.partition('class="moves"')[2]
    assert "Answer by support" in page
    assert "Word for a colleague by support" in page
    assert "written down by support" in page
    assert f"Answer by <bdi>{BEN}</bdi>" in page, "of the same shop"
    assert str(anna) not in page
    assert str(ben) in page
    assert "Anna" not in cases + listed
    assert "support</bdi>" in listed
    assert (await desk.does("assign", to=str(anna))).status == 400
    for at in page.split('<section class="card case')[1:]:
        assert EMAIL not in at.partition("</section>")[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write something"),
        ("x" * 2001, "Write something"),
        ("It waits {until}.", "Something in braces is still to be filled in."),
    ],
)
async def test_an_answer_that_is_none_is_not_sent(desk, text, said):
    answer = await desk.replies(text)
    assert (answer.status, said in answer.text) == (422, True)
    assert text in answer.text
    assert len((await desk.threads())[0].messages) == 1


async def test_a_prepared_answer_is_in_the_shoppers_language_and_filled_in(desk, world):
    await world.pool.execute("UPDATE support_case SET language = 'lv'")
    case = await desk.case()
    page = await desk.browser.get(f"{desk.path}?lang=en&case={case.case_id}&answer=damaged.0")
    area = re.search(r'<textarea id="text-[^>]*lang="lv"[^>]*>(.*?)</textarea>', page.text)
    assert NUMBER in area[1]
    assert "{number}" not in area[1]
    assert "Hello" not in area[1], "Latvian"
    other = await desk.browser.get(f"{desk.path}?lang=en&case={case.case_id}&answer=pickup.0")
    assert "{until}" in other.text, "it does not wait anywhere: whoever sends it sees that"
    await world.waits_in_locker(NUMBER)
    other = await desk.browser.get(f"{desk.path}?lang=en&case={case.case_id}&answer=pickup.0")
    area = re.search(r'<textarea id="text-[^>]*>(.*?)</textarea>', other.text)[1]
    assert "Rīga Akropole" in area
    assert "{" not in area
    assert "{name}" not in page.text


async def test_send_and_close_then_again_then_closed_without_a_word(desk, world):
    assert (await desk.replies(solve="1")).status == 303
    assert (await desk.case()).state is CaseState.SOLVED
    assert (await desk.does("reopen")).status == 303
    assert (await desk.case()).state is CaseState.OPEN
    assert (await desk.does("solve")).status == 303
    case = await desk.case()
    assert (case.state, case.contacts) == (CaseState.SOLVED, 1)
    assert (await desk.does("solve")).status == 303, "twice is once"
    assert await desk.noted() == ["case_answered", "case_reopened", "case_solved"]
    listed = await desk.browser.get("/support/cases?lang=en")
    assert "Nobody waits for an answer." in listed.text
    assert NUMBER in (await desk.browser.get("/support/cases?tab=all&lang=en")).text


async def test_who_comes_back_is_linked_to_what_was_said_before(desk, world):
    await desk.replies(solve="1")
    world.clock.pass_by(minutes=20)
    await desk.shopper.asks("Broken again")
    first, second = await desk.threads()
    assert second.case.follows == first.case.case_id
    page = await desk.page()
    card = page.partition(f'id="case-{second.case.case_id}"')[2].partition("</section>")[0]
    assert "A repeat contact." in card
    assert SAID in card, "what was said before is there"
    assert "We send a new one" in card
    assert "repeat contact" in (await desk.browser.get("/support/cases?lang=en")).text


async def test_a_case_is_handed_over_with_a_word_that_the_shopper_never_sees(desk, world):
    ben = staff_of(world, BEN)
    await StaffStore(world.pool).insert_staff(ben)
    to = str(ben.staff_id)
    answer = await desk.does("assign", to=to, word="She speaks Russian <b>only</b>")
    assert answer.status == 303
    case = await desk.case()
    assert (case.assigned_to, case.state) == (ben.staff_id, CaseState.OPEN)
    assert await desk.noted() == ["case_handed_over"]
    assert "<bdi>Ben</bdi>" in await desk.page()
    world.http.cookie_jar.clear()
    await desk.shopper.unlocks()
    assert "speaks Russian" not in await desk.shopper.page()
    await StaffStore(world.pool).insert_session(
        session_hash("of-ben"), ben, second=True, now=world.clock()
    )
    world.http.cookie_jar.update_cookies({"klat_staff": "of-ben"}, URL(world.url))
    colleague = desk.browser
    mine = await colleague.get("/support/cases?tab=mine&lang=en")
    assert NUMBER in mine.text
    page = unescape((await colleague.get(f"{desk.path}?lang=en")).text)
    assert "She speaks Russian <b>only</b>" in page
    assert f"Word for a colleague by <bdi>{EMAIL}</bdi>" in page


async def test_what_is_handed_over_after_an_answer_is_mine_until_i_act(desk, world):
    ben = staff_of(world, BEN)
    await StaffStore(world.pool).insert_staff(ben)
    await desk.replies("We look into it")
    world.clock.pass_by(minutes=5)
    await desk.does("assign", to=str(ben.staff_id), word="Please ask the carrier")
    await StaffStore(world.pool).insert_session(
        session_hash("of-ben"), ben, second=True, now=world.clock()
    )
    world.http.cookie_jar.update_cookies({"klat_staff": "of-ben"}, URL(world.url))
    mine = unescape((await desk.browser.get("/support/cases?tab=mine&lang=en")).text)
    assert NUMBER in mine
    assert "Mine <b>1</b>" in mine
    assert "The shopper waits for an answer." in await desk.steps()
    assert (await desk.replies("Found")).status == 303
    mine = unescape((await desk.browser.get("/support/cases?tab=mine&lang=en")).text)
    assert "Nobody waits for an answer." in mine
    assert await desk.steps() == ["Nothing has to be done."]


async def test_a_hand_over_that_is_posted_again_opens_nothing_that_was_answered_since(desk, world):
    ben = staff_of(world, BEN)
    await StaffStore(world.pool).insert_staff(ben)
    form = {"id": str(uuid4()), "to": str(ben.staff_id)}
    for word in ("", "Please look"):
        world.clock.pass_by(minutes=5)
        assert (await desk.does("assign", **form, word=word)).status == 303
        world.clock.pass_by(minutes=5)
        await desk.replies(f"Found: {word}")
        assert (await desk.does("assign", **form, word=word)).status == 303
        assert (await desk.case()).state is CaseState.ANSWERED
    assert (await desk.noted()).count("case_handed_over") == 2


async def test_nobody_is_handed_a_case_who_may_not_see_the_shop(desk, world):
    await world.key("merchant", "Other")
    other = await Merchants(world.pool).merchant_named("Other")
    ben = staff_of(world, BEN, (other,))
    await StaffStore(world.pool).insert_staff(ben)
    assert str(ben.staff_id) not in await desk.page()
    for whom in (str(ben.staff_id), str(uuid4()), "x"):
        assert (await desk.does("assign", to=whom)).status == 400
    assert (await desk.does("assign", to="")).status == 303
    assert (await desk.case()).assigned_to is None


async def test_what_is_said_on_the_telephone_is_a_case_too(desk, world):
    page = await desk.page()
    assert "Write down what a shopper asks" in page
    world.clock.pass_by(minutes=1)
    answer = await desk.browser.post(
        f"{desk.path}/cases", topic="pickup", text="No code came", by="email", id=str(uuid4())
    )
    assert answer.status == 303
    case = await desk.case()
    assert (case.topic, case.opened_by, case.language) == (Topic.PICKUP, Opener.STAFF, "lv")
    page = await desk.page()
    assert f"written down by <bdi>{EMAIL}</bdi>" in page
    world.clock.pass_by(minutes=5)
    await desk.does("solve")
    assert (await desk.case()).answered_at == world.clock(), "on the line"
    empty = await desk.browser.post(f"{desk.path}/cases", topic="pickup", text=" ", id=str(uuid4()))
    assert (empty.status, "Write something" in empty.text) == (422, True)
    assert await desk.noted() == ["case_opened", "case_solved"]


@pytest.mark.parametrize("what", ["call", "reply", "assign", "reopen"])
async def test_of_a_parcel_whose_people_were_erased_nothing_is_written(desk, what):
    fields = {"text": "She calls again", "by": "page", "to": "", "word": "Take care"}
    if what == "reopen":
        await desk.does("solve")
    before, noted = len((await desk.threads())[0].messages), await desk.noted()
    await desk.world.pool.execute("UPDATE shipment SET erased_at = now()")
    if what == "call":
        answer = await desk.browser.post(f"{desk.path}/cases", id=str(uuid4()), **fields)
    else:
        answer = await desk.does(what, **fields)
    assert (answer.status, "nothing is asked or answered about it" in answer.text) == (409, True)
    if what in {"call", "reply"}:
        assert "She calls again" in answer.text, "nobody has to type it twice"
    assert (len((await desk.threads())[0].messages), await desk.noted()) == (before, noted)


async def test_on_the_telephone_the_same_matter_joins_what_was_written(desk):
    await desk.browser.post(f"{desk.path}/cases", topic="damaged", text="Still", id=str(uuid4()))
    (thread,) = await desk.threads()
    assert (thread.case.contacts, thread.case.opened_by) == (2, Opener.SHOPPER)
    assert [each.author for each in thread.messages] == [Author.SHOPPER, Author.SHOPPER]


async def test_what_a_shopper_writes_runs_nowhere_in_the_console(desk):
    await desk.shopper.asks(EVIL, data={"topic": "pickup"})
    await desk.page()
    for page in (
        await desk.browser.get(f"{desk.path}?lang=en"),
        await desk.replies("", id=str(uuid4())),
        await desk.browser.get("/support/cases"),
    ):
        assert "<script>alert" not in page.text
        assert 'href="javascript' not in page.text


async def test_no_text_of_a_shopper_changes_the_shape_of_a_page(desk, world):
    """Of the kinds of texts that break pages: the same elements as with a harmless one."""
    await desk.shopper.unlocks()
    usual = None
    texts = {name: text for name, text in TEXTS.items() if name not in AT_THE_DOOR}
    for n, (name, text) in enumerate({"harmless": HARMLESS, **texts}.items()):
        await world.pool.execute("DELETE FROM case_message")
        other = {"X-Forwarded-For": f"203.0.113.{n}"}
        assert (await desk.shopper.asks(text[:1900], headers=other)).status == 303, name
        shapes = []
        for path in (f"{desk.shopper.path}/help?lang=en", f"{desk.path}?lang=en"):
            parts, shown = skeleton((await world.call("GET", path)).text)
            shapes.append([each for each in parts if each[0] not in {"p", "/p"}])  # a line each
            assert unshowable(shown) <= set("\xa0\u2060\xad"), name
            assert is_calm(shown), name
        usual = usual or shapes
        assert shapes == usual, name


async def test_of_another_shop_there_is_nothing(desk, world):
    await world.key("merchant", "Other")
    other = await Merchants(world.pool).merchant_named("Other")
    await world.pool.execute("UPDATE staff SET shops = $1", [other])
    for what in ("reply", "solve", "reopen", "assign"):
        assert (await desk.does(what, text="x", seen="1", to="")).status == 404, what
    new = await desk.browser.post(f"{desk.path}/cases", topic="damaged", text="x", id=str(uuid4()))
    assert new.status == 404
    shop = await Merchants(world.pool).merchant_named("Shop")
    for query in ("", "?tab=all", "?tab=mine", f"?tab=all&shop={shop}", f"?shop={shop}"):
        listed = await desk.browser.get(f"/support/cases{query}")
        assert (listed.status, NUMBER in listed.text) == (200, False), query
        assert "Shop<" not in listed.text
    assert (await desk.case()).state is CaseState.OPEN


@pytest.mark.parametrize("case_id", ["x", "00000000-0000-0000-0000-000000000000"])
async def test_a_case_that_is_none_is_not_found(desk, case_id):
    for what in ("reply", "solve", "reopen", "assign"):
        path = f"{desk.path}/cases/{case_id}/{what}"
        answer = await desk.browser.post(path, text="x", seen="0", id=str(uuid4()))
        assert answer.status == 404, what


async def test_the_case_of_one_parcel_is_none_of_another(desk, world):
    other = (await world.register(await world.key("merchant", "Shop"), tracking_number="CE2")).json
    case = await desk.case()
    path = f"/support/parcels/{other['shipment_id']}/cases/{case.case_id}/solve"
    assert (await desk.browser.post(path)).status == 404
    assert (await desk.case()).state is CaseState.OPEN


async def test_who_writes_again_while_waiting_stays_where_they_are_in_the_line(desk, world):
    asked = world.clock()
    world.clock.pass_by(hours=1)
    await desk.shopper.asks(text="Does anybody read this?")
    case = await desk.case()
    assert (case.contacts, case.asked_at, case.waits_since) == (2, world.clock(), asked)
    rows = await Cases(world.pool).waiting_cases(
        None, None, None, asked - timedelta(hours=1), 2, None
    )
    assert [each.waits_since for each in rows] == [asked]


async def test_the_list_turns_its_pages_and_filters(desk, world):
    shop = await Merchants(world.pool).merchant_named("Shop")
    await world.pool.execute(
        """
        INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state,
            language, opened_at, asked_at, changed_at, waits_since)
        SELECT $1, gen_random_uuid(), $2, 'bonus', 'shopper', 'open', 'lv', at, $3, at, at
        FROM generate_series($3::timestamptz, $3 + interval '59 minutes', '1 minute') AS at
        """,
        desk.id, shop, world.clock(),
    )  # fmt: skip
    first = unescape((await desk.browser.get("/support/cases?lang=en")).text)
    assert first.count('class="card" data-mood') == 50
    further = re.search(r'href="(/support/cases\?[^"]*turn=[^"]*)"', first)[1]
    second = unescape((await desk.browser.get(further)).text)
    assert second.count('class="card" data-mood') == 11
    damaged = (await desk.browser.get("/support/cases?topic=damaged&lang=en")).text
    assert damaged.count('class="card" data-mood') == 1
    for query in (
        "?turn=x",
        "?turn=2026-11-20",
        "?topic=x",
        "?tab=x&shop=x",
        "?turn=9999-01-01T00:00:00%2B00:00",
    ):
        assert (await desk.browser.get(f"/support/cases{query}")).status == 200


async def test_who_is_not_logged_in_sees_no_list(world):
    answer = await world.call("GET", "/support/cases")
    assert answer.headers["Location"] == "/support/login"
    assert (await world.call("GET", "/support/texts")).headers["Location"] == "/support/login"


class TestTexts:
    @pytest.fixture
    async def lead(self, desk, world):
        await world.pool.execute("UPDATE staff SET role = 'lead', totp = 'x'")
        await world.pool.execute("UPDATE staff_session SET second = true")
        await desk.browser.get("/support/texts?lang=en")
        return desk

    async def saves(self, desk, **fields: str):
        shop = await Merchants(desk.world.pool).merchant_named("Shop")
        told = {
            "shop": str(shop), "language": "en", "kind": "prepared", "topic": "damaged",
            "place": "0", "title": "Sorry", "text": "Sorry for {number}, {colour}",
        }  # fmt: skip
        return await desk.browser.post("/support/texts", **{**told, **fields})

    async def test_a_lead_changes_an_answer_and_takes_ours_back(self, lead, world):
        assert (await self.saves(lead)).status == 303
        case = await lead.case()
        path = f"{lead.path}?lang=en&case={case.case_id}&answer=damaged.0"
        assert f"Sorry for {NUMBER}, {{colour}}</textarea>" in (await lead.browser.get(path)).text
        assert (await self.saves(lead, drop="1")).status == 303
        assert f"keep all of the packaging of the parcel {NUMBER}" in unescape(
            (await lead.browser.get(path)).text
        )
        assert await lead.noted() == ["support_text_changed"] * 2

    async def test_what_was_and_what_is_stands_with_the_shop(self, lead, world):
        shop = await Merchants(world.pool).merchant_named("Shop")
        for fields in ({}, {"text": "Very sorry"}, {"drop": "1"}):
            assert (await self.saves(lead, **fields)).status == 303
            world.clock.pass_by(seconds=1)
        rows = await StaffStore(world.pool).audit_of_merchant(shop, 10, None)
        changes = [detail_of(row, world.deps.sealer)["changed"] for row in reversed(rows)]
        ours = "Sorry for {number}, {colour}"
        assert changes == [
            {"title": ["", "Sorry"], "text": ["", ours]},
            {"text": [ours, "Very sorry"]},
            {"title": ["Sorry", ""], "text": ["Very sorry", ""]},
        ]
        page = await lead.browser.get(f"/support/shops/{shop}/settings?lang=en")
        assert "changed a text of the shop" in page.text
        assert "Very sorry" in page.text

    async def test_ours_stand_above_the_box_in_the_language_that_was_chosen(self, lead, world):
        page = unescape((await lead.browser.get("/support/texts?lang=en&language=lv")).text)
        box = page.partition('id="help-where_is_it-0-text"')[0].rpartition("<details")[2]
        assert "Ours, for a sample parcel." in box
        assert 'lang="lv">Pēdējo' in box or "Omniva" in box
        assert page.count('class="note ours"') == len(ASKABLE) - 1, "of anything else nobody knows"
        await self.saves(lead)
        page = unescape((await lead.browser.get("/support/texts?lang=en&language=en")).text)
        box = page.partition('id="prepared-damaged-0-text"')[0].rpartition("<details")[2]
        assert "Ours, in whose place this stands:" in box
        assert "keep all of the packaging of the parcel {number}" in box

    async def test_more_are_added_up_to_five_about_a_topic(self, lead, world):
        for n in range(5):
            assert (await self.saves(lead, place="", title=f"T{n}")).status == 303
        refused = await self.saves(lead, place="", title="T6")
        assert (refused.status, "five about this already" in refused.text) == (422, True)
        places = await world.pool.fetch("SELECT place FROM support_text ORDER BY place")
        assert [row["place"] for row in places] == [1, 2, 3, 4, 5]
        await self.saves(lead, place="2", drop="1")
        assert (await self.saves(lead, place="", title="T7")).status == 303

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"title": " "}, 422),
            ({"title": "x" * 121}, 422),
            ({"text": ""}, 422),
            ({"text": "x" * 1001}, 422),
            ({"place": "6"}, 422),
            ({"language": "de"}, 404),
            ({"kind": "x"}, 404),
            ({"topic": "x"}, 404),
            ({"place": "-1"}, 404),
            ({"shop": str(uuid4())}, 404),
            ({"shop": "x"}, 404),
        ],
    )
    async def test_what_is_none_is_not_kept(self, lead, world, fields, status):
        assert (await self.saves(lead, **fields)).status == status
        assert await world.pool.fetchval("SELECT count(*) FROM support_text") == 0

    async def test_support_reads_no_form_and_another_shops_lead_finds_nothing(self, desk, world):
        await desk.page()
        assert (await desk.browser.get("/support/texts")).status == 403
        await desk.page()
        assert (await self.saves(desk)).status == 403
        await world.key("merchant", "Other")
        other = await Merchants(world.pool).merchant_named("Other")
        await world.pool.execute(
            "UPDATE staff SET role = $1, totp = 'x', shops = $2", StaffRole.LEAD, [other]
        )
        await world.pool.execute("UPDATE staff_session SET second = true")
        await desk.browser.get("/support/texts?lang=en")
        assert (await self.saves(desk)).status == 404
        shop: UUID = await Merchants(world.pool).merchant_named("Shop")
        assert (await desk.browser.get(f"/support/texts?shop={shop}")).status == 404
