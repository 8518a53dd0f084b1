"""From a parcel's state to a provider: once, whatever dies on the way, and kept with its reason."""

import asyncio
import json
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest
from consuming import SEALER
from notice_shop import ACCEPTED, CODE, NOON, PERSON, FakeWay, Shop, drain, run_until
from notice_world import Suppressions

from consumers.notices import sending as sendings
from consumers.notices import upkeep as upkeeps
from consumers.notices.retry import MOST_TRIES
from notifier.channels.base import Handed, Outcome
from schemas.notice import Channel
from schemas.scan import Location, Pickup, Window
from schemas.status import Status
from schemas.suppression import SuppressionReason
from tracking.errors import StoreUnavailable
from tracking.notices import HIDDEN, content_context, lines, told
from tracking.sealing import Sealer
from tracking.store.notices import Notices
from tracking.store.pool import open_pool

BOTH = (Channel.SMS, Channel.EMAIL)


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=6)
    yield await Shop.open(pool)
    await pool.close()


async def test_a_parcel_in_the_locker_is_told_once_with_its_code(shop):
    key = await shop.waits("CE1")
    way = FakeWay()
    for _ in range(3):
        await shop.decide(key)
        await shop.send(way)
    (sent,) = way.taken
    assert (sent.to, sent.values.code, sent.values.language) == (PERSON["phone"], CODE, "en")
    row = await shop.row()
    assert (row["state"], row["provider"], row["provider_id"]) == ("sent", "fake", "p-1")
    assert row["fact_id"] == "fact"


async def test_what_is_kept_is_sealed_and_without_the_code(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    await shop.send(FakeWay())
    row = await shop.row()
    words = json.loads(SEALER.open_text(row["content"], content_context(row["notice_id"])))
    assert words == {"text": f"ready_for_pickup {HIDDEN} {HIDDEN}"}
    assert CODE not in str(dict(row))


async def test_shop_and_support_read_each_decision_with_its_reason(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    await shop.send(FakeWay())
    found = {(each.occasion, each.channel): each for each in await told(shop.pool, SEALER, key)}
    sent, no_mail = found["ready_for_pickup", "sms"], found["ready_for_pickup", "email"]
    assert (sent.state, sent.provider, sent.text) == (
        "sent",
        "fake",
        f"ready_for_pickup {HIDDEN} {HIDDEN}",
    )
    assert (no_mail.state, no_mail.reason, no_mail.text) == ("dropped", "no_provider", None)
    said = lines(list(found.values()))
    assert (
        "2026-11-20 10:00Z  ready_for_pickup by sms to recipient +371…01: sent, fake p-1, 1 segment"
        in said
    )
    assert PERSON["phone"] not in "".join(said)


async def test_support_sees_whether_it_went_to_whom_the_shop_knows_now(shop):
    key = await shop.waits("CE1")
    await shop.decide(key, channels=(Channel.EMAIL,))
    await shop.send(FakeWay(channel=Channel.EMAIL), (Channel.EMAIL,))

    async def seen():
        found = await told(shop.pool, SEALER, key)
        return [each.to for each in found if each.state == "sent"]

    assert await seen() == ["i…@example.org"]
    await shop.register("CE1", recipient=PERSON | {"email": "other@example.org"})
    assert await seen() == ["replaced"]


async def test_words_that_no_key_opens_are_left_out(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    await shop.send(FakeWay())
    found = await told(shop.pool, Sealer(["another"]), key)
    assert {each.text for each in found} == {None}


async def test_nobody_is_written_to_of_a_parcel_that_no_shop_registered(shop):
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    deciding = shop.deciding()
    await deciding.handle([])
    assert await shop.pool.fetchval("SELECT count(*) FROM notice") == 0


async def test_what_cannot_be_sent_is_kept_with_the_reason(shop):
    key = await shop.register("CE1", recipient={"email": "a@example.org"}, notify={"email": False})
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    await shop.decide(key)
    rows = await shop.pool.fetch("SELECT channel, state, reason FROM notice")
    assert {(row["channel"], row["state"], row["reason"]) for row in rows} == {
        ("sms", "dropped", "no_phone"),
        ("email", "dropped", "shop_does_not_want"),
        ("push", "dropped", "not_subscribed"),
    }


async def test_without_a_provider_that_is_the_reason(shop):
    key = await shop.waits("CE1")
    await shop.decide(key, channels=(Channel.EMAIL,))
    assert (await shop.row())["reason"] == "no_provider"


async def test_what_is_no_longer_true_is_not_said(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    await shop.scanned("CE1", Status.DELIVERED)  # before any sender looked
    way = FakeWay()
    await shop.send(way)
    assert way.taken == []
    row = await shop.row()
    assert (row["state"], row["reason"]) == ("dropped", "no_longer_true")


async def test_reminders_wait_and_are_forgotten_once_it_is_collected(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay()
    await shop.send(way)
    assert (await shop.row("pickup_last_day"))["state"] == "planned"
    await shop.scanned("CE1", Status.DELIVERED)
    shop.now += timedelta(days=4)
    await shop.send(way)
    assert [each.values.occasion for each in way.taken] == ["ready_for_pickup"]
    assert (await shop.row("pickup_last_day"))["reason"] == "no_longer_true"


async def test_a_provider_that_asks_for_patience_gets_it(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay(answers=[Handed(Outcome.RETRY, "429", retry_after=60)])
    await shop.send(way)
    row = await shop.row()
    assert (row["state"], row["reason"], row["due_at"] - NOON) == (
        "planned",
        "429",
        timedelta(seconds=60),
    )
    shop.now += timedelta(seconds=59)
    await shop.send(way)
    assert len(way.taken) == 1
    shop.now += timedelta(seconds=1)
    await shop.send(way)
    assert len(way.taken) == 2
    assert (await shop.row())["state"] == "sent"


async def test_it_is_given_up_in_the_end(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay(answers=[Handed(Outcome.RETRY, "30001")] * (MOST_TRIES + 5))
    for _ in range(40):  # a night in between
        await shop.send(way)
        shop.now += timedelta(hours=1)
    row = await shop.row()
    assert (len(way.taken), row["state"], row["reason"]) == (MOST_TRIES, "failed", "30001")


async def test_a_text_message_that_is_refused_becomes_a_mail(shop):
    """Of the last hours, which by default come by text message only."""
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key, channels=BOTH)
    shop.now += timedelta(hours=27)
    sms = FakeWay(answers=[Handed(Outcome.REFUSED, "21211", address_is_bad=True)] * 3)
    await shop.send(sms, BOTH)
    mail = FakeWay(channel=Channel.EMAIL)
    await shop.send(mail, BOTH)
    assert (await shop.row("pickup_last_hours"))["state"] == "failed"
    assert "pickup_last_hours" in [each.values.occasion for each in mail.taken]


async def test_what_may_have_arrived_is_not_repeated(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay(answers=[Handed(Outcome.AMBIGUOUS, "reset")])
    await shop.send(way)
    shop.now += timedelta(days=1)
    await shop.decide(key)
    await shop.send(way)
    assert [each.values.occasion for each in way.taken] == ["ready_for_pickup"]
    row = await shop.row()
    assert (row["state"], row["reason"]) == ("unknown", "reset")


async def test_a_fault_of_our_own_is_not_repeated_either(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay(answers=[RuntimeError("oops")])
    await shop.send(way)
    assert (await shop.row())["state"] == "unknown"


async def killed(shop, way):
    """The process ends in the middle of a turn: nothing of it is settled."""
    with pytest.raises(asyncio.CancelledError):
        await shop.send(way)


async def killed_while_it_sends(shop, way):
    asked = asyncio.Event()

    async def hangs():
        way.before = None
        asked.set()
        await asyncio.Event().wait()

    way.before = hangs
    running = asyncio.create_task(shop.sending(way).run())
    await asked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_killed_while_sending_it_is_unknown_and_never_sent_again(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay()
    await killed_while_it_sends(shop, way)
    assert (await shop.row())["state"] == "handed"
    await shop.send(way)  # another sender, before anybody knows
    shop.now += upkeeps.HAND_LIMIT + timedelta(seconds=1)
    await shop.decide(key)
    await shop.send(way)
    assert way.taken == []
    row = await shop.row()
    assert (row["state"], row["reason"]) == ("unknown", "sender_died")


@pytest.mark.parametrize("step", ["hand_notices", "look"])
async def test_killed_before_anything_left_it_is_sent_by_another(shop, monkeypatch, step):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay()

    def dies(*_, **__):
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(Notices, step, dies)
        await killed(shop, way)
    assert (await shop.row())["state"] == "claimed"
    await shop.send(way)
    assert way.taken == []
    shop.now += upkeeps.CLAIM_LIMIT + timedelta(seconds=1)
    await shop.send(way)
    assert len(way.taken) == 1
    assert (await shop.row())["state"] == "sent"


async def test_killed_after_sending_it_is_unknown_and_never_sent_again(shop, monkeypatch):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay()

    def dies(*_, **__):
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(Notices, "settle_notices", dies)
        await killed(shop, way)
    shop.now += upkeeps.HAND_LIMIT + timedelta(seconds=1)
    await shop.send(way)
    assert len(way.taken) == 1
    assert (await shop.row())["state"] == "unknown"


async def test_a_database_that_is_away_after_sending_forgets_nothing(shop, monkeypatch):
    monkeypatch.setattr(sendings, "_PAUSE", 0.01)
    key = await shop.waits("CE1")
    await shop.decide(key)
    settle, away = Notices.settle_notices, iter(range(3))

    async def settle_later(self, endings, *, now):
        if next(away, None) is not None:
            raise StoreUnavailable("away")
        return await settle(self, endings, now=now)

    monkeypatch.setattr(Notices, "settle_notices", settle_later)

    async def is_settled():
        return (await shop.row())["state"] == "sent"

    await run_until(shop.sending(way := FakeWay()), is_settled)
    assert len(way.taken) == 1


async def test_who_was_taken_for_dead_hands_nothing_over(shop):
    """It stood still after its claim; another one took the notice and sent it."""
    key = await shop.waits("CE1")
    await shop.decide(key)
    slow, quick = FakeWay(), FakeWay()
    sending = shop.sending(slow)
    claimed = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    ready, _ = await sending._preparing.prepare(claimed, shop.now)
    shop.now += upkeeps.CLAIM_LIMIT + timedelta(seconds=1)
    await shop.send(quick)
    assert await sending._giving._handed(ready, shop.now) == []
    await sending.endings.settle()
    assert (len(quick.taken), (await shop.row())["state"]) == (1, "sent")


async def test_many_senders_at_once_send_each_once(shop):
    ids = [await shop.waits(f"CE{number}") for number in range(30)]
    await asyncio.gather(*(shop.decide(*ids) for _ in range(3)))
    ways = [FakeWay() for _ in range(4)]
    await asyncio.gather(*(shop.send(way) for way in ways))
    sent = Counter(each.notice_id for way in ways for each in way.taken)
    assert len(sent) == 30
    assert set(sent.values()) == {1}


async def test_a_sender_wakes_for_news_and_for_what_becomes_due(shop, monkeypatch):
    monkeypatch.setattr(sendings, "_LOOK_EVERY", 60.0)
    way = FakeWay()
    sending = shop.sending(way)
    running = asyncio.create_task(sending.run())
    try:
        key = await shop.waits("CE1")
        await shop.decide(key)
        sending.woken.set()
        async with asyncio.timeout(5):
            while not way.taken or (await shop.row())["state"] != "sent":  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert way.taken[0].values.link.startswith("https://t.example/")
    assert ACCEPTED.provider_id == (await shop.row())["provider_id"]


async def test_who_is_told_to_leave_finishes_what_it_has_in_hand(shop):
    ids = [await shop.waits(f"CE{number}") for number in range(3)]
    await shop.decide(*ids)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        asked.set()
        await go_on.wait()

    sending = shop.sending(FakeWay(before=slow))
    running = asyncio.create_task(sending.run())
    await asked.wait()
    leaving = asyncio.create_task(sending.close())
    await asyncio.sleep(0)
    assert not leaving.done()
    go_on.set()
    async with asyncio.timeout(5):
        await asyncio.gather(running, leaving)
    assert {row["state"] for row in await shop.rows()} == {"sent"}


async def test_a_notice_that_breaks_us_costs_only_itself(shop):
    ids = [await shop.waits(f"CE{number}") for number in range(3)]
    await shop.decide(*ids)
    way = FakeWay()
    compose = way.compose

    def breaks(values):
        if values.tracking_number == "CE1":
            raise RuntimeError("oops")
        return compose(values)

    way.compose = breaks
    await shop.send(way)
    rows = await shop.rows()
    assert sorted((row["state"], row["reason"]) for row in rows) == [
        ("failed", "fault"),
        ("sent", None),
        ("sent", None),
    ]


async def test_a_buyer_who_is_registered_no_more_is_not_told(shop):
    buyer = {"phone": "+37120000002", "email": "buyer@example.org"}
    key = await shop.register("CE1", buyer=buyer)
    await shop.scanned("CE1", Status.DELIVERED)
    await shop.decide(key, channels=BOTH)
    await shop.register("CE1", buyer=None)
    mail = FakeWay(channel=Channel.EMAIL)
    await shop.send(mail, BOTH)
    assert [each.to for each in mail.taken] == [PERSON["email"]]
    reasons = {row["addressee"]: row["reason"] for row in await shop.rows("delivered", "email")}
    assert reasons == {"recipient": None, "buyer": "nobody_to_tell"}


async def test_a_deadlock_while_it_is_noted_forgets_nothing(shop, monkeypatch):
    """PostgreSQL ends one of two transactions that wait for each other; nothing of it was kept."""
    key = await shop.waits("CE1")
    await shop.decide(key)
    settle, deadlocks = Notices.settle_notices, iter(range(2))

    async def settle_later(self, endings, *, now):
        if next(deadlocks, None) is not None:
            raise asyncpg.DeadlockDetectedError
        return await settle(self, endings, now=now)

    monkeypatch.setattr(Notices, "settle_notices", settle_later)
    await shop.send(FakeWay())
    assert (await shop.row())["state"] == "sent"


async def test_who_gets_a_phone_number_while_the_parcel_waits_is_told(shop):
    person = {"email": PERSON["email"]}
    key = await shop.register("CE1", recipient=person)
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    await shop.decide(key)
    assert (await shop.row("out_for_delivery"))["reason"] == "no_phone"
    await shop.register("CE1", recipient=person | {"phone": PERSON["phone"]})
    await shop.decide(key)
    way = FakeWay()
    await shop.send(way)
    assert [each.to for each in way.taken] == [PERSON["phone"]]


async def test_who_is_told_another_number_by_the_shop_is_told_at_once(shop):
    """The registration in other words is news of its own; in the same words it is none."""
    nobody = {"name": PERSON["name"]}
    key = await shop.register("CE1", recipient=nobody)
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    await shop.decide(key)
    assert (await shop.row("out_for_delivery"))["reason"] == "no_phone"
    await shop.pool.execute("DELETE FROM outbox")
    await shop.register("CE1", recipient=nobody)
    assert await shop.pool.fetch("SELECT FROM outbox") == []
    await shop.register("CE1")
    (owed,) = await shop.pool.fetch("SELECT fact_type, fact FROM outbox")
    assert owed["fact_type"] == "shipment.details_changed"
    assert json.loads(owed["fact"])["data"]["changed"] == ["registration"]
    await shop.decide(key)
    assert (await shop.row("out_for_delivery"))["state"] == "planned"


REFUSED_FOR_EVER = Handed(Outcome.REFUSED, "21610", address_is_bad=True)


async def test_where_nothing_can_arrive_is_said_after_it_was_noted(shop):
    """Also when it cannot be kept: the notice has ended all the same."""
    key = await shop.waits("CE1")
    await shop.decide(key)
    told, way = Suppressions(), FakeWay(answers=[REFUSED_FOR_EVER])
    sending = shop.sending(way, suppressing=told)
    await drain(sending)
    assert told.told == [(Channel.SMS, way.taken[0].to, SuppressionReason.BAD_ADDRESS)]
    assert (await shop.row())["state"] == "failed"


async def test_a_suppression_that_cannot_be_kept_stops_nobody(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay(answers=[REFUSED_FOR_EVER])
    sending = shop.sending(way, suppressing=Suppressions(away=True))
    await drain(sending)
    assert (await shop.row())["state"] == "failed"


async def test_a_refusal_of_the_message_says_nothing_of_the_address(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    told = Suppressions()
    refused = Handed(Outcome.REFUSED, "30007")
    await drain(shop.sending(FakeWay(answers=[refused]), suppressing=told))
    assert (await shop.row())["state"] == "failed"
    assert told.told == []


async def test_with_a_notice_goes_until_when_it_is_worth_saying(shop):
    key = await shop.waits("CE1", hours=30)
    await shop.decide(key)
    way = FakeWay()
    await shop.send(way)
    assert way.taken[0].until == (await shop.row())["until"]


async def test_who_is_about_to_send_waits_for_no_decision(shop):
    """A decider may hold 500 parcels; who only looks at one of them decides nothing."""
    key = await shop.waits("CE1")
    async with shop.notices.desk() as decider:
        assert len(await decider.subjects([key])) == 1
        async with asyncio.timeout(5), shop.notices.look() as looking:
            assert len(await looking.subjects([key])) == 1


async def changed(shop, code, until):
    place = Location(name="Rīga Akropole", place_id="9901")
    pickup = Pickup(until=until, code=code)
    await shop.scanned("CE1", Status.READY_FOR_PICKUP, location=place, pickup=pickup)


async def test_another_code_is_told_as_a_change_and_once(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    await shop.send(way := FakeWay())
    shop.now += timedelta(minutes=20)
    await changed(shop, "2222", NOON + timedelta(hours=72))
    for _ in range(2):
        await shop.decide(key)
        await shop.send(way)
    assert [each.values.code for each in way.taken] == [CODE, "2222"]
    assert [each.values.replaces for each in way.taken] == [False, True]
    said = [json.loads(row["said"]) for row in await shop.rows()]
    assert len({each["code"] for each in said}) == 2
    assert "2222" not in json.dumps(said)


async def test_of_a_parcel_that_moved_on_since_it_was_worded_nothing_is_handed_over(shop):
    """The news came between wording and handing over: it goes with what is true then, once."""
    key = await shop.waits("CE1")
    await shop.decide(key)
    sending = shop.sending(way := FakeWay())
    claimed = await shop.notices.claim_notices(Channel.SMS, 20, now=shop.now)
    ready, _ = await sending._preparing.prepare(claimed, shop.now)
    shop.now += timedelta(seconds=1)
    await changed(shop, "2222", NOON + timedelta(hours=72))
    await shop.decide(key)
    assert await sending._giving._handed(ready, shop.now) == []
    await drain(sending)
    await shop.decide(key)
    await drain(sending)
    assert [each.values.code for each in way.taken] == ["2222"]
    assert (await shop.row())["state"] == "sent"


async def test_a_window_that_failed_is_not_told_as_the_next(shop):
    key = await shop.register("CE1")
    window = Window(starts=shop.now + timedelta(hours=1), ends=shop.now + timedelta(hours=5))
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY, estimate=window)
    shop.now += timedelta(hours=2)
    await shop.scanned("CE1", Status.ATTEMPT_FAILED)
    await shop.decide(key)
    await shop.send(way := FakeWay())
    assert [(each.values.occasion, each.values.window) for each in way.taken] == [
        ("attempt_failed", None)
    ]
    shop.now += timedelta(hours=20)
    again = Window(starts=shop.now + timedelta(hours=1), ends=shop.now + timedelta(hours=5))
    await shop.scanned("CE1", Status.ATTEMPT_FAILED, estimate=again)
    await shop.decide(key)
    await shop.send(way)
    assert way.taken[-1].values.window == again
