"""What support has said: planned once with its line of the audit log, sent by the ordinary way."""

import asyncio
from uuid import UUID, uuid4

import pytest
from consuming import SEALER
from notice_shop import CODE, PERSON, FakeWay, Shop

from consumers.notices.by_hand import WHY, Saying
from consumers.notices.limits import SmsLimits
from consumers.notices.subject import Means
from schemas.notice import Addressee, Channel, Occasion
from schemas.shop import ShopSettings
from schemas.status import Status
from tracking.store.pool import open_pool

SERVED = frozenset({Channel.SMS, Channel.EMAIL})


@pytest.fixture
async def shop(database_url):
    pool = await open_pool(database_url, size=6)
    yield await Shop.open(pool)
    await pool.close()


@pytest.fixture
def saying(shop):
    return Saying(shop.notices, SEALER, Means(SERVED, SmsLimits(alike=None)))


def noting(noted):
    """Keeps what the audit log would be told, in the transaction."""

    def noted_as(**detail: str):
        async def note(conn):
            assert conn.is_in_transaction()
            noted.append(detail)

        return note

    return noted_as


async def choice(saying, key, now, channel=Channel.SMS) -> UUID:
    found = await saying.offered(key, now)
    return next(each.choice for each in found if each.channel is channel)


async def test_what_was_sent_is_sent_again_at_once_and_noted(shop, saying):
    key, way, noted = await shop.waits("CE1"), FakeWay(), []
    await shop.decide(key)
    await shop.send(way)
    chosen = await choice(saying, key, shop.now)
    for _ in range(2):  # the form is posted twice
        assert await saying.say(key, chosen, noting(noted), shop.now)
        await shop.send(way)
    assert [(sent.to, sent.values.code) for sent in way.taken] == [(PERSON["phone"], CODE)] * 2
    assert len({sent.notice_id for sent in way.taken}) == 2
    assert noted == [{"occasion": "ready_for_pickup", "channel": "sms", "to": "recipient"}]
    rows = {row["round"]: row for row in await shop.rows()}
    assert (rows["9901 asked 1"]["fact_id"], rows["9901 asked 1"]["state"]) == (WHY, "sent")
    await shop.decide(key)
    await shop.send(way)
    assert len(way.taken) == 2


async def test_two_of_support_at_once_send_one(shop, saying):
    key, way, noted = await shop.waits("CE1"), FakeWay(), []
    chosen = await choice(saying, key, shop.now)
    said = [saying.say(key, chosen, noting(noted), shop.now) for _ in range(5)]
    assert await asyncio.gather(*said) == [True] * 5
    await shop.send(way)
    assert (len(way.taken), len(noted)) == (1, 1)


async def test_to_a_corrected_number_it_goes_at_once(shop, saying):
    key = await shop.waits("CE1")
    await shop.decide(key)
    chosen = await choice(saying, key, shop.now, Channel.EMAIL)
    await shop.register("CE1", recipient=PERSON | {"email": "right@example.org"})
    assert await saying.say(key, chosen, noting([]), shop.now)
    way = FakeWay(Channel.EMAIL)
    await shop.send(way)
    assert [sent.to for sent in way.taken] == ["right@example.org"]


async def test_why_a_way_is_closed_is_told_and_it_stays_closed(shop, saying):
    key = await shop.register("CE1", recipient={"phone": "+37120000001"})
    await shop.scanned("CE1", Status.OUT_FOR_DELIVERY)
    found = {each.channel: each for each in await saying.offered(key, shop.now)}
    assert found[Channel.SMS] == found[Channel.SMS]._replace(
        occasion=Occasion.OUT_FOR_DELIVERY, addressee=Addressee.RECIPIENT, to="+37120000001"
    )
    assert (found[Channel.SMS].reason, found[Channel.EMAIL].reason) == (None, "no_email")
    assert not await saying.say(key, found[Channel.EMAIL].choice, noting([]), shop.now)


async def test_what_is_true_no_more_is_not_planned(shop, saying):
    key, noted = await shop.waits("CE1"), []
    chosen = await choice(saying, key, shop.now)
    await shop.scanned("CE1", Status.DELIVERED)
    assert not await saying.say(key, chosen, noting(noted), shop.now)
    assert not await saying.say(key, uuid4(), noting(noted), shop.now)
    assert not await saying.say(uuid4(), chosen, noting(noted), shop.now)
    assert await saying.offered(uuid4(), shop.now) == []
    assert noted == []


async def test_what_needs_another_way_still_has_to_get_it(shop, saying):
    """A text failed, and whoever noted that died before a mail was decided in its place."""
    key = await shop.waits("CE1")
    await shop.decide(key)
    await shop.pool.execute("UPDATE notice SET needs_another_way = true")
    chosen = await choice(saying, key, shop.now, Channel.EMAIL)
    assert await saying.say(key, chosen, noting([]), shop.now)
    left = "SELECT bool_and(needs_another_way) FROM notice WHERE round NOT LIKE '%asked%'"
    assert await shop.pool.fetchval(left)


async def test_a_line_that_cannot_be_noted_leaves_no_message(shop, saying):
    key = await shop.waits("CE1")

    def unnoted(**_: str):
        async def note(_):
            raise RuntimeError

        return note

    with pytest.raises(RuntimeError):
        await saying.say(key, await choice(saying, key, shop.now), unnoted, shop.now)
    assert await shop.rows() == []


async def test_a_shop_that_says_nothing_by_itself_can_still_be_asked(shop, saying):
    settings = ShopSettings.model_validate({"notices": {"ready_for_pickup": []}})
    kept = settings.model_dump_json(exclude_unset=True)
    await shop.pool.execute("UPDATE merchant SET settings = $1", kept)
    key, way = await shop.waits("CE1"), FakeWay()
    await shop.decide(key)
    await shop.send(way)
    assert way.taken == []
    assert await saying.say(key, await choice(saying, key, shop.now), noting([]), shop.now)
    await shop.send(way)
    assert len(way.taken) == 1
