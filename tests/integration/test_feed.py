"""A shop's log: each fact once, positions without a gap, and no reader ever misses one."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from webhook_shop import NOON, Shop, fact, new_fact

from consumers.webhooks.feeding import MOST_BYTES, read_fact
from schemas.facts import ShipmentDetailsChanged, cloud_event
from schemas.scan import Window
from schemas.shipment import shipment_id
from schemas.status import Handover, Reason, Status
from schemas.webhook import WebhookEvent
from tracking.feed import feed
from tracking.log import page_of
from tracking.retention import prune
from tracking.store.merchant_facts import LoggedFact as Logged
from tracking.store.merchant_facts import Slice, append_facts, lock_logs
from tracking.store.pool import open_pool, transaction

URL = "https://shop.example/"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=8)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return await Shop.open(pool)


def ids(page) -> list[str]:
    return [json.loads(body)["id"] for body in page.facts]


async def test_facts_stand_in_the_log_in_the_order_in_which_they_came(shop):
    await shop.tell(3, 1, 2)
    await shop.tell(4)
    page = await shop.log()
    assert [json.loads(body)["data"]["order"] for body in page.facts] == ["3", "1", "2", "4"]
    assert (page.next, page.has_more) == (4, False)


async def test_a_fact_reads_as_a_cloud_event_and_as_a_standard_webhook(shop):
    await shop.tell(1)
    (body,) = (await shop.log()).facts
    event = WebhookEvent.model_validate_json(body)
    told = json.loads(body)
    assert told == json.loads(fact(shop.merchant_id)) | {"timestamp": told["time"]}
    assert (event.type, event.timestamp) == ("shipment.delivered", NOON)
    assert told["data"]["version"] == 1


async def test_a_fact_that_comes_again_is_one_row_and_one_delivery(shop):
    await shop.webhook(URL)
    again = [await shop.tell(1, 1, 2), await shop.tell(2, 1), await shop.tell(1)]
    assert [(each.appended, each.repeats, each.deliveries) for each in again] == [
        (2, 1, 2),
        (0, 2, 0),
        (0, 1, 0),
    ]
    assert len((await shop.log()).facts) == len(await shop.rows()) == 2


async def test_so_it_is_when_all_come_at_once(shop):
    """Eight consumers, each with all facts in an order of its own, in batches of its own."""
    await shop.webhook(URL)
    chance = random.Random(7)

    async def consumer() -> None:
        numbers = chance.sample(range(30), 30)
        for start in range(0, 30, 7):
            await shop.tell(*numbers[start : start + 7])

    await asyncio.gather(*(consumer() for _ in range(8)))
    page = await shop.log()
    assert len(set(ids(page))) == len(ids(page)) == len(await shop.rows()) == page.next == 30


async def test_shops_in_opposite_orders_do_not_block_each_other(pool, shop):
    other = await Shop.open(pool, "Another")

    async def both(version: int) -> None:
        facts = [new_fact(each.merchant_id, 1, version) for each in (shop, other)]
        await feed(pool, facts if version % 2 else facts[::-1], now=NOON)

    await asyncio.gather(*(both(version) for version in range(40)))
    assert [(await each.log()).next for each in (shop, other)] == [40, 40]


async def test_a_position_is_seen_only_after_all_before_it(pool, shop):
    """Another writer waits for the one that has the log in hand; until then there is nothing."""
    async with transaction(pool) as conn:
        (latest,) = (await lock_logs(conn, {shop.merchant_id})).values()
        held = Logged(shop.merchant_id, latest + 1, "held", "shipment.delivered", '{"id":"held"}')
        await append_facts(conn, [held], NOON)
        other = asyncio.create_task(shop.tell(2))
        await until_somebody_waits(pool)
        assert (await shop.log()).facts == []
    await other
    assert ids(await shop.log())[0] == "held"
    assert (await shop.log()).next == 2


async def until_somebody_waits(pool):
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with asyncio.timeout(10):
        while not await pool.fetchval(query):  # noqa: ASYNC110 - PostgreSQL's word for it
            await asyncio.sleep(0.01)


async def test_a_reader_beside_many_writers_misses_nothing(shop):
    """It goes on from its cursor while eight writers commit; what it saw is the whole log."""
    chance, seen, done = random.Random(11), [], asyncio.Event()

    async def writer(number: int) -> None:
        for version in range(1, 26):
            numbers = [10 * number + each for each in range(chance.randint(1, 4))]
            await shop.tell(*numbers, version=version)

    async def reader() -> None:
        after, is_last = 0, False
        while True:
            page = await shop.log(after, chance.randint(1, 9))
            seen.extend(ids(page))
            after = page.next
            if is_last and not page.has_more:
                return
            is_last = done.is_set()

    reading = asyncio.create_task(reader())
    await asyncio.gather(*(writer(number) for number in range(8)))
    done.set()
    await reading
    whole = await shop.pool.fetch("SELECT fact_id, position FROM merchant_fact ORDER BY position")
    assert seen == [row["fact_id"] for row in whole]
    assert [row["position"] for row in whole] == list(range(1, len(whole) + 1))
    assert len(whole) > 300


async def test_only_webhooks_that_are_enabled_and_want_the_type_get_it(shop):
    whole = await shop.webhook(URL)
    transit = await shop.webhook(URL, ["shipment.in_transit"])
    delivered = await shop.webhook(URL, ["shipment.delivered", "shipment.returned"])
    off = await shop.webhook(URL)
    await shop.pool.execute(
        "UPDATE webhook SET state = 'disabled', reason = 'shop' WHERE webhook_id = $1",
        off.webhook_id,
    )
    moved = new_fact(shop.merchant_id, 1, 1, status=Status.IN_TRANSIT)
    await feed(shop.pool, [moved, new_fact(shop.merchant_id, 1, 2)], now=NOON)
    planned = {(row["webhook_id"], row["type"]) for row in await shop.rows()}
    assert planned == {
        (whole.webhook_id, "shipment.in_transit"),
        (whole.webhook_id, "shipment.delivered"),
        (transit.webhook_id, "shipment.in_transit"),
        (delivered.webhook_id, "shipment.delivered"),
    }


async def test_shops_have_logs_of_their_own(pool, shop):
    other = await Shop.open(pool, "Another")
    await other.webhook(URL)
    await shop.tell(1, 2)
    await other.tell(3)
    assert [(await each.log()).next for each in (shop, other)] == [2, 1]
    assert {row["merchant_id"] for row in await shop.rows()} == {other.merchant_id}


async def test_what_is_old_is_forgotten_and_its_reader_is_told_where_to_go_on(shop):
    await shop.webhook(URL)
    await shop.tell(1, 2, 3)
    shop.passes(days=31)
    await shop.tell(4, 5)
    await prune(shop.pool, shop.now)
    assert len(await shop.rows()) == 2
    for cursor in (0, 1, 2):
        page = await shop.log(cursor)
        assert (page.is_broken, page.next) == (True, 3)
    assert ids(await shop.log(3)) == ids(await shop.log(None))
    assert len((await shop.log(3)).facts) == 2


async def test_a_log_of_which_nothing_is_kept_goes_on_from_its_end(shop):
    await shop.tell(1, 2)
    await prune(shop.pool, shop.now + timedelta(days=31))
    assert (await shop.log(0))[1:] == (2, False, True)
    assert (await shop.log(None))[1:] == (2, False, False)
    assert (await shop.log(2))[1:] == (2, False, False)
    await shop.tell(3)
    assert (await shop.log(2)).next == 3


async def test_a_cursor_ahead_of_the_log_is_none_of_it(shop):
    """Of another installation, or of a log that was restored to an earlier day."""
    assert (await shop.log(7))[1:] == (0, False, True)
    await shop.tell(1)
    assert (await shop.log(7))[1:] == (0, False, True)


async def test_a_shop_without_facts_has_an_empty_log(shop):
    assert await shop.log() == ([], 0, False, False)
    assert await shop.log(0) == ([], 0, False, False)


@given(st.sets(st.integers(1, 12)), st.integers(0, 13), st.integers(1, 5), st.integers(0, 12))
def test_no_page_ever_skips_a_position(kept, after, limit, more):
    """Whatever is kept: a reader gets every position behind its cursor, or is told of the gap."""
    latest = max([*kept, more])
    seen = []
    while True:
        behind = sorted(each for each in kept if each > after)[:limit]
        page = page_of(Slice(latest, [(each, str(each)) for each in behind]), after)
        seen += map(int, page.facts)
        assert len(page.facts) <= limit
        if page.is_broken or not page.has_more:
            break
        assert page.next > after
        after = page.next
    assert seen == list(range(seen[0], seen[0] + len(seen))) if seen else True
    if not page.is_broken:
        assert page.next == latest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        b'{"data": {}, "id": "1"',
        b'{"data": {"merchant_id": "no uuid"}, "time": "2026-11-20T10:00:00Z"}',
        b'{"data": {"merchant_id": "00000000-0000-0000-0000-000000000001"}, "time": "soon"}',
        b'{"data": {"merchant_id": "00000000-0000-0000-0000-000000000001"}, "time": "2026-11-20"}',
        b" " * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_fact_is_refused(body):
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_fact(body)


def test_what_belongs_to_no_shop_is_nobodys_news():
    assert read_fact(fact(None)) is None


def test_the_largest_fact_is_smaller_than_receivers_need_take(shop):
    """Every text as long as it may be, of characters that need four bytes or six in JSON."""
    largest = ShipmentDetailsChanged(
        shipment_id=shipment_id("omniva", "CE1"),
        version=2**31 - 1,
        carrier="c" * 50,
        tracking_number="N" * 100,
        merchant_id=shop.merchant_id,
        order="😀" * 100,
        status=Status.READY_FOR_PICKUP,
        reason=max(Reason, key=len),
        handover=max(Handover, key=len),
        since=NOON,
        attempts=2**31 - 1,
        estimate=Window(starts=NOON, ends=NOON),
        pickup_until=NOON,
        pickup_place_id="😀" * 200,
        recorded_at=NOON,
        changed=("estimate", "pickup", "handover", "reason"),
    )
    found = read_fact(cloud_event(largest).encode())
    assert found is not None
    assert len(found.body.encode()) < MOST_BYTES / 4
