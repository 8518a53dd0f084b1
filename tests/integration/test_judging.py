"""A late parcel pays by itself, once, with evidence; and takes back what was not owed after all."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from consuming import SEALER
from promise_shop import DAY, HOUR, NOON, Shop

from schemas.shipment import shipment_id
from schemas.status import Reason, Status
from tracking import judge as module
from tracking.bonuses import BonusRefused, NoSuchBonus, find_bonus
from tracking.compensations import compensations
from tracking.decisions import move
from tracking.domain.ledger import IllegalMove, approve, refuse
from tracking.errors import StoreUnavailable
from tracking.judge import judge
from tracking.policy_load import load_policy
from tracking.store.desk import Desk
from tracking.store.pool import connection, open_pool

HEAD = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
"""
TIERS = """
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
[[tiers]]
late_by = "3d"
bonus = { kind = "code", amount = "5.00" }
[[tiers]]
lost = true
bonus = { kind = "code", share = "100%" }
"""
BY = NOON + 6 * HOUR
KEY = shipment_id("omniva", "CE1")


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


async def late(shop: Shop, number: int = 1, **fields: object) -> None:
    await shop.promise(number, by=BY, **fields)


async def test_so_late_pays_so_much_once_and_tops_up(shop):
    await late(shop)
    await shop.pass_time(BY + DAY - HOUR)
    assert await shop.granted() == []
    await shop.pass_time(BY + DAY)
    assert await shop.granted() == [(0, "issued", "3.00")]
    first = await shop.code()
    await shop.pass_time(BY + 3 * DAY)
    assert await shop.granted() == [(0, "issued", "3.00"), (1, "issued", "2.00")]
    assert await shop.code() == first, "one code, worth more"
    await shop.pass_time(BY + 40 * DAY)
    assert len(await shop.granted()) == 2
    assert await shop.told("compensation.") == ["compensation.issued"] * 2


async def test_it_says_on_what_it_stands_and_who_moved_it(shop):
    await late(shop)
    await shop.pass_time(BY + DAY)
    (found,) = await compensations(shop.pool, SEALER, KEY)
    evidence = found.evidence
    assert (evidence.promised_by, evidence.arrived_at, evidence.judged_at) == (BY, None, BY + DAY)
    assert (found.policy, found.policy_version, found.rule) == ("standard", 1, "late_by 1d")
    assert [(each.state, each.by, each.why) for each in found.moves] == [
        ("issued", "policy", "owed")
    ]
    assert found.code == f"…{(await shop.code())[-4:]}"


async def test_a_late_scan_takes_back_what_is_unused(shop):
    await late(shop)
    await shop.pass_time(BY + DAY)
    await shop.scan(Status.DELIVERED, at=BY - HOUR)
    await shop.pump()
    assert await shop.granted() == [(0, "revoked", "0.00")]
    with pytest.raises(BonusRefused):
        await shop.redeem(100)
    (found,) = await compensations(shop.pool, SEALER, KEY)
    assert [(each.state, each.amount.amount, each.why) for each in found.moves] == [
        ("issued", "3.00", "owed"),
        ("revoked", "0.00", "not_owed"),
    ]
    assert found.evidence.arrived_at == BY - HOUR


async def test_and_keeps_what_is_used(shop):
    await late(shop)
    await shop.pass_time(BY + DAY)
    left = await shop.redeem(120)
    assert (left.left.amount, left.redeemed.amount) == ("1.80", "1.20")
    await shop.scan(Status.DELIVERED, at=BY - HOUR)
    await shop.pump()
    assert await shop.granted() == [(0, "redeemed", "1.20")]
    (found,) = await compensations(shop.pool, SEALER, KEY)
    assert found.moves[-1].why == "not_owed_used_is_kept"


async def test_a_scan_that_comes_late_into_the_history_of_a_delivered_parcel_counts(shop):
    """Its status stays, nothing is announced, and yet it was in time, or nobody was at home."""
    await late(shop)
    await shop.pass_time(BY + DAY)
    await shop.scan(Status.DELIVERED, at=BY + 25 * HOUR)
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "3.00")]
    facts = len(await shop.told("shipment."))
    await shop.scan(Status.ATTEMPT_FAILED, at=BY - HOUR, reason=Reason.RECIPIENT_ABSENT)
    await shop.clock.catch_up()
    await shop.pump()
    assert len(await shop.told("shipment.")) == facts, "an old scan announces nothing"
    assert await shop.granted() == [(0, "revoked", "0.00")]


async def test_a_delivery_that_was_taken_back_is_owed_for_again(shop):
    await late(shop)
    await shop.pass_time(BY + DAY)
    await shop.scan(Status.DELIVERED, at=BY - HOUR, event_id="d1")
    await shop.pump()
    assert await shop.granted() == [(0, "revoked", "0.00")]
    shop.now += HOUR
    await shop.scan(None, at=shop.now, retracts="d1")
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "3.00")]


async def test_a_lost_parcel_pays_its_value_and_nothing_when_it_is_found_in_time(shop):
    await late(shop, value={"amount": "49.90", "currency": "EUR"})
    await shop.scan(Status.EXCEPTION, at=NOON + HOUR, reason=Reason.CARRIER_LOST)
    await shop.pump()
    assert await shop.granted() == [(2, "issued", "49.90")]
    await shop.scan(Status.DELIVERED, at=NOON + 2 * HOUR)
    await shop.pump()
    assert await shop.granted() == [(2, "revoked", "0.00")]


async def test_what_nobody_promised_is_paid_when_it_is_lost(shop):
    await shop.register(value={"amount": "20.00", "currency": "EUR"})
    await shop.scan(Status.EXCEPTION, reason=Reason.CARRIER_LOST)
    await shop.pump()
    assert await shop.granted() == [(2, "issued", "20.00")]


async def test_more_than_the_shop_grants_alone_waits_for_a_yes(shop):
    await shop.load(HEAD + 'approval_above = "20.00"\n' + TIERS)
    await late(shop, value={"amount": "49.90", "currency": "EUR"})
    await shop.scan(Status.EXCEPTION, at=NOON + HOUR, reason=Reason.CARRIER_LOST)
    await shop.pump()
    assert await shop.granted() == [(2, "proposed", "49.90")]
    assert await shop.pool.fetchval("SELECT count(*) FROM bonus") == 0
    await move(shop.pool, SEALER, KEY, 2, approve, by="operator", now=shop.now)
    assert await shop.granted() == [(2, "issued", "49.90")]
    found = await find_bonus(shop.pool, SEALER, shop.merchant_id, await shop.code())
    assert found.left.amount == "49.90"
    with pytest.raises(IllegalMove, match="issued"):
        await move(shop.pool, SEALER, KEY, 2, approve, by="operator", now=shop.now)


@pytest.mark.parametrize(
    ("used", "granted"), [(0, (0, "refused", "3.00")), (120, (0, "redeemed", "1.20"))]
)
async def test_what_was_granted_by_mistake_is_refused_afterwards_but_for_what_is_used(
    shop, used, granted
):
    await late(shop)
    await shop.pass_time(BY + DAY)
    if used:
        await shop.redeem(used)
    await move(shop.pool, SEALER, KEY, 0, lambda e: refuse(e, "typo"), by="o", now=shop.now)
    assert await shop.granted() == [granted]
    with pytest.raises(BonusRefused, match="taken back"):
        await shop.redeem(100)
    async with connection(shop.pool) as conn:
        (subject,) = await Desk(conn, holds=False).subjects([KEY])
    assert subject.bonus is not None
    assert (subject.bonus.left, subject.bonus.is_withdrawn) == (0, True)
    await shop.pass_time(BY + 4 * DAY)
    later = (await shop.granted())[1:]
    assert later == [(1, "issued", "2.00")], "a later tier adds what it is worth more"


async def test_where_the_budget_of_the_month_is_spent_it_waits(shop):
    await shop.load(HEAD + 'budget_month = "7.00"\n' + TIERS)
    for number in range(1, 4):
        await late(shop, number)
    await shop.pass_time(BY + DAY)
    states = [(await shop.granted(number))[0][1] for number in range(1, 4)]
    assert sorted(states) == ["issued", "issued", "proposed"]
    assert sorted(await shop.told("compensation.")) == [
        "compensation.issued",
        "compensation.issued",
        "compensation.proposed",
    ]


async def test_a_shopper_gets_no_more_in_a_month_than_the_cap(shop):
    await shop.load(HEAD + '[caps]\nshopper_month = "5.00"\n' + TIERS)
    same = {"recipient": {"email": "anna@example.com"}}
    for number in range(1, 4):
        await late(shop, number, **same)
    await late(shop, 4, recipient={"email": "janis@example.com"})
    await shop.pass_time(BY + DAY)
    sums = [await shop.granted(number) for number in range(1, 5)]
    assert sorted(one[0][2] for one in sums[:3]) == ["0.00", "2.00", "3.00"]
    keys = [shipment_id("omniva", f"CE{number}") for number in (1, 2, 3)]
    capped = [await compensations(shop.pool, SEALER, key) for key in keys]
    assert sorted(f"{one.state} {one.reason}" for (one,) in capped) == [
        "issued None",
        "issued shopper_cap",
        "refused shopper_cap",
    ]
    assert sums[3] == [(0, "issued", "3.00")]


async def test_many_who_judge_at_once_grant_once_and_keep_the_caps(shop):
    await shop.load(HEAD + 'budget_month = "15.00"\n' + TIERS)
    for number in range(1, 11):
        await late(shop, number)
    shop.now = BY + DAY
    await shop.clock.catch_up()
    keys = [shipment_id("omniva", f"CE{number}") for number in range(1, 11)]
    await asyncio.gather(
        *(judge(shop.pool, part, SEALER, now=shop.now) for part in (keys, keys[::-1], keys[3:]))
    )
    issued = await shop.pool.fetchval("SELECT sum(cents) FROM compensation WHERE state = 'issued'")
    assert issued == 1_500
    assert await shop.pool.fetchval("SELECT count(*) FROM compensation") == 10
    assert await shop.pool.fetchval("SELECT count(*) FROM compensation_move") == 10
    assert await shop.pool.fetchval("SELECT count(*) FROM bonus") == 5


async def test_a_new_policy_is_applied_to_what_it_is_valid_for(shop):
    await late(shop)
    await shop.pass_time(BY + DAY)
    assert await shop.granted() == [(0, "issued", "3.00")]
    await shop.load(HEAD + TIERS.replace('"3.00"', '"4.00"'))
    await shop.clock.catch_up()
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "4.00")]
    later = TIERS.replace('"3.00"', '"1.00"')
    await shop.load(HEAD.replace("2026-01-01", "2026-12-01") + later)
    await shop.clock.catch_up()
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "4.00")], "promised before it is valid"


async def test_who_is_killed_before_the_commit_granted_nothing(shop, monkeypatch):
    await late(shop)
    shop.now = BY + DAY
    await shop.clock.catch_up()

    async def killed(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(module, "write_news", killed)
    with pytest.raises(StoreUnavailable):
        await judge(shop.pool, [KEY], SEALER, now=shop.now)
    assert await shop.granted() == []
    assert await shop.pool.fetchval("SELECT count(*) FROM bonus") == 0
    monkeypatch.undo()
    await judge(shop.pool, [KEY], SEALER, now=shop.now)
    assert await shop.granted() == [(0, "issued", "3.00")]


async def test_a_code_is_used_in_parts_by_its_own_shop_only(shop, pool):
    await late(shop)
    await shop.pass_time(BY + DAY)
    code, other = await shop.code(), await Shop.open(pool, "Another shop")

    for wrong in (code[:-1], "", "0000-0000-0000", "\0", "Ā" * 99):
        with pytest.raises(NoSuchBonus):
            await shop.redeem(100, wrong)
    with pytest.raises(NoSuchBonus):
        await other.redeem(100, code)
    sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await shop.redeem(100, sloppy)).left.amount == "2.00"
    with pytest.raises(BonusRefused, match="not so much"):
        await shop.redeem(201)
    assert (await shop.redeem(200)).left.amount == "0.00"
    assert await shop.granted() == [(0, "redeemed", "3.00")]
    assert (await shop.told("compensation."))[-1] == "compensation.redeemed"


async def test_two_checkouts_at_once_use_it_once(shop, pool):
    await late(shop)
    await shop.pass_time(BY + DAY)
    results = await asyncio.gather(
        *(shop.redeem(300) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, BonusRefused) for each in results) == 3
    assert await pool.fetchval("SELECT sum(cents) FROM bonus_redemption") == 300


async def test_one_call_that_is_made_again_uses_it_once(shop, pool):
    """Whoever was killed after the commit and before the answer is asked again."""
    await late(shop)
    await shop.pass_time(BY + DAY)
    for _ in range(3):
        left = await shop.redeem(100, call="same")
        assert (left.left.amount, left.redeemed.amount) == ("2.00", "1.00")
    with pytest.raises(BonusRefused):
        await shop.redeem(999)
    assert await pool.fetchval("SELECT count(*) FROM bonus_redemption") == 1


async def test_its_time_is_over_some_day(shop, pool):
    await late(shop)
    await shop.pass_time(BY + DAY)
    shop.now += 365 * DAY
    with pytest.raises(BonusRefused, match="its time is over"):
        await shop.redeem(100)


async def test_nothing_at_rest_names_the_code(shop, pool):
    await late(shop)
    await shop.pass_time(BY + DAY)
    code = await shop.code()
    for table in ("bonus", "compensation", "compensation_move", "outbox"):
        for row in await pool.fetch(f"SELECT t::text AS line FROM {table} AS t"):
            assert code not in row["line"]
            assert code.replace("-", "") not in row["line"]


async def test_what_is_lost_stays_lost_though_nothing_more_is_heard(shop):
    await late(shop, value={"amount": "49.90", "currency": "EUR"})
    await shop.scan(Status.EXCEPTION, at=NOON + HOUR, reason=Reason.CARRIER_LOST)
    await shop.pass_time(NOON + 60 * DAY)
    assert await shop.granted() == [(2, "issued", "49.90")]
    assert "shipment.expired" not in await shop.told("shipment.")


async def test_a_refusal_of_more_takes_nothing_of_less(shop):
    await shop.load(HEAD + 'approval_above = "20.00"\n' + TIERS)
    await late(shop, value={"amount": "49.90", "currency": "EUR"})
    await shop.pass_time(BY + DAY)
    await shop.scan(Status.EXCEPTION, reason=Reason.CARRIER_LOST)
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "3.00"), (2, "proposed", "46.90")]
    await move(shop.pool, SEALER, KEY, 2, lambda e: refuse(e, "no"), by="shop", now=shop.now)
    await shop.scan(Status.DELIVERED, at=shop.now + HOUR)
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "3.00"), (2, "refused", "46.90")]


async def test_what_a_cap_has_kept_back_is_not_granted_in_the_next_month(shop):
    await shop.load(HEAD + '[caps]\nshopper_month = "5.00"\n' + TIERS)
    same = {"recipient": {"email": "anna@example.com"}}
    for number in (1, 2):
        await late(shop, number, **same)
    await shop.pass_time(BY + 20 * DAY)  # December
    sums = sorted([await shop.granted(number) for number in (1, 2)])
    assert sum(float(one[2]) for tiers in sums for one in tiers) == 5
    keys = [shipment_id("omniva", f"CE{number}") for number in (1, 2)]
    assert await judge(shop.pool, keys, SEALER, now=shop.now) == []


async def test_a_yes_grants_no_more_than_the_cap(shop):
    await shop.load(HEAD + 'approval_above = "2.00"\n[caps]\nshopper_month = "5.00"\n' + TIERS)
    same = {"recipient": {"email": "anna@example.com"}}
    for number in (1, 2, 3):
        await late(shop, number, **same)
    await shop.pass_time(BY + DAY)
    total = 0.0
    for number in (1, 2, 3):
        (found,) = await shop.granted(number)
        if found[1] == "proposed":
            key = shipment_id("omniva", f"CE{number}")
            await move(shop.pool, SEALER, key, 0, approve, by="shop", now=shop.now)
        total += float((await shop.granted(number))[0][2])
    assert total == 5


async def test_a_policy_that_is_loaded_afterwards_finds_what_was_lost(pool):
    shop = await Shop.open(pool, "Without a policy")
    await shop.register(value={"amount": "20.00", "currency": "EUR"})
    await shop.scan(Status.EXCEPTION, reason=Reason.CARRIER_LOST)
    await shop.pump()
    assert await shop.granted() == []
    await load_policy(pool, shop.merchant_id, HEAD + TIERS, now=shop.now)
    await shop.clock.catch_up()
    await shop.pump()
    assert await shop.granted() == [(2, "issued", "20.00")]


async def test_a_review_that_is_asked_for_during_a_look_is_kept(shop, pool):
    """Whoever loads a policy holds no parcels."""
    await late(shop)
    await shop.pass_time(BY + DAY)
    later = shop.now + HOUR  # the operator's clock is ahead
    await load_policy(pool, shop.merchant_id, HEAD + TIERS.replace('"3.00"', '"4.00"'), now=later)
    await shop.look(KEY)
    shop.now = later
    await shop.clock.catch_up()
    await shop.pump()
    assert await shop.granted() == [(0, "issued", "4.00")]


async def test_a_code_that_is_worth_more_is_valid_for_longer(shop, pool):
    await late(shop)
    await shop.pass_time(BY + DAY)
    first = await pool.fetchval("SELECT valid_until FROM bonus")
    await shop.pass_time(BY + 3 * DAY)
    assert await pool.fetchval("SELECT valid_until FROM bonus") == first + 2 * DAY


async def test_the_same_call_for_another_sum_is_refused(shop, pool):
    await late(shop)
    await shop.pass_time(BY + DAY)
    await shop.redeem(100, call="one")
    with pytest.raises(BonusRefused, match="another sum"):
        await shop.redeem(200, call="one")
