"""A shopper asks on the page below the parcel's link, once for each form, and reads the answer."""

import asyncio
import re
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
from people import EMAIL, NAME, PHONE

from schemas.case import Author, CaseState, Opener, Topic
from schemas.notice import Channel
from schemas.status import Handover
from tracking.cases import MOST_A_DAY, Question, ask
from tracking.store.cases import SupportText, TextKind, save_support_text
from tracking.threads import threads_of

NUMBER = "CE123456789EE"
EVIL = "<script>alert(1)</script> {{7*7}} https://ok.example/a?b=1&c. javascript:alert(1)"
SAID = "It is <b>broken</b>"


@pytest.fixture
def also_set():
    return {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "parcels@shop.example"}


class Shopper:
    """With a link, before its page."""

    def __init__(self, world, path: str, shipment_id: str) -> None:
        self.world, self.path, self.id = world, path, UUID(shipment_id)

    async def page(self, below: str = "/help?lang=en") -> str:
        answer = await self.world.call("GET", f"{self.path}{below}")
        assert answer.status == 200
        return answer.text

    async def asks(self, text: str = SAID, form: UUID | None = None, **fields):
        data = {"topic": "damaged", "text": text, "by": "email", "form": str(form or uuid4())}
        return await self.world.call(
            "POST", f"{self.path}/help?lang=en", data={**data, **fields.pop("data", {})}, **fields
        )

    async def unlocks(self):
        data = {"answer": "LV-1010", "to": "help"}
        return await self.world.call("POST", f"{self.path}/unlock?lang=en", data=data)

    async def threads(self):
        return await threads_of(self.world.pool, self.world.deps.sealer, self.id)

    async def answered(self, text: str, author: Author = Author.STAFF) -> None:
        """As the console does it; what is tested there."""
        (thread,) = await self.threads()
        self.world.clock.pass_by(seconds=1)
        message_id = uuid4()
        sealed = self.world.deps.sealer.seal_text(text, f"case_message:{message_id}")
        await self.world.pool.execute(
            "INSERT INTO case_message VALUES ($1, $2, $3, $4, $5, 'a@example.org', $6)",
            self.id, thread.case.case_id, message_id, self.world.clock(), author, sealed,
        )  # fmt: skip


async def shopper_of(world, **fields) -> Shopper:
    made = (await world.register(await world.key("merchant", "Shop"), **fields)).json
    return Shopper(world, made["tracking_url"].partition("track.test")[2], made["shipment_id"])


@pytest.fixture
async def shopper(world):
    return await shopper_of(world)


async def test_a_question_is_a_case_with_its_words_sealed(shopper, world):
    page = await shopper.page()
    assert "By e-mail</span>" in page
    assert EMAIL not in page
    answer = await shopper.asks()
    assert (answer.status, answer.headers["Location"]) == (303, f"{shopper.path}/help?sent&lang=en")
    (thread,) = await shopper.threads()
    case = thread.case
    assert (case.topic, case.state, case.language) == (Topic.DAMAGED, CaseState.OPEN, "en")
    assert (case.reply_by, case.contacts) == (Channel.EMAIL, 1)
    assert [each.text for each in thread.messages] == [SAID]
    kept = await world.pool.fetchval("SELECT text FROM case_message")
    assert "broken" not in kept
    sent = unescape(await shopper.page("/help?sent&lang=en"))
    assert "We have your question" in sent
    assert "The answer comes by e-mail." in sent


async def test_a_wrong_answer_is_said_beside_its_box_and_the_right_one_leads_to_the_thread(shopper):
    await shopper.asks()
    path, fields = f"{shopper.path}/unlock?lang=en", {"to": "help"}
    wrong = await shopper.world.call("POST", path, data={"answer": "9999", **fields})
    assert wrong.status == 422
    box = unescape(wrong.text).partition('id="unlock"')[2].partition("</form>")[0]
    assert "That does not match. 4 tries are left." in box
    assert '<input type="hidden" name="to" value="help">' in box
    assert 'aria-invalid="true"' in box
    assert "Write again" in wrong.text, "the page on which it was asked"
    empty = await shopper.world.call("POST", path, data={"answer": " ", **fields})
    assert empty.headers["Location"] == f"{shopper.path}/help?lang=en"
    right = await shopper.unlocks()
    assert (right.status, right.headers["Location"]) == (303, f"{shopper.path}/help?lang=en")
    assert "is <b>broken" in unescape(await shopper.page())


async def test_after_too_many_wrong_answers_the_help_page_says_until_when(shopper):
    path, data = f"{shopper.path}/unlock?lang=en", {"answer": "9999", "to": "help"}
    for status in (422, 422, 422, 422, 422, 429):
        answer = await shopper.world.call("POST", path, data=data)
        assert answer.status == status
        assert "Your question" in answer.text
    assert "Too many wrong answers. You can try again" in answer.text
    assert 'name="answer"' not in answer.text


class TestByTextToo:
    @pytest.fixture
    def also_set(self):
        return {"demo": True}

    async def test_who_has_the_link_only_sees_no_letter_and_no_digit_of_an_address(self, shopper):
        """The end of the number is half of the second factor."""
        await shopper.asks()
        for below in ("?lang=en", "/help?lang=en", "/help?lang=en&sent"):
            page = await shopper.page(below)
            assert "…" not in page, below
            assert PHONE[-2:] not in re.findall(r"\d+", page.replace(NUMBER, "")), below
        assert "By text message</span>" in await shopper.page()
        await shopper.unlocks()
        page = unescape(await shopper.page("/help?lang=en&sent"))
        assert "By e-mail to <bdi>j…@" in page
        assert f"…{PHONE[-2:]}" in page
        assert "The answer comes by e-mail to <bdi>j…@" in page


async def test_of_what_was_said_elsewhere_who_has_the_link_only_learns_nothing(shopper, world):
    """On the telephone, or in the survey; the recipient reads it."""
    for opener, topic in ((Opener.STAFF, Topic.PICKUP), (Opener.SURVEY, Topic.FEEDBACK)):
        by = "a@example.org" if opener is Opener.STAFF else None
        question = Question(topic, "He was rude", "en", None, uuid4(), opener, by)
        await ask(world.pool, world.deps.sealer, shopper.id, question, now=world.clock())
    for below in ("?lang=en", "/help?lang=en", "/help?lang=en&sent"):
        page = await shopper.page(below)
        for told in ("You asked us", "Write again", "We have your question", "rude"):
            assert told not in page, below
    assert 'name="answer"' in await shopper.page(), "the way to it is there for everybody"
    await shopper.asks(data={"topic": "pickup"})  # joins what was said on the telephone
    assert "We have your question" in await shopper.page("/help?lang=en&sent")
    await shopper.unlocks()
    page = await shopper.page()
    assert page.count("He was rude") == 2
    assert "You asked us" in await shopper.page("?lang=en")


async def test_who_has_the_link_only_is_known_as_such_and_redirects_no_answer(shopper):
    await shopper.asks("A stranger's", data={"by": "sms"})
    await shopper.unlocks()
    await shopper.asks("My own")
    shopper.world.http.cookie_jar.clear()
    await shopper.asks("A stranger's again", data={"by": "page"})
    (thread,) = await shopper.threads()
    assert thread.case.reply_by is Channel.EMAIL
    assert [each.proven for each in thread.messages] == [False, True, False]


async def test_strangers_with_the_link_leave_the_recipient_room(shopper, world):
    for n in range(MOST_A_DAY):
        await shopper.asks(f"again {n}")
    assert (await shopper.asks("and again")).status == 429
    await shopper.unlocks()
    assert (await shopper.asks("My own")).status == 303
    await world.pool.execute(
        "INSERT INTO case_message SELECT shipment_id, case_id, gen_random_uuid(), at, author, NULL,"
        " text, false FROM case_message CROSS JOIN generate_series(1, 9) WHERE NOT proven"
    )
    world.clock.pass_by(days=2)
    await shopper.unlocks()
    assert (await shopper.asks("My own again")).status == 303


async def test_a_link_that_was_passed_on_shows_no_words(shopper):
    await shopper.asks()
    await shopper.answered("We send a new one")
    for below in ("?lang=en", "/help?lang=en"):
        page = await shopper.page(below)
        assert "broken" not in page
        assert "new one" not in page
        assert "You asked us" in page
        assert NAME not in page
    answer = await shopper.unlocks()
    assert answer.headers["Location"] == f"{shopper.path}/help?lang=en"
    page = await shopper.page()
    assert "It is &lt;b&gt;broken&lt;/b&gt;" in page
    assert "We send a new one" in page
    assert "a@example.org" not in page


async def test_what_colleagues_tell_each_other_is_not_for_the_shopper(shopper):
    await shopper.asks()
    await shopper.answered("He sounds angry", Author.COLLEAGUE)
    await shopper.unlocks()
    assert "angry" not in await shopper.page()


async def test_the_same_form_twice_is_one_message_also_at_once(shopper):
    form = uuid4()
    answers = await asyncio.gather(*(shopper.asks(form=form) for _ in range(5)))
    assert {each.status for each in answers} == {303}
    (thread,) = await shopper.threads()
    assert (thread.case.contacts, len(thread.messages)) == (1, 1)


async def test_two_questions_at_once_about_the_same_are_one_case(shopper):
    await asyncio.gather(*(shopper.asks(f"number {n}") for n in range(4)))
    (thread,) = await shopper.threads()
    assert (thread.case.contacts, len(thread.messages)) == (4, 4)


@pytest.mark.parametrize(
    ("text", "status"), [("", 422), (" \n\t ", 422), ("x" * 2001, 422), ("ā" * 2000, 303)]
)
async def test_what_is_empty_or_too_long_is_kept_in_the_form(shopper, text, status):
    answer = await shopper.asks(text, data={"topic": "bonus", "by": "page"})
    assert answer.status == status
    if status == 422:
        assert "in 2,000 characters at most" in answer.text
        assert text in answer.text
        assert 'value="page" checked' in answer.text
        assert await shopper.threads() == []


async def test_a_way_that_the_parcel_does_not_have_is_no_way(shopper):
    assert "text message" not in await shopper.page(), "no provider for text messages"
    await shopper.asks(data={"by": "sms"})
    await shopper.asks(data={"by": "push", "topic": "pickup"})
    assert [each.case.reply_by for each in await shopper.threads()] == [None, None]


async def test_an_address_where_nothing_arrives_is_not_offered(shopper, world):
    from tracking.suppression import address_hashes  # noqa: PLC0415 - of this test only

    (hashed, *_) = address_hashes(world.deps.sealer, Channel.EMAIL, EMAIL)
    for reason, is_offered in (("asked", True), ("bad_address", False)):
        await world.pool.execute(
            "INSERT INTO suppression VALUES ($1, 'email', $2, $3, 'all', now())",
            hashed, UUID(int=0), reason,
        )  # fmt: skip
        assert ("By e-mail</span>" in await shopper.page()) == is_offered


async def test_what_is_written_runs_nowhere(shopper):
    await shopper.asks(EVIL)
    await shopper.unlocks()
    page = await shopper.page()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "49" not in re.sub(r"\d{3,}", "", page.partition("thread")[2].partition("</ol>")[0])
    assert '<a href="https://ok.example/a?b=1&amp;c" rel="noreferrer nofollow">' in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
        ({"data": {"form": "no id"}}, 400),
        ({"data": {"form": ""}}, 400),
        ({"data": {"topic": "feedback"}}, 303),
        ({"data": {"topic": "<b>"}}, 303),
    ],
)
async def test_forms_that_are_not_ours(shopper, fields, status):
    assert (await shopper.asks(**fields)).status == status
    if status == 303:
        assert (await shopper.threads())[0].case.topic is Topic.OTHER


async def test_a_form_that_is_far_too_large_is_not_read(shopper):
    assert (await shopper.asks("x" * 40_000)).status == 413


async def test_one_parcel_takes_so_many_a_day(shopper, world):
    for n in range(MOST_A_DAY):
        assert (await shopper.asks(f"again {n}")).status == 303
    refused = await shopper.asks("and again")
    assert (refused.status, "and again" in refused.text) == (429, True)
    world.clock.pass_by(days=1, seconds=1)
    assert (await shopper.asks("tomorrow")).status == 303
    await world.pool.execute(
        "INSERT INTO case_message SELECT shipment_id, case_id, gen_random_uuid(), at, author, NULL,"
        " text, proven FROM case_message CROSS JOIN generate_series(1, 9)"
    )
    world.clock.pass_by(days=2)
    assert (await shopper.asks("for ever")).status == 429


async def test_one_address_sends_so_many(shopper, world):
    statuses = [(await shopper.asks("", data={"by": str(n)})).status for n in range(25)]
    assert statuses[19] == 422
    assert statuses[-1] == 429
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    assert (await shopper.asks(headers=elsewhere)).status == 303


async def test_of_what_is_long_over_nothing_can_be_asked(shopper, world):
    await shopper.asks()
    await world.scanned(NUMBER, "accepted", "delivered")
    assert 'name="text"' in await shopper.page()
    world.clock.pass_by(days=32)
    page = await shopper.page()
    assert 'name="text"' not in page
    assert "Questions cannot be sent from here" in page
    assert "You asked us" not in page
    assert (await shopper.asks()).status == 404
    world.clock.pass_by(days=70)
    assert (await world.call("GET", f"{shopper.path}/help")).status == 404


async def test_who_is_erased_while_they_write_finds_no_page_to_ask_on(shopper, world):
    """The link, too, is gone as a rule; it may have been read before."""
    await world.pool.execute("UPDATE shipment SET erased_at = now()")
    assert (await shopper.asks()).status == 404
    assert await shopper.threads() == []


async def test_where_nobody_could_read_an_answer_there_is_no_form(world):
    shopper = await shopper_of(world, recipient={"name": NAME, "country": "LV"})
    assert 'name="text"' not in await shopper.page()
    assert (await shopper.asks()).status == 404
    assert "Write to us" not in await shopper.page("?lang=en")


async def test_who_has_no_second_factor_is_answered_by_mail_only(world):
    shopper = await shopper_of(world, recipient={"email": EMAIL})
    page = await shopper.page()
    assert 'value="email"' in page
    assert 'value="page"' not in page


async def test_the_page_answers_first_by_where_the_parcel_stands(shopper, world):
    def asked(page: str) -> list[str]:
        return re.findall(r'<summary id="help-[^"]*">(.*?)</summary>', page)

    assert asked(await shopper.page("?lang=en"))[0] == "Where is my parcel?"
    await world.waits_in_locker(NUMBER)
    page = (await shopper.page("?lang=en")).replace("\xa0", " ")
    assert asked(page)[0] == "How do I collect it?"
    assert "Where: <bdi>Rīga Akropole</bdi>." in page
    assert "The code is on the page of the parcel once you have confirmed" in page
    await world.scanned(
        NUMBER, "accepted", "ready_for_pickup", "delivered", handover=Handover.NEIGHBOUR,
        signed_by="Pēteris Kalniņš",
    )  # fmt: skip
    page = await shopper.page("?lang=en")
    assert asked(page)[0] == "It says delivered, but I do not have it"
    assert "Left with a neighbour" in page
    assert "Kalniņš" not in page, "who signed is for the recipient"
    await shopper.unlocks()
    assert "Who signed: <bdi>Pēteris Kalniņš</bdi>." in await shopper.page("?lang=en")


async def test_what_a_shop_says_itself_takes_the_place_of_ours(shopper, world):
    shop = await world.pool.fetchval("SELECT merchant_id FROM registration")
    texts = [
        SupportText(TextKind.HELP, Topic.DAMAGED, 0, "Broken <i>glass</i>?", "Line 1\n" + EVIL),
        SupportText(TextKind.HELP, Topic.OTHER, 1, "Are you open?", "Until six."),
        SupportText(TextKind.PREPARED, Topic.DAMAGED, 0, "For staff", "Not for shoppers"),
    ]
    await world.scanned(NUMBER, "accepted", "delivered")
    async with world.pool.acquire() as conn:
        for each in texts:
            await save_support_text(conn, shop, "en", each, world.clock())
    page = await shopper.page("?lang=en")
    assert "Broken &lt;i&gt;glass&lt;/i&gt;?" in page
    assert "is damaged</summary>" not in page
    assert "Until six." in page
    assert "Not for shoppers" not in page
    assert "<script>alert" not in page
    assert '<a href="https://ok.example/a?b=1&amp;c"' in page
    assert "Broken" not in await shopper.page("?lang=lv"), "of another language"
    assert "Broken &lt;i&gt;" in await shopper.page("/help?lang=en&topic=damaged")


async def test_how_soon_most_are_answered_is_said_where_enough_asked(shopper, world):
    shop = await world.pool.fetchval("SELECT merchant_id FROM registration")
    asked = """
        INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state,
            language, opened_at, asked_at, answered_at, changed_at)
        SELECT gen_random_uuid(), gen_random_uuid(), $1, 'bonus', 'shopper', 'answered', 'lv',
            $2::timestamptz, $2, $2 + n * $3::interval, $2
        FROM generate_series(1, $4::integer) AS n
        """
    at, hour = world.clock() - timedelta(days=5), timedelta(hours=1)
    await world.pool.execute(asked, shop, at, hour, 19)
    assert "Most are answered" not in await shopper.page()
    await world.pool.execute(asked, shop, at, hour, 1)
    assert "Most are answered within 15 hours." in await shopper.page()
    await world.pool.execute(asked, shop, at, 4 * hour, 40)
    # of 60 the 45th or so: 20 of before, then 25 times four hours
    assert "Most are answered within 5 days." in await shopper.page()
    world.clock.pass_by(days=26)
    assert "Most are answered" not in await shopper.page(), "of before"


async def test_looking_changes_nothing(shopper, world):
    for below in ("/help", "/help?sent", "/help?topic=damaged", "/help?topic=%00"):
        assert (await world.call("GET", f"{shopper.path}{below}")).status == 200
    assert await world.pool.fetchval("SELECT count(*) FROM support_case") == 0
    assert "We have your question" not in await shopper.page("/help?sent&lang=en")


async def test_no_word_of_it_is_logged(shopper, caplog):
    await shopper.asks(f"{NAME} {PHONE} {EMAIL} broken")
    assert "case.asked" in caplog.text
    assert "broken" not in caplog.text
