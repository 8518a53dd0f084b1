"""From the log to the shop: signed, on schedule, again with the same id, and never in the way."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import aiohttp
import asyncpg
import pytest
from consuming import SEALER
from prometheus_client import CollectorRegistry
from sms_gateway import Gateway, answering, closes_after_reading, hangs, refusing, serving
from standardwebhooks import Webhook, WebhookVerificationError
from structlog.testing import capture_logs
from webhook_shop import IMPATIENT, Shop, drain

from consumers.webhooks import sending as module
from consumers.webhooks.metrics import Waits
from consumers.webhooks.sending import CLAIM_LIMIT, PLACES
from consumers.webhooks.verdict import SCHEDULE
from notifier.outgoing import safe_session
from schemas.webhook import DisabledReason, WebhookChange, WebhookState
from tracking.domain.places import Places
from tracking.errors import StoreUnavailable
from tracking.retention import prune
from tracking.sealing import Sealer
from tracking.store.pool import open_pool
from tracking.turns import Deliveries

EACH = PLACES.of_webhook


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return await Shop.open(pool)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with safe_session(allow_private=True) as session:
        yield session


def ids(gateway: Gateway) -> list[str]:
    return [request.headers["webhook-id"] for request in gateway.requests]


def orders(gateway: Gateway) -> list[str]:
    return [json.loads(body)["data"]["order"] for body in gateway.bodies]


def verified(gateway: Gateway, secret: str, which: int = -1):
    return Webhook(secret).verify(gateway.bodies[which], dict(gateway.requests[which].headers))


async def test_a_fact_is_posted_signed_and_noted(shop, session):
    shop.now = datetime.now(UTC)  # the verifier has a clock of its own
    async with serving(answering(200)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.send(session)
    told = verified(gateway, made.secret)
    assert told == json.loads((await shop.log()).facts[0])
    row = await shop.row()
    assert (row["state"], row["tries"], row["outcome"], row["status"]) == (
        "delivered",
        1,
        "delivered",
        200,
    )
    assert ids(gateway) == [str(row["delivery_id"])]
    assert (await shop.fares(made)).failures == 0


async def test_for_a_day_after_a_rotation_both_secrets_sign_and_then_the_new_one(shop, session):
    shop.now = datetime.now(UTC) - timedelta(hours=24)
    async with serving(answering(200)) as gateway:
        old = await shop.webhook(gateway.url)
        new = await shop.webhooks.rotate(old.webhook_id, now=shop.now)
        shop.passes(hours=24, seconds=-1)
        await shop.tell(1)
        await shop.send(session)
        assert verified(gateway, old.secret) == verified(gateway, new.secret)
        shop.passes(seconds=1)
        await shop.tell(2)
        await shop.send(session)
        assert verified(gateway, new.secret)
        with pytest.raises(WebhookVerificationError):
            verified(gateway, old.secret)


async def test_it_is_tried_on_schedule_with_one_id_and_the_time_of_each_try(shop, session):
    """And after the tenth try given up; a shop that comes back gets the others."""
    async with serving(answering(500)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        began = shop.now
        for tries, pause in enumerate(SCHEDULE, start=1):
            if pause:
                shop.passes(seconds=pause.total_seconds() - 1)
                await shop.send(session)
                assert len(gateway.requests) == tries - 1, "not before its time"
                shop.passes(seconds=1)
            await shop.send(session)
            assert len(gateway.requests) == tries
        assert shop.now - began == sum(SCHEDULE, timedelta(0))
        shop.passes(days=1)
        await shop.send(session)
    row = await shop.row()
    assert (row["state"], row["tries"]) == ("failed", 10)
    assert len(set(ids(gateway))) == 1
    stamps = [int(request.headers["webhook-timestamp"]) for request in gateway.requests]
    assert [later - sooner for sooner, later in pairwise(stamps)] == [
        pause.total_seconds() for pause in SCHEDULE[1:]
    ]
    assert (await shop.fares(made)).failures == 10


@pytest.mark.parametrize("behave", [answering(301), answering(404), hangs, closes_after_reading])
async def test_whatever_goes_wrong_it_is_due_again(shop, session, behave):
    if behave is hangs:
        shop.limits = IMPATIENT
    async with serving(behave) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.send(session)
        assert len(gateway.requests) == 1
    row = await shop.row()
    assert (row["state"], row["due_at"] - shop.now) == ("waiting", timedelta(seconds=5))


async def test_410_disables_at_once_and_others_go_on(shop, session):
    async with serving(answering(410)) as gone, serving(answering(200)) as other:
        made, kept = await shop.webhook(gone.url), await shop.webhook(other.url)
        await shop.tell(1)
        await shop.send(session)
        await shop.tell(2)
        await shop.send(session)
    fares = await shop.fares(made)
    assert (fares.state, fares.reason) == (WebhookState.DISABLED, DisabledReason.GONE)
    assert (await shop.fares(kept)).state is WebhookState.ENABLED
    assert len(gone.requests) == 1
    assert len(other.requests) == 2


@pytest.mark.parametrize("status", [429, 503])
async def test_a_shop_that_asks_to_wait_is_left_alone_so_long(shop, session, status):
    async with serving(answering(status, Retry_After="3600")) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.send(session)
        await shop.tell(2)
        shop.passes(seconds=3599)
        await shop.send(session)
        assert len(gateway.requests) == 1
        shop.passes(seconds=1)
        await shop.send(session)
        assert len(gateway.requests) == 2


async def test_what_only_failed_for_five_days_is_disabled_and_says_so(shop, session):
    made = await shop.webhook(refusing())
    await shop.tell(1)
    await shop.send(session)
    for hours in (60, 59):
        shop.passes(hours=hours)
        await shop.tell(hours)
        await shop.send(session)
        assert (await shop.fares(made)).state is WebhookState.ENABLED
    shop.passes(hours=1)
    await shop.tell(3)
    sender = await shop.send(session)
    fares = await shop.fares(made)
    assert (fares.state, fares.reason, fares.since) == ("disabled", "failing", shop.now)
    assert sender._metrics.disabled.labels("failing")._value.get() == 1
    assert {row["state"] for row in await shop.rows()} == {"waiting"}


async def test_what_waited_while_it_was_disabled_is_sent_when_it_is_enabled(shop, session):
    async with serving(answering(200)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        for state in (WebhookState.DISABLED, WebhookState.ENABLED):
            change = WebhookChange(state=state)
            await shop.webhooks.change(made.webhook_id, change, now=shop.now)
            await shop.send(session)
            assert len(gateway.requests) == (state is WebhookState.ENABLED)


async def test_what_waits_longer_because_it_failed_is_due_when_the_webhook_is_enabled(
    shop, session
):
    async with serving(answering(500)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.send(session)
        shop.passes(seconds=15)
        await shop.send(session)
        assert len(gateway.requests) == 2
        assert (await shop.row())["due_at"] > shop.now + timedelta(minutes=4)
        gateway.behave = answering(200)
        for state in (WebhookState.DISABLED, WebhookState.ENABLED):
            change = WebhookChange(state=state)
            await shop.webhooks.change(made.webhook_id, change, now=shop.now)
        await shop.send(session)
        assert len(gateway.requests) == 3


async def test_a_sender_killed_between_post_and_note_leaves_it_to_another_with_the_same_id(
    shop, session
):
    async with serving(answering(200)) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(1)
        killed = shop.sending(session)
        await killed.turn()
        await asyncio.wait(killed._running)  # it has posted, and notes nothing any more
        shop.passes(seconds=CLAIM_LIMIT.total_seconds())
        await shop.send(session)
        assert len(gateway.requests) == 1, "it may still be at it"
        shop.passes(seconds=1)
        await shop.send(session)
    assert len(gateway.requests) == 2
    assert len(set(ids(gateway))) == 1
    assert (await shop.row())["state"] == "delivered"


async def test_one_that_was_taken_for_dead_notes_nothing_over_the_other(shop, session):
    async with serving(answering(500)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        slow = shop.sending(session)
        await slow.turn()
        await asyncio.wait(slow._running)
        shop.passes(seconds=CLAIM_LIMIT.total_seconds() + 1)
        gateway.behave = answering(200)
        await shop.send(session)
        await drain(slow)
    assert len(gateway.requests) == 2
    assert ((row := await shop.row())["state"], row["status"]) == ("delivered", 200)
    assert (await shop.fares(made)).failures == 0


async def test_it_does_not_even_while_the_other_is_at_it(shop, session):
    """Claimed again it is the other's, and stays so until the other notes how it ended."""
    async with serving(answering(200)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        slow, other = shop.sending(session), shop.sending(session)
        await slow.turn()
        await asyncio.wait(slow._running)
        shop.passes(seconds=CLAIM_LIMIT.total_seconds() + 1)
        await other.take_over()
        gateway.behave = hangs
        await other.turn()
        await slow.turn(claim=False)
        row = await shop.row()
        assert (row["state"], row["tries"], row["status"]) == ("claimed", 2, None)
        gateway.behave = answering(200)
        await shop.send(session)
        assert len(gateway.requests) <= 2, "nobody else sends it meanwhile"
        gateway.let_go.set()
        await drain(other)
    assert ((row := await shop.row())["state"], row["tries"]) == ("delivered", 2)
    assert (await shop.fares(made)).failures == 0


async def test_a_sender_that_stood_still_may_claim_its_own_again(shop, session):
    """As after a suspended machine: one of its two posts notes it, and nothing stays in hand."""
    async with serving(hangs) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(1)
        sending = shop.sending(session)
        await sending.turn()
        shop.passes(seconds=CLAIM_LIMIT.total_seconds() + 1)
        await sending.take_over()
        assert await sending.turn() == 1
        while len(gateway.requests) < 2:
            await asyncio.wait(sending._running, timeout=0.01)
        gateway.let_go.set()
        ended, _ = await asyncio.wait(sending._running)
        assert [task.exception() for task in ended] == [None, None]
        await drain(sending)
    assert sending._in_hand == {}
    assert ((row := await shop.row())["state"], row["tries"]) == ("delivered", 2)
    assert len(set(ids(gateway))) == 1


async def test_what_the_database_could_not_take_is_noted_later_and_not_posted_again(
    shop, session, monkeypatch
):
    async with serving(answering(200)) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(1)
        sending = shop.sending(session)
        await sending.turn()
        await asyncio.wait(sending._running)
        with monkeypatch.context() as away:

            async def unavailable(*_: object, **__: object) -> None:
                raise StoreUnavailable

            away.setattr(Deliveries, "turn", unavailable)
            for _ in range(3):
                with pytest.raises(StoreUnavailable):
                    await sending.turn()
        await drain(sending)
    assert len(gateway.requests) == 1
    assert (await shop.row())["state"] == "delivered"


async def test_a_sender_does_not_take_over_what_it_has_ended_itself(shop, session, monkeypatch):
    async with serving(answering(200)) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(1)
        sending = shop.sending(session)
        await sending.turn()
        await asyncio.wait(sending._running)
        shop.passes(seconds=CLAIM_LIMIT.total_seconds() + 1)  # so long the database was away
        await asyncio.wait_for(sending._patiently(), 5)
        await drain(sending)
    assert len(gateway.requests) == 1
    assert (await shop.row())["state"] == "delivered"


class Counting:
    """A shop that takes its time; how many posts it has at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.most = seconds, 0, 0

    async def __call__(self, gateway: Gateway, request):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return await answering(200)(gateway, request)


async def test_one_webhook_has_few_posts_at_once_whoever_sends(shop, session):
    counting = Counting(0.02)
    async with serving(counting) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(*range(60))
        await asyncio.gather(*(shop.send(session) for _ in range(3)))
        while len(gateway.requests) < 60:
            await shop.send(session)
    assert counting.most == EACH
    assert len(set(ids(gateway))) == len(ids(gateway)) == 60
    assert {row["state"] for row in await shop.rows()} == {"delivered"}


async def test_news_of_one_parcel_go_in_their_order(shop, session):
    """While nothing fails: they are not posted side by side."""
    counting = Counting(0.01)
    async with serving(counting) as gateway:
        await shop.webhook(gateway.url)
        for version in range(1, 9):
            await shop.tell(1, version=version)
        await shop.send(session)
    versions = [json.loads(body)["data"]["version"] for body in gateway.bodies]
    assert versions == sorted(versions)
    assert counting.most == 1


async def running(shop: Shop, session, *, senders: int = 1) -> list:
    return [
        (each, asyncio.create_task(each.run()))
        for each in (shop.sending(session, lambda: datetime.now(UTC)) for _ in range(senders))
    ]


async def latencies(shop: Shop, sender, gateway: Gateway, numbers: range) -> list[float]:
    """Seconds from a fact in the log to its post, of one after another."""
    found = []
    for number in numbers:
        before, started = len(gateway.requests), time.monotonic()
        shop.now = datetime.now(UTC)
        await shop.tell(number)
        sender.woken.set()
        async with asyncio.timeout(20):
            while len(gateway.requests) == before:  # noqa: ASYNC110 - another task
                await asyncio.sleep(0.001)
        found.append(time.monotonic() - started)
    return found


async def test_a_shop_that_hangs_delays_no_other(pool, session):
    """A hundred wait for each of three that hang; the fourth is told as fast as without them."""
    good = await Shop.open(pool, "Good")
    good.limits = IMPATIENT
    async with serving(answering(200)) as healthy, serving(hangs) as hanging:
        await good.webhook(healthy.url)
        ((sender, task),) = await running(good, session)
        alone = await latencies(good, sender, healthy, range(20))
        for name in ("a", "b", "c"):
            bad = await Shop.open(pool, name)
            bad.now = datetime.now(UTC)
            await bad.webhook(hanging.url)
            await bad.tell(*range(100))
        sender.woken.set()
        await hanging.asked.wait()
        beside = await latencies(good, sender, healthy, range(20, 40))
        assert len(hanging.requests) >= 3 * EACH
        task.cancel()
    assert sorted(beside)[10] < sorted(alone)[10] + 0.05
    assert max(beside) < IMPATIENT.total / 2


async def test_many_that_hang_leave_a_place_for_the_others(pool, session):
    """More than there are places: each has one post at the most once it has failed."""
    good = await Shop.open(pool, "Good")
    good.limits, good.places = IMPATIENT, Places(at_once=12)
    async with serving(answering(200)) as healthy, serving(hangs) as hanging:
        await good.webhook(healthy.url)
        bad = await Shop.open(pool, "Bad")
        bad.now = datetime.now(UTC)
        for _ in range(8):
            await bad.webhook(hanging.url)
        await bad.tell(*range(50))
        ((sender, task),) = await running(good, session)
        await hanging.asked.wait()
        await asyncio.sleep(2 * IMPATIENT.total)  # real peers: each has failed by now
        assert max(await latencies(good, sender, healthy, range(10))) < IMPATIENT.total
        task.cancel()


async def test_a_claim_serves_everybody_before_anybody_twice(pool, shop, session):
    shop.places = Places(at_once=12)  # six for those that have to show that they are quick
    async with serving(answering(200)) as gateway:
        shops = [await Shop.open(pool, f"shop {number}") for number in range(6)]
        for each in shops:
            await each.webhook(gateway.url)
        await shops[0].tell(*range(50))
        for each in shops[1:]:
            await each.tell(1)
        sending = shop.sending(session)
        assert await sending.turn() == 6
        claimed = await pool.fetch("SELECT merchant_id FROM webhook_delivery WHERE tries = 1")
        await drain(sending)
    assert {row["merchant_id"] for row in claimed} == {each.merchant_id for each in shops}


async def test_who_was_served_last_waits_for_those_who_were_not(pool, shop, session):
    """Two places for five shops with much to send: in any three turns each has one."""
    shop.places = Places(at_once=2)
    await pool.execute("ALTER TABLE webhook ALTER slowness SET DEFAULT 0")
    async with serving(answering(200)) as gateway:
        shops = [await Shop.open(pool, f"shop {number}") for number in range(5)]
        for each in shops:
            await each.webhook(gateway.url)
            await each.tell(*range(20))
        sending, served = shop.sending(session), []
        for _ in range(8):
            shop.passes(seconds=1)
            await sending.turn()
            query = "SELECT merchant_id FROM webhook_delivery WHERE tried_at = $1"
            served.append({row["merchant_id"] for row in await pool.fetch(query, shop.now)})
            await asyncio.gather(*sending._running)
        await drain(sending)
    everybody = {each.merchant_id for each in shops}
    for turn in range(6):
        assert set.union(*served[turn : turn + 3]) == everybody


async def test_a_dead_shop_with_much_waiting_costs_a_probe_now_and_then(pool, shop, session):
    """2,000 wait; within an hour it is asked some twenty times, then all of it goes out."""
    async with serving(answering(500)) as gateway, serving(answering(200)) as healthy:
        made = await shop.webhook(gateway.url)
        other = await Shop.open(pool, "Good")
        await other.webhook(healthy.url)
        await shop.tell(*range(2000))
        for _ in range(360):
            shop.passes(seconds=10)
            await shop.send(session)
        # 4 at once and one more, then after 15 (20), 30, 60, 120, 240, 480 s, and 600 s four times.
        assert len(gateway.requests) == 4 + 1 + 6 + 4
        assert (await shop.fares(made)).paused_until is not None
        await other.tell(1)
        await shop.send(session)
        assert len(healthy.requests) == 1
        gateway.behave, asked = answering(200), len(gateway.requests)
        shop.passes(minutes=10)
        await shop.send(session)
        assert len(gateway.requests) == asked + 2000
    assert (await shop.fares(made)).failures == 0
    rows = [row for row in await shop.rows() if row["merchant_id"] == shop.merchant_id]
    assert [row["state"] for row in rows] == ["delivered"] * 2000
    assert sum(row["tries"] for row in rows) == asked + 2000, "each claim became a post"


async def test_while_it_is_sick_one_is_sent_at_a_time(shop, session):
    counting = Counting(0.01)
    async with serving(answering(500)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.send(session)
        gateway.behave = counting
        await shop.tell(2, 3, 4, 5, 6)
        sending = shop.sending(session)
        assert await sending.turn() == 1
        await asyncio.wait(sending._running)
        assert await sending.turn() == EACH, "a success ends it"
        await drain(sending)
    assert (await shop.fares(made)).failures == 0


async def test_told_to_stop_it_finishes_what_is_in_hand(shop, session):
    async with serving(Counting(0.3)) as gateway:
        await shop.webhook(gateway.url)
        shop.now = datetime.now(UTC)
        await shop.tell(*range(EACH))
        ((sender, task),) = await running(shop, session)
        await gateway.asked.wait()
        await sender.close()
        await task
    assert [row["state"] for row in await shop.rows()] == ["delivered"] * EACH


async def test_what_it_cannot_finish_is_due_again_at_once(shop, session, monkeypatch):
    monkeypatch.setattr(module, "FINISH_LIMIT", 0.1)
    async with serving(hangs) as gateway:
        made = await shop.webhook(gateway.url)
        shop.now = datetime.now(UTC)
        await shop.tell(1, 2)
        ((sender, task),) = await running(shop, session)
        await gateway.asked.wait()
        await sender.close()
        await task
        rows = await shop.rows()
        assert {(row["state"], row["outcome"]) for row in rows} == {("waiting", "interrupted")}
        assert all(row["due_at"] <= datetime.now(UTC) for row in rows)
        assert (await shop.fares(made)).failures == 0


async def test_sent_again_it_has_the_same_id_and_the_whole_schedule(shop, session):
    async with serving(answering(200)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.send(session)
        row = await shop.row()
        await shop.webhooks.resend(made.webhook_id, row["delivery_id"], now=shop.now)
        gateway.behave = answering(500)
        await shop.send(session)
    assert len(set(ids(gateway))) == 1
    assert len(gateway.requests) == 2
    again = await shop.row()
    assert (again["state"], again["tries"]) == ("waiting", 1)


async def test_a_test_is_signed_and_says_that_it_is_one(shop, session):
    shop.now = datetime.now(UTC)
    async with serving(answering(200)) as gateway:
        made = await shop.webhook(gateway.url, ["shipment.delivered"])
        delivery_id = await shop.webhooks.test(made.webhook_id, now=shop.now)
        await shop.send(session)
    told = verified(gateway, made.secret)
    assert told["type"] == "webhook.test"
    assert told["data"]["webhook_id"] == str(made.webhook_id)
    assert ids(gateway) == [str(delivery_id)]
    assert (await shop.log()).facts == [], "it is no fact"


async def test_without_the_key_nothing_is_sent_and_the_shop_is_not_to_blame(shop, session):
    async with serving(answering(200)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        shop.sealer = Sealer(["another key"])
        with capture_logs() as lines:
            await shop.send(session)
        assert gateway.requests == []
        assert (await shop.fares(made)).failures == 0
        shop.sealer = SEALER
        shop.passes(seconds=5)
        await shop.send(session)
        assert len(gateway.requests) == 1
    said = [each["webhook_id"] for each in lines if each["event"].endswith("another_key")]
    assert said == [made.webhook_id]


async def test_a_fact_that_is_no_longer_kept_is_not_sent(shop, session):
    async with serving(answering(200)) as gateway:
        await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.pool.execute("DELETE FROM merchant_fact")
        await shop.send(session)
        assert gateway.requests == []
    assert ((row := await shop.row())["state"], row["outcome"]) == ("failed", "not_kept")


async def test_a_webhook_that_is_deleted_gets_nothing_more(shop, session):
    async with serving(answering(200)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        await shop.webhooks.delete(made.webhook_id)
        await shop.send(session)
        assert gateway.requests == []
    await prune(shop.pool, shop.now + timedelta(days=31))
    assert await shop.rows() == []


async def test_one_that_is_deleted_while_it_is_posted_to_stops_nobody(shop, session):
    async with serving(Counting(0.05)) as gateway:
        made = await shop.webhook(gateway.url)
        await shop.tell(1)
        sending = shop.sending(session)
        await sending.turn()
        await shop.webhooks.delete(made.webhook_id)
        await drain(sending)
    assert (await shop.row())["state"] == "delivered"


async def test_what_waits_is_measured(pool, shop, session):
    registry = CollectorRegistry()
    waits = Waits(Deliveries(pool), registry)

    async def measured() -> dict[str, float]:
        await waits.measure(shop.now)
        names = ("waiting", "oldest_seconds", "late_seconds")
        return {name: registry.get_sample_value(f"klat_webhook_{name}") for name in names}

    assert set((await measured()).values()) == {0}
    await shop.webhook(refusing())
    gone = await shop.webhook(refusing())
    await shop.tell(1, 2)
    await shop.pool.execute(
        "UPDATE webhook SET state = 'disabled', reason = 'gone' WHERE webhook_id = $1",
        gone.webhook_id,
    )
    shop.passes(seconds=30)
    assert await measured() == {"waiting": 2, "oldest_seconds": 30, "late_seconds": 30}
    await shop.send(session)
    shop.passes(seconds=30)
    assert await measured() == {"waiting": 2, "oldest_seconds": 60, "late_seconds": 0}
    assert registry.get_sample_value("klat_webhooks", {"state": "disabled"}) == 1


@pytest.mark.parametrize("behave", [answering(410), answering(500), closes_after_reading])
async def test_nothing_that_is_logged_tells_an_address_or_a_secret(shop, session, behave):
    async with serving(behave) as gateway:
        made = await shop.webhook(f"{gateway.url}/path-of-the-shop")
        await shop.tell(1)
        with capture_logs() as lines:
            await shop.send(session)
    assert [each for each in lines if each["event"].startswith("delivery.")]
    for secret in ("path-of-the-shop", gateway.url, made.secret, "CE1"):
        assert secret not in str(lines)


async def test_a_cancelled_sender_ends(shop, session):
    ((_, task),) = await running(shop, session)
    await asyncio.sleep(0.05)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
