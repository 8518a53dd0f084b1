"""Batches against a real PostgreSQL: once, whole, in any order, from several processes."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from schemas.api import ShipmentRegistration
from schemas.promise import PromiseTold
from schemas.scan import LAST_DELIVERY, Pickup, Scan, ScanTime
from schemas.shipment import shipment_id
from schemas.status import Status
from tracking.carriers import CARRIERS
from tracking.carriers.base import ParseContext
from tracking.incoming import Incoming, incoming
from tracking.ingest import Applied, Batch, ingest
from tracking.register import RegisteredByAnother, register
from tracking.sealing import Sealer
from tracking.store.pool import open_pool
from tracking.store.shipments import Shipments

SEALER = Sealer(["a key of the tests"])
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
NOW = START + timedelta(days=9)
LIFE = (
    Status.INFO_RECEIVED,
    Status.ACCEPTED,
    Status.IN_TRANSIT,
    Status.OUT_FOR_DELIVERY,
    Status.READY_FOR_PICKUP,
    Status.DELIVERED,
)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


def scan(number: str, days: float, status: Status | None, **fields) -> Scan:
    at = START + timedelta(days=days)
    fields.setdefault("time", ScanTime(raw=at.isoformat(), at=at))
    return Scan(carrier="omniva", tracking_number=number, status=status, **fields)


def arriving(each: Scan, at: datetime = NOW) -> Incoming:
    return incoming(each, at, SEALER)


def life(number: str) -> list[Incoming]:
    return [arriving(scan(number, day, status)) for day, status in enumerate(LIFE)]


async def apply(pool: asyncpg.Pool, *scans: Incoming) -> Applied:
    return await ingest(pool, Batch(scans=scans), SEALER, now=NOW)


async def test_a_life_in_one_batch_is_one_shipment_and_one_announcement(pool):
    applied = await apply(pool, *life("CE1"))
    assert (applied.new, applied.shipments) == (6, 1)
    found = await Shipments(pool).find(shipment_id("omniva", "CE1"))
    assert found is not None
    assert (found.state.status, found.version) == (Status.DELIVERED, 1)
    facts = await pool.fetch("SELECT fact_type FROM outbox WHERE fact_type IS NOT NULL")
    assert [row["fact_type"] for row in facts] == ["shipment.delivered"]


async def test_the_same_events_again_change_nothing(pool):
    await apply(pool, *life("CE1"))
    before = await pool.fetch("SELECT * FROM shipment"), await pool.fetch("SELECT * FROM outbox")
    applied = await apply(pool, *[arriving(e.received.scan, NOW) for e in life("CE1") * 3])
    assert (applied.new, applied.shipments) == (0, 0)
    after = await pool.fetch("SELECT * FROM shipment"), await pool.fetch("SELECT * FROM outbox")
    assert after == before


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_and_batching_ends_in_the_same_rows(pool, seed):
    chance = random.Random(seed)
    numbers = [f"CE{n}" for n in range(4)]
    events = [each for number in numbers for each in life(number)]
    events.append(arriving(scan("CE1", 5.5, None, retracts=LAST_DELIVERY)))
    events.append(arriving(scan("CE2", 200, Status.INFO_RECEIVED), NOW + timedelta(days=300)))
    events += chance.choices(events, k=10)
    chance.shuffle(events)
    while events:
        size = chance.randint(1, 9)
        await apply(pool, *events[:size])
        events = events[size:]
    rows = await pool.fetch("SELECT tracking_number, journey, status FROM shipment ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [
        ("CE0", 1, "delivered"),
        ("CE1", 1, "ready_for_pickup"),
        ("CE2", 1, "delivered"),
        ("CE2", 2, "info_received"),
        ("CE3", 1, "delivered"),
    ]
    for number in numbers:
        history = await Shipments(pool).history(shipment_id("omniva", number))
        assert len(history) == (7 if number == "CE1" else 6)
        stamps = {entry.version for entry in history}
        found = await Shipments(pool).find(shipment_id("omniva", number))
        assert found is not None
        assert stamps <= set(range(1, found.version + 1))


async def test_processes_that_meet_on_the_same_parcels_lose_and_double_nothing(pool):
    numbers = [f"CE{n}" for n in range(20)]
    events = [each for number in numbers for each in life(number)]

    async def courier(seed: int) -> None:
        chance = random.Random(seed)
        mine = events[:]
        chance.shuffle(mine)
        for start in range(0, len(mine), 15):
            await apply(pool, *mine[start : start + 15])

    await asyncio.gather(*map(courier, range(4)))
    rows = await pool.fetch("SELECT status, count(*) AS n FROM shipment GROUP BY status")
    assert [tuple(row) for row in rows] == [("delivered", 20)]
    assert await pool.fetchval("SELECT count(*) FROM scan") == 120
    told = await pool.fetch(
        "SELECT shipment_id, count(*) AS n FROM outbox WHERE fact_type = 'shipment.delivered' "
        "GROUP BY 1"
    )
    assert [row["n"] for row in told] == [1] * 20


async def test_the_first_content_of_an_event_id_stands_and_the_other_is_kept_aside(pool):
    first = arriving(scan("CE1", 1, Status.ACCEPTED, event_id="a1"), NOW)
    later = arriving(scan("CE1", 2, Status.DELIVERED, event_id="a1"), NOW + timedelta(hours=1))
    await apply(pool, first)
    await apply(pool, later)
    found = await Shipments(pool).find(shipment_id("omniva", "CE1"))
    assert found is not None
    assert found.state.status is Status.ACCEPTED
    kept = await pool.fetch("SELECT reason, carrier, count FROM quarantine")
    assert [tuple(row) for row in kept] == [("event_id_reused", "omniva", 1)]


async def test_an_earlier_receipt_that_comes_later_stands(pool):
    """A consumer that was slow holds the first content: which one wins must not depend on it."""
    first = arriving(scan("CE1", 1, Status.ACCEPTED, event_id="a1"), NOW)
    later = arriving(scan("CE1", 2, Status.DELIVERED, event_id="a1"), NOW + timedelta(hours=1))
    await apply(pool, later)
    await apply(pool, first)
    found = await Shipments(pool).find(shipment_id("omniva", "CE1"))
    assert found is not None
    assert found.state.status is Status.ACCEPTED


async def test_two_contents_under_one_event_id_in_one_batch(pool):
    first = arriving(scan("CE1", 1, Status.ACCEPTED, event_id="a1"), NOW)
    later = arriving(scan("CE1", 2, Status.DELIVERED, event_id="a1"), NOW + timedelta(hours=1))
    await apply(pool, later, first)
    found = await Shipments(pool).find(shipment_id("omniva", "CE1"))
    assert found is not None
    assert found.state.status is Status.ACCEPTED
    kept = await pool.fetch("SELECT reason, count FROM quarantine")
    assert [tuple(row) for row in kept] == [("event_id_reused", 1)]


@pytest.mark.parametrize("numbers", [["CE1"], ["CE1", "CE2"]], ids=["one", "two with the same ids"])
async def test_event_ids_counted_per_parcel_serve_the_next_parcel_of_the_number(pool, numbers):
    def counted(start: float) -> list[Incoming]:
        later = NOW + timedelta(days=300)
        return [
            arriving(scan(number, start + day, status, event_id=str(day)), later)
            for day, status in enumerate(LIFE)
            for number in numbers
        ]

    await apply(pool, *counted(0))
    for _ in range(2):
        await apply(pool, *counted(100)[: 3 * len(numbers)])
        await apply(pool, *counted(100))
        await apply(pool, *counted(0))
    for number in numbers:
        rows = await Shipments(pool).by_number("omniva", number)
        assert [(row.journey, row.state.status) for row in rows] == [
            (2, Status.DELIVERED),
            (1, Status.DELIVERED),
        ]
        for row in rows:
            assert len(await Shipments(pool).history(row.shipment_id)) == len(LIFE)
    assert await pool.fetchval("SELECT count(*) FROM scan") == 2 * len(LIFE) * len(numbers)
    assert await pool.fetchval("SELECT count(*) FROM quarantine") == 0


async def test_a_fact_names_the_shop_that_registered_while_it_waited(pool, shops):
    """The registration commits while the batch waits for its lock: it must be seen."""
    await apply(pool, *life("CE1")[:2])
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT 1 FROM shipment FOR UPDATE")
        waiting = asyncio.create_task(apply(pool, *life("CE1")[2:]))
        # On another connection: within a transaction this view stands still.
        while not await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ):
            assert not waiting.done()
        await other.execute(
            "INSERT INTO registration (shipment_id, merchant_id, order_ref, notify, digest, "
            "registered_at) VALUES ($1, $2, '7', '{}', '', $3)",
            shipment_id("omniva", "CE1"),
            shops[0],
            NOW,
        )
    await waiting
    fact = await pool.fetchval("SELECT fact FROM outbox WHERE fact_type = 'shipment.delivered'")
    assert json.loads(fact)["data"]["merchant_id"] == str(shops[0])


async def test_an_unknown_code_is_shown_counted_and_changes_nothing(pool):
    strange = scan("CE1", 3, None, code="PACKET_EVENT_NEW", recognised=False)
    await apply(pool, *life("CE1")[:2], arriving(strange))
    await apply(pool, arriving(strange))
    found = await Shipments(pool).find(shipment_id("omniva", "CE1"))
    assert found is not None
    assert found.state.status is Status.ACCEPTED
    history = await Shipments(pool).history(found.shipment_id)
    assert [entry.kind for entry in history] == ["unrecognised", "status", "status"]
    kept = await pool.fetch("SELECT reason, carrier, code, count FROM quarantine")
    assert [tuple(row) for row in kept] == [("unknown_code", "omniva", "PACKET_EVENT_NEW", 1)]


async def test_a_pickup_code_is_never_at_rest_in_clear(pool):
    ready = scan("CE1", 4, Status.READY_FOR_PICKUP, pickup=Pickup(code="913377"))
    await apply(pool, arriving(ready))
    for table in ("scan", "shipment", "outbox"):
        rows = await pool.fetch(f"SELECT t::text AS text FROM {table} t")
        assert rows
        assert not any("913377" in row["text"] for row in rows)


def registration(**fields) -> ShipmentRegistration:
    return ShipmentRegistration(carrier="omniva", tracking_number="CE1", **fields)


@pytest.fixture
async def shops(pool):
    ids = [shipment_id("shop", str(n)) for n in range(2)]
    for number, each in enumerate(ids):
        await pool.execute(
            "INSERT INTO merchant (merchant_id, name, created_at) VALUES ($1, $2, $3)",
            each,
            f"Shop {number}",
            NOW,
        )
    return ids


async def test_registered_before_or_after_its_scans_is_the_same_parcel(pool, shops):
    await apply(pool, *life("CE1")[:3])
    done = await register(pool, SEALER, shops[0], registration(order="7"), now=NOW)
    assert (done.created, done.status) == (True, Status.IN_TRANSIT)
    await apply(pool, *life("CE1")[3:])
    found = await Shipments(pool).find(done.shipment_id)
    assert found is not None
    assert found.state.status is Status.DELIVERED
    told = await pool.fetch("SELECT fact_type, fact::json->'data'->>'order' AS o FROM outbox "
                            "WHERE fact_type IS NOT NULL ORDER BY id")  # fmt: skip
    assert [tuple(row) for row in told] == [
        ("shipment.in_transit", None),
        ("shipment.registered", "7"),
        ("shipment.delivered", "7"),
    ]


async def test_registering_again_is_harmless_and_another_shop_is_refused(pool, shops):
    first = await register(pool, SEALER, shops[0], registration(order="7"), now=NOW)
    again = await register(pool, SEALER, shops[0], registration(order="7"), now=NOW)
    assert (again.created, again.version) == (False, first.version)
    rotated = Sealer(["a newer key", "a key of the tests"])
    after = await register(pool, rotated, shops[0], registration(order="7"), now=NOW)
    assert (after.created, after.version) == (False, first.version)
    promise = PromiseTold(by=NOW + timedelta(days=1))
    changed = await register(
        pool, SEALER, shops[0], registration(order="7", promise=promise), now=NOW
    )
    assert (changed.created, changed.version) == (False, first.version + 1)
    with pytest.raises(RegisteredByAnother):
        await register(pool, SEALER, shops[1], registration(), now=NOW)


async def test_a_number_used_again_shows_nothing_of_the_former_parcel(pool, shops):
    await apply(pool, *life("CE1"))
    first = await register(pool, SEALER, shops[0], registration(), now=NOW)
    later = NOW + timedelta(days=100)
    second = await register(pool, SEALER, shops[1], registration(), now=later)
    assert second.shipment_id != first.shipment_id
    assert (second.created, second.status) == (True, Status.PENDING)
    assert await Shipments(pool).history(second.shipment_id) == []
    new = arriving(scan("CE1", 110, Status.INFO_RECEIVED), later)
    await ingest(pool, Batch(scans=[new]), SEALER, now=later)
    assert len(await Shipments(pool).history(second.shipment_id)) == 1
    assert len(await Shipments(pool).history(first.shipment_id)) == 6
    rows = await Shipments(pool).by_number("omniva", "CE1")
    assert [row.journey for row in rows] == [2, 1]


async def test_a_registration_takes_what_came_in_the_30_days_before_it(pool, shops):
    """It drew its line only when the next scan came: until then the former parcel showed it."""
    at = START + timedelta(days=95)
    late = [scan("CE1", 70, None, code="BILL"), scan("CE1", 94, Status.ACCEPTED)]
    told = [*life("CE1"), *(arriving(each, at) for each in late)]
    await ingest(pool, Batch(told), SEALER, now=at)
    former, latter = shipment_id("omniva", "CE1"), shipment_id("omniva", "CE1", 2)
    assert len(await Shipments(pool).history(former)) == 7
    done = await register(pool, SEALER, shops[0], registration(), now=at)
    assert (done.shipment_id, done.status) == (latter, Status.ACCEPTED)
    assert len(await Shipments(pool).history(former)) == 6
    assert [e.scan.code for e in await Shipments(pool).history(latter)] == [None, "BILL"]
    again = await register(pool, SEALER, shops[0], registration(order="other"), now=at)
    assert (again.shipment_id, again.version) == (latter, done.version + 1)
    facts = await pool.fetch("SELECT fact_type FROM outbox WHERE shipment_id = $1", latter)
    assert "shipment.registered" in {row["fact_type"] for row in facts}


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+05:00",
        "0001-01-01T00:00:00-05:00",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59+12:00",
        "0001-01-01",
        "0001-01-03",
        "9999-12-30",
        "9999-12-31",
    ],
)
async def test_no_instant_is_too_odd_to_be_stored_or_refused(pool, at):
    event = {"carrier": "dhl", "tracking_number": "CE1", "occurred_at": at, "status": "accepted"}
    parsed = CARRIERS["klat"].parse(json.dumps(event).encode(), ParseContext())
    await apply(pool, *map(arriving, parsed.scans))
    found = await Shipments(pool).find(shipment_id("dhl", "CE1"))
    assert (found is None) == bool(parsed.problems)
    if found is not None:
        assert found.state.since == NOW
        assert len(await Shipments(pool).history(shipment_id("dhl", "CE1"))) == 1
