"""The clock: what is due is told once, whoever looks, however late, whoever is killed."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest
from consuming import SEALER
from prometheus_client import CollectorRegistry
from promise_shop import DAY, HOUR, NOON, Shop
from structlog.testing import capture_logs

from consumers.compensation import Judging
from schemas.facts import FACT
from schemas.promise import Slip
from schemas.status import Handover, Status
from tracking import clock as clock_module
from tracking import watch
from tracking.clock import Clock, ClockMetrics
from tracking.store.pool import open_pool, transaction

POLICY = """
name = "standard"
currency = "EUR"
valid_from = 2026-01-01
[[tiers]]
late_by = "1d"
bonus = { kind = "code", amount = "3.00" }
[[tiers]]
late_by = "3d"
bonus = { kind = "code", amount = "5.00" }
"""
BY = NOON + 6 * HOUR


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return await Shop.open(pool)


async def test_a_promise_is_broken_when_its_time_has_passed(shop, pool):
    key = await shop.promise(by=BY)
    expected = {"promise": BY, "statutory": BY, "expired": NOON + 30 * DAY}
    assert await shop.deadlines() == expected
    await shop.pass_time(BY - timedelta(seconds=1))
    assert await shop.told() == []
    await shop.pass_time(BY)
    assert await shop.told() == ["promise.broken"]
    body = await pool.fetchval("SELECT fact FROM outbox WHERE fact_type = 'promise.broken'")
    fact = FACT.validate_python(json.loads(body)["data"])
    assert (fact.shipment_id, fact.promised_by, fact.first_promised_by) == (key, BY, BY)
    assert (fact.merchant_id, fact.order, fact.arrived_at) == (shop.merchant_id, "1", None)
    versions = await pool.fetch("SELECT version FROM outbox ORDER BY version")
    assert [row["version"] for row in versions] == [1, 2, 3]
    assert await pool.fetchval("SELECT version FROM shipment") == 3, "as its latest fact"
    assert await shop.slip() is Slip.BROKEN


async def test_what_arrives_in_time_is_told_as_kept_and_no_deadline_is_left(shop):
    await shop.promise(by=BY)
    await shop.scan(Status.DELIVERED, at=NOON + HOUR)
    assert await shop.told() == ["promise.kept"]
    assert await shop.deadlines() == {}
    await shop.pass_time(BY + 9 * DAY)
    assert await shop.told() == ["promise.kept"]


async def test_a_scan_that_comes_late_shows_that_it_was_kept(shop):
    await shop.promise(by=BY)
    await shop.pass_time(BY + HOUR)
    await shop.scan(Status.DELIVERED, at=BY - HOUR)
    assert await shop.told() == ["promise.broken", "promise.kept_late_scan"]
    await shop.scan(Status.IN_TRANSIT, at=BY - 2 * HOUR)
    assert await shop.told() == ["promise.broken", "promise.kept_late_scan"]


async def test_the_carriers_own_date_behind_the_promise_puts_it_at_risk(shop):
    await shop.promise(by=BY)
    await shop.scan(Status.IN_TRANSIT, estimate={"from": BY, "to": BY + 3 * HOUR})
    await shop.scan(Status.IN_TRANSIT, at=NOON + HOUR, estimate={"from": BY, "to": BY + 4 * HOUR})
    assert await shop.told() == ["promise.at_risk"]
    await shop.scan(Status.IN_TRANSIT, at=NOON + 2 * HOUR, estimate={"from": NOON, "to": BY})
    assert await shop.slip() is Slip.AWAITED
    await shop.pass_time(BY)
    assert await shop.told() == ["promise.at_risk", "promise.broken"]


async def test_a_deadline_that_moves_is_moved_not_doubled(shop):
    await shop.promise(by=BY)
    for hours in (1, 2):
        moved = {"by": (BY + hours * HOUR).isoformat(), "moved_by": "shopper"}
        shop.now += timedelta(seconds=1)
        await shop.register(promise=moved)
    assert (await shop.deadlines())["promise"] == BY + 2 * HOUR
    await shop.pass_time(BY + HOUR)
    assert await shop.told() == []
    await shop.pass_time(BY + 2 * HOUR)
    assert await shop.told() == ["promise.broken"]


async def test_a_shop_that_moves_its_promise_is_late_by_the_first(shop):
    await shop.promise(by=BY)
    shop.now += HOUR
    await shop.promise(by=BY + 5 * DAY)
    await shop.pass_time(BY)
    assert await shop.told() == ["promise.broken"]


async def test_tiers_of_the_policy_are_told_as_they_are_reached(shop):
    await shop.load(POLICY)
    await shop.promise(by=BY)
    await shop.pass_time(BY + DAY)
    assert await shop.told("promise.") == ["promise.broken", "promise.overdue"]
    await shop.pass_time(BY + 3 * DAY)
    assert await shop.told("promise.") == ["promise.broken", "promise.overdue", "promise.overdue"]
    await shop.pass_time(BY + 20 * DAY)
    assert len(await shop.told("promise.")) == 3


async def test_after_downtime_it_tells_what_is_true_and_not_what_was_missed(shop):
    await shop.load(POLICY)
    for number in range(3):
        await shop.promise(number, by=BY + number * HOUR)
    shop.now = BY + 9 * DAY
    await shop.clock.catch_up()
    assert await shop.told("promise.") == ["promise.broken"] * 3
    rows = await shop.pool.fetch("SELECT fact FROM outbox WHERE fact_type = 'promise.broken'")
    orders = [json.loads(row["fact"])["data"]["order"] for row in rows]
    assert orders == ["0", "1", "2"], "the longest overdue first"


async def test_silence_is_told_once_and_again_after_the_next_scan(shop):
    await shop.register()
    await shop.scan(Status.IN_TRANSIT)
    due = NOON + 4 * DAY  # over a weekend
    assert (await shop.deadlines())["stalled"] == due
    await shop.scan(Status.IN_TRANSIT, at=NOON + HOUR)  # announces nothing, and pushes it
    await shop.pass_time(due)
    assert await shop.told() == []
    await shop.pass_time(due + HOUR)
    assert await shop.told() == ["shipment.stalled"]
    await shop.pass_time(due + 5 * DAY)
    await shop.scan(Status.IN_TRANSIT)
    await shop.pass_time(due + 12 * DAY)
    assert await shop.told() == ["shipment.stalled"] * 2


async def test_what_nobody_collects_is_told_when_its_time_is_over(shop):
    await shop.register()
    until = NOON + 2 * DAY
    pickup = {"until": until}
    await shop.scan(Status.READY_FOR_PICKUP, handover=Handover.LOCKER, pickup=pickup)
    await shop.pass_time(until)
    assert await shop.told() == ["shipment.pickup_expired"]
    shop.now += HOUR
    await shop.scan(
        Status.READY_FOR_PICKUP, handover=Handover.LOCKER, pickup={"until": until + DAY}
    )
    await shop.pass_time(until + DAY)
    assert await shop.told() == ["shipment.pickup_expired"] * 2


async def test_after_thirty_silent_days_it_has_expired_and_a_scan_revives_it(shop):
    await shop.scan(Status.INFO_RECEIVED)
    await shop.pass_time(NOON + 30 * DAY)
    assert await shop.told("shipment.") == ["shipment.info_received", "shipment.expired"]
    await shop.look(*[row[0] for row in await shop.pool.fetch("SELECT shipment_id FROM shipment")])
    assert await shop.deadlines() == {}
    shop.now += DAY
    await shop.scan(Status.IN_TRANSIT)
    assert (await shop.told("shipment."))[-1] == "shipment.in_transit"
    assert await shop.next_due() is not None


async def test_two_clocks_share_what_is_due_and_tell_each_once(shop, pool):
    for number in range(20):
        await shop.promise(number, by=BY + number * timedelta(seconds=1))
    await pool.execute(
        """
        INSERT INTO shipment SELECT md5(n::text)::uuid, 'omniva', 'X' || n, 1, NULL, 1,
            'in_transit', '{"status": "in_transit"}', now(), true, now(), now()
        FROM generate_series(1, 1500) n;
        """
    )
    await pool.execute(
        "INSERT INTO promise SELECT shipment_id, $1, 'shop', NULL, $2 FROM shipment"
        " WHERE tracking_number LIKE 'X%'",
        NOON,
        BY,
    )
    await pool.execute(
        "INSERT INTO deadline SELECT shipment_id, 'promise', $1 FROM shipment"
        " WHERE tracking_number LIKE 'X%'",
        BY,
    )
    shop.now = BY + HOUR
    other = Clock(pool, SEALER, ClockMetrics(CollectorRegistry()), now=lambda: shop.now)
    await asyncio.gather(shop.clock.catch_up(), other.catch_up(), shop.clock.catch_up())
    while (await shop.next_due()) <= shop.now:
        await shop.clock.catch_up()
    assert await shop.told() == ["promise.broken"] * 1_520


async def test_who_is_killed_before_the_commit_has_told_nothing_and_it_is_due_again(
    shop, monkeypatch
):
    await shop.promise(by=BY)
    shop.now = BY

    async def killed(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(watch, "keep_deadlines", killed)
    with pytest.raises(Exception, match=r"unavailable"):
        await shop.clock.catch_up()
    assert await shop.told() == []
    monkeypatch.undo()
    await shop.clock.catch_up()
    assert await shop.told() == ["promise.broken"]


async def test_a_parcel_that_a_later_release_wrote_costs_only_itself(shop, pool):
    first = await shop.promise(1, by=BY)
    await shop.promise(2, by=BY + HOUR)
    await pool.execute(
        """UPDATE shipment SET state = '{"status": "teleported"}'
                          WHERE shipment_id = $1""",
        first,
    )
    shop.now = BY + 2 * HOUR
    with capture_logs() as logs:
        await shop.clock.catch_up()
    assert [each["event"] for each in logs if each["log_level"] == "error"] == [
        "clock.not_understood"
    ]
    assert await shop.told() == ["promise.broken"]
    assert await shop.next_due() == shop.now + HOUR


async def test_it_sleeps_until_the_next_is_due_and_wakes_for_an_earlier_one(shop, pool):
    await shop.register()
    await shop.scan(Status.IN_TRANSIT)
    running = asyncio.create_task(shop.clock.run())
    try:
        async with asyncio.timeout(20):
            key = await shop.promise(by=NOON + timedelta(milliseconds=10))
            shop.now += HOUR
            looked = await watch.look_at(pool, [key], now=NOON)
            shop.clock.expect(looked.earliest)
            while await shop.told() == []:  # noqa: ASYNC110 - told in the database
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
    assert await shop.told() == ["promise.broken"]


async def test_while_another_holds_the_parcel_the_clock_goes_on_with_others(shop, pool):
    held = await shop.promise(1, by=BY)
    await shop.promise(2, by=BY + HOUR)
    shop.now = BY + 2 * HOUR
    async with transaction(pool) as conn:
        await conn.execute("SELECT FROM shipment WHERE shipment_id = $1 FOR UPDATE", held)
        await shop.clock.catch_up()
        assert await shop.told() == ["promise.broken"]
    await shop.clock.catch_up()
    assert await shop.told() == ["promise.broken"] * 2


async def test_what_is_expected_while_the_next_is_read_is_not_forgotten(shop, monkeypatch):
    await shop.promise(by=BY)
    real, soon = clock_module.next_deadline, NOON + timedelta(seconds=1)

    async def slow(conn: asyncpg.Connection):
        found = await real(conn)
        shop.clock.expect(soon)  # as the consumer does, after what was read
        return found

    monkeypatch.setattr(clock_module, "next_deadline", slow)
    await shop.clock.catch_up()
    assert shop.clock._next == soon


async def test_the_judge_is_not_behind_the_clock_that_told():
    asked: list[datetime] = []

    async def judge(ids, *, now: datetime) -> None:
        asked.append(now)

    told = NOON + timedelta(seconds=2)
    judging = Judging(judge, lambda: NOON)
    for time in (told, NOON - DAY, NOON + DAY):  # the last is no clock of ours
        fact = {"subject": str(UUID(int=1)), "time": time.isoformat(), "data": {"merchant_id": "m"}}
        await judging.handle([Told(json.dumps(fact).encode())])
    assert asked == [told, NOON, NOON]


class Told(NamedTuple):
    body: bytes
