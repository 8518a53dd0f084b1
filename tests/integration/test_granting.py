"""Money that support grants by hand: once, within the role's limit, beside what the policy owes."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from consuming import SEALER
from promise_shop import DAY, HOUR, NOON, Shop
from test_judging import BY, HEAD, KEY, TIERS

from schemas.compensation import BY_HAND, GOODWILL
from schemas.shipment import shipment_id
from schemas.staff import StaffRole
from schemas.status import Status
from tracking.compensations import compensations
from tracking.decisions import AboveRole, move
from tracking.domain.ledger import approve, refuse
from tracking.goodwill import (
    CannotGrant,
    GrantedMeanwhile,
    Wish,
    goodwill_for,
    grant_by_hand,
)
from tracking.store.desk import Desk
from tracking.store.pool import connection, open_pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    shop = await Shop.open(pool)
    await shop.load(HEAD + TIERS)
    await shop.promise(1, by=BY, recipient={"phone": "+37120000001"})
    return shop


async def noted(conn: asyncpg.Connection) -> None:
    assert conn.is_in_transaction()


async def grants(shop: Shop, cents: int, role=StaffRole.SUPPORT, tier=GOODWILL, noting=noted):
    wish = Wish(tier, cents, "the courier was rude")
    return await grant_by_hand(shop.pool, SEALER, KEY, wish, role, noting, shop.now)


async def test_support_grants_what_its_role_may_and_the_shopper_has_a_code(shop):
    offered = await goodwill_for(shop.pool, KEY, StaffRole.SUPPORT, shop.now)
    assert offered == (GOODWILL, 500, "EUR")
    entry = await grants(shop, 500)
    assert (entry.state, entry.cents) == ("issued", 500)
    assert await shop.code()
    (found,) = await compensations(shop.pool, SEALER, KEY)
    assert (found.rule, found.policy, found.borne_by) == (BY_HAND, "standard", "shop")
    assert [(each.by, each.why) for each in found.moves] == [("support", "the courier was rude")]
    assert await shop.told("compensation.") == ["compensation.issued"]
    left = await shop.redeem(200)
    assert (left.left.amount, left.redeemed.amount) == ("3.00", "2.00")


async def test_what_is_offered_is_what_earlier_grants_have_left(shop):
    await grants(shop, 300)
    offered = await goodwill_for(shop.pool, KEY, StaffRole.SUPPORT, shop.now)
    assert offered == (GOODWILL + 1, 200, "EUR")
    waits = await grants(shop, 250, tier=GOODWILL + 1)
    assert waits.state == "proposed"
    offered = await goodwill_for(shop.pool, KEY, StaffRole.SUPPORT, shop.now)
    assert offered.left == 0, "what waits may get its yes"
    await move(
        shop.pool, SEALER, KEY, GOODWILL + 1, lambda e: refuse(e, "no"), by="o", now=shop.now
    )
    offered = await goodwill_for(shop.pool, KEY, StaffRole.SUPPORT, shop.now)
    assert offered.left == 200
    assert (await grants(shop, 200, tier=offered.tier)).state == "issued", "as much as was offered"


async def test_a_form_that_is_posted_twice_grants_once(shop):
    await asyncio.gather(*(grants(shop, 300) for _ in range(4)))
    assert await shop.granted() == [(GOODWILL, "issued", "3.00")]
    with pytest.raises(GrantedMeanwhile):
        await grants(shop, 200)
    assert (await goodwill_for(shop.pool, KEY, StaffRole.SUPPORT, shop.now)).tier == GOODWILL + 1


async def test_what_is_above_waits_for_who_may(shop):
    await grants(shop, 2000)
    assert await shop.granted() == [(GOODWILL, "proposed", "20.00")]
    say_yes = {"by": "support", "now": shop.now, "noting": noted}
    with pytest.raises(AboveRole):
        await move(shop.pool, SEALER, KEY, GOODWILL, approve, role=StaffRole.SUPPORT, **say_yes)
    await move(shop.pool, SEALER, KEY, GOODWILL, approve, role=StaffRole.LEAD, **say_yes)
    assert await shop.granted() == [(GOODWILL, "issued", "20.00")]
    assert await shop.code()


async def test_what_the_policy_owes_above_what_a_lead_may_waits_for_an_admin(pool):
    shop = await Shop.open(pool)
    tiers = TIERS.replace("5.00", "60.00").replace("3.00", "50.00")
    await shop.load(f'{HEAD}approval_above = "1.00"\n{tiers}')
    await shop.promise(1, by=BY)
    await shop.pass_time(BY + DAY)
    say_yes = {"by": "support", "now": shop.now, "noting": noted}
    await move(shop.pool, SEALER, KEY, 0, approve, role=StaffRole.LEAD, **say_yes)
    assert await shop.granted() == [(0, "issued", "50.00")]

    await shop.promise(2, by=BY)
    await shop.pass_time(BY + 3 * DAY)
    other = shipment_id("omniva", "CE2")
    assert await shop.granted(2) == [(1, "proposed", "60.00")]
    say_yes["now"] = shop.now
    with pytest.raises(AboveRole):
        await move(shop.pool, SEALER, other, 1, approve, role=StaffRole.LEAD, **say_yes)
    assert await shop.granted(2) == [(1, "proposed", "60.00")]
    await move(shop.pool, SEALER, other, 1, approve, role=StaffRole.ADMIN, **say_yes)
    assert await shop.granted(2) == [(1, "issued", "60.00")]


async def test_nothing_that_turns_out_takes_it_back_and_what_is_owed_comes_beside_it(shop):
    await grants(shop, 500)
    await shop.pass_time(BY + DAY)
    assert await shop.granted() == [(0, "issued", "3.00"), (GOODWILL, "issued", "5.00")]
    await shop.scan(Status.DELIVERED, at=BY - HOUR)
    await shop.pump()
    assert await shop.granted() == [(0, "revoked", "0.00"), (GOODWILL, "issued", "5.00")]
    left = await shop.redeem(500)
    assert left.left.amount == "0.00"


@pytest.mark.parametrize(("is_late", "for_delay"), [(False, False), (True, True)])
async def test_the_shopper_is_told_of_a_delay_only_where_there_is_one(shop, is_late, for_delay):
    await grants(shop, 500)
    await shop.pass_time(BY + DAY if is_late else NOON)
    async with connection(shop.pool) as conn:
        (subject,) = await Desk(conn, holds=False).subjects([KEY])
    assert subject.bonus is not None
    assert (subject.bonus.for_delay, subject.bonus.left) == (for_delay, 800 if is_late else 500)


async def test_a_lead_may_take_it_back(shop):
    await grants(shop, 500)
    await move(
        shop.pool, SEALER, KEY, GOODWILL, lambda entry: refuse(entry, "by mistake"), by="support",
        why="by mistake", now=shop.now,
    )  # fmt: skip
    assert await shop.granted() == [(GOODWILL, "refused", "5.00")]


async def test_it_counts_in_the_month_of_shop_and_shopper(shop):
    await grants(shop, 500)
    rows = await shop.pool.fetch("SELECT granted, committed, shopper FROM compensation_move")
    assert [(row["granted"], row["committed"]) for row in rows] == [(500, 500)]
    assert rows[0]["shopper"] is not None


async def test_a_line_that_cannot_be_noted_grants_nothing(shop):
    async def fails(_: asyncpg.Connection) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await grants(shop, 500, noting=fails)
    assert await shop.granted() == []


async def test_without_rules_nobody_knows_in_which_money(pool):
    shop = await Shop.open(pool)
    await shop.promise(1, by=BY)
    assert await goodwill_for(pool, KEY, StaffRole.ADMIN, shop.now) is None
    with pytest.raises(CannotGrant):
        await grants(shop, 100)
