"""Browsers that subscribed: told once each, by a real push service, whatever becomes of it."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from consuming import SEALER
from cryptography.hazmat.primitives.asymmetric import ec
from notice_shop import NOON, PERSON, Shop, drain
from push_browser import CURVE, Browser
from pydantic import SecretStr
from sms_gateway import answering, closes_after_reading, serving

from consumers.notices import upkeep as upkeeps
from consumers.notices.retry import MOST_TRIES, ending
from consumers.notices.ways import open_sessions, ways_of
from notifier.breaker import FAULTS_TO_OPEN
from notifier.channels.base import Handed, Outcome
from notifier.channels.web_push import WebPush
from notifier.push import LEFT_ALONE, Message, Urgency
from notifier.ways import PushWay
from schemas.notice import Channel, NoticeState
from schemas.push import SubscriptionBody
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.links import LinkMaker, NewLink
from tracking.notices import told
from tracking.push import MOST, seal_subscription, subscription_id
from tracking.roles.running import Running
from tracking.roles.web import deciding_of, look_again
from tracking.sealing import Sealer
from tracking.settings import Settings
from tracking.store.notices import Handing, Notices
from tracking.store.pool import open_pool
from tracking.store.push import PushSubscriptions, SealedSubscription
from tracking.vapid import new_vapid_key

PUSH = (Channel.PUSH,)
KEY_OF_THE_TESTS = "a key of the tests"
KEY = ec.generate_private_key(CURVE)


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=6)
    yield await Shop.open(pool)
    await pool.close()


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def way(session):
    return PushWay(WebPush(session, KEY, "mailto:a@shop.example"), b"topics")


async def page_of(shop, parcel):
    """A link to the parcel, and the hashes by which it is known."""
    (path,) = await LinkMaker(shop.pool, SEALER).issue([NewLink(parcel)], shop.now)
    return f"http://track.test{path}", SEALER.token_hashes(path.rpartition("/")[2])


async def subscribe(shop, parcel, browser, endpoint, language="en", sealer=SEALER):
    url, hashes = await page_of(shop, parcel)
    body = SubscriptionBody.model_validate(browser.body(endpoint))
    sealed = seal_subscription(sealer, parcel, body, url)
    new = SealedSubscription(subscription_id(endpoint), language, sealed)
    assert await PushSubscriptions(shop.pool).keep(parcel, new, hashes, MOST, now=shop.now)
    return url


async def kept(shop):
    return [
        row["subscription_id"]
        for row in await shop.pool.fetch("SELECT * FROM push_subscription ORDER BY created_at")
    ]


async def row(shop, occasion="ready_for_pickup"):
    return await shop.row(occasion, "push")


async def test_a_browser_is_told_with_its_own_page_and_support_reads_the_words(shop, way):
    browser, parcel = Browser(), await shop.waits("CE1")
    async with serving(answering(201)) as service:
        url = await subscribe(shop, parcel, browser, f"{service.url}/a", "lv")
        links = await shop.pool.fetchval("SELECT count(*) FROM public_link")
        for _ in range(3):
            await shop.decide(parcel, channels=PUSH)
            await shop.send(way, PUSH)
    (body,) = service.bodies
    said = browser.read(body)
    assert (said["page"], said["lang"]) == (url, "lv")
    assert "Akropole" not in said["title"] + said["body"]
    assert await shop.pool.fetchval("SELECT count(*) FROM public_link") == links, "none was made"
    (found,) = [each for each in await told(shop.pool, SEALER, parcel) if each.state == "sent"]
    assert (found.channel, found.provider, found.subject) == (
        "push",
        "web_push",
        "You can collect your parcel",
    )
    assert url not in str(found)
    assert (await row(shop))["reason"] is None


async def test_what_is_kept_of_a_browser_is_sealed(shop):
    browser, parcel = Browser(), await shop.waits("CE1")
    endpoint = "https://push.example.com/a-secret"
    url = await subscribe(shop, parcel, browser, endpoint)
    (found,) = await shop.pool.fetch("SELECT * FROM push_subscription")
    for secret in ("a-secret", browser.p256dh, url.rpartition("/")[2]):
        assert secret not in str(dict(found))


async def test_who_subscribes_sees_the_page_and_is_told_only_what_lies_ahead(shop, way):
    browser, parcel = Browser(), await shop.waits("CE1", hours=72)
    await shop.decide(parcel, channels=PUSH)
    assert (await row(shop))["reason"] == "not_subscribed"
    async with serving(answering(201)) as service:
        await subscribe(shop, parcel, browser, f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
        assert service.bodies == []
        assert (await row(shop, "pickup_last_day"))["state"] == "planned"
        shop.now = (await row(shop, "pickup_last_day"))["due_at"]
        await shop.send(way, PUSH)
    assert len(service.bodies) == 1
    assert (await row(shop, "pickup_last_day"))["state"] == "sent"


async def test_the_web_looks_anew_when_a_browser_came(shop):
    """As its role puts it together."""
    parcel = await shop.waits("CE1")
    await shop.decide(parcel, channels=PUSH)
    await subscribe(shop, parcel, Browser(), "https://push.example.com/a")
    told = {"vapid_private_key": SecretStr("x"), "secret_keys": (SecretStr(KEY_OF_THE_TESTS),)}
    running = Running(Settings().model_copy(update=told), shop.pool, AsyncExitStack())
    await look_again(deciding_of(running), [parcel], "subscribed", shop.now)
    reminder = await row(shop, "pickup_last_day")
    assert (reminder["state"], reminder["fact_id"]) == ("planned", "subscribed")


async def test_a_reminder_that_is_due_already_is_not_pushed_at_the_tap(shop, way):
    parcel = await shop.waits("CE1", hours=72)
    await shop.decide(parcel, channels=PUSH)
    shop.now += timedelta(hours=40)  # half time is over, the last day is not yet
    async with serving(answering(201)) as service:
        await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
    assert service.bodies == []
    assert (await row(shop, "pickup_half_time"))["reason"] == "not_subscribed"
    assert (await row(shop, "pickup_last_day"))["state"] == "planned"


async def test_who_stops_is_told_nothing_more(shop, way):
    parcel = await shop.waits("CE1")
    async with serving(answering(201)) as service:
        await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)
        await PushSubscriptions(shop.pool).forget(parcel, subscription_id(f"{service.url}/a"))
        await shop.send(way, PUSH)
    assert service.bodies == []
    found = await row(shop)
    assert (found["state"], found["reason"]) == ("dropped", "not_subscribed")


async def test_a_link_that_is_revoked_takes_its_browsers_along(shop, way):
    parcel = await shop.waits("CE1")
    async with serving(answering(201)) as service:
        url = await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)
        await shop.pool.execute("UPDATE public_link SET revoked_at = now()")
        await shop.send(way, PUSH)
    assert service.bodies == []
    assert (await row(shop))["reason"] == "not_subscribed"
    hashes = SEALER.token_hashes(url.rpartition("/")[2])
    again = SealedSubscription(b"x" * 32, "en", "s")
    subscriptions = PushSubscriptions(shop.pool)
    assert not await subscriptions.keep(parcel, again, hashes, MOST, now=shop.now)
    assert await subscriptions.push_language(parcel, subscription_id(f"{service.url}/a")) is None


async def test_of_two_browsers_the_one_that_is_gone_is_forgotten(shop, way):
    parcel, browser = await shop.waits("CE1"), Browser()
    async with serving(answering(410)) as gone, serving(answering(201)) as there:
        await subscribe(shop, parcel, Browser(), f"{gone.url}/a")
        await subscribe(shop, parcel, browser, f"{there.url}/b")
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
        assert await kept(shop) == [subscription_id(f"{there.url}/b")]
        assert (await row(shop))["state"] == "sent"
        await shop.scanned("CE1", Status.DELIVERED)
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
    assert [len(gone.bodies), len(there.bodies)] == [1, 2]
    first, second = (browser.read(body) for body in there.bodies)
    assert first["tag"] == second["tag"], "the newer takes the place of the older"


async def test_when_all_are_gone_it_has_failed_for_that(shop, way):
    parcel = await shop.waits("CE1")
    async with serving(answering(404)) as service:
        await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
        await shop.send(way, PUSH)
    assert len(service.bodies) == 1
    assert await kept(shop) == []
    found = await row(shop)
    assert (found["state"], found["reason"]) == ("failed", "subscription_gone")
    assert (await row(shop, "pickup_last_day"))["reason"] == "not_subscribed", "decided anew"


async def test_whoever_has_it_is_not_told_again_when_another_may_be_later(shop, way):
    parcel = await shop.waits("CE1")
    async with serving(answering(503)) as busy, serving(answering(201)) as there:
        for service in (busy, there):
            await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
        shop.now += timedelta(hours=1)
        await shop.send(way, PUSH)
    assert [len(busy.bodies), len(there.bodies)] == [1, 1]
    assert (await row(shop))["state"] == "sent"


@pytest.mark.parametrize(
    ("behave", "wait"),
    [(answering(429, Retry_After="90"), 90), (answering(500), 15), (closes_after_reading, 15)],
)
async def test_what_no_browser_has_is_tried_again_under_the_same_topic(shop, way, behave, wait):
    parcel, browser = await shop.waits("CE1"), Browser()
    async with serving(behave) as service:
        await subscribe(shop, parcel, browser, f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
        found = await row(shop)
        assert (found["state"], found["due_at"] - shop.now) == ("planned", timedelta(seconds=wait))
        service.behave = answering(201)
        shop.now = found["due_at"]
        await shop.send(way, PUSH)
    first, second = (browser.read(body) for body in service.bodies)
    assert len({request.headers["Topic"] for request in service.requests}) == 1
    assert {**first, "at": 0} == {**second, "at": 0}
    assert second["at"] == first["at"] + wait
    assert (await row(shop))["state"] == "sent"


async def test_killed_before_a_gone_browser_is_forgotten_nothing_is_lost(shop, way, monkeypatch):
    """The next notice finds it gone once more."""
    parcel = await shop.waits("CE1")
    async with serving(answering(410)) as service:
        await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.decide(parcel, channels=PUSH)

        def dies(*_, **__):
            raise asyncio.CancelledError

        with monkeypatch.context() as dying:
            dying.setattr(Notices, "settle_notices", dies)
            with pytest.raises(asyncio.CancelledError):
                await shop.send(way, PUSH)
        assert len(await kept(shop)) == 1
        shop.now += upkeeps.HAND_LIMIT + timedelta(seconds=1)
        await shop.scanned("CE1", Status.DELIVERED)
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
    assert len(service.bodies) == 2
    assert await kept(shop) == []
    assert (await row(shop))["state"] == "unknown", "as by any other way"


async def test_the_sixth_browser_takes_the_place_of_the_oldest(shop):
    parcel, other = await shop.waits("CE1"), await shop.waits("CE2")
    endpoints = [f"https://push.example.com/{number}" for number in range(MOST + 2)]
    await subscribe(shop, other, Browser(), endpoints[0])
    for endpoint in endpoints[:MOST]:
        shop.now += timedelta(seconds=1)
        await subscribe(shop, parcel, Browser(), endpoint)
    shop.now += timedelta(seconds=1)
    await subscribe(shop, parcel, Browser(), endpoints[0])  # asks again: now it is the latest
    for endpoint in endpoints[MOST:]:
        shop.now += timedelta(seconds=1)
        await subscribe(shop, parcel, Browser(), endpoint)
    stay = [endpoints[0], *endpoints[3:]]
    found = await shop.pool.fetch(
        "SELECT subscription_id FROM push_subscription WHERE shipment_id = $1", parcel
    )
    assert {each["subscription_id"] for each in found} == {*map(subscription_id, stay)}
    assert len(await kept(shop)) == MOST + 1


async def test_at_the_same_time_no_more_are_kept_either(shop):
    parcel = await shop.waits("CE1")
    await asyncio.gather(
        *(subscribe(shop, parcel, Browser(), f"https://push.example.com/{n}") for n in range(20))
    )
    assert len(await kept(shop)) == MOST


async def test_a_parcel_without_a_recipient_can_be_subscribed_to(shop, way):
    browser, parcel = Browser(), await shop.register("CE1", recipient=None)
    async with serving(answering(201)) as service:
        await subscribe(shop, parcel, browser, f"{service.url}/a")
        await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
    assert len(service.bodies) == 1


async def test_a_buyer_is_not_told_by_the_browsers_a_second_time(shop, way):
    parcel = await shop.register("CE1", buyer={"name": "B", "email": "b@example.org"})
    async with serving(answering(201)) as service:
        await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.scanned("CE1", Status.DELIVERED)
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
    assert len(service.bodies) == 1
    found = await shop.rows("delivered", "push")
    assert {(each["addressee"], each["state"], each["reason"]) for each in found} == {
        ("recipient", "sent", None),
        ("buyer", "dropped", "same_as_recipient"),
    }


async def test_browsers_that_no_key_opens_are_passed_over(shop, way):
    parcel, browser = await shop.waits("CE1"), Browser()
    async with serving(answering(201)) as service:
        await subscribe(shop, parcel, Browser(), f"{service.url}/a", sealer=Sealer(["another"]))
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
        assert service.bodies == []
        assert (await row(shop))["reason"] == "contact_unreadable"
        await subscribe(shop, parcel, browser, f"{service.url}/b")
        await shop.scanned("CE1", Status.DELIVERED)
        await shop.decide(parcel, channels=PUSH)
        await shop.send(way, PUSH)
    (body,) = service.bodies
    assert browser.read(body)["title"]


async def test_what_is_pushed_names_nobody(shop, way):
    browser = Browser()
    parcel = await shop.register("CE1")
    async with serving(answering(201)) as service:
        await subscribe(shop, parcel, browser, f"{service.url}/a")
        for status in (Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED, Status.DELIVERED):
            shop.now += timedelta(hours=1)
            await shop.scanned("CE1", status, signed_by=PERSON["name"])
            await shop.decide(parcel, channels=PUSH)
            await shop.send(way, PUSH)
    said = [str(browser.read(body)) for body in service.bodies]
    assert len(said) == 3
    for personal in (*PERSON.values(), "CE1"):
        assert personal not in "".join(said)


async def test_a_push_service_of_a_visitor_holds_up_no_other(shop, session):
    """It asks for an hour's patience each time; another one has the next push at once."""
    way = PushWay(WebPush(session, KEY, "mailto:a@shop.example"), b"topics", clock=lambda: shop.now)
    sending = shop.sending(way, PUSH)
    async with (
        serving(answering(503, Retry_After="3600")) as bad,
        serving(answering(201)) as good,
    ):
        there = bad.url.replace("127.0.0.1", "localhost")
        for number in range(FAULTS_TO_OPEN + 3):
            parcel = await shop.waits(f"BAD{number}")
            await subscribe(shop, parcel, Browser(), f"{there}/{number}")
            await shop.scanned(f"BAD{number}", Status.DELIVERED)
            await shop.decide(parcel, channels=PUSH)
            await drain(sending)
        assert len(bad.bodies) == FAULTS_TO_OPEN
        parcel = await shop.waits("GOOD")
        await subscribe(shop, parcel, Browser(), f"{good.url}/a")
        await shop.scanned("GOOD", Status.DELIVERED)
        await shop.decide(parcel, channels=PUSH)
        await drain(sending)
    assert len(good.bodies) == 1
    rows = await shop.pool.fetch(
        "SELECT state, reason, tries, due_at FROM notice"
        " WHERE channel = 'push' AND occasion = 'delivered'"
    )
    found = Counter((row["state"], row["reason"], row["tries"]) for row in rows)
    assert found == {
        ("sent", None, 1): 1,
        ("planned", "http_503", 1): FAULTS_TO_OPEN,
        ("planned", "push_service_unavailable", 0): 3,
    }
    waits = {row["due_at"] - shop.now for row in rows if row["state"] == "planned"}
    assert waits == {timedelta(hours=1)}


async def test_a_parcel_with_two_browsers_waits_for_the_one_that_may_have_it_sooner(shop, session):
    way = PushWay(WebPush(session, KEY, "mailto:a@shop.example"), b"topics", clock=lambda: shop.now)
    for _ in range(FAULTS_TO_OPEN):
        busy = Handed(Outcome.RETRY, "http_503", retry_after=3600)
        way._services.note("bad.example", busy, shop.now)
    parcel = await shop.waits("CE1")
    async with serving(answering(503, Retry_After="60")) as service:
        await subscribe(shop, parcel, Browser(), "https://bad.example/a")
        await subscribe(shop, parcel, Browser(), f"{service.url}/a")
        await shop.scanned("CE1", Status.DELIVERED)
        await shop.decide(parcel, channels=PUSH)
        await drain(shop.sending(way, PUSH))
    found = await row(shop, "delivered")
    assert (found["state"], found["due_at"] - shop.now) == ("planned", timedelta(seconds=60))


async def test_what_was_not_tried_is_no_last_try(shop):
    await shop.waits("CE1")
    await shop.decide(shipment_id("omniva", "CE1"))
    (claimed,) = await shop.notices.claim_notices(Channel.SMS, 1, now=shop.now)
    handing = Handing(claimed._replace(tries=MOST_TRIES - 1), "lv", "x", 1)
    left = Handed(Outcome.RETRY, LEFT_ALONE, retry_after=60, is_untried=True)
    assert ending(handing, left, shop.now).state is NoticeState.PLANNED
    tried = replace(left, is_untried=False)
    assert ending(handing, tried, shop.now).state is NoticeState.FAILED


async def test_a_push_service_that_hangs_takes_a_place_for_seconds(session):
    assert WebPush(session, KEY, "mailto:a@shop.example")._limits.total <= 5


async def test_in_the_operators_network_nothing_is_pushed_to(monkeypatch):
    """Also where webhooks may go there: shops name those, anybody names a push service."""
    monkeypatch.setenv("KLAT_WEBHOOK_ALLOW_PRIVATE", "true")
    monkeypatch.setenv("KLAT_VAPID_PRIVATE_KEY", new_vapid_key())
    sessions = open_sessions()
    (way,) = ways_of(Settings(), sessions, None)
    async with serving(answering(201)) as service, sessions.gateways, sessions.push:
        for host in ("127.0.0.1", "localhost"):
            to = Browser().subscription(f"{service.url.replace('127.0.0.1', host)}/a")
            handed = await way._push.send(to, Message(b"x", 60, Urgency.NORMAL, "t"), NOON)
            assert handed == Handed(Outcome.RETRY, "unreachable")
    assert service.requests == []
