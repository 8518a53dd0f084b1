"""What a provider tells later: in any order, however often, and another way after a failure."""

import asyncio
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from notice_shop import FakeWay, Shop
from notice_world import BOTH, World

from consumers.notices.receipts import KEPT
from notifier.channels.base import Handed, Outcome
from notifier.receipts.base import Receipt
from schemas.notice import NoticeState as State
from tracking.errors import StoreUnavailable
from tracking.store.pool import open_pool

SENT, DELIVERED, FAILED = State.SENT, State.DELIVERED, State.FAILED


@pytest.fixture
async def world(database_url):
    pool = await open_pool(database_url, size=6)
    yield World(await Shop.open(pool))
    await pool.close()


async def sent(world, answer: Handed | None = None, number: str = "CE1"):
    key = await world.shop.waits(number, hours=30)
    await world.shop.decide(key, channels=BOTH)
    accepted = Handed(Outcome.ACCEPTED, provider_id=f"id-{number}")
    await world.shop.send(FakeWay(provider="smpp", answers=[answer or accepted]), BOTH)
    return key


async def told(world, *receipts: Receipt | None):
    return await world.settling.apply("smpp", receipts, world.shop.now)


@pytest.mark.parametrize("order", list(permutations([SENT, DELIVERED, FAILED])))
async def test_in_any_order_and_however_often_it_ends_as_delivered(world, order):
    await sent(world)
    for state in [*order, *order]:
        await told(world, Receipt("id-CE1", state))
    assert (await world.shop.row())["state"] == "delivered"


async def test_many_at_once_are_one_transaction_and_each_finds_its_notice(world):
    for number in ("CE1", "CE2", "CE3"):
        await sent(world, number=number)
    found = await told(
        world,
        Receipt("id-CE2", FAILED, "1"),
        Receipt("id-CE1", DELIVERED),
        Receipt("id-CE2", DELIVERED),
        None,
        Receipt("id-CE1", SENT),
        Receipt("nobody's", DELIVERED),
    )
    assert [notice and notice.after for notice in found] == [
        FAILED,
        DELIVERED,
        DELIVERED,
        DELIVERED,
        None,
    ]
    assert sorted(row["state"] for row in await world.shop.rows()) == [
        "delivered",
        "delivered",
        "sent",
    ]
    counted = {
        state: world.counted("klat_receipts_total", provider="smpp", state=state)
        for state in ("failed", "delivered", "sent", "early", "unreadable")
    }
    assert counted == {"failed": 1, "delivered": 2, "sent": 1, "early": 1, "unreadable": 1}


async def test_many_failures_are_one_decision(world):
    for number in ("CE1", "CE2", "CE3"):
        await sent(world, number=number)
    decided = []

    async def redecide(facts, _) -> None:
        decided.append(len(facts))

    world.settling._redecide = redecide
    await told(world, *(Receipt(f"id-CE{number}", FAILED) for number in (1, 2, 3)))
    assert decided == [3]


async def test_an_id_that_a_provider_uses_anew_names_the_latest_message(world):
    """Some centres count from 1 again after a restart."""
    same = Handed(Outcome.ACCEPTED, provider_id="17")
    first = await sent(world, same, "CE1")
    world.shop.now += timedelta(hours=1)
    second = await sent(world, same, "CE2")
    await told(world, Receipt("17", DELIVERED))
    states = {row["shipment_id"]: row["state"] for row in await world.shop.rows()}
    assert states == {first: "sent", second: "delivered"}


async def test_an_id_of_long_ago_is_nobodys(world):
    """What has it now is not noted yet: its receipt waits for it."""
    await sent(world, Handed(Outcome.ACCEPTED, provider_id="17"))
    world.shop.now += timedelta(days=15)
    assert await told(world, Receipt("17", FAILED)) == [None]
    await world.settling.settle_early(world.shop.now)
    assert (await world.shop.row())["state"] == "sent"
    assert await world.shop.pool.fetchval("SELECT count(*) FROM early_receipt") == 1


async def test_what_is_unknown_is_settled_by_our_own_reference(world):
    await sent(world, Handed(Outcome.AMBIGUOUS, "line_lost"))
    row = await world.shop.row()
    assert row["state"] == "unknown"
    await told(world, Receipt("id-7", DELIVERED, reference=str(row["notice_id"])))
    row = await world.shop.row()
    assert (row["state"], row["provider_id"]) == ("delivered", "id-7")


async def test_after_a_failure_another_way_is_looked_for_also_when_it_is_told_again(world):
    key = await sent(world)
    world.shop.now += timedelta(hours=27)
    late = Handed(Outcome.ACCEPTED, provider_id="id-late")
    await world.shop.send(FakeWay(provider="smpp", answers=[late]), BOTH)
    await told(world, Receipt("id-late", FAILED, "069"))
    row = await world.shop.row("pickup_last_hours")
    assert (row["state"], row["reason"]) == ("failed", "069")
    mail = await world.shop.row("pickup_last_hours", "email")
    assert (mail["state"], mail["shipment_id"]) == ("planned", key)
    # who settled it died before he looked
    await world.shop.pool.execute(
        "DELETE FROM notice WHERE channel = 'email' AND occasion = 'pickup_last_hours'"
    )
    await told(world, Receipt("id-late", FAILED, "069"))
    assert (await world.shop.row("pickup_last_hours", "email"))["state"] == "planned"


async def test_a_receipt_that_was_faster_than_the_answer_is_kept_for_it(world):
    """The notice is being handed over: nobody here knows yet by what the provider names it."""
    key = await world.shop.waits("CE1", hours=30)
    await world.shop.decide(key, channels=BOTH)

    async def faster() -> None:
        await told(world, Receipt("id-CE1", DELIVERED))

    accepted = Handed(Outcome.ACCEPTED, provider_id="id-CE1")
    await world.shop.send(FakeWay(provider="smpp", answers=[accepted], before=faster), BOTH)
    assert (await world.shop.row())["state"] == "sent"
    await world.settling.settle_early(world.shop.now)
    assert (await world.shop.row())["state"] == "delivered"
    assert await world.shop.pool.fetchval("SELECT count(*) FROM early_receipt") == 0


async def test_an_early_failure_looks_for_another_way(world):
    await told(world, Receipt("id-CE1", FAILED, "001"))
    await sent(world)
    await world.settling.settle_early(world.shop.now)
    row = await world.shop.row()
    assert (row["state"], row["reason"]) == ("failed", "001")


async def test_what_is_of_no_notice_of_ours_is_counted_after_an_hour_and_forgotten(world):
    await told(world, Receipt("foreign", DELIVERED), Receipt("foreign", DELIVERED))
    await world.settling.settle_early(world.shop.now + KEPT - timedelta(seconds=1))
    assert world.counted("klat_receipts_total", provider="smpp", state="unknown") == 0
    await world.settling.settle_early(world.shop.now + KEPT + timedelta(seconds=1))
    assert world.counted("klat_receipts_total", provider="smpp", state="unknown") == 1
    assert await world.shop.pool.fetchval("SELECT count(*) FROM early_receipt") == 0


async def test_what_names_only_us_and_nobody_of_ours_is_unknown_at_once(world):
    assert await told(world, Receipt(None, FAILED, "5.1.1", str(uuid4()))) == [None]
    assert world.counted("klat_receipts_total", provider="smpp", state="unknown") == 1


async def test_another_providers_id_is_another_message(world):
    await sent(world)
    await world.settling.apply("http", [Receipt("id-CE1", DELIVERED)], world.shop.now)
    assert (await world.shop.row())["state"] == "sent"


@pytest.mark.parametrize("reference", ["", "x", "../..", "%00", "é"])
async def test_a_reference_that_is_none_of_ours_is_no_fault(world, reference):
    await sent(world)
    await told(world, Receipt("id-CE1", DELIVERED, reference=reference))
    assert (await world.shop.row())["state"] == "delivered"


async def test_batches_in_each_others_way_end_all_the_same(world):
    numbers = [f"CE{number}" for number in range(8)]
    for number in numbers:
        await sent(world, number=number)
    forwards = [Receipt(f"id-{number}", DELIVERED) for number in numbers]
    backwards = [Receipt(f"id-{number}", FAILED) for number in reversed(numbers)]
    await asyncio.gather(
        *(told(world, *batch) for batch in (forwards, backwards) * 3),
        *(world.settling.settle_early(world.shop.now) for _ in range(3)),
    )
    assert {row["state"] for row in await world.shop.rows()} == {"delivered"}


async def test_while_the_database_is_away_its_teller_hears_so(world):
    await world.shop.pool.close()
    with pytest.raises(StoreUnavailable):
        await told(world, Receipt("id-CE1", DELIVERED))


BATCHES = st.lists(
    st.lists(st.sampled_from([SENT, DELIVERED, FAILED]), min_size=1, max_size=3), max_size=4
)


@given(before=BATCHES, after=BATCHES, swept=st.booleans())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
async def test_any_receipts_before_and_after_the_answer_end_in_one_state(
    world, before, after, swept
):
    """Order, repetition, batches, and whether it was known by then: only the set counts."""
    number = f"CE{uuid4().int % 10**12}"
    for batch in before:
        await told(world, *(Receipt(f"id-{number}", state) for state in batch))
    key = await sent(world, number=number)
    if swept:
        await world.settling.settle_early(world.shop.now)
    for batch in after:
        await told(world, *(Receipt(f"id-{number}", state) for state in batch))
    await world.settling.settle_early(world.shop.now)
    (row,) = [each for each in await world.shop.rows() if each["shipment_id"] == key]
    states = {state for batch in [*before, *after] for state in batch}
    assert row["state"] == next((each for each in (DELIVERED, FAILED) if each in states), SENT)
