"""A person is erased while a notice for them is planned, being worded, or on its way."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from consuming import SEALER
from notice_shop import PERSON, FakeWay, Shop

from consumers.notices.preparing import Preparing
from schemas.notice import Channel, NoticeState
from tracking.person.erase import erase, plan
from tracking.person.who import whom_of
from tracking.search.terms import Kind
from tracking.store.notices import Ending
from tracking.store.pool import open_pool

HIM = whom_of(SEALER, Kind.PHONE, PERSON["phone"])


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    """A parcel waits, and its recipient is to be told."""
    pool: asyncpg.Pool = await open_pool(database_url, size=4)
    shop = await Shop.open(pool)
    await shop.decide(await shop.waits("CE1"))
    yield shop
    await pool.close()


async def erased(shop: Shop) -> None:
    planned = await plan(shop.pool, SEALER, HIM, now=shop.now)
    await erase(shop.pool, SEALER, planned, by="operator", now=shop.now)


async def worded(shop: Shop):
    """Claimed, and ready to be handed over."""

    async def link(wanted, _):
        return ["/t/abcdefghijklmnopqrstuv"] * len(wanted)

    preparing = Preparing(
        shop.notices, FakeWay(), SEALER, link, "https://t.example", shop.limits,
        channels={Channel.SMS},
    )  # fmt: skip
    claimed = await shop.notices.claim_notices(Channel.SMS, 5, now=shop.now)
    ready, endings = await preparing.prepare(claimed, shop.now)
    assert (len(ready), endings) == (1, [])
    return ready[0].handing


async def test_what_was_planned_is_not_said(shop):
    await erased(shop)
    await shop.send(way := FakeWay())
    row = await shop.row()
    assert (way.taken, row["state"], row["reason"]) == ([], "dropped", "erased")
    await shop.decide(row["shipment_id"])
    await shop.send(way)
    assert way.taken == [], "nor is anything planned anew"


async def test_what_was_being_worded_is_not_handed_over(shop):
    handing = await worded(shop)
    await erased(shop)
    hands = await shop.notices.hand_notices([handing], "fake", now=shop.now)
    row = await shop.row()
    assert (hands.ours, row["content"], row["address_hash"]) == (set(), None, None)


async def test_what_was_on_its_way_ends_as_it_ends_and_says_nothing(shop):
    handing = await worded(shop)
    hands = await shop.notices.hand_notices([handing], "fake", now=shop.now)
    assert len(hands.ours) == 1
    await erased(shop)
    ended = Ending(handing.claimed, NoticeState.SENT, provider_id="p", handed_at=shop.now)
    await shop.notices.settle_notices([ended], now=shop.now)
    row = await shop.row()
    kept = (row["state"], row["content"], row["address_hash"], row["said"])
    assert kept == ("sent", None, None, None)
