"""What new rules do to what was granted, and what a promise that was over when it was told pays."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from consuming import SEALER
from promise_shop import DAY, HOUR, Shop
from test_judging import BY, HEAD, KEY, TIERS, late

from schemas.status import Reason, Status
from tracking.compensations import compensations
from tracking.decisions import move
from tracking.domain.ledger import approve
from tracking.judge import judge
from tracking.policy_file import read_policy
from tracking.policy_try import try_policy
from tracking.store.pool import open_pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    shop = await Shop.open(pool)
    await shop.load(HEAD + TIERS)
    return shop


async def test_new_rules_lower_nothing_that_was_granted_and_told(shop):
    await late(shop)
    await late(shop, 2)
    await shop.pass_time(BY + DAY)
    await shop.load(HEAD + TIERS.replace('"3.00"', '"2.00"').replace('"5.00"', '"4.00"'))
    await shop.clock.catch_up()
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "3.00")]
    assert await shop.told("compensation.") == ["compensation.issued"] * 2, "nobody hears of it"
    await shop.pass_time(BY + 3 * DAY)
    assert await shop.granted() == [(0, "issued", "3.00"), (1, "issued", "1.00")]
    found = await compensations(shop.pool, SEALER, KEY)
    assert [each.policy_version for each in found] == [1, 2]
    await shop.scan(Status.DELIVERED, at=BY + 2 * DAY)
    await shop.scan(Status.DELIVERED, 2, at=BY - HOUR)
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "3.00"), (1, "revoked", "0.00")]
    assert {each[1] for each in await shop.granted(2)} == {"revoked"}
    assert await judge(shop.pool, [KEY], SEALER, now=shop.now) == []


async def test_rules_that_pay_nothing_any_more_lower_nothing_either(shop):
    await late(shop)
    await shop.pass_time(BY + DAY)
    storm = '[[force_majeure]]\nstarts = 2026-11-20\nends = 2026-11-21\nreason = "snow"\n'
    await shop.load(HEAD + TIERS + storm)
    await late(shop, 2)
    await shop.clock.catch_up()
    await shop.pump()
    await shop.pass_time(BY + 3 * DAY)
    assert await shop.granted() == [(0, "issued", "3.00")]
    assert await shop.granted(2) == []


async def test_what_waits_for_a_yes_goes_by_the_rules_of_now(shop):
    await shop.load(HEAD + 'approval_above = "2.00"\n' + TIERS)
    await late(shop)
    await shop.pass_time(BY + DAY)
    assert await shop.granted() == [(0, "proposed", "3.00")]
    lower = TIERS.replace('"3.00"', '"2.50"')
    await shop.load(HEAD + 'approval_above = "2.00"\n' + lower)
    await shop.clock.catch_up()
    await shop.pump()
    assert await shop.granted() == [(0, "proposed", "2.50")]


async def test_a_promise_that_was_over_when_it_was_told_pays_nothing_by_itself(shop):
    shop.now = BY + 2 * DAY
    await late(shop)
    await shop.pump()
    assert await shop.granted() == [(0, "proposed", "3.00")]
    (found,) = await compensations(shop.pool, SEALER, KEY)
    assert found.reason == "promise_over"
    assert await shop.pool.fetchval("SELECT count(*) FROM bonus") == 0
    await move(shop.pool, SEALER, KEY, 0, approve, by="shop", now=shop.now)
    assert await shop.granted() == [(0, "issued", "3.00")]
    await shop.pass_time(BY + 3 * DAY)
    assert (await shop.granted())[1:] == [(1, "proposed", "2.00")], "each step needs its yes"


async def test_unless_the_shop_lets_it_pay(shop):
    shop.now = BY + 2 * DAY
    await shop.load(HEAD + 'promise_over = "pays"\n' + TIERS)
    await late(shop)
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "3.00")]


async def test_what_is_lost_is_paid_whatever_was_promised(shop):
    shop.now = BY + HOUR
    await late(shop, value={"amount": "49.90", "currency": "EUR"})
    await shop.scan(Status.EXCEPTION, at=shop.now, reason=Reason.CARRIER_LOST)
    await shop.pump()
    assert await shop.granted() == [(2, "issued", "49.90")]


async def test_a_shopper_who_asked_for_a_later_time_makes_it_a_promise_of_its_own(shop):
    shop.now = BY + HOUR
    await late(shop)
    shop.now += HOUR
    moved = {"by": (BY + 2 * DAY).isoformat(), "moved_by": "shopper"}
    await shop.register(promise=moved)
    await shop.load(HEAD + "exclude = []\n" + TIERS)
    await shop.pass_time(BY + 3 * DAY)
    assert await shop.granted() == [(0, "issued", "3.00")]


async def test_the_trial_of_rules_counts_it_as_waiting(shop):
    shop.now = BY + 2 * DAY
    await late(shop)
    rules, since = read_policy(HEAD + TIERS), BY - 9 * DAY
    tried = await try_policy(shop.pool, SEALER, shop.merchant_id, rules, since, now=shop.now)
    assert (tried.granted, tried.waiting) == (0, 300)


async def test_what_was_taken_back_is_owed_again_by_the_rules_of_then(shop):
    await late(shop)
    await shop.pass_time(BY + DAY)
    await shop.load(HEAD + TIERS.replace('"3.00"', '"2.00"'))
    await shop.scan(Status.DELIVERED, at=BY - HOUR, event_id="d1")
    await shop.pump()
    assert await shop.granted() == [(0, "revoked", "0.00")]
    shop.now += HOUR
    await shop.scan(None, at=shop.now, retracts="d1")
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "2.00")]
    (found,) = await compensations(shop.pool, SEALER, KEY)
    assert found.policy_version == 2
