"""Any order and repetition of scans, ticks, policies, purchases and kills: the last truth is paid.

On the real database, by the parts that the roles run. Whatever led to a parcel's state, what is
granted in the end is what the policy of now says of it, but for what was used and for what an
earlier policy has granted and still owes; never above caps.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest
from consuming import SEALER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from promise_shop import HOUR, NOON, Shop

from schemas.shipment import shipment_id
from schemas.status import Reason, Status
from tracking import judge as judging
from tracking import watch
from tracking.bonuses import BonusRefused
from tracking.domain.ledger import left_of
from tracking.dues import owed_by, policy_of
from tracking.errors import StoreUnavailable
from tracking.judge import judge
from tracking.store.compensations import cases, compensations_of
from tracking.store.policies import policies_of
from tracking.store.pool import connection, open_pool

NUMBERS = count(1)
BY = NOON + 6 * HOUR
CAP = 1_200
HEAD = f"""
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
[caps]
shipment = "{CAP / 100:.2f}"
"""
TIERS = """
[[tiers]]
late_by = "{late}h"
bonus = {{ kind = "code", amount = "{first}" }}
[[tiers]]
late_by = "{later}h"
bonus = {{ kind = "code", amount = "{second}" }}
[[tiers]]
lost = true
bonus = {{ kind = "code", share = "100%" }}
"""
POLICIES = st.builds(
    lambda late, more, first, second: (
        HEAD
        + TIERS.format(
            late=late, later=late + more, first=f"{first}.00", second=f"{first + second}.00"
        )
    ),
    st.integers(1, 20),
    st.integers(1, 30),
    st.integers(1, 5),
    st.integers(0, 6),
)
TOLD = st.tuples(
    st.sampled_from(
        [
            (Status.IN_TRANSIT, None),
            (Status.DELIVERED, None),
            (Status.READY_FOR_PICKUP, None),
            (Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT),
            (Status.EXCEPTION, Reason.CARRIER_LOST),
            (Status.CANCELLED, None),
        ]
    ),
    st.integers(-5, 60),  # hours from noon; told now or later
    st.integers(0, 3),  # so many are told twice, under the same id
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("scan"), TOLD),
        st.tuples(st.just("retract"), st.integers(0, 3)),
        st.tuples(st.just("tick"), st.integers(1, 30)),
        st.tuples(st.just("policy"), POLICIES),
        st.tuples(st.just("rules"), POLICIES),
        st.tuples(st.just("redeem"), st.integers(1, 700)),
        st.tuples(st.just("killed"), st.sampled_from(["judge", "watch"])),
    ),
    max_size=12,
)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


class Standing(NamedTuple):
    """In cents. `held`: owed by the rules of now; `told`: by those that have granted something."""

    granted: int
    used: int
    left: int
    held: int
    told: int


async def standing(shop: Shop, key: UUID) -> Standing:
    async with connection(shop.pool) as conn:
        (case,) = await cases(conn, [key])
        versions = (await policies_of(conn, [shop.merchant_id])).get(shop.merchant_id, ())
        rows = (await compensations_of(conn, [key])).get(key, ())
    dues = {each.version: owed_by(each, case, shop.now) for each in versions}
    owing = {number: due.cents if due else 0 for number, due in dues.items()}
    held, entries = policy_of(case, versions), [row.entry for row in rows]
    return Standing(
        granted=sum(each.cents for each in entries),
        used=sum(each.used for each in entries),
        left=left_of(entries),
        held=owing[held.version] if held else 0,
        told=max([owing[row.policy_version] for row in rows], default=0),
    )


class Story:
    """One parcel of a shop of its own."""

    def __init__(self, shop: Shop, number: int, patch: pytest.MonkeyPatch) -> None:
        self.shop, self.number, self.patch = shop, number, patch

    async def scan(self, told: tuple) -> None:
        (status, reason), hours, again = told
        at = min(NOON + hours * HOUR, self.shop.now)
        for _ in range(1 + again // 2):
            await self.shop.scan(
                status, self.number, at=at, reason=reason, event_id=f"{status}-{hours % 4}"
            )

    async def retract(self, which: int) -> None:
        told = [Status.DELIVERED, Status.EXCEPTION, Status.READY_FOR_PICKUP, Status.ATTEMPT_FAILED]
        await self.shop.scan(None, self.number, retracts=f"{told[which]}-{which}")

    async def tick(self, hours: int) -> None:
        await self.shop.pass_time(self.shop.now + hours * HOUR)

    async def policy(self, text: str) -> None:
        await self.shop.load(text)

    async def rules(self, text: str) -> None:
        """Others, by the same truth: what is owed by those that have granted it stands."""
        await self.shop.pump()
        key = shipment_id("omniva", f"CE{self.number}")
        before = await standing(self.shop, key)
        await self.shop.load(text)
        await self.shop.clock.catch_up()
        await self.shop.pump()
        after = await standing(self.shop, key)
        assert after.granted >= min(before.granted, before.told)

    async def redeem(self, cents: int) -> None:
        if await self.shop.pool.fetchval("SELECT count(*) FROM bonus WHERE merchant_id = $1",
                                         self.shop.merchant_id):  # fmt: skip
            with suppress(BonusRefused):
                await self.shop.redeem(cents, await self.shop.code(self.number))

    async def killed(self, where: str) -> None:
        """Right before the commit, at whatever is to be done now."""

        async def kill(*_: object) -> None:
            raise ConnectionResetError

        with self.patch.context() as patch:
            patch.setattr(judging if where == "judge" else watch, "write_news", kill)
            with suppress(StoreUnavailable):
                await self.shop.pump()
            self.shop.rewind()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS, POLICIES)
async def test_the_last_truth_is_paid(pool, monkeypatch, steps, last):
    await pool.execute(
        "TRUNCATE shipment, scan, registration, promise, standing, deadline, outbox, policy,"
        " compensation, compensation_move, bonus, bonus_redemption"
    )
    number = next(NUMBERS)
    shop = await Shop.open(pool, f"Shop {number}")
    key = await shop.promise(number, by=BY, value={"amount": "9.00", "currency": "EUR"})
    story = Story(shop, number, monkeypatch)
    for kind, told in steps:
        await getattr(story, kind)(told)
    await shop.load(last)
    await shop.pass_time(shop.now + timedelta(days=4))
    await shop.clock.catch_up()
    await shop.pump()
    found = await standing(shop, key)
    least = max(found.held, found.used)
    assert least <= found.granted <= max(least, found.told)
    assert found.granted <= CAP
    assert found.left == found.granted - found.used
    assert await judge(pool, [key], SEALER, now=shop.now) == []
    redeemed = await pool.fetchval(
        "SELECT coalesce(sum(cents), 0) FROM bonus_redemption WHERE shipment_id = $1", key
    )
    assert redeemed == found.used
