"""Estimates: learned from what has arrived, shown as a window that stands, told to the clock."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from promise_shop import DAY, HOUR, NOON, Shop

from schemas.status import Reason, Status
from tracking.domain.eta import EDGES, Stage
from tracking.estimates import Histograms, Route, learn, read_histograms
from tracking.store.estimates import EstimateErrors, eta_of
from tracking.store.pool import open_pool

MOVING = Status.IN_TRANSIT


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=6)
    yield pool
    await pool.close()


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    return await Shop.open(pool)


async def lived(shop: Shop, number: int, hours: float, **fields: object) -> None:
    """A parcel that took so long, told as it went."""
    began = shop.now
    await shop.register(number, **fields)
    await shop.scan(MOVING, number)
    await shop.scan(Status.DELIVERED, number, at=began + hours * HOUR)
    shop.now = began


async def test_what_has_arrived_is_learned_from_and_what_was_stopped_is_not(shop, pool):
    await lived(shop, 1, 30)
    await shop.register(2)
    await shop.scan(MOVING, 2)
    await shop.scan(Status.ATTEMPT_FAILED, 2, at=NOON + 20 * HOUR, reason=Reason.RECIPIENT_ABSENT)
    await shop.scan(Status.DELIVERED, 2, at=NOON + 90 * HOUR)
    await shop.learn()
    rows = await pool.fetch("SELECT * FROM transit_histogram ORDER BY level")
    assert [row["level"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        assert (row["stage"], row["carrier"]) == ("in_transit", "omniva")
        assert (row["bins"], row["counts"]) == ([EDGES.index(30)], [1])
    assert rows[2]["weekday"] == 5
    outcome = await pool.fetchrow("SELECT * FROM outcome WHERE tracking_number = 'CE2'")
    assert outcome["stopped_at"] == NOON + 20 * HOUR
    assert (outcome["attempts"], outcome["country"]) == (1, "EE")


async def test_a_delivery_that_was_taken_back_is_unlearned(shop, pool):
    await shop.register()
    await shop.scan(MOVING)
    await shop.scan(Status.DELIVERED, at=NOON + 5 * HOUR, event_id="d")
    await shop.scan(None, at=NOON + 6 * HOUR, retracts="d")
    assert await pool.fetchval("SELECT arrived_at FROM outcome") is None
    await shop.learn()
    assert await pool.fetchval("SELECT count(*) FROM transit_histogram") == 0


async def test_it_is_counted_once_an_hour_whoever_does_it(shop, pool):
    await lived(shop, 1, 30)
    assert await learn(pool, now=NOON)
    assert not await learn(pool, now=NOON + 0.9 * HOUR)
    assert await learn(pool, now=NOON + HOUR)
    assert await pool.fetchval("SELECT count(*) FROM transit_histogram") == 4


async def _learned(shop: Shop, hours: float = 30, parcels: int = 60) -> None:
    """Of so many parcels, each in about so long."""
    chance = random.Random(1)
    await shop.pool.execute(
        "INSERT INTO outcome (shipment_id, merchant_id, carrier, tracking_number, country, zone,"
        " status, in_transit_at, arrived_at, attempts, is_lost, was_silent, noted_at)"
        " SELECT gen_random_uuid(), $1, 'omniva', 'X', 'LV', 'Europe/Riga', 'delivered',"
        " $2, $2::timestamptz + h * interval '1 hour', 0, false, false, $2"
        " FROM unnest($3::float8[]) AS h",
        shop.merchant_id,
        NOON - 7 * DAY,
        [hours + chance.uniform(-2, 2) for _ in range(parcels)],
    )
    await shop.learn()


async def test_a_parcel_on_its_way_has_a_window_that_stands_until_it_arrives(shop, pool):
    await _learned(shop)
    key = await shop.register()
    assert await eta_of(pool, key) is None, "nobody has it yet"
    await shop.scan(MOVING)
    first = await eta_of(pool, key)
    assert NOON + 27 * HOUR < first.p50 < NOON + 33 * HOUR
    assert first.p90 < NOON + 40 * HOUR
    assert first.samples == 60
    for hours in range(1, 20, 3):
        await shop.scan(MOVING, at=NOON + hours * HOUR)
    assert await eta_of(pool, key) == first
    await shop.pass_time(first.ends + HOUR)
    again = await eta_of(pool, key)
    assert again.starts > first.ends, "a time in the past is no estimate"
    await shop.scan(Status.DELIVERED)
    assert await eta_of(pool, key) is None
    outcome = await pool.fetchrow("SELECT * FROM outcome WHERE tracking_number = 'CE1'")
    assert (outcome["eta_p50"], outcome["eta_p90"]) == (again.p50, again.p90)


async def test_a_promise_that_nine_of_ten_would_break_is_at_risk(shop):
    await _learned(shop, hours=60)
    await shop.promise(by=NOON + 2 * DAY)
    await shop.scan(MOVING)
    assert await shop.told("promise.") == ["promise.at_risk"]


async def test_of_few_parcels_nothing_is_said_of_a_promise(shop):
    await _learned(shop, hours=60, parcels=20)
    await shop.promise(by=NOON + 2 * DAY)
    await shop.scan(MOVING)
    assert await shop.told("promise.") == []


async def test_the_carriers_own_estimate_counts_as_long_as_it_comes_closer(shop, pool):
    await _learned(shop, hours=60)
    await shop.promise(by=NOON + 2 * DAY)
    optimist = {"from": NOON + 20 * HOUR, "to": NOON + 24 * HOUR}
    await shop.scan(MOVING, estimate=optimist)
    assert await shop.told("promise.") == []
    await pool.execute(
        "UPDATE outcome SET estimate_by = arrived_at - interval '30 hours', eta_p50 = arrived_at"
    )
    shop.learned.histograms = await read_histograms(pool, NOON)
    await shop.scan(MOVING, at=NOON + HOUR)
    key = await pool.fetchval("SELECT shipment_id FROM shipment")
    await shop.look(key)
    assert await shop.told("promise.") == ["promise.at_risk"]


def test_what_is_known_is_read_from_wide_to_narrow():
    known = Histograms((), {"omniva": False})
    assert not known.is_carrier_better("omniva")
    assert known.is_carrier_better("dpd"), "as long as nobody knows"
    route = Route("omniva", "LV", None, UUID(int=1), None, "Europe/Riga")
    assert known.levels(route, Stage(MOVING, NOON)) == []
    assert EstimateErrors("omniva", 30, 1.0, 2.0).parcels == 30
    assert timedelta(hours=EDGES[-1]) == 30 * DAY
