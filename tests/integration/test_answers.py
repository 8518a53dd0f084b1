"""An answer to a shopper goes out as an ordinary notice: once, by day, to an address that works."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from consuming import SEALER
from notice_shop import PERSON, FakeWay, Shop

from notifier.values import Values
from notifier.ways import sms_words
from schemas.case import MOST_BY_TEXT, Topic
from schemas.notice import Channel
from schemas.staff import StaffRole
from schemas.status import Status
from schemas.suppression import SuppressionReason
from tracking.answers import WHY, plan_answer
from tracking.cases import Question, Reply, ask, reply
from tracking.store.pool import open_pool
from tracking.store.staff import Staff
from tracking.suppression import address_hashes

TEXT = "The courier comes tomorrow.\nIs that too late?"
NIGHT = timedelta(hours=10)  # 22 in Riga


class RealWords(FakeWay):
    def compose(self, values: Values) -> Mapping[str, str]:
        return sms_words(values)


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=6)
    yield await Shop.open(pool)
    await pool.close()


async def asked(shop: Shop, number: str = "CE1", **fields) -> UUID:
    key = await shop.register(number, **fields)
    question = Question(Topic.WHERE_IS_IT, "Where is it?", "et", Channel.EMAIL, uuid4())
    await ask(shop.pool, SEALER, key, question, now=shop.now)
    return key


async def nothing_noted(_):
    """The line of the audit log is tested with the console."""


async def answers(shop: Shop, key: UUID, by: Channel = Channel.SMS, form: UUID | None = None):
    staff = Staff(
        uuid4(), "a@help.example", "A", StaffRole.SUPPORT, None, "", None, None, 0, None, shop.now
    )
    case_id = await shop.pool.fetchval(
        "SELECT case_id FROM support_case WHERE shipment_id = $1", key
    )
    seen = await shop.pool.fetchval("SELECT count(*) FROM case_message WHERE case_id = $1", case_id)

    async def planning(conn, case, message_id):
        await plan_answer(conn, case.shipment_id, message_id, by, shop.now)

    told = Reply(case_id, TEXT, form or uuid4(), str(seen))
    await reply(
        shop.pool, SEALER, key, told, staff, now=shop.now, noting=nothing_noted, planning=planning
    )


async def states(shop: Shop, channel: str = "sms") -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in await shop.rows("case_reply", channel)]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
async def test_it_is_said_once_in_the_language_of_the_question(shop, channel):
    key, way, form = await asked(shop), FakeWay(channel), uuid4()
    for _ in range(2):  # the form is posted twice
        await answers(shop, key, channel, form)
        await shop.send(way)
    (sent,) = way.taken
    assert (sent.values.answer, sent.values.language) == (TEXT, "et")
    assert sent.values.link == "https://t.example/t/abcdefghijklmnopqrstuv/help"
    assert sent.to == PERSON["phone" if channel is Channel.SMS else "email"]
    assert await states(shop, channel) == [("sent", None)]
    (row,) = await shop.rows("case_reply", channel)
    assert row["fact_id"] == WHY
    assert "courier" not in row["content"], "sealed"


async def test_a_text_message_waits_for_the_morning_and_a_mail_does_not(shop):
    shop.now += NIGHT
    key, text, mail = await asked(shop), FakeWay(), FakeWay(Channel.EMAIL)
    await answers(shop, key)
    await answers(shop, key, Channel.EMAIL)
    await shop.send(text)
    await shop.send(mail)
    assert (len(text.taken), len(mail.taken)) == (0, 1)
    assert await states(shop) == [("planned", None)]
    shop.now += timedelta(hours=10)
    await shop.send(text)
    assert len(text.taken) == 1


@pytest.mark.parametrize(
    ("reason", "channel", "outcome"),
    [
        (SuppressionReason.ASKED, Channel.EMAIL, ("sent", None)),
        (SuppressionReason.ASKED, Channel.SMS, ("sent", None)),
        (SuppressionReason.COMPLAINT, Channel.EMAIL, ("sent", None)),
        (SuppressionReason.BAD_ADDRESS, Channel.EMAIL, ("dropped", "bad_address")),
        (SuppressionReason.STOP, Channel.SMS, ("dropped", "stopped")),
    ],
)
async def test_who_wants_fewer_messages_is_answered_but_not_at_a_dead_address(
    shop, reason, channel, outcome
):
    to = PERSON["phone" if channel is Channel.SMS else "email"]
    await shop.pool.execute(
        "INSERT INTO suppression VALUES ($1, $2, $3, $4, 'all', $5)",
        address_hashes(SEALER, channel, to)[0], channel, UUID(int=0), reason, shop.now,
    )  # fmt: skip
    key = await asked(shop, notify={"sms": False, "email": False})
    await answers(shop, key, channel)
    await shop.send(FakeWay(channel))
    assert await states(shop, channel) == [outcome]


async def test_news_of_the_parcel_takes_no_answer_back(shop):
    shop.now += NIGHT
    key, way = await asked(shop), FakeWay()
    await answers(shop, key)
    await shop.scanned("CE1", Status.DELIVERED)
    await shop.decide(key)
    shop.now += timedelta(hours=10)
    await shop.decide(key)
    await shop.send(way)
    assert [str(sent.values.occasion) for sent in way.taken] == ["case_reply"]


async def test_every_answer_is_said_by_mail_and_five_a_day_by_text(shop):
    """Whoever earns by text messages to a number of theirs asks and asks."""
    key, text, mail = await asked(shop), FakeWay(), FakeWay(Channel.EMAIL)
    for _ in range(MOST_BY_TEXT + 2):
        await answers(shop, key)
        await answers(shop, key, Channel.EMAIL)
        await shop.send(text)
        await shop.send(mail)
    assert (len(text.taken), len(mail.taken)) == (MOST_BY_TEXT, MOST_BY_TEXT + 2)
    assert (await states(shop)).count(("dropped", "asked_often")) == 2
    shop.now += timedelta(days=1, minutes=1)
    await answers(shop, key)
    await shop.send(text)
    assert len(text.taken) == MOST_BY_TEXT + 1


async def test_those_that_waited_for_the_morning_are_counted_together(shop):
    shop.now += NIGHT
    key, way = await asked(shop), FakeWay()
    for _ in range(MOST_BY_TEXT + 2):
        await answers(shop, key)
    shop.now += timedelta(hours=10)
    await shop.send(way)
    assert len(way.taken) == MOST_BY_TEXT
    assert (await states(shop)).count(("dropped", "asked_often")) == 2


async def test_what_waits_for_another_way_still_finds_it(shop):
    """A text that ended without having been sent, of the same parcel."""
    key = await shop.waits("CE1")
    await shop.decide(key)
    await shop.pool.execute("UPDATE notice SET state = 'failed', needs_another_way = true")
    question = Question(Topic.PICKUP, "No code", "lv", None, uuid4())
    await ask(shop.pool, SEALER, key, question, now=shop.now)
    await answers(shop, key)
    (row,) = await shop.rows()
    assert row["needs_another_way"]


async def test_words_that_are_forgotten_or_do_not_open_are_not_sent(shop):
    key = await asked(shop)
    await answers(shop, key)
    await shop.pool.execute("UPDATE case_message SET text = NULL")
    await shop.send(RealWords())
    assert await states(shop) == [("dropped", "lacks_answer")]


async def test_an_answer_that_nobody_takes_in_three_days_is_given_up(shop):
    key = await asked(shop)
    await answers(shop, key)
    late = replace(shop, now=shop.now + timedelta(days=3, minutes=1))
    await late.send(FakeWay())
    assert await states(shop) == [("dropped", "not_taken_in_time")]
