"""Shops that answer slowly take no place from one that is quick: counted in turns, not in time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import asyncpg
import pytest
from sms_gateway import Gateway, answering, hangs, serving
from webhook_shop import Shop

from consumers.webhooks.health import SLOW_AFTER, SLOW_FOR
from consumers.webhooks.sending import PLACES, Sending
from notifier.outgoing import safe_session
from schemas.webhook import WebhookChange
from tracking.domain.places import Room
from tracking.store.deliveries import due_webhooks
from tracking.store.pool import open_pool, transaction

MUCH = range(100, 120)  # parcels of a slow shop


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with safe_session(allow_private=True, limit=PLACES.most) as session:
        yield session


@dataclass
class World:
    """A shop that answers at once, and others that answer when they are let go."""

    quick: Shop
    others: Sequence[Shop]
    healthy: Gateway
    slow: Gateway
    session: aiohttp.ClientSession
    told: int = 0

    @classmethod
    async def open(
        cls, leaving: AsyncExitStack, pool: asyncpg.Pool, session: aiohttp.ClientSession
    ) -> "World":
        healthy = await leaving.enter_async_context(serving(answering(200)))
        slow = await leaving.enter_async_context(serving(hangs))
        quick = await Shop.open(pool, "Quick")
        await quick.webhook(healthy.url)
        world = cls(quick, [], healthy, slow, session)
        await world.tell_the_quick_one(world.sending())
        return world

    async def others_with_much_waiting(self, shops: int, webhooks: int) -> None:
        """They have waited for longer than anything of the quick one's."""
        pool = self.quick.pool
        self.others = [await Shop.open(pool, f"slow {number}") for number in range(shops)]
        for other in self.others:
            for _ in range(webhooks):
                await other.webhook(self.slow.url)
            await other.tell(*MUCH)
        self.quick.passes(seconds=1)

    def sending(self) -> Sending:
        return self.quick.sending(self.session)

    async def tell_the_quick_one(self, sending: Sending) -> None:
        """A fact; one turn; it is posted, without anybody else having ended."""
        self.told += 1
        await self.quick.tell(self.told)
        await sending.turn()
        assert (await self.in_hand())[self.quick.merchant_id] == 1, "in the turn in which it is due"
        while len(self.healthy.requests) < self.told:
            await asyncio.wait(sending._running, return_when=asyncio.FIRST_COMPLETED)
        while not sending._ended:
            await asyncio.wait(sending._running, return_when=asyncio.FIRST_COMPLETED)
        await sending.turn()

    async def in_hand(self) -> Counter[object]:
        query = "SELECT merchant_id FROM webhook_delivery WHERE state = 'claimed'"
        return Counter(row["merchant_id"] for row in await self.quick.pool.fetch(query))

    async def of_others(self) -> list[int]:
        found = await self.in_hand()
        return [found[other.merchant_id] for other in self.others]

    async def let_go(self, sending: Sending) -> None:
        """All that hang answer 200 after so long."""
        self.quick.passes(seconds=2 * SLOW_AFTER)
        self.slow.let_go.set()
        await asyncio.wait(sending._running)
        self.slow.let_go.clear()


@pytest.fixture
async def world(pool, session) -> AsyncIterator[World]:
    async with AsyncExitStack() as leaving:
        world = await World.open(leaving, pool, session)
        yield world
        world.slow.let_go.set()
        for sending in world.quick.senders:
            if sending._running:
                await asyncio.wait(sending._running)


@pytest.mark.parametrize(("shops", "webhooks"), [(2, 10), (10, 1), (10, 10)])
async def test_slow_shops_with_much_waiting_delay_no_fact_of_a_quick_one(world, shops, webhooks):
    """New ones, ones that are known to be slow, and those to a process that was just started."""
    await world.others_with_much_waiting(shops, webhooks)
    for sending in (first := world.sending(), first, world.sending()):
        for _ in range(10):
            await world.tell_the_quick_one(sending)
        of_others = await world.of_others()
        assert sum(of_others) == min(PLACES.of_slow, PLACES.of_webhook * shops * webhooks)
        assert max(of_others) <= PLACES.of_shop
        await world.let_go(sending)
        await sending.turn(claim=False)
    assert set(await slownesses(world)) <= {1, SLOW_FOR}, "a new one may not have had its turn"


async def slownesses(world: World) -> list[int]:
    query = "SELECT slowness FROM webhook WHERE merchant_id <> $1"
    rows = await world.quick.pool.fetch(query, world.quick.merchant_id)
    return [row["slowness"] for row in rows]


async def were_quick(world: World) -> None:
    query = "UPDATE webhook SET slowness = 0"
    await world.quick.pool.execute(query)


async def test_two_shops_that_were_quick_leave_half_of_the_places_at_once(world):
    """By what a shop may have, across its webhooks: these two could fill all of them."""
    await world.others_with_much_waiting(2, 10)
    await were_quick(world)
    sending = world.sending()
    for _ in range(5):
        await world.tell_the_quick_one(sending)
        assert await world.of_others() == [PLACES.of_shop] * 2


async def test_a_shop_with_many_webhooks_hides_nobody_behind_what_it_may_not_have(world):
    """However few are looked at: ten of a shop that may have one, ten of one that has its share."""
    await world.others_with_much_waiting(2, 10)
    await were_quick(world)
    await world.quick.tell(1000)
    await world.quick.pool.execute(
        "UPDATE webhook SET turn_at = $1 WHERE merchant_id = $2",
        world.quick.now,
        world.quick.merchant_id,
    )
    few, full = (other.merchant_id for other in world.others)
    room = Room(free=2, slow=0, of_webhook=4, of_shop=16, of_shops={few: 1, full: 0})
    async with transaction(world.quick.pool) as conn:
        found = await due_webhooks(conn, world.quick.now, room)
    assert [each.merchant_id for each in found] == [few, world.quick.merchant_id]


async def test_so_many_that_they_fill_all_places_leave_half_once_they_drag(world):
    """They were quick, all of them, until this moment."""
    await world.others_with_much_waiting(4, 4)
    await were_quick(world)
    sending = world.sending()
    assert await sending.turn() == PLACES.at_once
    assert await world.of_others() == [PLACES.of_shop] * 4
    world.quick.passes(seconds=2 * SLOW_AFTER)
    for _ in range(5):
        await world.tell_the_quick_one(sending)
    await world.let_go(sending)
    await world.tell_the_quick_one(sending)
    assert sum(await world.of_others()) == PLACES.of_slow
    assert set(await slownesses(world)) == {SLOW_FOR}


async def test_slow_ones_that_are_quick_again_have_all_places_again(world):
    await world.others_with_much_waiting(8, 2)
    world.slow.behave = answering(200)
    await world.quick.pool.execute("UPDATE webhook SET slowness = $1", SLOW_FOR)
    sending, counts = world.sending(), []
    for _ in range(SLOW_FOR + 1):
        counts.append(await sending.turn())
        await asyncio.wait(sending._running)
    assert counts[0] == PLACES.of_slow
    assert counts[-1] == PLACES.at_once


async def test_a_changed_webhook_shows_anew_that_it_is_quick(world):
    """Its new address may be another server."""
    (row,) = await world.quick.pool.fetch("SELECT * FROM webhook")
    assert row["slowness"] == 0
    await change(world, row["webhook_id"])
    assert await world.quick.pool.fetchval("SELECT slowness FROM webhook") == 1
    await world.quick.pool.execute("UPDATE webhook SET slowness = 3")
    await change(world, row["webhook_id"])
    assert await world.quick.pool.fetchval("SELECT slowness FROM webhook") == 3


async def change(world: World, webhook_id) -> None:
    wanted = WebhookChange(url=world.slow.url)
    await world.quick.webhooks.change(webhook_id, wanted, now=world.quick.now)
