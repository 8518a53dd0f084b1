"""The demo's inbox: notices of real parcels land in it, once, sealed, and not too many."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from consuming import SEALER
from notice_shop import CODE, NOON, PERSON, Shop

from notifier.inbox import InboxWay
from schemas.inbox import InboxMessage
from schemas.notice import Channel, Occasion
from tracking.inbox import InboxKeeper
from tracking.sealing import Sealer
from tracking.store.inbox import Inbox
from tracking.store.pool import open_pool

BOTH = (Channel.SMS, Channel.EMAIL)


@pytest.fixture
async def pool(database_url: str):
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return await Shop.open(pool)


@pytest.fixture
def keeper(pool: asyncpg.Pool) -> InboxKeeper:
    return InboxKeeper(pool, SEALER)


async def told(shop: Shop, keeper: InboxKeeper, number: str = "CE1") -> UUID:
    """A parcel that waits in a locker, its notices in the inbox."""
    key = await shop.waits(number)
    await shop.decide(key, channels=BOTH)
    for channel in BOTH:
        await shop.send(InboxWay(channel, keeper.keep, "parcels@shop.example"), BOTH)
    return key


async def test_a_notice_ends_in_the_inbox_and_is_recorded_as_sent(shop, keeper):
    key = await told(shop, keeper)
    contents = await keeper.contents(None)
    by = {each.message.channel: each for each in contents.received}
    assert set(by) == set(BOTH)
    assert CODE in by[Channel.SMS].message.text
    assert by[Channel.SMS].message.to == PERSON["phone"]
    assert by[Channel.EMAIL].message.title
    assert {each.tracking_number for each in contents.received} == {"CE1"}
    assert contents.parcels == {key: "CE1"}
    for channel in BOTH:
        row = await shop.row(channel=channel)
        assert (row["state"], row["provider"]) == ("sent", "inbox")
    html = await keeper.html(by[Channel.EMAIL].message.notice_id)
    assert html is not None
    assert CODE in html
    assert await keeper.html(by[Channel.SMS].message.notice_id) is None


async def test_what_waits_is_told_with_its_time(shop, keeper):
    shop.now = NOON + timedelta(hours=12)  # midnight in Riga
    await told(shop, keeper)
    contents = await keeper.contents(None)
    assert [each.message.channel for each in contents.received] == [Channel.EMAIL]
    first = contents.waiting[0]
    assert (first.occasion, first.channel) == (Occasion.READY_FOR_PICKUP, Channel.SMS)
    assert first.due_at == NOON + timedelta(hours=20)  # eight in the morning
    assert [each.due_at for each in contents.waiting] == sorted(
        each.due_at for each in contents.waiting
    )


async def test_one_parcel_may_be_looked_at_alone(shop, keeper):
    first, _ = await told(shop, keeper, "CE1"), await told(shop, keeper, "CE2")
    contents = await keeper.contents(first)
    assert {each.shipment_id for each in contents.received} == {first}
    assert {each.shipment_id for each in contents.waiting} == {first}
    assert set(contents.parcels.values()) == {"CE1", "CE2"}
    nowhere = await keeper.contents(uuid4())
    assert (nowhere.received, nowhere.waiting) == ([], [])


async def test_what_is_given_again_is_kept_once(shop, keeper, pool):
    await told(shop, keeper)
    (message,) = [
        each.message
        for each in (await keeper.contents(None)).received
        if each.message.channel is Channel.SMS
    ]
    kept = await asyncio.gather(*(keeper.keep(message) for _ in range(5)))
    assert kept == [True] * 5
    assert await pool.fetchval("SELECT count(*) FROM inbox_message") == 2


async def test_nothing_of_it_stands_in_the_database_in_clear(shop, keeper, pool):
    await told(shop, keeper)
    rows = await pool.fetch("SELECT i::text AS row FROM inbox_message AS i")
    for row in rows:
        for secret in (CODE, PERSON["name"], PERSON["phone"], PERSON["email"], "Veikals", "/t/"):
            assert secret not in row["row"]


async def test_what_another_key_sealed_is_left_out(shop, keeper, pool):
    await told(shop, keeper)
    stranger = InboxKeeper(pool, Sealer(["another key"]))
    assert (await stranger.contents(None)).received == []
    notice_id = await pool.fetchval("SELECT notice_id FROM inbox_message WHERE html IS NOT NULL")
    assert await stranger.html(notice_id) is None


async def test_a_message_of_no_notice_is_not_kept(keeper, pool):
    message = InboxMessage(
        notice_id=uuid4(),
        channel=Channel.SMS,
        occasion=Occasion.DELIVERED,
        language="lv",
        sender="Veikals",
        to="",
        text="",
    )
    assert await keeper.keep(message)
    assert await pool.fetchval("SELECT count(*) FROM inbox_message") == 0


async def test_the_oldest_go(pool):
    await pool.execute(
        """
        INSERT INTO inbox_message (shipment_id, notice_id, channel, content, created_at)
        SELECT md5(n::text)::uuid, md5('n' || n)::uuid, 'sms', n::text, now() - n * interval '1 s'
        FROM generate_series(1, 620) n
        """
    )
    await asyncio.gather(*(Inbox(pool).prune_inbox() for _ in range(4)))
    assert await pool.fetchval(
        "SELECT array_agg(content::int ORDER BY content::int) FROM inbox_message"
    ) == list(range(1, 501))


async def test_while_the_database_is_away_it_says_so(database_url, keeper, shop):
    await told(shop, keeper)
    message = (await keeper.contents(None)).received[0].message
    closed = await open_pool(database_url, size=1)
    await closed.close()
    assert not await InboxKeeper(closed, SEALER).keep(message)
