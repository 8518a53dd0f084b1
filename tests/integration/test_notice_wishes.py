"""What a shop set and what a person asked for, from the tables to what is handed over."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from consuming import SEALER
from notice_shop import CODE, NOON, PERSON, FakeWay, Shop
from prometheus_client import CollectorRegistry

from consumers.notices.deciding import Deciding, DecisionMetrics
from notifier.values import Brand
from schemas.notice import Channel
from schemas.scan import Location, Pickup
from schemas.shop import ShopSettings, ShopTerms
from schemas.status import Status
from schemas.suppression import Level, SuppressionReason
from tracking.choices import BY_STOP_LINK, Choice, ShopWay, Standing, choose, wishes
from tracking.links import NewLink, Receiver
from tracking.sealing import Sealer
from tracking.store.merchants import Merchants
from tracking.store.pool import open_pool
from tracking.store.suppressions import EVERYBODY, Suppression, Suppressions
from tracking.suppression import StopLink, address_hashes, read_stop_token

BOTH = (Channel.SMS, Channel.EMAIL)


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=6)
    yield await Shop.open(pool)
    await pool.close()


async def sets(shop, terms=None, **settings):
    new = ShopSettings.model_validate(settings)
    granted = ShopTerms.model_validate(terms or {})
    await Merchants(shop.pool).change_shop(
        shop.merchant_id, lambda each: replace(each, settings=new, terms=granted)
    )


async def against(shop, channel, reason, level=Level.ALL, of=None):
    to = PERSON["phone"] if channel is Channel.SMS else PERSON["email"]
    newest = address_hashes(SEALER, channel, to)[0]
    new = Suppression(newest, channel, of or shop.merchant_id, reason, level)
    await Suppressions(shop.pool).suppress([new], now=shop.now)


async def told(shop, occasion="ready_for_pickup"):
    rows = await shop.pool.fetch(
        "SELECT channel, state, reason FROM notice WHERE occasion = $1", occasion
    )
    return {row["channel"]: row["reason"] or row["state"] for row in rows}


async def test_a_notice_looks_and_links_as_the_shop_wants(shop):
    await sets(
        shop,
        {"mail_from": "parcels@a.example", "sms_from": "A", "links": "https://t.a.example"},
        brand={"name": "Ā", "colour": "#aa3300", "logo": "https://a.example/l.png"},
        sms={"spelling": "full"},
    )
    key = await shop.waits("CE1")
    await shop.decide(key, channels=BOTH)
    sms, mail = FakeWay(), FakeWay(Channel.EMAIL)
    await shop.send(sms)
    await shop.send(mail)
    (text,), (letter,) = sms.taken, mail.taken
    assert text.values.brand == Brand("Ā", "#aa3300", "https://a.example/l.png")
    assert (text.sender, letter.sender) == ("A", "parcels@a.example")
    assert (text.values.spelling, text.values.parcel_markup) == ("full", True)
    assert text.values.link.startswith("https://t.a.example/t/")
    stop = letter.values.stop.removeprefix("https://t.a.example/stop/")
    newest = address_hashes(SEALER, Channel.EMAIL, PERSON["email"])[0]
    assert read_stop_token(SEALER, stop) == StopLink(shop.merchant_id, Channel.EMAIL, newest)


async def test_what_is_not_set_is_as_for_everybody(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    way = FakeWay()
    await shop.send(way)
    (sent,) = way.taken
    assert (sent.sender, sent.values.brand) == (None, Brand("Veikals"))
    assert sent.values.link.startswith("https://t.example/t/")
    assert sent.values.spelling == "short"


async def test_an_occasion_is_told_by_the_ways_that_the_shop_wants(shop):
    await sets(shop, notices={"ready_for_pickup": ["email"]})
    key = await shop.waits("CE1")
    await shop.decide(key, channels=BOTH)
    found = await told(shop)
    assert (found["sms"], found["email"]) == ("shop_does_not_want", "planned")


@pytest.mark.parametrize(
    ("reason", "level", "said"),
    [
        (SuppressionReason.ASKED, Level.ALL, "stopped"),
        (SuppressionReason.STOP, Level.ALL, "stopped"),
        (SuppressionReason.COMPLAINT, Level.ALL, "complaint"),
        (SuppressionReason.BAD_ADDRESS, Level.ALL, "bad_address"),
        (SuppressionReason.ASKED, Level.UNIMPORTANT, "planned"),
    ],
)
async def test_what_stands_against_an_address_beats_the_shop(shop, reason, level, said):
    await sets(shop, notices={"ready_for_pickup": ["sms"], "delivered": ["sms"]})
    await against(shop, Channel.SMS, reason, level)
    key = await shop.waits("CE1")
    await shop.decide(key, channels=BOTH)
    found = await told(shop)
    assert found["sms"] == said
    if level is Level.ALL:
        assert found["email"] == "planned", "the mail stands in"


async def test_who_asked_for_less_is_not_told_what_nobody_has_to_act_on(shop):
    await against(shop, Channel.EMAIL, SuppressionReason.ASKED, Level.UNIMPORTANT)
    key = await shop.register("CE1")
    await shop.decide(key, channels=BOTH)
    assert (await told(shop, "registered"))["email"] == "only_important"


@pytest.mark.parametrize(
    ("of", "said"), [(EVERYBODY, "stopped"), (None, "stopped"), (UUID(int=9), "planned")]
)
async def test_it_holds_for_the_shop_or_for_all_and_for_no_other(shop, of, said):
    await against(shop, Channel.SMS, SuppressionReason.ASKED, of=of)
    key = await shop.waits("CE1")
    await shop.decide(key)
    assert (await told(shop))["sms"] == said


async def test_a_stop_between_the_decision_and_the_sending_is_heeded(shop):
    key = await shop.waits("CE1")
    await shop.decide(key)
    await against(shop, Channel.SMS, SuppressionReason.STOP, of=EVERYBODY)
    way = FakeWay()
    await shop.send(way)
    assert way.taken == []
    assert (await told(shop))["sms"] == "stopped"


async def test_what_was_asked_under_an_old_key_holds_under_a_new_one(shop):
    """Keys are rotated by putting a new one in front."""
    await against(shop, Channel.SMS, SuppressionReason.ASKED)
    key = await shop.waits("CE1")
    rotated = Sealer(["a newer key", "a key of the tests"])
    metrics = DecisionMetrics(CollectorRegistry())
    deciding = Deciding(shop.notices, rotated, {Channel.SMS}, metrics, lambda: None)
    await deciding.decide({key: "fact"}, NOON)
    assert (await told(shop))["sms"] == "stopped"


async def test_the_link_of_a_mail_ends_what_was_asked_under_an_old_key(shop):
    """Who is told only what matters finds in a mail that came under a new key where to undo it."""
    await against(shop, Channel.EMAIL, SuppressionReason.ASKED, Level.UNIMPORTANT)
    key = await shop.waits("CE1")
    await shop.decide(key, channels=BOTH)
    shop.sealer, mail = Sealer(["a newer key", "a key of the tests"]), FakeWay(Channel.EMAIL)
    await shop.send(mail)
    (letter,) = mail.taken
    link = read_stop_token(shop.sealer, letter.values.stop.rpartition("/")[2])
    store = Suppressions(shop.pool)
    way = ShopWay(link.merchant_id, link.channel, [link.address_hash])
    assert (await wishes(store, [way], [BY_STOP_LINK]))[0].standing is Standing.IMPORTANT
    assert await choose(store, way, Choice.EVERYTHING, BY_STOP_LINK, shop.now)
    hashes = address_hashes(shop.sealer, Channel.EMAIL, PERSON["email"])
    assert await store.of(hashes) == []


async def test_a_link_that_goes_out_is_made_for_whom_it_goes_to(shop):
    """Only they may ask for more by it; the buyer's link is the buyer's."""
    buyer = {"name": "Jana", "email": "jana@example.org"}
    key = await shop.register("CE1", buyer=buyer)
    await shop.decide(key, channels=BOTH)
    await shop.send(FakeWay(Channel.EMAIL))
    assert set(shop.linked) == {
        NewLink(key, Receiver(Channel.EMAIL, PERSON["email"])),
        NewLink(key, Receiver(Channel.EMAIL, buyer["email"])),
    }
    shop.linked.clear()
    await shop.decide(await shop.waits("CE2"), channels=BOTH)
    await shop.send(FakeWay())
    assert [each.receiver for each in shop.linked] == [Receiver(Channel.SMS, PERSON["phone"])]


async def test_the_buyer_has_choices_of_its_own(shop):
    buyer = {"name": "Jana", "email": "jana@example.org"}
    key = await shop.register("CE1", buyer=buyer)
    await against(shop, Channel.EMAIL, SuppressionReason.ASKED)
    await shop.decide(key, channels=BOTH)
    rows = await shop.rows("registered", "email")
    assert {row["addressee"]: row["reason"] or row["state"] for row in rows} == {
        "recipient": "stopped",
        "buyer": "planned",
    }


async def test_a_mail_that_stood_in_for_a_text_does_not_go_beside_it(shop):
    """The shop has told the number since."""
    without = {name: value for name, value in PERSON.items() if name != "phone"}
    until = shop.now + timedelta(hours=10)
    key = await shop.register("CE1", recipient=without)
    pickup = Pickup(until=until, code=CODE)
    place = Location(name="Rīga Akropole", place_id="9901")
    await shop.scanned("CE1", Status.READY_FOR_PICKUP, location=place, pickup=pickup)
    await shop.decide(key, channels=BOTH)
    assert (await shop.row("pickup_last_hours", "email"))["state"] == "planned"
    await shop.register("CE1", recipient=PERSON)
    await shop.decide(key, channels=BOTH)
    shop.now = until - timedelta(hours=2, minutes=59)
    sms, mail = FakeWay(), FakeWay(channel=Channel.EMAIL)
    await shop.send(mail, BOTH)
    await shop.send(sms, BOTH)
    assert "pickup_last_hours" in {each.values.occasion for each in sms.taken}
    assert "pickup_last_hours" not in {each.values.occasion for each in mail.taken}


async def test_a_message_is_worth_saying_as_long_as_is_true_when_it_goes(shop):
    """It waited for the morning, and the carrier gave more time meanwhile."""
    shop.now = NOON + timedelta(hours=12)  # midnight in Riga
    key = await shop.register("CE1")
    place = Location(name="Rīga Akropole", place_id="9901")

    async def waits_until(until):
        pickup = Pickup(until=until, code=CODE)
        await shop.scanned("CE1", Status.READY_FOR_PICKUP, location=place, pickup=pickup)
        await shop.decide(key)

    await waits_until(shop.now + timedelta(hours=9))
    shop.now += timedelta(minutes=5)
    await waits_until(NOON + timedelta(days=2))
    row = await shop.row()
    assert row["until"] == NOON + timedelta(days=2)
    shop.now = row["due_at"]
    await shop.send(way := FakeWay())
    assert way.taken[0].until == NOON + timedelta(days=2)


async def test_what_waits_goes_by_a_new_wish_at_once(shop):
    """By the link of a mail, which knows the address and no parcel; both ways."""
    key = await shop.waits("CE1", hours=96)
    await shop.decide(key, channels=BOTH)
    await shop.send(FakeWay(channel=Channel.EMAIL), BOTH)
    hashes = address_hashes(SEALER, Channel.EMAIL, PERSON["email"])
    way = ShopWay(shop.merchant_id, Channel.EMAIL, hashes)

    async def wished(choice):
        await choose(Suppressions(shop.pool), way, choice, BY_STOP_LINK, shop.now)
        since = shop.now - timedelta(days=1)
        mailed = await shop.notices.shipments_mailed(shop.merchant_id, hashes[0], since, 9)
        assert mailed == [key]
        await shop.decide(*mailed, channels=BOTH)
        row = await shop.row("pickup_half_time", "email")
        return row["state"], row["reason"]

    assert (await shop.row("pickup_half_time", "email"))["state"] == "planned"
    assert await wished(Choice.NOTHING) == ("dropped", "stopped")
    assert await wished(Choice.EVERYTHING) == ("planned", None)
    assert await shop.notices.shipments_mailed(UUID(int=7), hashes[0], shop.now, 9) == []
